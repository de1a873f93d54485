"""Training: the recipe at the left, the curves at the right, and what the Train, Stop and Resume buttons do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QSplitter, QWidget

from designer.app.document import Change, Document
from designer.app.i18n import render, tr
from designer.app.panels.beside import may_train_beside
from designer.app.panels.consent_dialog import may_run_functions
from designer.app.panels.curves import CurvesPanel
from designer.app.panels.recipe_form import RecipeForm
from designer.app.panels.refresh import Refresh
from designer.app.panels.run_monitor import Progress, RunMonitor
from designer.app.panels.run_table import RunReader
from designer.errors import Message, NetDesignerError
from designer.graph import Graph, GraphError
from designer.graph.likeness import computes_like
from designer.graph.recipe import read
from designer.shapes import Fix
from designer.training.launch import Launcher
from designer.training.runs import Run, RunSummary, State, app_root, request_stop

_Hindrance = tuple[Message, Sequence[Fix]]
"""Why a training cannot begin, and what mends that."""
_FORM_WIDTH = 344
_CURVES_WIDTH = 500
"""At least: where the window is narrow the form gives way first."""


class TrainingPanel(QWidget):
    """Chooses how the open document is trained, trains it, and shows how that goes."""

    stateChanged = Signal()  # noqa: N815 - Qt's spelling of signals
    """`can_train`, `is_running` or `can_resume` may be different now."""
    mended = Signal()
    """A mend was applied, and its button is gone."""
    runStarted = Signal(object)  # noqa: N815
    """Emits the `Run` that was just started or resumed."""
    graphRequested = Signal(object)  # noqa: N815
    """Emits the `Graph` that a run trained."""

    def __init__(self, document: Document, launcher: Launcher, root: Path | None = None) -> None:
        super().__init__()
        self.setObjectName("training")
        self.setAccessibleName(tr("Training"))
        self._document = document
        self._launcher = launcher
        self._root = root
        self._started: list[Run] = []
        self._state: State | None = None
        self._refused = False
        self._own_run_wanted = True
        self._trained: Graph | None = None
        self._origin = Refresh(self, self._show_origin)
        self._reader = RunReader(self)
        self._reader.read.connect(self._runs_read)
        self.monitor = RunMonitor(launcher, self)
        self.form = RecipeForm(document)
        self.curves = CurvesPanel(self.monitor)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setObjectName("trainingSplitter")
        split.addWidget(self.form)
        split.addWidget(self.curves)
        split.setStretchFactor(0, 0)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        self.curves.setMinimumWidth(_CURVES_WIDTH)
        split.setSizes([_FORM_WIDTH, 3 * _FORM_WIDTH])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(split)
        document.changed.connect(self._document_changed)
        self.monitor.attached.connect(self._attached)
        self.monitor.progressed.connect(self._progressed)
        self.curves.resumeRequested.connect(self.resume)
        self.curves.status.networkRequested.connect(self.open_network)
        self.curves.banner.mendRequested.connect(self._mend)
        self.form.data.mended.connect(self.mended)

    def sizeHint(self) -> QSize:
        """Wide and low, as panels below a canvas are."""
        return QSize(1000, 340)

    # ---- what can be done

    @property
    def root(self) -> Path:
        """The folder of the runs."""
        return self._root or app_root()

    @property
    def can_train(self) -> bool:
        """Whether the drawing is a network without errors, and no training of this panel is under way."""
        if self.is_running or not self._document.graph.nodes:
            return False
        return not any(problem.severity == "error" for problem in self._document.problems)

    @property
    def is_running(self) -> bool:
        """Whether the run that is shown is being trained."""
        return self.monitor.is_live

    @property
    def can_resume(self) -> bool:
        """Whether the run that is shown can go on."""
        run = self.monitor.run
        if run is None or self.monitor.progress.state not in ("stopped", "failed", "died"):
            return False
        return run.resume_point.exists()

    def train(self) -> None:
        """Train the open document by its recipe."""
        if not self.can_train or self._refuses(self._hindrances()) or not may_train_beside(self, self.root):
            return
        try:
            recipe = read(self._document.graph.recipe)
            if not may_run_functions(self, self._document.graph):
                return
            run = self._launcher.start(self._named_graph(), recipe, self.root, self._document.path)
        except NetDesignerError as error:
            self._refuses([(error.message, ())])
            return
        self._follow(run)

    def _hindrances(self) -> list[_Hindrance]:
        """Everything that keeps the drawing from being trained."""
        found: list[_Hindrance] = [(p.text, p.fixes) for p in self._document.problems if p.code == "no-loss"]
        try:
            read(self._document.graph.recipe)
        except NetDesignerError as error:
            found.append((error.message, ()))
        misfits = self.form.data.stopping_misfits
        return found + [(misfit.text, (misfit.fix,) if misfit.fix else ()) for misfit in misfits]

    def _refuses(self, hindrances: Sequence[_Hindrance]) -> bool:
        """Whether there are any; then the banner lists them, with what mends them."""
        if hindrances:
            fixes = [fix for _, offered in hindrances for fix in offered]
            self.curves.complain(tr("The training cannot begin"), [render(text) for text, _ in hindrances], fixes)
        self._refused = bool(hindrances)
        return self._refused

    def _mend(self, fix: Fix) -> None:
        with contextlib.suppress(GraphError, KeyError):  # the drawing changed since the mend was offered
            self._document.edit(render(fix.title), fix.apply)
        self.mended.emit()

    def _named_graph(self) -> Graph:
        """The drawing, under the name its window has: it becomes the run's name."""
        graph = self._document.graph
        return msgspec.structs.replace(graph, name=self._document.title) if graph.name == "untitled" else graph

    def stop(self) -> None:
        """Ask the trainer to save and end after its current step."""
        run = self.monitor.run
        if run is not None and self.is_running:
            try:
                request_stop(run)
            except NetDesignerError as error:
                self.curves.complain(render(error.message))
                return
            self.monitor.stopping()

    def resume(self) -> None:
        """Go on with the run that is shown, from its last checkpoint."""
        run = self.monitor.run
        if run is not None and not self.is_running:
            self._resume(run)

    def resume_run(self, folder: Path) -> None:
        """Show a run and go on with it, from its last checkpoint."""
        self.show_run(folder)
        self.resume()

    def _resume(self, run: Run) -> None:
        if run.resume_point.exists() and not may_train_beside(self, run.folder.parent):
            return
        try:
            if not may_run_functions(self, run.graph()):
                return
            self._launcher.resume(run)
        except NetDesignerError as error:
            self.curves.complain(tr("This run cannot be resumed"), [render(error.message)])
            return
        self._follow(run)

    def show_run(self, folder: Path) -> None:
        """Show a run's curves, be it over or under way."""
        try:
            self.monitor.attach(self._launcher.attach(folder))
        except NetDesignerError as error:
            self.monitor.attach(None)
            self.curves.complain(render(error.message))
        self.stateChanged.emit()

    def run_renamed(self, before: Path, after: Path) -> None:
        """Follow the run that is shown to its new folder."""
        if self.monitor.run is not None and self.monitor.run.folder == before:
            self.show_run(after)

    def _follow(self, run: Run) -> None:
        if run not in self._started:
            self._started.append(run)
        self.monitor.attach(run)
        self.runStarted.emit(run)
        self.stateChanged.emit()

    def _progressed(self, progress: Progress) -> None:
        if progress.state != self._state:
            self._state = progress.state
            self.stateChanged.emit()

    def _document_changed(self, change: Change) -> None:
        if not change.label:  # another drawing, with runs of its own
            self._refused = False
            self.monitor.attach(None)
            self._own_run_wanted = True
            self._look_for_own_run()
        elif self._refused and not self._refuses(self._hindrances()):  # what is left of them stays
            self.curves.end_complaint()
        self._origin.request()
        self.stateChanged.emit()

    # ---- whose curves they are

    def _attached(self, run: Run | None) -> None:
        self._trained = None
        with contextlib.suppress(NetDesignerError):  # what is not known is not told apart
            self._trained = run.graph() if run else None
        self._origin.request()

    def _show_origin(self) -> None:
        run, text = self.monitor.run, ""
        if run and self._trained and not computes_like(self._trained, self._document.graph):
            own = run in self._started or self._is_own(run.row())
            text = tr("of an earlier drawing") if own else tr("of another drawing")
        self.curves.status.show_origin(text)

    def open_network(self) -> None:
        """Open the network that the run on show trained as a new drawing; its curves stay."""
        run, graph = self.monitor.run, self._trained
        if run is not None and graph is not None:
            self.graphRequested.emit(graph)
            if self._document.graph is graph:  # unsaved work may have kept it from being opened
                self.show_run(run.folder)

    # ---- the drawing's own run

    def showEvent(self, event: QShowEvent) -> None:
        """Look for the drawing's latest run: nobody waits for its curves while they are not seen."""
        super().showEvent(event)
        self._origin.flush()
        self._look_for_own_run()

    def _look_for_own_run(self) -> None:
        if self._own_run_wanted and self.isVisible():
            self._own_run_wanted = False
            self._reader.request(self.root)

    def _runs_read(self, rows: Sequence[RunSummary]) -> None:
        own = next((row for row in rows if self._is_own(row)), None)
        if own is not None and self.monitor.run is None:  # meanwhile another may have begun, or been chosen
            self.show_run(Path(own.folder))

    def _is_own(self, row: RunSummary) -> bool:
        """Whether a run trained the drawing: its file, or where that is not known, one of its name."""
        path, name = self._document.path, self._document.graph.name
        if row.drawing:
            return path is not None and row.drawing == str(path.absolute())
        return row.network == name and name not in ("", "untitled")

    # ---- closing

    @property
    def running(self) -> list[Run]:
        """The runs begun here that are still being trained."""
        return [run for run in self._started if run.state() == "running"]

    def ask_on_close(self, window: QWidget | None = None) -> bool:
        """Whether the window may close; where a training is under way the user says what becomes of it."""
        running = self.running
        if not running:
            return True
        box = QMessageBox(window or self)
        box.setObjectName("closeQuestion")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("A training is under way"))
        box.setText(tr("'{name}' is being trained.", name=running[0].name) if len(running) == 1
                    else tr("{count} networks are being trained.", count=len(running)))  # fmt: skip
        box.setInformativeText(tr("It can go on without the window; the Runs tab shows it again."))
        goes_on = box.addButton(tr("Training goes on"), QMessageBox.ButtonRole.AcceptRole)
        goes_on.setObjectName("trainingGoesOn")
        stop = box.addButton(tr("Stop training"), QMessageBox.ButtonRole.DestructiveRole)
        stop.setObjectName("stopTraining")
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(goes_on)
        box.setEscapeButton(cancel)
        box.exec()
        if box.clickedButton() is stop:
            for run in running:
                _ask_to_stop(run)
        return box.clickedButton() in (goes_on, stop)


def _ask_to_stop(run: Run) -> None:
    with contextlib.suppress(NetDesignerError):  # its folder is gone: there is nothing left to stop
        request_stop(run)
