"""Recurrent frames as code: against torch's own recurrent modules."""

from __future__ import annotations

import pytest
import torch
from structure_graphs import network, node, wires
from structure_samples import GATES, classes, elman, lstm
from torch import nn

from designer.codegen.build import build
from designer.codegen.source import source
from designer.graph import Body, Graph


def test_a_recurrent_frame_reads_as_a_person_would_write_it() -> None:
    assert (
        classes(elman())
        == '''\
class RnnStep(nn.Module):
    """One step of rnn."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(9, 5)
        self.tanh = nn.Tanh()

    def forward(self, x: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:  # 4, 5
        x = torch.cat((x, hidden), dim=1)  # 9
        x = self.fc(x)  # 5
        x = self.tanh(x)
        return x


class Net(nn.Module):
    """7x4 -> 7x5."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = RnnStep()

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # 7x4
        hidden = x.new_zeros(x.shape[0], 5)
        outputs = []
        for step in x.unbind(dim=1):
            hidden = self.rnn(step, hidden)
            outputs.append(hidden)
        x = torch.stack(outputs, dim=1)  # 7x5
        return x
'''
    )


@pytest.mark.parametrize("backwards", [False, True])
def test_elmans_network_is_torchs_rnn(backwards: bool) -> None:
    ours = build(elman(backwards=backwards))
    hand = nn.RNN(4, 5, batch_first=True)
    weight, bias = (ours.state_dict()[f"rnn.fc.{name}"] for name in ("weight", "bias"))
    hand.load_state_dict(
        {"weight_ih_l0": weight[:, :4], "weight_hh_l0": weight[:, 4:], "bias_ih_l0": bias, "bias_hh_l0": 0 * bias}
    )
    x = torch.randn(3, 7, 4)
    expected, _ = hand(x.flip(1) if backwards else x)
    torch.testing.assert_close(ours(x), expected.flip(1) if backwards else expected)


def test_an_lstm_of_two_delays_is_torchs_lstm_cell_with_its_gradients() -> None:
    ours = build(lstm(initial=0.5))
    state = ours.state_dict()
    gates = [state[f"lstm.{gate}.weight"] for gate in GATES]
    cell = nn.LSTMCell(4, 5)
    cell.load_state_dict({
        "weight_ih": torch.cat([w[:, :4] for w in gates]), "weight_hh": torch.cat([w[:, 4:] for w in gates]),
        "bias_ih": torch.cat([state[f"lstm.{gate}.bias"] for gate in GATES]),
        "bias_hh": torch.zeros(20),
    })  # fmt: skip
    x = torch.randn(3, 7, 4)
    h, c = torch.zeros(3, 5), torch.full((3, 5), 0.5)
    found = []
    for step in x.unbind(1):
        h, c = cell(step, (h, c))
        found.append(torch.cat((h, c), 1))
    expected = torch.stack(found, 1)
    torch.testing.assert_close(ours(x), expected)
    ours(x).sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(
        ours.get_parameter("lstm.enter.weight").grad, torch.cat((cell.weight_ih.grad[:5], cell.weight_hh.grad[:5]), 1)
    )  # type: ignore[index]
    text = source(lstm(initial=0.5))
    assert (
        "c_before = image.new_full((image.shape[0], 5), 0.5)" in text
        or "c_before = x.new_full((x.shape[0], 5), 0.5)" in text
    )
    assert "h_before, c_before = self.lstm(step, c_before, h_before)" in text


def test_without_states_the_steps_are_a_list_and_several_sequences_run_side_by_side() -> None:
    body = Body((node("a", "Add"), node("tanh", "Tanh")), wires("in a", "in:1 a:1", "a tanh", "tanh out"))
    nodes = (
        node("left", "Input", shape=[7, 4]),
        node("right", "Input", shape=[7, 4]),
        node("r", "Recurrent", body, axis=-1),
    )
    graph = Graph(name="net", root=Body(nodes, wires("left r", "right r:1")))
    unbound = "zip(left.unbind(dim=2), right.unbind(dim=2))"
    assert f"x = torch.stack([self.r(step1, step2) for step1, step2 in {unbound}], dim=2)" in source(graph)
    a, b = torch.randn(2, 7, 4), torch.randn(2, 7, 4)
    torch.testing.assert_close(build(graph)(a, b), torch.tanh(a + b))


def test_a_delay_of_a_delay_remembers_two_steps() -> None:
    body = Body(
        (node("one", "Delay", shape=[4]), node("two", "Delay", shape=[4], initial=1.0)),
        wires("in one", "one two", "two out"),
    )
    graph = network(node("r", "Recurrent", body), shape=[5, 4])
    x = torch.randn(2, 5, 4)
    expected = torch.cat((torch.ones(2, 1, 4), torch.zeros(2, 1, 4), x[:, :3]), 1)
    torch.testing.assert_close(build(graph)(x), expected)
