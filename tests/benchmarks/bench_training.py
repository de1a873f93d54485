"""The trainer against a plain loop, against its own bare loop, and warm against cold.

Run: python tests/benchmarks/bench_training.py

Epochs run as people run them, on as many threads as torch takes, and are measured by the clock: the middle one of
several that take turns.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch
from bench_step import HandResNet20
from networks import Builder
from table import Results
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

import designer
from designer.data import loading
from designer.graph import Graph, edits
from designer.graph.recipe import Optimizer, Recipe
from designer.training import process, runs
from designer.training.control import Control
from designer.training.engine import Engine
from designer.training.events import EventReader, EventWriter, Steps
from designer.training.launch import Launcher
from designer.training.runs import Run
from designer.training.setup import set_up

GRAPHS = Path(__file__).parents[2] / "graphs"
BATCH = 128
MEAN, DEVIATION = 0.5, 0.25


class HandLeNet5(nn.Module):
    """LeNet-5 with ReLU and max pooling for 3x32x32, as people write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))))


def lenet5() -> Graph:
    """The same network drawn, with the same augmentation and normalization in front."""
    net = Builder()
    net.add("Input", shape=[3, 32, 32])
    net.add("RandomShift", pixels=4)
    net.add("RandomFlip")
    net.add("Scale", multiply=1 / DEVIATION, add=-MEAN / DEVIATION)
    for channels in (6, 16):
        net.add("Conv2d", out_channels=channels, kernel_size=5)
        net.add("ReLU")
        net.add("MaxPool2d", kernel_size=2)
    for features in (120, 84):
        net.add("Linear", out_features=features)
        net.add("ReLU")
    net.add("Linear", out_features=10)
    net.add("SoftmaxCrossEntropy")
    return net.graph("lenet5")


def resnet20() -> Graph:
    """The sample with shift and flip in place of its own augmentation."""
    graph = designer.load(GRAPHS / "cntk_resnet20.json")
    crop = next(node for _, node in graph.walk() if node.type.startswith("Random"))
    (after,) = (edge for edge in graph.edges if edge.source[0] == crop.id)
    for type_, params in (("RandomFlip", {}), ("RandomShift", {"pixels": 4})):
        graph = edits.insert_on_edge(graph, edits.new_node(graph, type_, type_.lower(), params), after)
        (after,) = (edge for edge in graph.edges if edge.source[0] == crop.id)
    return edits.remove_and_join(graph, [crop.id])


# ---- a plain loop, as tutorials have it


class PerImage(Dataset[tuple[Tensor, int]]):
    """Pictures as PIL has them, transformed one by one."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self._images, self._labels = images, labels
        self._transform = transforms.Compose([
            transforms.ToPILImage(), transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip(),
            transforms.ToTensor(), transforms.Normalize((MEAN,) * 3, (DEVIATION,) * 3),
        ])  # fmt: skip

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self._transform(self._images[i]), int(self._labels[i])


def plain_epoch(net: nn.Module, data: Path) -> Callable[[], None]:
    arrays = np.load(data)
    loader = DataLoader(PerImage(arrays["x_train"], arrays["y_train"]), BATCH, shuffle=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def epoch() -> None:
        net.train()
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            loss.item()

    return epoch


# ---- ours


def engine_epoch(graph: Graph, data: Path, root: Path) -> Callable[[], None]:
    """An epoch of the real trainer: events, requests looked for, checkpoints, validation of 10 pictures."""
    engine = make_engine(graph, data, root)
    return engine.run_epoch


def make_engine(graph: Graph, data: Path, root: Path) -> Engine:
    recipe = Recipe(data=str(data), batch_size=BATCH, epochs=10_000, validation=0, learning_rate=0.01, device="cpu",
                    optimizer=Optimizer(name="Momentum"))  # fmt: skip
    run = runs.create(root, graph, recipe)
    return Engine(run, set_up(graph, recipe, lambda _: None), Control(run), EventWriter(run.events).write)


def bare_epoch(graph: Graph, data: Path, root: Path) -> Callable[[], None]:
    """The trainer's own steps with nothing around them."""
    setup = make_engine(graph, data, root).setup
    network = setup.network
    parameters = list(network.module.train().parameters())

    def epoch() -> None:
        for x, y in setup.train.batches(BATCH, torch.randperm(len(setup.train))):
            loss = network.loss(network.run(x, y), x, y)
            for parameter in parameters:
                parameter.grad = None
            loss.backward()
            setup.optimizer.step()

    return epoch


# ---- each in a process of its own, as people run them


def serve(kind: str, network: str, folder: str) -> None:
    """Run an epoch for every line on the input, and answer with the seconds it took."""
    if kind in ("trainer", "bare"):
        process.prepare()
    root = Path(folder)
    graph, hand, images = NETWORKS[network]
    data = save_pictures(root / f"{kind}.npz", images)
    epoch = {
        "trainer": lambda: engine_epoch(graph(), data, root),
        "bare": lambda: bare_epoch(graph(), data, root),
        "plain": lambda: plain_epoch(hand(), data),
    }[kind]()
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        epoch()
        print(time.perf_counter() - start, flush=True)


class Server:
    """The process of one kind of loop; calling it runs an epoch there and gives its seconds."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, __file__, "--serve", *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._answer()

    def _answer(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise RuntimeError("the loop's process has ended")
        return line

    def __call__(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        self._process.communicate()


def compare(results: Results, network: str, goal: float, rounds: int, folder: str) -> None:
    images = NETWORKS[network][2]
    servers = [Server(kind, network, folder) for kind in ("trainer", "bare", "plain")]
    for server in servers:
        server()  # the first epoch warms up
    ours, bare, plain = map(median, zip(*([server() for server in servers] for _ in range(rounds)), strict=True))
    for server in servers:
        server.close()
    results.ratio(f"{network}: trainer, and a DataLoader with torchvision's transforms", ours, plain, 1 / goal)
    results.ratio(f"{network}: trainer with live events, and its bare loop", ours, bare, 1.05)
    speeds = (f"{images / seconds:,.0f}" for seconds in (ours, bare, plain))
    print("{}: {} images/s, bare {}, plain {}".format(network, *speeds), flush=True)


# ---- from the click to the first step


def first_step(launcher: Launcher, root: Path) -> float:
    graph = designer.load(GRAPHS / "cntk_resnet20.json")
    clicked = time.time()
    run = launcher.start(graph, Recipe(epochs=1000, batch_size=BATCH, device="cpu"), root)
    taken = _first_event(run) - clicked
    runs.request_stop(run)
    while run.state() == "running":
        time.sleep(0.05)
    return taken


def _first_event(run: Run) -> float:
    reader = EventReader(run.events)
    while True:
        for event in reader.poll():
            if isinstance(event, Steps):
                return event.time
        time.sleep(0.005)


def warm_and_cold(root: Path, rounds: int = 3) -> tuple[float, float]:
    warm, cold = [], []
    for _ in range(rounds):
        launcher = Launcher()
        cold.append(first_step(launcher, root))
        launcher.close()
        launcher = Launcher()
        launcher.warm()
        launcher.wait_until_warm()
        warm.append(first_step(launcher, root))
        launcher.close()
    return sorted(warm)[rounds // 2], sorted(cold)[rounds // 2]


def save_pictures(path: Path, images: int) -> Path:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (images, 32, 32, 3), dtype=np.uint8), np.arange(images) % 10
    np.savez(path, x_train=x, y_train=y, x_test=x[:10], y_test=y[:10])
    return path


# How it is drawn, the same by hand, and how many pictures make an epoch of a second or two.
NETWORKS = {"LeNet-5": (lenet5, HandLeNet5, 10_240), "ResNet-20": (resnet20, HandResNet20, 1280)}


def main() -> bool:
    results = Results(f"Training on the CPU with {torch.get_num_threads()} threads, in batches of {BATCH}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:  # the last trainer may still be writing
        for network, goal, rounds in (("LeNet-5", 2.5, 9), ("ResNet-20", 1.5, 9)):
            compare(results, network, goal, rounds, folder)
        loading.load("synthetic")  # drawn once, kept
        warm, cold = warm_and_cold(Path(folder))
        results.ratio("ResNet-20: from the click to the first step, warm and cold", warm, cold, 0.25)
    return results.show()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:])
        sys.exit()
    sys.exit(0 if main() else 1)
