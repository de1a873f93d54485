"""The learning rate of every iteration, as a function of the recipe: what the panel draws is what the trainer uses."""

from __future__ import annotations

import math
from typing import NamedTuple

from designer.graph.recipe import ByEpoch, Constant, Cosine, MultiStep, Polynomial, Recipe, Step, Unit


def iterations_per_epoch(images: int, batch_size: int) -> int:
    """Batches in an epoch. The last may be smaller; one of a single picture is left out, as batch norm needs two."""
    full, rest = divmod(images, batch_size)
    return max(1, full + (rest > 1))


class Part(NamedTuple):
    """The place of a batch among those that make one update of the weights."""

    begins: bool
    ends: bool
    share: float
    """Of the update's pictures, those in this batch: what its mean gradient counts for in theirs."""


WHOLE = Part(begins=True, ends=True, share=1.0)


def part_of_update(recipe: Recipe, iteration: int, iterations_per_epoch: int, images: int) -> Part:
    """The place of an iteration, counted from 0 over the training, in its update; `images` are those of an epoch.

    No update spans two epochs: the last one of an epoch is made of what is left. Every update takes the mean over its
    pictures, so that k batches of b pictures do what one batch of k * b would (but for batch norm, which sees b).
    """
    if recipe.accumulate == 1:
        return WHOLE
    size = recipe.batch_size
    batch = iteration % iterations_per_epoch
    first = batch - batch % recipe.accumulate
    behind = min(first + recipe.accumulate, iterations_per_epoch)
    end = min(behind * size, images)
    share = (min((batch + 1) * size, end) - batch * size) / (end - first * size)
    return Part(begins=batch == first, ends=batch + 1 == behind, share=share)


def updates_per_epoch(iterations_per_epoch: int, accumulate: int) -> int:
    """How often the weights change in an epoch."""
    return -(-iterations_per_epoch // accumulate)


def learning_rate(recipe: Recipe, iteration: int, iterations_per_epoch: int) -> float:
    """The learning rate of one iteration, counted from 0 over the whole training.

    An iteration is one batch, also where several make an update, which takes the rate of its last batch (as NNC does).
    The schedule counts from the start of the training; the warm-up multiplies its rates by 1/n, 2/n, ... 1.
    """
    rate = _scheduled(recipe, iteration, iterations_per_epoch)
    length = _in_iterations(recipe.warmup.length, recipe.warmup.unit, iterations_per_epoch)
    return rate * (iteration + 1) / length if iteration + 1 < length else rate


def _scheduled(recipe: Recipe, iteration: int, iterations_per_epoch: int) -> float:
    """The rate without the warm-up, of T iterations in all.

    Step, MultiStep and Cosine are StepLR, MultiStepLR and CosineAnnealingLR of torch.optim.lr_scheduler. Polynomial is
    its PolynomialLR with total_iters=T, and nnabla's PolynomialScheduler with max_iter=T: rate * (1 - t/T) ** power.
    """
    rate = recipe.learning_rate
    total = recipe.epochs * iterations_per_epoch
    match recipe.schedule:
        case Constant():
            return rate
        case Step(factor=factor, every=every, unit=unit):
            return rate * factor ** (iteration // _in_iterations(every, unit, iterations_per_epoch))
        case MultiStep(factor=factor, milestones=milestones, unit=unit):
            length = _in_iterations(1, unit, iterations_per_epoch)
            return rate * factor ** sum(milestone * length <= iteration for milestone in milestones)
        case ByEpoch(rates=rates):
            epoch = iteration // iterations_per_epoch
            begun = [(start, value) for start, value in rates if start <= epoch]
            return max(begun)[1] if begun else rate
        case Cosine(final=final):
            return final + (rate - final) * (1 + math.cos(math.pi * min(iteration, total) / total)) / 2
        case Polynomial(power=power):
            return rate * math.pow(1 - min(iteration, total) / total, power)


def _in_iterations(count: int, unit: Unit, iterations_per_epoch: int) -> int:
    return count * iterations_per_epoch if unit == "epoch" else count


def convert(count: float, unit: Unit, iterations_per_epoch: int) -> float:
    """The same length in the other unit: epochs for iterations and the reverse (4,000 iterations = 5.12 epochs)."""
    return count / iterations_per_epoch if unit == "iteration" else count * iterations_per_epoch
