"""The whole drawing from far away: below a certain zoom everything is painted in a few calls, without any text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen

from designer.app.canvas.bars import ALONE, filled
from designer.app.canvas.frame_item import FrameItem
from designer.app.canvas.inks import inks, mixed
from designer.app.canvas.node_item import NodeItem
from designer.app.canvas.stage import Level
from designer.graph.model import NOTE
from designer.layers.base import Category

THRESHOLD: Final = 0.35
"""Below this zoom the overview is painted instead of the items."""


class LevelOverview:
    """One level's rectangles and lines in scene coordinates, kept until the level changes."""

    def __init__(self) -> None:
        self.nodes: dict[Category, list[QRectF]] = {}
        self.notes: list[QRectF] = []
        self.wrong: list[QRectF] = []
        self.frames: list[QRectF] = []
        self.lines: list[QLineF] = []
        self.bar_grounds: list[QRectF] = []
        self.bars: list[QRectF] = []

    @classmethod
    def of(cls, level: Level, items: Mapping[str, NodeItem | FrameItem], bars: Mapping[str, float]) -> LevelOverview:
        """Collect everything of a level."""
        found, geometry = cls(), level.geometry
        x0, y0 = level.origin
        for node_id, place in geometry.places.items():
            left, top, right, bottom = place.box
            item, rect = items[node_id], QRectF(left + x0, top + y0, right - left, bottom - top)
            if isinstance(item, FrameItem):
                found.frames.append(rect)
            elif item.node.type == NOTE:
                found.notes.append(rect)
            else:
                found.nodes.setdefault(item.layer.category, []).append(rect)
                if share := bars.get(node_id):
                    room = ALONE.translated(rect.topLeft())
                    found.bar_grounds.append(room)
                    found.bars.append(filled(room, share))
            if item.has_error:
                found.wrong.append(rect)
        for route in geometry.routes.values():
            x, y = route[0]
            for x2, y2 in route[1:]:
                found.lines.append(QLineF(x + x0, y + y0, x2 + x0, y2 + y0))
                x, y = x2, y2
        return found


def paint_overview(painter: QPainter, levels: Iterable[LevelOverview], selected: list[QRectF], zoom: float) -> None:
    """Frames, wires and nodes as plain rectangles and lines; errors red, the selection in the accent colour."""
    ink = inks()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    wire = QPen(mixed(ink.wire.color(), ink.canvas, min(1.0, 0.35 + zoom)), 0)
    for level in levels:
        painter.setPen(QPen(ink.frame_pen.color(), 0))
        painter.setBrush(ink.frame)
        painter.drawRects(level.frames)
        painter.setPen(wire)
        painter.drawLines(level.lines)
        painter.setPen(QPen(ink.note_border, 0))
        painter.setBrush(ink.note)
        painter.drawRects(level.notes)
        painter.setPen(Qt.PenStyle.NoPen)
        for category, rects in level.nodes.items():
            painter.setBrush(ink.overview[category])
            painter.drawRects(rects)
        painter.setBrush(QBrush(ink.error))
        painter.drawRects(level.wrong)
        painter.setBrush(ink.bar_ground)
        painter.drawRects(level.bar_grounds)
        painter.setBrush(ink.bar)
        painter.drawRects(level.bars)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    pen = QPen(ink.accent, 3)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.drawRects(selected)


def paint_grid(painter: QPainter, area: QRectF, zoom: float) -> None:
    """Quiet dots, wider apart the further away one looks."""
    step = 24.0
    while step * zoom < 18:
        step *= 2
    left, top = int(area.left() // step), int(area.top() // step)
    right, bottom = int(area.right() // step) + 1, int(area.bottom() // step) + 1
    pen = QPen(inks().grid, 2 if zoom < 2 else 3)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.drawPoints([QPointF(x * step, y * step) for x in range(left, right + 1) for y in range(top, bottom + 1)])
