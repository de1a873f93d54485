"""Autosave and recovery: unsaved work is written beside the settings every few seconds and offered after a crash."""

from __future__ import annotations

import os
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
from PySide6.QtCore import QLockFile, QObject, QTimer, Signal

from designer.app.document import Document
from designer.graph import Graph, GraphError, GraphFileError, io

DELAY_MS = 1500
"""How long after an edit the drawing is written; edits meanwhile are written together."""


class Recovered(msgspec.Struct, frozen=True):
    """A drawing that a window left behind when it died."""

    file: Path
    path: Path | None
    """The file it belongs to, if it was ever saved."""
    graph: Graph


def folder() -> Path:
    """Where unsaved work is kept (NETDESIGNER_STATE overrides the user's state folder)."""
    base = os.environ.get("NETDESIGNER_STATE")
    return (Path(base) if base else Path(platformdirs.user_state_dir("netdesigner"))) / "recovery"


def discard(item: Recovered, *_: object) -> None:
    """Forget a drawing that was left behind; may be connected to a button."""
    item.file.unlink(missing_ok=True)
    item.file.with_suffix(".lock").unlink(missing_ok=True)


def left_behind() -> list[Recovered]:
    """The drawings of windows that are no more, newest first. Files that cannot be read are left where they are."""
    found: list[tuple[float, Recovered]] = []
    for file in folder().glob("*.json") if folder().is_dir() else ():
        try:
            if not _lock(file).tryLock(0):
                continue  # its window is still open
            raw = msgspec.json.decode(file.read_bytes())
            graph = io.loads(msgspec.json.encode(raw["graph"]), str(file))
            path = Path(raw["path"]) if raw.get("path") else None
            found.append((file.stat().st_mtime, Recovered(file, path, graph)))
        except (OSError, KeyError, TypeError, msgspec.MsgspecError, GraphError):
            continue
    return [item for _, item in sorted(found, key=lambda pair: -pair[0])]


def _lock(file: Path) -> QLockFile:
    """The lock that a window holds on its recovery file for as long as its process lives."""
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)
    return lock


class Autosave(QObject):
    """Writes a document's unsaved changes in the background; the file goes when there is nothing unsaved."""

    failed = Signal(str)
    """Emits the reason when the drawing could not be written."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        folder().mkdir(parents=True, exist_ok=True)
        self._file = folder() / f"{uuid.uuid4().hex}.json"
        self._lock = _lock(self._file)
        self._lock.tryLock(0)
        self._writer = ThreadPoolExecutor(1, "autosave")
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self.flush)
        document.stateChanged.connect(self._schedule)

    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> Future[None]:
        """Write now what is unsaved, from another thread; the future is done when it is on disk."""
        document = self._document
        if not document.is_modified:
            return self._writer.submit(self._file.unlink, missing_ok=True)
        raw: dict[str, Any] = {"path": str(document.path) if document.path else None}
        graph = document.graph
        future = self._writer.submit(self._write, raw, graph)
        future.add_done_callback(self._report)
        return future

    def _write(self, raw: dict[str, Any], graph: Graph) -> None:
        io.write_atomically(self._file, msgspec.json.encode({**raw, "graph": io.to_builtins(graph)}))

    def _report(self, future: Future[None]) -> None:
        error = future.exception()
        if isinstance(error, GraphFileError | OSError):
            self.failed.emit(str(error))

    def close(self) -> None:
        """The window closes in order: nothing is left to recover."""
        self._document.stateChanged.disconnect(self._schedule)
        self._timer.stop()
        self._writer.shutdown(wait=True)
        self._file.unlink(missing_ok=True)
        self._lock.unlock()
