"""The row of a property that is Python: an editor of several lines, as wide as the form."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from designer.app import theme
from designer.app.panels.code_view import PythonHighlighter
from designer.app.panels.lines_row import LinesEdit, LinesRow
from designer.layers.fields import Field

_LINES = 10
"""So many are seen at once."""
_INDENT = "    "


class CodeEdit(LinesEdit):
    """Python: Tab indents by four, a new line begins where the one above does."""

    def __init__(self) -> None:
        super().__init__(_LINES)
        self.setTabChangesFocus(False)
        self.setFont(theme.font(theme.TEXT_SIZE, mono=True))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.highlighter = PythonHighlighter(self.document())

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


class CodeRow(LinesRow):
    """A property that is a Python function; what is wrong with it stands below."""

    control: CodeEdit

    def __init__(self, field: Field) -> None:
        super().__init__(field, CodeEdit())

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        super().restyle()
        self.control.highlighter.restyle()
