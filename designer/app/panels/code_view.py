"""A read-only view of Python code: line numbers, colours, marked lines, and a click that tells the line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QWidget

from designer.app import theme

_TOKEN: Final = re.compile(
    r"(?P<comment>#.*)"
    r"|(?P<string>[rbf]{0,2}(?:\"\"\".*?(?:\"\"\"|$)|'[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\"))"
    r"|(?P<named>(?<=\bdef )\w+|(?<=\bclass )\w+)"
    r"|(?P<keyword>\b(?:and|as|assert|class|def|elif|else|False|for|from|if|import|in|is|lambda|None|not|or|raise|return"
    r"|True|while|with|yield)\b)"
    r"|(?P<self>\bself\b)"
    r"|(?P<number>\b\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?\b)"
)
_QUOTES: Final = '"""'
_IN_STRING: Final = 1


class PythonHighlighter(QSyntaxHighlighter):
    """Colours Python as far as generated code needs it; one quiet colour for all of it while it is out of date."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self._stale = False
        self.restyle()

    def set_stale(self, stale: bool) -> None:
        """Show the code as one that is no longer the drawing's."""
        if stale != self._stale:
            self._stale = stale
            self.rehighlight()

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        colours = theme.palette()
        self._muted = _format(colours.muted)
        self._formats = {
            "comment": _format(colours.muted, italic=True),
            "string": _format(colours.good),
            "named": _format(colours.accent, bold=True),
            "keyword": _format(theme.category_colour("control").name()),
            "self": _format(theme.category_colour("activation").name()),
            "number": _format(colours.warning),
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line; a docstring goes on over several."""
        start = 0
        if self.previousBlockState() == _IN_STRING:
            end = text.find(_QUOTES)
            start = len(text) if end < 0 else end + len(_QUOTES)
            self._colour(0, start, "string")
            self.setCurrentBlockState(_IN_STRING if end < 0 else 0)
        else:
            self.setCurrentBlockState(0)
        for match in _TOKEN.finditer(text, start):
            kind = match.lastgroup or ""
            self._colour(match.start(), match.end() - match.start(), kind)
            if kind == "string" and match[0].lstrip("rbf").startswith(_QUOTES) and match[0].count(_QUOTES) == 1:
                self.setCurrentBlockState(_IN_STRING)
        if self._stale:
            self.setFormat(0, len(text), self._muted)

    def _colour(self, start: int, count: int, kind: str) -> None:
        self.setFormat(start, count, self._formats[kind])


def _format(colour: str, *, bold: bool = False, italic: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(colour))
    made.setFontItalic(italic)
    if bold:
        made.setFontWeight(QFont.Weight.DemiBold)
    return made


class CodeView(QPlainTextEdit):
    """Code with line numbers."""

    lineClicked = Signal(int)  # noqa: N815 - Qt's spelling of signals
    """A line was clicked, counted from 1; not emitted where the mouse selected text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(theme.font(theme.TEXT_SIZE, mono=True))
        self.document().setDocumentMargin(theme.GRID)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._marked: frozenset[int] = frozenset()
        self._highlighter = PythonHighlighter(self.document())
        self._gutter = _Gutter(self)
        self.blockCountChanged.connect(lambda _: self._make_room())
        self.updateRequest.connect(self._move_gutter)
        self._make_room()

    # ---- text

    def set_code(self, text: str) -> None:
        """Show other code. Only the lines that differ are replaced, so that nothing scrolls."""
        old, new = self.toPlainText().split("\n"), text.split("\n")
        if old == new:
            return
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        scrolled = self.verticalScrollBar().value(), self.horizontalScrollBar().value()
        self._replace_lines(head, len(old) - tail, new[head : len(new) - tail])
        self.verticalScrollBar().setValue(scrolled[0])
        self.horizontalScrollBar().setValue(scrolled[1])

    def _replace_lines(self, first: int, end: int, lines: list[str]) -> None:
        """Put other lines in the place of lines `first` to `end` (counted from 0, `end` not among them)."""
        document, cursor = self.document(), QTextCursor(self.document())
        count = document.blockCount()
        if end < count:
            cursor.setPosition(document.findBlockByNumber(first).position())
            cursor.setPosition(document.findBlockByNumber(end).position(), QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText("".join(f"{line}\n" for line in lines))
        elif first == 0:
            self.setPlainText("\n".join(lines))
        else:
            last = document.findBlockByNumber(first - 1)
            cursor.setPosition(last.position() + last.length() - 1)
            cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText("".join(f"\n{line}" for line in lines))

    def set_stale(self, stale: bool) -> None:
        """Show the code as one that is no longer the drawing's."""
        self._highlighter.set_stale(stale)

    # ---- marked lines

    @property
    def marked(self) -> frozenset[int]:
        """The lines that are marked, counted from 1."""
        return self._marked

    def mark(self, lines: Iterable[int], *, scroll: bool) -> None:
        """Mark lines (counted from 1) and none else, and bring the first of them into view where none is in it."""
        self._marked = frozenset(lines)
        self._show_marks()
        if scroll and self._marked and not self._marked & self._visible_lines():
            bar = self.verticalScrollBar()
            bar.setValue(max(0, min(self._marked) - 1 - bar.pageStep() // 3))

    def _visible_lines(self) -> set[int]:
        first = self.firstVisibleBlock().blockNumber() + 1
        whole = self.viewport().height() // self.fontMetrics().lineSpacing()
        return set(range(first, first + whole))

    def _show_marks(self) -> None:
        colour = QColor(theme.palette().accent)
        colour.setAlphaF(0.16)
        selections = []
        for line in sorted(self._marked):
            selection = QTextEdit.ExtraSelection()
            selection.format.setBackground(colour)
            selection.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            selection.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
            selections.append(selection)
        self.setExtraSelections(selections)
        self._gutter.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell the line, unless the mouse selected text."""
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self.textCursor().hasSelection():
            self.lineClicked.emit(self.cursorForPosition(event.position().toPoint()).blockNumber() + 1)

    # ---- line numbers

    def gutter_width(self) -> int:
        """Room for the largest line number."""
        digits = max(3, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 4 * theme.GRID

    def _make_room(self) -> None:
        self.setViewportMargins(self.gutter_width(), 0, 0, 0)

    def _move_gutter(self, rect: QRect, dy: int) -> None:
        if dy:
            self._gutter.scroll(0, dy)
        else:
            self._gutter.update(0, rect.y(), self._gutter.width(), rect.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The line numbers are as high as the text."""
        super().resizeEvent(event)
        area = self.contentsRect()
        self._gutter.setGeometry(area.left(), area.top(), self.gutter_width(), area.height())

    def paint_gutter(self, event: QPaintEvent) -> None:
        """Draw the numbers of the lines in view."""
        colours = theme.palette()
        painter = QPainter(self._gutter)
        painter.fillRect(event.rect(), QColor(colours.frame))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber() + 1
            painter.setPen(QColor(colours.accent if number in self._marked else colours.muted))
            box = QRect(0, round(top), self._gutter.width() - 2 * theme.GRID, round(height))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(number))
            block, top = block.next(), top + height
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange) and hasattr(self, "_gutter"):
            self._highlighter.restyle()
            self._show_marks()


class _Gutter(QWidget):
    """The column of line numbers."""

    def __init__(self, view: CodeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self) -> QSize:
        return QSize(self._view.gutter_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_gutter(event)
