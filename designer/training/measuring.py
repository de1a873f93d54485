"""Loss and errors of a network on pictures it does not learn from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from designer.training.network import Network
from designer.training.pictures import Pictures


class Score(NamedTuple):
    """Means over all pictures."""

    loss: float
    accuracy: float
    """Share of the pictures whose class has the highest score."""
    error: float
    """Share of the others."""
    top_k_error: float
    """Share of the pictures whose class is not among the k highest scores."""


def score(network: Network, data: Pictures, batch_size: int, check: Callable[[], None] | None = None) -> Score:
    """Run the network as at test time over all pictures; `check` is called before each batch and may raise."""
    losses, right, right_k, sizes = [], [], [], []
    k = min(network.top_k, network.outputs)
    was_training = network.module.training
    network.module.eval()
    try:
        with torch.inference_mode():
            for x, y in data.batches(batch_size):
                if check is not None:
                    check()
                logits = network.module(x)  # (N, classes)
                losses.append(network.loss(logits, y))
                right.append((logits.argmax(1) == y).sum())
                right_k.append((logits.topk(k, dim=1).indices == y[:, None]).sum())
                sizes.append(len(y))
    finally:
        network.module.train(was_training)
    total = sum(sizes)
    means: list[float] = torch.stack(losses).tolist()
    loss = sum(mean * size for mean, size in zip(means, sizes, strict=True)) / total
    hits, hits_k = int(torch.stack(right).sum()), int(torch.stack(right_k).sum())
    return Score(loss, hits / total, (total - hits) / total, (total - hits_k) / total)
