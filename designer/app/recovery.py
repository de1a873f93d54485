"""Recovery: what `Autosave` wrote of a window that died is found, offered and, in the end, forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile

from designer.graph import Graph, GraphError, io


class Recovered(msgspec.Struct, frozen=True):
    """A drawing that a window left behind when it died."""

    file: Path
    path: Path | None
    """The file it belongs to, if it was ever saved."""
    graph: Graph


def folder() -> Path:
    """Where unsaved work is kept (NETDESIGNER_STATE overrides the user's state folder)."""
    base = os.environ.get("NETDESIGNER_STATE")
    if base:
        return Path(base) / "recovery"
    import platformdirs

    return Path(platformdirs.user_state_dir("netdesigner")) / "recovery"


def discard(item: Recovered, *_: object) -> None:
    """Forget a drawing that was left behind; may be connected to a button."""
    item.file.unlink(missing_ok=True)
    item.file.with_suffix(".lock").unlink(missing_ok=True)


def left_behind() -> list[Recovered]:
    """The drawings of windows that are no more, newest first. Files that cannot be read are left where they are."""
    found: list[tuple[float, Recovered]] = []
    for file in folder().glob("*.json") if folder().is_dir() else ():
        try:
            if not lock_of(file).tryLock(0):
                continue  # its window is still open
            raw = msgspec.json.decode(file.read_bytes())
            graph = io.loads(msgspec.json.encode(raw["graph"]), str(file))
            path = Path(raw["path"]) if raw.get("path") else None
            found.append((file.stat().st_mtime, Recovered(file, path, graph)))
        except (OSError, KeyError, TypeError, msgspec.MsgspecError, GraphError):
            continue
    return [item for _, item in sorted(found, key=lambda pair: -pair[0])]


def lock_of(file: Path) -> QLockFile:
    """The lock that a window holds on its recovery file for as long as its process lives."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock
