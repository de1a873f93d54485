"""Layers that act in training only: what they do to values and gradients, and that they end with training."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written

from designer.layers import ShapeError, make
from designer.layers.base import Costs, Shape

some = settings(max_examples=20, deadline=None)
shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)
probability = st.floats(0, 1)

LAYERS = {
    "Dropout": {"p": probability, "always": st.booleans()},
    "AlphaDropout": {"p": probability},
    "StochasticDepth": {"p": probability},
    "GaussianNoise": {"std": st.floats(0, 2)},
    "LayerScale": {"initial": st.floats(-1, 1), "axis": st.none() | st.integers(-1, 0)},
}


@pytest.mark.parametrize("kind", LAYERS)
@some
@given(data=st.data(), shape=shapes)
def test_regularizers_agree_with_torch(kind: str, data: st.DataObject, shape: Shape) -> None:
    agrees_with_torch(make(kind, data.draw(st.fixed_dictionaries({}, optional=LAYERS[kind]))), shape)


@some
@given(probability, st.tuples(*[st.integers(1, 5)] * 3))
def test_dropout2d_agrees_with_torch(p: float, shape: Shape) -> None:
    agrees_with_torch(make("Dropout2d", {"p": p}), shape)


def test_dropout2d_is_for_pictures() -> None:
    found = make("Dropout2d", {}).facts(((3, 5),))
    assert isinstance(found, ShapeError)
    assert found.code == "needs-picture"


@pytest.mark.parametrize("kind", ["Dropout", "Dropout2d", "AlphaDropout", "StochasticDepth", "GaussianNoise"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_they_change_something_in_training_only_and_keep_the_type(kind: str, dtype: torch.dtype) -> None:
    module = written(make(kind, {}), (4, 6, 6))
    x = torch.randn(16, 4, 6, 6, dtype=dtype)
    torch.manual_seed(0)
    found = module.train()(x)
    assert found.dtype == dtype
    assert not torch.equal(found, x)
    assert torch.equal(module.eval()(x), x)


def test_a_dropout_for_monte_carlo_goes_on() -> None:
    layer = make("Dropout", {"p": 0.25, "always": True})
    module = written(layer, (1000,)).eval()
    found = module(torch.ones(2, 1000))
    assert found.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert (layer.module((4,)), layer.call("", ["x"], ((4,),))) == (None, "F.dropout(x, 0.25, training=True)")


def test_stochastic_depth_drops_whole_samples_and_keeps_the_mean() -> None:
    module = written(make("StochasticDepth", {"p": 0.25}), (3, 2)).train()
    x = torch.ones(4000, 3, 2, requires_grad=True)
    found = module(x)
    kept = found[:, 0, 0] > 0
    assert torch.equal(found, torch.where(kept[:, None, None], x / 0.75, 0.0))
    assert found.mean().item() == pytest.approx(1, abs=0.05)
    (gradient,) = torch.autograd.grad(found.sum(), x)
    torch.testing.assert_close(gradient, found)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_stochastic_depth_is_torchvisions(p: float) -> None:
    torchvision = pytest.importorskip("torchvision", reason="the reference is torchvision's own function")
    x = torch.rand(5000, 2) + 1
    found = written(make("StochasticDepth", {"p": p}), (2,)).train()(x)
    expected = torchvision.ops.stochastic_depth(x, p, "row", training=True)
    both = (found[:, 0] > 0) & (expected[:, 0] > 0)
    torch.testing.assert_close(found[both], expected[both])
    assert (found[:, 0] > 0).double().mean().item() == pytest.approx(1 - p, abs=0.04)
    assert (expected[:, 0] > 0).double().mean().item() == pytest.approx(1 - p, abs=0.04)


def test_gaussian_noise_has_the_deviation() -> None:
    x = torch.zeros(100, 100)
    found = written(make("GaussianNoise", {"std": 0.3}), (100,)).train()(x)
    assert found.std().item() == pytest.approx(0.3, rel=0.05)
    assert found.mean().item() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(
    ("shape", "axis", "factors"),
    [
        ((4, 3, 2), None, (4, 1, 1)),
        ((5, 4), None, (4,)),
        ((4,), None, (4,)),
        ((5, 4), 0, (5, 1)),
        ((4, 3, 2), -1, (2,)),
    ],
)
def test_layer_scale_multiplies_channels(shape: Shape, axis: int | None, factors: Shape) -> None:
    layer = make("LayerScale", {"initial": 0.5, "axis": axis})
    assert layer.weights(shape) == {"factor": factors}
    module = written(layer, shape)
    assert (module.m.factor == 0.5).all()
    torch.nn.init.normal_(module.m.factor)
    x = torch.randn(2, *shape)
    torch.testing.assert_close(module(x), x * module.m.factor.reshape(factors))


def test_layer_scale_refuses_an_axis_that_is_not_there() -> None:
    found = make("LayerScale", {"axis": 2}).facts(((5, 4),))
    assert isinstance(found, ShapeError)
    assert found.code == "axis"


@pytest.mark.parametrize(
    ("kind", "costs"),
    [
        ("Dropout", Costs(multiplies=784)),  # NNC's figure, in its sample 06_auto_encoder
        ("Dropout2d", Costs(multiplies=784)),
        ("StochasticDepth", Costs(multiplies=784)),
        ("LayerScale", Costs(multiplies=784)),
        ("GaussianNoise", Costs(adds=784, multiplies=784)),
        ("AlphaDropout", Costs(adds=784, multiplies=784)),
    ],
)
def test_costs(kind: str, costs: Any) -> None:
    assert make(kind, {}).costs((1, 28, 28)) == costs
