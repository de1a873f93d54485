"""Alignment while dragging: a node snaps to the trunk of its neighbours, and to the usual gap above and below them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from PySide6.QtCore import QLineF

from designer.app.canvas.grid import Box
from designer.app.canvas.room import box_of
from designer.graph.model import Body, Node, Position
from designer.layout.metrics import NODE_GAP, trunk_x

GRID = 4.0


class Snapped(NamedTuple):
    """Where a node goes, and the guides that say why."""

    position: Position
    guides: tuple[QLineF, ...] = ()
    """In the coordinates of the level."""


class Snapper:
    """Knows the neighbours that a node may align with: those of one level that stay where they are."""

    def __init__(self, body: Body, moving: Collection[str]) -> None:
        self._boxes = [(n.position[0] + trunk_x(n), box_of(n)) for n in body.nodes if n.id not in moving]

    def snap(self, node: Node, wanted: Position, reach: float) -> Snapped:
        """The place near `wanted` where the node stands in line with others, or on the grid."""
        offset, own = trunk_x(node), box_of(node)
        own = own.moved(wanted[0] - node.position[0], wanted[1] - node.position[1])
        trunk = wanted[0] + offset
        near = min(
            ((abs(x - trunk), _gap(box, own), x) for x, box in self._boxes if abs(x - trunk) <= reach), default=None
        )  # fmt: skip
        if near is None:
            return Snapped((round(wanted[0] / GRID) * GRID, round(wanted[1] / GRID) * GRID))
        x = near[2]
        column = [box for at, box in self._boxes if abs(at - x) < 0.5]
        heights = [box.bottom + NODE_GAP - own.top for box in column] + [
            box.top - NODE_GAP - own.bottom for box in column
        ]
        dy = min((d for d in heights if abs(d) <= reach), key=abs, default=None)
        y = round(wanted[1] / GRID) * GRID if dy is None else wanted[1] + dy
        closest = min(column, key=lambda box: _gap(box, own))
        guide = QLineF(x, min(closest.top, own.top) - 14, x, max(closest.bottom, own.bottom) + 14)
        return Snapped((x - offset, y), (guide,))


def _gap(box: Box, other: Box) -> float:
    return max(box.top - other.bottom, other.top - box.bottom, 0.0)
