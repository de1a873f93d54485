"""Starting trainings without importing torch: every training is a process of its own, and one is kept warm.

A warm worker has torch and torchvision imported and waits for a job, so that the first step comes about five times
sooner than in a fresh process. A worker with a job outlives the window; an idle one goes when the window does.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Literal

import msgspec

from designer.errors import NetDesignerError, message
from designer.graph import Graph
from designer.graph.recipe import Recipe
from designer.training import runs
from designer.training.outcomes import Outcome, outcome
from designer.training.runs import Run


class Device(msgspec.Struct, frozen=True):
    """Something that can train."""

    id: str
    """What recipes call it: 'cuda:0', 'mps', 'cpu'."""
    name: str
    """What people call it: 'NVIDIA H100', 'AMD Ryzen 9 7950X'."""
    kind: Literal["cuda", "mps", "cpu"]


class Launcher:
    """Starts trainings, and remembers how those it started ended. Use it from one thread; it never waits for torch."""

    def __init__(self) -> None:
        self._idle: subprocess.Popen[bytes] | None = None
        self._exit_codes: dict[Path, int] = {}
        self._lock = threading.Lock()
        self._closed = False

    def warm(self) -> None:
        """Start an idle worker, if there is none; it is ready some seconds later."""
        with self._lock:
            if not self._closed and (self._idle is None or self._idle.poll() is not None):
                self._idle = _spawn([])

    def wait_until_warm(self) -> None:
        """Wait until the idle worker is ready; for scripts that measure."""
        if self._idle is not None and self._idle.stdout is not None:
            self._idle.stdout.readline()

    def start(self, graph: Graph, recipe: Recipe, root: Path, drawing: Path | None = None) -> Run:
        """Make a run's folder under `root` and have it trained; returns at once. `drawing` is the graph's file.

        Raises:
            NetDesignerError: the graph has errors, the folder cannot be written, or no process started.
        """
        run = runs.create(root, graph, recipe, drawing)
        self._launch(run)
        return run

    def resume(self, run: Run, epochs: int | None = None) -> Run:
        """Go on with a run that was stopped, failed or died, from its last checkpoint, bit for bit on the CPU.

        Raises:
            NetDesignerError: as `runs.prepare_resume`, or no process can be started.
        """
        runs.prepare_resume(run, epochs)
        self._launch(run)
        return run

    def attach(self, folder: str | os.PathLike[str]) -> Run:
        """A run that someone else started, or that has ended.

        Raises:
            NetDesignerError: there is no run in that folder.
        """
        if not runs.is_run(Path(folder)):
            raise NetDesignerError(message("{folder} holds no run.", folder=str(folder)))
        return Run(folder)

    def outcome(self, run: Run) -> Outcome | None:
        """How the run ended, in words; None while it runs."""
        return outcome(run, self._exit_codes.get(run.folder))

    def close(self) -> None:
        """End the idle worker. Trainings go on."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, None
        if idle is not None:
            _close_input(idle)
            idle.terminate()
            idle.wait()

    def _launch(self, run: Run) -> None:
        self._exit_codes.pop(run.folder, None)
        runs.mark_launched(run)
        with self._lock:
            worker, self._idle = self._idle, None
        if worker is None or not _send(worker, run):
            try:
                with run.log.open("ab") as log:
                    worker = _spawn([str(run.folder)], log)
            except OSError as error:
                (run.folder / runs.LAUNCHED).unlink(missing_ok=True)
                raise NetDesignerError(message("The trainer cannot be started: {reason}.", reason=str(error))) from None
        threading.Thread(target=self._watch, args=(worker, run), daemon=True).start()

    def _watch(self, worker: subprocess.Popen[bytes], run: Run) -> None:
        """Wait for the end of a training, then warm the next worker: not sooner, it would slow the training down."""
        self._exit_codes[run.folder] = worker.wait()
        (run.folder / runs.LAUNCHED).unlink(missing_ok=True)
        self.warm()


def _spawn(arguments: list[str], log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    system: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        system = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return subprocess.Popen(
        _command("designer.training.worker", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=log or subprocess.DEVNULL, env=_environment(), **system,
    )  # fmt: skip


def _command(module: str, *arguments: str) -> list[str]:
    # -P: a torch.py that happens to lie in the current folder is not torch.
    return [sys.executable, "-P", "-m", module, *arguments]


def _environment() -> dict[str, str]:
    """Ours, with our package to be found from anywhere."""
    environment = dict(os.environ)
    package = Path(__file__).parents[2]
    if package.name not in ("site-packages", "dist-packages"):  # a checkout, which need not be installed
        paths = [str(package), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    return environment


def _send(worker: subprocess.Popen[bytes], run: Run) -> bool:
    """Give an idle worker its job; False where it is gone."""
    if worker.poll() is not None or worker.stdin is None:
        return False
    try:
        worker.stdin.write(json.dumps({"folder": str(run.folder)}).encode() + b"\n")
        worker.stdin.flush()
    except OSError:
        return False
    _close_input(worker)
    return True


def _close_input(worker: subprocess.Popen[bytes]) -> None:
    if worker.stdin is not None:
        with contextlib.suppress(OSError):
            worker.stdin.close()


def devices() -> list[Device]:
    """What can train here, fastest first. Asks a process of its own, which takes seconds: call it from a thread.

    Raises:
        NetDesignerError: torch cannot be imported there.
    """
    try:
        done = subprocess.run(
            _command("designer.training.devices"), capture_output=True, env=_environment(), check=True, timeout=120
        )
        return msgspec.json.decode(done.stdout, type=list[Device])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        said = getattr(error, "stderr", None) or b""
        reason = said.decode("utf-8", "replace").strip().rpartition("\n")[2] or str(error)
        raise NetDesignerError(message("PyTorch cannot be used here: {reason}", reason=reason)) from None
