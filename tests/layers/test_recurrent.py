"""RNN, LSTM and GRU: shapes and weights against torch over random properties, numbers against written-out formulas."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor

from designer.layers import Facts, ShapeError, make
from designer.layers.base import Costs

KINDS = ["RNN", "LSTM", "GRU"]

properties = st.fixed_dictionaries(
    {},
    optional={
        "hidden_size": st.integers(1, 5),
        "num_layers": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "result": st.sampled_from(["sequence", "last"]),
        "bias": st.booleans(),
        "dropout": st.sampled_from([0.0, 0.5]),
        "weight_frozen": st.booleans(),
        "bias_lr": st.sampled_from([0.0, 1.0, 2.0]),
    },
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(properties=properties, shape=st.tuples(st.integers(1, 6), st.integers(1, 4)))
def test_recurrent_layers_agree_with_torch(kind: str, properties: dict[str, Any], shape: tuple[int, int]) -> None:
    agrees_with_torch(make(kind, properties), shape)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(5,), (1, 28, 28)])
def test_recurrent_layers_refuse_what_is_no_sequence(kind: str, shape: tuple[int, ...]) -> None:
    found = make(kind, {}).facts((shape,))
    assert isinstance(found, ShapeError)
    assert (found.code, found.data) == ("needs-sequence", {"shape": shape})


def step(kind: str, x: Tensor, h: Tensor, c: Tensor, weights: list[Tensor]) -> tuple[Tensor, Tensor]:
    """One step of each network, as its paper writes it, with torch's order of the gates."""
    w_ih, w_hh, b_ih, b_hh = weights
    a, b = x @ w_ih.T + b_ih, h @ w_hh.T + b_hh
    if kind == "RNN":
        return torch.tanh(a + b), c
    if kind == "LSTM":
        i, f, g, o = (a + b).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
    (r, z, n), (hr, hz, hn) = a.chunk(3, dim=1), b.chunk(3, dim=1)
    new = torch.tanh(n + torch.sigmoid(r + hr) * hn)
    keep = torch.sigmoid(z + hz)
    return (1 - keep) * new + keep * h, c


def reference(kind: str, x: Tensor, weights: list[Tensor], *, backwards: bool) -> tuple[Tensor, Tensor]:
    """The states after all steps (N, T, H), and the one after the last that is read."""
    h = c = torch.zeros(x.shape[0], weights[1].shape[1], dtype=x.dtype)
    steps = list(x.unbind(1))
    states = []
    for value in reversed(steps) if backwards else steps:
        h, c = step(kind, value, h, c, weights)
        states.append(h)
    return torch.stack(states[::-1] if backwards else states, dim=1), h


@pytest.mark.parametrize("result", ["sequence", "last"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_gradients_are_those_of_the_formulas(kind: str, bidirectional: bool, result: str) -> None:
    layer = make(kind, {"hidden_size": 3, "num_layers": 2, "bidirectional": bidirectional, "result": result})
    module = written(layer, (5, 4)).double()
    x = torch.randn(2, 5, 4, dtype=torch.double, requires_grad=True)
    value, last = x, x
    for number in range(2):
        both = []
        for direction in ("", "_reverse")[: 1 + bidirectional]:
            names = [f"{name}_l{number}{direction}" for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            weights = [module.m.get_parameter(name) for name in names]
            both.append(reference(kind, value, weights, backwards=bool(direction)))
        value, last = (torch.cat(parts, dim=-1) for parts in zip(*both, strict=True))
    expected = value if result == "sequence" else last
    found = module(x)
    assert found.dtype == torch.double
    torch.testing.assert_close(found, expected)
    factors = torch.randn_like(found)
    torch.testing.assert_close(*(torch.autograd.grad((y * factors).sum(), x)[0] for y in (found, expected)))


def test_relu_is_an_rnns_other_activation() -> None:
    module = written(make("RNN", {"nonlinearity": "relu", "hidden_size": 3}), (4, 2))
    assert module.m.nonlinearity == "relu"
    assert (module(torch.randn(2, 4, 2)) >= 0).all()


@pytest.mark.parametrize(("kind", "gates"), [("RNN", 1), ("LSTM", 4), ("GRU", 3)])
def test_costs_are_nncs_of_an_lstm(kind: str, gates: int) -> None:
    """NNC: 4 (features + hidden) hidden multiply-adds and 4 hidden additions for each of the steps."""
    layer = make(kind, {"hidden_size": 28})
    assert layer.costs((28, 28)) == Costs(adds=gates * 28 * 28, multiply_adds=gates * (28 + 28) * 28 * 28)
    assert layer.multiply_adds((28, 28)) == gates * 43_904  # NNC's figure of a gate in its LSTM and Elman samples
    both = make(kind, {"hidden_size": 28, "bidirectional": True, "num_layers": 2})
    assert both.multiply_adds((28, 28)) == 2 * gates * 28 * 28 * ((28 + 28) + (56 + 28))


def test_dropout_of_a_single_layer_is_pointed_out_and_not_written() -> None:
    alone, two = make("GRU", {"dropout": 0.5}), make("GRU", {"dropout": 0.5, "num_layers": 2})
    facts = alone.facts(((5, 4),))
    assert isinstance(facts, Facts)
    assert [note.code for note in facts.notes] == ["dropout-unused"]
    assert alone.module((5, 4)) == "nn.GRU(4, 100, batch_first=True)"
    assert two.module((5, 4)) == "nn.GRU(4, 100, num_layers=2, batch_first=True, dropout=0.5)"
    assert not two.notes((5, 4))


def test_glorot_takes_the_inputs_and_outputs_of_one_gate_as_nnc_does() -> None:
    layer = make("LSTM", {"hidden_size": 200, "weight_init": "glorot_normal", "bias_init": 1.0})
    weights = written(layer, (3, 100)).m.state_dict()
    for name in ("weight_ih_l0", "weight_hh_l0"):
        assert weights[name].std().item() == pytest.approx((2 / (100 + 200 + 200)) ** 0.5, rel=0.02)
    assert (weights["bias_ih_l0"] + weights["bias_hh_l0"] == 1).all()
    uniform = written(make("GRU", {"hidden_size": 20, "weight_init": "glorot_uniform"}), (3, 10)).m.state_dict()
    assert 0.3 < uniform["weight_hh_l0"].abs().max().item() <= (6 / 50) ** 0.5 + 1e-6


def test_summary_shows_what_is_not_the_default() -> None:
    assert make("LSTM", {}).summary() == "100"
    shown = make("LSTM", {"hidden_size": 8, "num_layers": 2, "bidirectional": True, "result": "last"}).summary()
    assert shown == "8, x2, ↔, last"
