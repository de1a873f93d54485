"""The recipe: everything about a training that is not the network. Saved inside the graph, and in every run."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from designer.errors import message
from designer.graph.errors import GraphError

Unit = Literal["iteration", "epoch"]
Positive = Annotated[int, msgspec.Meta(ge=1)]
Rate = Annotated[float, msgspec.Meta(ge=0)]


class Optimizer(msgspec.Struct, frozen=True, kw_only=True):
    """An optimizer of the catalogue in `designer.training.optimizers` and its own properties."""

    name: str = "Momentum"
    params: dict[str, Any] = {}


class Constant(msgspec.Struct, frozen=True, tag="constant", tag_field="type"):
    """The learning rate stays as it is."""


class Step(msgspec.Struct, frozen=True, kw_only=True, tag="step", tag_field="type"):
    """The learning rate is multiplied by `factor` every `every` iterations or epochs."""

    factor: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    every: Positive = 10
    unit: Unit = "epoch"


class MultiStep(msgspec.Struct, frozen=True, kw_only=True, tag="multi_step", tag_field="type"):
    """The learning rate is multiplied by `factor` at every milestone: after so many iterations or epochs."""

    factor: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    milestones: Annotated[tuple[Positive, ...], msgspec.Meta(min_length=1, max_length=100)] = (5, 8)
    """In any order; one that is there twice counts twice."""
    unit: Unit = "epoch"


class ByEpoch(msgspec.Struct, frozen=True, kw_only=True, tag="by_epoch", tag_field="type"):
    """A list of rates: from each epoch (counted from 0) on, the learning rate given beside it."""

    rates: tuple[tuple[Annotated[int, msgspec.Meta(ge=0)], Rate], ...] = ((0, 0.01),)


class Cosine(msgspec.Struct, frozen=True, kw_only=True, tag="cosine", tag_field="type"):
    """Half a cosine from the learning rate down to `final` over the whole training."""

    final: Rate = 0.0


class Polynomial(msgspec.Struct, frozen=True, kw_only=True, tag="polynomial", tag_field="type"):
    """From the learning rate down to 0 over the whole training, as a power of the share that is left of it."""

    power: Annotated[float, msgspec.Meta(ge=0, le=100)] = 1.0


class Warmup(msgspec.Struct, frozen=True, kw_only=True):
    """The learning rate rises linearly from 0 over the first `length` iterations or epochs; 0 is no warm-up."""

    length: Annotated[int, msgspec.Meta(ge=0)] = 0
    unit: Unit = "epoch"


Schedule = Constant | Step | MultiStep | ByEpoch | Cosine | Polynomial


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How a network is trained. Every field has a default, so that one click trains."""

    data: str = "synthetic"
    """A built-in set's name ('synthetic', 'cifar10', ...) or the path of an .npz file or a folder of images."""
    batch_size: Positive = 64
    accumulate: Positive = 1
    """Batches that make one update of the weights, by the mean of their gradients.

    An iteration stays one batch, for schedules and counts too. Batch norm sees each batch alone.
    """
    epochs: Positive = 10
    optimizer: Optimizer = Optimizer()
    learning_rate: Rate = 0.01
    weight_decay: Rate = 0.0
    schedule: Schedule = Constant()
    warmup: Warmup = Warmup()
    validation: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.1
    """Share of the training pictures that is kept apart for validation; 0 validates on the test set."""
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    device: str = "auto"
    """'auto' takes the fastest device there is: CUDA, then MPS, then the CPU."""


def read(raw: dict[str, Any]) -> Recipe:
    """The typed recipe of a graph's `recipe` field; missing fields take their defaults, unknown ones are left alone.

    Raises:
        GraphError: a field has a value it cannot have; the text names it.
    """
    try:
        return msgspec.convert(raw, Recipe)
    except msgspec.ValidationError as error:
        raise GraphError(message("The recipe cannot be used: {reason}.", reason=str(error))) from None


def write(recipe: Recipe, into: dict[str, Any]) -> dict[str, Any]:
    """The raw recipe to store in a graph, keeping the unknown fields of `into`."""
    return {**into, **msgspec.to_builtins(recipe)}
