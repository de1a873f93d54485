"""Words beside the mouse: what a gesture would do, or why it cannot."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from designer.app.canvas.overlay import bubble_rect, paint_bubble

SHOWN_MS = 3500
"""How long words stay that nothing else takes away."""


class Hint:
    """One bubble over a widget."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._at = QPoint()
        self._ok = True
        self._area = QRect()
        self.text = ""
        """The words; empty while there are none."""
        self._timer = QTimer(widget, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)

    def show(self, at: QPoint, text: str, *, ok: bool, lasting: bool) -> None:
        """Show words beside a place; for some seconds only, unless they are `lasting`."""
        before = self._area
        self._at, self.text, self._ok = at, text, ok
        self._area = bubble_rect(at, text, self._widget.rect()).adjusted(-2, -2, 2, 2)
        self._widget.update(before.united(self._area))
        if lasting:
            self._timer.stop()
        else:
            self._timer.start()

    def hide(self) -> None:
        """Take the words away."""
        if self.text:
            self.text = ""
            self._widget.update(self._area)
            self._area = QRect()

    def paint(self, painter: QPainter) -> None:
        """Paint the bubble, if there is one."""
        if self.text:
            paint_bubble(painter, self._at, self.text, self._widget.rect(), ok=self._ok)
