"""The window: palette left, canvas centre, inspector right, a panel with tabs below, Train always in sight."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QStackedWidget,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from designer.app import icons
from designer.app.actions import Actions
from designer.app.canvas.view import CanvasView
from designer.app.document import Change, Document
from designer.app.files import Files
from designer.app.i18n import tr
from designer.app.menus import build_menus, register_actions
from designer.app.numbers import compact
from designer.app.panels.code import CodePanel
from designer.app.panels.inspector import InspectorPanel
from designer.app.panels.jobs import Job
from designer.app.panels.palette import PalettePanel
from designer.app.panels.problems import ProblemsPanel
from designer.app.panels.runs import RunsPanel
from designer.app.panels.training import TrainingPanel
from designer.app.recent import settings
from designer.app.recovery import Autosave
from designer.app.start_page import StartPage
from designer.training.launch import Launcher

LAYOUT_VERSION = 1
"""Saved window layouts of another version are not restored."""


class MainWindow(QMainWindow):
    """One document with everything around it."""

    def __init__(self, path: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setAcceptDrops(True)
        self.document = Document(parent=self)
        self.launcher = Launcher()
        self.files = Files(self, self.document)
        self.autosave = Autosave(self.document)
        self.canvas = CanvasView(self.document)
        self.start_page = StartPage()
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start_page)
        self.centre.addWidget(self.canvas)
        self.setCentralWidget(self.centre)
        self.palette_panel = PalettePanel(self.document)
        self.inspector = InspectorPanel(self.document)
        self.problems = ProblemsPanel(self.document)
        self.code = CodePanel(self.document)
        self.training = TrainingPanel(self.document, self.launcher)
        self.runs = RunsPanel(self.launcher)
        self._build_docks()
        self.actions_ = Actions(self)
        register_actions(self, self.actions_)
        build_menus(self, self.actions_)
        self._build_toolbar()
        self._build_status_bar()
        self._connect()
        self._restore_layout()
        self._layout: QByteArray | None = None
        """Where the panels are while the start page hides them."""
        self.show_start_page()
        if path is not None:
            self.files.open(path)
        QTimer.singleShot(300, self.launcher.warm)

    # ---- building

    def _build_docks(self) -> None:
        option = self.DockOption
        self.setDockOptions(option.AllowTabbedDocks | option.AnimatedDocks | option.GroupedDragging)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        area = Qt.DockWidgetArea
        self.docks: dict[str, QDockWidget] = {}
        for name, title, widget, where in (
            ("palette", tr("Layers"), self.palette_panel, area.LeftDockWidgetArea),
            ("inspector", tr("Properties"), self.inspector, area.RightDockWidgetArea),
            ("problems", tr("Problems"), self.problems, area.BottomDockWidgetArea),
            ("code", tr("Code"), self.code, area.BottomDockWidgetArea),
            ("training", tr("Training"), self.training, area.BottomDockWidgetArea),
            ("runs", tr("Runs"), self.runs, area.BottomDockWidgetArea),
        ):
            dock = QDockWidget(title, self)
            dock.setObjectName(f"dock_{name}")
            dock.setWidget(widget)
            self.addDockWidget(where, dock)
            self.docks[name] = dock
            if where == area.BottomDockWidgetArea:  # the tab is its title; dragged out of the window it gets one
                dock.topLevelChanged.connect(partial(_show_title_bar, dock))
                _show_title_bar(dock, False)
        bottom = [self.docks[name] for name in ("problems", "code", "training", "runs")]
        for first, second in pairwise(bottom):
            self.tabifyDockWidget(first, second)
        bottom[0].raise_()
        self.resizeDocks([self.docks["palette"], self.docks["inspector"]], [220, 300], Qt.Orientation.Horizontal)
        self.resizeDocks([bottom[0]], [300], Qt.Orientation.Vertical)

    def _build_toolbar(self) -> None:
        bar = QToolBar(tr("Toolbar"), self)
        bar.setObjectName("toolbar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        self.addToolBar(bar)
        for group in (("file.new", "file.open", "file.save"), ("edit.undo", "edit.redo"), ("graph.tidy", "view.frame")):
            for id_ in group:
                bar.addAction(self.actions_[id_])
            bar.addSeparator()
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(gap)
        for id_, name in (("train.stop", "stopButton"), ("train.start", "trainButton")):
            button = QToolButton()
            button.setObjectName(name)
            button.setAccessibleName(self.actions_[id_].text())
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setDefaultAction(self.actions_[id_])
            bar.addWidget(button)

    def _build_status_bar(self) -> None:
        self.totals = QLabel()
        self.totals.setObjectName("totals")
        self.health = QLabel()
        self.health.setObjectName("health")
        self.statusBar().addWidget(self.health)
        self.statusBar().addPermanentWidget(self.totals)

    def _connect(self) -> None:
        document = self.document
        document.changed.connect(self._document_changed)
        document.stateChanged.connect(self._show_title)
        self.autosave.failed.connect(lambda reason: self.statusBar().showMessage(reason, 10_000))
        self.files.opened.connect(self._show_canvas)
        self.start_page.newRequested.connect(self.files.new)
        self.start_page.openRequested.connect(self.files.open)
        self.start_page.sampleRequested.connect(self.files.open_sample)
        self.start_page.recoverRequested.connect(self.files.recover)
        self.palette_panel.layerActivated.connect(self._add_layer)
        self.problems.countChanged.connect(self._show_health)
        self.training.stateChanged.connect(self._show_training_state)
        self.training.runStarted.connect(lambda *_: self.raise_panel("training"))
        self.runs.graphRequested.connect(self.files.open_copy)
        self.runs.openRequested.connect(self._open_run)

    # ---- what is shown

    def show_start_page(self) -> None:
        """The start page, with the files as they are now."""
        self.start_page.refresh()
        self.centre.setCurrentWidget(self.start_page)
        self.health.clear()
        self.totals.clear()
        if self._layout is None:
            self._layout = self.saveState(LAYOUT_VERSION)
            for dock in self.docks.values():
                dock.hide()
        self._show_title()
        self._show_training_state()

    def _show_canvas(self) -> None:
        if self._layout is not None:  # the start page had the window to itself
            self.restoreState(self._layout, LAYOUT_VERSION)
            self._layout = None
        self.centre.setCurrentWidget(self.canvas)
        self.canvas.setFocus()
        QTimer.singleShot(0, self.canvas.show_beginning)
        self._show_title()
        self._show_training_state()

    def raise_panel(self, name: str) -> None:
        """Bring one of the panels to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def _add_layer(self, type_: str) -> None:
        self.canvas.add_layer(type_)

    def _open_run(self, folder: Path) -> None:
        self.training.show_run(folder)
        self.raise_panel("training")

    def _document_changed(self, change: Change) -> None:
        parameters, _, multiply_adds = change.after.totals
        self.totals.setText(
            tr(
                "{layers} layers    {parameters} parameters    {multiply_adds} multiply-adds",
                layers=len(change.after.graph.owners),
                parameters=f"{parameters:,}",
                multiply_adds=compact(multiply_adds),
            )
        )
        self._show_undo()
        self._show_training_state()

    def _show_undo(self) -> None:
        for id_, text, label in (
            ("edit.undo", tr("Undo"), self.document.undo_label),
            ("edit.redo", tr("Redo"), self.document.redo_label),
        ):
            action = self.actions_[id_]
            action.setEnabled(label is not None)
            action.setText(f"{text}: {label}" if label else text)

    def _show_title(self) -> None:
        if self.centre.currentWidget() is self.start_page:
            self.setWindowModified(False)
            self.setWindowTitle(tr("Net Designer"))
        else:
            self.setWindowTitle(f"{self.document.title}[*] - {tr('Net Designer')}")
            self.setWindowModified(self.document.is_modified)

    def _show_health(self, errors: int, warnings: int) -> None:
        title = tr("Problems")
        self.docks["problems"].setWindowTitle(f"{title} ({errors + warnings})" if errors + warnings else title)
        if self.centre.currentWidget() is self.start_page:
            self.health.clear()
        elif errors:
            self.health.setText(tr("{count} to mend", count=errors))
        else:
            self.health.setText(tr("{count} to look at", count=warnings) if warnings else tr("All shapes fit"))

    def _show_training_state(self) -> None:
        on_canvas = self.centre.currentWidget() is self.canvas
        self.actions_["train.start"].setEnabled(on_canvas and self.training.can_train)
        self.actions_["train.stop"].setEnabled(self.training.is_running)

    # ---- window

    def changeEvent(self, event: QEvent) -> None:
        """Icons follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_"):
            for action in self.actions_:
                name = action.property("icon_name")
                if name:
                    action.setIcon(icons.icon(str(name)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Graph files may be dropped anywhere on the window."""
        if any(url.toLocalFile().endswith(".json") for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file."""
        self.files.open(Path(event.mimeData().urls()[0].toLocalFile()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work and about a training that runs; neither is lost without a word."""
        if not self.files.may_discard() or not self.training.ask_on_close(self):
            event.ignore()
            return
        state = settings()
        state.setValue("geometry", self.saveGeometry())
        state.setValue("layout", self._layout or self.saveState(LAYOUT_VERSION))
        self.autosave.close()
        self.launcher.close()
        for job in self.findChildren(Job):
            job.cancel()
        event.accept()

    def _restore_layout(self) -> None:
        state = settings()
        geometry, layout = state.value("geometry"), state.value("layout")
        if isinstance(geometry, QByteArray) and self.restoreGeometry(geometry):
            if isinstance(layout, QByteArray):
                self.restoreState(layout, LAYOUT_VERSION)
        else:
            self.resize(1440, 900)


def _show_title_bar(dock: QDockWidget, floating: bool) -> None:
    """A torn-off panel has a title bar; among the tabs it would only repeat its tab."""
    dock.setTitleBarWidget(None if floating else QWidget(dock))  # type: ignore[arg-type]
