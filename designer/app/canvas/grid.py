"""Boxes by place: which of thousands lie near a point, without looking at them all. No Qt."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key", bound=Hashable)

CELL_WIDTH, CELL_HEIGHT = 512.0, 256.0


class Box(NamedTuple):
    """A rectangle by its edges, y down."""

    left: float
    top: float
    right: float
    bottom: float

    def grown(self, x: float, y: float | None = None) -> Box:
        """The box with a margin around it."""
        y = x if y is None else y
        return Box(self.left - x, self.top - y, self.right + x, self.bottom + y)

    def moved(self, x: float, y: float) -> Box:
        """The box elsewhere."""
        return Box(self.left + x, self.top + y, self.right + x, self.bottom + y)

    def united(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(min(self.left, other.left), min(self.top, other.top),
                   max(self.right, other.right), max(self.bottom, other.bottom))  # fmt: skip

    def overlaps(self, other: Box) -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in the box."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def around(boxes: Iterable[Box]) -> Box | None:
    """The smallest box around all of them; None where there are none."""
    found: Box | None = None
    for box in boxes:
        found = box if found is None else found.united(box)
    return found


class Grid(Generic[Key]):
    """Keys with one or several boxes each, in cells of a fixed size."""

    def __init__(self) -> None:
        self._boxes: dict[Key, tuple[Box, ...]] = {}
        self._cells: dict[tuple[int, int], dict[Key, None]] = {}

    def put(self, key: Key, *boxes: Box) -> None:
        """Put a key at these boxes, wherever it was before."""
        if key in self._boxes:
            self.remove(key)
        self._boxes[key] = boxes
        for box in boxes:
            for cell in _cells(box):
                self._cells.setdefault(cell, {})[key] = None

    def remove(self, key: Key) -> None:
        """Take a key out; nothing happens if it is not there."""
        for box in self._boxes.pop(key, ()):
            for cell in _cells(box):
                keys = self._cells.get(cell)
                if keys is not None:
                    keys.pop(key, None)
                    if not keys:
                        del self._cells[cell]

    def boxes(self, key: Key) -> tuple[Box, ...]:
        """Where a key lies; empty if it is not there."""
        return self._boxes.get(key, ())

    def overlapping(self, area: Box) -> Iterator[tuple[Key, Box]]:
        """Every key's boxes that overlap an area; a key with several such boxes comes several times."""
        seen: set[Key] | None = None
        cells = _cells(area)
        if len(cells) > 1:
            seen = set()
        for cell in cells:
            for key in self._cells.get(cell, ()):
                if seen is not None:
                    if key in seen:
                        continue
                    seen.add(key)
                for box in self._boxes[key]:
                    if box.overlaps(area):
                        yield key, box

    def first(self, area: Box, skipped: Container[Key] = ()) -> tuple[Key, Box] | None:
        """Some box that overlaps an area and its key, other than the skipped keys; None where there is none.

        The question every wire asks several times, so it is spelled out.
        """
        left, top, right, bottom = area
        for cell in _cells(area):
            for key in self._cells.get(cell, ()):
                if key in skipped:
                    continue
                for box in self._boxes[key]:
                    if box[0] < right and left < box[2] and box[1] < bottom and top < box[3]:
                        return key, box
        return None

    def keys_in(self, area: Box) -> list[Key]:
        """The keys with a box that overlaps an area, each once, in the order they were put in."""
        left, top, right, bottom = area
        found: dict[Key, None] = {}
        for cell in _cells(area):
            for key in self._cells.get(cell, ()):
                if key not in found:
                    for box in self._boxes[key]:
                        if box[0] < right and left < box[2] and box[1] < bottom and top < box[3]:
                            found[key] = None
                            break
        return list(found)


def _cells(box: Box) -> list[tuple[int, int]]:
    left, right = int(box.left // CELL_WIDTH), int(box.right // CELL_WIDTH)
    top, bottom = int(box.top // CELL_HEIGHT), int(box.bottom // CELL_HEIGHT)
    if left == right and top == bottom:
        return [(left, top)]
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
