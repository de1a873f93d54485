"""The numbers of a running training, read late and in packets: watching it costs it nothing."""

from __future__ import annotations

import math
import time
from collections import deque

import torch
from torch import Tensor

from designer.errors import NetDesignerError, message
from designer.training.events import Steps

PACKET_S = 0.1
"""Time between packets: ten a second look smooth, and a GPU is made to wait ten times a second only."""
RATE_S = 3.0
"""The images per second are those of the last seconds."""


class NotFiniteError(NetDesignerError):
    """The loss became NaN or infinite: the training has diverged."""


class Meter:
    """Collects the loss and the error (wrong answers) of every step as tensors, and reads them a packet at a time."""

    def __init__(self, iterations_per_epoch: int, epochs: int) -> None:
        self._per_epoch = iterations_per_epoch
        self._total = iterations_per_epoch * epochs
        self._losses: list[Tensor] = []
        self._wrong: list[Tensor] = []
        self._sizes: list[int] = []
        self._rates: list[float] = []
        self._next = 0.0
        self._seen: deque[tuple[float, int]] = deque()
        self.images = 0
        """Images trained on in this life of the run."""
        self.validation_s = 0.0
        """How long the last validation took."""

    def start(self) -> None:
        """Begin to count time, now or again after a pause in which nothing was trained, which does not count."""
        now = time.perf_counter()
        pause = now - self._seen[-1][0] if self._seen else 0.0
        self._seen = deque((seen + pause, images) for seen, images in self._seen)
        if not self._seen:
            self._seen.append((now, self.images))

    def add(self, loss: Tensor, wrong: Tensor, size: int, rate: float) -> None:
        """Note a step: its mean loss and the error summed over its samples, both still on the device."""
        self._losses.append(loss)
        self._wrong.append(wrong)
        self._sizes.append(size)
        self._rates.append(rate)
        self.images += size

    def is_due(self) -> bool:
        """Whether it is time for a packet."""
        return time.perf_counter() >= self._next

    def read(self, iteration: int) -> tuple[Steps, float, float] | None:
        """Everything noted since the last call, with the sums of losses and errors over its images.

        `iteration` counts the iterations done. This waits for the device.

        Raises:
            NotFiniteError: a loss is NaN or infinite.
        """
        if not self._losses:
            return None
        losses: list[float] = torch.stack(self._losses).tolist()
        wrong: list[float] = torch.stack(self._wrong).tolist()
        first, sizes = iteration - len(losses), self._sizes
        for i, loss in enumerate(losses):
            if not math.isfinite(loss):
                self._refuse(loss, first + i)
        speed = self._images_per_second()
        steps = Steps(
            first=first,
            epoch=round(iteration / self._per_epoch, 4),
            losses=tuple(float(f"{loss:.6g}") for loss in losses),
            errors=tuple(round(count / size, 6) for count, size in zip(wrong, sizes, strict=True)),
            learning_rates=tuple(self._rates),
            images_per_second=round(speed, 2),
            remaining_s=round(self._remaining(iteration, speed), 1),
        )
        loss_sum = sum(loss * size for loss, size in zip(losses, sizes, strict=True))
        self._losses, self._wrong, self._sizes, self._rates = [], [], [], []
        self._next = time.perf_counter() + PACKET_S
        return steps, loss_sum, float(sum(wrong))

    def _refuse(self, loss: float, iteration: int) -> None:
        raise NotFiniteError(message(
            "The loss became {value} in iteration {iteration} (epoch {epoch}): the training has diverged.",
            value="NaN" if math.isnan(loss) else "∞", iteration=iteration + 1,
            epoch=iteration // self._per_epoch + 1))  # fmt: skip

    def _images_per_second(self) -> float:
        now = time.perf_counter()
        self._seen.append((now, self.images))
        while len(self._seen) > 2 and now - self._seen[1][0] > RATE_S:
            self._seen.popleft()
        since, images = self._seen[0]
        return (self.images - images) / max(now - since, 1e-9)

    def _remaining(self, iteration: int, speed: float) -> float:
        left = self._total - iteration
        batch = sum(self._sizes) / len(self._sizes)
        return left * batch / max(speed, 1e-9) + math.ceil(left / self._per_epoch) * self.validation_s
