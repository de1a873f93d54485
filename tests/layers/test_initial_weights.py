"""Initial weights: their spread against the formulas that the names stand for."""

from __future__ import annotations

import math

import pytest
import torch
from layer_reference import written

from designer.layers import make

CASES = [
    ("Conv2d", {"out_channels": 96, "kernel_size": 3}, (64, 8, 8), 64 * 9, 96 * 9),
    ("Conv2d", {"out_channels": 96, "kernel_size": 3, "groups": 2}, (64, 8, 8), 32 * 9, 96 * 9),
    ("ConvTranspose2d", {"out_channels": 96, "kernel_size": 3}, (64, 8, 8), 64 * 9, 96 * 9),
    ("Linear", {"out_features": 300}, (200,), 200, 300),
]
each_kind = pytest.mark.parametrize(("kind", "properties", "shape"), [case[:3] for case in CASES])


def weight(kind: str, properties: dict[str, object], shape: tuple[int, ...], **init: object) -> torch.Tensor:
    module = written(make(kind, {**properties, **init}), shape)
    return module.m.weight.detach()


@pytest.mark.parametrize(("kind", "properties", "shape", "fan_in", "fan_out"), CASES)
def test_variance_follows_the_name(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], fan_in: int, fan_out: int
) -> None:
    he, glorot = math.sqrt(2 / fan_in), math.sqrt(2 / (fan_in + fan_out))
    for name, std in {"he_normal": he, "he_uniform": he, "glorot_normal": glorot, "glorot_uniform": glorot}.items():
        w = weight(kind, properties, shape, weight_init=name)
        assert w.std().item() == pytest.approx(std, rel=0.03), name
        assert abs(w.mean().item()) < std / 20
        if name.endswith("uniform"):
            assert w.abs().max().item() <= math.sqrt(3) * std * 1.0001


@each_kind
def test_scale_is_deviation_bound_or_value(kind: str, properties: dict[str, object], shape: tuple[int, ...]) -> None:
    def scaled(name: str) -> torch.Tensor:
        return weight(kind, properties, shape, weight_init=name, weight_init_scale=0.04)

    assert scaled("normal").std().item() == pytest.approx(0.04, rel=0.03)
    cut = scaled("truncated_normal")
    assert cut.std().item() == pytest.approx(0.04 * 0.8796, rel=0.03)  # of a normal cut at two deviations
    assert cut.abs().max().item() <= 0.08
    assert scaled("uniform").std().item() == pytest.approx(0.04 / math.sqrt(3), rel=0.03)
    assert scaled("uniform").abs().max().item() <= 0.04
    assert torch.all(scaled("constant") == 0.04)
    for name in ("normal", "truncated_normal", "uniform", "constant"):
        assert not weight(kind, properties, shape, weight_init=name, weight_init_scale=0).any()


@each_kind
def test_default_is_pytorchs_own(kind: str, properties: dict[str, object], shape: tuple[int, ...]) -> None:
    layer = make(kind, properties)
    assert layer.initialize("self.m", shape) == []
    module = written(layer, shape, seed=7)
    torch.manual_seed(7)
    assert torch.equal(module.m.weight, type(module.m)(**options(module.m)).weight)


def options(module: torch.nn.Module) -> dict[str, object]:
    if isinstance(module, torch.nn.Linear):
        return {"in_features": module.in_features, "out_features": module.out_features}
    names = ("in_channels", "out_channels", "kernel_size", "stride", "groups")
    return {name: getattr(module, name) for name in names}


@each_kind
def test_bias_starts_with_the_value(kind: str, properties: dict[str, object], shape: tuple[int, ...]) -> None:
    for value in (0.0, 0.1, -2.0):
        module = written(make(kind, {**properties, "bias_init": value}), shape)
        assert torch.all(module.m.bias == value)
    assert written(make(kind, properties), shape).m.bias.std() > 0
    without = make(kind, {**properties, "bias": False, "bias_init": 1.0})
    assert without.initialize("self.m", shape) == []
    assert written(without, shape).m.bias is None


def test_statements_read_well() -> None:
    def statements(**init: object) -> list[str]:
        return list(make("Linear", init).initialize("self.fc1", (8,)))

    assert statements(weight_init="he_normal", bias_init=0) == [
        'nn.init.kaiming_normal_(self.fc1.weight, nonlinearity="relu")', "nn.init.zeros_(self.fc1.bias)",
    ]  # fmt: skip
    assert statements(weight_init="truncated_normal", weight_init_scale=0.04, bias_init=0.1) == [
        "nn.init.trunc_normal_(self.fc1.weight, std=0.04, a=-0.08, b=0.08)", "nn.init.constant_(self.fc1.bias, 0.1)",
    ]  # fmt: skip
