"""Repeats as code: loops over one value or several, weights shared or not, repetitions that differ."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from codegen_interpreter import interpret
from structure_graphs import chain, network, node, wires
from structure_samples import classes, exchange, method
from torch import nn
from torch.nn import functional as F

from designer.codegen.build import build
from designer.codegen.source import generate, source
from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.shapes import analyze


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
