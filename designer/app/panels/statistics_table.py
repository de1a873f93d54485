"""The statistics of a network as a table: a row for each layer, figures of one repetition or of all."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from designer.app import theme
from designer.app.i18n import tr
from designer.app.numbers import bytes_text
from designer.graph.model import BLOCK, Node
from designer.layers.base import show
from designer.layers.registry import title_of
from designer.shapes.memory import BYTES, Path
from designer.shapes.statistics import Row

Index = QModelIndex | QPersistentModelIndex
ROOT: Final = QModelIndex()
INDENT: Final = "    "
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Line(NamedTuple):
    """What a row of the table says."""

    path: tuple[Node, ...]
    number: int
    """Place in the drawing."""
    repetition: str
    """Which repetition it is, where each has figures of its own; else empty."""
    type: str
    output: str
    figures: Mapping[str, int]
    runs: int

    @property
    def node(self) -> str:
        """The id of the node."""
        return self.path[-1].id

    @property
    def name(self) -> str:
        """The node's name, with those of the frames and blocks around it."""
        return " / ".join(node.label for node in self.path) + self.repetition


class Column(NamedTuple):
    """A column: its key, which figures are looked up by, and what it is called."""

    key: str
    title: str
    tip: str
    is_figure: bool = True
    is_shown: bool = True


def columns() -> tuple[Column, ...]:
    """The columns, from left to right."""
    return (
        Column("name", tr("Layer"), tr("Indented by the frames and blocks around it"), False),
        Column("type", tr("Type"), tr("The kind of layer"), False),
        Column("output", tr("Output"), tr("The shape that comes out, without the batch axis"), False),
        Column("runs", tr("Runs"), tr("How often it runs for one sample"), False),
        Column("outputs", tr("Output values"), tr("Values that come out for one sample")),
        Column("parameters", tr("Parameters"), tr("Values that training changes")),
        Column("weights", tr("All parameters"), tr("Frozen ones too"), is_shown=False),
        Column("parameters_nnc", tr("Parameters in NNC"),
               tr("As Neural Network Console counts them: with running means and variances, once for each run"),
               is_shown=False),
        Column("multiply_adds", tr("Multiply-adds"), tr("Of one sample, forwards")),
        Column("adds", tr("Additions"), tr("Of one sample, besides the multiply-adds"), is_shown=False),
        Column("multiplies", tr("Multiplications"), tr("Of one sample, besides the multiply-adds"), is_shown=False),
        Column("divisions", tr("Divisions"), tr("Of one sample"), is_shown=False),
        Column("exps", tr("Exponentials"), tr("Exponentials, logarithms and powers of one sample"), is_shown=False),
        Column("ifs", tr("Comparisons"), tr("Of one sample"), is_shown=False),
        Column("output_memory", tr("Output memory"), tr("What comes out for a whole batch, in bytes")),
        Column("saved", tr("Kept for training"),
               tr("Bytes that stay until the backward pass, for a whole batch and all repetitions; a tensor that "
                  "several layers keep counts at the first")),
    )  # fmt: skip


SIZES: Final = frozenset({"output_memory", "saved"})
"""Columns in bytes."""
_BY_SIZE: Final = frozenset({"output", "runs"})
"""Columns that read as text and sort by a number."""


def lines(found: Sequence[Row], saved: Mapping[Path, int], batch_size: int, *, repeated: bool) -> list[Line]:
    """The rows of a network; `repeated` multiplies the repetitions in."""
    made: list[Line] = []
    seen: dict[Path, int] = {}
    twice: dict[Path, int] = {}
    for row in found:
        path = tuple(node.id for node in row.path)
        twice[path] = twice.get(path, 0) + 1
    for number, row in enumerate(found):
        path = tuple(node.id for node in row.path)
        repetition = seen[path] = seen.get(path, -1) + 1
        figures = row.figures.times(row.runs, row.copies) if repeated else row.figures
        values = {
            "outputs": figures.outputs, "parameters": figures.parameters, "weights": figures.weights,
            "parameters_nnc": figures.parameters_nnc, "output_memory": BYTES * batch_size * figures.outputs,
            "saved": saved.get(path, 0) if repetition == 0 else 0, **figures.costs._asdict(),
        }  # fmt: skip
        number_text = f" [{repetition}]" if twice[path] > 1 else ""
        kind, output = tr(title_of(type(row.layer))), ", ".join(map(show, row.shapes))
        made.append(Line(row.path, number, number_text, kind, output, values, row.runs))
    return made


def text_of(line: Line, column: Column) -> str:
    """What a cell says."""
    match column.key:
        case "name":
            return INDENT * (len(line.path) - 1) + line.path[-1].label + line.repetition
        case "type":
            return line.type
        case "output":
            return line.output
        case "runs":
            return f"× {line.runs:,}" if line.runs > 1 else ""
    value = line.figures[column.key]
    return figure_text(column, value)


def figure_text(column: Column, value: int) -> str:
    """A figure as people read it; nothing for none."""
    if not value:
        return ""
    return bytes_text(value) if column.key in SIZES else f"{value:,}"


def _ids(line: Line) -> list[str]:
    """Which layer it is, whatever it is called and takes now."""
    return [node.id for node in line.path]


class StatisticsTable(QAbstractTableModel):
    """The lines, sorted and filtered; no line costs more than its text while it is seen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns()
        self._all: list[Line] = []
        self._shown: list[Line] = []
        self._wanted = ""
        self._sorted: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    @property
    def shown(self) -> Sequence[Line]:
        """The lines from top to bottom."""
        return self._shown

    def show_lines(self, found: list[Line]) -> None:
        """Show these lines; where as many are shown as before, they stay where they are on the screen."""
        self._all = found
        arranged = self._arranged()
        if [_ids(line) for line in arranged] == [_ids(line) for line in self._shown]:
            self._shown = arranged
            if arranged:
                self.dataChanged.emit(self.index(0, 0), self.index(len(arranged) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self._shown = arranged
        self.endResetModel()

    def filter(self, text: str) -> None:
        """Show only lines with the text in name, type or shape."""
        self._wanted = text.strip().casefold()
        self._rearrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 is the order of the drawing."""
        self._sorted = (column, order)
        self._rearrange()

    def _rearrange(self) -> None:
        self.beginResetModel()
        self._shown = self._arranged()
        self.endResetModel()

    def _arranged(self) -> list[Line]:
        found = self._all
        if self._wanted:
            found = [line for line in found if self._wanted in f"{line.name} {line.type} {line.output}".casefold()]
        column, order = self._sorted
        if column >= 0:
            found = sorted(found, key=self._key(self.columns[column]), reverse=order == Qt.SortOrder.DescendingOrder)
        return found

    def _key(self, column: Column) -> Callable[[Line], Any]:
        if column.is_figure:
            return lambda line: line.figures[column.key]
        texts: dict[str, Callable[[Line], Any]] = {
            "name": lambda line: line.name.casefold(), "type": lambda line: line.type.casefold(),
            "output": lambda line: line.figures["outputs"], "runs": lambda line: line.runs,
        }  # fmt: skip
        return texts[column.key]

    def value(self, key: str, join: Callable[[Sequence[int]], int]) -> int:
        """The sum or the maximum of a column over the lines that are shown."""
        found = [line.figures[key] for line in self._shown]
        return join(found) if found else 0

    # ---- Qt's model

    def rowCount(self, parent: Index = ROOT) -> int:
        """The number of lines."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = ROOT) -> int:
        """The number of columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's title, tip, and how its first click sorts: what costs most comes first."""
        if orientation == Qt.Orientation.Horizontal:
            column = self.columns[section]
            if role == Qt.ItemDataRole.DisplayRole:
                return column.title
            if role == Qt.ItemDataRole.ToolTipRole:
                return column.tip
            if role == Qt.ItemDataRole.TextAlignmentRole and column.is_figure:
                return _RIGHT
            if role == Qt.ItemDataRole.InitialSortOrderRole and (column.is_figure or column.key in _BY_SIZE):
                return Qt.SortOrder.DescendingOrder.value
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell's text, alignment or tooltip."""
        line, column = self._shown[index.row()], self.columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return line.name if column.key == "name" and self._sorted[0] >= 0 else text_of(line, column)
            case Qt.ItemDataRole.TextAlignmentRole if column.is_figure:
                return _RIGHT
            case Qt.ItemDataRole.ToolTipRole if column.key == "name":
                return line.name
            case Qt.ItemDataRole.ForegroundRole if column.key in ("type", "runs"):
                return QColor(theme.palette().muted)
        return None


class TotalsTable(QAbstractTableModel):
    """Two lines below the table: sums and maxima of what is shown."""

    def __init__(self, table: StatisticsTable) -> None:
        super().__init__(table)
        self._table = table
        for signal in (table.modelReset, table.dataChanged):
            signal.connect(self._changed)

    def _changed(self, *_: object) -> None:
        self.dataChanged.emit(self.index(0, 0), self.index(1, self.columnCount() - 1))

    def rowCount(self, parent: Index = ROOT) -> int:
        """Sum and maximum."""
        return 0 if parent.isValid() else 2

    def columnCount(self, parent: Index = ROOT) -> int:
        """Those of the table."""
        return 0 if parent.isValid() else len(self._table.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A total."""
        column = self._table.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and column.is_figure:
            return _RIGHT
        if role == Qt.ItemDataRole.FontRole:
            return theme.font(bold=True)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if column.key == "name":
            return tr("Sum") if index.row() == 0 else tr("Maximum")
        if not column.is_figure:
            return ""
        return figure_text(column, self._table.value(column.key, sum if index.row() == 0 else max))


# ---- copies


def as_csv(found: Sequence[Line], shown: Sequence[Column], separator: str = ",") -> str:
    """Lines as CSV with plain numbers, for spreadsheets."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow([column.title for column in shown])
    writer.writerows([_plain(line, column) for column in shown] for line in found)
    return out.getvalue()


def as_markdown(found: Sequence[Line], shown: Sequence[Column]) -> str:
    """Lines as a table of Markdown, with the sums below."""
    rows = [[line.name if column.key == "name" else text_of(line, column) for column in shown] for line in found]
    sums = [figure_text(c, sum(line.figures[c.key] for line in found)) if c.is_figure else "" for c in shown]
    sums[0] = sums[0] or f"**{tr('Sum')}**"
    marks = ["---:" if column.is_figure else "---" for column in shown]
    table = [[column.title for column in shown], marks, *rows, sums]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in table)


def _plain(line: Line, column: Column) -> str | int:
    if column.key == "runs":
        return line.runs
    if column.is_figure:
        return line.figures[column.key]
    return line.name if column.key == "name" else text_of(line, column)


def shares(found: Sequence[Line], key: str) -> dict[str, float]:
    """By node the share that a figure has of the largest; a use of a block has that of all that is in it."""
    values: dict[str, int] = {}
    for line in found:
        values[line.node] = max(values.get(line.node, 0), line.figures[key])
    for line in found:
        for node in line.path[:-1]:
            if node.type == BLOCK:
                values[node.id] = values.get(node.id, 0) + line.figures[key]
    most = max(values.values(), default=0)
    return {node: value / most for node, value in values.items()} if most else {}
