"""What a training is asked for while it runs: files in the run's folder, and signals to its process."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from designer.training.runs import Run, take_request

CHECK_S = 0.05


class Stopped(Exception):  # noqa: N818 - no error: someone asked for it
    """The training was asked to save and end."""


class Control:
    """Looks for requests, at most every 50 ms, so that asking costs the training nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._next = 0.0
        self._stop = False
        self._save = False

    def check(self) -> None:
        """Raise `Stopped` if a stop was asked for."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + CHECK_S
            self._stop = take_request(self._run, "stop") or self._stop
            self._save = take_request(self._run, "save") or self._save
        if self._stop:
            raise Stopped

    def wants_save(self) -> bool:
        """Whether a checkpoint was asked for since the last call."""
        wanted, self._save = self._save, False
        return wanted

    def stop(self) -> None:
        """Ask for a stop from within the process."""
        self._stop = True

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Let Ctrl-C and SIGTERM stop the training meanwhile; a second Ctrl-C ends the process at once."""
        before = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self._stop = True
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)
