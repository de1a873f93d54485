"""Ports: how many a node shows, where they sit on its edges, and how a wire's ends name them. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from designer.graph.model import INPUT, OUTPUT, Edge, Endpoint, Node
from designer.layers.base import Invalid, Layer, Missing
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


def input_count(layer: Layer, wired: int) -> int:
    """How many inputs a node shows; `wired` is one more than its highest wired port.

    Layers that join values show a free one behind the wired ones.
    """
    if isinstance(layer, Missing | Invalid):
        return max(wired, 1)
    names = len(layer.ports.names) + len(layer.ports.optional)
    return max(names, wired + 1) if layer.ports.variadic else max(names, wired)


def output_count(node: Node) -> int:
    """How many outputs a node shows: a loss ends the network."""
    return 0 if layer_of(node).is_end else 1


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
