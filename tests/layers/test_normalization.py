"""Normalization of activations and of weights, and Embedding, against torch and their formulas."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, gradients_agree, keeps_the_dtype, written
from torch import Tensor

from designer.layers import Facts, ShapeError, make

few = settings(max_examples=25, deadline=None)
shapes = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)
TRAINING: dict[str, st.SearchStrategy[object]] = {
    "weight_frozen": st.booleans(),
    "bias_frozen": st.booleans(),
    "weight_init": st.sampled_from(["default", "normal", "constant"]),
}
KINDS: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "BatchNorm": {"batch_stats": st.booleans(), "affine": st.booleans(), **TRAINING},
    "LayerNorm": {"axis": st.integers(-4, 3), "affine": st.booleans(), **TRAINING},
    "RMSNorm": {"axis": st.integers(-4, 3), "affine": st.booleans()},
    "InstanceNorm": {"affine": st.booleans(), **TRAINING},
    "GroupNorm": {"num_groups": st.integers(1, 4), "affine": st.booleans(), **TRAINING},
}


@pytest.mark.parametrize("kind", KINDS)
@few
@given(data=st.data(), shape=shapes)
def test_shapes_weights_and_errors_are_torchs(kind: str, data: st.DataObject, shape: tuple[int, ...]) -> None:
    layer = make(kind, data.draw(st.fixed_dictionaries({}, optional=KINDS[kind])))
    axis = getattr(layer, "axis", 0)
    if (kind == "InstanceNorm" and len(shape) == 1) or not -len(shape) <= axis < len(shape):
        assert isinstance(layer.facts((shape,)), ShapeError)  # torch would take the batch for the channels
    elif kind == "InstanceNorm" and len(shape) > 1 and torch.Size(shape[1:]).numel() == 1:
        assert isinstance(layer.facts((shape,)), ShapeError)  # torch refuses it in training only
    else:
        agrees_with_torch(layer, shape)


@pytest.mark.parametrize("kind", [*KINDS, "Normalize", "LocalResponseNorm"])
def test_the_inputs_dtype_comes_out(kind: str) -> None:
    keeps_the_dtype(make(kind, {}), (4, 5, 5))


def standardized(x: Tensor, *axes: int, eps: float = 1e-5) -> Tensor:
    variance, mean = torch.var_mean(x, axes, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps)


REFERENCES: list[tuple[str, dict[str, object], tuple[int, ...], Callable[..., Tensor]]] = [
    ("LayerNorm", {}, (3, 4), lambda x, w, b: standardized(x, 1, 2) * w + b),
    ("LayerNorm", {"axis": -1, "eps": 0.1}, (3, 4), lambda x, w, b: standardized(x, 2, eps=0.1) * w + b),
    ("RMSNorm", {}, (3, 4), lambda x, w: x / torch.sqrt((x**2).mean(-1, keepdim=True) + 1e-6) * w),
    ("InstanceNorm", {"affine": True}, (3, 4, 2),
     lambda x, w, b: standardized(x, 2, 3) * w.view(-1, 1, 1) + b.view(-1, 1, 1)),
    ("GroupNorm", {"num_groups": 2}, (4, 3), lambda x, w, b: standardized(
        x.reshape(len(x), 2, 2, 3), 2, 3).reshape(x.shape) * w.view(-1, 1) + b.view(-1, 1)),
    ("BatchNorm", {}, (3, 2, 2), lambda x, w, b: standardized(x, 0, 2, 3) * w.view(-1, 1, 1) + b.view(-1, 1, 1)),
    ("BatchNorm", {"batch_stats": False}, (3, 2),
     lambda x, w, b: x / (1 + 1e-5) ** 0.5 * w.view(-1, 1) + b.view(-1, 1)),
    ("Normalize", {}, (3, 4), lambda x: x / (x**2).sum(1, keepdim=True).sqrt()),
    ("Normalize", {"p": 3, "axes": [0, 1]}, (3, 4),
     lambda x: x / (x.abs() ** 3).sum((1, 2), keepdim=True) ** (1 / 3)),
    ("LocalResponseNorm", {"size": 3, "alpha": 0.5, "k": 2}, (4, 2),
     lambda x: x / (2 + 0.5 / 3 * F.pad(x**2, (0, 0, 1, 1)).unfold(1, 3, 1).sum(-1)) ** 0.75),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "shape", "reference"), REFERENCES)
def test_values_and_gradients_are_those_of_the_formula(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], reference: Callable[..., Tensor]
) -> None:
    gradients_agree(make(kind, properties), reference, shape)


@few
@given(shapes, st.lists(st.integers(-5, 4), min_size=1, max_size=3), st.sampled_from([1, 2, 3.5]))
def test_normalize_makes_norms_1(shape: tuple[int, ...], axes: list[int], p: float) -> None:
    layer = make("Normalize", {"axes": axes, "p": p})
    named = {axis % len(shape) for axis in axes if -len(shape) <= axis < len(shape)}
    if len(named) < len(axes):
        assert isinstance(layer.facts((shape,)), ShapeError)
        return
    agrees_with_torch(layer, shape)
    norms = torch.linalg.vector_norm(written(layer, shape)(torch.rand(2, *shape) + 0.1), p, [a + 1 for a in named])
    torch.testing.assert_close(norms, torch.ones_like(norms))


def test_frozen_statistics_stay_while_training() -> None:
    module = written(make("BatchNorm", {"batch_stats": False}), (3, 4, 4)).train()
    module(torch.randn(5, 3, 4, 4) + 7)
    assert torch.equal(module.m.running_mean, torch.zeros(3))
    assert module.expression == "F.batch_norm(x0, self.m.running_mean, self.m.running_var, self.m.weight, self.m.bias)"


@pytest.mark.parametrize("affine", [True, False])
def test_nnc_counts_the_running_statistics(affine: bool) -> None:
    layer = make("BatchNorm", {"affine": affine})
    facts = layer.facts(((16, 4, 4),))
    assert isinstance(facts, Facts)
    assert (facts.parameters, layer.parameters_nnc((16, 4, 4))) == (32 * affine, 32 * affine + 32)
    names = dict(written(layer, (16, 4, 4)).m.named_buffers())
    assert layer.buffers((16, 4, 4)).items() <= {name: tuple(b.shape) for name, b in names.items()}.items()


@pytest.mark.parametrize("kind", ["BatchNorm", "LayerNorm", "InstanceNorm", "GroupNorm"])
def test_factors_and_constants_begin_as_the_properties_say(kind: str) -> None:
    init = {"weight_init": "constant", "weight_init_scale": 0.0, "bias_init_kind": "uniform", "bias_init": 0.25}
    module = written(make(kind, {"affine": True, **init}), (64, 8, 8)).m
    assert not module.weight.any()
    assert 0.2 < module.bias.max().item() <= 0.25
    assert -0.25 <= module.bias.min().item() < -0.2
    plain = written(make(kind, {"affine": True}), (4, 3, 3)).m
    assert bool((plain.weight == 1).all())
    assert not plain.bias.any()


# ---- normalized weights

LAYERS: list[tuple[str, dict[str, object], tuple[int, ...], int]] = [
    ("Conv2d", {"out_channels": 4}, (3, 5, 5), 0),
    ("ConvTranspose2d", {"out_channels": 4}, (3, 5, 5), 1),
    ("Linear", {"out_features": 4}, (7,), 0),
    ("DepthwiseConv2d", {"multiplier": 2}, (3, 5, 5), 0),
]


@pytest.mark.parametrize(("kind", "properties", "shape", "axis"), LAYERS)
def test_weight_normalization_trains_length_and_direction_apart(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], axis: int
) -> None:
    layer = make(kind, {**properties, "weight_norm": "weight", "weight_init": "he_normal"})
    agrees_with_torch(layer, shape)
    module = written(layer, shape).m
    plain = written(make(kind, {**properties, "weight_init": "he_normal"}), shape).m
    torch.testing.assert_close(module.weight, plain.weight)  # initial weights are the same
    with torch.no_grad():
        module.parametrizations.weight.original0.fill_(3)
    axes = [a for a in range(module.weight.dim()) if a != axis]
    lengths = torch.linalg.vector_norm(module.weight, dim=axes)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 3))


@pytest.mark.parametrize(("kind", "properties", "shape", "axis"), LAYERS)
def test_spectral_normalization_makes_the_largest_singular_value_1(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], axis: int
) -> None:
    layer = make(kind, {**properties, "weight_norm": "spectral"})
    module = written(layer, shape)
    parameters = {name: tuple(p.shape) for name, p in module.m.named_parameters()}
    buffers = {name: tuple(b.shape) for name, b in module.m.named_buffers()}
    assert layer.weights(shape) == parameters
    assert layer.buffers(shape).items() <= buffers.items()
    for _ in range(60):
        module.m.weight  # noqa: B018 - each use comes closer to the largest singular value
    matrix = module.m.weight.transpose(0, axis).flatten(1)
    assert torch.linalg.matrix_norm(matrix, 2).item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("kind", "properties", "shape", "axis"), LAYERS)
def test_standardized_weights_have_mean_0_and_variance_1(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], axis: int
) -> None:
    layer = make(kind, {**properties, "weight_norm": "standardized"})
    agrees_with_torch(layer, shape)
    weight = written(layer, shape).m.weight
    axes = [a for a in range(weight.dim()) if a != axis]
    variance, mean = torch.var_mean(weight, axes, correction=0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-5, rtol=0)
    torch.testing.assert_close(variance, torch.ones_like(variance), atol=5e-3, rtol=0)


# ---- Embedding, and Linear with several output axes


@few
@given(shapes, st.integers(1, 9), st.integers(1, 5) | st.lists(st.integers(1, 3), min_size=1, max_size=3))
def test_embedding_agrees(shape: tuple[int, ...], classes: int, size: object) -> None:
    layer = make("Embedding", {"num_embeddings": classes, "embedding_dim": size})
    agrees_with_torch(layer, shape)
    module = written(layer, shape)
    x = torch.randint(classes, (2, *shape))
    table = module.m.weight.reshape(classes, *([size] if isinstance(size, int) else size))  # type: ignore[misc]
    assert torch.equal(module(x.float()), table[x])


@pytest.mark.parametrize(("init", "deviation"), [("default", 1), ("normal", 0.5), ("uniform", 0.5 / 3**0.5)])
def test_embedding_begins_as_the_properties_say(init: str, deviation: float) -> None:
    layer = make("Embedding", {"num_embeddings": 300, "weight_init": init, "weight_init_scale": 0.5})
    assert written(layer, (1,)).m.weight.std().item() == pytest.approx(deviation, rel=0.03)


@few
@given(shapes, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_linear_may_put_out_a_shape(shape: tuple[int, ...], wanted: list[int]) -> None:
    layer = make("Linear", {"out_features": wanted})
    agrees_with_torch(layer, shape)
    module = written(layer, shape)
    x = torch.randn(2, *shape)
    flat = F.linear(x.flatten(1), module.m.weight, module.m.bias)
    torch.testing.assert_close(module(x), flat.reshape(2, *wanted))
    assert layer.summary() == "x".join(map(str, wanted))
