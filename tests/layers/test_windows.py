"""Windows: 'same' padding value by value against TensorFlow's definition, and the note about a rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import written

from designer.layers import Facts, ShapeError, make

Two = tuple[int, int]
Reduce = Callable[[torch.Tensor, int], torch.Tensor]

sizes = st.tuples(st.integers(1, 8), st.integers(1, 8))
kernels = st.tuples(st.integers(1, 4), st.integers(1, 4))
strides = st.tuples(st.integers(1, 3), st.integers(1, 3))


def tensorflow_windows(size: int, kernel: int, stride: int) -> list[range]:
    """The places every window covers along one axis, by the text of tf.nn.convolution; some lie outside the picture."""
    total = max(kernel - stride, 0) if size % stride == 0 else max(kernel - size % stride, 0)
    count = (size + stride - 1) // stride
    return [range(i * stride - total // 2, i * stride - total // 2 + kernel) for i in range(count)]


def pooled(x: torch.Tensor, kernel: Two, stride: Two,
           reduce: Reduce) -> torch.Tensor:  # fmt: skip
    """`reduce(values inside the picture, window's size)` for every window of a picture (H, W)."""
    rows, columns = (tensorflow_windows(x.shape[a], kernel[a], stride[a]) for a in (0, 1))
    area = kernel[0] * kernel[1]
    return torch.stack([torch.stack([
        reduce(x[max(r[0], 0) : r[-1] + 1, max(c[0], 0) : c[-1] + 1], area) for c in columns]) for r in rows
    ])  # fmt: skip


REDUCTIONS: list[tuple[str, dict[str, object], Reduce]] = [
    ("MaxPool2d", {}, lambda values, area: values.max()),
    ("AvgPool2d", {}, lambda values, area: values.sum() / area),
    ("AvgPool2d", {"count_include_pad": False}, lambda values, area: values.mean()),
]


@pytest.mark.parametrize(("kind", "properties", "reduce"), REDUCTIONS)
@settings(max_examples=50, deadline=None)
@given(size=sizes, kernel=kernels, stride=strides)
def test_same_pooling_is_tensorflows(
    kind: str, properties: dict[str, object], reduce: Reduce, size: Two, kernel: Two, stride: Two
) -> None:
    layer = make(kind, {"kernel_size": kernel, "stride": stride, "padding": "same", **properties})
    x = torch.randn(2, 3, *size) - 3  # below 0, so that a padding of 0 would be the largest value
    out = written(layer, (3, *size))(x)
    torch.testing.assert_close(out[1, 2], pooled(x[1, 2], kernel, stride, reduce))


@settings(max_examples=50, deadline=None)
@given(size=sizes, kernel=kernels, stride=strides, dilation=st.integers(1, 2))
def test_same_convolution_is_tensorflows(size: Two, kernel: Two, stride: Two,
                                         dilation: int) -> None:  # fmt: skip
    layer = make("Conv2d", {"out_channels": 1, "kernel_size": kernel, "stride": stride, "padding": "same",
                            "dilation": dilation, "bias": False})  # fmt: skip
    x = torch.randn(2, 1, *size)
    module = written(layer, (1, *size))
    weight = module.m.weight[0, 0]
    span = tuple(dilation * (k - 1) + 1 for k in kernel)
    rows, columns = (tensorflow_windows(size[a], span[a], stride[a]) for a in (0, 1))

    def value(r: range, c: range) -> torch.Tensor:
        inside = [(i, j) for i in range(kernel[0]) for j in range(kernel[1])
                  if r[i * dilation] in range(size[0]) and c[j * dilation] in range(size[1])]  # fmt: skip
        return sum((weight[i, j] * x[1, 0, r[i * dilation], c[j * dilation]] for i, j in inside), torch.zeros(()))

    expected = torch.stack([torch.stack([value(r, c) for c in columns]) for r in rows])
    torch.testing.assert_close(module(x)[1, 0], expected)


@pytest.mark.parametrize(
    ("kind", "properties", "module", "call"),
    [
        ("Conv2d", {"padding": "same"}, 'nn.Conv2d(3, 16, 3, padding="same")', "self.m(x)"),
        ("Conv2d", {"padding": "same", "kernel_size": 1}, "nn.Conv2d(3, 16, 1)", "self.m(x)"),
        ("Conv2d", {"padding": "same", "stride": 2}, "nn.Conv2d(3, 16, 3, stride=2)", "self.m(F.pad(x, (0, 1, 0, 1)))"),
        ("Conv2d", {"padding": "same", "kernel_size": [3, 1], "stride": 2},
         "nn.Conv2d(3, 16, (3, 1), stride=2)", "self.m(F.pad(x, (0, 0, 0, 1)))"),
        ("Conv2d", {"padding": "valid"}, "nn.Conv2d(3, 16, 3)", "self.m(x)"),
        ("Conv2d", {"padding": [1, 0]}, "nn.Conv2d(3, 16, 3, padding=(1, 0))", "self.m(x)"),
        ("MaxPool2d", {"padding": "same", "kernel_size": 3, "stride": 2},
         "nn.MaxPool2d(3, 2, ceil_mode=True)", "self.m(x)"),
        ("MaxPool2d", {"padding": "same", "kernel_size": 3, "stride": 1}, "nn.MaxPool2d(3, 1, padding=1)", "self.m(x)"),
        ("MaxPool2d", {"padding": "same", "kernel_size": 2, "stride": 1},
         "nn.MaxPool2d(2, 1, padding=1)", "self.m(x)[:, :, 1:, 1:]"),
        ("MaxPool2d", {"padding": "same", "kernel_size": [3, 2], "stride": 1},
         "nn.MaxPool2d((3, 2), 1, padding=1)", "self.m(x)[:, :, :, 1:]"),
        ("AvgPool2d", {"padding": "same", "kernel_size": 3, "stride": 2},
         "nn.AvgPool2d(3, 2)", "self.m(F.pad(x, (0, 1, 0, 1)))"),
        ("AvgPool2d", {"padding": "same", "kernel_size": 3, "stride": 2, "count_include_pad": False},
         "nn.AvgPool2d(3, 2, ceil_mode=True)", "self.m(x)"),
    ],
)  # fmt: skip
def test_same_padding_is_written_as_a_person_would(
    kind: str, properties: dict[str, object], module: str, call: str
) -> None:
    layer = make(kind, properties)
    assert layer.module((3, 32, 32)) == module
    assert layer.call("self.m", ["x"], ((3, 32, 32),)) == call


def dropped(kind: str, shape: tuple[int, ...], **properties: object) -> dict[str, int] | None:
    facts = make(kind, properties).facts((shape,))
    assert isinstance(facts, Facts)
    return dict(facts.notes[0].data) if facts.notes else None


def test_a_rest_is_pointed_out_with_the_rows_and_columns_that_are_dropped() -> None:
    assert dropped("MaxPool2d", (3, 32, 32), kernel_size=3, stride=2) == {"rows": 1, "columns": 1}
    assert dropped("MaxPool2d", (3, 9, 8), kernel_size=2) == {"rows": 1, "columns": 0}
    assert dropped("Conv2d", (3, 11, 10), kernel_size=3, stride=4) == {"rows": 0, "columns": 2}


def test_no_rest_is_pointed_out_where_nothing_of_the_picture_is_lost() -> None:
    assert dropped("MaxPool2d", (3, 33, 33), kernel_size=3, stride=2) is None
    assert dropped("MaxPool2d", (3, 32, 32), kernel_size=3, stride=2, ceil_mode=True) is None
    assert dropped("MaxPool2d", (3, 32, 32), kernel_size=3, stride=2, padding="same") is None
    assert dropped("Conv2d", (3, 32, 32), kernel_size=3, stride=2, padding=1) is None  # the rest lies in the padding
    assert dropped("Conv2d", (3, 32, 32), kernel_size=1, stride=2) is None  # a gap like those between its windows


@settings(max_examples=80, deadline=None)
@given(size=sizes, kernel=kernels, stride=strides, padding=st.integers(0, 1))
def test_dropped_rows_are_those_that_no_window_touches(size: Two, kernel: Two,
                                                       stride: Two, padding: int) -> None:  # fmt: skip
    layer = make("Conv2d", {"kernel_size": kernel, "stride": stride, "padding": padding})
    facts = layer.facts(((1, *size),))
    if isinstance(facts, ShapeError):
        return
    data = facts.notes[0].data if facts.notes else {"rows": 0, "columns": 0}
    for axis, name in enumerate(("rows", "columns")):
        end = (facts.outputs[0][axis + 1] - 1) * stride[axis] - padding + kernel[axis]  # behind the last window
        gap = max(stride[axis] - kernel[axis], 0)
        assert data[name] == max(size[axis] - end - gap, 0)


def test_a_window_that_does_not_fit_says_both_sizes() -> None:
    found = make("Conv2d", {"kernel_size": 3, "dilation": 2, "padding": 1}).facts(((3, 2, 8),))
    assert isinstance(found, ShapeError)
    assert found.code == "kernel-too-large"
    assert found.data == {"kernel": (5, 5), "size": (4, 10)}
    assert found.message.template.format(from0="pool3", **found.message.values) == (
        "A window of 5x5 does not fit into 4x10: pool3 gives 3x2x8. Make the kernel smaller, or add padding."
    )
