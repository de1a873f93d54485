"""One problem as a row: its sign, the node, the words, and a button for every mend."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from designer.app import icons, theme
from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.panels.flow import FlowLayout
from designer.app.tips import tip
from designer.graph import GraphError
from designer.shapes import Problem

_SIGN = 16


class FixButton(QPushButton):
    """A mend. Where the panel is narrow its text goes on in further lines."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._whole = text
        self.setObjectName("fix")
        self.setToolTip(tip(text))
        self.setAccessibleName(tr("Mend: {what}", what=text))
        policy = QSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """Room for the whole text in one line."""
        return self._frame() + self.fontMetrics().size(0, self._whole)

    def minimumSizeHint(self) -> QSize:
        """It becomes higher rather than widen the panel."""
        return QSize(64, self.sizeHint().height())

    def heightForWidth(self, width: int) -> int:
        """Room for all lines."""
        return self._frame().height() + self.fontMetrics().size(0, self._wrapped(width)).height()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the text where the width asks for it."""
        super().resizeEvent(event)
        self.setText(self._wrapped(self.width()))

    def _frame(self) -> QSize:
        """What the button needs around its text."""
        return super().sizeHint() - self.fontMetrics().size(0, self.text())

    def _wrapped(self, width: int) -> str:
        """The text with line breaks between words; a word that is too long by itself ends in dots."""
        metrics, room = self.fontMetrics(), width - self._frame().width()
        lines = [""]
        for word in self._whole.split(" "):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if lines[-1] and metrics.horizontalAdvance(longer) > room:
                lines.append(word)
            else:
                lines[-1] = longer
        return "\n".join(metrics.elidedText(line, Qt.TextElideMode.ElideRight, max(room, 0)) for line in lines)


class ProblemCard(QFrame):
    """Shows one problem at a time; `show_problem` gives it another one."""

    activated = Signal(str)
    """Clicked, or Enter pressed: the id of the problem's node."""

    mended = Signal()
    """A mend was applied: its button goes, and takes the focus with it."""

    stale = Signal()
    """A mend no longer fits: the problems must be looked for again."""

    def __init__(self, document: Document, *, named: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problem")
        self._document = document
        self._named = named
        self._problem: Problem | None = None
        self._titles: list[str] = []
        self._fixes: list[FixButton] = []
        self._hovered = False
        self._sign = QLabel()
        self._sign.setFixedSize(_SIGN, _SIGN)
        self._words = QLabel()
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._node = QLabel()
        self._node.setFont(theme.font(bold=True))
        self._node.setTextFormat(Qt.TextFormat.PlainText)
        self._node.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._node.setVisible(named)
        self._buttons = FlowLayout()
        self._lay_out()
        if named:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setSpacing(theme.GRID)
        column.addWidget(self._node)
        column.addWidget(self._words)
        column.addLayout(self._buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        row.setSpacing(2 * theme.GRID)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)

    def show_problem(self, problem: Problem) -> None:
        """Show a problem. Buttons stay where only the drawing around it changed, so that the focus does too."""
        node = self._document.graph.find(problem.node)
        label = node.label if node else self._document.graph.name
        words = render(problem.text)
        titles = [render(fix.title) for fix in problem.fixes]
        self._problem = problem
        self._node.setText(label)
        self._words.setText(words)
        kind = tr("Error") if problem.severity == "error" else tr("Warning")
        self.setAccessibleName(f"{kind}, {label}: {words}")
        if titles != self._titles:
            self._titles = titles
            self._make_buttons()
        self.restyle()

    def _make_buttons(self) -> None:
        for button in self._fixes:
            button.hide()
            button.deleteLater()
        self._fixes = [FixButton(title) for title in self._titles]
        for number, button in enumerate(self._fixes):
            button.clicked.connect(partial(self._apply, number))
            self._buttons.addWidget(button)

    def _apply(self, number: int, *_: object) -> None:
        if self._problem is None:
            return
        fix = self._problem.fixes[number]
        try:
            self._document.edit(render(fix.title), fix.apply)
        except (GraphError, KeyError):  # the drawing changed since the mend was offered
            self.stale.emit()
            return
        self.mended.emit()

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        if self._problem is not None:
            name = self._problem.severity
            picture = icons.icon(name, self._colour()).pixmap(QSize(_SIGN, _SIGN), self.devicePixelRatioF())
            self._sign.setPixmap(picture)
        self.update()

    def _colour(self) -> str:
        colours = theme.palette()
        return colours.error if self._problem and self._problem.severity == "error" else colours.warning

    # ---- acting

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click goes to the node."""
        if (
            self._named
            and event.button() == Qt.MouseButton.LeftButton
            and self.rect().contains(event.position().toPoint())
        ):
            self._activate()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the node; the arrows lead from row to row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._activate()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _activate(self) -> None:
        if self._problem is not None and self._problem.node:
            self.activated.emit(self._problem.node)

    # ---- look

    def enterEvent(self, event: QEnterEvent) -> None:
        """Light up under the mouse."""
        self._hovered = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """And go out again."""
        self._hovered = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A quiet tint of the severity's colour, stronger under the mouse; a ring for the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = QColor(self._colour())
        fill.setAlphaF(0.14 if self._hovered and self._named else 0.08)
        painter.setBrush(fill)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(theme.palette().accent), 1.5) if focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.75, 0.75, -0.75, -0.75), 6, 6)
        painter.end()
