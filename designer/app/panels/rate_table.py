"""The table of learning rates by epoch: from which epoch on which rate."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer.app import theme
from designer.app.i18n import render, tr
from designer.app.panels import values
from designer.app.panels.rate_plot import show_rate
from designer.app.tips import tip
from designer.errors import message
from designer.layers.fields import Field

Rates = tuple[tuple[int, float], ...]

_EPOCH = Field("epoch", "int", 0, 0, 1_000_000, (), False, message("After epochs").template, "")
_RATE = Field("rate", "float", 0.01, 0, 1000, (), False, message("Learning rate").template, "")
_COLUMNS = (_EPOCH, _RATE)


class RateTable(QWidget):
    """Edits (epoch, rate) pairs. Only a table without mistakes is emitted; a wrong cell stays, red, with its reason."""

    ratesChanged = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """Emits the `Rates`, by rising epoch."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Rates = ()
        self.table = _Table(0, len(_COLUMNS))
        self.table.setObjectName("recipe_rates")
        self.table.setAccessibleName(tr("Learning rates by epoch"))
        self.table.setToolTip(tip(tr("After so many epochs the learning rate is the one beside them.")))
        self.table.setHorizontalHeaderLabels([tr(column.title) for column in _COLUMNS])
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)  # Tab leads on to the next widget; arrows move in here
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers)
        self.table.itemChanged.connect(self._read)
        self.table.deletePressed.connect(self.remove)
        self.reason = QLabel()
        self.reason.setObjectName("reason_rates")
        self.reason.setWordWrap(True)
        self.reason.setFont(theme.font(theme.SMALL_SIZE))
        self.reason.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.table)
        column.addWidget(self.reason)
        column.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.GRID)
        for name, text, hint, run in (
            ("rateAdd", tr("Add a rate"), tr("A tenth of the last rate, ten epochs later"), self.add),
            ("rateRemove", tr("Remove"), tr("Remove the selected rows (Delete)"), self.remove),
        ):
            button = QToolButton()
            button.setObjectName(name)
            button.setText(text)
            button.setToolTip(hint)
            button.setAccessibleName(text)
            button.clicked.connect(run)
            row.addWidget(button)
        row.addStretch(1)
        return row

    # ---- values

    def show_rates(self, rates: Rates) -> None:
        """Show these rates; cells being typed that led to them stay."""
        if rates == self._shown and self.table.rowCount():
            return
        self._shown = rates
        self._fill([(str(epoch), show_rate(rate)) for epoch, rate in rates])

    def _fill(self, texts: list[tuple[str, str]]) -> None:
        self.table.blockSignals(True)
        self.table.setRowCount(len(texts))
        for row, cells in enumerate(texts):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.blockSignals(False)
        header = self.table.horizontalHeader().sizeHint().height()
        rows = min(max(len(texts), 2), 6)
        self.table.setFixedHeight(header + rows * self.table.verticalHeader().defaultSectionSize() + 4)
        self._judge()

    def _texts(self) -> list[tuple[str, str]]:
        cells = [[self.table.item(row, column) for column in range(2)] for row in range(self.table.rowCount())]
        return [(a.text() if a else "", b.text() if b else "") for a, b in cells]

    def _read(self) -> None:
        rates = self._judge()
        if rates is not None and rates != self._shown:
            self._shown = rates
            self.ratesChanged.emit(rates)

    def _judge(self) -> Rates | None:
        """The rates of the table, marking what is wrong; None if anything is."""
        self.table.blockSignals(True)  # colours are changes of items too
        found: list[tuple[int, float]] = []
        reason = ""
        for row, texts in enumerate(self._texts()):
            cells = [self._judge_cell(row, column, text) for column, text in enumerate(texts)]
            reason = reason or next((c for c in cells if isinstance(c, str)), "")
            if not any(isinstance(cell, str) for cell in cells):
                found.append((int(cells[0]), float(cells[1])))
        if not reason and len({epoch for epoch, _ in found}) < len(found):
            reason = tr("Two rows have the same epoch.")
        self.table.blockSignals(False)
        self.reason.setText(reason)
        self.reason.setStyleSheet(f"color: {theme.palette().error};")
        self.reason.setVisible(bool(reason))
        return None if reason else tuple(sorted(found))

    def _judge_cell(self, row: int, column: int, text: str) -> float | str:
        item = self.table.item(row, column)
        try:
            value = values.parse(_COLUMNS[column], text)
        except values.UnreadableError as error:
            reason = render(error.message)
            if item is not None:
                item.setForeground(QColor(theme.palette().error))
                item.setToolTip(tip(reason))
            return reason
        if item is not None:
            item.setData(Qt.ItemDataRole.ForegroundRole, None)
            item.setToolTip("")
        return float(value)

    # ---- rows

    def add(self) -> None:
        """Another row: a tenth of the last rate, ten epochs later."""
        epoch, rate = self._shown[-1] if self._shown else (-10, 0.1)
        self._fill([*self._texts(), (str(epoch + 10), show_rate(rate / 10))])
        self._read()

    def remove(self) -> None:
        """Remove the selected rows (the last one where none is); one row always stays."""
        chosen = {index.row() for index in self.table.selectedIndexes()} or {self.table.rowCount() - 1}
        kept = [texts for row, texts in enumerate(self._texts()) if row not in chosen]
        if kept:
            self._fill(kept)
            self._read()


class _Table(QTableWidget):
    """A table whose Delete key removes rows."""

    deletePressed = Signal()  # noqa: N815

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete is told, all else is as ever."""
        if event.key() == Qt.Key.Key_Delete:
            self.deletePressed.emit()
        else:
            super().keyPressEvent(event)
