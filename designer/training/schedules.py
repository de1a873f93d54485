"""The learning rate of every iteration, as a function of the recipe: what the panel draws is what the trainer uses."""

from __future__ import annotations

import math

from designer.graph.recipe import ByEpoch, Constant, Cosine, Recipe, Step, Unit


def iterations_per_epoch(images: int, batch_size: int) -> int:
    """Batches in an epoch. The last may be smaller; one of a single picture is left out, as batch norm needs two."""
    full, rest = divmod(images, batch_size)
    return max(1, full + (rest > 1))


def learning_rate(recipe: Recipe, iteration: int, iterations_per_epoch: int) -> float:
    """The learning rate of one iteration, counted from 0 over the whole training.

    The schedule counts from the start of the training; the warm-up multiplies its rates by 1/n, 2/n, ... 1.
    """
    rate = _scheduled(recipe, iteration, iterations_per_epoch)
    length = _in_iterations(recipe.warmup.length, recipe.warmup.unit, iterations_per_epoch)
    return rate * (iteration + 1) / length if iteration + 1 < length else rate


def _scheduled(recipe: Recipe, iteration: int, iterations_per_epoch: int) -> float:
    rate = recipe.learning_rate
    match recipe.schedule:
        case Constant():
            return rate
        case Step(factor=factor, every=every, unit=unit):
            return rate * factor ** (iteration // _in_iterations(every, unit, iterations_per_epoch))
        case ByEpoch(rates=rates):
            epoch = iteration // iterations_per_epoch
            begun = [(start, value) for start, value in rates if start <= epoch]
            return max(begun)[1] if begun else rate
        case Cosine(final=final):
            total = recipe.epochs * iterations_per_epoch
            return final + (rate - final) * (1 + math.cos(math.pi * min(iteration, total) / total)) / 2


def _in_iterations(count: int, unit: Unit, iterations_per_epoch: int) -> int:
    return count * iterations_per_epoch if unit == "epoch" else count


def convert(count: float, unit: Unit, iterations_per_epoch: int) -> float:
    """The same length in the other unit: epochs for iterations and the reverse (4,000 iterations = 5.12 epochs)."""
    return count / iterations_per_epoch if unit == "iteration" else count * iterations_per_epoch
