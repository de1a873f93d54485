"""Tiny networks on tiny data, and what the tests of training do with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from designer.graph import Edge, Graph, Node
from designer.graph.model import Body
from designer.graph.recipe import Optimizer, Recipe
from designer.training import meter, runs
from designer.training.control import Control
from designer.training.events import Epoch, Event, EventReader, Finished, Started, Steps
from designer.training.runs import Run
from designer.training.trainer import train

SIZE, CLASSES = 8, 3


def save_data(path: Path, train: int = 90, test: int = 30, shape: tuple[int, ...] = (SIZE, SIZE, 3)) -> Path:
    """Pictures whose class shows as a bright third; noise on top."""
    random = np.random.default_rng(0)
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for part, count in (("train", train), ("test", test)):
        y = np.arange(count) % CLASSES
        x = random.integers(0, 160, (count, *shape), dtype=np.uint8)
        for label in range(CLASSES):
            x[y == label, label * shape[0] // CLASSES : (label + 1) * shape[0] // CLASSES] += 60
        arrays |= {f"x_{part}": x, f"y_{part}": y}
    np.savez(path, **arrays)
    return path


def chain(*layers: tuple[str, dict[str, Any]], name: str = "tiny") -> Graph:
    nodes = tuple(
        Node(id=f"n{i}", type=type_, name=f"{type_}{i}", params=params) for i, (type_, params) in enumerate(layers)
    )
    edges = tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))
    return Graph(name=name, root=Body(nodes, edges))


INPUT = ("Input", {"shape": [3, SIZE, SIZE]})
LOSS = ("SoftmaxCrossEntropy", {"top_k": 2})


def tiny(outputs: int = CLASSES, **input_params: Any) -> Graph:
    """Everything that makes resuming hard: augmentation, a data mean, batch norm and dropout."""
    return chain(
        ("Input", {"shape": [3, SIZE, SIZE], **input_params}),
        ("RandomFlip", {}),
        ("MeanSubtraction", {}),
        ("Conv2d", {"out_channels": 4, "kernel_size": 3, "padding": "same"}),
        ("BatchNorm", {}),
        ("ReLU", {}),
        ("MaxPool2d", {"kernel_size": 2}),
        ("Dropout", {"p": 0.2}),
        ("Linear", {"out_features": outputs}),
        LOSS,
    )


def plain() -> Graph:
    return chain(
        INPUT, ("Conv2d", {"out_channels": 4, "kernel_size": 3}), ("ReLU", {}), ("Linear", {"out_features": 3}), LOSS
    )


def recipe(data: Path, **changes: Any) -> Recipe:
    values = {"data": str(data), "batch_size": 16, "epochs": 3, "learning_rate": 0.05, "device": "cpu", "seed": 7}
    return Recipe(**{**values, "optimizer": Optimizer(name="Momentum"), **changes})


def create(root: Path, graph: Graph, chosen: Recipe) -> Run:
    return runs.create(root, graph, chosen)


def events(run: Run) -> list[Event]:
    return EventReader(run.events).poll()


def losses(run: Run) -> list[float]:
    """The loss of every iteration; later lives replace what earlier ones did."""
    found: dict[int, float] = {}
    for event in events(run):
        if isinstance(event, Started):
            found = {i: loss for i, loss in found.items() if i < event.first_iteration}
        elif isinstance(event, Steps):
            found |= {event.first + i: loss for i, loss in enumerate(event.losses)}
    assert sorted(found) == list(range(len(found)))
    return [found[i] for i in range(len(found))]


def epochs(run: Run) -> list[tuple[float, ...]]:
    """Of every epoch, all that does not depend on the clock; later lives replace what earlier ones did."""
    found: dict[int, tuple[float, ...]] = {}
    for e in events(run):
        if isinstance(e, Epoch):
            found[e.epoch] = (e.iteration, e.training_loss, e.training_error, e.validation_loss, e.validation_error,
                              e.best_error, e.best_epoch, e.learning_rate)  # fmt: skip
    return [found[i] for i in sorted(found)]


def weights(run: Run, which: str = "last") -> dict[str, bytes]:
    from safetensors.torch import load_file

    tensors = load_file(run.checkpoints / f"{which}.safetensors")
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def stop_after(run: Run, iterations: int) -> Finished:
    """Train and stop after so many iterations; each is a packet of its own, so that it can be seen."""
    control = Control(run)

    def listen(event: Event) -> None:
        if isinstance(event, Steps) and event.first + len(event.losses) >= iterations:
            control.stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(meter, "PACKET_S", 0.0)
        finished = train(run, control, listen)
    assert max(e.first + len(e.losses) for e in events(run) if isinstance(e, Steps)) == iterations
    return finished


def worker(run: Run) -> subprocess.Popen[bytes]:
    """The trainer's process, cold, as the launcher would start it."""
    return subprocess.Popen(
        [sys.executable, "-m", "designer.training.worker", str(run.folder)], env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


def wait_until(condition: Callable[[], Any], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
