"""Small pictures of networks for the start page and lists of files: blocks in the colours of their categories.

A long network is folded into columns, read from the left to the right, so that its silhouette stays readable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from designer.app import theme
from designer.graph import Body, Graph
from designer.graph.model import NOTE
from designer.layers.base import Category
from designer.layers.registry import catalogue
from designer.layout.metrics import LANE, NODE_GAP, Rect, content_origin, is_open_frame, rect_of, trunk_x

LARGEST_SCALE = 0.45
"""Small networks are not blown up beyond this share of their size on the canvas."""
MARGIN = 3.0
COLUMN_GAP = 70.0
MOST_COLUMNS = 64
ROUND_BELOW = 400
"""Up to this many blocks are drawn with round corners; beyond it nobody sees them and they cost time."""

WIRES_ABOVE = 0.03
"""Below this scale wires are thinner than anything that can be seen."""


class _Box(NamedTuple):
    """A node as drawn on the plane of all nodes."""

    x: float
    y: float
    width: float
    height: float
    axis: float
    """Where wires enter and leave it."""


@dataclass
class _Drawing:
    """All boxes and wires of a graph on one plane, frames opened."""

    blocks: dict[Category | None, list[_Box]] = field(default_factory=dict)
    frames: list[_Box] = field(default_factory=list)
    levels: list[tuple[Body, dict[str, _Box]]] = field(default_factory=list)
    """Every body with the boxes of its nodes."""

    def collect(self, body: Body, x: float, y: float) -> None:
        """Add the body whose (0, 0) lies at that place."""
        boxes: dict[str, _Box] = {}
        kinds = catalogue()
        x0, y0 = content_origin()
        for node in body.nodes:
            (left, top), (dx, dy, width, height) = node.position, rect_of(node)
            box = _Box(x + left + dx, y + top + dy, width, height, x + left + trunk_x(node))
            boxes[node.id] = box
            if node.body is not None and is_open_frame(node):
                self.frames.append(box)
                self.collect(node.body, x + left + x0, y + top + y0)
            else:
                kind = kinds.get(node.type)
                self.blocks.setdefault(kind.category if kind and node.type != NOTE else None, []).append(box)
        self.levels.append((body, boxes))

    def wires(self) -> Iterator[tuple[_Box, _Box]]:
        """The boxes that every wire leads from and to."""
        for body, boxes in self.levels:
            for edge in body.edges:
                source, target = boxes.get(edge.source[0]), boxes.get(edge.target[0])
                if source is not None and target is not None:
                    yield source, target

    def bounds(self) -> Rect:
        """The box around everything, with the lanes left of it."""
        boxes = [*self.frames, *(box for group in self.blocks.values() for box in group)]
        left, top = min(b.x for b in boxes) - LANE, min(b.y for b in boxes)
        right, bottom = max(b.x + b.width for b in boxes), max(b.y + b.height for b in boxes)
        return Rect(left, top, right - left, bottom - top)


class _Fold(NamedTuple):
    """How the drawing is cut into columns and brought onto the picture."""

    scale: float
    columns: int
    strip: float
    """Height of one column, in canvas units."""
    bounds: Rect
    left: float
    top: float

    @classmethod
    def fit(cls, bounds: Rect, room: QSize) -> _Fold:
        """The number of columns that leaves the drawing largest; few ones where it makes no difference."""
        width, height = room.width() - 2 * MARGIN, room.height() - 2 * MARGIN
        best = (0.0, 1, 0.0)
        for columns in range(1, MOST_COLUMNS + 1):
            strip = bounds.height / columns
            across = columns * (bounds.width + COLUMN_GAP) - COLUMN_GAP
            scale = min(width / across, height / (strip + 32.0 * (columns > 1)), LARGEST_SCALE)
            if scale > best[0] * 1.05:
                best = (scale, columns, strip)
        scale, columns, strip = best
        across = scale * (columns * (bounds.width + COLUMN_GAP) - COLUMN_GAP)
        return cls(scale, columns, strip, bounds, (room.width() - across) / 2, (room.height() - scale * strip) / 2)

    def column(self, y: float) -> int:
        """The column that a height lies in."""
        return min(int((y - self.bounds.y) / self.strip), self.columns - 1)

    def x(self, x: float, column: int) -> float:
        """Across, on the picture."""
        return self.left + self.scale * (x - self.bounds.x + column * (self.bounds.width + COLUMN_GAP))

    def y(self, y: float, column: int) -> float:
        """Down, on the picture."""
        return self.top + self.scale * (y - self.bounds.y - column * self.strip)

    def box(self, box: _Box) -> QRectF:
        """A block, whole, in the column where it begins."""
        column = self.column(box.y)
        return QRectF(self.x(box.x, column), self.y(box.y, column), box.width * self.scale, box.height * self.scale)

    def pieces(self, box: _Box) -> list[QRectF]:
        """A frame, cut where the columns end."""
        found = []
        for column in range(self.column(box.y), self.column(box.y + box.height - 1) + 1):
            top = max(box.y, self.bounds.y + column * self.strip)
            bottom = min(box.y + box.height, self.bounds.y + (column + 1) * self.strip)
            height = (bottom - top) * self.scale
            found.append(QRectF(self.x(box.x, column), self.y(top, column), box.width * self.scale, height))
        return found


def thumbnail(graph: Graph, size: QSize, device_ratio: float = 1.0) -> QImage:
    """A picture of the network on a transparent ground, in the colours of the current scheme.

    `size` is in device-independent pixels; the picture has `device_ratio` times as many.
    """
    image = QImage(ceil(size.width() * device_ratio), ceil(size.height() * device_ratio),
                   QImage.Format.Format_ARGB32_Premultiplied)  # fmt: skip
    image.setDevicePixelRatio(device_ratio)
    image.fill(Qt.GlobalColor.transparent)
    if graph.nodes:
        drawing = _Drawing()
        drawing.collect(graph.root, 0.0, 0.0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint(painter, drawing, _Fold.fit(drawing.bounds(), size))
        painter.end()
    return image


def _paint(painter: QPainter, drawing: _Drawing, fold: _Fold) -> None:
    colours = theme.palette()
    painter.setPen(QPen(QColor(colours.node_border), 1))
    painter.setBrush(QColor(colours.frame))
    for frame in drawing.frames:
        for piece in fold.pieces(frame):
            painter.drawRoundedRect(piece, 2, 2)
    painter.setPen(QPen(QColor(colours.wire), 1))
    if fold.scale > WIRES_ABOVE:
        lines: list[QLineF] = []
        for source, target in drawing.wires():
            lines += _wire(fold, source, target)
        painter.drawLines(lines)
    painter.setPen(Qt.PenStyle.NoPen)
    rounded = sum(map(len, drawing.blocks.values())) <= ROUND_BELOW
    for category, boxes in drawing.blocks.items():
        painter.setBrush(theme.category_colour(category) if category else QColor(colours.muted))
        if rounded:
            radius = min(3.0, 8.0 * fold.scale)
            for box in boxes:
                painter.drawRoundedRect(fold.box(box), radius, radius)
        else:
            painter.drawRects([fold.box(box) for box in boxes])


def _wire(fold: _Fold, source: _Box, target: _Box) -> list[QLineF]:
    """The lines of a wire within one column; none where it leads to another one, which the eye follows by itself."""
    start, end = source.y + source.height, target.y
    column = fold.column(source.y)
    if column != fold.column(end):
        return []
    x0, y0 = fold.x(source.axis, column), fold.y(start, column)
    x1, y1 = fold.x(target.axis, column), fold.y(end, column)
    if end - start > 2 * source.height and abs(x1 - x0) < 1:
        lane = fold.x(min(source.x, target.x) - LANE, column)  # around what stands between the two
        corners = [QPointF(x0, y0), QPointF(lane, y0), QPointF(lane, y1), QPointF(x1, y1)]
    else:
        turn = y1 - NODE_GAP * fold.scale
        corners = [QPointF(x0, y0), QPointF(x0, turn), QPointF(x1, turn), QPointF(x1, y1)]
    return [QLineF(a, b) for a, b in pairwise(corners)]
