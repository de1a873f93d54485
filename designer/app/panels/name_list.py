"""A list of names with values, to add, rename, change and delete: a graph's variables, a block's arguments."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from designer.app import icons, theme
from designer.app.i18n import tr
from designer.app.panels.controls import LineEdit
from designer.app.panels.formulas import Surroundings
from designer.app.panels.inspector_parts import quiet
from designer.app.panels.value_rows import ValueRow, field_of
from designer.app.panels.words import Words
from designer.graph.model import Argument


class Entry(NamedTuple):
    """One name as the list shows it."""

    name: str
    value: Any
    surroundings: Surroundings
    """What its formula may use."""
    fault: str = ""
    """What is wrong with it, beyond what its formula says itself."""
    description: str | None = None
    """None: it has none."""


class EntryName(LineEdit):
    """A name; Enter or leaving takes it, Escape takes the old one back."""

    renamed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setText(name)
        self._name = name
        self.setFont(theme.font(theme.TEXT_SIZE, mono=True))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter ends the edit, Escape takes it back."""
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._name)
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving ends the edit."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._take()

    def _take(self) -> None:
        if self.text().strip() != self._name:
            self.renamed.emit(self.text().strip())


class _Value(ValueRow):
    """A name's value. It has no default to go back to, so the button for that, which has no place here, stays away."""

    def _update_reset(self) -> None:
        """Showing the button would open it as a window of its own, which takes the keyboard."""


class _Line:
    """The widgets of one entry."""

    def __init__(self, entry: Entry, prefix: str) -> None:
        self.name = EntryName(entry.name)
        self.name.setObjectName(f"{prefix}Name_{entry.name}")
        self.name.setAccessibleName(tr("Name of {name}", name=entry.name))
        self.row = _Value(field_of(Argument(entry.name, entry.value)))
        self.row.control.setObjectName(f"{prefix}Value_{entry.name}")
        self.row.control.setAccessibleName(tr("Value of {name}", name=entry.name))
        self.remove = QToolButton()
        self.remove.setObjectName(f"{prefix}Delete_{entry.name}")
        self.remove.setAutoRaise(True)
        self.remove.setIconSize(QSize(14, 14))
        self.remove.setAccessibleName(tr("Delete {name}", name=entry.name))
        self.remove.setToolTip(tr("Delete {name}", name=entry.name))
        self.fault = Words(f"{prefix}Fault_{entry.name}", "error")
        self.about: LineEdit | None = None
        if entry.description is not None:
            self.about = LineEdit()
            self.about.setObjectName(f"{prefix}About_{entry.name}")
            self.about.setAccessibleName(tr("Description of {name}", name=entry.name))
            self.about.setPlaceholderText(tr("What it is for"))
            self.about.setFont(theme.font(theme.SMALL_SIZE))

    def show(self, entry: Entry) -> None:
        self.row.set_surroundings(entry.surroundings)
        self.row.set_value(entry.value)
        self.fault.say(entry.fault if self.row.reason.isHidden() else "")
        if self.about is not None and self.about.text() != entry.description and not self.about.hasFocus():
            self.about.setText(entry.description or "")


class NameList(QWidget):
    """Lines of names with their values, and a button that adds one. It edits nothing itself."""

    valueChanged = Signal(str, object)  # noqa: N815 - Qt's spelling of signals
    editingFinished = Signal()  # noqa: N815
    abandoned = Signal(str)
    renamed = Signal(str, str)
    described = Signal(str, str)
    removed = Signal(str)
    added = Signal()

    def __init__(self, prefix: str, title: str, hint: str, add: str) -> None:
        super().__init__()
        self.setObjectName(f"{prefix}s")
        self._prefix = prefix
        self._lines: dict[str, _Line] = {}
        self._title = QLabel(title)
        self._title.setFont(theme.font(bold=True))
        self._hint = quiet(QLabel(hint))
        self._hint.setWordWrap(True)
        self._grid_place = QVBoxLayout()
        self._body: QWidget | None = None
        self.add = QToolButton()
        self.add.setObjectName(f"{prefix}Add")
        self.add.setText(add)
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.add.clicked.connect(self.added)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self._title)
        column.addWidget(self._hint)
        column.addLayout(self._grid_place)
        column.addWidget(self.add)

    def show_entries(self, entries: list[Entry]) -> None:
        """Show these; lines stay where the names are the same."""
        names = [entry.name for entry in entries]
        described = [entry.description is not None for entry in entries]
        if names != list(self._lines) or described != [line.about is not None for line in self._lines.values()]:
            self._build(entries)
        for entry in entries:
            self._lines[entry.name].show(entry)
        self._hint.setVisible(not entries)

    def focus_name(self, name: str) -> None:
        """Put the cursor into a name, to type another."""
        self._lines[name].name.setFocus(Qt.FocusReason.OtherFocusReason)
        self._lines[name].name.selectAll()

    def _build(self, entries: list[Entry]) -> None:
        if self._body is not None:
            self._body.hide()
            self._body.deleteLater()
        self._body = QWidget()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.GRID)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        self._lines = {}
        for number, entry in enumerate(entries):
            self._place(grid, 5 * number, entry)
        self._grid_place.addWidget(self._body)
        self._restyle()

    def _place(self, grid: QGridLayout, at: int, entry: Entry) -> None:
        line = self._lines[entry.name] = _Line(entry, self._prefix)
        grid.addWidget(line.name, at, 0)
        grid.addWidget(line.row.control, at, 1)
        grid.addWidget(line.remove, at, 2)
        grid.addWidget(line.row.result, at + 1, 1, 1, 2)
        grid.addWidget(line.row.reason, at + 2, 0, 1, 3)
        grid.addWidget(line.fault, at + 3, 0, 1, 3)
        if line.about is not None:
            grid.addWidget(line.about, at + 4, 0, 1, 2)
            line.about.textEdited.connect(partial(self.described.emit, entry.name))
            line.about.editingFinished.connect(self.editingFinished)
        line.name.renamed.connect(partial(self.renamed.emit, entry.name))
        line.row.edited.connect(partial(self.valueChanged.emit, entry.name))
        line.row.finished.connect(self.editingFinished)
        line.row.abandoned.connect(partial(self.abandoned.emit, entry.name))
        line.remove.clicked.connect(lambda: self.removed.emit(entry.name))

    def refuse_name(self, name: str, reason: str) -> None:
        """Say why a new name cannot be used; the old one stays."""
        line = self._lines[name]
        line.name.setText(name)
        line.fault.say(reason)

    def _restyle(self) -> None:
        for line in self._lines.values():
            line.row.restyle()
            line.remove.setIcon(icons.icon("close", theme.palette().muted))
        self.add.setIcon(icons.icon("add", theme.palette().muted))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self._restyle()
