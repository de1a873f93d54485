"""The run's curves as TensorBoard files, made from its events.

Importing the writer takes up to a second, so it happens once a training has lasted, or when it is over.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from designer.training.events import Epoch, Event, EventReader, Finished, Steps
from designer.training.runs import Run

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

LASTED_S = 30.0
STEP_S = 1.0
"""At most one point a second from the packets of steps: TensorBoard gets slow with millions."""


class Board:
    """Writes what is new in the run's events whenever it is asked to catch up."""

    def __init__(self, run: Run) -> None:
        self._folder: Path = run.folder / "tensorboard"
        self._reader = EventReader(run.events)
        self._reader.skip()  # earlier lives have written theirs
        self._writer: SummaryWriter | None = None
        self._began = time.monotonic()
        self._last = 0.0

    def catch_up(self, over: bool = False) -> None:
        """Write the events since the last call, if the training has lasted or is over."""
        if not over and time.monotonic() - self._began < LASTED_S:
            return
        events = self._reader.poll()
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._folder))
        for event in events:
            self._write(self._writer, event)
        if over:
            self._writer.close()
        else:
            self._writer.flush()

    def _write(self, writer: SummaryWriter, event: Event) -> None:
        match event:
            case Steps() if event.time - self._last >= STEP_S:
                self._last = event.time
                step = event.first + len(event.losses)
                _scalar(writer, "iteration/loss", sum(event.losses) / len(event.losses), step, event)
                _scalar(writer, "iteration/error", sum(event.errors) / len(event.errors), step, event)
                _scalar(writer, "iteration/learning_rate", event.learning_rates[-1], step, event)
                _scalar(writer, "iteration/images_per_second", event.images_per_second, step, event)
            case Epoch():
                _scalar(writer, "loss/training", event.training_loss, event.epoch, event)
                _scalar(writer, "loss/validation", event.validation_loss, event.epoch, event)
                _scalar(writer, "error/training", event.training_error, event.epoch, event)
                _scalar(writer, "error/validation", event.validation_error, event.epoch, event)
                _scalar(writer, "learning_rate", event.learning_rate, event.epoch, event)
            case Finished() if event.test_loss is not None:
                _scalar(writer, "test/loss", event.test_loss, 0, event)
                if event.test_accuracy is not None:
                    _scalar(writer, "test/accuracy", event.test_accuracy, 0, event)
            case _:
                pass


def _scalar(writer: SummaryWriter, tag: str, value: float, step: int, event: Event) -> None:
    writer.add_scalar(tag, value, step, walltime=event.time)
