"""What a training will take, told before it begins: memory from the shapes, time from what this computer did before.

Memory is worked out (`designer.shapes.memory`). Time cannot be: it is what was measured on a device, a training or a
short probe (`designer.training.probe`), scaled by what the two networks cost. No torch.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec
import platformdirs

from designer.errors import NetDesignerError
from designer.graph.io import write_atomically
from designer.graph.recipe import Recipe
from designer.layers.base import Facts
from designer.shapes import Analysis
from designer.shapes.memory import Memory, training_memory
from designer.shapes.statistics import rows
from designer.training.optimizers import settings

FILE = "speeds.json"
KEPT = 40
"""So many measurements are remembered, the newest of each network and device."""
TOUCH = 100.0
"""What moving one value to memory and back costs, in multiply-adds; on CPUs, over the sample networks, between 50 and
200. It only weighs layers against each other: the speed itself is measured."""
FORWARD = 1 / 3
"""What a pass without gradients takes of a training step: the backward pass works out two products for each of its."""


class Cost(msgspec.Struct, frozen=True):
    """What one sample costs in one pass."""

    multiply_adds: int
    values: int
    """Values that all layers put out together."""

    @property
    def work(self) -> float:
        """Both in one number, in multiply-adds."""
        return self.multiply_adds + TOUCH * self.values


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """A training, or a probe of one, that was timed."""

    network: str
    device: str
    """As a recipe names it."""
    device_name: str = ""
    batch_size: int
    cost: Cost
    samples_per_second: float
    peak: int = 0
    """Bytes at the peak, where the device tells; 0 where it does not."""
    source: str = "probe"
    """'probe' or 'run'."""


def memory(analysis: Analysis, recipe: Recipe) -> Memory:
    """The memory of one training step by this recipe, without the data set.

    Raises:
        OptimizerError: the recipe's optimizer cannot be used.
    """
    chosen = settings(recipe.optimizer)
    return training_memory(analysis.root, recipe.batch_size, chosen.state_values, chosen.tensors_passing)


def cost(analysis: Analysis) -> Cost:
    """What one sample costs."""
    values = sum(row.figures.outputs * row.runs for row in rows(analysis.root))
    return Cost(analysis.totals[2], values)


def is_complete(analysis: Analysis) -> bool:
    """Whether everything in the root drawing has shapes, so that figures of the whole mean something."""
    return bool(analysis.root.results) and all(isinstance(result, Facts) for result in analysis.root.results)


def seconds_per_epoch(speed: Speed, network: Cost, samples: int, validated: int = 0) -> float:
    """How long an epoch takes a network that trains on so many samples and is validated on others.

    From what another network, or itself, took: equal work takes equal time. How well a device does small batches and
    thin layers is left out, so that it is the better the more alike the two networks are.
    """
    passes = samples + FORWARD * validated
    return passes / speed.samples_per_second * network.work / max(speed.cost.work, 1.0)


def best_speed(network: str, found: Cost, device: str, batch_size: int) -> Speed | None:
    """The measurement that says most about a network: on that device, then of it, then of its cost and batch size."""
    speeds = [speed for speed in remembered() if _same_device(device, speed)]
    return most_alike(speeds, network, found, batch_size) if speeds else None


def most_alike(speeds: Iterable[Speed], network: str, found: Cost, batch_size: int) -> Speed:
    """The measurement of the network itself, or of what has about its cost and batch size. Raises ValueError: none."""

    def unlike(speed: Speed) -> tuple[bool, float]:
        ratio = max(speed.cost.work, 1.0) / max(found.work, 1.0)
        batches = speed.batch_size / max(batch_size, 1)
        return speed.network != network, max(ratio, 1 / ratio) * max(batches, 1 / batches) ** 0.25

    return min(speeds, key=unlike)


def _same_device(wanted: str, speed: Speed) -> bool:
    kind = speed.device.partition(":")[0]
    return wanted in ("auto", speed.device, kind)


def remembered() -> list[Speed]:
    """All measurements, newest first; none where there is no such file, or one that cannot be read."""
    try:
        return msgspec.json.decode(_file().read_bytes(), type=list[Speed])
    except (OSError, msgspec.MsgspecError):
        return []


def remember(speed: Speed) -> None:
    """Keep a measurement for other days; a folder that cannot be written loses it."""
    others = [s for s in remembered() if (s.network, s.device, s.batch_size) !=
              (speed.network, speed.device, speed.batch_size)]  # fmt: skip
    path = _file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, msgspec.json.encode([speed, *others][:KEPT]))
    except (OSError, NetDesignerError):
        return


def _file() -> Path:
    chosen = os.environ.get("NETDESIGNER_CONFIG")
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_config_dir("netdesigner", False))
    return folder / FILE
