"""Ready-made blocks as PyTorch: they run, and have the shapes and parameters that the drawing says."""

from __future__ import annotations

import pytest
import torch

from designer.app.canvas.shelf import ready_made
from designer.codegen.build import build
from designer.layers import Facts
from designer.shapes import analyze


@pytest.mark.parametrize("name", sorted(ready_made()))
def test_a_ready_made_block_runs_as_drawn(name: str) -> None:
    graph = ready_made()[name].example
    analysis = analyze(graph)
    result = analysis.facts("use").result
    assert isinstance(result, Facts)
    shape = analysis.facts("input").output
    assert shape is not None
    module = build(graph)
    out = module(torch.randn(2, *shape))
    assert tuple(out.shape[1:]) == result.outputs[0]
    assert sum(p.numel() for p in module.parameters()) == analysis.totals[0]
