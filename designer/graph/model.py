"""The document: an immutable value of nodes and edges. It knows neither layers nor shapes nor windows.

A drawing is a `Graph`; what is drawn inside a frame (Repeat) is a `Body`, the same kind of value as the graph's own
`root`. Inside a frame the ids `INPUT` and `OUTPUT` stand for the frame's own inner ports. Node ids are unique in the
whole document.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import msgspec

from designer.graph.topology import Topology

INPUT = "@in"
OUTPUT = "@out"

Endpoint = tuple[str, int]
"""A port: node id and port number, counted from 0."""
Position = tuple[float, float]


class Edge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A wire from an output port to an input port; an input port holds one wire at most."""

    source: Endpoint = msgspec.field(name="from")
    target: Endpoint = msgspec.field(name="to")


class Node(msgspec.Struct, frozen=True, kw_only=True, dict=True, forbid_unknown_fields=True, omit_defaults=True):
    """One layer on the canvas. `params` are the layer's properties as JSON has them; never change them in place.

    `extra` keeps the fields a newer program wrote into the file, so that saving loses nothing.
    """

    id: str
    type: str
    name: str = ""
    params: dict[str, Any] = {}
    position: Position = (0.0, 0.0)
    body: Body | None = None
    extra: dict[str, Any] = {}

    @property
    def label(self) -> str:
        """What people call the node: its name, or its id where it has none."""
        return self.name or self.id


class Body(msgspec.Struct, frozen=True, dict=True, forbid_unknown_fields=True):
    """Nodes and the edges among them: the root drawing or the inside of a frame."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    @cached_property
    def topology(self) -> Topology:
        """Index, wiring and topological order; shared with the previous body where an edit left the wiring alone."""
        return Topology.of(self.nodes, self.edges)

    def get(self, node_id: str) -> Node | None:
        """The node of this body (not of frames inside it) with that id."""
        position = self.topology.index.get(node_id)
        return None if position is None else self.nodes[position]


class Graph(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A whole drawing with its recipe, the unit of saving, undo and training."""

    name: str = "untitled"
    root: Body = Body()
    blocks: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    recipe: dict[str, Any] = {}
    extra: dict[str, Any] = {}

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes of the root drawing."""
        return self.root.nodes

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges of the root drawing."""
        return self.root.edges

    @cached_property
    def owners(self) -> dict[str, str | None]:
        """For every node of the document the id of the frame it lies in; None in the root drawing."""
        return {node.id: owner for owner, node in walk(self.root)}

    def body(self, owner: str | None) -> Body:
        """The body of a frame, or the root drawing for None; KeyError if there is no such frame."""
        if owner is None:
            return self.root
        body = self.node(owner).body
        if body is None:
            raise KeyError(owner)
        return body

    def node(self, node_id: str) -> Node:
        """The node with that id, wherever it lies; KeyError if there is none."""
        node = self.body(self.owners[node_id]).get(node_id)
        if node is None:
            raise KeyError(node_id)
        return node

    def find(self, node_id: str) -> Node | None:
        """The node with that id, wherever it lies, or None."""
        return self.node(node_id) if node_id in self.owners else None

    def walk(self) -> Iterator[tuple[str | None, Node]]:
        """Every node of the document, frames before what lies in them, each with its owner."""
        return walk(self.root)


def walk(body: Body, owner: str | None = None) -> Iterator[tuple[str | None, Node]]:
    """Every node below `body`, each with the id of the frame it lies in."""
    for node in body.nodes:
        yield owner, node
        if node.body is not None:
            yield from walk(node.body, node.id)
