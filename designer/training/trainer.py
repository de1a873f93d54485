"""One life of a run, from taking the folder over to the last word: whatever happens, it ends with a `Finished`."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import msgspec

from designer.codegen.source import source
from designer.errors import Message, NetDesignerError, message
from designer.graph.io import write_atomically
from designer.graph.model import Graph
from designer.graph.recipe import Recipe
from designer.shapes import analyze
from designer.training import devices, estimates, failures
from designer.training.boards import Board
from designer.training.control import Control, Stopped
from designer.training.engine import Engine
from designer.training.events import Epoch, Event, EventWriter, Finished, Outcome, Started, Status, show_error
from designer.training.locks import FileLock
from designer.training.network import parameter_count
from designer.training.runs import LAUNCHED, LOCK, Run, unwritable
from designer.training.setup import Setup, set_up

Listener = Callable[[Event], None]

SUMMARY_S = 1.0
"""The summary is rewritten at most this often; it waits for the disk."""


def train(run: Run, control: Control | None = None, listener: Listener | None = None) -> Finished:
    """Train a run to its end, or on from its last checkpoint, in this process. `listener` hears every event.

    Raises:
        NetDesignerError: another process trains this run, or its folder cannot be written. All that happens later is
            told by the `Finished`.
    """
    lock = FileLock(run.folder / LOCK)
    lock.acquire()
    try:
        with _event_writer(run) as writer:
            return _Life(run, control or Control(run), writer, listener).live()
    finally:
        lock.release()


def _event_writer(run: Run) -> EventWriter:
    try:
        return EventWriter(run.events)
    except OSError as error:
        raise unwritable(run.folder, error) from None


class _Life:
    """One life of a run: what it does, told as events and kept in the summary."""

    def __init__(self, run: Run, control: Control, writer: EventWriter, listener: Listener | None) -> None:
        self._run = run
        self._control = control
        self._writer = writer
        self._listener = listener
        self._recipe: Recipe | None = None
        self._engine: Engine | None = None
        self._summary = msgspec.structs.replace(run.summary(), outcome=None)
        self._summary_at = float("-inf")
        self._board = Board(run)
        self._speed = 0.0

    def live(self) -> Finished:
        try:
            self._write_summary()
            (self._run.folder / LAUNCHED).unlink(missing_ok=True)
            finished = self._train()
        except (Stopped, KeyboardInterrupt):
            finished = self._finished("stopped", self._stopped())
        except Exception as error:  # noqa: BLE001 - whatever it is, the user is told
            self._log()
            failure = failures.explain(error, self._recipe)
            finished = self._finished("failed", failure.text, failure.advice)
        self._end(finished)
        return finished

    def _train(self) -> Finished:
        self._say(message("Reading the run"))
        graph, self._recipe = self._run.graph(), self._run.recipe()
        write_atomically(self._run.folder / "model.py", source(graph).encode())
        setup = set_up(graph, self._recipe, self._say)
        engine = self._engine = Engine(self._run, setup, self._control, self._emit)
        if self._run.resume_point.exists():
            engine.resume()
        self._start(setup, engine)
        engine.train()
        self._remember_speed(graph, setup)
        return self._test(setup, engine)

    def _remember_speed(self, graph: Graph, setup: Setup) -> None:
        """What this device did, so that the next network's time can be told before it is trained."""
        if self._speed:
            estimates.remember(estimates.Speed(
                network=graph.name, device=str(setup.device), device_name=devices.name_of(setup.device),
                batch_size=setup.recipe.batch_size, cost=estimates.cost(analyze(graph)), samples_per_second=self._speed,
                source="run",
            ))  # fmt: skip

    def _start(self, setup: Setup, engine: Engine) -> None:
        parameters = parameter_count(setup.network.module)
        name = devices.name_of(setup.device)
        kind = setup.network.error_kind
        self._update(parameters=parameters, device=name, epochs=setup.recipe.epochs, error=kind)
        self._emit(Started(
            device=str(setup.device), device_name=name, parameters=parameters, train_size=len(setup.train),
            validation_size=len(setup.validation), test_size=len(setup.test), classes=setup.classes,
            iterations_per_epoch=setup.iterations_per_epoch, epochs=setup.recipe.epochs,
            batch_size=setup.recipe.batch_size, first_epoch=engine.progress.epoch,
            first_iteration=engine.progress.iteration, error=kind,
        ))  # fmt: skip

    def _test(self, setup: Setup, engine: Engine) -> Finished:
        self._say(message("Testing"))
        result, progress = engine.test(), engine.progress
        k = setup.network.top_k if 1 < setup.network.top_k < setup.network.outputs else None
        best = show_error(progress.best_error, setup.network.error_kind)
        text = message("Completed {epochs} epochs. Best validation error {error} in epoch {best}.",
                       epochs=progress.epoch, error=best, best=progress.best_epoch)  # fmt: skip
        return msgspec.structs.replace(
            self._finished("completed", text),
            test_accuracy=result.accuracy,
            test_loss=result.loss,
            top_k=k,
            top_k_error=result.top_k_error if k else None,
        )

    def _stopped(self) -> Message:
        if self._run.resume_point.exists():
            return message("Stopped. The weights so far are saved, and resume goes on from there.")
        return message("Stopped before the first step.")

    def _finished(self, outcome: Outcome, text: Message, advice: Message | None = None) -> Finished:
        self._count_time()
        return Finished(outcome=outcome, text=text, advice=advice, seconds=self._summary.seconds)

    def _count_time(self) -> None:
        if self._engine is not None:
            self._update(seconds=round(self._engine.progress.seconds, 3))

    def _end(self, finished: Finished) -> None:
        self._update(outcome=finished.outcome, test_accuracy=finished.test_accuracy)
        with self._logged():
            self._emit(finished)
        with self._logged():
            self._write_summary()
        with self._logged():
            self._board.catch_up(over=True)

    # ---- telling

    def _say(self, text: Message) -> None:
        """Tell what is being done; also the moment to end if that was asked for."""
        self._emit(Status(text=text))
        self._control.check()

    def _emit(self, event: Event) -> None:
        self._writer.write(event)
        if self._listener is not None:
            self._listener(event)
        if isinstance(event, Epoch):
            self._speed = event.images_per_second
            self._update(epochs_done=event.epoch, best_error=event.best_error, best_epoch=event.best_epoch)
            if time.perf_counter() - self._summary_at > SUMMARY_S:
                self._write_summary()
            self._board.catch_up()

    def _update(self, **changes: Any) -> None:
        self._summary = msgspec.structs.replace(self._summary, **changes)

    def _write_summary(self) -> None:
        self._count_time()
        self._run.write_summary(self._summary)
        self._summary_at = time.perf_counter()

    @contextmanager
    def _logged(self) -> Iterator[None]:
        """What goes wrong at the very end, where there is nobody left to tell: a full disk cannot be told on itself."""
        try:
            yield
        except (OSError, ImportError, NetDesignerError):
            self._log()

    def _log(self) -> None:
        """The whole of the error that is being handled, for those who want to know more than its text says."""
        with suppress(OSError), self._run.log.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
