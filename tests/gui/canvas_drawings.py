"""Small drawings for the tests of the canvas."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from designer.graph import Body, Edge, Graph, Node, edits
from designer.layout import arrange

STEP = 44.0


def node(id_: str, type_: str, x: float = 0.0, y: float = 0.0, **params: Any) -> Node:
    """A node whose name is its id."""
    return Node(id=id_, type=type_, name=id_, params=params, position=(x, y))


def wire(source: str, target: str, port: int = 0) -> Edge:
    """From the only output of one node to an input of another."""
    return Edge((source, 0), (target, port))


def chain(*nodes: Node) -> Graph:
    """Nodes stacked in a column, each wired to the next."""
    stacked = tuple(
        Node(id=n.id, type=n.type, name=n.name, params=n.params, position=(0.0, i * STEP)) for i, n in enumerate(nodes)
    )
    return Graph(root=Body(stacked, tuple(wire(a.id, b.id) for a, b in pairwise(nodes))))


def small() -> Graph:
    """input -> conv -> relu -> pool, in a column."""
    return chain(
        node("input", "Input", shape=[3, 32, 32]),
        node("conv", "Conv2d", padding="same"),
        node("relu", "ReLU"),
        node("pool", "MaxPool2d"),
    )


def apart(*nodes: Node, edges: tuple[Edge, ...] = ()) -> Graph:
    """Nodes where they say, with these wires."""
    return Graph(root=Body(nodes, edges))


def residual(blocks: int = 3) -> Graph:
    """Residual blocks in a column, laid out: every skip passes two nodes."""
    nodes, edges, last = [node("input", "Input", shape=[16, 32, 32])], [], "input"
    for i in range(blocks):
        conv, relu, add = f"conv{i}", f"relu{i}", f"add{i}"
        nodes += [node(conv, "Conv2d", padding="same"), node(relu, "ReLU"), node(add, "Add")]
        edges += [wire(last, conv), wire(conv, relu), wire(relu, add), wire(last, add, 1)]
        last = add
    graph = Graph(root=Body(tuple(nodes), tuple(edges)))
    return edits.move(graph, arrange(graph))


def framed(folded: bool = False) -> Graph:
    """input -> Repeat(conv -> relu) -> pool."""
    body = Body(
        (node("conv", "Conv2d", 0, 0, out_channels=3, padding="same"), node("relu", "ReLU", 0, STEP)),
        (Edge(("@in", 0), ("conv", 0)), wire("conv", "relu"), Edge(("relu", 0), ("@out", 0))),
    )
    params = {"times": 3, "folded": True} if folded else {"times": 3}
    frame = Node(id="repeat", type="Repeat", name="repeat", params=params, body=body)
    graph = Graph(
        root=Body(
            (node("input", "Input", shape=[3, 32, 32]), frame, node("pool", "MaxPool2d")),
            (wire("input", "repeat"), wire("repeat", "pool")),
        )
    )
    return edits.move(graph, arrange(graph))
