"""The row of a property that is a text of several lines: an editor as wide as the form."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from designer.app import theme
from designer.app.panels.formulas import Surroundings
from designer.app.panels.rows import MIXED, FieldRow
from designer.layers.fields import Field

_LINES = 5
"""So many are seen at once."""


class LinesEdit(QPlainTextEdit):
    """Plain text; Tab leads on to the next field."""

    left = Signal()
    """The focus went elsewhere."""

    def __init__(self, lines: int = _LINES) -> None:
        super().__init__()
        self._lines = lines
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(theme.GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Some lines high."""
        return QSize(60 * theme.GRID, self._lines * self.fontMetrics().lineSpacing() + 4 * theme.GRID)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving ends the edit."""
        super().focusOutEvent(event)
        self.left.emit()


class LinesRow(FieldRow):
    """A property that is a text of several lines; what is wrong with it stands below."""

    control: LinesEdit

    def __init__(self, field: Field, control: LinesEdit | None = None) -> None:
        super().__init__(field, control or LinesEdit())
        self._showing = False
        self.control.textChanged.connect(self._read)
        self.control.left.connect(self.finished)
        self._show()

    def set_surroundings(self, surroundings: Surroundings) -> None:
        """A text that begins with '=' is no formula."""

    def set_value(self, value: Any) -> None:
        """Show a value from outside; what was wrong with the old one is not said of it."""
        super().set_value(value)
        self.say(None)

    def _is_edited(self) -> bool:
        return self.control.hasFocus()

    def _show(self) -> None:
        text = "" if self.value is MIXED else str(self.value)
        if self.control.toPlainText() != text:
            self._showing = True
            self.control.setPlainText(text)
            self._showing = False

    def _read(self) -> None:
        text = self.control.toPlainText()
        if not self._showing and text != self.value:
            self._enter(text)
