"""What torch really holds while a network trains, to compare estimates with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch.autograd.graph import saved_tensors_hooks
from torch.profiler import ProfilerActivity, profile

from designer.graph import Graph
from designer.graph.recipe import Recipe
from designer.training.network import build_network
from designer.training.random_data import random_batch
from designer.training.setup import make_optimizer


class Reality(NamedTuple):
    """Bytes."""

    weights: int
    gradients: int
    optimizer: int
    saved: int
    peak: int


class Saving:
    """Notes the memory of all tensors that autograd keeps, parameters aside; a context manager."""

    def __init__(self, parameters: Iterable[torch.Tensor]) -> None:
        self._own = {p.untyped_storage().data_ptr() for p in parameters}
        self._found: dict[int, torch.UntypedStorage] = {}
        self._hooks = saved_tensors_hooks(self._pack, lambda tensor: tensor)

    def _pack(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._own:
            self._found[storage.data_ptr()] = storage
        return tensor

    def __enter__(self) -> Saving:
        self._hooks.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._hooks.__exit__(None, None, None)

    @property
    def bytes(self) -> int:
        return sum(storage.nbytes() for storage in self._found.values())


def reality(graph: Graph, recipe: Recipe, *, peak: bool = True) -> Reality:
    torch.manual_seed(0)
    device = torch.device("cpu")
    network = build_network(graph)
    network.to(device)
    optimizer = make_optimizer(network, recipe, device)
    inputs, target = random_batch(graph, recipe.batch_size)
    inputs = tuple(x.contiguous(memory_format=network.memory_format) if x.dim() == 4 else x for x in inputs)

    def loss() -> torch.Tensor:
        criterion: Any = network.module.loss
        found: torch.Tensor = criterion(network.module(*inputs), target)
        return found

    def step() -> None:
        optimizer.zero_grad()
        torch.autograd.backward(loss())
        optimizer.step()

    parameters = list(network.module.parameters())
    with Saving(parameters) as saving:
        value = loss()
    torch.autograd.backward(value)
    optimizer.step()
    weights = sum(t.nbytes for t in network.module.state_dict().values())
    gradients = sum(p.grad.nbytes for p in parameters if p.grad is not None)
    state = sum(v.nbytes for kept in optimizer.state.values() for v in kept.values() if isinstance(v, torch.Tensor))
    optimizer.zero_grad()
    batch = sum(x.nbytes for x in inputs)
    top = weights + state + batch + _peak(step) if peak else 0
    return Reality(weights, gradients, state, saving.bytes, top)


def _peak(step: Callable[[], None]) -> int:
    """The most memory that a step held at any time, beyond what was there before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        step()
    events = (e for e in profiler.profiler.kineto_results.events() if e.name() == "[memory]")
    held = most = 0
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most
