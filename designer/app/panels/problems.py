"""The list of problems: what is wrong, in words; a click goes to the node, buttons apply the mends."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from designer.app import icons, theme
from designer.app.document import Document
from designer.app.i18n import tr
from designer.app.panels.problem_card import ProblemCard
from designer.app.panels.refresh import Refresh
from designer.shapes import Problem

SHOWN: Final = 100
"""Rows at most; whoever has more problems than that mends one and sees the next."""


class ProblemsPanel(QWidget):
    """One row per problem, errors first."""

    countChanged = Signal(int, int)  # noqa: N815 - Qt's spelling of signals
    """Errors and warnings, for the tab's badge; emitted whether or not the panel is on the screen."""
    mended = Signal()
    """A mend was applied, and its button is gone."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problems")
        self.setAccessibleName(tr("Problems"))
        self._document = document
        self._counts: tuple[int, int, bool] | None = None
        self._cards: list[ProblemCard] = []
        self._sign = QLabel()
        self._good = QLabel(tr("No problems: this network can be trained."))
        self._good.setObjectName("noProblems")
        self._more = QLabel()
        self._more.setObjectName("moreProblems")
        self._list = QVBoxLayout()
        self._lay_out()
        self._rows = Refresh(self, self._show_rows)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(30)
        self._timer.timeout.connect(self._look)
        document.changed.connect(self._request)
        self._restyle()
        self._timer.start()

    def _lay_out(self) -> None:
        self._list.setSpacing(theme.GRID)
        content = QWidget()
        self._content = QVBoxLayout(content)
        self._content.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        self._content.setSpacing(theme.GRID)
        self._state = QWidget()
        state = QHBoxLayout(self._state)
        state.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        state.setSpacing(2 * theme.GRID)
        state.addWidget(self._sign)
        state.addWidget(self._good, 1)
        self._good.setWordWrap(True)
        for part in (self._state, self._more):
            self._content.addWidget(part)
            part.hide()
        self._content.insertLayout(1, self._list)
        self._content.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        self._scroll = scroll
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while the panel was hidden."""
        super().showEvent(event)
        self._rows.flush()

    def sizeHint(self) -> QSize:
        """A few rows."""
        return QSize(120 * theme.GRID, 40 * theme.GRID)

    # ---- following the document

    def _request(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _look(self) -> None:
        found = self._found
        errors = sum(problem.severity == "error" for problem in found)
        counts = (errors, len(found) - errors, bool(self._document.graph.nodes))
        if counts != self._counts:
            self._counts = counts
            self.countChanged.emit(*counts[:2])
        self._rows.request()
        self._rows.flush()

    @property
    def _found(self) -> list[Problem]:
        """The problems; that nothing is drawn yet is none of them."""
        return [problem for problem in self._document.problems if problem.code != "empty"]

    def _show_state(self) -> None:
        empty = not self._document.graph.nodes
        self._sign.setVisible(not empty)
        self._good.setText(
            tr("Drag an Input from the list of layers onto the canvas, or click the canvas and type its name. "
               "What does not fit is told here while you draw, with what mends it.") if empty
            else tr("No problems: this network can be trained.")
        )  # fmt: skip

    def _show_rows(self) -> None:
        found = self._found
        shown = found[:SHOWN]
        while len(self._cards) < len(shown):
            self._cards.append(self._make_card())
        for card, problem in zip(self._cards, shown, strict=False):
            card.show_problem(problem)
        for number, card in enumerate(self._cards):
            card.setVisible(number < len(shown))
        self._state.setVisible(not found)
        self._show_state()
        self._more.setVisible(len(found) > SHOWN)
        self._more.setText(tr("And {count} more.", count=len(found) - SHOWN))

    def _make_card(self) -> ProblemCard:
        card = ProblemCard(self._document, named=True)
        card.activated.connect(self._document.reveal)
        card.stale.connect(self._request)
        card.mended.connect(self.mended)
        self._list.addWidget(card)
        return card

    # ---- look

    def _restyle(self) -> None:
        colour = theme.palette().good
        self._sign.setPixmap(icons.icon("check", colour).pixmap(QSize(20, 20), self.devicePixelRatioF()))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self._restyle()
            for card in self._cards:
                card.restyle()
