"""The numbers behind the curves: buffers that grow, smoothing, and a million points thinned out to what is visible."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, TextIO

import numpy as np
import numpy.typing as npt

from designer.training.events import Steps

Floats = npt.NDArray[np.float64]

_BLOCK = 64
"""Points that one step of the smoothing handles at once."""


class Growing:
    """Numbers that are only ever appended, in one buffer that doubles when it is full."""

    __slots__ = ("_buffer", "_size")

    def __init__(self, values: npt.ArrayLike = ()) -> None:
        self._buffer: Floats = np.empty(1024)
        self._size = 0
        self.extend(values)

    def __len__(self) -> int:
        return self._size

    @property
    def values(self) -> Floats:
        """All numbers so far: a view, valid until the next change."""
        return self._buffer[: self._size]

    def extend(self, values: npt.ArrayLike) -> None:
        """Append numbers; each costs constant time on average."""
        new = np.asarray(values, dtype=np.float64)
        needed = self._size + new.size
        if needed > self._buffer.size:
            larger = np.empty(max(needed, 2 * self._buffer.size))
            larger[: self._size] = self.values
            self._buffer = larger
        self._buffer[self._size : needed] = new
        self._size = needed

    def truncate(self, size: int) -> None:
        """Forget all but the first `size` numbers."""
        self._size = min(size, self._size)


class Extremes:
    """Smallest and largest value of blocks of 2, 4, 8, ... points, kept up to date as points come in.

    With these a curve of any length is drawn at a cost that depends on the pixels only, and no peak is lost.
    NaN counts only in a block that holds nothing else.
    """

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: list[tuple[Growing, Growing]] = []

    def update(self, values: Floats) -> None:
        """Take in what was appended to `values` since the last call."""
        low = high = values
        level = 0
        while low.size >= 2:
            if level == len(self._levels):
                self._levels.append((Growing(), Growing()))
            lows, highs = self._levels[level]
            done, complete = len(lows), low.size // 2
            if done == complete:  # nothing new here, so nothing new above either
                return
            first, second = slice(2 * done, 2 * complete, 2), slice(2 * done + 1, 2 * complete, 2)
            lows.extend(np.fmin(low[first], low[second]))
            highs.extend(np.fmax(high[first], high[second]))
            low, high = lows.values, highs.values
            level += 1

    def truncate(self, size: int) -> None:
        """Forget all blocks that hold points from number `size` on."""
        for level, (lows, highs) in enumerate(self._levels, start=1):
            lows.truncate(size >> level)
            highs.truncate(size >> level)

    def at(self, level: int) -> tuple[Floats, Floats]:
        """Minima and maxima of the complete blocks of 2 ** level points, for a level of 1 or more."""
        lows, highs = self._levels[level - 1]
        return lows.values, highs.values


class Series:
    """One curve: y over a rising x. It grows at its end, and gives what is visible of it."""

    def __init__(self) -> None:
        self._x = Growing()
        self._y = Growing()
        self._extremes = Extremes()
        self.version = 0
        """Another number after every change."""

    def __len__(self) -> int:
        return len(self._x)

    @property
    def x(self) -> Floats:
        """Where the points lie, rising."""
        return self._x.values

    @property
    def y(self) -> Floats:
        """The values; NaN where there is none."""
        return self._y.values

    def append(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Add points behind the others."""
        self._x.extend(x)
        self._y.extend(y)
        self._extremes.update(self.y)
        self.version += 1

    def truncate(self, size: int) -> None:
        """Forget all but the first `size` points."""
        self._x.truncate(size)
        self._y.truncate(size)
        self._extremes.truncate(len(self))
        self.version += 1

    def visible(self, start: float, end: float, pixels: int) -> tuple[Floats, Floats]:
        """The points to draw for x from `start` to `end` on so many pixels, with one neighbour on either side.

        Where there are two points a pixel or more, blocks of them give their smallest and largest value.
        """
        x, y = self.x, self.y
        first = max(int(np.searchsorted(x, start)) - 1, 0)
        last = min(int(np.searchsorted(x, end, "right")) + 1, len(self))
        level = max((last - first) // max(pixels, 1), 1).bit_length() - 1
        if level == 0:
            return x[first:last], y[first:last]
        from_block, to_block = first >> level, last >> level  # blocks lie where they lie: no flicker as the curve grows
        lows, highs = (values[from_block:to_block] for values in self._extremes.at(level))
        starts = x[from_block << level : to_block << level : 1 << level]
        middles = x[(from_block << level) + (1 << level - 1) : to_block << level : 1 << level]
        rest = slice(to_block << level, last)
        drawn_x = np.concatenate((np.column_stack((starts, middles)).ravel(), x[rest]))
        drawn_y = np.concatenate((np.column_stack((lows, highs)).ravel(), y[rest]))
        return drawn_x, drawn_y

    def at(self, x: float) -> float | None:
        """The value of the last point at or before `x`; None where there is no point or no number."""
        index = int(np.searchsorted(self.x, x, "right")) - 1
        if index < 0 or not np.isfinite(value := self.y[index]):
            return None
        return float(value)


class Smoother:
    """Exponential moving average whose weights sum to 1 from the first point on; NaN is left out of it.

    Over a span of N points, a new point weighs 2 / (N + 1): as far back on average as a moving average over N points.
    """

    def __init__(self, span: int) -> None:
        keep = 1 - 2 / (span + 1)
        self._sum = 0.0
        self._weight = 0.0
        steps = np.arange(_BLOCK, dtype=np.float64)
        self._powers: Floats = keep ** (steps + 1)
        """What is left of the sum before a block at each of its points."""
        self._fades: Floats = np.tril(keep ** np.clip(steps[:, None] - steps, 0, None)).T * (1 - keep)
        """[i, j]: what point i of a block adds to the sum at point j."""

    def smooth(self, values: Floats) -> Floats:
        """The averages at the next points of the curve."""
        if not values.size:
            return values
        known = np.isfinite(values)
        sums = self._accumulate(np.where(known, values, 0.0), self._sum)
        weights = self._accumulate(known.astype(np.float64), self._weight)
        self._sum, self._weight = float(sums[-1]), float(weights[-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            averages: Floats = sums / weights
        return averages

    def _accumulate(self, values: Floats, carried: float) -> Floats:
        blocks: Floats = np.zeros((-(-values.size // _BLOCK), _BLOCK))
        blocks.ravel()[: values.size] = values
        sums: Floats = blocks @ self._fades
        fade = float(self._powers[-1])
        before = []
        for end in sums[:, -1].tolist():
            before.append(carried)
            carried = end + fade * carried
        sums += np.outer(before, self._powers)
        flat: Floats = sums.ravel()[: values.size]
        return flat


class SmoothedSeries(Series):
    """A raw curve together with its moving average: as a series it is the average."""

    def __init__(self, span: int = 1) -> None:
        super().__init__()
        self.raw = Series()
        self._span = span
        self._smoother = Smoother(span)

    @property
    def span(self) -> int:
        """Over how many points the average runs; 1 is the raw curve."""
        return self._span

    def set_span(self, span: int) -> None:
        """Average over another number of points."""
        if span != self._span:
            self._span = span
            self._redo()

    def append(self, x: npt.ArrayLike, y: npt.ArrayLike) -> None:
        """Add raw points behind the others."""
        before = len(self.raw)
        self.raw.append(x, y)
        super().append(x, self._smoother.smooth(self.raw.y[before:]))

    def truncate(self, size: int) -> None:
        """Forget all but the first `size` points."""
        self.raw.truncate(size)
        self._redo()

    def _redo(self) -> None:
        super().truncate(0)
        self._smoother = Smoother(self._span)
        super().append(self.raw.x, self._smoother.smooth(self.raw.y))


class RunCurves:
    """All curves of one run, over the iterations done: 1 is the end of the first. Errors are in percent."""

    def __init__(self, span: int = 1) -> None:
        self.training_loss = SmoothedSeries(span)
        self.training_error = SmoothedSeries(span)
        self.learning_rate = Series()
        self.epoch_training_loss = Series()
        self.epoch_training_error = Series()
        self.validation_loss = Series()
        self.validation_error = Series()
        self.iterations_per_epoch = 0.0
        """0 as long as it is not known."""
        self.has_errors = True
        """Whether errors are shares of wrong answers; where they are losses there is nothing to show in percent."""

    @property
    def last_iteration(self) -> float:
        """How far the curves reach."""
        ends = [float(s.x[-1]) for s in (self.training_loss, self.validation_error) if len(s)]
        return max(ends, default=0.0)

    def add_steps(
        self, iterations: npt.ArrayLike, losses: npt.ArrayLike, errors: npt.ArrayLike, rates: npt.ArrayLike
    ) -> None:
        """Add what iterations gave; those done again after a resume take the place of the old ones."""
        x = np.asarray(iterations, dtype=np.float64)
        if not x.size:
            return
        self.forget_after(float(x[0]) - 1)
        for series, values in (
            (self.training_loss, losses), (self.training_error, errors), (self.learning_rate, rates)
        ):  # fmt: skip
            y = np.asarray(values, dtype=np.float64)
            if y.size == x.size:
                series.append(x, y)

    def add_packets(self, packets: Sequence[Steps]) -> None:
        """Add what packets in a row gave, all at once: a whole file of them takes no longer than reading it."""
        if not packets:
            return
        counts = np.array([len(packet.losses) for packet in packets])
        firsts = np.array([packet.first for packet in packets])
        total = int(counts.sum())
        iterations = 1 + np.arange(total) + np.repeat(firsts - (np.cumsum(counts) - counts), counts)

        def joined(values: Iterable[Iterable[float]]) -> Floats:
            return np.fromiter(chain.from_iterable(values), np.float64)

        self.add_steps(
            iterations,
            joined(packet.losses for packet in packets),
            100 * joined(packet.errors for packet in packets if self.has_errors),
            joined(packet.learning_rates for packet in packets),
        )

    def add_epoch(self, iteration: float, training_loss: float | None, training_error: float | None,
                  validation_loss: float | None, validation_error: float | None) -> None:  # fmt: skip
        """Add an epoch's figures, at the iteration it ended with; None is a figure that was not taken."""
        for series, value in (
            (self.epoch_training_loss, training_loss), (self.epoch_training_error, training_error),
            (self.validation_loss, validation_loss), (self.validation_error, validation_error),
        ):  # fmt: skip
            _cut(series, iteration)
            if value is not None:
                series.append([iteration], [value])

    def forget_after(self, iteration: float) -> None:
        """Forget what came after so many iterations: a resumed training does them again."""
        if self.last_iteration > iteration:
            for series in (self.training_loss, self.training_error, self.learning_rate, self.epoch_training_loss,
                           self.epoch_training_error, self.validation_loss, self.validation_error):  # fmt: skip
                _cut(series, iteration + 1)

    def set_span(self, span: int) -> None:
        """Smooth the curves of training over so many iterations."""
        self.training_loss.set_span(span)
        self.training_error.set_span(span)

    def table(self) -> Table:
        """Every number as it stands, for a file."""
        series = {
            "training_loss": self.training_loss.raw, "training_error": self.training_error.raw,
            "learning_rate": self.learning_rate, "epoch_training_loss": self.epoch_training_loss,
            "epoch_training_error": self.epoch_training_error, "validation_loss": self.validation_loss,
            "validation_error": self.validation_error,
        }  # fmt: skip
        scales = {name: 100 if name.endswith("error") else 1 for name in series}
        return Table(self.iterations_per_epoch, {n: (s.x.copy(), s.y / scales[n]) for n, s in series.items()})


class Table(NamedTuple):
    """The numbers of a run, apart from the curves that go on growing. Errors are shares from 0 to 1."""

    iterations_per_epoch: float
    columns: dict[str, tuple[Floats, Floats]]
    """(x, y) by name."""

    def write_csv(self, file: TextIO) -> None:
        """A row for each iteration, with an epoch's figures in the row of its last iteration."""
        columns = [dict(zip(x.tolist(), y.tolist(), strict=True)) for x, y in self.columns.values()]
        writer = csv.writer(file)
        writer.writerow(["iteration", "epoch", *self.columns])
        for iteration in sorted(set().union(*columns)):
            epoch = iteration / self.iterations_per_epoch if self.iterations_per_epoch else None
            writer.writerow([f"{iteration:.0f}", _cell(epoch), *(_cell(column.get(iteration)) for column in columns)])


def _cut(series: Series, iteration: float) -> None:
    size = int(np.searchsorted(series.x, iteration))
    if size < len(series):
        series.truncate(size)


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.7g}"


def bounds(curves: Sequence[Floats], *, positive: bool = False) -> tuple[float, float] | None:
    """Smallest and largest finite value of several curves (above 0 for a logarithm); None where there is none."""
    lows, highs = [], []
    for y in curves:
        usable = y[np.isfinite(y) & (y > 0)] if positive else y[np.isfinite(y)]
        if usable.size:
            lows.append(float(usable.min()))
            highs.append(float(usable.max()))
    return (min(lows), max(highs)) if lows else None
