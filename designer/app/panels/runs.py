"""The runs there are: compared in a table, opened, resumed, stopped, renamed, thrown away."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QFile, QModelIndex, QPoint, QSortFilterProxyModel, QStandardPaths, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QHideEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer.app import theme
from designer.app.i18n import render, tr
from designer.app.panels.run_status import ElidedLabel
from designer.app.panels.run_table import NAME, ROW_ROLE, SORT_ROLE, STARTED, RunReader, RunTable
from designer.app.panels.words import Words
from designer.app.tips import tip
from designer.errors import NetDesignerError
from designer.training.runs import Run, RunSummary, app_root, request_stop

_REFRESH_EVERY = 2000
_WIDTHS = (116, 262, 176, 122, 84, 120, 160, 104, 140)
_FORBIDDEN = set('/\\:*?"<>|')


class RunsPanel(QWidget):
    """A table of the runs in a folder. It is read again every two seconds while it is seen."""

    openRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """Emits the folder (`Path`) of a run whose curves are to be shown."""
    graphRequested = Signal(object)  # noqa: N815
    """Emits the `Graph` that a run trained."""
    resumeRequested = Signal(object)  # noqa: N815
    """Emits the folder (`Path`) of a run that is to go on."""
    renamed = Signal(object, object)
    """Emits a run's folder (`Path`) as it was and as it is now."""

    def __init__(self, root: Path | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        self.setAccessibleName(tr("Runs"))
        self._root = root
        self.model = RunTable(self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(SORT_ROLE)
        self.table = QTableView()
        self._set_up_table()
        self._actions: dict[str, QAction] = {}
        self._empty = Words("runsEmpty", small=False)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.say(tr("No runs yet. Every training is kept here, with its network, its recipe and its curves."))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._buttons())
        column.addWidget(self._stack, 1)
        self._reader = RunReader(self)
        self._reader.read.connect(self._show)
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_EVERY)
        self._timer.timeout.connect(self.refresh)
        self.model.renameRequested.connect(self.rename)
        selection = self.table.selectionModel()
        selection.selectionChanged.connect(self._update_actions)
        self.model.dataChanged.connect(self._update_actions)
        self._update_actions()

    def _set_up_table(self) -> None:
        table = self.table
        table.setObjectName("runTable")
        table.setAccessibleName(tr("Runs"))
        table.setModel(self.sorted)
        table.setSortingEnabled(True)
        table.sortByColumn(STARTED, Qt.SortOrder.DescendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setTabKeyNavigation(False)  # Tab leads on to the next widget; arrows move in here
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(26)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for section, width in enumerate(_WIDTHS):
            table.setColumnWidth(section, width)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        table.doubleClicked.connect(lambda _: self.open())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        row.setSpacing(theme.GRID)
        for name, text, hint, keys, run in self._commands():
            action = QAction(text, self)
            action.setObjectName(f"runs.{name}")
            action.setToolTip(tip(f"{hint} ({keys})" if keys else hint))
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(run)
            self.table.addAction(action)
            self._actions[name] = action
            button = QToolButton()
            button.setDefaultAction(action)
            button.setObjectName(f"runs_{name}")
            button.setAccessibleName(text)
            button.setAutoRaise(True)
            row.addWidget(button)
        self._place = ElidedLabel("runsFolder")
        self._place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._place.setFont(theme.font(theme.SMALL_SIZE))
        row.addWidget(self._place, 1)
        return row

    def _commands(self) -> tuple[tuple[str, str, str, str, Callable[[], object]], ...]:
        return (
            ("open", tr("Show curves"), tr("Show the run's curves, finished or not"), "Return", self.open),
            ("graph", tr("Open its network"), tr("Open the network it trained as a new drawing"), "", self.open_graph),
            ("resume", tr("Resume"), tr("Go on from the last checkpoint"), "", self.resume),
            ("stop", tr("Stop"), tr("Stop after the current step; what was learned is kept"), "", self.stop),
            ("rename", tr("Rename"), tr("Give the run another name"), "F2", self.edit_name),
            ("folder", tr("Show folder"), tr("Show the run's files"), "", self.show_folder),
            ("delete", tr("Delete"), tr("Move the run to the trash"), "Delete", self.delete),
        )

    # ---- what is shown

    @property
    def root(self) -> Path:
        """The folder of the runs."""
        return self._root or app_root()

    def showEvent(self, event: QShowEvent) -> None:
        """Be up to date while seen."""
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing is read for nobody."""
        super().hideEvent(event)
        self._timer.stop()

    def refresh(self) -> None:
        """Read the folder again, in the background."""
        self._place.show_text(str(self.root))
        self._reader.request(self.root)

    def _show(self, rows: Sequence[RunSummary]) -> None:
        self.model.show_rows(rows)
        self._stack.setCurrentWidget(self.table if rows else self._empty)
        if rows and not self.table.selectionModel().hasSelection() and not self.table.currentIndex().isValid():
            self.table.setCurrentIndex(self.sorted.index(0, 0))
        self._update_actions()

    @property
    def selected(self) -> list[RunSummary]:
        """The selected runs, from top to bottom."""
        rows = sorted(self.table.selectionModel().selectedRows(), key=QModelIndex.row)
        return [row for index in rows if isinstance(row := index.data(ROW_ROLE), RunSummary)]

    def _update_actions(self) -> None:
        rows = self.selected
        one = rows[0] if len(rows) == 1 else None
        for name in ("open", "graph", "folder"):
            self._actions[name].setEnabled(one is not None)
        self._actions["rename"].setEnabled(one is not None and one.state != "running")
        self._show_resume(one)
        self._actions["stop"].setEnabled(any(row.state == "running" for row in rows))
        self._actions["delete"].setEnabled(bool(rows) and all(row.state != "running" for row in rows))

    def _show_resume(self, row: RunSummary | None) -> None:
        """Resume is offered where there is a checkpoint; its tooltip says where it goes on, or why it cannot."""
        ended = row is not None and row.state in ("stopped", "died", "failed")
        possible = ended and row is not None and Run(row.folder).resume_point.exists()
        self._actions["resume"].setEnabled(possible)
        if row is None or not ended:
            hint = tr("Go on from the last checkpoint")
        elif possible:
            hint = tr("Go on from the last checkpoint: {done} of {epochs} epochs are done", done=row.epochs_done,
                      epochs=row.epochs)  # fmt: skip
        else:
            hint = tr("It ended before its first checkpoint: open its network and train it anew")
        self._actions["resume"].setToolTip(tip(hint))

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("runsMenu")
        menu.addActions(list(self._actions.values()))
        menu.popup(self.table.viewport().mapToGlobal(at))
        menu.aboutToHide.connect(menu.deleteLater)

    # ---- commands

    def open(self) -> None:
        """Show the selected run's curves."""
        for row in self.selected[:1]:
            self.openRequested.emit(Path(row.folder))

    def open_graph(self) -> None:
        """Open the network that the selected run trained."""
        for row in self.selected[:1]:
            try:
                self.graphRequested.emit(Run(row.folder).graph())
            except NetDesignerError as error:
                self._complain(tr("This run's network cannot be opened"), render(error.message))

    def resume(self) -> None:
        """Ask for the selected run to go on."""
        for row in self.selected[:1]:
            self.resumeRequested.emit(Path(row.folder))
        self.refresh()

    def stop(self) -> None:
        """Ask the trainers of the selected runs to save and end."""
        for row in self.selected:
            if row.state == "running":
                try:
                    request_stop(Run(row.folder))
                except NetDesignerError as error:
                    self._complain(tr("This run cannot be stopped"), render(error.message))
        QTimer.singleShot(300, self, self.refresh)

    def edit_name(self) -> None:
        """Let the selected run's name be typed over."""
        index = self.table.selectionModel().selectedRows(NAME)[:1]
        if index:
            self.table.edit(index[0])

    def rename(self, row: RunSummary, name: str) -> None:
        """Give a run's folder another name."""
        name = name.strip()
        folder = Path(row.folder)
        if not name or name in (".", "..") or _FORBIDDEN & set(name):
            characters = " ".join(sorted(_FORBIDDEN))
            self._complain(tr("The run keeps its name"), tr("A name has no {characters}.", characters=characters))
            return
        if (folder.parent / name).exists():
            self._complain(tr("The run keeps its name"), tr("There is a '{name}' already.", name=name))
            return
        try:
            renamed = folder.rename(folder.parent / name)
        except OSError as error:
            self._complain(tr("The run keeps its name"), error.strerror or str(error))
        else:
            self.renamed.emit(folder, renamed)
        self.refresh()

    def show_folder(self) -> None:
        """Show the selected run's folder in the system's file manager."""
        for row in self.selected[:1]:
            QDesktopServices.openUrl(QUrl.fromLocalFile(row.folder))

    def delete(self) -> None:
        """Move the selected runs to the trash, after a question."""
        folders = [Path(row.folder) for row in self.selected if row.state != "running"]
        if not folders:
            return
        question = (tr("Move this run to the trash?") if len(folders) == 1
                    else tr("Move these {count} runs to the trash?", count=len(folders)))  # fmt: skip
        if not self._confirms("deleteQuestion", question, folders, tr("Move to trash")):
            return
        left = [folder for folder in folders if not _to_trash(folder)]
        question = tr("There is no trash that could take this. Delete it for good?")
        if left and self._confirms("eraseQuestion", question, left, tr("Delete for good")):
            for folder in left:
                shutil.rmtree(folder, ignore_errors=True)  # what stays is still in the table
        self.refresh()

    def _confirms(self, name: str, question: str, folders: Sequence[Path], yes: str) -> bool:
        box = QMessageBox(self)
        box.setObjectName(name)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Delete runs"))
        box.setText(question)
        names = "\n".join(folder.name for folder in folders[:8]) + ("\n..." if len(folders) > 8 else "")
        box.setInformativeText(names)
        delete = box.addButton(yes, QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.exec()
        return box.clickedButton() is delete

    def _complain(self, title: str, reason: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, title, title, parent=self)
        box.setObjectName("runProblemBox")
        box.setInformativeText(reason)
        box.exec()


def _to_trash(folder: Path) -> bool:
    home = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation))
    with contextlib.suppress(OSError):  # without it Qt finds no trash, though it would make the trash itself
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    moved = QFile.moveToTrash(str(folder))
    return bool(moved[0] if isinstance(moved, tuple) else moved)
