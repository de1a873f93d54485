"""What every gesture of the hand is: an object that lives from the press to the release, and can be cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Pointer(NamedTuple):
    """Where the mouse is, and what is held down with it."""

    view: QPoint
    """In pixels of the viewport."""
    scene: QPointF
    modifiers: Qt.KeyboardModifier

    def holds(self, modifiers: Qt.KeyboardModifier) -> bool:
        """Whether all of these modifier keys are down."""
        return self.modifiers & modifiers == modifiers


class Gesture:
    """One thing the hand does. Until `end` the document is as it was; after `cancel` it still is.

    A gesture is told `move` with every move of the mouse, then `release`, unless Esc cancels it. It may show versions
    of the drawing that are no steps of the document (`view.show_trial`), and paint above the drawing.
    """

    cursor: Qt.CursorShape | None = None

    def __init__(self, view: CanvasView, start: Pointer) -> None:
        self.view = view
        self.start = start
        self.now = start

    def move(self, to: Pointer) -> None:
        """The mouse moved."""

    def press(self, at: Pointer) -> bool:
        """A button was pressed while the gesture went on; whether that ends it."""
        return True

    def release(self, at: Pointer) -> bool:
        """The button was let go: do it. Returns whether the gesture is over."""
        return True

    def cancel(self) -> None:
        """Leave everything as it was."""

    def paint(self, painter: QPainter) -> None:
        """Paint above the drawing, in scene coordinates."""

    def bounds(self) -> QRectF:
        """The part of the scene that `paint` touches."""
        return QRectF()


def travelled(start: Pointer, now: Pointer) -> bool:
    """Whether the mouse has gone far enough for a drag, so that a click with a shaky hand is none."""
    return (now.view - start.view).manhattanLength() >= 4
