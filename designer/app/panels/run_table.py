"""Runs as a table: what is known of each without opening it, sorted by any column, read by a thread of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any, Final, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.jobs import InThread
from designer.app.panels.run_status import duration, percent, state_colour, state_text
from designer.data.catalogue import find
from designer.errors import Message
from designer.training.runs import RunSummary, State, list_runs

Index = QModelIndex | QPersistentModelIndex
ROOT: Final = QModelIndex()
SORT_ROLE: Final = Qt.ItemDataRole.UserRole
ROW_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""Gives the row's `RunSummary`."""


class Column(NamedTuple):
    """What a column is called, and what it says of a run: for people and for sorting."""

    title: str
    text: Any
    order: Any
    tip: str = ""
    numeric: bool = False


_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
NAME: Final = 1
STARTED: Final = 8


def columns() -> tuple[Column, ...]:
    """The columns, from left to right: in a small window those are seen by which runs are compared."""
    return (
        Column(tr("State"), lambda r: state_text(r.state), lambda r: r.state),
        Column(tr("Name"), lambda r: r.name, lambda r: r.name.lower(), tr("F2 gives it another name")),
        Column(tr("Best validation error"), _best_text, lambda r: _or_last(r.best_error),
               tr("The lowest error on the validation pictures, and the epoch it was reached in"), True),
        Column(tr("Test accuracy"), _test_text, lambda r: -(r.test_accuracy or 0),
               tr("On pictures the network was neither trained nor chosen with"), True),
        Column(tr("Epochs"), lambda r: f"{r.epochs_done} / {r.epochs}", lambda r: r.epochs_done, numeric=True),
        Column(tr("Network"), lambda r: r.network, lambda r: r.network.lower()),
        Column(tr("Data"), _data_text, lambda r: _data_text(r).lower()),
        Column(tr("Time"), lambda r: duration(r.seconds) if r.seconds else "", lambda r: r.seconds, numeric=True),
        Column(tr("Started"), _started_text, lambda r: r.created),
    )  # fmt: skip


def _data_text(row: RunSummary) -> str:
    info = find(row.data)
    if info is None:
        return Path(row.data).name or row.data
    title: Message = info.title
    return tr(title.template)


def _best_text(row: RunSummary) -> str:
    if row.best_error is None:
        return ""
    return tr(
        "{error} (epoch {epoch})",
        error=percent(row.best_error) if row.error == "share" else f"{row.best_error:.4g}",
        epoch=row.best_epoch,
    )


def _test_text(row: RunSummary) -> str:
    return "" if row.test_accuracy is None else percent(row.test_accuracy)


def _started_text(row: RunSummary) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)) if row.created else ""


def _or_last(value: float | None) -> float:
    return math.inf if value is None else value


class RunTable(QAbstractTableModel):
    """The runs of one folder; `show_rows` changes only what is different, so that selection and scrolling stay."""

    renameRequested = Signal(object, str)  # noqa: N815 - Qt's spelling of signals
    """Emits the `RunSummary` and the name typed for it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[RunSummary] = []
        self._columns = columns()

    @property
    def rows(self) -> Sequence[RunSummary]:
        """The runs, in no particular order."""
        return self._rows

    def show_rows(self, rows: Sequence[RunSummary]) -> None:
        """Show these runs."""
        wanted = {row.folder: row for row in rows}
        for at in reversed(range(len(self._rows))):
            if self._rows[at].folder not in wanted:
                self.beginRemoveRows(ROOT, at, at)
                del self._rows[at]
                self.endRemoveRows()
        for at, row in enumerate(self._rows):
            new = wanted.pop(row.folder)
            if new != row:
                self._rows[at] = new
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(self._columns) - 1))
        if wanted:
            first = len(self._rows)
            self.beginInsertRows(ROOT, first, first + len(wanted) - 1)
            self._rows += wanted.values()
            self.endInsertRows()

    # ---- Qt's model

    def rowCount(self, parent: Index = ROOT) -> int:
        """The number of runs."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        """The number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's title."""
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.ToolTipRole:
                return self._columns[section].tip or None
            if role == Qt.ItemDataRole.TextAlignmentRole and self._columns[section].numeric:
                return _RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, order, icon, alignment or the run itself."""
        row, column = self._rows[index.row()], self._columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole:
                return row.folder
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return state_icon(row.state, state_colour(row.state), theme.palette().on_accent)
            case Qt.ItemDataRole.TextAlignmentRole if column.numeric:
                return _RIGHT
        if role == SORT_ROLE:
            return column.order(row)
        return row if role == ROW_ROLE else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The name can be edited."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name."""
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.EditRole and index.column() == NAME and str(value) != row.name:
            self.renameRequested.emit(row, str(value))
            return True
        return False


class RunReader(QObject):
    """Reads a folder of runs in a thread: a thousand of them take longer than a frame."""

    read = Signal(object)
    """Emits the rows, newest first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._reading: InThread | None = None
        self._again: Path | None = None

    def request(self, root: Path) -> None:
        """Read soon; what is asked for while it reads is read afterwards."""
        if self._reading is not None:
            self._again = root
            return
        self._reading = InThread(partial(list_runs, root))
        self._reading.done.connect(self._done)
        self._reading.start()

    def _done(self, rows: Sequence[RunSummary]) -> None:
        self._reading = None
        self.read.emit(rows)
        if self._again is not None:
            root, self._again = self._again, None
            self.request(root)


_SIGN = 14


@cache
def state_icon(state: State, colour: str, selected: str) -> QIcon:
    """A sign for a run's state, in a colour and in that of selected rows; told apart by shape, not by colour alone."""
    icon = QIcon()
    for ratio, mode in product((1, 2), (QIcon.Mode.Normal, QIcon.Mode.Selected)):
        pixmap = QPixmap(_SIGN * ratio, _SIGN * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_sign(painter, state, QColor(colour if mode == QIcon.Mode.Normal else selected))
        painter.end()
        icon.addPixmap(pixmap, mode)
    return icon


def _draw_sign(painter: QPainter, state: State, colour: QColor) -> None:
    painter.setPen(QPen(colour, 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    match state:
        case "running":
            painter.setBrush(colour)
            painter.drawPolygon([QPointF(4, 3), QPointF(11, 7), QPointF(4, 11)])
        case "completed":
            painter.drawPolyline([QPointF(2.5, 7.5), QPointF(5.5, 10.5), QPointF(11.5, 3.5)])
        case "stopped":
            painter.setBrush(colour)
            painter.drawRect(4, 4, 6, 6)
        case "failed" | "died":
            painter.drawLine(QPointF(3.5, 3.5), QPointF(10.5, 10.5))
            painter.drawLine(QPointF(3.5, 10.5), QPointF(10.5, 3.5))
