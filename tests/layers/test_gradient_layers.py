"""Layers that let values pass and change gradients, and pruning: each sample by itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor

from designer.layers import make

KINDS = ["Identity", "Detach", "ClipGradByValue", "ClipGradByNorm", "TopKGrad"]


def passed_back(kind: str, properties: dict[str, Any], gradient: Tensor) -> Tensor:
    """What becomes of a gradient on its way back through a layer, which must let values pass."""
    x = torch.randn_like(gradient).requires_grad_()
    out = written(make(kind, properties), tuple(x.shape[1:]))(x)
    assert torch.equal(out, x)
    out.backward(gradient)
    assert x.grad is not None
    return x.grad


GRADIENT = torch.tensor([[[3.0, 4.0], [0.375, -0.5]], [[-12.0, 5.0], [0.0, 0.0]]])  # (N, 2, 2)


def test_gradients_are_cut_off_at_values() -> None:
    assert torch.equal(passed_back("ClipGradByValue", {}, GRADIENT), GRADIENT.clamp(-1, 1))
    assert torch.equal(passed_back("ClipGradByValue", {"min": -0.2, "max": 4}, GRADIENT), GRADIENT.clamp(-0.2, 4))


def test_long_gradients_are_scaled_down_to_the_norm() -> None:
    found = passed_back("ClipGradByNorm", {"axes": [1]}, GRADIENT)
    torch.testing.assert_close(found, torch.tensor([[[0.6, 0.8], [0.375, -0.5]], [[-12 / 13, 5 / 13], [0.0, 0.0]]]))


def test_short_gradients_are_scaled_up_where_that_is_wanted() -> None:
    found = passed_back("ClipGradByNorm", {"axes": [1], "always": True, "clip_norm": 2}, GRADIENT)
    expected = [[[1.2, 1.6], [1.2, -1.6]], [[-24 / 13, 10 / 13], [0.0, 0.0]]]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_the_norm_may_be_that_of_a_whole_sample() -> None:
    found = passed_back("ClipGradByNorm", {"axes": [0, 1], "always": True}, GRADIENT)
    torch.testing.assert_close(found.flatten(1).norm(dim=1), torch.ones(2))


def test_the_largest_gradients_of_each_sample_are_kept() -> None:
    kept = [[[3.0, 4.0], [0.0, 0.0]], [[0.0, 5.0], [0.0, 0.0]]]
    assert passed_back("TopKGrad", {"k": 2}, GRADIENT).tolist() == kept
    kept[1][0][0] = -12
    assert passed_back("TopKGrad", {"k": 2, "absolute": True}, GRADIENT).tolist() == kept
    kept[0] = [[0.0, 4.0], [0.375, 0.0]]
    kept[1] = [[0.0, 5.0], [0.0, 0.0]]
    assert passed_back("TopKGrad", {"axis": 1}, GRADIENT).tolist() == kept


def test_no_gradient_passes_a_detach() -> None:
    x = torch.randn(2, 3, requires_grad=True)
    out = written(make("Detach", {}), (3,))(x)
    assert torch.equal(out, x)
    assert not out.requires_grad


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_shapes_are_kept(kind: str, shape: tuple[int, ...]) -> None:
    agrees_with_torch(make(kind, {}), shape)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", [*KINDS, "Prune"])
def test_values_and_gradients_keep_their_type(kind: str, dtype: torch.dtype) -> None:
    x = torch.randn(2, 3, 4, dtype=dtype, requires_grad=True)
    out = written(make(kind, {}), (3, 4))(x)
    assert out.dtype == dtype
    if kind != "Detach":
        out.sum().backward()
        assert x.grad is not None


@pytest.mark.parametrize("kind", [*KINDS[2:], "Prune"])
def test_they_compile_and_export(kind: str) -> None:
    module = written(make(kind, {}), (3, 4))
    x = torch.randn(2, 3, 4)
    exported = torch.export.export(module.eval(), (x,)).module()
    torch.testing.assert_close(exported(x), module(x))


@pytest.mark.parametrize(("rate", "zeros"), [(0.0, 0), (0.5, 49), (0.9, 89), (0.99, 98), (1.0, 100)])
def test_pruning_sets_the_values_nearest_to_0_of_every_sample(rate: float, zeros: int) -> None:
    x = torch.stack((torch.randn(4, 25), 100 * torch.randn(4, 25))).requires_grad_()
    out = written(make("Prune", {"rate": rate}), (4, 25))(x)
    for before, after in zip(x.detach().flatten(1), out.detach().flatten(1), strict=True):
        order = before.abs().argsort()
        assert (after[order[:zeros]] == 0).all()
        assert torch.equal(after[order[zeros:]], before[order[zeros:]])
    out.sum().backward()
    assert torch.equal(x.grad, torch.ones_like(x))
