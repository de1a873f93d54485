"""The trainer's process: `python -m designer.training.worker [RUN FOLDER]`.

Without a folder it imports all that a training needs, says `ready`, and waits for a job: a line of JSON on its input,
{"folder": "..."}. It ends when its input does, so an idle worker never outlives the window; with a job it does.
"""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
from pathlib import Path

import msgspec

from designer.training import process


class Job(msgspec.Struct):
    """What an idle worker is told to do."""

    folder: str


def main(arguments: list[str]) -> int:
    """Train the run in the folder given, or the one that is named on the input; 0 unless the trainer itself broke."""
    process.prepare()
    process.lower_priority()
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = Path(arguments[0]) if arguments else _wait_for_job()
    return 0 if folder is None else train(folder)


def train(folder: Path) -> int:
    """Train a run, with everything that is printed in its log."""
    _print_to(folder / "log.txt")
    from designer.training.control import Control
    from designer.training.runs import Run
    from designer.training.trainer import train

    run = Run(folder)
    control = Control(run)
    with control.signals():
        train(run, control)
    return 0


def _wait_for_job() -> Path | None:
    """Import, then wait; a job that comes meanwhile is not kept waiting for imports it may not need."""
    jobs: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=lambda: jobs.put(sys.stdin.buffer.readline()), daemon=True).start()
    for import_part in (_import_torch, _import_trainer, _import_torchvision):
        if jobs.empty():
            import_part()
    if jobs.empty():
        sys.stdout.write("ready\n")
        sys.stdout.flush()
    line = jobs.get()
    return Path(msgspec.json.decode(line, type=Job).folder) if line.strip() else None


def _import_torch() -> None:
    """torch, and with the first optimizer the second that `torch._dynamo` takes."""
    import torch

    weight = torch.nn.Parameter(torch.zeros(1, 1, 8, 8))
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9, fused=True)
    torch.autograd.backward(torch.nn.functional.conv2d(torch.zeros(1, 1, 8, 8), weight).sum())
    optimizer.step()


def _import_trainer() -> None:
    import designer.training.trainer  # noqa: F401


def _import_torchvision() -> None:
    import torchvision  # noqa: F401


def _print_to(path: Path) -> None:
    """Send what this process prints into a file, crashes included."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    faulthandler.enable()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
