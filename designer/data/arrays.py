"""A data set in memory: pictures and labels as numpy arrays, and how they are divided. No torch."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer.errors import Message, message

Images = NDArray[np.uint8]
"""Pictures (N, C, H, W), 0 to 255, contiguous."""
Labels = NDArray[np.int64]
"""Classes (N,), counted from 0. Index arrays have this type too."""

HELD_OUT = 0.1
"""Share of the pictures that becomes the test part of a set that has none."""

MAX_BYTES = 8 << 30
"""What the pictures of a set may take in memory, at most."""


def memory_limit() -> int:
    """How many bytes a set may take: half of the computer's memory (where it can be asked), `MAX_BYTES` at most."""
    try:
        return min(MAX_BYTES, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf, other systems not every name
        return MAX_BYTES


@dataclass(frozen=True, eq=False)
class DataSet:
    """Pictures and labels for training and test. The arrays are shared, not copied: do not write into them."""

    name: str
    x_train: Images
    y_train: Labels
    x_test: Images
    y_test: Labels
    classes: tuple[str, ...]
    notes: tuple[Message, ...] = ()
    """What the user should know about how the set was read."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(C, H, W) of every picture."""
        _, channels, height, width = self.x_train.shape
        return channels, height, width

    @property
    def train_counts(self) -> tuple[int, ...]:
        """Training pictures of each class."""
        return _counts(self.y_train, len(self.classes))

    @property
    def test_counts(self) -> tuple[int, ...]:
        """Test pictures of each class."""
        return _counts(self.y_test, len(self.classes))


def _counts(labels: Labels, classes: int) -> tuple[int, ...]:
    return tuple(np.bincount(labels, minlength=classes).tolist())


def channels_first(images: Images, axis: int | None) -> Images:
    """Pictures as contiguous (N, C, H, W), from those with the channels in `axis` 1 or 3, or without any such axis."""
    if axis is None:
        return np.ascontiguousarray(images[:, None])
    if axis == 1:
        return np.ascontiguousarray(images)
    count, height, width, channels = images.shape
    result = np.empty((count, channels, height, width), np.uint8)
    for channel in range(channels):  # six times as fast as copying the transposed array at once
        result[:, channel] = images[..., channel]
    return result


def split(dataset: DataSet, fraction: float, seed: int) -> tuple[Labels, Labels]:
    """Indices of the training pictures that stay for training, and of those kept apart for validation.

    As `stratified`: every class gives its share, and the same seed gives the same split.
    """
    return stratified(dataset.y_train, fraction, seed)


def stratified(labels: Labels, fraction: float, seed: int) -> tuple[Labels, Labels]:
    """Divide 0..N-1 at random into (rest, part), ascending, with `fraction` of every class in `part`.

    The part has fraction * N members to within one, and so has every class in it; but no class loses its last member.
    """
    if not 0 <= fraction < 1:
        raise ValueError(f"fraction must be at least 0 and less than 1, not {fraction}")
    order = np.random.default_rng(seed).permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    sizes = np.bincount(labels)
    ends = np.cumsum(sizes)
    # Rounding the running total, not each class's own share, keeps the sum right when there are many small classes.
    wanted = np.diff(np.floor(ends * fraction + 0.5).astype(np.int64), prepend=0)
    wanted = np.minimum(wanted, np.maximum(sizes - 1, 0))
    place_in_class = np.arange(len(labels)) - np.repeat(ends - sizes, sizes)
    chosen = place_in_class < np.repeat(wanted, sizes)
    return np.sort(by_class[~chosen]), np.sort(by_class[chosen])


def with_test_part(name: str, x: Images, y: Labels, classes: tuple[str, ...], notes: tuple[Message, ...]) -> DataSet:
    """A set whose test part is `HELD_OUT` of the pictures given, always the same ones, with a note that says so."""
    train, test = stratified(y, HELD_OUT, seed=0)
    note = message("There is no test part: {test} of the {total} pictures were kept apart as one.",
                   test=len(test), total=len(y))  # fmt: skip
    return DataSet(name, x[train], y[train], x[test], y[test], classes, (*notes, note))
