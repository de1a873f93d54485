"""Selecting with a box: all nodes it touches. Shift adds to the selection, Ctrl toggles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from designer.app.canvas.gestures.base import Gesture, Pointer, travelled
from designer.app.canvas.hits import Hit
from designer.app.canvas.inks import inks

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class SelectBox(Gesture):
    """A rubber band over empty ground; a click without one selects the frame clicked into, or nothing."""

    def __init__(self, view: CanvasView, start: Pointer, hit: Hit) -> None:
        super().__init__(view, start)
        self._hit = hit
        self._before = view.document.selection
        self._dragged = False

    def move(self, to: Pointer) -> None:
        """Select what the box touches so far."""
        self.now = to
        self._dragged = self._dragged or travelled(self.start, to)
        if self._dragged:
            self.view.document.select(self._chosen())

    def release(self, at: Pointer) -> bool:
        """Keep that selection."""
        self.move(at)
        if not self._dragged and not self._keeps():
            self.view.document.select([self._hit.node] if self._hit.node is not None else [])
        return True

    def cancel(self) -> None:
        """Select what was selected before."""
        self.view.document.select(self._before)

    def _keeps(self) -> bool:
        return bool(self.start.modifiers & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier))

    def _chosen(self) -> list[str]:
        touched = self.view.canvas.nodes_in(self.bounds())
        if self.start.holds(Qt.KeyboardModifier.ControlModifier):
            before, inside = set(self._before), set(touched)
            return [*(i for i in self._before if i not in inside), *(i for i in touched if i not in before)]
        if self.start.holds(Qt.KeyboardModifier.ShiftModifier):
            return [*self._before, *touched]
        return touched

    def bounds(self) -> QRectF:
        """The box."""
        return QRectF(self.start.scene, self.now.scene).normalized()

    def paint(self, painter: QPainter) -> None:
        """The box."""
        if self._dragged:
            painter.setPen(inks().box_pen)
            painter.setBrush(inks().box_brush)
            painter.drawRect(self.bounds())
