"""Layers of Neural Network Console that ours do in another way, against nnabla's own rules."""

from __future__ import annotations

import pytest
from nnc_reference import project_text

from designer.importers.nnc import graph_of
from designer.importers.nnc.project import parse
from designer.shapes import NodeFacts, analyze


def converted(type_: str, properties: dict[str, str], size: str) -> NodeFacts:
    """What is known of a layer behind an Input of that size."""
    text = project_text([("Input", "x", {"Size": size}), (type_, "l", properties)], [("x", "l", 0)])
    return analyze(graph_of(parse(text, "x", "x"))).facts("l")


@pytest.mark.parametrize("size", [7, 8, 55])
@pytest.mark.parametrize("kernel", ["2,2", "3,3"])
@pytest.mark.parametrize("stride", ["1,1", "2,2", "3,3"])
@pytest.mark.parametrize("kind", ["MaxPooling", "AveragePooling", "SumPooling"])
def test_without_ignore_border_every_window_that_begins_inside_counts(
    kind: str, kernel: str, stride: str, size: int
) -> None:
    """nnabla's base_pooling.hpp: ceil(size / stride) windows; torch's ceil_mode leaves some of them out."""
    given = {"KernelShape": kernel, "Strides": stride, "IgnoreBorder": "False"}
    windows = -(-size // int(stride[0]))
    assert converted(kind, given, f"3,{size},{size}").output == (3, windows, windows)


def test_windows_over_the_end_of_a_padding_are_named() -> None:
    given = {"IgnoreBorder": "False", "Padding": "1,1"}
    params = converted("MaxPooling", given, "3,8,8").node.params
    assert params["nnc.IgnoreBorder"] == "False"
    assert params["ceil_mode"] is True
