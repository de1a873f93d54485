"""Drawings of frames and blocks that several tests of the compiler use, and how they read its code."""

from __future__ import annotations

import subprocess
import sys

import torch
from structure_graphs import network, node, wires

from designer.codegen.source import source
from designer.graph import Body, Graph
from designer.graph.model import Argument, Block


def exchange(**params: object) -> Graph:
    body = Body((node("conv", "Conv2d", out_channels=3, padding=1),), wires("in conv", "conv out:1", "in:1 out:0"))
    nodes = (node("left", "Input", shape=[3, 8, 8]), node("right", "Input", shape=[3, 8, 8]),
             node("swap", "Repeat", body, times=3, **params), node("both", "Subtract"))  # fmt: skip
    return Graph(name="net", root=Body(nodes, wires("left swap", "right swap:1", "swap both", "swap:1 both:1")))


def elman(**params: object) -> Graph:
    cell = Body(
        (
            node("cat", "Concatenate"), node("fc", "Linear", out_features=5), node("tanh", "Tanh"),
            node("hidden", "Delay", shape=[5]),
        ),
        wires("in cat", "hidden cat:1", "cat fc", "fc tanh", "tanh hidden", "tanh out"),
    )  # fmt: skip
    return network(node("rnn", "Recurrent", cell, **params), shape=[7, 4])


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
