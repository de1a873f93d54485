"""Cutting wires: Ctrl+Shift and a drag across them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from designer.app.canvas.gestures.base import Gesture, Pointer
from designer.app.canvas.inks import inks
from designer.app.canvas.scene import Wire
from designer.app.canvas.wiring import without
from designer.app.i18n import tr

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Cut(Gesture):
    """Every wire that the hand's path crosses is removed when the button is let go."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: CanvasView, start: Pointer) -> None:
        super().__init__(view, start)
        self._path = [start.scene]
        self._cut: dict[Wire, None] = {}

    def move(self, to: Pointer) -> None:
        """Mark what the last piece of the path crosses."""
        piece = QLineF(self._path[-1], to.scene)
        self._path.append(to.scene)
        self._cut.update(dict.fromkeys(self.view.canvas.wires_crossing(piece)))
        self.view.canvas.show_strong_wires(self._cut)

    def release(self, at: Pointer) -> bool:
        """Remove the wires, all in one step."""
        self.view.show_wires()
        graph, count = without(self.view.document.graph, self._cut), len(self._cut)
        self.view.document.apply(tr("Cut {count} wires", count=count) if count != 1 else tr("Cut a wire"), graph)
        return True

    def cancel(self) -> None:
        """Mark nothing."""
        self.view.show_wires()

    def bounds(self) -> QRectF:
        """Around the path."""
        xs, ys = [p.x() for p in self._path], [p.y() for p in self._path]
        return QRectF(QPointF(min(xs), min(ys)), QPointF(max(xs), max(ys)))

    def paint(self, painter: QPainter) -> None:
        """The path."""
        painter.setPen(inks().cut)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(self._path)
