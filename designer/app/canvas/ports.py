"""Ports: how many a node shows, where they sit on its edges, and how a wire's ends name them. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from designer.graph.blocks import Blocks, inside
from designer.graph.model import BLOCK, INPUT, OUTPUT, Edge, Endpoint, Node
from designer.layers.base import Invalid, Missing
from designer.layers.registry import layer_of
from designer.layout.metrics import NODE_WIDTH

PORT_STEP = 22.0
"""Distance between the ports of one edge, as long as they have room."""


class Port(NamedTuple):
    """One end a wire can have. A frame's inner ports belong to the level inside the frame."""

    owner: str | None
    """The frame that the wire lies in; None in the root drawing."""
    end: Endpoint
    gives: bool
    """Whether wires start here (a node's output, the inside of a frame's input) instead of ending here."""

    @property
    def node(self) -> str:
        """The node that carries the port: for inner ports the frame itself."""
        return self.owner if self.is_inner and self.owner is not None else self.end[0]

    @property
    def is_inner(self) -> bool:
        """Whether it is the inside of a frame's border."""
        return self.end[0] in (INPUT, OUTPUT)


def edge_between(source: Port, target: Port) -> Edge:
    """The wire from one port to the other."""
    return Edge(source.end, target.end)


def input_count(node: Node, wired: int, blocks: Blocks) -> int:
    """How many inputs a node shows; `wired` is one more than its highest wired port.

    Layers that join values show a free one behind the wired ones; frames and blocks have what is read inside.
    """
    body = inside(node, blocks)
    if body is not None:
        return max(body.inlets, wired, 0 if node.type == BLOCK else 1)
    layer = layer_of(node)
    if isinstance(layer, Missing | Invalid) or node.type == BLOCK:
        return max(wired, 1)
    names = len(layer.ports.names) + len(layer.ports.optional)
    return max(names, wired + 1) if layer.ports.variadic else max(names, wired)


def output_count(node: Node, blocks: Blocks) -> int:
    """How many outputs a node shows: a loss ends the network, a frame or block has what is wired inside."""
    body = inside(node, blocks)
    if body is not None:
        return max(len(body.topology.outputs), 1)
    return 0 if layer_of(node).is_end else 1


def output_offsets(count: int) -> tuple[float, ...]:
    """How far each output of a node sits from the trunk: the first one in the middle, the others right of it."""
    step = min(PORT_STEP, (NODE_WIDTH / 2 - 12.0) / max(count - 1, 1))
    return tuple(port * step for port in range(count))


def spread(wanted: Sequence[float]) -> tuple[float, ...]:
    """Places near the wanted ones, as far apart as ports have to be; the first of all stays where it is."""
    found: dict[int, float] = {}
    first = wanted[0] if wanted else 0.0
    for side in (1, -1):
        last = first
        mine = [i for i, x in enumerate(wanted) if i and (side > 0) == (x >= first)]
        for i in sorted(mine, key=lambda i: (side * wanted[i], i)):
            last = found[i] = side * max(side * wanted[i], side * last + PORT_STEP)
    return tuple(found.get(i, first) for i in range(len(wanted)))


def has_ends(node: Node, blocks: Blocks) -> bool:
    """Whether a node can stand in a wire: it takes a value and gives one."""
    return input_count(node, 0, blocks) > 0 and output_count(node, blocks) > 0


class Feed(NamedTuple):
    """Where the wire at an input comes from, seen from the node: across (left is negative) and how far above."""

    across: float
    above: float


def input_offsets(feeds: Sequence[Feed | None]) -> tuple[float, ...]:
    """How far each input sits from the trunk; None stands for an input without a wire.

    The wire that comes straight from above ends in the middle. The others end on the side they come from, skips from
    further up left of it, so that no wire crosses another right above the node.
    """
    count = len(feeds)
    if count < 2:
        return (0.0,) * count
    step = min(PORT_STEP, (NODE_WIDTH - 24.0) / count)
    straight = [(feed.above, i) for i, feed in enumerate(feeds) if feed is not None and abs(feed.across) < 1.0]
    middle = min(straight)[1] if straight else 0
    left: list[tuple[float, int]] = []
    right: list[tuple[float, int]] = []
    for i, feed in enumerate(feeds):
        if i != middle and feed is not None:
            (right if feed.across >= 1.0 else left).append((feed.above, i))
    for i, feed in enumerate(feeds):
        if i != middle and feed is None:
            (right if len(right) <= len(left) else left).append((float("inf"), i))
    offsets = [0.0] * count
    for side, ports in ((-step, left), (step, right)):
        for place, (_, i) in enumerate(sorted(ports), start=1):
            offsets[i] = place * side
    return tuple(offsets)
