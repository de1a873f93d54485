"""The memory of a training step, told from shapes, against what torch really holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from memory_reality import reality

from designer.graph.edits import set_recipe
from designer.graph.io import load, save
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body, Edge, Graph, Node
from designer.graph.recipe import Optimizer, Recipe, read
from designer.shapes import analyze
from designer.training.estimates import memory
from designer.training.probe import measure

SAMPLES = sorted(Path(__file__).parents[2].glob("graphs/*.json"))
LARGE = {"resnet34_repeat": 2}
"""Batch sizes of samples that would take long; the others are measured with 32."""


def close(estimate: float, real: float, share: float) -> bool:
    return abs(estimate - real) <= share * real + 20_000


def compare(graph: Graph, recipe: Recipe, share: float) -> None:
    estimate, real = memory(analyze(graph), recipe), reality(graph, recipe)
    assert estimate.gradients == real.gradients
    assert close(estimate.weights, real.weights, 0.01), (estimate.weights, real.weights)
    assert close(estimate.optimizer, real.optimizer, 0.01), (estimate.optimizer, real.optimizer)
    assert close(estimate.saved, real.saved, share), (estimate.saved, real.saved)
    assert close(estimate.peak, real.peak, share), (estimate.peak, real.peak)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_networks_take_what_is_estimated(path: Path) -> None:
    graph = load(path)
    recipe = read(graph.recipe)
    batch = min(recipe.batch_size, LARGE.get(path.stem, 32))
    compare(graph, msgspec.structs.replace(recipe, batch_size=batch, device="cpu"), 0.06)


def node(id_: str, type_: str, body: Body | None = None, **params: Any) -> Node:
    return Node(id=id_, type=type_, name=id_, params=params, body=body)


def chain(*nodes: Node, framed: bool = False) -> Body:
    ids = [INPUT, *(n.id for n in nodes), OUTPUT] if framed else [n.id for n in nodes]
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise(ids)))


def network(*nodes: Node, shape: tuple[int, ...] = (8, 16, 16), **more: Any) -> Graph:
    ends = (node("fc", "Linear", out_features=10), node("loss", "SoftmaxCrossEntropy"))
    return Graph(root=chain(node("x", "Input", shape=list(shape)), *nodes, *ends), **more)


def residual(prefix: str) -> Body:
    conv = node(f"{prefix}c", "Conv2d", out_channels=8, padding="same")
    bn, relu, add = node(f"{prefix}b", "BatchNorm"), node(f"{prefix}r", "ReLU"), node(f"{prefix}a", "Add")
    ids = [INPUT, conv.id, bn.id, relu.id, add.id, OUTPUT]
    wires = [Edge((a, 0), (b, 0)) for a, b in pairwise(ids)]
    return Body((conv, bn, relu, add), (*wires, Edge((INPUT, 0), (add.id, 1))))


def block(width: Any) -> dict[str, Block]:
    body = chain(
        node("k1", "Conv2d", out_channels=width, padding="same"),
        node("k2", "SiLU"),
        node("k3", "MaxPool2d"),
        framed=True,
    )
    return {"Stem": Block(body=body, arguments=(Argument("width", 4),))}


STEPS = Body(
    (node("cat", "Concatenate"), node("h", "Linear", out_features=5), node("t", "Tanh"), node("d", "Delay", shape=[5])),
    (Edge((INPUT, 0), ("cat", 0)), Edge(("d", 0), ("cat", 1)), Edge(("cat", 0), ("h", 0)), Edge(("h", 0), ("t", 0)),
     Edge(("t", 0), ("d", 0)), Edge(("t", 0), (OUTPUT, 0))),
)  # fmt: skip
GROWING = chain(node("g", "Conv2d", out_channels="=8 * (i + 1)", padding="same"), node("e", "ELU"), framed=True)

DRAWN = {
    "repeat": network(node("r", "Repeat", residual("n"), times=7)),
    "shared weights": network(node("r", "Repeat", residual("n"), times=5, shared=True)),
    "nested": network(node("o", "Repeat", chain(node("r", "Repeat", residual("n"), times=3), framed=True), times=4)),
    "numbered": network(node("r", "Repeat", GROWING, times=3)),
    "blocks": network(
        node("b1", "Block", block="Stem"), node("b2", "Block", block="Stem", arguments={"width": 12}),
        blocks=block("=width"),
    ),
    "frozen beginning": network(
        node("c1", "Conv2d", weight_frozen=True, bias_frozen=True), node("r1", "ReLU"), node("c2", "Conv2d"),
        node("drop", "Dropout"), node("s", "Sigmoid"),
    ),
    "views": network(node("f", "Flatten"), node("i", "Identity"), node("l", "Linear", out_features=50),
                     node("g", "GELU")),
    "recurrent": network(node("loop", "Recurrent", STEPS), shape=(12, 4)),
    "gru": network(node("gru", "GRU", hidden_size=64), shape=(20, 16)),
    "rnn": network(node("rnn", "RNN", hidden_size=64), shape=(20, 16)),
    "encoder": network(node("e", "TransformerEncoderLayer", dim_feedforward=128), node("m", "Mean"), shape=(40, 32)),
    "layers of sequences": network(node("lstm", "LSTM", hidden_size=64), node("ln", "LayerNorm"), shape=(20, 16)),
    "attention": network(node("a", "MultiheadAttention"), node("m", "Mean"), shape=(40, 32)),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_structure_takes_what_is_estimated(name: str) -> None:
    compare(DRAWN[name], Recipe(batch_size=64, device="cpu"), 0.15)


OPTIMIZERS = ["SGD", "Adam", "AdamW", "RMSprop", "Adadelta", "NAdam", "Adafactor", "ASGD"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_keep_what_they_say(name: str) -> None:
    graph = network(node("c", "Conv2d"), node("b", "BatchNorm"), node("r", "ReLU"))
    recipe = Recipe(batch_size=4, device="cpu", optimizer=Optimizer(name=name))
    estimate, real = memory(analyze(graph), recipe), reality(graph, recipe, peak=False)
    assert close(estimate.optimizer, real.optimizer, 0.01)


@pytest.mark.parametrize("name", ["NAdam", "RMSprop", "Adamax", "Rprop"])
def test_what_an_optimizer_makes_meanwhile_counts_where_weights_weigh_most(name: str) -> None:
    heavy = network(node("f", "Flatten"), node("l", "Linear", out_features=600))
    compare(heavy, Recipe(batch_size=4, device="cpu", optimizer=Optimizer(name=name)), 0.06)


def test_memory_of_the_nodes_adds_up_and_grows_with_the_batch() -> None:
    analysis = analyze(DRAWN["nested"])
    small, large = memory(analysis, Recipe(batch_size=8)), memory(analysis, Recipe(batch_size=16))
    assert sum(small.by_node.values()) == small.saved
    assert large.saved == 2 * small.saved
    assert large.weights == small.weights
    assert ("o", "r", "nc") in small.by_node


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", ["cntk_resnet20", "mini_resnet34"])
def test_a_gpu_allocates_what_is_estimated(name: str, tmp_path: Path) -> None:
    graph = load(next(path for path in SAMPLES if path.stem == name))
    graph = set_recipe(graph, {**graph.recipe, "batch_size": 256, "device": "cuda"})
    save(graph, tmp_path / "graph.json")
    assert close(memory(analyze(graph), read(graph.recipe)).peak, measure(tmp_path / "graph.json").peak, 0.15)
