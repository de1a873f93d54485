"""Run folders as a trainer leaves them, written with the trainer's own event writer, for tests of the panels."""

from __future__ import annotations

import math
from pathlib import Path

from designer.errors import message
from designer.training.events import Epoch, Event, EventWriter, Finished, Outcome, Started, Status, Steps
from designer.training.runs import Run, Summary

PER_EPOCH = 50


def started(epochs: int = 4, **changes: object) -> Started:
    """A start with 50 iterations an epoch."""
    facts: dict[str, object] = {
        "device": "cpu", "device_name": "Test CPU", "parameters": 1234, "train_size": 3200, "validation_size": 300,
        "test_size": 500, "iterations_per_epoch": PER_EPOCH, "epochs": epochs, "batch_size": 64,
        "classes": ("a", "b"),
    }  # fmt: skip
    return Started(**(facts | changes))  # type: ignore[arg-type]


def loss_at(iteration: int) -> float:
    """The loss of an iteration, counted from 1."""
    return 2 * math.exp(-iteration / 100) + 0.1 * math.sin(iteration)


def error_at(iteration: int) -> float:
    """The share of errors of an iteration, counted from 1."""
    return 0.8 * math.exp(-iteration / 100) + 0.1


def steps(first: int, count: int) -> Steps:
    """A packet of iterations; `first` counts from 0."""
    done = range(first + 1, first + 1 + count)
    return Steps(
        first=first, epoch=(first + count) / PER_EPOCH, losses=tuple(map(loss_at, done)),
        errors=tuple(map(error_at, done)), learning_rates=tuple(0.01 if i <= 100 else 0.001 for i in done),
        images_per_second=12_345.0, remaining_s=125.0,
    )  # fmt: skip


def epoch(number: int) -> Epoch:
    """The end of an epoch."""
    iteration = number * PER_EPOCH
    error = error_at(iteration) + 0.02
    return Epoch(
        epoch=number, iteration=iteration, training_loss=loss_at(iteration), training_error=error_at(iteration),
        validation_loss=loss_at(iteration) + 0.1, validation_error=error, learning_rate=0.01, seconds=2.0,
        best_error=error, best_epoch=number, images_per_second=12_000.0,
    )  # fmt: skip


def epochs(first: int, count: int) -> list[Event]:
    """Whole epochs, in packets of 10 iterations."""
    found: list[Event] = []
    for number in range(first, first + count):
        found += [steps((number - 1) * PER_EPOCH + k, 10) for k in range(0, PER_EPOCH, 10)]
        found.append(epoch(number))
    return found


def finished(outcome: Outcome = "completed", **changes: object) -> Finished:
    """The last word."""
    facts: dict[str, object] = {"outcome": outcome, "text": message("The training is complete."), "seconds": 8.0}
    return Finished(**(facts | changes))  # type: ignore[arg-type]


def write_run(root: Path, events: list[Event], name: str = "2026-01-02-030405-net", **summary: object) -> Run:
    """A run's folder with these events and this summary."""
    folder = root / name
    (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    facts: dict[str, object] = {"network": "net", "data": "synthetic", "created": 1_767_323_045.0, "epochs": 4}
    run.write_summary(Summary(**(facts | summary)))  # type: ignore[arg-type]
    append(run, events)
    return run


def append(run: Run, events: list[Event]) -> None:
    """More events, as the trainer appends them."""
    with EventWriter(run.events) as writer:
        for event in events:
            writer.write(event)


def completed_run(root: Path, name: str = "2026-01-02-030405-net") -> Run:
    """Four epochs that ended well."""
    events = [Status(text=message("Loading {data}", data="synthetic")), started(), *epochs(1, 4)]
    events.append(finished(test_accuracy=0.8125, test_loss=0.5))
    return write_run(root, events, name, outcome="completed", epochs_done=4, best_error=0.228, best_epoch=4,
                     test_accuracy=0.8125, seconds=8.0)  # fmt: skip
