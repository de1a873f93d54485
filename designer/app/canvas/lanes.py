"""Which wire runs in which lane: tall narrow boxes, found by the heights that they span. No Qt."""

from __future__ import annotations

from typing import Generic

from designer.app.canvas.grid import Box, Key

Source = tuple[str, tuple[float, float]]
"""Where a wire comes from: wires of one source share their lanes."""
_ROW = 1024.0
"""Lanes may be as tall as the drawing: in low rows they would be in a great many."""


class Lanes(Generic[Key]):
    """The lanes of one level."""

    def __init__(self) -> None:
        self._lanes: dict[Key, tuple[Box, Source]] = {}
        self._rows: dict[int, dict[Key, tuple[Box, Source]]] = {}

    def put(self, wire: Key, box: Box, source: Source) -> None:
        """Give a wire a lane; it has none yet."""
        lane = self._lanes[wire] = (box, source)
        for row in _rows(box):
            self._rows.setdefault(row, {})[wire] = lane

    def remove(self, wire: Key) -> None:
        """Free a wire's lane, if it has one."""
        found = self._lanes.pop(wire, None)
        for row in _rows(found[0]) if found is not None else ():
            wires = self._rows[row]
            del wires[wire]
            if not wires:
                del self._rows[row]

    def of(self, wire: Key) -> Box | None:
        """The lane of a wire; None if it runs in none."""
        found = self._lanes.get(wire)
        return None if found is None else found[0]

    def overlapping(self, area: Box) -> list[Key]:
        """The wires whose lanes overlap an area, each once."""
        left, top, right, bottom = area
        return [
            wire
            for wire, (box, _) in self._near(area).items()
            if box[0] < right and left < box[2] and box[1] < bottom and top < box[3]
        ]

    def of_others(self, source: Source, top: float, bottom: float) -> list[tuple[Key, Box]]:
        """The lanes somewhere between two heights whose wires come from elsewhere."""
        return [
            (wire, box)
            for wire, (box, other) in self._near(Box(0.0, top, 0.0, bottom)).items()
            if box[1] < bottom and top < box[3] and other != source
        ]

    def _near(self, area: Box) -> dict[Key, tuple[Box, Source]]:
        rows = _rows(area)
        if len(rows) == 1:
            return self._rows.get(rows[0], {})
        found: dict[Key, tuple[Box, Source]] = {}
        for row in rows:
            found.update(self._rows.get(row, ()))
        return found


def _rows(box: Box) -> range:
    return range(int(box.top // _ROW), int(box.bottom // _ROW) + 1)
