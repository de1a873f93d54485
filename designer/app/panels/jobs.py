"""What the window does not wait for: work of a thread, and questions to other processes, which may import torch."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, Signal
from shiboken6 import isValid


class InThread(QObject):
    """Work that takes longer than a frame, done by a thread. Whoever waits for it keeps this object until then."""

    done = Signal(object)
    """Emits what the work returned, in the thread of the window."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work

    def start(self) -> None:
        """Begin; the thread does not keep the app from ending."""
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        self.done.emit(self._work())


@dataclass(frozen=True)
class Answer:
    """What a process gave back."""

    code: int
    """Its exit status; -1 where it crashed or could not be started."""
    output: bytes
    errors: str

    @property
    def last_words(self) -> str:
        """The last line it printed to its error output, which of a traceback is the reason."""
        return next((line.strip() for line in reversed(self.errors.splitlines()) if line.strip()), "")


class Job(QObject):
    """`python -m module arguments...` in the background; it ends with its parent, or with the app, at the latest."""

    ended = Signal(object)
    """Emits the `Answer`; not after `cancel`."""
    printed = Signal(str)
    """Emits each line of its output, as it comes."""

    def __init__(self, parent: QObject, module: str, *arguments: str) -> None:
        super().__init__(parent)
        self._output = b""
        self._errors = b""
        self._lines = 0
        process = self._process = QProcess()  # no child: a QProcess must not be destroyed while it runs
        process.setProcessEnvironment(_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed)
        self.destroyed.connect(partial(_end, process))
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.cancel)
        process.start(sys.executable, ["-P", "-m", module, *arguments])  # -P: a torch.py nearby is not torch

    def cancel(self) -> None:
        """End the process and say nothing any more."""
        self.blockSignals(True)
        _end(self._process)
        self.deleteLater()

    def _read(self) -> None:
        self._output += bytes(self._process.readAllStandardOutput().data())
        lines = self._output.split(b"\n")[:-1]
        for line in lines[self._lines :]:
            self._lines += 1
            self.printed.emit(line.decode("utf-8", "replace"))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        if not isValid(self._process):  # Qt ended before the job did, as the app never ran
            return
        self._read()
        self._errors = bytes(self._process.readAllStandardError().data())
        self._answer(code if status == QProcess.ExitStatus.NormalExit else -1)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._errors = self._process.errorString().encode()
            self._answer(-1)

    def _answer(self, code: int) -> None:
        self.ended.emit(Answer(code, self._output, self._errors.decode("utf-8", "replace")))
        self.deleteLater()


def _end(process: QProcess, *_: object) -> None:
    if not isValid(process):
        return
    process.blockSignals(True)
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(2000)


def _environment() -> QProcessEnvironment:
    """Ours, with our package to be found from anywhere."""
    environment = QProcessEnvironment.systemEnvironment()
    package = Path(__file__).parents[3]
    if package.name not in ("site-packages", "dist-packages"):  # a checkout, which need not be installed
        paths = [str(package), *filter(None, [environment.value("PYTHONPATH")])]
        environment.insert("PYTHONPATH", os.pathsep.join(paths))
    return environment
