"""Which edits make another network of a drawing, and which only draw it otherwise."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from designer.graph import Edge, Graph, Node, edits
from designer.graph.likeness import computes_like
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body

REPEATED = Node(id="r", type="Repeat", params={"times": 2}, body=Body(
    (Node(id="inner", type="ReLU"),), (Edge((INPUT, 0), ("inner", 0)), Edge(("inner", 0), (OUTPUT, 0)))))  # fmt: skip
DRAWN = Graph(
    root=Body(
        (Node(id="input", type="Input", params={"shape": [3, 8, 8]}), REPEATED, Node(id="fc", type="Linear")),
        (Edge(("input", 0), ("r", 0)), Edge(("r", 0), ("fc", 0))),
    ),
    blocks={"b": Block(body=Body((Node(id="in_block", type="Tanh"),)), arguments=(Argument("width", 8),))},
    variables={"depth": 3},
)


def redrawn(graph: Graph, **changes: object) -> Graph:
    return msgspec.structs.replace(graph, **changes)


@pytest.mark.parametrize(
    "edit",
    [
        lambda g: edits.move(g, {"fc": (100.0, 200.0), "inner": (5.0, 5.0)}),
        lambda g: edits.rename(g, "fc", "scores"),
        lambda g: redrawn(g, name="other", recipe={"epochs": 9}),
        lambda g: redrawn(g, root=Body((Node(id="note", type="Comment"), *g.nodes), g.edges)),
        lambda g: redrawn(g, root=Body(g.nodes[::-1], g.edges[::-1])),
    ],
)
def test_drawn_otherwise_it_is_the_same_network(edit: Callable[[Graph], Graph]) -> None:
    assert edit(DRAWN) != DRAWN
    assert computes_like(edit(DRAWN), DRAWN)


@pytest.mark.parametrize(
    "edit",
    [
        lambda g: edits.remove(g, ["fc"]),
        lambda g: edits.remove(g, ["inner"]),
        lambda g: edits.set_params(g, ["fc"], {"out_features": 5}),
        lambda g: edits.set_params(g, ["in_block"], {"some": 5}),
        lambda g: redrawn(g, root=Body(g.nodes, g.edges[1:])),
        lambda g: redrawn(g, variables={"depth": 4}),
        lambda g: redrawn(g, blocks={"b": redrawn(g.blocks["b"], arguments=(Argument("width", 9),))}),
        lambda g: redrawn(g, blocks={}),
    ],
)
def test_another_network_is_told(edit: Callable[[Graph], Graph]) -> None:
    assert not computes_like(edit(DRAWN), DRAWN)
