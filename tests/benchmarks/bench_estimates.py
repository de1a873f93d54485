"""The time of an epoch as it is told beforehand, against what the trainer then takes.

Run: python tests/benchmarks/bench_estimates.py

For every sample graph: a probe as the app's Measure button starts it, then a training by the command line. Told twice:
from the network's own probe, and from the probes of the other networks ("roughly").
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

import designer
from designer.graph import Graph, io
from designer.shapes import analyze
from designer.training import estimates
from designer.training.estimates import Speed
from designer.training.events import Epoch, EventReader
from designer.training.runs import Run

GRAPHS = Path(__file__).parents[2] / "graphs"
# Pictures to train on and to validate with, so that an epoch takes a few seconds; batches where the recipe's are large.
SIZES = {"scratch_mnist": (12_800, 2000), "mini_resnet34": (1280, 256), "resnet34_repeat": (48, 8)}
USUAL = (2560, 512)
BATCHES = {"resnet34_repeat": 8}
GOAL = 0.15


def save_pictures(path: Path, shape: tuple[int, ...], sizes: tuple[int, int]) -> None:
    """Random pictures (N, H, W, C) in ten classes, or in a thousand where they are large."""
    random = np.random.default_rng(0)
    channels, height, width = shape
    train, test = (random.integers(0, 256, (n, height, width, channels), dtype=np.uint8) for n in sizes)
    np.savez(path, x_train=train, y_train=np.arange(len(train)) % 10, x_test=test, y_test=np.arange(len(test)) % 10)


def probe(path: Path) -> Speed:
    """What the Measure button finds."""
    command = [sys.executable, "-m", "designer.training.probe", str(path)]
    return msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout, type=Speed)


def train(path: Path, data: Path, folder: Path) -> float:
    """The seconds of a second epoch."""
    command = [sys.executable, "-m", "designer.cli", "train", str(path), "--data", str(data), "--epochs", "2"]
    subprocess.run([*command, "--run-dir", str(folder / path.stem)], capture_output=True, check=True)
    (run,) = (folder / path.stem).iterdir()
    epochs = [event for event in EventReader(Run(run).events).poll() if isinstance(event, Epoch)]
    return epochs[-1].seconds


def prepared(name: str, folder: Path) -> tuple[Graph, Path, Path]:
    """A sample graph, its file with the batch size that is used here, and a data set for it."""
    graph = designer.load(GRAPHS / f"{name}.json")
    if name in BATCHES:
        graph = msgspec.structs.replace(graph, recipe={**graph.recipe, "batch_size": BATCHES[name]})
    path, data = folder / f"{name}.json", folder / f"{name}.npz"
    io.save(graph, path)
    shape = next(facts.output for facts in analyze(graph).walk() if facts.layer.is_input)
    assert shape is not None
    save_pictures(data, shape, SIZES.get(name, USUAL))
    return graph, path, data


def main() -> bool:
    names = sorted(path.stem for path in GRAPHS.glob("*.json"))
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        os.environ["NETDESIGNER_CONFIG"] = home  # nothing measured on other days counts
        graphs = {}
        speeds = {}
        for name in names:
            graphs[name], path, data = prepared(name, folder)
            speeds[name] = probe(path)
            taken[name] = train(path, data, folder)
            print(name, f"{taken[name]:.2f} s", flush=True)
        return show(graphs, speeds, taken)


def show(graphs: dict[str, Graph], speeds: dict[str, Speed], taken: dict[str, float]) -> bool:
    """Print what was told and what was taken; returns whether each network's own probe was right to within the goal."""
    table = Table(title=f"Seconds of an epoch: what was told, and what was taken; goal {GOAL:.0%}")
    for heading in ("network", "taken", "from its probe", "error", "roughly, from", "", "error"):
        table.add_column(heading, justify="left" if heading in ("network", "roughly, from") else "right")
    met = True
    for name, graph in graphs.items():
        cost, sizes = estimates.cost(analyze(graph)), SIZES.get(name, USUAL)
        own = estimates.seconds_per_epoch(speeds[name], cost, *sizes)
        others = [speed for other, speed in speeds.items() if other != name]
        like = estimates.most_alike(others, name, cost, speeds[name].batch_size)
        rough = estimates.seconds_per_epoch(like, cost, *sizes)
        errors = [told / taken[name] - 1 for told in (own, rough)]
        met &= abs(errors[0]) <= GOAL
        table.add_row(name, f"{taken[name]:.2f}", f"{own:.2f}", f"{errors[0]:+.1%}", like.network, f"{rough:.2f}",
                      f"{errors[1]:+.1%}")  # fmt: skip
    Console(width=150).print(table)
    return met


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
