"""The training as it goes: status, what went wrong, and the curves, whose plots are loaded when they are first seen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMessageBox, QStackedWidget, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.jobs import InThread
from designer.app.panels.run_monitor import Progress, RunMonitor
from designer.app.panels.run_status import Banner, RunStatus
from designer.app.panels.words import Words
from designer.app.saving import ask_where
from designer.shapes import Fix
from designer.training.events import Epoch, Event, Started, Steps
from designer.training.runs import Run

if TYPE_CHECKING:
    from designer.app.panels.curve_data import Table
    from designer.app.panels.curve_view import CurveView


class CurvesPanel(QWidget):
    """Status strip, banner and curves of the run that a monitor follows."""

    resumeRequested = Signal()  # noqa: N815 - Qt's spelling of signals

    def __init__(self, monitor: RunMonitor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curves")
        self.setAccessibleName(tr("Training curves"))
        self._monitor = monitor
        self._view: CurveView | None = None
        self._saving: InThread | None = None
        self.status = RunStatus()
        self.status.resumeRequested.connect(self.resumeRequested)
        self.banner = Banner()
        self.banner.resumeRequested.connect(self.resumeRequested)
        self._empty = _empty_state()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.status)
        column.addWidget(self.banner)
        column.addWidget(self._stack, 1)
        monitor.attached.connect(self._attached)
        monitor.eventsRead.connect(self._take)
        monitor.progressed.connect(self._progressed)

    @property
    def view(self) -> CurveView:
        """The plots; the first call imports pyqtgraph."""
        if self._view is None:
            from designer.app.panels.curve_view import CurveView

            self._view = CurveView()
            self._view.pngRequested.connect(self.export_png)
            self._view.csvRequested.connect(self.export_csv)
            self._stack.addWidget(self._view)
            self._view.begin()
        return self._view

    def preload(self) -> None:
        """Load the plots while nobody waits for them."""
        _ = self.view

    def showEvent(self, event: QShowEvent) -> None:
        """Load the plots once the panel has been painted."""
        super().showEvent(event)
        if self._view is None:
            QTimer.singleShot(0, self, self.preload)

    # ---- following a run

    def _attached(self, run: Run | None) -> None:
        if run is None:
            self.status.show_nothing()
            self.banner.hide()
            self._stack.setCurrentWidget(self._empty)
        else:
            self.view.begin()
            self._stack.setCurrentWidget(self.view)

    def _take(self, events: Sequence[Event]) -> None:
        curves = self.view.curves
        packets: list[Steps] = []
        for event in events:
            if isinstance(event, Steps):
                packets.append(event)
                continue
            curves.add_packets(packets)
            packets.clear()
            match event:
                case Started():
                    curves.forget_after(event.first_iteration)
                    curves.iterations_per_epoch = event.iterations_per_epoch
                    curves.has_errors = event.error == "share"
                case Epoch() if curves.has_errors:
                    curves.add_epoch(event.iteration, event.training_loss, 100 * event.training_error,
                                     event.validation_loss, 100 * event.validation_error)  # fmt: skip
                case Epoch():
                    curves.add_epoch(event.iteration, event.training_loss, None, event.validation_loss, None)
        curves.add_packets(packets)
        self.view.grown()

    def _progressed(self, progress: Progress) -> None:
        self.status.show_progress(self._monitor.run, progress)
        self.banner.show_progress(self._monitor.run, progress)
        per_epoch = progress.started.iterations_per_epoch if progress.started else 0
        self.view.set_course(per_epoch, progress.total, live=progress.state == "running")

    def complain(self, text: str, reasons: Sequence[str] = (), fixes: Sequence[Fix] = ()) -> None:
        """Say why something cannot be done; the run that is shown stays, its Resume beside its state."""
        run = self._monitor.run
        self.banner.show_words(text, "\n".join(reasons), fixes)
        self.status.resume.setVisible(run is not None and run.can_resume())

    def end_complaint(self) -> None:
        """Go back to what there is to say of the run."""
        if self._monitor.run is None:
            self.banner.hide()
        else:
            self.status.show_progress(self._monitor.run, self._monitor.progress)
            self.banner.show_progress(self._monitor.run, self._monitor.progress)

    # ---- export

    def export_png(self) -> None:
        """Ask for a file and save the curves as a picture."""
        path = self._ask(tr("Save the curves as a picture"), ".png", tr("PNG pictures (*.png)"))
        if path is not None and not self.view.picture().save(str(path)):
            self._complain(tr("{path} cannot be written.", path=path))

    def export_csv(self) -> None:
        """Ask for a file and save every number as a table."""
        path = self._ask(tr("Save the curves as a table"), ".csv", tr("Tables (*.csv)"))
        if path is not None:
            self._saving = InThread(partial(_save_csv, self.view.curves.table(), path))
            self._saving.done.connect(self._saved)
            self._saving.start()

    def _saved(self, problem: str) -> None:
        self._saving = None
        if problem:
            self._complain(problem)

    def _ask(self, title: str, suffix: str, kinds: str) -> Path | None:
        run = self._monitor.run
        return ask_where(self, title, Path.home() / ((run.name if run else "curves") + suffix), kinds)

    def _complain(self, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, tr("The curves could not be saved"), text, parent=self)
        box.setObjectName("exportProblem")
        box.exec()


def _save_csv(table: Table, path: Path) -> str:
    """Write the table, in a thread: a million rows take seconds. Gives the reason where that fails."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            table.write_csv(file)
    except OSError as error:
        return tr("{path} cannot be written: {reason}.", path=path, reason=error.strerror or error)
    return ""


def _empty_state() -> QWidget:
    words = Words("curvesEmpty", small=False)
    words.setAlignment(Qt.AlignmentFlag.AlignCenter)
    words.setMargin(6 * theme.GRID)
    words.say(tr("Press Train (F5) and watch the curves here: loss and error while the network learns, and "
                 "the validation error after every epoch. Any run of the Runs tab opens here too."))  # fmt: skip
    return words
