"""The row of a property that is Python: an editor of several lines, as wide as the form."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

from designer.app import theme
from designer.app.panels.code_view import PythonHighlighter
from designer.app.panels.rows import MIXED, FieldRow
from designer.layers.fields import Field

_LINES = 10
"""So many are seen at once."""
_INDENT = "    "


class CodeEdit(QPlainTextEdit):
    """Python: Tab indents by four, a new line begins where the one above does."""

    left = Signal()
    """The focus went elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.setFont(theme.font(theme.TEXT_SIZE, mono=True))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.document().setDocumentMargin(theme.GRID)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.highlighter = PythonHighlighter(self.document())

    def sizeHint(self) -> QSize:
        """Some lines high."""
        return QSize(60 * theme.GRID, _LINES * self.fontMetrics().lineSpacing() + 4 * theme.GRID)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Indent as people write Python."""
        if event.key() == Qt.Key.Key_Tab and not self.textCursor().hasSelection():
            self.insertPlainText(_INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()
            indent = line[: len(line) - len(line.lstrip())]
            self.insertPlainText("\n" + indent + (_INDENT if line.rstrip().endswith(":") else ""))
            self.ensureCursorVisible()
        elif event.key() == Qt.Key.Key_Backspace and self._is_behind_indent():
            cursor = self.textCursor()
            cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(_INDENT))
            cursor.removeSelectedText()
        else:
            super().keyPressEvent(event)

    def _is_behind_indent(self) -> bool:
        cursor = self.textCursor()
        before = cursor.block().text()[: cursor.positionInBlock()]
        return not cursor.hasSelection() and before.endswith(_INDENT) and not before.strip()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving ends the edit."""
        super().focusOutEvent(event)
        self.left.emit()


class CodeRow(FieldRow):
    """A property that is a Python function; what is wrong with it stands below."""

    control: CodeEdit

    def __init__(self, field: Field) -> None:
        super().__init__(field, CodeEdit())
        self._showing = False
        self.control.textChanged.connect(self._read)
        self.control.left.connect(self.finished)
        self._show()

    def set_value(self, value: Any) -> None:
        """Show a value from outside; what was wrong with the old one is not said of it."""
        super().set_value(value)
        self.say(None)

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        super().restyle()
        self.control.highlighter.restyle()

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
