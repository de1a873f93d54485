"""Bars beside nodes: a figure's share of the largest, as thick as there is room at the zoom one looks with."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF

from designer.layout.metrics import LABEL_ROOM, NODE_HEIGHT, NODE_WIDTH

LABEL_LEFT: Final = NODE_WIDTH + 10.0
"""Where a node's labels begin."""
BELOW_TEXT: Final = QRectF(LABEL_LEFT, NODE_HEIGHT - 13, LABEL_ROOM - 18, 9)
"""The room of a bar, from the node's corner, where the shape stands above it."""
ALONE: Final = QRectF(LABEL_LEFT, 4, LABEL_ROOM - 18, NODE_HEIGHT - 8)
"""The same where texts would be too small to be read."""


def filled(room: QRectF, share: float) -> QRectF:
    """The part of a bar's room that a share of the largest figure takes; a very small one can be seen as well."""
    return QRectF(room.topLeft(), room.bottomLeft()).adjusted(0, 0, max(room.width() * share, 2.0), 0)
