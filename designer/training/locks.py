"""The proof that a run has a living trainer: a file lock, which the system gives back however the process ends.

Unlike a process id it is never mistaken for another process's, and it holds across containers that share the folder.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import IO

from designer.errors import NetDesignerError, message

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], exclusive: bool) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    BUSY: tuple[type[OSError], ...] = (PermissionError,)
else:
    import fcntl

    def _lock(file: IO[bytes], exclusive: bool) -> None:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)

    BUSY = (BlockingIOError,)


class FileLock:
    """Held from `acquire` until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self, timeout: float = 2.0) -> None:
        """Take the lock.

        Raises:
            NetDesignerError: another process holds it, or there can be none in that folder.
        """
        try:
            file = self._path.open("ab")
            try:
                self._wait_for(file, time.monotonic() + timeout)
            except BaseException:
                file.close()
                raise
        except OSError as error:
            raise NetDesignerError(message("{path} cannot be locked: {reason}.", path=str(self._path),
                                           reason=error.strerror or str(error))) from None  # fmt: skip
        self._file = file

    def _wait_for(self, file: IO[bytes], deadline: float) -> None:
        while True:
            try:
                _lock(file, exclusive=True)
            except BUSY:  # someone who only looks holds it for microseconds
                if time.monotonic() > deadline:
                    raise NetDesignerError(message("{folder} is being trained by another process. Stop that one first.",
                                                   folder=str(self._path.parent))) from None  # fmt: skip
                time.sleep(0.02)
            else:
                return

    def release(self) -> None:
        """Give the lock back; it may be taken again."""
        if self._file is not None:
            self._file.close()
            self._file = None


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock; False where there is no such file."""
    try:
        with path.open("rb") as file:
            _lock(file, exclusive=False)
    except BUSY:
        return True
    except OSError:
        return False
    return False
