"""Loss and errors of a network on pictures it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from designer.training.network import Network
from designer.training.pictures import Pictures


class Score(NamedTuple):
    """Means over all pictures."""

    loss: float
    accuracy: float | None
    """Share of the answers that are right; None where there is no right and wrong."""
    error: float
    """What the metric says; without one the share of wrong answers, or the loss where there is no right and wrong."""
    top_k_error: float | None
    """Share of the pictures whose class is not among the k highest scores; None where no picture has one class."""


def score(network: Network, data: Pictures, batch_size: int, check: Callable[[], None] | None = None) -> Score:
    """Run the network as at test time over all pictures; `check` is called before each batch and may raise."""
    losses, errors, right, right_k, sizes = [], [], [], [], []
    verdict = network.verdict
    was_training = network.module.training
    network.module.eval()
    try:
        with torch.inference_mode():
            for x, y in data.batches(batch_size):
                if check is not None:
                    check()
                outputs = network.run(x, y)
                losses.append(network.loss(outputs, x, y))
                errors.append(network.errors(outputs, x, y, losses[-1]))
                if verdict.answer in ("classes", "binary"):
                    right.append(verdict.right(outputs, x, y))
                if network.outputs:
                    right_k.append(verdict.right(outputs, x, y, network.top_k))
                sizes.append(len(y))
    finally:
        network.module.train(was_training)
    total = sum(sizes)
    means: list[float] = torch.stack(losses).tolist()
    loss = sum(mean * size for mean, size in zip(means, sizes, strict=True)) / total
    return Score(
        loss,
        _sum(right) / total if right else None,
        _sum(errors) / total,
        (total - _sum(right_k)) / total if right_k else None,
    )


def _sum(counts: list[Tensor]) -> float:
    found: list[float] = torch.stack(counts).tolist()
    return sum(found)
