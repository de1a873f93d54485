"""Batches for training: the whole set lies on the training device as uint8; batches are gathered and converted there.

No Python runs per picture. That makes 600,000 CIFAR pictures a second on one CPU core, in batches of 128.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from designer.data.arrays import Images, Labels
from designer.data.errors import DataError
from designer.errors import message

Pixels = Literal["0..1", "0..255"]
"""The range of values that a network's Input asks for."""

SHARE_OF_MEMORY = 0.5
"""A set goes to the device if it takes no more than this share of what is free there; the rest is for the training."""
GREY = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey: ITU-R BT.601, as Pillow has them."""


class DeviceData:
    """Pictures (N, C, H, W) and labels (N,) on a device, or where they are too many for it in main memory."""

    def __init__(self, images: Images, labels: Labels, device: torch.device | str) -> None:
        self.device = torch.device(device)
        self.shape: tuple[int, int, int] = (images.shape[1], images.shape[2], images.shape[3])
        """(C, H, W)"""
        self.on_device = images.nbytes <= _free_bytes(self.device) * SHARE_OF_MEMORY
        """False where the pictures stay in the computer's memory and travel batch by batch."""
        self._home = self.device if self.on_device else torch.device("cpu")
        self._labels = torch.from_numpy(labels).to(self._home)
        # One row per picture: gathering rows of a matrix is faster than gathering along an axis of four.
        self._rows = torch.from_numpy(images).to(self._home).view(len(images), -1)
        self._format = torch.contiguous_format

    def __len__(self) -> int:
        return len(self._labels)

    def batches(
        self,
        indices: Labels | Tensor | None,
        batch_size: int,
        *,
        generator: torch.Generator | None = None,
        pixels: Pixels = "0..1",
        memory_format: torch.memory_format = torch.contiguous_format,
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Go once through the pictures at `indices` (all for None): float32 (B, C, H, W) and int64 (B,) on the device.

        A generator (of the CPU) shuffles them, and its state decides how; without one they come in the order given. The
        last batch may be smaller. The first call with another memory format re-arranges the whole set, once.
        """
        self._arrange(memory_format)
        order = torch.arange(len(self)) if indices is None else torch.as_tensor(indices)
        if generator is not None:
            order = order[torch.randperm(len(order), generator=generator)]
        for part in torch.split(order.to(self._home), batch_size):
            rows, labels = self._rows.index_select(0, part), self._labels.index_select(0, part)
            if not self.on_device:
                rows, labels = _sent(rows, self.device), _sent(labels, self.device)
            x = rows.float()
            if pixels == "0..1":
                x.div_(255)
            yield self._pictures(x), labels

    def _arrange(self, memory_format: torch.memory_format) -> None:
        """Store the rows in this format, so that batches need no re-arranging."""
        if memory_format == self._format:
            return
        channels, height, width = self.shape
        pictures = self._pictures(self._rows)
        if memory_format == torch.channels_last:
            self._rows = pictures.permute(0, 2, 3, 1).reshape(-1, height * width * channels)
        else:
            self._rows = pictures.reshape(-1, channels * height * width)
        self._format = memory_format

    def _pictures(self, rows: Tensor) -> Tensor:
        """Rows (B, C * H * W), in the order they are stored in, as pictures (B, C, H, W): a view."""
        channels, height, width = self.shape
        if self._format == torch.channels_last:
            return rows.view(-1, height, width, channels).permute(0, 3, 1, 2)
        return rows.view(-1, channels, height, width)


def _free_bytes(device: torch.device) -> float:
    """What is free on a device; the CPU has the pictures already."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    if device.type == "mps":
        return float(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return float("inf")


def _sent(part: Tensor, device: torch.device) -> Tensor:
    """A part of the data on the device; from pinned memory the copy runs beside the computation."""
    return (part.pin_memory() if device.type == "cuda" else part).to(device, non_blocking=True)


def fit(images: Images, shape: tuple[int, int, int]) -> Images:
    """Pictures (N, C, H, W) as the (C, H, W) of a network's Input: grey to colour or back, and scaled bilinearly.

    Raises:
        DataError: the channels cannot be turned into those wanted.
    """
    channels, height, width = shape
    found = images.shape[1]
    if found not in (channels, 1) and (found, channels) != (3, 1):
        raise DataError(message("Pictures with {found} channels cannot be turned into pictures with {wanted}. Change "
                                "the Input of the network to {found} channels.", found=found,
                                wanted=channels))  # fmt: skip
    if images.shape[1:] == shape:
        return images
    result = np.empty((len(images), *shape), np.uint8)
    for start in range(0, len(images), 1000):  # in parts, because floats take four times the memory
        x = torch.from_numpy(images[start : start + 1000]).float()
        if (found, channels) == (3, 1):
            x = (x * x.new_tensor(GREY).view(3, 1, 1)).sum(1, keepdim=True)
        if x.shape[2:] != (height, width):
            x = functional.interpolate(x, (height, width), mode="bilinear", antialias=True)
        # (B, 1, H, W) to (B, C, H, W) by assignment, where grey becomes colour
        result[start : start + 1000] = x.round_().clamp_(0, 255).to(torch.uint8).numpy()
    return result
