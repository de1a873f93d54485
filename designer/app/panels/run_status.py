"""How a training is going, in words and a bar, and a banner that says what went wrong and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import render, tr
from designer.app.panels.flow import FlowLayout
from designer.app.panels.problem_card import FixButton
from designer.app.panels.run_monitor import Progress
from designer.app.tips import tip
from designer.shapes import Fix
from designer.training.runs import Run, State

_BAR_STEPS = 1000
_LONGEST_STATE = 320


class RunWords(NamedTuple):
    """What the strip says of a run."""

    state: str
    detail: str = ""
    best: str = ""
    result: str = ""
    share: float | None = 0.0
    """How much is done, 0 to 1; None where nobody knows."""


def state_text(state: State) -> str:
    """A run's state in one word."""
    match state:
        case "running":
            return tr("Training")
        case "completed":
            return tr("Completed")
        case "stopped":
            return tr("Stopped")
        case "failed":
            return tr("Failed")
        case "died":
            return tr("Broke off")


def state_colour(state: State) -> str:
    """The colour that stands for a state in the present scheme."""
    colours = theme.palette()
    return {
        "running": colours.accent, "completed": colours.good, "stopped": colours.warning,
        "failed": colours.error, "died": colours.error,
    }[state]  # fmt: skip


def duration(seconds: float) -> str:
    """Seconds as people say them: 42 s, 3 min 5 s, 2 h 10 min, 1 d 4 h."""
    if seconds < 60:
        return tr("{seconds} s", seconds=f"{max(seconds, 0):.0f}" if seconds >= 10 else f"{max(seconds, 0):.1f}")
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return tr("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return tr("{hours} h {minutes} min", hours=hours, minutes=minutes)
    days, hours = divmod(hours, 24)
    return tr("{days} d {hours} h", days=days, hours=hours)


def percent(share: float) -> str:
    """A share from 0 to 1 as a percentage with two digits."""
    return f"{100 * share:.2f} %"


def words(progress: Progress, name: str = "") -> RunWords:
    """What the strip says of a run of that name."""
    return RunWords(
        _state_words(progress), _detail(progress, name), _best(progress), _result(progress), _share(progress)
    )  # fmt: skip


def _state_words(progress: Progress) -> str:
    if progress.state != "running":
        return state_text(progress.state)
    if progress.doing is not None:
        return render(progress.doing)
    if progress.started is None:
        return state_text("running")
    per_epoch = progress.started.iterations_per_epoch
    epoch = min(progress.iteration // per_epoch + 1, progress.started.epochs)
    return tr("Epoch {epoch} of {epochs}", epoch=epoch, epochs=progress.started.epochs)


def _detail(progress: Progress, name: str) -> str:
    started = progress.started
    if started is None:
        return name
    if progress.state == "completed":
        parts = [tr("{epochs} epochs", epochs=f"{started.epochs:,}")]
    else:
        parts = [tr("iteration {done} of {total}", done=f"{progress.iteration:,}", total=f"{progress.total:,}")]
    rate = progress.steps.images_per_second if progress.steps else 0.0
    rate = rate or (progress.epoch.images_per_second if progress.epoch else 0.0)
    if rate:
        parts.append(tr("{rate} images/s", rate=f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"))
    if progress.state == "running" and progress.steps and progress.doing is None:
        parts.append(tr("{time} left", time=duration(progress.steps.remaining_s)))
    if progress.outcome and progress.outcome.finished and progress.outcome.finished.seconds:
        parts.append(tr("in {time}", time=duration(progress.outcome.finished.seconds)))
    parts.append(tr("on {device}", device=started.device_name or started.device))
    if name:
        parts.insert(len(parts) if progress.state == "running" else 0, name)
    return "  \N{MIDDLE DOT}  ".join(parts)


def _best(progress: Progress) -> str:
    if progress.epoch is None:
        return ""
    best = progress.epoch.best_error
    share = progress.started is None or progress.started.error == "share"
    return tr("best validation error {error} (epoch {epoch})", error=percent(best) if share else f"{best:.4g}",
              epoch=progress.epoch.best_epoch)  # fmt: skip


def _result(progress: Progress) -> str:
    finished = progress.outcome.finished if progress.outcome else None
    if finished is None or finished.test_accuracy is None:
        return ""
    return tr("Test accuracy {accuracy}", accuracy=percent(finished.test_accuracy))


def _share(progress: Progress) -> float | None:
    if progress.started is None:
        return None if progress.state == "running" else 0.0
    return progress.iteration / progress.total if progress.total else 0.0


class ElidedLabel(QLabel):
    """A line of text that ends in dots where there is no room; the tooltip has all of it."""

    def __init__(self, name: str, *, first: bool = False) -> None:
        """`first` labels ask for room for all of their text, others take what is left."""
        super().__init__()
        self.setObjectName(name)
        self._first = first
        across = QSizePolicy.Policy.Maximum if first else QSizePolicy.Policy.Ignored
        self.setSizePolicy(across, QSizePolicy.Policy.Preferred)
        self._full = ""

    def sizeHint(self) -> QSize:
        """All of the text."""
        height = super().sizeHint().height()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 2 if self._first else 0, height)

    def minimumSizeHint(self) -> QSize:
        """It is cut rather than widen the panel."""
        return QSize(0, super().minimumSizeHint().height())

    def full_text(self) -> str:
        """All of it."""
        return self._full

    def show_text(self, text: str) -> None:
        """Show another text."""
        self._full = text
        self.setAccessibleName(text)
        self.setToolTip(tip(text))
        self.updateGeometry()
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room there is."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        self.setText(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, self.width()))


class RunStatus(QWidget):
    """The strip: state, progress bar, rates and remaining time, best validation error, final test accuracy."""

    resumeRequested = Signal()  # noqa: N815 - Qt's spelling of signals
    networkRequested = Signal()  # noqa: N815
    """The network that the run trains is to be opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runStatus")
        self._state: State | None = None
        self._progress = Progress()
        self.state = QLabel()
        self.state.setObjectName("runState")
        self.state.setFont(theme.font(bold=True))
        self.bar = QProgressBar()
        self.bar.setObjectName("runProgress")
        self.bar.setAccessibleName(tr("Progress of the training"))
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(2 * theme.GRID)
        self.bar.setMinimumWidth(40)
        self.bar.setMaximumWidth(200)
        self.resume = QPushButton(tr("Resume"))
        self.resume.setObjectName("resumeButton")
        self.resume.setAccessibleName(tr("Resume"))
        self.resume.clicked.connect(self.resumeRequested)
        self.origin = QLabel()
        self.origin.setObjectName("runOrigin")
        self.open = QPushButton(tr("Open it"))
        self.open.setObjectName("openTrained")
        self.open.setToolTip(tr("Open the network it trained as a new drawing"))
        self.open.clicked.connect(self.networkRequested)
        self.detail = ElidedLabel("runDetail")
        self.best = ElidedLabel("runBest", first=True)
        self.best.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.result = QLabel()
        self.result.setObjectName("runResult")
        for label in (self.detail, self.best, self.origin):
            label.setFont(theme.font(theme.SMALL_SIZE))
        self.result.setFont(theme.font(bold=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        row.setSpacing(3 * theme.GRID)
        row.addWidget(self.state)
        row.addWidget(self.resume)
        row.addWidget(self.origin)
        row.addWidget(self.open)
        row.addWidget(self.bar, 1)
        row.addWidget(self.detail, 4)
        row.addWidget(self.best)
        row.addWidget(self.result)
        self.show_nothing()

    def sizeHint(self) -> QSize:
        """One row."""
        return QSize(super().sizeHint().width(), 28)

    def show_nothing(self) -> None:
        """No run is attached."""
        self._state = None
        self._say(RunWords(tr("No training yet"), share=0.0))
        self.bar.hide()
        self.resume.hide()
        self.show_origin("")

    def show_progress(self, run: Run | None, progress: Progress) -> None:
        """Say how the run goes."""
        self._state = progress.state
        self._say(words(progress, run.name if run else ""))
        self.bar.setVisible(progress.state == "running")
        # What failed or broke off has its button in the banner, beside the reason.
        self.resume.setVisible(progress.state == "stopped" and run is not None and run.resume_point.exists())
        self._progress = progress
        self._explain_resume()

    def show_origin(self, origin: str) -> None:
        """Say which drawing the run trains where it is not the one that is open; empty where it is."""
        self.origin.setText(origin)
        self.origin.setVisible(bool(origin))
        self.open.setVisible(bool(origin))
        self._explain_resume()

    def _explain_resume(self) -> None:
        progress = self._progress
        lines = [tr("Go on from iteration {done} of {total}", done=f"{progress.iteration:,}",
                    total=f"{progress.total:,}")]  # fmt: skip
        if self.origin.text():
            lines.append(tr("It trains the network as it was, not as it is drawn now."))
        self.resume.setToolTip(tip("\n".join(lines)))

    def _say(self, said: RunWords) -> None:
        metrics = self.state.fontMetrics()
        self.state.setText(metrics.elidedText(said.state, Qt.TextElideMode.ElideMiddle, _LONGEST_STATE))
        self.state.setToolTip(tip(said.state))
        self.state.setAccessibleName(said.state)
        self.detail.show_text(said.detail)
        self.best.show_text(said.best)
        self.best.setVisible(bool(said.best))
        self.result.setText(said.result)
        self.result.setVisible(bool(said.result))
        if said.share is None:
            self.bar.setRange(0, 0)  # busy
        else:
            self.bar.setRange(0, _BAR_STEPS)
            self.bar.setValue(round(_BAR_STEPS * said.share))
        self._colour()

    def _colour(self) -> None:
        colours = theme.palette()
        state = state_colour(self._state) if self._state else colours.muted
        for label, colour in (
            (self.state, state), (self.result, colours.good), (self.detail, colours.muted), (self.best, colours.text),
            (self.origin, colours.warning),
        ):  # fmt: skip
            wanted = f"color: {colour};"
            if label.styleSheet() != wanted:
                label.setStyleSheet(wanted)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()


class Banner(QFrame):
    """What went wrong with a training, and what to try; hidden while all is well."""

    resumeRequested = Signal()  # noqa: N815 - Qt's spelling of signals
    mendRequested = Signal(object)  # noqa: N815
    """Emits the `Fix` to apply."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runBanner")
        self._log: str = ""
        self.text = QLabel()
        self.text.setObjectName("runProblem")
        self.text.setFont(theme.font(bold=True))
        self.advice = QLabel()
        self.advice.setObjectName("runAdvice")
        for label in (self.text, self.advice):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.resume = QPushButton(tr("Resume"))
        self.resume.setObjectName("bannerResume")
        self.resume.setToolTip(tr("Go on from the last checkpoint"))
        self.resume.clicked.connect(self.resumeRequested)
        self.log = QPushButton(tr("Show log"))
        self.log.setObjectName("bannerLog")
        self.log.setToolTip(tr("Open what the trainer printed"))
        self.log.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._log)))
        self._fixes: list[FixButton] = []
        self._mends = FlowLayout()
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addWidget(self.advice)
        column.addLayout(self._mends)
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        row.addLayout(column, 1)
        row.addWidget(self.log)
        row.addWidget(self.resume)
        self._colour()
        self.hide()

    def show_progress(self, run: Run | None, progress: Progress) -> None:
        """Show what went wrong with the run, or hide."""
        outcome = progress.outcome
        if run is None or outcome is None or outcome.state not in ("failed", "died"):
            self.hide()
            return
        self._offer(())
        self.text.setText(render(outcome.text))
        self.advice.setText(render(outcome.advice) if outcome.advice else "")
        self.advice.setVisible(outcome.advice is not None)
        self._log = str(run.log)
        self.log.setVisible(run.log.exists())
        self.resume.setVisible(run.can_resume())
        self.setAccessibleName(self.text.text())
        self.setAccessibleDescription(self.advice.text())
        self.show()

    def show_words(self, text: str, advice: str = "", fixes: Sequence[Fix] = ()) -> None:
        """Show something that went wrong before there was a run, and what would mend it."""
        self._offer(fixes)
        self.text.setText(text)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.log.hide()
        self.resume.hide()
        self.setAccessibleName(text)
        self.show()

    def _offer(self, fixes: Sequence[Fix]) -> None:
        for old in self._fixes:
            old.hide()
            old.deleteLater()
        self._fixes = [FixButton(render(fix.title)) for fix in fixes]
        for button, fix in zip(self._fixes, fixes, strict=True):
            button.clicked.connect(partial(self.mendRequested.emit, fix))
            self._mends.addWidget(button)

    def _colour(self) -> None:
        colours = theme.palette()
        wanted = (
            f"#runBanner {{ background: {colours.window}; border: none; border-left: 4px solid {colours.error}; }}"
            f"#runProblem {{ color: {colours.error}; }}"
        )
        if self.styleSheet() != wanted:
            self.setStyleSheet(wanted)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()
