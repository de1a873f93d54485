"""What a training says while it runs: typed events, one JSON object a line, appended to the run's `events.jsonl`.

A run may have several lives (stopped and resumed, or killed and resumed): each begins with a `Started`. Points of
an earlier life at or after `Started.first_iteration` are done again and no longer count.
"""

from __future__ import annotations

import time as clock
from pathlib import Path
from typing import Literal, Self

import msgspec

from designer.errors import Message

Outcome = Literal["completed", "stopped", "failed"]
ErrorKind = Literal["share", "loss"]
"""What errors are: shares of wrong answers, 0 to 1, or the loss, where there is no right and wrong."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="event"):
    time: float = msgspec.field(default_factory=clock.time)
    """When it happened, in seconds since 1970."""


class Status(_Event, frozen=True, kw_only=True):
    """What the trainer does when it is not training: loading data, downloading, preparing, testing."""

    text: Message


class Started(_Event, frozen=True, kw_only=True):
    """Everything is ready and the first step comes next."""

    device: str
    """'cuda:0', 'mps' or 'cpu'."""
    device_name: str
    parameters: int
    """Trainable values."""
    train_size: int
    validation_size: int
    test_size: int
    iterations_per_epoch: int
    epochs: int
    batch_size: int
    classes: tuple[str, ...]
    first_epoch: int = 0
    """Epochs that earlier lives of the run have completed."""
    first_iteration: int = 0
    """Index of the first iteration of this life."""
    error: ErrorKind = "share"
    """What the errors of this run are."""


class Steps(_Event, frozen=True, kw_only=True):
    """A packet of iterations; sent at most 30 times a second, so that watching a training does not slow it down."""

    first: int
    """Index of the first iteration in the packet, counted from 0 over the whole training."""
    epoch: float
    """Epochs done after the packet's last iteration, with a fraction."""
    losses: tuple[float, ...]
    """Mean loss of each batch."""
    errors: tuple[float, ...]
    """Share of each batch that was answered wrongly, 0 to 1; its mean loss where `Started.error` says so."""
    learning_rates: tuple[float, ...]
    images_per_second: float
    remaining_s: float
    """Estimated seconds to the end of the training, validation included."""


class Epoch(_Event, frozen=True, kw_only=True):
    """An epoch has ended and its network was validated."""

    epoch: int
    """How many epochs are done: 1 after the first."""
    iteration: int
    """How many iterations are done."""
    training_loss: float
    """Mean over the epoch's batches as they were trained on (the network changed meanwhile)."""
    training_error: float
    validation_loss: float
    validation_error: float
    learning_rate: float
    seconds: float
    """Time the epoch took, validation included."""
    best_error: float
    """Lowest validation error so far."""
    best_epoch: int
    images_per_second: float


class Finished(_Event, frozen=True, kw_only=True):
    """The training is over; nothing more comes, unless it is resumed."""

    outcome: Outcome
    text: Message
    advice: Message | None = None
    """What to try next where something went wrong."""
    test_accuracy: float | None = None
    """Share of the test images that the best network (by validation error) classifies rightly; None if not tested, and
    where the network does not tell classes."""
    test_loss: float | None = None
    top_k: int | None = None
    """The k of `top_k_error`; None where the loss asks for no top-k error."""
    top_k_error: float | None = None
    seconds: float = 0.0
    """Time trained, all lives of the run together."""


Event = Started | Status | Steps | Epoch | Finished


def show_error(error: float, kind: ErrorKind) -> str:
    """An error as text: 12.34%, or a loss with four digits."""
    return f"{error:.2%}" if kind == "share" else f"{error:.4g}"


_encoder = msgspec.json.Encoder(enc_hook=str)  # a message may hold a path or a device
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class EventWriter:
    """Appends events to a file, each written at once and whole. Raises OSError where that cannot be."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a+b", buffering=0)
        size = self._file.seek(0, 2)
        self._file.seek(max(0, size - 1))
        if size and self._file.read(1) != b"\n":  # a trainer was killed in the middle of a line
            self._file.write(b"\n")

    def write(self, event: Event) -> None:
        """Append one event. Raises OSError where the disk is full."""
        self._file.write(_encoder.encode(event) + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class EventReader:
    """Reads events as they are appended; a half-written last line waits, a line that is no event is skipped."""

    is_behind = False
    """Whether the last `poll` left something to the next one."""

    def __init__(self, path: Path, most: int | None = None) -> None:
        """`most`: so many bytes a call of `poll` reads at most, where who reads must not be held up."""
        self._path = path
        self._most = most
        self._offset = 0
        self._rest = b""

    def skip(self) -> None:
        """Leave out everything up to now."""
        self._offset = self._path.stat().st_size if self._path.exists() else 0
        self._rest = b""

    def poll(self) -> list[Event]:
        """The events since the last call; none where the file is not there (yet)."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, 2)
                if size < self._offset:  # another file took its place
                    self._offset, self._rest = 0, b""
                file.seek(self._offset)
                left = size - self._offset
                data = file.read(left if self._most is None else min(left, self._most))
        except OSError:
            return []
        self._offset += len(data)
        self.is_behind = len(data) < left
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [event for line in lines if (event := _decoded(line)) is not None]


def _decoded(line: bytes) -> Event | None:
    try:
        event = _decoder.decode(line)
        for text in (getattr(event, "text", None), getattr(event, "advice", None)):
            str(text)  # one whose values are not those that it names is damaged too
    except (msgspec.MsgspecError, ValueError, LookupError, AttributeError, RecursionError):
        return None
    return event
