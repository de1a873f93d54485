"""Times a few training steps of a network on random data: `python -m designer.training.probe GRAPH_FILE`.

Prints one line of JSON, an `estimates.Speed`, or {"error": ...} with a message for the user. Nothing is written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from designer.errors import Message, NetDesignerError, message
from designer.training import process
from designer.training.estimates import Speed

SECONDS = 2.0
"""So long it times at most, but two steps at least."""
WARM_UP = 2
"""Steps that do not count: torch chooses its kernels and asks for memory."""
MOST = 50


class Failed(msgspec.Struct, frozen=True):
    """Why there is no measurement."""

    error: Message


def measure(path: Path) -> Speed:
    """The speed of a graph's training by its recipe, on the recipe's device.

    Raises:
        NetDesignerError: the file, the graph, its recipe or the device cannot be used.
    """
    import torch

    from designer.graph import io
    from designer.graph.recipe import read
    from designer.shapes import analyze
    from designer.training import devices, estimates
    from designer.training.network import build_network, check_trained
    from designer.training.random_data import random_batch
    from designer.training.setup import make_optimizer

    graph = io.load(path)
    recipe = read(graph.recipe)
    device = devices.resolve(recipe.device)
    torch.backends.cudnn.benchmark = True
    network = build_network(graph)
    check_trained(graph, network)
    network.to(device)
    optimizer = make_optimizer(network, recipe, device)
    inputs, target = random_batch(graph, recipe.batch_size)
    args = [x.to(device) for x in inputs]
    goal = {k: v.to(device) for k, v in target.items()} if isinstance(target, dict) else target.to(device)

    def step() -> None:
        loss = network.module.loss(network.module(*args), goal)  # type: ignore[operator]
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    seconds = timed(step)
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
    return Speed(
        network=graph.name, device=str(device), device_name=devices.name_of(device), batch_size=recipe.batch_size,
        cost=estimates.cost(analyze(graph)), samples_per_second=recipe.batch_size / seconds, peak=peak,
    )  # fmt: skip


def timed(step: Callable[[], None]) -> float:
    """The seconds of a step: the median of many, so that what else the computer did meanwhile counts little."""
    for _ in range(WARM_UP):
        step()
    times: list[float] = []
    while len(times) < 2 or (len(times) < MOST and sum(times) < SECONDS):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return median(times)


def main(arguments: list[str]) -> int:
    """Measure the graph in the file given; 0 even where that fails, since the line printed says why."""
    process.prepare()
    process.lower_priority()
    found: Speed | Failed
    try:
        found = measure(Path(arguments[0]))
    except NetDesignerError as error:
        found = Failed(error.message)
    except (RuntimeError, ValueError, MemoryError) as error:  # no memory left, a layer that refuses such a batch
        reason = str(error).partition("\n")[0]
        found = Failed(message("The steps could not be timed: {reason}", reason=reason))
    sys.stdout.buffer.write(msgspec.json.encode(found) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
