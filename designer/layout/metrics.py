"""How large nodes and frames are on the canvas: the numbers that layout and drawing share. Canvas units, y down.

A node's `position` is the top left corner of its box. An unfolded frame is a box around its body: below a header
line, the body's own positions count from the frame's content origin. Shape labels stand right of a node's box, skip
wires run in lanes left of it; both need room that belongs to no box.
"""

from __future__ import annotations

from typing import NamedTuple

from designer.graph.model import INPUT, NOTE, Body, Node
from designer.layers.registry import layer_of
from designer.layout.notes import note_height

NODE_WIDTH = 220.0
NODE_HEIGHT = 32.0
NODE_GAP = 12.0
"""Vertical space between stacked nodes."""
FORK_GAP = 28.0
"""Vertical space where wires turn towards branches and lanes, or come back from them."""
LABEL_ROOM = 84.0
"""Free space right of a node's box, where its shape label stands: '2048x100x100' in the small font."""
LANE = 18.0
"""Width of the lane that one skip wire runs in, left of the nodes it passes."""
FRAME_HEADER = 28.0
"""Height of the line at a frame's top that holds its name and x18."""
FRAME_PADDING = 16.0
"""Between a frame's border (or header) and its body; on the right the labels' room comes on top."""


class Rect(NamedTuple):
    """A box: top left corner, width and height."""

    x: float
    y: float
    width: float
    height: float


def is_open_frame(node: Node) -> bool:
    """Whether the node is drawn as a frame around its body: it has one and is not folded."""
    return node.body is not None and layer_of(node).is_frame and node.params.get("folded") is not True


def content_origin() -> tuple[float, float]:
    """Where (0, 0) of a frame's body lies, relative to the frame's position."""
    return FRAME_PADDING, FRAME_HEADER + FRAME_PADDING


def rect_of(node: Node) -> Rect:
    """The node's box relative to its position; a frame grows in any direction, so that its body is always inside.

    A note is as tall as its text.
    """
    if node.type == NOTE:
        return Rect(0.0, 0.0, NODE_WIDTH, note_height(note_text(node), NODE_WIDTH))
    if node.body is None or not is_open_frame(node):
        return Rect(0.0, 0.0, NODE_WIDTH, NODE_HEIGHT)
    left, top, right, bottom = _extent(node.body)
    x0, y0 = content_origin()
    width = x0 + right - left + LABEL_ROOM + FRAME_PADDING
    return Rect(left, top, width, y0 + bottom - top + FRAME_PADDING)


def note_text(node: Node) -> str:
    """What a note says."""
    text = node.params.get("text", "")
    return text if isinstance(text, str) else ""


def size_of(node: Node) -> tuple[float, float]:
    """Width and height of the node's box."""
    rect = rect_of(node)
    return rect.width, rect.height


def trunk_x(node: Node) -> float:
    """Where wires enter and leave the node, relative to its position.

    The middle of a plain node; for a frame the middle of the node inside that reads the frame's first input, so that
    the wire from above goes straight through the frame's border.
    """
    if node.body is None or not is_open_frame(node):
        return NODE_WIDTH / 2
    found: float | None = node.body.__dict__.get("trunk_x")
    if found is None:
        found = node.body.__dict__["trunk_x"] = _trunk_x(node.body)
    return found


def _trunk_x(body: Body) -> float:
    read = [(e.source[1], node) for e in body.edges if e.source[0] == INPUT and (node := body.get(e.target[0]))]
    lowest = min((port for port, _ in read), default=0)
    readers = [node for port, node in read if port == lowest]
    first = min(readers, key=lambda n: n.position[::-1], default=None) or next(iter(body.nodes), None)
    return content_origin()[0] + (NODE_WIDTH / 2 if first is None else first.position[0] + trunk_x(first))


def _extent(body: Body) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the room for a body; it holds the content origin and one node at least."""
    found: tuple[float, float, float, float] | None = body.__dict__.get("extent")
    if found is None:
        left = top = 0.0
        right, bottom = NODE_WIDTH, NODE_HEIGHT
        for node in body.nodes:
            (x, y), box = node.position, rect_of(node)
            left, top = min(left, x + box.x), min(top, y + box.y)
            right, bottom = max(right, x + box.x + box.width), max(bottom, y + box.y + box.height)
        found = body.__dict__["extent"] = (left, top, right, bottom)
    return found
