"""Panning: middle drag, or Space and drag."""

from __future__ import annotations

from PySide6.QtCore import Qt

from designer.app.canvas.gestures.base import Gesture, Pointer


class Pan(Gesture):
    """The drawing follows the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def move(self, to: Pointer) -> None:
        """Follow."""
        self.view.camera.pan(to.view - self.now.view)
        self.now = to
