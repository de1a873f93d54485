"""Gradients of every layer's code against differences of what it gives, in double precision, with equal chance."""

from __future__ import annotations

import pytest
import torch
from layer_reference import written
from test_saved import shown, taken

from designer.layers import Layer, make

NOT_ITS_DERIVATIVE = {
    "ClipGradByValue", "ClipGradByNorm", "TopKGrad", "Detach", "VATNoise", "Prune",
    "FixedPointQuantize", "Pow2Quantize", "MinMaxQuantize", "BinaryTanh", "BinarySigmoid",
}  # fmt: skip
"""Layers whose gradient is another one on purpose; their own tests compare it with its formula."""
STEP = 1e-6


def slopes(layer: Layer) -> tuple[float, float]:
    """The derivative along a random direction of inputs and weights: by autograd, and by a central difference."""
    inputs = taken(layer)
    assert inputs is not None
    module = written(layer, *inputs).double().train()
    least = 1.1 if type(layer).__name__ == "Acosh" else 0.1  # within every function's domain
    points = [(torch.rand(3, *shape, dtype=torch.float64) * 0.8 + least).requires_grad_() for shape in inputs]
    points += [p for p in module.m.parameters() if p.requires_grad]
    arguments, ways = points[: len(inputs)], [torch.randn_like(p) for p in points]

    def value() -> torch.Tensor:
        torch.manual_seed(1)
        out = module(*arguments)
        outs = out if isinstance(out, tuple) else (out,)
        return sum((each * torch.linspace(-1, 1, each.numel()).view_as(each)).sum() for each in outs)  # type: ignore[return-value]

    middle = value()  # of comparisons nothing has a gradient: they are flat
    found = torch.autograd.grad(middle, points, allow_unused=True) if middle.requires_grad else [None] * len(points)
    slope = sum(float((g * way).sum()) for g, way in zip(found, ways, strict=True) if g is not None)
    ends = []
    with torch.no_grad():
        for sign in (1, -2):  # from the middle up, then down to the other side
            for point, way in zip(points, ways, strict=True):
                point.add_(way, alpha=sign * STEP)
            ends.append(float(value()))
    return slope, (ends[0] - ends[1]) / (2 * STEP)


@pytest.mark.parametrize("kind", [kind for kind in shown() if kind not in NOT_ITS_DERIVATIVE])
def test_gradients_are_the_derivatives_of_what_comes_out(kind: str) -> None:
    by_autograd, by_difference = slopes(make(kind, {}))
    assert by_autograd == pytest.approx(by_difference, rel=1e-4, abs=1e-5)
