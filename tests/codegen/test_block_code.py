"""Blocks as code: a class for each, with what differs between its uses as parameters."""

from __future__ import annotations

import pytest
import torch
from codegen_interpreter import interpret
from structure_graphs import chain, network, node, wires
from structure_samples import as_tuple, classes, fire, formatted, squeezenet
from torch import nn
from torch.nn import functional as F

from designer.codegen.build import build
from designer.codegen.source import generate, source
from designer.graph import Body, Graph
from designer.graph.model import Argument, Block


def assert_equal(ours: nn.Module, hand: nn.Module, *inputs: torch.Tensor) -> None:
    """Two modules give the same outputs and the same gradients."""
    for module in (ours, hand):
        for y in as_tuple(module(*inputs)):
            y.pow(2).sum().backward(retain_graph=True)
    for y, expected in zip(as_tuple(ours(*inputs)), as_tuple(hand(*inputs)), strict=True):
        torch.testing.assert_close(y, expected)
    for p, expected in zip(ours.parameters(), hand.parameters(), strict=True):
        torch.testing.assert_close(p.grad, expected.grad)


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


def test_arguments_may_be_texts_truths_and_lists() -> None:
    body = chain(
        node("conv", "Conv2d", out_channels=4, kernel_size="=kernel", padding="same", bias="=biased"),
        node("up", "Interpolate", mode="=how", scale=2),
        node("drop", "Dropout", p="=rate"),
    )
    named = {"kernel": 3, "biased": True, "how": "linear", "rate": 0.5}
    block = Block(body=body, arguments=tuple(Argument(name, value) for name, value in named.items()))
    given = {"kernel": [3, 5], "biased": False, "how": "bicubic", "rate": 0}
    uses = (node("a", "Block", block="B"), node("b", "Block", block="B", arguments=given))
    graph = network(*uses, blocks={"B": block})
    text = source(graph)
    assert 'nn.Conv2d(in_channels, 4, kernel, padding="same", bias=biased)' in text
    assert "kernel: int | tuple[int, ...] = 3," in text
    assert 'self.b = B(4, mode="bicubic", kernel=(3, 5), biased=False, rate=0)' in text
    assert formatted(text) == text
    module, x = build(graph).eval(), torch.randn(1, 3, 4, 4)
    torch.testing.assert_close(module(x), interpret(graph, module, x)[0])


def test_a_default_that_is_a_formula_is_no_default_of_the_class() -> None:
    body = chain(node("a", "Linear", out_features="=narrow"), node("b", "Linear", out_features="=wide"))
    block = Block(body=body, arguments=(Argument("narrow", 5), Argument("wide", "=3 * narrow + 1")))
    uses = (node("one", "Block", block="B"), node("two", "Block", block="B", arguments={"narrow": 7}))
    text = source(network(*uses, shape=[9], blocks={"B": block}))
    assert "def __init__(self, in_features: int, wide: int, narrow: int = 5) -> None:" in text
    assert "self.two = B(16, wide=22, narrow=7)" in text


def test_classes_of_different_structure_leave_defaults_out() -> None:
    body = chain(
        node("conv", "Conv2d", out_channels=3, bias="=shift > 0", padding=1), node("scale", "Scale", add="=shift")
    )
    block = Block(body=body, arguments=(Argument("shift", 1),))
    uses = (node("a", "Block", block="B"), node("b", "Block", block="B", arguments={"shift": 0}))
    text = source(network(*uses, blocks={"B": block}))
    assert "self.conv = nn.Conv2d(3, 3, 3, padding=1)\n" in text
    assert "self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)\n" in text


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
