"""What the window shows of a data set before training: made by a process of its own, read here. No torch, no numpy.

The window starts `command(...)`, passes each line it prints to `progress_of`, and calls `read` when it has ended.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from designer.data.errors import DataError, shown
from designer.errors import Message, message

PREVIEW = "preview.json"
THUMBNAILS = "thumbnails.png"


class Mosaic(msgspec.Struct, frozen=True, kw_only=True):
    """How the picture of thumbnails is divided: one column for each class shown, its first training pictures below."""

    tile: tuple[int, int]
    """(height, width) of a thumbnail; it starts at (row * height, column * width)."""
    classes: tuple[int, ...]
    """The class of each column."""
    rows: int
    """Where a class has fewer pictures, the tiles below them are transparent."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A data set at a glance; where it cannot be loaded, `error` says why and the rest is empty."""

    name: str = ""
    shape: tuple[int, int, int] = (0, 0, 0)
    """(C, H, W)"""
    classes: tuple[str, ...] = ()
    train_size: int = 0
    test_size: int = 0
    train_counts: tuple[int, ...] = ()
    """Pictures of each class."""
    test_counts: tuple[int, ...] = ()
    notes: tuple[Message, ...] = ()
    mosaic: Mosaic | None = None
    error: Message | None = None


def command(name_or_path: str, folder: Path) -> list[str]:
    """The command that writes the preview of a set into a folder."""
    return [sys.executable, "-m", "designer.data.preview", name_or_path, str(folder)]


def progress_of(line: str) -> float | None:
    """How much is done, 0 to 1, if the line printed by the process says so."""
    try:
        return msgspec.json.decode(line, type=dict[str, float]).get("progress")
    except msgspec.MsgspecError:
        return None


def read(folder: Path) -> Preview:
    """The preview that the process has left in its folder.

    Raises:
        DataError: it has left none: it died, or was stopped.
    """
    try:
        return msgspec.json.decode((folder / PREVIEW).read_bytes(), type=Preview)
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(message("The preview of the data could not be made: the process that loads it left nothing "
                                "usable in {folder} ({reason}). It may have run out of memory.", folder=shown(folder),
                                reason=str(error))) from error  # fmt: skip
