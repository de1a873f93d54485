"""Where imported nodes go: where NNC has them, unless frames, which NNC does not draw, would then cover something."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from designer.graph import edits
from designer.graph.model import Body, Edge, Graph, Node, Position
from designer.layout.metrics import LABEL_ROOM, NODE_HEIGHT, NODE_WIDTH, content_origin, rect_of

ROW = 48.0
"""The height of NNC's layers, which stand on each other without a gap."""
COLUMN = NODE_WIDTH + LABEL_ROOM
"""The distance of columns in which nothing covers a label."""
PITCH = NODE_HEIGHT + 12.0
"""The distance of our nodes in a column."""


class Placed(NamedTuple):
    """A node, where its layer (or the one that begins its loop) stands in NNC, and its body if it is a frame."""

    node: Node
    x: float
    y: float
    body: Body | None = None


def placed(found: Sequence[Placed], edges: tuple[Edge, ...]) -> Body:
    """The nodes of one level at their places."""
    unsorted = Body(tuple(_at(item) for item in found), edges)
    nodes = [unsorted.nodes[i] for i in unsorted.topology.order]  # as the data flows, which reads best
    body = Body(tuple(nodes), edges)
    if _overlap(nodes):
        from designer.layout import arrange

        graph = Graph(root=body)
        arranged = edits.move(graph, arrange(graph)).root
        (left, top), (new_left, new_top) = _corner(body), _corner(arranged)
        body = _moved(arranged, left - new_left, top - new_top)
    return body


def _at(item: Placed) -> Node:
    """The node at its place; a frame's header stands where the layer that begins the loop stands in NNC."""
    place = (item.x, item.y * PITCH / ROW)
    if item.body is None:
        return msgspec.structs.replace(item.node, position=place)
    left, top = _corner(item.body)
    body = _moved(item.body, -left, -top)
    x, _ = content_origin()
    return msgspec.structs.replace(item.node, position=(left - x if item.body.nodes else item.x, place[1]), body=body)


def _corner(body: Body) -> Position:
    """The left and upper end of what a body draws."""
    boxes = [(node.position, rect_of(node)) for node in body.nodes]
    return (min((place[0] + box.x for place, box in boxes), default=0.0),
            min((place[1] + box.y for place, box in boxes), default=0.0))  # fmt: skip


def _moved(body: Body, x: float, y: float) -> Body:
    nodes = (
        msgspec.structs.replace(node, position=(node.position[0] + x, node.position[1] + y)) for node in body.nodes
    )
    return Body(tuple(nodes), body.edges)


def beside(node: Node, others: Sequence[Node]) -> Node:
    """The node where it is if it covers no other there, else at the first free place to the right."""
    while _overlap([*others, node]):
        node = msgspec.structs.replace(node, position=(node.position[0] + COLUMN, node.position[1]))
    return node


def _overlap(nodes: Sequence[Node]) -> bool:
    """Whether any two boxes lie on each other."""
    boxes = []
    for node in nodes:
        rect = rect_of(node)
        x, y = node.position[0] + rect.x, node.position[1] + rect.y
        boxes.append((y, y + rect.height, x, x + rect.width))
    boxes.sort()
    for i, (_, bottom, left, right) in enumerate(boxes):
        for top, _, other_left, other_right in boxes[i + 1 :]:
            if top >= bottom:
                break
            if other_left < right and left < other_right:
                return True
    return False
