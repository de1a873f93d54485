"""Follows one run, whoever trains it: reads the events as they are appended, and keeps what is known of the run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from designer.errors import Message, message
from designer.training.events import Epoch, Event, EventReader, Finished, Started, Status, Steps
from designer.training.launch import Launcher
from designer.training.outcomes import Outcome
from designer.training.runs import Run, State

LIVE_EVERY: Final = 60
"""Milliseconds between two looks at a run in training."""
IDLE_EVERY: Final = 1000
"""Milliseconds between two looks at a run that is over: it may be resumed from elsewhere."""
_LIFE_EVERY: Final = 16
"""Every so many looks, ask whether the trainer is still alive."""
_AT_ONCE: Final = 1 << 20
"""Bytes of events read in one go, so that the window stays quick while a long run is caught up with."""
STARTING: Final = message("Starting the trainer")


@dataclass(frozen=True)
class Progress:
    """What the events said so far."""

    state: State = "running"
    doing: Message | None = STARTING
    """What happens instead of training: loading data, testing. None while it trains."""
    started: Started | None = None
    steps: Steps | None = None
    """The latest packet of iterations."""
    epoch: Epoch | None = None
    """The latest epoch that ended."""
    outcome: Outcome | None = None
    """How it ended; None while it runs."""

    @property
    def iteration(self) -> int:
        """Iterations done."""
        done = self.started.first_iteration if self.started else 0
        done = self.steps.first + len(self.steps.losses) if self.steps else done
        return max(done, self.epoch.iteration) if self.epoch else done

    @property
    def total(self) -> int:
        """Iterations of the whole training; 0 as long as it is not known."""
        return self.started.iterations_per_epoch * self.started.epochs if self.started else 0

    def after(self, event: Event) -> Progress:
        """What is known once this event has come."""
        match event:
            case Status():
                return replace(self, doing=event.text, state="running", outcome=None)
            case Started():
                epoch = self.epoch if self.epoch and self.epoch.iteration <= event.first_iteration else None
                return Progress(doing=None, started=event, epoch=epoch)
            case Steps():
                return replace(self, steps=event, doing=None)
            case Epoch():
                return replace(self, epoch=event)
            case Finished():
                ended = Outcome(event.outcome, event.text, event.advice, event)
                return replace(self, state=event.outcome, doing=None, outcome=ended)


class RunMonitor(QObject):
    """Watches the run it is attached to; the run knows nothing of it."""

    attached = Signal(object)
    """Emits the `Run` that is followed from now on (None: none); its events follow, from the first one on."""
    eventsRead = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """Emits the new events, in order (`Sequence[Event]`)."""
    progressed = Signal(object)
    """Emits the new `Progress` where something changed, after `eventsRead`."""

    def __init__(self, launcher: Launcher, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._launcher = launcher
        self._run: Run | None = None
        self._reader: EventReader | None = None
        self._progress = Progress()
        self._polls = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.poll)

    @property
    def run(self) -> Run | None:
        """The run that is followed."""
        return self._run

    @property
    def progress(self) -> Progress:
        """What is known of it."""
        return self._progress

    @property
    def is_live(self) -> bool:
        """Whether it is being trained."""
        return self._run is not None and self._progress.state == "running"

    def attach(self, run: Run | None) -> None:
        """Follow a run from its first event on, be it over or not."""
        self._run = run
        self._reader = EventReader(run.events, _AT_ONCE) if run else None
        self._progress = Progress()
        self._polls = 0
        self._timer.stop()
        self.attached.emit(run)
        self.poll()

    def stopping(self) -> None:
        """The trainer was asked to stop: say so until it has."""
        self._advance(replace(self._progress, doing=message("Stopping after this step")))

    def poll(self) -> None:
        """Read what is new now."""
        if self._run is None or self._reader is None:
            return
        progress = self._read(self._reader, self._progress)
        behind = self._reader.is_behind
        if behind:
            progress = replace(progress, state=self._run.state())  # the event that tells it comes last
        elif self._polls == 0 and progress.outcome is not None and self._run.state() == "running":
            progress = replace(progress, state="running", doing=STARTING, outcome=None)  # its next life begins
        elif progress.state == "running" and self._polls % _LIFE_EVERY == 0:
            progress = self._check_life(self._run, self._reader, progress)
        self._polls += not behind
        self._advance(progress)
        every = 0 if behind else LIVE_EVERY if self.is_live else IDLE_EVERY
        if self._run is not None and (not self._timer.isActive() or self._timer.interval() != every):
            self._timer.start(every)

    def _read(self, reader: EventReader, progress: Progress) -> Progress:
        events = reader.poll()
        packet: Steps | None = None
        for event in events:
            if isinstance(event, Steps):  # of thousands in a row the last one says it all
                packet = event
                continue
            progress = (progress.after(packet) if packet else progress).after(event)
            packet = None
        progress = progress.after(packet) if packet else progress
        if events:
            self.eventsRead.emit(events)
        return progress

    def _check_life(self, run: Run, reader: EventReader, progress: Progress) -> Progress:
        """Whether the trainer is still there, and how it ended if not."""
        if run.state() == "running":
            return progress
        progress = self._read(reader, progress)  # its last words may have come just now
        if progress.state == "running" and (ended := self._launcher.outcome(run)) is not None:
            return replace(progress, state=ended.state, doing=None, outcome=ended)
        return progress

    def _advance(self, progress: Progress) -> None:
        if progress != self._progress or self._polls == 1:
            self._progress = progress
            self.progressed.emit(progress)
