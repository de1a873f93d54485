"""A training in the terminal: a bar with rates and remaining time, a line for each epoch, at last the test accuracy."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from designer.errors import printable
from designer.training.events import Epoch, Event, Finished, Started, Status, Steps, show_error
from designer.training.runs import Run


class ProgressPrinter:
    """Shows events as they come; without a terminal only the lines that stay."""

    def __init__(self, run: Run, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._run = run
        self._bar = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(), TextColumn("{task.fields[words]}"),
            console=self._console, transient=True, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task: TaskID = self._bar.add_task("Starting", total=None, words="")
        self._started: Started | None = None
        self._best = ""

    def __enter__(self) -> Self:
        self._print(f"Run {self._run.folder}")
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Status():
                self._bar.update(self._task, description=printable(str(event.text)), total=None, words="")
            case Started():
                self._started = event
                self._print(
                    f"{event.parameters:,} parameters, {event.train_size:,} training pictures on {event.device_name}"
                )
            case Steps() if self._started is not None:
                self._show_steps(event, self._started)
            case Epoch() if self._started is not None:
                self._show_epoch(event, self._started)
            case Finished():
                self._show_end(event)
            case _:
                pass

    def _show_steps(self, steps: Steps, started: Started) -> None:
        done = steps.first + len(steps.losses)
        total = started.epochs * started.iterations_per_epoch
        epoch = min(int(steps.epoch) + 1, started.epochs)
        self._bar.update(
            self._task, total=total, completed=done, description=f"epoch {epoch}/{started.epochs}",
            words=f"iteration {done:,}/{total:,}  {steps.images_per_second:,.0f} images/s  "
            f"{duration(steps.remaining_s)} left  loss {steps.losses[-1]:.3f}{self._best}",
        )  # fmt: skip

    def _show_epoch(self, epoch: Epoch, started: Started) -> None:
        self._best = f"  best error {show_error(epoch.best_error, started.error)} (epoch {epoch.best_epoch})"
        self._print(
            f"epoch {epoch.epoch}/{started.epochs}  iteration {epoch.iteration:,}  "
            f"loss {epoch.training_loss:.4f}  error {show_error(epoch.training_error, started.error)}  "
            f"validation loss {epoch.validation_loss:.4f}  error {show_error(epoch.validation_error, started.error)}"
            f"{self._best}  "
            f"learning rate {epoch.learning_rate:g}  {epoch.images_per_second:,.0f} images/s"
        )

    def _show_end(self, finished: Finished) -> None:
        self._bar.stop()
        if finished.outcome == "failed":
            return
        self._print(f"{finished.text} ({duration(finished.seconds)})")
        if finished.outcome == "stopped":
            self._print(f"Weights: {self._run.checkpoints}")
            self._print(f"Go on with: netdesigner train --resume {self._run.folder}")
        if finished.top_k is not None and finished.top_k_error is not None:
            self._print(f"Test top-{finished.top_k} error: {finished.top_k_error:.2%}")
        if finished.test_loss is not None:
            self._print(f"Test loss: {finished.test_loss:.4f}")
        if finished.test_accuracy is not None:
            self._print(f"Test accuracy: {finished.test_accuracy:.2%}")

    def _print(self, text: str) -> None:
        self._console.print(printable(text), markup=False, emoji=False)


def duration(seconds: float) -> str:
    """A time as people say it: '45 s', '3:20 min', '2:05 h'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
