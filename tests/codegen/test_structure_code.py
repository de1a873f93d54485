"""Frames, recurrent loops and blocks as code: against modules written by hand, torch's own, and the drawing itself."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from codegen_interpreter import interpret
from hypothesis import HealthCheck, assume, given, settings
from structure_graphs import X, chain, network, node, structures, wires
from torch import nn
from torch.nn import functional as F

from designer.codegen.build import build
from designer.codegen.source import generate, source
from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.graph.model import Argument, Block
from designer.shapes import analyze, problems


def classes(graph: Graph) -> str:
    """The classes of the generated code."""
    text = source(graph)
    return text[text.index("\nclass ") + 1 : text.index("\n\nif __name__")]


def method(text: str, class_name: str, name: str = "forward") -> list[str]:
    """The statements of a method of a class."""
    below = text[text.index(f"class {class_name}(") :]
    lines = below[below.index(f"def {name}(") :].splitlines()[1:]
    return [line.strip() for line in lines[: next((n for n, line in enumerate(lines) if not line.strip()), None)]]


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, encoding="utf-8").stdout


def as_tuple(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def assert_equal(ours: nn.Module, hand: nn.Module, *inputs: torch.Tensor) -> None:
    """Two modules give the same outputs and the same gradients."""
    for module in (ours, hand):
        for y in as_tuple(module(*inputs)):
            y.pow(2).sum().backward(retain_graph=True)
    for y, expected in zip(as_tuple(ours(*inputs)), as_tuple(hand(*inputs)), strict=True):
        torch.testing.assert_close(y, expected)
    for p, expected in zip(ours.parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(p.grad, expected.grad)


# ---- all of it at random

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def is_valid(graph: Graph) -> bool:
    analysis = analyze(graph)
    return analysis.totals[0] < 1_000_000 and not any(p.severity == "error" for p in problems(analysis))


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_random_frames_and_blocks_compute_what_the_drawing_says(graph: Graph) -> None:
    assume(is_valid(graph))
    torch.manual_seed(0)
    module = build(graph).double()
    x = torch.randn(2, *X, dtype=torch.double)
    for y, expected in zip(as_tuple(module(x)), interpret(graph, module, x), strict=True):
        torch.testing.assert_close(y, expected)
    parameters, tensors, _ = analyze(graph).totals
    assert parameters == sum(p.numel() for p in module.parameters())
    assert tensors == sum(1 for _ in module.parameters())


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_the_code_of_random_structures_is_what_ruff_format_would_write(graph: Graph) -> None:
    assume(is_valid(graph))
    text = source(graph)
    assert formatted(text) == text


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_every_node_that_runs_has_lines(graph: Graph) -> None:
    assume(is_valid(graph))
    found = generate(graph)
    count = found.text.count("\n")
    used = {n.params["block"] for _, n in graph.walk() if n.type == "Block"}
    for owner, each in graph.walk():
        if owner is None or not (owner.startswith("#") and owner[1:] not in used):
            numbers = found.lines.get(each.id, ())
            assert list(numbers) == sorted(set(numbers))
            assert all(1 <= number <= count for number in numbers)
            assert numbers or not re.search(rf"self\.{each.id}\b", found.text)


# ---- Repeat


def exchange(**params: object) -> Graph:
    body = Body((node("conv", "Conv2d", out_channels=3, padding=1),), wires("in conv", "conv out:1", "in:1 out:0"))
    nodes = (node("left", "Input", shape=[3, 8, 8]), node("right", "Input", shape=[3, 8, 8]),
             node("swap", "Repeat", body, times=3, **params), node("both", "Subtract"))  # fmt: skip
    return Graph(name="net", root=Body(nodes, wires("left swap", "right swap:1", "swap both", "swap:1 both:1")))


def test_a_repeat_of_two_values_is_a_loop_over_both() -> None:
    text = classes(exchange())
    assert method(text, "Net") == [
        "for block in self.swap:", "left, right = block(left, right)", "x = left - right", "return x",
    ]  # fmt: skip
    assert "def forward(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, ...]:" in text
    module = build(exchange())
    a, b = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8)
    x, y = a, b
    for block in module.swap:  # type: ignore[union-attr]
        x, y = y, block.conv(x)
    torch.testing.assert_close(module(a, b), x - y)


def test_what_enters_every_repetition_stands_behind_what_goes_around() -> None:
    body = Body(
        (node("fc", "Linear", out_features=4), node("add", "Add")), wires("in fc", "fc add", "in:1 add:1", "add out")
    )
    nodes = (node("image", "Input", shape=[4]), node("side", "Input", shape=[4]), node("r", "Repeat", body, times=3))
    graph = Graph(name="net", root=Body(nodes, wires("image r", "side r:1")))
    assert method(classes(graph), "Net") == ["x = image", "for block in self.r:", "x = block(x, side)", "return x"]
    module, x, side = build(graph), torch.randn(2, 4), torch.randn(2, 4)
    expected = x
    for block in module.r:  # type: ignore[union-attr]
        expected = block.fc(expected) + side
    torch.testing.assert_close(module(x, side), expected)


def test_one_value_at_two_inputs_is_not_overwritten_while_it_is_needed() -> None:
    body = Body(
        (node("fc", "Linear", out_features=4), node("add", "Add")), wires("in fc", "fc add", "in:1 add:1", "add out")
    )
    nodes = (
        node("x", "Input", shape=[4]),
        node("tanh", "Tanh"),
        node("r", "Repeat", body, times=3),
        node("relu", "ReLU"),
    )
    graph = Graph(name="net", root=Body(nodes, wires("x tanh", "tanh r", "tanh r:1", "r relu")))
    module, x = build(graph), torch.randn(2, 4)
    expected = torch.tanh(x)
    for block in module.r:  # type: ignore[union-attr]
        expected = block.fc(expected) + torch.tanh(x)
    torch.testing.assert_close(module(x), F.relu(expected))


def test_shared_weights_are_one_module_that_is_called_again_and_again() -> None:
    body = chain(node("fc", "Linear", out_features=4), node("tanh", "Tanh"))
    graph = network(node("r", "Repeat", body, times=4, shared=True), shape=[4])
    text = classes(graph)
    assert "self.r = RBlock()" in text
    assert method(text, "Net") == ["for _ in range(4):", "x = self.r(x)", "return x"]
    module, x = build(graph), torch.randn(2, 4)
    hand = nn.Linear(4, 4)
    hand.load_state_dict({name: module.state_dict()[f"r.fc.{name}"] for name in ("weight", "bias")})
    expected = x
    for _ in range(4):
        expected = torch.tanh(hand(expected))
    module(x).sum().backward()
    expected.sum().backward()
    torch.testing.assert_close(module.get_parameter("r.fc.weight").grad, hand.weight.grad)


@pytest.mark.parametrize(
    ("first", "channels", "written"),
    [
        (4, "=4 * (i + 1)", "nn.ModuleList([StageBlock(4, 4), StageBlock(4, 8), StageBlock(8, 12)])"),
        (4, "=8 * 2**i", "nn.ModuleList(StageBlock(4 * 2**i) for i in range(3))"),
        (5, "=5 + i", "nn.ModuleList([StageBlock(5, 5), StageBlock(5, 6), StageBlock(6, 7)])"),
        (6, "=9 + 3 * i", "nn.ModuleList(StageBlock(3 * (i + 2), 3 * (i + 3)) for i in range(3))"),
        (64, "=32 / 2**i", "nn.ModuleList(StageBlock(64 // 2**i) for i in range(3))"),
        (4, "=4", "nn.ModuleList(StageBlock() for _ in range(3))"),
    ],
)
def test_numbered_repetitions_follow_a_rule_or_are_listed(first: int, channels: str, written: str) -> None:
    body = chain(node("conv", "Conv2d", out_channels=channels, kernel_size=1))
    graph = network(node("stage", "Repeat", body, times=3), shape=[first, 2, 2])
    assert written in source(graph)
    assert sum(p.numel() for p in build(graph).parameters()) == analyze(graph).totals[0]


def test_an_argument_that_torch_has_a_default_for_is_a_parameter_too() -> None:
    body = chain(node("conv", "Conv2d", out_channels="=8 * 2**i", stride="=1 + (i > 0)", padding=1, bias=False))
    text = source(network(node("stage", "Repeat", body, times=3)))
    assert "def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:" in text
    assert "self.conv = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)" in text
    assert "StageBlock(3, out_channels=8, stride=1)," in text


def test_repetitions_of_another_structure_are_another_class() -> None:
    body = chain(node("conv", "Conv2d", out_channels=3, padding=1), node("scale", "Scale", multiply=2, add="=i // 2"))
    graph = network(node("r", "Repeat", body, times=3))
    text = source(graph)
    assert "self.r = nn.ModuleList([RBlock(), RBlock(), RBlock2()])" in text
    assert len(generate(graph).lines["conv"]) == 4
    module, x = build(graph), torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(module(x), interpret(graph, module, x)[0])


def resnet110() -> Graph:
    """Three Repeats of 18, 17 and 17 units; a unit whose shortcut is a convolution leads to the second and third."""
    nodes: list[Node] = [node("image", "Input", shape=[3, 32, 32]), node("conv", "Conv2d", out_channels=16, padding=1)]
    pairs = ["image conv"]
    last = "conv"

    def unit(body: list[Node], edges: list[str], name: str, channels: int, source: str, stride: int) -> str:
        conv = {"out_channels": channels, "padding": 1, "bias": False}
        made = (("conv1", "Conv2d", {**conv, "stride": stride}), ("bn1", "BatchNorm", {}), ("relu1", "ReLU", {}),
                ("conv2", "Conv2d", conv), ("bn2", "BatchNorm", {}))  # fmt: skip
        names = [f"{name}_{part}" for part, _, _ in made]
        body += [node(full, type_, **params) for full, (_, type_, params) in zip(names, made, strict=True)]
        edges += [f"{a} {b}" for a, b in pairwise([source, *names])]
        shortcut = source
        if stride > 1:
            shortcut = f"{name}_short"
            body.append(node(shortcut, "Conv2d", out_channels=channels, kernel_size=1, stride=stride, bias=False))
            edges.append(f"{source} {shortcut}")
        body += [node(f"{name}_add", "Add"), node(f"{name}_relu", "ReLU")]
        edges += [f"{names[-1]} {name}_add", f"{shortcut} {name}_add:1", f"{name}_add {name}_relu"]
        return f"{name}_relu"

    for number, (times, channels) in enumerate(((18, 16), (17, 32), (17, 64)), 1):
        if number > 1:
            last = unit(nodes, pairs, f"down{number}", channels, last, 2)
        inside: list[Node] = []
        inner: list[str] = []
        inner.append(f"{unit(inside, inner, f'unit{number}', channels, 'in', 1)} out")
        nodes.append(node(f"stage{number}", "Repeat", Body(tuple(inside), wires(*inner)), times=times))
        pairs.append(f"{last} stage{number}")
        last = f"stage{number}"
    nodes += [node("pool", "GlobalAveragePool"), node("fc", "Linear", out_features=10)]
    return Graph(name="ResNet-110", root=Body(tuple(nodes), wires(*pairs, f"{last} pool", "pool fc")))


def test_resnet_110_is_three_loops_and_not_110_lines() -> None:
    graph = resnet110()
    text = classes(graph)
    body = method(text, "ResNet110")
    assert [line for line in body if line.startswith("for ")] == [f"for block in self.stage{n}:" for n in (1, 2, 3)]
    assert "self.stage1 = nn.ModuleList(Stage1Block() for _ in range(18))" in text
    assert len(body) < 30
    assert len(text.splitlines()) < 130
    convolutions = [m for m in build(graph).modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(convolutions) == 109


# ---- the same, drawn without frames


def unrolled(graph: Graph) -> Graph:
    """The drawing with every repetition of a Repeat in the root drawn for itself."""
    nodes: list[Node] = []
    edges = list(graph.edges)
    for each in graph.nodes:
        if each.type != "Repeat" or each.body is None:
            nodes.append(each)
            continue
        entering = {e.target[1]: e.source for e in edges if e.target[0] == each.id}
        edges = [e for e in edges if e.target[0] != each.id]
        for number in range(each.params["times"]):

            def renamed(
                end: tuple[str, int], prefix: str = f"{each.id}_{number}_", entering=entering
            ) -> tuple[str, int]:  # type: ignore[no-untyped-def]
                return entering[end[1]] if end[0] == INPUT else (prefix + end[0], end[1])

            nodes += [node(f"{each.id}_{number}_{n.id}", n.type, n.body, **n.params) for n in each.body.nodes]
            edges += [Edge(renamed(e.source), renamed(e.target)) for e in each.body.edges if e.target[0] != OUTPUT]
            entering = entering | {e.target[1]: renamed(e.source) for e in each.body.edges if e.target[0] == OUTPUT}
        edges = [Edge(entering[e.source[1]], e.target) if e.source[0] == each.id else e for e in edges]
    return Graph(name=graph.name, root=Body(tuple(nodes), tuple(edges)))


@pytest.mark.parametrize("graph", [exchange(), resnet110()], ids=["two values", "resnet"])
def test_a_repeat_equals_its_repetitions_drawn_one_by_one(graph: Graph) -> None:
    torch.manual_seed(0)
    framed, flat = build(graph).eval(), build(unrolled(graph)).eval()
    frames = [each.id for each in graph.nodes if each.type == "Repeat"]

    def flattened(name: str) -> str:
        head, *rest = name.split(".")
        return f"{head}_{rest[0]}_{'.'.join(rest[1:])}" if head in frames else name

    flat.load_state_dict({flattened(name): value for name, value in framed.state_dict().items()}, strict=True)
    inputs = [torch.randn(1, *each.params["shape"]) for each in graph.nodes if each.type == "Input"]
    torch.testing.assert_close(framed(*inputs), flat(*inputs))


# ---- Recurrent


def elman(**params: object) -> Graph:
    cell = Body(
        (
            node("cat", "Concatenate"), node("fc", "Linear", out_features=5), node("tanh", "Tanh"),
            node("hidden", "Delay", shape=[5]),
        ),
        wires("in cat", "hidden cat:1", "cat fc", "fc tanh", "tanh hidden", "tanh out"),
    )  # fmt: skip
    return network(node("rnn", "Recurrent", cell, **params), shape=[7, 4])


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


GATES = ("enter", "forget", "candidate", "leave")


def lstm(initial: float = 0.0) -> Graph:
    squash = [node(f"{g}_squash", "Tanh" if g == "candidate" else "Sigmoid") for g in GATES]
    body = Body(
        (
            node("cat", "Concatenate"), *(node(g, "Linear", out_features=5) for g in GATES), *squash,
            node("keep", "Multiply"), node("new", "Multiply"), node("cell", "Add"), node("tanh", "Tanh"),
            node("h", "Multiply"), node("c_before", "Delay", shape=[5], initial=initial),
            node("h_before", "Delay", shape=[5]),
        ),
        wires(
            "in cat", "h_before cat:1", *(f"cat {g}" for g in GATES), *(f"{g} {g}_squash" for g in GATES),
            "forget_squash keep", "c_before keep:1", "enter_squash new", "candidate_squash new:1", "keep cell",
            "new cell:1", "cell tanh", "tanh h", "leave_squash h:1", "cell c_before", "h h_before",
            "h out:0", "cell out:1",
        ),
    )  # fmt: skip
    frame = node("lstm", "Recurrent", body)
    nodes = (node("image", "Input", shape=[7, 4]), frame, node("cat2", "Concatenate", axis=-1))
    return Graph(name="net", root=Body(nodes, wires("image lstm", "lstm cat2", "lstm:1 cat2:1")))


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


# ---- blocks


def fire(description: str = "") -> Block:
    body = Body(
        (
            node("squeeze", "Conv2d", out_channels="=maps", kernel_size=1), node("relu", "ReLU"),
            node("left", "Conv2d", out_channels="=4 * maps", kernel_size=1),
            node("right", "Conv2d", out_channels="=4 * maps", padding=1), node("cat", "Concatenate"),
        ),
        wires("in squeeze", "squeeze relu", "relu left", "relu right", "left cat", "right cat:1", "cat out"),
    )  # fmt: skip
    return Block(body=body, arguments=(Argument("maps", 16),), description=description)


def squeezenet(block: Block | None = None, name: str = "Fire") -> Graph:
    uses = [
        node("fire1", "Block", block=name),
        node("fire2", "Block", block=name),
        node("fire3", "Block", block=name, arguments={"maps": "=2 * base"}),
    ]
    return network(*uses, shape=[96, 4, 4], blocks={name: block or fire()}, variables={"base": 16})


class Fire(nn.Module):
    def __init__(self, channels: int, maps: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, maps, 1)
        self.left = nn.Conv2d(maps, 4 * maps, 1)
        self.right = nn.Conv2d(maps, 4 * maps, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat((self.left(x), self.right(x)), 1)


class SqueezeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fire1, self.fire2, self.fire3 = Fire(96, 16), Fire(128, 16), Fire(128, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fire3(self.fire2(self.fire1(x)))


def test_a_block_is_a_class_with_its_arguments_and_what_enters_as_parameters() -> None:
    assert (
        classes(squeezenet(fire("Squeezes, then expands.")))
        == '''\
class Fire(nn.Module):
    """Squeezes, then expands."""

    def __init__(self, in_channels: int, maps: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(in_channels, maps, 1)
        self.relu = nn.ReLU()
        self.left = nn.Conv2d(maps, 4 * maps, 1)
        self.right = nn.Conv2d(maps, 4 * maps, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.squeeze(x)
        relu = self.relu(x)
        left = self.left(relu)
        x = self.right(relu)
        x = torch.cat((left, x), dim=1)
        return x


class Net(nn.Module):
    """96x4x4 -> 256x4x4."""

    def __init__(self) -> None:
        super().__init__()
        self.fire1 = Fire(96, 16)
        self.fire2 = Fire(128, 16)
        self.fire3 = Fire(128, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # 96x4x4
        x = self.fire1(x)  # 128x4x4
        x = self.fire2(x)
        x = self.fire3(x)  # 256x4x4
        return x
'''
    )


def test_blocks_compute_what_the_network_written_by_hand_does() -> None:
    ours, hand = build(squeezenet()), SqueezeNet()
    hand.load_state_dict(ours.state_dict(), strict=True)
    assert_equal(ours, hand, torch.randn(2, 96, 4, 4))


def test_equal_uses_need_no_parameters() -> None:
    block = Block(body=chain(node("conv", "Conv2d", out_channels="=maps")), arguments=(Argument("maps", 3),))
    text = classes(network(node("a", "Block", block="B"), node("b", "Block", block="B"), blocks={"B": block}))
    assert "self.a = B()\n        self.b = B()\n" in text
    assert "    def __init__(self) -> None:" in text


def test_a_parameter_that_forward_needs_is_kept_beside_the_modules() -> None:
    body = chain(node("rate", "Scale", multiply="=rate"), node("fold", "Reshape", shape=["=in.size"]))
    block = Block(body=body, arguments=(Argument("rate", 0.5),))
    uses = (node("a", "Block", block="Scaled"), node("b", "Block", block="Scaled", arguments={"rate": 0.25}))
    graph = network(*uses, shape=[6], blocks={"Scaled": block})
    text = classes(graph)
    assert "def __init__(self, rate: float = 0.5) -> None:" in text
    assert "self.rate_2 = rate" in text  # a node has the name itself
    x = torch.randn(2, 6)
    torch.testing.assert_close(build(graph)(x), x / 8)


def test_a_block_whose_uses_differ_in_structure_is_several_classes() -> None:
    block = Block(body=chain(node("norm", "BatchNorm"), node("fold", "Flatten")))
    nodes = (node("a", "Input", shape=[3, 4, 4]), node("v", "Input", shape=[5]), node("b1", "Block", block="B"),
             node("b2", "Block", block="B"), node("cat", "Concatenate"))  # fmt: skip
    graph = Graph(name="net", root=Body(nodes, wires("a b1", "v b2", "b1 cat", "b2 cat:1")), blocks={"B": block})
    text = classes(graph)
    assert "self.b1 = B()" in text
    assert "self.b2 = B2()" in text
    assert build(graph)(torch.randn(2, 3, 4, 4), torch.randn(2, 5)).shape == (2, 53)


def test_a_block_in_a_block_takes_its_arguments_from_the_outer_one() -> None:
    stage = chain(node("conv", "Conv2d", out_channels="=in.channels", padding=1))
    body = chain(
        node("fire", "Block", block="Fire", arguments={"maps": "=width / 2"}),
        node("stage", "Repeat", stage, times="=depth"),
    )
    outer = Block(body=body, arguments=(Argument("width", 8), Argument("depth", 2)))
    uses = (node("a", "Block", block="Outer"), node("b", "Block", block="Outer", arguments={"width": 16, "depth": 3}))
    graph = network(*uses, blocks={"Fire": fire(), "Outer": outer})
    text = classes(graph)
    assert "def __init__(self, in_channels: int, width: int = 8, depth: int = 2) -> None:" in text
    assert "self.fire = Fire(in_channels, width // 2)" in text
    assert "self.stage = nn.ModuleList(StageBlock(4 * width) for _ in range(depth))" in text
    assert "self.b = Outer(32, width=16, depth=3)" in text
    module, x = build(graph), torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(module(x), interpret(graph, module, x)[0])


def test_a_block_may_give_several_values_and_read_none() -> None:
    pair = Block(body=Body((node("fc", "Linear", out_features=3),), wires("in fc", "fc out", "in out:1")))
    ones = Block(body=Body((node("ones", "Constant", shape=[3], value=1.0),), wires("ones out")))
    nodes = (
        node("v", "Input", shape=[3]),
        node("pair", "Block", block="Pair"),
        node("one", "Block", block="One"),
        node("add", "Add"),
    )
    graph = Graph(
        name="net",
        root=Body(nodes, wires("v pair", "pair add", "pair:1 add:1", "one add:2")),
        blocks={"Pair": pair, "One": ones},
    )
    module, x = build(graph), torch.randn(2, 3)
    torch.testing.assert_close(module(x), module.get_submodule("pair.fc")(x) + x + 1)


def test_lines_of_a_block_belong_to_the_nodes_in_it_and_those_of_a_use_to_the_node_that_uses_it() -> None:
    found = generate(squeezenet())
    lines = found.text.splitlines()
    assert [lines[n - 1].strip() for n in found.lines["left"]] == [
        "self.left = nn.Conv2d(maps, 4 * maps, 1)", "left = self.left(relu)",
    ]  # fmt: skip
    assert [lines[n - 1].strip() for n in found.lines["fire3"]] == [
        "self.fire3 = Fire(128, 32)",
        "x = self.fire3(x)  # 256x4x4",
    ]


@pytest.mark.parametrize(
    "name", ["Conv2d", "Module", "torch", "nn", "F", "class", "RandomCrop", "ブロック", "a b", "1x1", "net", "Net"]
)
def test_blocks_of_any_name_give_code_that_runs(name: str) -> None:
    graph = squeezenet(name=name)
    module = build(graph)
    assert module(torch.zeros(1, 96, 4, 4)).shape == (1, 256, 4, 4)
    assert formatted(source(graph)) == source(graph)


@pytest.mark.parametrize("argument", ["i", "self", "nn", "torch", "in_channels", "module", "squeeze", "幅", "Fire"])
def test_arguments_of_any_name_give_code_that_runs(argument: str) -> None:
    block = fire()
    nodes = tuple(
        node(n.id, n.type, **{k: v.replace("maps", argument) if isinstance(v, str) else v for k, v in n.params.items()})
        for n in block.body.nodes
    )
    renamed = Block(body=Body(nodes, block.body.edges), arguments=(Argument(argument, 16),))
    uses = (node("a", "Block", block="Fire"), node("b", "Block", block="Fire", arguments={argument: 8}))
    graph = network(*uses, shape=[96, 4, 4], blocks={"Fire": renamed})
    assert build(graph)(torch.zeros(1, 96, 4, 4)).shape == (1, 64, 4, 4)


def test_long_descriptions_are_wrapped_docstrings() -> None:
    text = 'A block.\n\nIt "does" much: ' + "very " * 40 + "much. 長い説明" + "が続く" * 60 + "\\"
    code = source(squeezenet(fire(text)))
    assert formatted(code) == code
    assert 'class Fire(nn.Module):\n    """A block.\n\n    It \'does\' much: very very' in code


def test_uses_without_number_share_one_class_and_are_built_without_delay() -> None:
    block = Block(body=chain(node("conv", "Conv2d", out_channels=3, kernel_size=1)))
    graph = network(*(node(f"use{n}", "Block", block="B") for n in range(500)), blocks={"B": block})
    module = build(graph)
    assert len({type(child) for child in module.children()}) == 1
    assert type(build(graph)) is type(module)


def test_frames_and_blocks_run_alone_with_torch(tmp_path: Path) -> None:
    graphs = (squeezenet(), lstm(), exchange())
    files = [tmp_path / f"model{number}.py" for number in range(len(graphs))]
    for file, graph in zip(files, graphs, strict=True):
        file.write_text(source(graph), encoding="utf-8")
    run = f"import runpy; [runpy.run_path(file, run_name='__main__') for file in {[str(file) for file in files]}]"
    done = subprocess.run([sys.executable, "-I", "-c", run], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    counts = [line for line in done.stdout.splitlines() if line.endswith("parameters")]
    assert counts == [f"{analyze(graph).totals[0]:,} parameters" for graph in graphs]
