"""What one works with once the start page is gone: canvas, panels, commands, toolbar and status bar of a window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QTabWidget,
    QToolBar,
    QToolButton,
    QWidget,
)

from designer.app import icons, theme
from designer.app.actions import Actions
from designer.app.autosave import Autosave
from designer.app.canvas.view import CanvasView
from designer.app.document import Change
from designer.app.i18n import tr
from designer.app.menus import fill_menus, register_actions
from designer.app.numbers import compact
from designer.app.panel_dock import PanelDock
from designer.app.panels.code import CodePanel
from designer.app.panels.inspector import InspectorPanel
from designer.app.panels.jobs import Job
from designer.app.panels.palette import PalettePanel
from designer.app.panels.problems import ProblemsPanel
from designer.app.panels.runs import RunsPanel
from designer.app.panels.statistics import StatisticsPanel
from designer.app.panels.training import TrainingPanel
from designer.shapes import Analysis
from designer.training.launch import Launcher

if TYPE_CHECKING:
    from designer.app.main_window import MainWindow

WARM_UP_MS = 300
"""When the trainer's process is started: after the window has settled."""
BELOW = 0.42
"""The share of a window's height that the panels below the drawing may keep when the window is made smaller."""
IDLE_MS = 1500
"""When the plots are loaded, which takes half a second: while the start page is looked at, or on first use."""


class Workbench(QObject):
    """Everything around the document of one window. Building it takes some tenths of a second."""

    def __init__(self, window: MainWindow, toolbar: QToolBar) -> None:
        super().__init__(window)
        self.window = window
        self.document = document = window.document
        self.launcher = Launcher()
        self.autosave = Autosave(document)
        self.canvas = CanvasView(document)
        self.palette = PalettePanel(document)
        self.inspector = InspectorPanel(document)
        self.problems = ProblemsPanel(document)
        self.code = CodePanel(document)
        self.statistics = StatisticsPanel(document)
        self.training = TrainingPanel(document, self.launcher)
        self.runs = RunsPanel()
        self.docks = self._build_docks()
        self.actions = Actions(window)
        register_actions(self, self.actions)
        fill_menus(window, self.actions)
        self._fill_toolbar(toolbar)
        self.health, self.totals = QLabel(), QLabel()
        self.health.setObjectName("health")
        self.totals.setObjectName("totals")
        window.statusBar().setContentsMargins(8, 0, 8, 0)
        window.statusBar().addWidget(self.health)
        window.statusBar().addPermanentWidget(self.totals)
        self._connect()
        self.recolour()
        self._show_totals(document.analysis)  # a file was opened already where the app was started on one
        self._show_undo()
        self.show_training_state()
        QTimer.singleShot(WARM_UP_MS, self, self.launcher.warm)
        QTimer.singleShot(IDLE_MS, self, self._preload)

    # ---- building

    def _build_docks(self) -> dict[str, PanelDock]:
        window, area, option = self.window, Qt.DockWidgetArea, QMainWindow.DockOption
        # No GroupedDragging: Qt 6.11 crashes where one torn-off tab is dropped onto another.
        window.setDockOptions(option.AllowTabbedDocks | option.AnimatedDocks)
        window.setTabPosition(area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        docks: dict[str, PanelDock] = {}
        bottom: list[PanelDock] = []
        for name, title, widget, where in (
            ("palette", tr("Layers"), self.palette, area.LeftDockWidgetArea),
            ("inspector", tr("Properties"), self.inspector, area.RightDockWidgetArea),
            ("problems", tr("Problems"), self.problems, area.BottomDockWidgetArea),
            ("code", tr("Code"), self.code, area.BottomDockWidgetArea),
            ("statistics", tr("Statistics"), self.statistics, area.BottomDockWidgetArea),
            ("training", tr("Training"), self.training, area.BottomDockWidgetArea),
            ("runs", tr("Runs"), self.runs, area.BottomDockWidgetArea),
        ):
            dock = docks[name] = PanelDock(title, widget, window)
            dock.setObjectName(f"dock_{name}")
            if where == area.BottomDockWidgetArea and bottom:  # side by side, even for a moment, they widen the window
                window.tabifyDockWidget(bottom[-1], dock)
            else:
                window.addDockWidget(where, dock)
            dock.show()  # a window that is on the screen already does not show what is added to it
            if where == area.BottomDockWidgetArea:
                dock.use_tab_as_title()
                bottom.append(dock)
        bottom[0].raise_()
        window.resizeDocks([docks["palette"], docks["inspector"]], [220, 300], Qt.Orientation.Horizontal)
        window.resizeDocks([bottom[0]], [280], Qt.Orientation.Vertical)
        return docks

    def make_room(self) -> None:
        """Leave the drawing as much of the window's height as the panels below it have, at least."""
        most = round(BELOW * self.window.height())
        for dock in self.docks.values():
            is_below = self.window.dockWidgetArea(dock) == Qt.DockWidgetArea.BottomDockWidgetArea
            if is_below and dock.is_in_front and not dock.isFloating() and dock.height() > most:
                self.window.resizeDocks([dock], [most], Qt.Orientation.Vertical)

    def _fill_toolbar(self, bar: QToolBar) -> None:
        for group in (("file.new", "file.open", "file.save"), ("edit.undo", "edit.redo"), ("graph.tidy", "view.frame")):
            for id_ in group:
                bar.addAction(self.actions[id_])
            bar.addSeparator()
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(gap)
        for id_, name in (("train.stop", "stopButton"), ("train.start", "trainButton")):
            button = QToolButton()
            button.setObjectName(name)
            button.setAccessibleName(self.actions[id_].text())
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(QSize(20, 20))
            button.setDefaultAction(self.actions[id_])
            bar.addWidget(button)
            if id_ == "train.start":
                self.actions[id_].changed.connect(partial(_show_on_accent, button, "train"))

    def _connect(self) -> None:
        self.document.changed.connect(self._document_changed)
        self.autosave.failed.connect(lambda reason: self.window.statusBar().showMessage(reason, 10_000))
        self.palette.layerActivated.connect(self.canvas.add_layer)
        self.palette.insertRequested.connect(self.canvas.insert_layer)
        self.palette.openRequested.connect(self.canvas.commands.structure.open_block)
        self.problems.countChanged.connect(self._show_health)
        for panel in (self.problems, self.inspector, self.training):
            panel.mended.connect(self.canvas.setFocus)  # where Ctrl+Z takes the mend back
        for dock in self.docks.values():
            dock.focusCovered.connect(self.canvas.setFocus)
        self.inspector.level = lambda: self.canvas.levels.shown
        self.canvas.levelChanged.connect(self.inspector.follow_level)
        self.inspector.block_use.openRequested.connect(self.canvas.enter)
        self.statistics.barsChanged.connect(self.canvas.canvas.show_bars)
        self.statistics.show_bars()
        self.statistics.copied.connect(lambda said: self.window.statusBar().showMessage(said, 4_000))
        self.training.stateChanged.connect(self.show_training_state)
        self.training.runStarted.connect(lambda *_: self.raise_panel("training"))
        self.runs.graphRequested.connect(self.window.files.open_copy)
        self.training.graphRequested.connect(self.window.files.open_copy)
        self.runs.openRequested.connect(self._open_run)
        self.runs.resumeRequested.connect(self._resume_run)
        self.runs.renamed.connect(self.training.run_renamed)

    def _preload(self) -> None:
        if not self.window.shows_drawing:
            self.training.curves.preload()

    # ---- what is shown

    def raise_panel(self, name: str) -> None:
        """Bring one of the panels to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def train(self) -> None:
        """Train what is drawn; the panel comes to the front, also to say why it cannot be trained."""
        self.raise_panel("training")
        self.training.train()

    def _open_run(self, folder: Path) -> None:
        self.training.show_run(folder)
        self.raise_panel("training")

    def _resume_run(self, folder: Path) -> None:
        self.raise_panel("training")  # which also says why it cannot go on
        self.training.resume_run(folder)

    def _document_changed(self, change: Change) -> None:
        self._show_totals(change.after)
        self._show_undo()
        self.show_training_state()

    def _show_totals(self, analysis: Analysis) -> None:
        parameters, _, multiply_adds = analysis.totals
        layers = analysis.graph.layer_count
        self.totals.setText(
            tr(
                "{layers}    {parameters} parameters    {multiply_adds} multiply-adds",
                layers=tr("1 layer") if layers == 1 else tr("{count} layers", count=f"{layers:,}"),
                parameters=f"{parameters:,}",
                multiply_adds=compact(multiply_adds),
            )
        )

    def _show_undo(self) -> None:
        for id_, text, label in (
            ("edit.undo", tr("Undo"), self.document.undo_label),
            ("edit.redo", tr("Redo"), self.document.redo_label),
        ):
            action = self.actions[id_]
            action.setEnabled(label is not None)
            action.setText(f"{text}: {label}" if label else text)

    def _show_health(self, errors: int, warnings: int) -> None:
        title, count = tr("Problems"), errors + warnings
        self.docks["problems"].setWindowTitle(f"{title} ({count})" if count else title)
        if not self.document.graph.nodes:
            self.health.setText(tr("Drag an Input onto the canvas to begin"))
        elif errors:
            self.health.setText(tr("{count} to mend", count=errors))
        else:
            self.health.setText(tr("{count} to look at", count=warnings) if warnings else tr("All shapes fit"))

    def show_training_state(self) -> None:
        """Train, Stop and Resume can be pressed when they can do something."""
        drawing = self.window.shows_drawing
        self.actions["train.start"].setEnabled(drawing and self.training.can_train)
        self.actions["train.stop"].setEnabled(self.training.is_running)
        self.actions["train.resume"].setEnabled(drawing and self.training.can_resume)

    def recolour(self) -> None:
        """Icons follow the colour scheme."""
        for action in self.actions:
            name = action.property("icon_name")
            if name:
                action.setIcon(icons.icon(str(name)))
        colour = theme.palette().muted  # Qt draws the signs of title bars in black, whatever the scheme
        for dock in self.docks.values():
            for name in ("float", "close"):
                button = dock.findChild(QAbstractButton, f"qt_dockwidget_{name}button")
                if button is not None:
                    button.setIcon(icons.icon(name, colour))

    def close(self) -> None:
        """The window closes for good: the drawing is settled, idle processes end, trainings go on."""
        self.autosave.close()
        self.launcher.close()
        for job in self.window.findChildren(Job):
            job.cancel()


def _show_on_accent(button: QToolButton, name: str) -> None:
    """Give a coloured button an icon that can be seen on it; the one that it took from its action is for the menu."""
    button.setIcon(icons.icon(name, theme.palette().on_accent))
