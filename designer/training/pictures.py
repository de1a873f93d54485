"""The pictures of one purpose (training, validation, test) as the network reads them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from designer.data.batches import DeviceData
from designer.training.network import Network


@dataclass(frozen=True)
class Pictures:
    """Some of the pictures of a data set, in the range and layout that a network reads."""

    data: DeviceData
    indices: Tensor
    network: Network

    def __len__(self) -> int:
        return len(self.indices)

    def batches(self, batch_size: int, order: Tensor | None = None) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of pictures (B, C, H, W) and labels (B,); `order` counts within these pictures (all for None)."""
        indices = self.indices if order is None else self.indices[order]
        if not len(indices):  # torch divides nothing into one empty batch
            return iter(())
        network = self.network
        return self.data.batches(indices, batch_size, pixels=network.pixels, memory_format=network.memory_format)


def all_of(data: DeviceData, network: Network) -> Pictures:
    """Every picture, in the order of the set."""
    return Pictures(data, torch.arange(len(data)), network)
