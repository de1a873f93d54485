"""Quantizers: values and gradients against NNC's definitions written out value by value, and NNC's costs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor, nn

from designer.layers import ShapeError, make
from designer.layers.base import Costs, Shape

NNC = Path(__file__).resolve().parents[3] / "shared" / "nnc" / "expected.json"

some = settings(max_examples=25, deadline=None)
shapes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategies)


# ---- shapes and weights

QUANTIZERS = {
    "FixedPointQuantize": optional(bits=st.integers(2, 16), delta=st.floats(1e-3, 1), signed=st.booleans()),
    "Pow2Quantize": optional(bits=st.integers(3, 8), exponent=st.integers(-3, 3), with_zero=st.booleans()),
    "MinMaxQuantize": optional(levels=st.integers(2, 256), ends=st.sampled_from(["trained", "average", "batch"]),
                               weight_frozen=st.booleans()),
    "BinaryTanh": optional(),
    "BinarySigmoid": optional(),
}  # fmt: skip


@pytest.mark.parametrize("kind", QUANTIZERS)
@some
@given(data=st.data(), shape=shapes)
def test_quantizers_agree_with_torch(kind: str, data: st.DataObject, shape: Shape) -> None:
    agrees_with_torch(make(kind, data.draw(QUANTIZERS[kind])), shape)


def agree(found: Tensor, weight: Tensor, expected: Tensor, reference: Tensor) -> None:
    """Values agree, and so do their gradients with respect to the one's weight and the other's."""
    torch.testing.assert_close(found, expected)
    factors = torch.randn_like(found)
    gradients = [torch.autograd.grad((y * factors).sum(), w)[0] for y, w in ((found, weight), (expected, reference))]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("kind", ["BinaryConnectLinear", "BinaryWeightLinear"])
@some
@given(properties=optional(out_features=st.integers(1, 9), bias=st.booleans()), shape=shapes)
def test_binary_linear_layers_agree_with_torch(kind: str, properties: dict[str, Any], shape: Shape) -> None:
    agrees_with_torch(make(kind, properties), shape)


@pytest.mark.parametrize("kind", ["BinaryConnectConv2d", "BinaryWeightConv2d"])
@some
@given(
    properties=optional(
        out_channels=st.integers(1, 4), kernel_size=st.integers(1, 4), stride=st.integers(1, 2), bias=st.booleans(),
        padding=st.sampled_from([0, 1, "same"]),
    ),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6)),
)  # fmt: skip
def test_binary_convolutions_agree_with_torch(kind: str, properties: dict[str, Any], shape: Shape) -> None:
    agrees_with_torch(make(kind, properties), shape)


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("FixedPointQuantize", {"bits": 1}),
        ("Pow2Quantize", {"bits": 2}),
        ("Pow2Quantize", {"bits": 1, "signed": False}),
    ],
)
def test_too_few_bits_are_refused(kind: str, properties: dict[str, Any]) -> None:
    found = make(kind, properties).facts(((4,),))
    assert isinstance(found, ShapeError)
    assert (found.code, found.data) == ("bad-property", {"field": "bits"})


# ---- values and gradients: each reference gives (value, gradient) of one number

Scalar = Callable[[float], tuple[float, float]]


def fixed_point(bits: int = 8, delta: float = 0.0625, signed: bool = True, clip_gradient: bool = True) -> Scalar:
    high = (2 ** (bits - 1 if signed else bits) - 1) * delta
    low = -high if signed else 0.0

    def at(x: float) -> tuple[float, float]:
        if low <= x <= high:
            return math.copysign(math.floor(abs(x) / delta + 0.5) * delta, x), 1.0
        return min(max(x, low), high), 0.0 if clip_gradient else 1.0

    return at


def power_of_two(
    bits: int = 8, exponent: int = 1, signed: bool = True, with_zero: bool = True, clip_gradient: bool = True
) -> Scalar:
    high = 2.0**exponent
    low = 2.0 ** (exponent - (2 ** (bits - signed - with_zero) - 1))

    def at(x: float) -> tuple[float, float]:
        power = 2.0 ** round(math.log2(abs(x))) if x else 0.0
        value = min(max(power, low), high)
        if with_zero and abs(x) < low / math.sqrt(2):
            value = 0.0
        if x < 0:
            value = -value if signed else (0.0 if with_zero else low)
        outside = power > high or (x < 0 and not signed)
        return value, 0.0 if outside and clip_gradient else 1.0

    return at


def min_max(
    levels: int = 256, low: float = -6.0, high: float = 6.0, eps: float = 0.01, clip_gradient: bool = True
) -> Scalar:
    scale = max(high - low, eps) / (levels - 1)
    zero = min(max(math.floor(-low / scale + 0.5), 0), levels - 1)
    least, most = -zero * scale, (levels - 1 - zero) * scale

    def at(x: float) -> tuple[float, float]:
        inside = least <= x <= most
        value = math.floor((min(max(x, least), most) - least) / scale + 0.5) * scale + least
        return value, 1.0 if inside or not clip_gradient else 0.0

    return at


def binary_tanh() -> Scalar:
    return lambda x: (1.0 if x > 0 else -1.0, 1.0 if abs(x) < 1 else 0.0)


def binary_sigmoid() -> Scalar:
    return lambda x: (1.0 if x > 0 else 0.0, 0.5 if abs(x) < 1 else 0.0)


CASES: list[tuple[str, Callable[..., Scalar], dict[str, Any]]] = [
    ("FixedPointQuantize", fixed_point, {}),
    ("FixedPointQuantize", fixed_point, {"bits": 3, "delta": 0.5, "signed": False}),
    ("FixedPointQuantize", fixed_point, {"bits": 4, "delta": 0.3, "clip_gradient": False}),
    ("Pow2Quantize", power_of_two, {}),
    ("Pow2Quantize", power_of_two, {"bits": 4, "exponent": 0}),
    ("Pow2Quantize", power_of_two, {"bits": 4, "with_zero": False}),
    ("Pow2Quantize", power_of_two, {"bits": 3, "signed": False}),
    ("Pow2Quantize", power_of_two, {"bits": 3, "signed": False, "with_zero": False}),
    ("Pow2Quantize", power_of_two, {"bits": 4, "clip_gradient": False}),
    ("MinMaxQuantize", min_max, {}),
    ("MinMaxQuantize", min_max, {"levels": 4, "low": -1.0, "high": 2.5}),
    ("MinMaxQuantize", min_max, {"levels": 8, "low": 1.0, "high": 3.0}),
    ("MinMaxQuantize", min_max, {"levels": 8, "low": -3.0, "high": -1.0, "clip_gradient": False}),
    ("MinMaxQuantize", min_max, {"levels": 4, "low": 0.0, "high": 0.0, "eps": 2.0}),
    ("BinaryTanh", binary_tanh, {}),
    ("BinarySigmoid", binary_sigmoid, {}),
]


@pytest.mark.parametrize(("kind", "reference", "properties"), CASES)
def test_values_and_gradients_are_nncs(kind: str, reference: Callable[..., Scalar], properties: dict[str, Any]) -> None:
    torch.manual_seed(1)
    special = torch.tensor([0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 7.0, -7.0, 100.0, -100.0])
    x = torch.cat((special, torch.randn(500) * 2)).double()[None].requires_grad_()
    module = written(make(kind, properties), (x.shape[1],)).double()
    found = module(x)
    (gradient,) = torch.autograd.grad(found.sum(), x)
    expected = torch.tensor([reference(**properties)(value) for value in x[0].tolist()], dtype=torch.double)
    torch.testing.assert_close(found[0], expected[:, 0], rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(gradient[0], expected[:, 1])


@pytest.mark.parametrize("kind", QUANTIZERS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_quantizers_keep_the_type_of_their_input(kind: str, dtype: torch.dtype) -> None:
    module = written(make(kind, {}), (4,))
    assert module(torch.randn(2, 4, dtype=dtype)).dtype == dtype


def test_fixed_point_values_are_exact_multiples() -> None:
    found = written(make("FixedPointQuantize", {}), (1000,))(torch.randn(1, 1000) * 5)
    assert (found * 16 == (found * 16).round()).all()
    assert found.abs().max() <= 127 / 16


def test_trained_ends_get_the_gradients_of_what_lies_beyond_them() -> None:
    module = written(make("MinMaxQuantize", {"low": -1.0, "high": 1.0}), (6,))
    x = torch.tensor([[-5.0, -3.0, 0.1, 0.2, 4.0, -9.0]])
    factors = torch.tensor([[1.0, 2.0, 4.0, 8.0, 16.0, 32.0]])
    (module(x) * factors).sum().backward()
    assert (module.m.low.grad.item(), module.m.high.grad.item()) == (35.0, 16.0)


def test_moving_averages_follow_the_batches_in_training_only() -> None:
    module = written(make("MinMaxQuantize", {"ends": "average", "decay": 0.75}), (3,))
    x = torch.tensor([[-1.0, 0.0, 3.0]])
    module.train()(x)
    assert (module.m.low.item(), module.m.high.item()) == (-6 * 0.75 - 0.25, 6 * 0.75 + 0.75)
    before = module.state_dict()["m.low"].clone()
    torch.testing.assert_close(module.eval()(x), x, atol=0.05, rtol=0)
    assert module.m.low == before
    assert set(make("MinMaxQuantize", {"ends": "average"}).buffers((3,))) == set(dict(module.m.named_buffers()))


def test_ends_of_the_batch_span_its_values() -> None:
    module = written(make("MinMaxQuantize", {"ends": "batch", "levels": 5}), (4,))
    x = torch.tensor([[-4.0, 0.0, 12.0, 5.0]])
    assert module(x).tolist() == [[-4.0, 0.0, 12.0, 4.0]]


# ---- binary weights


def signs(weight: Tensor) -> Tensor:
    return torch.where(weight > 0, 1.0, -1.0).to(weight.dtype)


@pytest.mark.parametrize("kind", ["BinaryConnectLinear", "BinaryWeightLinear"])
def test_binary_linear_layers_use_signs_and_train_the_weights(kind: str) -> None:
    module = written(make(kind, {"out_features": 3}), (5,)).double()
    x = torch.randn(2, 5, dtype=torch.double)
    weight = signs(module.m.weight).detach()
    if kind == "BinaryWeightLinear":
        weight *= module.m.weight.detach().abs().mean(1, keepdim=True)
    weight.requires_grad_()
    agree(module(x), module.m.weight, x @ weight.T + module.m.bias, weight)


@pytest.mark.parametrize("kind", ["BinaryConnectConv2d", "BinaryWeightConv2d"])
def test_binary_convolutions_use_signs_and_train_the_weights(kind: str) -> None:
    module = written(make(kind, {"out_channels": 3, "padding": 1, "stride": 2}), (2, 5, 6)).double()
    x = torch.randn(2, 2, 5, 6, dtype=torch.double)
    weight = signs(module.m.weight).detach()
    if kind == "BinaryWeightConv2d":
        weight *= module.m.weight.detach().abs().mean((1, 2, 3), keepdim=True)
    weight.requires_grad_()
    agree(module(x), module.m.weight, nn.functional.conv2d(x, weight, module.m.bias, stride=2, padding=1), weight)


# ---- costs

SAMPLE = [  # NNC's binary LeNet: layer, properties, input, values as NNC counts them, additions
    ("BinaryConnectConv2d", {"out_channels": 64, "kernel_size": 5}, (1, 28, 28), 114, 921_600),
    ("BinaryConnectConv2d", {"out_channels": 64, "kernel_size": 5}, (64, 12, 12), 3_264, 6_553_600),
    ("BinaryConnectLinear", {"out_features": 512}, (64, 4, 4), 16_896, 524_288),
    ("BinaryConnectLinear", {"out_features": 10}, (512,), 170, 5_120),
]


@pytest.mark.parametrize(("kind", "properties", "shape", "parameters", "adds"), SAMPLE)
def test_binary_weights_cost_what_nnc_says(
    kind: str, properties: dict[str, Any], shape: Shape, parameters: int, adds: int
) -> None:
    for name in (kind, kind.replace("Connect", "Weight")):
        layer = make(name, properties)
        assert layer.parameters_nnc(shape) == parameters
        assert (layer.costs(shape), layer.multiply_adds(shape)) == (Costs(adds=adds), 0)


@pytest.mark.skipif(not NNC.exists(), reason="the reference material of NNC lies beside the repository, not in it")
def test_the_sample_above_is_the_one_in_the_reference() -> None:
    layers = json.loads(NNC.read_text())["binary_connect_mnist_LeNet"]["layers"]["Main"]
    found = {
        (layer["Input"], int(layer["CostParameter"]), int(layer["CostAdd"]))
        for layer in layers
        if layer["type"].startswith("BinaryConnect")
    }
    assert found == {(",".join(map(str, shape)), values, adds) for _, _, shape, values, adds in SAMPLE}


def test_binary_activations_cost_what_nnc_says() -> None:
    assert make("BinaryTanh", {}).costs((4, 5)) == Costs(adds=40, multiplies=40, ifs=20)
    assert make("BinarySigmoid", {}).costs((4, 5)) == Costs(adds=20, multiplies=20, ifs=20)
