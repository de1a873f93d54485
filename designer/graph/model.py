"""The document: an immutable value of nodes and edges. It knows neither layers nor shapes nor windows.

A drawing is a `Graph`; what is drawn inside a frame (Repeat) is a `Body`, the same kind of value as the graph's own
`root`. Inside a frame the ids `INPUT` and `OUTPUT` stand for the frame's own inner ports. A `Block` is a body with a
name and arguments, drawn once and used by many nodes. Node ids are unique in the whole document, blocks included.

The level a node lies on is its *owner*: the id of the frame around it, `block_owner(name)` directly in a block, None in
the root drawing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

import msgspec

from designer.graph.expressions import formulas, names_in
from designer.graph.topology import BOUNDARY, DELAY, Topology

INPUT = "@in"
OUTPUT = "@out"
BLOCK_SIGN = "#"
"""What the owner of a block's own nodes begins with; no node id does."""
BLOCK = "Block"
"""The type of node that uses a block."""
NOTE = "Comment"
"""The type of node that is only text in the drawing: no layer."""
_SPECIAL = (BLOCK, DELAY)

Port = Annotated[int, msgspec.Meta(ge=0, le=4096)]
"""The number of a port, counted from 0."""
Endpoint = tuple[str, Port]
"""Where a wire begins or ends: node id and port."""
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
    extra: dict[str, Any] | None = None

    @property
    def label(self) -> str:
        """What people call the node: its name, or its id where it has none."""
        return self.name or self.id

    @cached_property
    def names(self) -> frozenset[str] | None:
        """The names that formulas in the properties use (none for one over inputs only); None without any formula."""
        found = [text for value in self.params.values() if type(value) is not int for text in formulas(value)]
        return frozenset().union(*map(names_in, found)) if found else None

    @property
    def is_special(self) -> bool:
        """Whether the node's shapes take more than its own layer: a frame, a block, a delay, formulas."""
        return self.body is not None or self.type in _SPECIAL or self.names is not None


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

    @cached_property
    def special(self) -> frozenset[int]:
        """Positions of the nodes whose shapes take more than their own layer: frames, blocks, delays, formulas."""
        return frozenset(i for i, node in enumerate(self.nodes) if node.is_special)

    @cached_property
    def inlets(self) -> int:
        """How many inner input ports are wired, counting up to the highest."""
        wires = (wire for wires in (*self.topology.inputs, self.topology.outputs) for wire in wires)
        return max((wire.port + 1 for wire in wires if wire is not None and wire.node == BOUNDARY), default=0)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that formulas in here use, in frames below too."""
        found: set[str] = set()
        for _, node in walk(self):
            found.update(node.names or ())
        return frozenset(found)


class Argument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value that a block asks for; whoever uses the block may give another than the default."""

    name: str
    default: Any = 1
    description: str = ""


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named sub-graph: drawn once, used by any number of nodes, each with arguments of its own."""

    body: Body = Body()
    arguments: tuple[Argument, ...] = ()
    description: str = ""


class Graph(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A whole drawing with its recipe, the unit of saving, undo and training."""

    name: str = "untitled"
    root: Body = Body()
    blocks: dict[str, Block] = {}
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
        """For every node of the document the owner of the level it lies on."""
        return {node.id: owner for owner, node in self.walk()}

    @cached_property
    def layer_count(self) -> int:
        """How many layers the document has, also in frames and blocks; notes are none."""
        return sum(node.type != NOTE for _, node in self.walk())

    def body(self, owner: str | None) -> Body:
        """The body of a frame or block, or the root drawing for None; KeyError if there is no such owner."""
        if owner is None:
            return self.root
        if (block := block_name(owner)) is not None:
            return self.blocks[block].body
        body = self.node(owner).body
        if body is None:
            raise KeyError(owner)
        return body

    def outer(self, owner: str | None) -> str | None:
        """The owner of the level around a level; None for the root drawing and for a block, which lies nowhere."""
        return None if owner is None or owner.startswith(BLOCK_SIGN) else self.owners[owner]

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
        """Every node of the document, frames before what lies in them, blocks last, each with its owner."""
        yield from walk(self.root)
        for name, block in self.blocks.items():
            yield from walk(block.body, block_owner(name))


def walk(body: Body, owner: str | None = None) -> Iterator[tuple[str | None, Node]]:
    """Every node below `body`, each with the id of the frame it lies in."""
    for node in body.nodes:
        yield owner, node
        if node.body is not None:
            yield from walk(node.body, node.id)


def block_owner(name: str) -> str:
    """The owner of the nodes that lie directly in a block."""
    return BLOCK_SIGN + name


def block_name(owner: str | None) -> str | None:
    """The block that an owner stands for; None if it is a frame or the root."""
    return owner[1:] if owner is not None and owner.startswith(BLOCK_SIGN) else None
