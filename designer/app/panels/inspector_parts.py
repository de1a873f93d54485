"""What the inspector shows beside the form: who is selected, the facts of inference, and the layer's documentation."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.panels import glyphs
from designer.app.panels.controls import LineEdit, leaves_undo_to_document
from designer.layers.base import Category

Fact = tuple[str, str]
"""What it is and what it comes to."""


def quiet(label: QLabel, size: int = theme.SMALL_SIZE) -> QLabel:
    """The label in the muted colour, which follows the scheme through its palette."""
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    label.setFont(theme.font(size))
    return label


class CategoryMark(QWidget):
    """A category's picture in its colour; empty where nodes of several categories are selected."""

    _SIDE = 36

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(self._SIDE, self._SIDE)
        self._category: Category | None = None

    def show_category(self, category: Category | None) -> None:
        """Show another category."""
        self._category = category
        self.setVisible(category is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chip of the palette, larger."""
        if self._category is not None:
            painter = QPainter(self)
            glyphs.chip(painter, self._category, QRectF(self.rect()), theme.category_colour(self._category))
            painter.end()


class NameEdit(LineEdit):
    """The name of a node or of the drawing; every keystroke renames."""

    renamed = Signal(str)
    abandoned = Signal()
    """Escape: the name from before the typing is wanted back."""
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFont(theme.font(theme.TITLE_SIZE, bold=True))
        self.textEdited.connect(self.renamed)

    def show_name(self, name: str, placeholder: str) -> None:
        """Show a name; the cursor of who is typing it stays where it is."""
        self.setPlaceholderText(placeholder)
        if name != self.text():
            self.setText(name)
            self.setCursorPosition(0)

    def event(self, event: QEvent) -> bool:
        """Undo is the document's."""
        if isinstance(event, QKeyEvent) and leaves_undo_to_document(event):
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends the edit, Escape takes it back."""
        if event.key() == Qt.Key.Key_Escape:
            self.abandoned.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.selectAll()
            self.finished.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving ends the edit."""
        super().focusOutEvent(event)
        self.finished.emit()


class Header(QWidget):
    """Category, name and kind of what is selected."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = CategoryMark()
        self.name = NameEdit()
        self.name.setObjectName("nodeName")
        self.title = QLabel()
        self.title.setFont(theme.font(theme.TITLE_SIZE, bold=True))
        self.title.setWordWrap(True)
        self.kind = quiet(QLabel())
        self.kind.setObjectName("nodeType")
        self.kind.setWordWrap(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.GRID)
        grid.setVerticalSpacing(theme.GRID)
        grid.addWidget(self.mark, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self.title, 0, 1)
        grid.addWidget(self.kind, 1, 1)
        grid.setColumnStretch(1, 1)

    def show_one(self, category: Category | None, name: str, placeholder: str, kind: str) -> None:
        """One thing, which can be renamed."""
        self._show(category, kind, renamable=True)
        self.name.show_name(name, placeholder)

    def show_several(self, category: Category | None, title: str, kind: str) -> None:
        """Several things."""
        self._show(category, kind, renamable=False)
        self.title.setText(title)

    def _show(self, category: Category | None, kind: str, *, renamable: bool) -> None:
        self.mark.show_category(category)
        self.name.setVisible(renamable)
        self.title.setVisible(not renamable)
        self.kind.setText(kind)


class FactsTable(QLabel):
    """What inference found out, one line per fact. One text, so that all of it can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("facts")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts: dict[str, str] = {}

    def show_facts(self, facts: Iterable[Fact]) -> None:
        """Show these facts instead of the old ones."""
        found = dict(facts)
        if found != self._facts:
            self._facts = found
            self._write()

    def texts(self) -> dict[str, str]:
        """The facts as they are shown."""
        return dict(self._facts)

    def _write(self) -> None:
        muted = theme.palette().muted
        rows = (
            f'<tr><td style="color: {muted}; padding: 2px 12px 2px 0; white-space: nowrap">{escape(name)}</td>'
            f'<td style="padding: 2px 0">{escape(value)}</td></tr>'
            for name, value in self._facts.items()
        )
        self.setText(f'<table cellspacing="0">{"".join(rows)}</table>')
        self.setAccessibleName("\n".join(f"{name}: {value}" for name, value in self._facts.items()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self._write()


class Fold(QWidget):
    """A heading that folds and unfolds a text."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._unfolded = True
        self.heading = QToolButton()
        self.heading.setObjectName(name)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.heading.clicked.connect(self._toggle)
        self.text = QLabel()
        self.text.setObjectName(f"{name}Text")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GRID)
        layout.addWidget(self.heading)
        layout.addWidget(self.text)
        self._show_arrow()

    def show_text(self, heading: str, paragraphs: Iterable[str]) -> None:
        """Show another text under another heading, folded or not as before."""
        self.heading.setText(heading)
        self.text.setText("\n\n".join(paragraphs))

    def _toggle(self) -> None:
        self._unfolded = not self._unfolded
        self.text.setVisible(self._unfolded)
        self._show_arrow()

    def _show_arrow(self) -> None:
        self.heading.setArrowType(Qt.ArrowType.DownArrow if self._unfolded else Qt.ArrowType.RightArrow)


class Rule(QWidget):
    """A thin line between two sections."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One pixel in the border's colour."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.palette().border)
        painter.end()
