"""From a run's folder to everything the loop needs: data on the device, the network, its optimizer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from designer.data import arrays, loading
from designer.data.batches import DeviceData
from designer.errors import Message, message
from designer.graph import Graph
from designer.graph.recipe import Recipe
from designer.training import devices, optimizers, schedules
from designer.training.functions import check_functions
from designer.training.network import Network, build_network, check_data, check_trained, measure_means
from designer.training.pictures import Pictures, all_of

FUSED = {"cpu": {"SGD", "Adam", "AdamW", "Adagrad"}, "cuda": {"SGD", "Adam", "AdamW"}}
"""Where torch has an optimizer as one kernel, it is 2 to 4 times faster a step than any other way."""

SAY_S = 0.2

Say = Callable[[Message], None]


@dataclass(frozen=True)
class Setup:
    """Ready for the first step."""

    recipe: Recipe
    device: torch.device
    network: Network
    optimizer: torch.optim.Optimizer
    train: Pictures
    validation: Pictures
    test: Pictures
    classes: tuple[str, ...]
    iterations_per_epoch: int


def set_up(graph: Graph, recipe: Recipe, say: Say) -> Setup:
    """Load the data, build the network with the recipe's seed and move both to the device.

    Everything that is random comes from the seed. Raises NetDesignerError where graph, recipe and data don't fit.
    """
    device = devices.resolve(recipe.device)
    torch.manual_seed(recipe.seed)
    torch.backends.cudnn.benchmark = True
    network = build_network(graph)
    check_trained(graph, network)
    say(message("Loading {data}", data=recipe.data))
    dataset = loading.load(recipe.data, _Loading(recipe.data, say))
    check_data(graph, network, dataset)
    for note in dataset.notes:
        say(note)
    say(message("Preparing the training"))
    network.to(device)
    kept, held_out = map(torch.from_numpy, arrays.split(dataset, recipe.validation, recipe.seed))
    data = DeviceData(dataset.x_train, dataset.y_train, device)
    train = Pictures(data, kept, network)
    check_functions(graph, network, lambda: train.batches(min(2, recipe.batch_size)))
    test = all_of(DeviceData(dataset.x_test, dataset.y_test, device), network)
    validation = Pictures(data, held_out, network) if len(held_out) else test
    measure_means(network, lambda: train.batches(recipe.batch_size))
    return Setup(
        recipe, device, network, make_optimizer(network, recipe, device), train, validation, test, dataset.classes,
        schedules.iterations_per_epoch(len(train), recipe.batch_size),
    )  # fmt: skip


class _Loading:
    """Says how far the loading is, a few times a second."""

    def __init__(self, data: str, say: Say) -> None:
        self._data = data
        self._say = say
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now >= self._next and total > 0:
            self._next = now + SAY_S
            self._say(message("Loading {data}: {percent} %", data=self._data, percent=100 * done // total))


def make_optimizer(network: Network, recipe: Recipe, device: torch.device) -> torch.optim.Optimizer:
    """The recipe's optimizer over all parameters that are trained, in the fastest way the device has.

    Raises:
        OptimizerError: no such optimizer, or a property it does not take.
    """
    settings = optimizers.settings(recipe.optimizer)
    arguments = settings.arguments()
    if settings.has_weight_decay:
        arguments["weight_decay"] = recipe.weight_decay
    if settings.torch_name in FUSED.get(device.type, ()):
        arguments["fused"] = True
    cls: Callable[..., torch.optim.Optimizer] = getattr(torch.optim, settings.torch_name)
    return cls(_parameters(network.module, recipe), lr=recipe.learning_rate, **arguments)


def _parameters(module: nn.Module, recipe: Recipe) -> Any:
    """All parameters alike, or, where some have a rate or decay of their own, groups with their `lr_scale`."""
    grouped: Callable[..., list[dict[str, Any]]] | None = getattr(module, "parameter_groups", None)
    if grouped is None:
        return module.parameters()
    groups = grouped(lr=1.0, weight_decay=recipe.weight_decay)
    return [{**group, "lr": group["lr"] * recipe.learning_rate, "lr_scale": group["lr"]} for group in groups]
