"""Whether the functions that users wrote put out the shapes that the drawing says, found out before the training."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor

from designer.errors import Message, message
from designer.graph import Graph
from designer.layers.base import Layer, Shape, ShapeError, show
from designer.shapes import analyze
from designer.training.network import Network, TrainingError

Function = Callable[..., Any]


class _User(NamedTuple):
    """A node that runs a function."""

    label: str
    layer: Layer


def check_functions(graph: Graph, network: Network, batches: Callable[[], Iterable[tuple[Tensor, Tensor]]]) -> None:
    """Run the first of the batches through a network with functions, and look at what each of them puts out.

    Nothing of it enters the training: neither weights nor random numbers change.

    Raises:
        TrainingError: a function fails, or its shape is not the one that its node has; the text names the node.
    """
    users = _users(graph)
    if not users:
        return
    x, y = next(iter(batches()))
    module = network.module
    was_training = module.training
    module.eval()
    devices = [x.device] if x.device.type == "cuda" else []
    with torch.random.fork_rng(devices), torch.no_grad(), _watched(module, users):
        network.run(x, y)
    module.train(was_training)


def _users(graph: Graph) -> dict[str, list[_User]]:
    """The nodes with functions, by the functions' names in the generated code; equal functions share one."""
    found: dict[str, list[_User]] = {}
    for facts in analyze(graph).walk():
        for name in facts.layer.functions():
            found.setdefault(name, []).append(_User(facts.node.label, facts.layer))
    return found


@contextmanager
def _watched(module: torch.nn.Module, users: dict[str, list[_User]]) -> Iterator[None]:
    """Meanwhile the generated code's functions check themselves."""
    names = sys.modules[type(module).__module__].__dict__
    own = {name: names[name] for name in users if name in names}
    names.update({name: _checked(function, users[name]) for name, function in own.items()})
    try:
        yield
    finally:
        names.update(own)


def _checked(function: Function, users: Sequence[_User]) -> Function:
    label = ", ".join(dict.fromkeys(user.label for user in users))

    def run(*args: Tensor) -> Any:
        try:
            result = function(*args)
        except Exception as error:
            raise TrainingError(message("The function of '{name}' fails with {kind}: {reason}", name=label,
                                        kind=type(error).__name__, reason=str(error))) from error  # fmt: skip
        wrong = _wrong(result, args, users, label)
        if wrong is not None:
            raise TrainingError(wrong)
        return result

    return run


def _wrong(result: Any, args: Sequence[Tensor], users: Sequence[_User], label: str) -> Message | None:
    """What is wrong with what a function returned for these tensors."""
    if not isinstance(result, Tensor):
        return message("The function of '{name}' must return a tensor, but it returned {found}.", name=label,
                       found=type(result).__name__)  # fmt: skip
    batch, found = args[0].shape[:1], tuple(result.shape[1:])
    if result.shape[:1] != batch:
        return message("The function of '{name}' must keep the first axis, the batch of {batch}, but it returned a "
                       "tensor of {found}.", name=label, batch=batch[0], found=show(tuple(result.shape)))  # fmt: skip
    if not found:
        return message("The function of '{name}' puts out one number without an axis for each sample. Let it return a "
                       "tensor of (N, 1), and set its Output shape to 1.", name=label)  # fmt: skip
    expected = [_shape(user.layer, args) for user in users]
    if found in expected:
        return None
    return message("The function of '{name}' puts out {found} for each sample, but its node says {expected}. Set its "
                   "Output shape to {found}.", name=label, found=show(found),
                   expected=show(expected[0] or ()))  # fmt: skip


def _shape(layer: Layer, args: Sequence[Tensor]) -> Shape | None:
    """What a node says comes out where tensors of these shapes enter."""
    try:
        return layer.output(*(tuple(arg.shape[1:]) for arg in args))
    except ShapeError:
        return None
