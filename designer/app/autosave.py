"""Autosave: unsaved work is written beside the settings every few seconds, from another thread."""

from __future__ import annotations

import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.recovery import Recovered, discard, folder, lock_of
from designer.graph import Graph, GraphFileError, io

DELAY_MS = 1500
"""How long after an edit the drawing is written; edits meanwhile are written together."""


class Autosave(QObject):
    """Writes a document's unsaved changes in the background; the file goes when there is nothing unsaved."""

    failed = Signal(str)
    """Emits what to tell the user once the drawing can no longer be written; the window works on without."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self._file = folder() / f"{uuid.uuid4().hex}.json"
        self._lock = lock_of(self._file)
        self._fails = False
        self._writer = ThreadPoolExecutor(1, "autosave")
        self._timer = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._timer.timeout.connect(self.flush)
        document.stateChanged.connect(self._schedule)
        self._closed = False

    def _schedule(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> Future[None]:
        """Write now what is unsaved, from another thread; the future is done when it is on disk."""
        document = self._document
        if not document.is_modified:
            return self._writer.submit(self._file.unlink, missing_ok=True)
        raw: dict[str, Any] = {"path": str(document.path) if document.path else None, "stamp": document.stamp}
        graph = document.graph
        future = self._writer.submit(self._write, raw, graph)
        future.add_done_callback(self._report)
        return future

    def take_over(self, item: Recovered) -> None:
        """Keep a drawing that was recovered and is open now; what the old window left goes when it is on disk again."""
        self.flush().add_done_callback(lambda future: None if future.exception() else discard(item))

    def _write(self, raw: dict[str, Any], graph: Graph) -> None:
        if not self._lock.isLocked():
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._lock.tryLock(0)
        io.write_atomically(self._file, msgspec.json.encode({**raw, "graph": io.to_builtins(graph)}))

    def _report(self, future: Future[None]) -> None:
        error, failed = future.exception(), self._fails
        self._fails = error is not None
        if isinstance(error, GraphFileError | OSError) and not failed:
            reason = render(error.message) if isinstance(error, GraphFileError) else str(error)
            self.failed.emit(tr("Unsaved work is not kept in case of a crash: {reason}", reason=reason))

    def close(self) -> None:
        """The window closes in order: nothing is left to recover. A second time nothing happens."""
        if self._closed:
            return
        self._closed = True
        self._document.stateChanged.disconnect(self._schedule)
        self._timer.stop()
        self._writer.shutdown(wait=True)
        with suppress(OSError):
            self._file.unlink()
        self._lock.unlock()
