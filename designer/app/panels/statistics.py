"""Statistics: what every layer costs, sums, an estimate of what a training takes, and bars on the canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QItemSelectionModel, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from designer.app import theme
from designer.app.document import Change, Document
from designer.app.i18n import render, tr
from designer.app.panels import statistics_table as table
from designer.app.panels.controls import ComboBox, LineEdit
from designer.app.panels.estimate import Estimate
from designer.app.panels.inspector_parts import Rule
from designer.app.panels.refresh import Refresh
from designer.app.panels.statistics_table import StatisticsTable, TotalsTable
from designer.app.panels.words import Words
from designer.app.recent import settings
from designer.errors import NetDesignerError
from designer.graph.recipe import Recipe, read
from designer.shapes.memory import Memory
from designer.shapes.statistics import rows
from designer.training import estimates

DELAY_MS = 60
BARS = ("outputs", "parameters", "multiply_adds", "saved")
_WIDTHS = {"name": 220, "type": 150, "output": 110, "runs": 56}


class StatisticsPanel(QWidget):
    """A table with a row for each layer; what is selected there is selected on the canvas, and the other way round."""

    barsChanged = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """Emits by node the share of the largest figure, for bars on the canvas; nothing in it where none are wanted."""
    copied = Signal(str)
    """Rows are in the clipboard; emits words that say so."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.setObjectName("statistics")
        self.setAccessibleName(tr("Statistics"))
        self._document = document
        self._lines: list[table.Line] = []
        self._following = False
        self._settings = settings()
        self.model, self.view, self.sums = StatisticsTable(self), QTableView(), QTableView()
        self._totals = TotalsTable(self.model)
        self.filter = LineEdit()
        self.repeated = QCheckBox(tr("All repetitions"))
        self.bars = ComboBox()
        self.estimate = Estimate(document)
        self._empty = Words("statisticsEmpty")
        self._set_up_controls()
        self._set_up_table()
        self._lay_out()
        self._rows = Refresh(self, self._update, DELAY_MS)
        self._bars = QTimer(self)  # bars are wanted whether or not the panel is seen
        self._bars.setSingleShot(True)
        self._bars.setInterval(DELAY_MS)
        self._bars.timeout.connect(self.show_bars)
        document.changed.connect(self._request)
        document.selectionChanged.connect(self._follow_selection)
        self._request()

    # ---- building

    def _set_up_controls(self) -> None:
        self.filter.setObjectName("statisticsFilter")
        self.filter.setAccessibleName(tr("Filter"))
        self.filter.setPlaceholderText(tr("Filter"))
        self.filter.setToolTip(tr("Show only layers with this in their name, type or shape"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.repeated.setObjectName("statisticsRepeated")
        self.repeated.setToolTip(tr("Figures of everything that a frame repeats, instead of one repetition"))
        self.repeated.setChecked(True)
        self.repeated.toggled.connect(self._rebuild)
        self.bars.setObjectName("statisticsBars")
        self.bars.setAccessibleName(tr("Bars on the canvas"))
        self.bars.setSizeAdjustPolicy(ComboBox.SizeAdjustPolicy.AdjustToContents)
        self.bars.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.bars.setToolTip(tr("A bar beside each node shows this figure's share of the largest"))
        self.bars.addItem(tr("No bars on the canvas"), "")
        for column in self.model.columns:
            if column.key in BARS:
                self.bars.addItem(tr("Bars: {figure}", figure=column.title), column.key)
        self.bars.setCurrentIndex(max(0, self.bars.findData(self._settings.value("statistics/bars", ""))))
        self.bars.currentIndexChanged.connect(self._choose_bars)

    def _set_up_table(self) -> None:
        for view, name in ((self.view, "statisticsTable"), (self.sums, "statisticsSums")):
            view.setObjectName(name)
            view.setShowGrid(False)
            view.setTabKeyNavigation(False)  # Tab leads on to the next widget; arrows move in here
            view.setWordWrap(False)
            view.setFrameShape(QFrame.Shape.NoFrame)
            view.verticalHeader().hide()
            view.verticalHeader().setDefaultSectionSize(24)
            view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view, header = self.view, self.view.horizontalHeader()
        view.setAccessibleName(tr("Figures of every layer"))
        view.setModel(self.model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setAlternatingRowColors(True)
        header.setHighlightSections(False)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(lambda at: self._columns_menu().popup(header.mapToGlobal(at)))
        view.setSortingEnabled(True)
        header.sortIndicatorChanged.connect(lambda *_: view.scrollToTop())  # what was sorted for stands there
        self._set_up_sums()
        for at, column in enumerate(self.model.columns):
            view.setColumnWidth(at, _WIDTHS.get(column.key, 130))
            self._show_column(at, shown=self._wanted(column), keep=False)
        view.selectionModel().selectionChanged.connect(self._select_nodes)

    def _set_up_sums(self) -> None:
        """The two lines below follow the table's columns and its sideways scrolling."""
        sums, header = self.sums, self.view.horizontalHeader()
        sums.setAccessibleName(tr("Sums and maxima of what is shown"))
        sums.setModel(self._totals)
        sums.horizontalHeader().hide()
        sums.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        sums.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        sums.setFixedHeight(2 * 24 + 2)
        sums.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        sums.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header.sectionResized.connect(lambda at, _, width: sums.setColumnWidth(at, width))
        header.sectionMoved.connect(lambda _, before, after: sums.horizontalHeader().moveSection(before, after))
        copy = QAction(tr("Copy"), self.view)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(lambda *_: self.copy())
        self.view.addAction(copy)
        self.view.horizontalScrollBar().valueChanged.connect(sums.horizontalScrollBar().setValue)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        bar.setSpacing(2 * theme.GRID)
        self.filter.setMinimumWidth(25 * theme.GRID)
        self.filter.setMaximumWidth(60 * theme.GRID)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.repeated)
        bar.addWidget(self.bars)
        bar.addStretch(1)
        choose = QToolButton()
        choose.setObjectName("statisticsColumns")
        choose.setText(tr("Columns"))
        choose.setAutoRaise(True)
        choose.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        choose.setMenu(QMenu(choose))
        choose.menu().aboutToShow.connect(lambda: self._fill_columns(choose.menu()))
        bar.addWidget(choose)
        for name, text, hint, keys, run in self._commands():
            bar.addWidget(self._button(name, text, hint, keys, run))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._empty)
        column.addWidget(self.view, 1)
        column.addWidget(Rule())
        below = QHBoxLayout()
        below.addWidget(self.sums)
        column.addLayout(below)
        column.addWidget(self.estimate)
        bar_beside = self.view.verticalScrollBar()  # the sums end where the table's columns do
        bar_beside.rangeChanged.connect(
            lambda _, most: below.setContentsMargins(0, 0, bar_beside.sizeHint().width() if most else 0, 0)
        )

    def _commands(self) -> tuple[tuple[str, str, str, str, Callable[[], None]], ...]:
        return (
            ("CSV", tr("Copy CSV"), tr("Copy the rows as CSV with plain numbers"), "", partial(self.copy, "csv")),
            ("Markdown", tr("Copy Markdown"), tr("Copy the rows as a table for texts"), "Ctrl+Shift+C",
             partial(self.copy, "markdown")),
        )  # fmt: skip

    def _button(self, name: str, text: str, hint: str, keys: str, run: Callable[[], None]) -> QToolButton:
        action = QAction(text, self)
        action.setToolTip(f"{hint} ({keys})" if keys else hint)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda *_: run())
        self.view.addAction(action)
        button = QToolButton()
        button.setObjectName(f"copy{name}")
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        return button

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while the panel was hidden."""
        super().showEvent(event)
        self._rows.flush()

    def sizeHint(self) -> QSize:
        """Wide and low, as panels below a canvas are."""
        return QSize(1000, 340)

    # ---- columns

    def _wanted(self, column: table.Column) -> bool:
        kept = self._settings.value(f"statistics/columns/{column.key}")
        return column.is_shown if kept is None else str(kept) == "1"

    def _columns_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_columns(menu)
        return menu

    def _fill_columns(self, menu: QMenu) -> None:
        menu.clear()
        for at, column in enumerate(self.model.columns[1:], start=1):
            action = menu.addAction(column.title)
            action.setObjectName(f"column_{column.key}")
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(at))
            action.toggled.connect(lambda shown, at=at: self._show_column(at, shown=shown))

    def _show_column(self, at: int, *, shown: bool, keep: bool = True) -> None:
        for view in (self.view, self.sums):
            view.setColumnHidden(at, not shown)
        self.sums.setColumnWidth(at, self.view.columnWidth(at)) if shown else None
        if keep:
            self._settings.setValue(f"statistics/columns/{self.model.columns[at].key}", "1" if shown else "0")

    @property
    def shown_columns(self) -> list[table.Column]:
        """The columns that are shown, as they stand."""
        header = self.view.horizontalHeader()
        order = [header.logicalIndex(place) for place in range(len(self.model.columns))]
        return [self.model.columns[at] for at in order if not self.view.isColumnHidden(at)]

    # ---- figures

    def _request(self, change: Change | None = None) -> None:
        if change is not None and not change.label:  # another drawing was opened: filter and place were the old one's
            self.filter.clear()
            self.view.scrollToTop()
        self._rows.request()
        if self.bars.currentData() and not self._bars.isActive():
            self._bars.start()

    def _recipe(self) -> Recipe:
        try:
            return read(self._document.graph.recipe)
        except NetDesignerError:
            return Recipe()

    def _memory(self) -> tuple[Memory, str]:
        try:
            return estimates.memory(self._document.analysis, self._recipe()), ""
        except NetDesignerError as error:
            return Memory(), render(error.message)

    def _update(self) -> None:
        memory, fault = self._memory()
        self._build(memory)
        self.estimate.show_estimate(memory, self._recipe(), fault)

    def _build(self, memory: Memory) -> None:
        found = list(rows(self._document.analysis.root))
        batch = self._recipe().batch_size
        self._lines = table.lines(found, memory.by_node, batch, repeated=self.repeated.isChecked())
        self.model.show_lines(self._lines)
        self._say_empty()
        self._follow_selection()

    def _filter(self, text: str) -> None:
        self.model.filter(text)
        self._say_empty()

    def _say_empty(self) -> None:
        """Say why the table is empty."""
        if not self._lines:
            self._empty.say(tr("Nothing to count yet: no layer knows its shapes."))
        elif not self.model.shown:
            self._empty.say(tr("Nothing matches {text}.", text=self.filter.text().strip()))
        else:
            self._empty.say("")

    def _rebuild(self) -> None:
        self._build(self._memory()[0])

    # ---- bars on the canvas

    def _choose_bars(self) -> None:
        self._settings.setValue("statistics/bars", self.bars.currentData())
        self.show_bars()

    def show_bars(self) -> None:
        """Tell the canvas what bars are wanted now."""
        key = self.bars.currentData()
        if not key:
            self.barsChanged.emit({})
            return
        memory = self._memory()[0] if key == "saved" else Memory()
        found = list(rows(self._document.analysis.root))
        made = table.lines(found, memory.by_node, self._recipe().batch_size, repeated=self.repeated.isChecked())
        self.barsChanged.emit(table.shares(made, key))

    # ---- selection

    def _select_nodes(self) -> None:
        if self._following:
            return
        found = [self.model.shown[index.row()].node for index in self.view.selectionModel().selectedRows()]
        self._following = True
        if len(found) == 1:
            self._document.reveal(found[0])
        elif found:
            self._document.select(found)
        self._following = False

    def _follow_selection(self) -> None:
        if self._following or not self.isVisible():
            return
        wanted = set(self._document.selection)
        places = [at for at, line in enumerate(self.model.shown) if wanted.intersection(n.id for n in line.path)]
        selection = self.view.selectionModel()
        self._following = True
        selection.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for at in places[:200]:
            selection.select(self.model.index(at, 0), flags)
        if places:
            self.view.scrollTo(self.model.index(places[0], 0))
        self._following = False

    # ---- copies

    def copy(self, form: str = "tsv") -> None:
        """Copy the selected rows, or all that are shown if there are no two selected: 'csv', 'markdown' or 'tsv'."""
        places = sorted(index.row() for index in self.view.selectionModel().selectedRows())
        found: Sequence[table.Line] = self.model.shown
        if len(places) > 1:
            found = [self.model.shown[place] for place in places]
        shown = self.shown_columns
        text = table.as_markdown(found, shown) if form == "markdown" else table.as_csv(
            found, shown, "\t" if form == "tsv" else ",")  # fmt: skip
        QGuiApplication.clipboard().setText(text)
        self.copied.emit(tr("Copied 1 row") if len(found) == 1 else tr("Copied {count} rows", count=f"{len(found):,}"))
