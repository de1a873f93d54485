"""How a run ended, in words for the user, also where its process could not say so itself."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from designer.errors import Message, message
from designer.training.events import Event, EventReader, Finished
from designer.training.runs import Run, State

_TAIL = 2_000


@dataclass(frozen=True)
class Outcome:
    """What became of a run and what to do about it."""

    state: State
    text: Message
    advice: Message | None = None
    finished: Finished | None = None
    """The trainer's last word, with the test accuracy; None where it died."""


def outcome(run: Run, exit_code: int | None = None) -> Outcome | None:
    """How the run ended; None while it runs.

    `exit_code` is that of the trainer's process, for those who started it: negative for a signal.
    """
    state = run.state()
    if state == "running":
        return None
    if state != "died":
        finished = last_finished(EventReader(run.events).poll())
        if finished is None:
            return Outcome(state, message("What the trainer said at its end is not in {path} any more.",
                                          path=str(run.events)))  # fmt: skip
        return Outcome(state, finished.text, finished.advice, finished)
    return Outcome(state, _cause(run, exit_code), _advice(run, exit_code))


def last_finished(events: list[Event]) -> Finished | None:
    """The last word of the latest life."""
    return next((event for event in reversed(events) if isinstance(event, Finished)), None)


def _cause(run: Run, exit_code: int | None) -> Message:
    if exit_code == -signal.SIGTERM:
        return message("The trainer was told to end (SIGTERM) before it could save.")
    if exit_code == _killed():
        return message(
            "The trainer was killed from outside (SIGKILL). Most often the system does so when memory runs out."
        )
    if exit_code is not None and exit_code < 0:
        return message("The trainer crashed ({signal}).", signal=_signal_name(-exit_code))
    if exit_code:
        return message("The trainer ended with error {code}: {reason}", code=exit_code, reason=_last_line(run))
    return message("The trainer is gone without a word: it was killed, or the computer went down.")


def _advice(run: Run, exit_code: int | None) -> Message:
    if exit_code == _killed():
        advice = message("Try a smaller batch size or a smaller data set, or close other programs.")
    elif exit_code is not None:
        return message("What it printed last is in {log}.", log=str(run.log))
    else:
        advice = message("Resume goes on from the last checkpoint.")
    return advice if exit_code == _killed() or run.resume_point.exists() else message("Train again.")


def _killed() -> int:
    return -getattr(signal, "SIGKILL", 9)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(run: Run) -> str:
    try:
        with run.log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return "-"
    return next((line.strip() for line in reversed(lines) if line.strip()), "-")
