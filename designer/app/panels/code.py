"""The code beside the canvas: the PyTorch source of the drawing, following every edit and the selection."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QSize, QTimer
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from designer.app import icons, theme
from designer.app.document import Document
from designer.app.i18n import tr
from designer.app.panels.code_view import CodeView
from designer.app.panels.inspector_parts import quiet
from designer.app.panels.problem_card import ProblemCard
from designer.app.panels.refresh import Refresh
from designer.app.saving import save_code
from designer.codegen.errors import CodegenError
from designer.codegen.source import Source, generate
from designer.shapes import Problem


class CodePanel(QWidget):
    """What the drawing is as code; a line and a node select each other."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("code")
        self.setAccessibleName(tr("Code"))
        self._document = document
        self._source = Source("", {}, "")
        self._node_of_line: dict[int, str] = {}
        self.view = CodeView()
        self.view.setObjectName("codeView")
        self.view.setAccessibleName(tr("PyTorch code of the network"))
        self.view.setPlaceholderText(tr("Once the drawing has no errors, its PyTorch code stands here."))
        self.view.lineClicked.connect(self._select_line)
        self._status = quiet(QLabel())
        self._status.setObjectName("codeStatus")
        self._status.setWordWrap(True)
        self._card = ProblemCard(document, named=True)
        self._card.setObjectName("codeProblem")
        self._card.activated.connect(document.reveal)
        self._copy = QPushButton(tr("Copy"))
        self._copy.setObjectName("copyCode")
        self._copy.clicked.connect(self.copy)
        self._save = QPushButton(tr("Save as .py..."))
        self._save.setObjectName("saveCode")
        self._save.clicked.connect(self.save_as)
        self._lay_out()
        self._restyle()
        self._refresh = Refresh(self, self._update, 60)
        self._card.stale.connect(self._refresh.request)
        document.changed.connect(self._refresh.request)
        document.selectionChanged.connect(self._follow_selection)
        self._refresh.request()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        bar.setSpacing(2 * theme.GRID)
        bar.addWidget(self._status, 1)
        bar.addWidget(self._copy)
        bar.addWidget(self._save)
        place = QVBoxLayout()
        place.setContentsMargins(2 * theme.GRID, 0, 2 * theme.GRID, 0)
        place.addWidget(self._card)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(place)
        column.addWidget(self.view, 1)
        self._card.hide()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while the panel was hidden."""
        super().showEvent(event)
        self._refresh.flush()

    def sizeHint(self) -> QSize:
        """About 80 columns of code."""
        return QSize(170 * theme.GRID, 70 * theme.GRID)

    # ---- following the document

    def _update(self) -> None:
        error = next((problem for problem in self._document.problems if problem.severity == "error"), None)
        if error is None:
            try:
                self._show(generate(self._document.graph, self._document.analysis))
            except CodegenError as refused:
                error = Problem("", "codegen", refused.message)
        self._show_error(error)
        self._mark(scroll=False)

    def _show(self, source: Source) -> None:
        self._source = source
        self._node_of_line = _node_of_line(source.lines)
        self.view.set_code(source.text)

    def _show_error(self, error: Problem | None) -> None:
        self.view.set_stale(error is not None)
        for button in (self._copy, self._save):
            button.setEnabled(error is None)
        self._card.setVisible(error is not None)
        if error is not None:
            self._card.show_problem(error)
            self._status.setText(
                tr("The code is from before the last valid edit.") if self._source.text else tr("No code yet.")
            )
        else:
            lines = self._source.text.count("\n")
            self._status.setText(
                tr("class {name}, {count} lines; needs only PyTorch", name=self._source.class_name, count=lines)
            )

    def _follow_selection(self) -> None:
        if self.isVisible():
            self._mark(scroll=True)
        else:
            self._refresh.request()

    def _mark(self, *, scroll: bool) -> None:
        lines = self._source.lines
        self.view.mark((line for node in self._document.selection for line in lines.get(node, ())), scroll=scroll)

    def _select_line(self, line: int) -> None:
        node = self._node_of_line.get(line)
        if node is not None and node in self._document.graph.owners:
            self._document.reveal(node)

    # ---- taking the code away

    def copy(self) -> None:
        """Put the whole code on the clipboard, and say so for a moment."""
        QGuiApplication.clipboard().setText(self._source.text)
        self._copy.setText(tr("Copied"))
        QTimer.singleShot(1200, self._copy, lambda: self._copy.setText(tr("Copy")))

    def save_as(self) -> None:
        """Ask for a file and write the code into it."""
        save_code(self, self._document, self._source.text)

    # ---- look

    def _restyle(self) -> None:
        self._copy.setIcon(icons.icon("copy"))
        self._save.setIcon(icons.icon("save"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self._restyle()
            self._card.restyle()


def _node_of_line(lines: Mapping[str, tuple[int, ...]]) -> dict[int, str]:
    """The node of every line; where a frame and a node in it share one, the node with fewer lines."""
    found: dict[int, str] = {}
    for node in sorted(lines, key=lambda n: -len(lines[n])):
        found.update(dict.fromkeys(lines[node], node))
    return found
