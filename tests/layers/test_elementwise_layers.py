"""Activations, functions, scalar arithmetic and logic: every value and gradient against the formula, in every type."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor

from designer.layers import ShapeError, make

PI = torch.pi


class Case(NamedTuple):
    kind: str
    properties: dict[str, Any]
    formula: Callable[[Tensor], Tensor]
    low: float = -4.0
    high: float = 4.0

    def __str__(self) -> str:
        return self.kind + "".join(f"-{name}={value}" for name, value in self.properties.items())


def sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def softplus(x: Tensor) -> Tensor:
    return torch.log1p(torch.exp(x))


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    return torch.where(x > 0, x, alpha * (torch.exp(x) - 1))


def softmax(x: Tensor, dim: int) -> Tensor:
    return torch.exp(x) / torch.exp(x).sum(dim, keepdim=True)


def straight(step: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A step whose gradient is 1."""
    return lambda x: step(x).detach() - x.detach() + x


ACTIVATIONS = [
    Case("ReLU", {}, lambda x: (x + x.abs()) / 2),
    Case("ReLU6", {}, lambda x: x.clamp(0, 6), -9, 9),
    Case("LeakyReLU", {"negative_slope": 0.2}, lambda x: torch.where(x > 0, x, 0.2 * x)),
    Case("PReLU", {}, lambda x: torch.where(x > 0, x, 0.25 * x)),
    Case("PReLU", {"shared": True, "init": 0.5}, lambda x: torch.where(x > 0, x, 0.5 * x)),
    Case("PReLU", {"axis": -1, "init": -0.5}, lambda x: torch.where(x > 0, x, -0.5 * x)),
    Case("ELU", {"alpha": 0.5}, lambda x: elu(x, 0.5)),
    Case("CELU", {}, elu),
    Case("CELU", {"alpha": 2.0}, lambda x: torch.where(x > 0, x, 2 * (torch.exp(x / 2) - 1))),
    Case("SELU", {}, lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772)),
    Case("SELU", {"scale": 1.05070098735548, "alpha": 1.673263242354377},  # as many digits as NNC gives
         lambda x: 1.05070098735548 * elu(x, 1.673263242354377)),
    Case("SELU", {"scale": 1.5, "alpha": 0.7}, lambda x: 1.5 * elu(x, 0.7)),
    Case("GELU", {}, lambda x: x * (1 + torch.erf(x / 2**0.5)) / 2),
    Case("GELU", {"approximate": "tanh"},
         lambda x: x / 2 * (1 + torch.tanh((2 / PI) ** 0.5 * (x + 0.044715 * x**3)))),
    Case("SiLU", {}, lambda x: x * sigmoid(x)),
    Case("Mish", {}, lambda x: x * torch.tanh(softplus(x))),
    Case("Sigmoid", {}, sigmoid),
    Case("LogSigmoid", {}, lambda x: torch.log(sigmoid(x))),
    Case("Hardsigmoid", {}, lambda x: (x / 6 + 0.5).clamp(0, 1)),
    Case("Hardsigmoid", {"slope": 0.2}, lambda x: (0.2 * x + 0.5).clamp(0, 1)),
    Case("Hardswish", {}, lambda x: x * (x / 6 + 0.5).clamp(0, 1)),
    Case("Tanh", {}, lambda x: (torch.exp(2 * x) - 1) / (torch.exp(2 * x) + 1)),
    Case("Hardtanh", {}, lambda x: x.clamp(-1, 1)),
    Case("Hardtanh", {"min_val": -2, "max_val": 0.5}, lambda x: x.clamp(-2, 0.5)),
    Case("Tanhshrink", {}, lambda x: x - torch.tanh(x)),
    Case("Hardshrink", {"lambd": 1.0}, lambda x: x * (x.abs() > 1)),
    Case("Softshrink", {"lambd": 1.0}, lambda x: x.sign() * (x.abs() - 1).clamp(min=0)),
    Case("Softplus", {}, softplus),
    Case("Softplus", {"beta": 2.0}, lambda x: softplus(2 * x) / 2),
    Case("Softsign", {}, lambda x: x / (1 + x.abs())),
    Case("Threshold", {"threshold": 0.5, "value": -3.0}, lambda x: torch.where(x > 0.5, x, -3.0)),
    Case("Clamp", {}, lambda x: x.clamp(0, 1)),
    Case("Clamp", {"min": -2, "max": -1}, lambda x: torch.where(x < -1, torch.where(x > -2, x, -2.0), -1.0)),
    Case("Abs", {}, lambda x: torch.where(x > 0, x, -x)),
    Case("Sinc", {}, lambda x: torch.sin(PI * x) / (PI * x)),
    Case("Sinc", {"normalized": False}, lambda x: torch.sin(x) / x),
    Case("Softmax", {"axis": 1}, lambda x: softmax(x, 2)),
    Case("Softmin", {}, lambda x: softmax(-x, 1)),
    Case("LogSoftmax", {"axis": -1}, lambda x: torch.log(softmax(x, 3))),
    Case("CReLU", {}, lambda x: torch.cat((x.clamp(min=0), (-x).clamp(min=0)), 1)),
    Case("CReLU", {"axis": 2}, lambda x: torch.cat((x.clamp(min=0), (-x).clamp(min=0)), 3)),
    Case("ConcatenatedELU", {"alpha": 0.5}, lambda x: torch.cat((elu(x, 0.5), elu(-x, 0.5)), 1)),
    Case("GLU", {"axis": 1}, lambda x: x[:, :, :2] * sigmoid(x[:, :, 2:])),
]  # fmt: skip

FUNCTIONS = [
    Case("Exp", {}, lambda x: PI ** (x / torch.log(torch.tensor(PI, dtype=x.dtype)))),
    Case("Log", {}, lambda x: 2 * torch.log(torch.sqrt(x)), 0.1),
    Case("Sqrt", {}, lambda x: x**0.5, 0.1),
    Case("Erf", {}, lambda x: 2 * torch.special.ndtr(x * 2**0.5) - 1),
    Case("Sign", {}, lambda x: x / x.abs() + 0 * x),
    Case("Sign", {"straight_through": True}, straight(torch.sign)),
    Case("Round", {}, lambda x: (x + 0.5).floor()),
    Case("Round", {"straight_through": True}, straight(torch.round)),
    Case("Ceil", {}, lambda x: -((-x).floor())),
    Case("Ceil", {"straight_through": True}, straight(torch.ceil)),
    Case("Floor", {}, lambda x: (x - x % 1).detach() + 0 * x),
    Case("Floor", {"straight_through": True}, straight(torch.floor)),
    Case("Sin", {}, lambda x: torch.cos(x - PI / 2)),
    Case("Cos", {}, lambda x: torch.sin(x + PI / 2)),
    Case("Tan", {}, lambda x: torch.sin(x) / torch.cos(x), -1.4, 1.4),
    Case("Sinh", {}, lambda x: (torch.exp(x) - torch.exp(-x)) / 2),
    Case("Cosh", {}, lambda x: (torch.exp(x) + torch.exp(-x)) / 2),
    Case("Asin", {}, lambda x: torch.atan(x / torch.sqrt(1 - x * x)), -0.9, 0.9),
    Case("Acos", {}, lambda x: PI / 2 - torch.atan(x / torch.sqrt(1 - x * x)), -0.9, 0.9),
    Case("Atan", {}, lambda x: torch.asin(x / torch.sqrt(1 + x * x))),
    Case("Asinh", {}, lambda x: torch.log(x + torch.sqrt(x * x + 1))),
    Case("Acosh", {}, lambda x: torch.log(x + torch.sqrt(x * x - 1)), 1.1),
    Case("Atanh", {}, lambda x: torch.log((1 + x) / (1 - x)) / 2, -0.9, 0.9),
    Case("ResetNaN", {"value": 2}, lambda x: x),
    Case("ResetInf", {}, lambda x: x),
    Case("CumSum", {}, lambda x: torch.stack([x[:, : i + 1].sum(1) for i in range(3)], 1)),
    Case("CumSum", {"exclusive": True, "axis": 1},
         lambda x: torch.stack([x[:, :, :i].sum(2) for i in range(4)], 2)),
    Case("CumSum", {"reverse": True}, lambda x: torch.stack([x[:, i:].sum(1) for i in range(3)], 1)),
    Case("CumSum", {"reverse": True, "exclusive": True, "axis": -1},
         lambda x: torch.stack([x[..., i + 1 :].sum(-1) for i in range(5)], -1)),
    Case("CumProd", {}, lambda x: torch.stack([x[:, : i + 1].prod(1) for i in range(3)], 1)),
    Case("CumProd", {"reverse": True, "exclusive": True},
         lambda x: torch.stack([x[:, i + 1 :].prod(1) for i in range(3)], 1)),
]  # fmt: skip

SCALARS = [
    Case("Scale", {"multiply": 0.5, "add": -1}, lambda x: x / 2 - 1),
    Case("PowScalar", {}, lambda x: x * x),
    Case("PowScalar", {"value": -0.5}, lambda x: 1 / torch.sqrt(x), 0.1),
    Case("RPowScalar", {"value": 2.0}, torch.exp2),
    Case("RSubScalar", {"value": 1.0}, lambda x: -(x - 1)),
    Case("RSubScalar", {"value": -1.0}, lambda x: -(x + 1)),
    Case("RDivScalar", {"value": 3.0}, lambda x: 3 * x**-1, 0.1),
    Case("MaximumScalar", {"value": -0.5}, lambda x: torch.where(x > -0.5, x, -0.5)),
    Case("MinimumScalar", {"value": 0.5}, lambda x: torch.where(x < 0.5, x, 0.5)),
    Case("Identity", {}, lambda x: x),
    Case("Detach", {}, lambda x: x.detach() + 0 * x),
]

LOGIC = [
    Case("LogicalNot", {}, lambda x: 1 - x.bool().int()),
    Case("IsNaN", {}, lambda x: (x != x).int()),  # what NaN is
    Case("IsInf", {}, lambda x: (x.abs() == float("inf")).int()),
    Case("EqualScalar", {"value": 2}, lambda x: x.eq(2).int()),
    Case("NotEqualScalar", {"value": 2}, lambda x: x.ne(2).int()),
    Case("GreaterScalar", {"value": 2}, lambda x: x.gt(2).int()),
    Case("GreaterEqualScalar", {"value": 2}, lambda x: x.ge(2).int()),
    Case("LessScalar", {"value": 2}, lambda x: x.lt(2).int()),
    Case("LessEqualScalar", {"value": 2}, lambda x: x.le(2).int()),
    Case("LogicalAndScalar", {}, lambda x: 0 * x.bool()),
    Case("LogicalAndScalar", {"value": -2.5}, lambda x: x.bool()),
    Case("LogicalOrScalar", {}, lambda x: x.bool()),
    Case("LogicalOrScalar", {"value": 1}, lambda x: x.bool() | True),
    Case("LogicalXorScalar", {}, lambda x: x.bool()),
    Case("LogicalXorScalar", {"value": 2}, lambda x: ~x.bool()),
]
SPECIAL = torch.tensor([[0.0, -0.0, 2.0, -2.0, 2.5, 1.0, float("nan"), float("inf"), -float("inf")]])


def values(case: Case, dtype: torch.dtype = torch.float64) -> Tensor:
    """A batch (2, 3, 4, 5) of the values that the case is defined for."""
    generator = torch.Generator().manual_seed(7)
    spread = torch.rand(2, 3, 4, 5, generator=generator, dtype=torch.float64)
    return (case.low + (case.high - case.low) * spread).to(dtype)


@pytest.mark.parametrize("case", [*ACTIVATIONS, *FUNCTIONS, *SCALARS], ids=str)
def test_values_and_gradients_are_the_formulas(case: Case) -> None:
    x, y = values(case).requires_grad_(), values(case).requires_grad_()
    module = written(make(case.kind, case.properties), (3, 4, 5)).double()
    out, expected = module(x), case.formula(y)
    torch.testing.assert_close(out, expected)
    weigh = torch.cos(torch.arange(out.numel())).view(out.shape)
    out = out if out.requires_grad else out + 0 * x  # what has no gradient has one of 0 in the formula
    (out * weigh).sum().backward()
    (expected * weigh).sum().backward()
    torch.testing.assert_close(x.grad, y.grad)


@pytest.mark.parametrize("case", LOGIC, ids=str)
def test_conditions_are_1_and_0(case: Case) -> None:
    out = written(make(case.kind, case.properties), (9,))(SPECIAL)
    assert torch.equal(out, case.formula(SPECIAL).float())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("case", [*ACTIVATIONS, *FUNCTIONS, *SCALARS, *LOGIC], ids=str)
def test_the_type_of_the_input_is_kept(case: Case, dtype: torch.dtype) -> None:
    out = written(make(case.kind, case.properties), (3, 4, 5)).to(dtype)(values(case, dtype))
    assert out.dtype == dtype


def test_values_that_are_none_are_replaced() -> None:
    x = SPECIAL.clone().requires_grad_()
    nan = written(make("ResetNaN", {"value": 5}), (9,))(x)
    inf = written(make("ResetInf", {}), (9,))(x)
    assert nan.tolist() == [[0, 0, 2, -2, 2.5, 1, 5, float("inf"), -float("inf")]]
    assert inf[0, :6].tolist() == SPECIAL[0, :6].tolist()
    assert inf[0, 6].isnan()
    assert inf[0, 7:].tolist() == [0, 0]
    (nan + inf.nan_to_num()).sum().backward()
    assert x.grad.tolist() == [[2, 2, 2, 2, 2, 2, 0, 1, 1]]


def test_sign_of_0_is_a_choice() -> None:
    x = torch.tensor([[0.0, 2.0, -2.0]])
    assert written(make("Sign", {}), (3,))(x).tolist() == [[0, 1, -1]]
    assert written(make("Sign", {"alpha": -1, "straight_through": True}), (3,))(x).tolist() == [[-1, 1, -1]]


def test_straight_through_steps_are_exact() -> None:
    x = torch.linspace(-3, 3, 10_001)[None]
    for kind in ("Round", "Ceil", "Floor"):
        step = written(make(kind, {"straight_through": True}), (10_001,))(x)
        assert torch.equal(step, getattr(x, kind.lower())())


def test_rrelu_draws_slopes_in_training_and_takes_their_mean_after() -> None:
    module = written(make("RReLU", {"lower": 0.1, "upper": 0.3}), (1000,))
    x = -torch.ones(1, 1000)
    torch.testing.assert_close(module.eval()(x), 0.2 * x)
    drawn = -module.train()(x)
    assert 0.1 <= drawn.min() < 0.11
    assert 0.29 < drawn.max() <= 0.3
    assert torch.equal(module(-x), -x)


def test_prelu_slopes_belong_to_their_axis() -> None:
    module = written(make("PReLU", {"axis": 1}), (3, 4, 5))
    with torch.no_grad():
        module.m.weight.copy_(torch.arange(4.0))
    out = module(-torch.ones(2, 3, 4, 5))
    assert torch.equal(out, -torch.arange(4.0).view(1, 1, 4, 1).expand(2, 3, 4, 5))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_prelu_slopes_may_start_at_random(kind: str) -> None:
    slopes = written(make("PReLU", {"init": 0.1, "init_kind": kind}), (1000,)).m.weight
    assert abs(slopes.mean()) < 0.02
    assert abs(slopes.std() - (0.1 if kind == "normal" else 0.2 / 12**0.5)) < 0.01


# ---- shapes, parameters, errors

shapes = st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple)
KINDS = sorted({case.kind for case in (*ACTIVATIONS, *FUNCTIONS, *SCALARS, *LOGIC)} | {"RReLU", "Prune"})
ALONG_AXIS = {"Softmin", "LogSoftmax", "CReLU", "ConcatenatedELU", "GLU", "PReLU", "CumSum", "CumProd"}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=5, deadline=None)
@given(shape=shapes, axis=st.integers(-4, 4))
def test_shapes_and_parameters_are_torchs(kind: str, shape: tuple[int, ...], axis: int) -> None:
    if kind not in ALONG_AXIS:
        agrees_with_torch(make(kind, {}), shape)
    elif -len(shape) <= axis < len(shape):
        agrees_with_torch(make(kind, {"axis": axis}), shape)
    else:
        found = make(kind, {"axis": axis}).facts((shape,))
        assert isinstance(found, ShapeError)
        assert found.code == "axis"


@pytest.mark.parametrize(
    ("kind", "properties", "shape", "code"),
    [
        ("GLU", {}, (3, 4), "odd-size"),
        ("Clamp", {"min": 2, "max": 1}, (3,), "bad-property"),
        ("Hardtanh", {"min_val": 1}, (3,), "bad-property"),
        ("RReLU", {"lower": 0.5}, (3,), "bad-property"),
        ("ClipGradByValue", {"min": 2}, (3,), "bad-property"),
        ("TopKGrad", {"k": 4}, (3,), "too-few"),
        ("Softplus", {"beta": 0}, (3,), "bad-property"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, properties: dict[str, Any], shape: tuple[int, ...], code: str) -> None:
    found = make(kind, properties).facts((shape,))
    assert isinstance(found, ShapeError)
    assert found.code == code


@pytest.mark.parametrize(
    ("kind", "properties", "summary"),
    [
        ("PReLU", {"axis": 1}, "axis 1"),
        ("SELU", {"scale": 1.05070098735548}, ""),
        ("SELU", {"scale": 2}, "×2, 1.67"),
        ("Hardsigmoid", {"slope": 0.2}, "0.2"),
        ("Clamp", {"max": 6}, "0..6"),
        ("Threshold", {}, "> 0 else 0"),
        ("PowScalar", {}, "x^2"),
        ("RPowScalar", {"value": 2}, "2^x"),
        ("RSubScalar", {"value": 1}, "1 - x"),
        ("RDivScalar", {}, "1 / x"),
        ("MaximumScalar", {}, "≥ 0"),
        ("GreaterEqualScalar", {"value": 0.5}, "≥ 0.5"),
        ("LogicalAndScalar", {"value": 3}, "∧ 1"),
        ("Less", {}, "<"),
        ("Round", {"straight_through": True}, "STE"),
        ("CumSum", {"axis": 1, "exclusive": True, "reverse": True}, "axis 1, excl, ←"),
        ("MatMul", {"transpose_b": True}, "a bᵀ"),
        ("FFT", {"normalized": True}, "2d, ortho"),
        ("Sum", {}, ""),
        ("Max", {"axes": [1, 2], "only_index": True}, "axes 1,2, arg"),
        ("Norm", {"axes": [-1], "p": 1}, "L1, axis -1"),
        ("ClipGradByNorm", {"axes": [0, 1]}, "1, axes 0,1"),
        ("ClipGradByValue", {}, "-1..1"),
        ("TopKGrad", {"k": 10}, "k 10"),
        ("Prune", {}, "0.9"),
    ],
)
def test_nodes_show_what_they_do(kind: str, properties: dict[str, Any], summary: str) -> None:
    assert make(kind, properties).summary() == summary


def test_a_negative_base_keeps_its_sign() -> None:
    assert re.fullmatch(r"\(-2\.0\) \*\* x", make("RPowScalar", {"value": -2}).call("", ["x"], ((3,),)))
