"""Values that a loss of probabilities cannot take are told from the layers above it, and only where that is certain."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from designer.codegen.build import build as module_of
from designer.graph import Edge, Graph, Node
from designer.graph.model import Body
from designer.shapes import Problem, analyze, problems
from designer.shapes.ranges import range_at

Layer = str | tuple[str, dict[str, Any]]


def node(id_: str, type_: str, name: str, params: dict[str, Any] | None = None, body: Body | None = None) -> Node:
    return Node(id=id_, type=type_, name=name, params=params or {}, body=body)


def drawn(*layers: Layer, loss: str = "BCELoss") -> Graph:
    """A chain from a picture of 3x4x4 values to a loss, the layers called by their types."""
    parts = [(each, {}) if isinstance(each, str) else each for each in layers]
    every = [("Input", {"shape": [3, 4, 4]}), *parts, (loss, {"target": "x"})]
    nodes = tuple(node(f"n{i}", type_, f"{type_.lower()}{i}", params) for i, (type_, params) in enumerate(every))
    return Graph(name="g", root=Body(nodes, tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))))


def told(graph: Graph) -> list[Problem]:
    found = problems(analyze(graph))
    assert not [p for p in found if p.severity == "error"], [str(p.text) for p in found]
    return [p for p in found if p.code == "outside-0-1"]


LINEAR = ("Linear", {"out_features": 5})
CONV = ("Conv2d", {"out_channels": 3, "kernel_size": 3, "padding": 1})


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([LINEAR], "negative or larger than 1"),
        ([CONV, "Flatten"], "negative or larger than 1"),
        (["Sigmoid", CONV], "negative or larger than 1"),
        ([LINEAR, "ReLU"], "larger than 1"),
        ([LINEAR, "Tanh"], "be negative:"),
        ([CONV, "BatchNorm", "GELU"], "negative"),
        ([LINEAR, "LogSoftmax"], "be negative:"),
        ([LINEAR, "Sigmoid", ("Dropout", {"p": 0.5})], "larger than 1"),
        ([LINEAR, "Sigmoid", ("Scale", {"multiply": 2.0, "add": -1.0})], "negative"),
        ([LINEAR, ("Clamp", {"min": -1.0, "max": 1.0}), "Identity"], "negative"),
    ],
)
def test_values_outside_are_told_with_where_they_come_from(layers: list[Layer], words: str) -> None:
    (problem,) = told(drawn(*layers))
    source = layers[-1] if isinstance(layers[-1], str) else layers[-1][0]
    assert words in str(problem.text) and f"{source.lower()}{len(layers)}" in str(problem.text)
    assert problem.severity == "warning"


@pytest.mark.parametrize(
    "layers",
    [
        ["Flatten"],  # pictures from 0 to 1
        [LINEAR, "Sigmoid"],
        [LINEAR, "Softmax", ("Reshape", {"shape": [5, 1]})],
        [CONV, "Sigmoid", "MaxPool2d", "Flatten"],
        [CONV, "Sigmoid", "Pad", ("Upsample", {"scale_factor": 2})],
        [LINEAR, "Hardsigmoid", "Detach"],
        [LINEAR, "Clamp"],
        [LINEAR, "ReLU", ("MinimumScalar", {"value": 1.0})],
        [LINEAR, "ReLU", "Tanh"],
        [LINEAR, "Tanh", ("Scale", {"multiply": 0.5, "add": 0.5})],
        [LINEAR, "Sigmoid", ("RSubScalar", {"value": 1.0})],
        [LINEAR, "LogSoftmax", "Exp"],
        [LINEAR, ("GreaterScalar", {"value": 0.0})],
        [LINEAR, ("PythonFunction", {"code": "def forward(x):\n    return x.sigmoid()\n"})],  # who knows
        [LINEAR, "RMSNorm"],
    ],
)
def test_nothing_is_said_of_values_within_or_unknown(layers: list[Layer]) -> None:
    assert not told(drawn(*layers))


def test_other_losses_take_any_values() -> None:
    assert not told(drawn(LINEAR, loss="BCEWithLogitsLoss"))


def test_both_mends_take_the_warning_away_and_train() -> None:
    graph = drawn(LINEAR)
    graph = Graph(name="g", root=Body((*graph.nodes[:-1], node("n2", "BCELoss", "bce", {})), graph.edges))
    (problem,) = told(graph)
    assert [str(fix.title) for fix in problem.fixes] == [
        "Put a Sigmoid in front", "Use BCEWithLogitsLoss, which takes any values",
    ]  # fmt: skip
    torch.manual_seed(0)
    x, y = torch.rand(8, 3, 4, 4), torch.randint(0, 2, (8, 5)).float()
    module = module_of(graph)
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        module.loss(module(x * 100), y)  # type: ignore[operator]
    for fix in problem.fixes:
        mended = fix.apply(graph)
        assert not told(mended)
        module = module_of(mended)
        assert torch.isfinite(module.loss(module(x * 100), y))  # type: ignore[operator]


def test_probabilities_after_dropout_are_not_made_into_scores() -> None:
    (problem,) = told(drawn(LINEAR, "Sigmoid", "Dropout"))
    assert [str(fix.title) for fix in problem.fixes] == ["Put a Sigmoid in front"]


def joined(type_: str, left: str, right: str) -> Graph:
    nodes = (node("x", "Input", "x", {"shape": [4]}), node("f", "Linear", "f", {"out_features": 4}),
             node("l", left, "l"), node("r", right, "r"), node("j", type_, "j"), node("b", "BCELoss", "b"))  # fmt: skip
    wires = [("x", "f", 0), ("f", "l", 0), ("f", "r", 0), ("l", "j", 0), ("r", "j", 1), ("j", "b", 0)]
    return Graph(name="g", root=Body(nodes, tuple(Edge((a, 0), (b, port)) for a, b, port in wires)))


@pytest.mark.parametrize(
    ("type_", "left", "right", "warned"),
    [
        ("Multiply", "Sigmoid", "Hardsigmoid", False), ("Add", "Sigmoid", "Sigmoid", False),
        ("Add", "Identity", "Sigmoid", True), ("Divide", "Exp", "Exp", False), ("Maximum", "Sigmoid", "ReLU", False),
        ("Concatenate", "Sigmoid", "Softmax", False), ("Concatenate", "Sigmoid", "Identity", True),
    ],
)  # fmt: skip
def test_where_wires_meet_only_what_is_certain_counts(type_: str, left: str, right: str, warned: bool) -> None:
    assert bool(told(joined(type_, left, right))) == warned


@pytest.mark.parametrize(("last", "warned"), [("Sigmoid", False), ("Conv2d", True)])
def test_a_frame_is_looked_into(last: str, warned: bool) -> None:
    params = {"out_channels": 3, "kernel_size": 1} if last == "Conv2d" else {}
    inside = Body((node("c", "BatchNorm", "c"), node("s", last, "s", params)),
                  (Edge(("@in", 0), ("c", 0)), Edge(("c", 0), ("s", 0)), Edge(("s", 0), ("@out", 0))))  # fmt: skip
    nodes = (node("x", "Input", "x", {"shape": [3, 4, 4]}), node("r", "Repeat", "r", {"times": 3}, body=inside),
             node("b", "BCELoss", "b", {"target": "x"}))  # fmt: skip
    graph = Graph(name="g", root=Body(nodes, (Edge(("x", 0), ("r", 0)), Edge(("r", 0), ("b", 0)))))
    assert bool(told(graph)) == warned


@pytest.mark.parametrize(
    "layer",
    ["ReLU", "ReLU6", "Hardtanh", "Clamp", ("MaximumScalar", {"value": -0.5}), ("MinimumScalar", {"value": 0.5}),
     ("Scale", {"multiply": -3.0, "add": 1.0}), ("RSubScalar", {"value": 2.0}), "Exp", "Tanh", "Softsign", "BinaryTanh",
     "Dropout", "Abs", "Sigmoid", "Softmax", "LogSoftmax", "Softplus", "MaxPool2d", "GlobalAveragePool", "Flip"],
)  # fmt: skip
def test_bounds_hold_what_torch_computes(layer: Layer) -> None:
    """Behind values of -2..2, which a Tanh and a Scale give."""
    graph = drawn(CONV, "Tanh", ("Scale", {"multiply": 2.0}), layer, loss="MSELoss")
    scope = analyze(graph).root
    found = range_at(scope, next(w for w in scope.topology.inputs[-1] if w is not None))
    assert found is not None
    torch.manual_seed(0)
    y = module_of(graph)(torch.randn(64, 3, 4, 4) * 30)
    y = y[0] if isinstance(y, tuple) else y
    assert found.low - 1e-5 <= y.min() and y.max() <= found.high + 1e-5


def test_a_deep_network_is_looked_through() -> None:
    assert told(drawn(LINEAR, *["Identity"] * 3000))
