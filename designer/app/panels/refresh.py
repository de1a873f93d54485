"""Coalescing: a panel follows the document once per burst of changes, and only while it is seen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget


class Refresh(QObject):
    """Calls `update` some milliseconds after the first of any number of requests.

    A hidden widget's update waits until it is shown: its `showEvent` calls `flush`.
    """

    def __init__(self, widget: QWidget, update: Callable[[], None], delay: int = 0) -> None:
        super().__init__(widget)
        self._widget = widget
        self._update = update
        self._due = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(delay)
        self._timer.timeout.connect(self.flush)

    def request(self) -> None:
        """Something changed. The running timer is left alone, so a stream of requests still gets its updates."""
        self._due = True
        if self._widget.isVisible() and not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Do now what is due, if the widget is shown."""
        if self._due and self._widget.isVisible():
            self._timer.stop()
            self._due = False
            self._update()
