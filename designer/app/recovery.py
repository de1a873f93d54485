"""Recovery: what `Autosave` wrote of a window that died is found, offered and, in the end, forgotten."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QLockFile, QStandardPaths

from designer.errors import NetDesignerError

if TYPE_CHECKING:
    from designer.graph import Graph


class Recovered(NamedTuple):
    """A drawing that a window left behind when it died."""

    file: Path
    path: Path | None
    """The file it belongs to, if it was ever saved."""
    graph: Graph
    stamp: tuple[int, int] | None
    """When that file was written, and its size, when the work on it began."""


def folder() -> Path:
    """Where unsaved work is kept (NETDESIGNER_STATE overrides the user's state folder)."""
    chosen = os.environ.get("NETDESIGNER_STATE")
    states = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericStateLocation)
    return (Path(chosen) if chosen else Path(states, "netdesigner")) / "recovery"


def discard(item: Recovered, *_: object) -> None:
    """Forget a drawing that was left behind; may be connected to a button."""
    with suppress(OSError):  # where it cannot be deleted it is offered again
        item.file.unlink(missing_ok=True)
        item.file.with_suffix(".lock").unlink(missing_ok=True)


def left_behind() -> list[Recovered]:
    """The drawings of windows that are no more, newest first. Files that cannot be read are left where they are."""
    found: list[tuple[float, Recovered]] = []
    for file in folder().glob("*.json"):
        try:
            if lock_of(file).tryLock(0):  # otherwise its window is still open
                found.append((file.stat().st_mtime, _read(file)))
        except (OSError, KeyError, TypeError, ValueError, NetDesignerError):
            continue
    return [item for _, item in sorted(found, key=lambda pair: -pair[0])]


def _read(file: Path) -> Recovered:
    import msgspec  # the start page comes without it where there is nothing to recover

    from designer.graph import io

    raw = msgspec.json.decode(file.read_bytes())
    graph = io.loads(msgspec.json.encode(raw["graph"]), str(file))
    stamp = raw.get("stamp")
    if stamp is not None:
        written, size = stamp
        stamp = (int(written), int(size))
    return Recovered(file, Path(raw["path"]) if raw.get("path") else None, graph, stamp)


def lock_of(file: Path) -> QLockFile:
    """The lock that a window holds on its recovery file for as long as its process lives."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock
