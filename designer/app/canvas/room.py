"""Finding room and making it: new boxes beside others, and what a box that has grown would cover moves aside. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from designer.app.canvas.grid import Box, Grid
from designer.graph import edits
from designer.graph.model import Body, Graph, Node
from designer.layout.metrics import LABEL_ROOM, LANE, NODE_GAP, rect_of

BESIDE = LABEL_ROOM + LANE
"""The space between nodes side by side: a shape label and a lane fit in."""
_ROUNDS = 8


class _Way(NamedTuple):
    """A direction to move aside to."""

    dx: int
    dy: int
    space: float
    """What has to stay free between two boxes, at most."""

    def distance(self, box: Box, other: Box) -> float:
        """How far the other lies on this side of the box; negative where it does not."""
        if self.dx:
            return other.left - box.right if self.dx > 0 else box.left - other.right
        return other.top - box.bottom if self.dy > 0 else box.top - other.bottom

    def moved(self, box: Box, by: float) -> Box:
        """The box further on this way."""
        return box.moved(self.dx * by, self.dy * by)


_RIGHT, _LEFT = _Way(1, 0, BESIDE), _Way(-1, 0, BESIDE)
_WAYS = (_RIGHT, _LEFT, _Way(0, 1, NODE_GAP), _Way(0, -1, NODE_GAP))


def box_of(node: Node) -> Box:
    """The node's box in the coordinates of its level."""
    (x, y), rect = node.position, rect_of(node)
    return Box(x + rect.x, y + rect.y, x + rect.x + rect.width, y + rect.y + rect.height)


def boxes_of(body: Body) -> dict[str, Box]:
    """The boxes of all nodes of a level."""
    return {node.id: box_of(node) for node in body.nodes}


def covered(wanted: Box, boxes: Mapping[str, Box]) -> str | None:
    """Some node that a box would lie on; None if there is none."""
    return next((i for i, box in boxes.items() if box.overlaps(wanted)), None)


def free_place(wanted: Box, boxes: Mapping[str, Box]) -> Box:
    """The box itself, or the nearest place at its height, right or left of others, where it lies on none of them."""
    places = []
    for way in (_RIGHT, _LEFT):
        place = wanted
        while (hit := covered(place, boxes)) is not None:
            place = way.moved(place, way.space - way.distance(boxes[hit], place))
        places.append(place)
    return min(places, key=lambda place: abs(place.left - wanted.left))


def make_way(before: Graph, after: Graph, node_id: str, was: Box) -> Graph:
    """Move aside what lies too near to a node's box in `after` and did not in `before`, when the box `was` smaller.

    Nodes stay that keep the distance they had, or the space that columns and stacked nodes need; others go so far that
    they have this space. They take along what they are wired to on the same side, so that straight wires stay straight,
    and what they would cover.
    """
    owner = after.owners[node_id]
    old = boxes_of(after.body(owner)) | boxes_of(before.body(owner))
    for _ in range(_ROUNDS):
        pushes = _pushes(boxes_of(after.body(owner)), node_id, old, was)
        if not pushes:
            break
        way = next(way for way in _WAYS if way in pushes)  # sideways first: a whole column goes, and needs no other way
        by = max(pushes[way].values())
        moving = _along(after.body(owner), set(pushes[way]), node_id, was, (way, by))
        places = {i: after.node(i).position for i in moving}
        after = edits.move(after, {i: (x + way.dx * by, y + way.dy * by) for i, (x, y) in places.items()})
    return after


def _pushes(boxes: Mapping[str, Box], node_id: str, old: Mapping[str, Box], was: Box) -> dict[_Way, dict[str, float]]:
    """Which nodes have to go where and how far, each by its shortest way."""
    box = boxes[node_id]
    near = box.grown(BESIDE, NODE_GAP)
    found: dict[_Way, dict[str, float]] = {}
    for other, theirs in boxes.items():
        if other == node_id or not theirs.overlaps(near):
            continue
        had = {way: distance for way in _WAYS if (distance := way.distance(was, old[other])) >= 0}
        if had and all(way.distance(box, theirs) < min(had[way], way.space) - 0.5 for way in had):
            by, way = min((way.space - way.distance(box, theirs), way) for way in had)
            found.setdefault(way, {})[other] = by
    return found


def _along(body: Body, pushed: set[str], node_id: str, was: Box, push: tuple[_Way, float]) -> set[str]:
    """The pushed nodes and all that moves with them."""
    way, by = push
    boxes, grid = boxes_of(body), Grid[str]()
    for other, box in boxes.items():
        grid.put(other, box)
    wired: dict[str, list[str]] = {}
    for edge in body.edges:
        wired.setdefault(edge.source[0], []).append(edge.target[0])
        wired.setdefault(edge.target[0], []).append(edge.source[0])
    moving, waiting = set(pushed), list(pushed)
    while waiting:
        box = boxes[current := waiting.pop()]
        reached = [i for i in wired.get(current, ()) if i in boxes and way.distance(was, boxes[i]) >= 0]
        reached += [i for i in grid.keys_in(way.moved(box, by)) if not boxes[i].overlaps(box)]
        for other in reached:
            if other not in moving and other != node_id:
                moving.add(other)
                waiting.append(other)
    return moving
