"""What the items of one canvas share: the level they lie in, and which ports a wire being drawn may end at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from designer.app.canvas.geometry import Geometry
from designer.app.canvas.ports import Port


@dataclass
class Stage:
    """State of the whole canvas that every item paints by."""

    origin: Port | None = None
    """The port a wire is being drawn from; None while there is none."""
    legal: frozenset[Port] = frozenset()
    """The ports it may end at."""
    bars: Mapping[str, float] = field(default_factory=dict)
    """By node the share of the largest figure, 0 to 1, that a bar beside it shows; none where nothing is shown."""

    def lit_inputs(self, owner: str | None, end: str) -> int:
        """How many inputs of a node (or inner outputs of a frame, by their end) a wire being drawn may end at."""
        return self._lit(owner, end, gives=False) if self.origin is not None and self.origin.gives else 0

    def lit_outputs(self, owner: str | None, end: str) -> int:
        """How many outputs a wire being drawn backwards may end at."""
        return self._lit(owner, end, gives=True) if self.origin is not None and not self.origin.gives else 0

    def _lit(self, owner: str | None, end: str, *, gives: bool) -> int:
        count = 0
        while Port(owner, (end, count), gives) in self.legal:
            count += 1
        return count


class Level:
    """The root drawing or the inside of one open frame."""

    def __init__(self, owner: str | None) -> None:
        self.owner = owner
        self.depth = 0
        """How many frames lie around it."""
        self.origin = (0.0, 0.0)
        """Where the level's (0, 0) lies in the scene."""
        self.geometry = Geometry(owner)

    def wired(self, node_id: str) -> tuple[set[int], set[int]]:
        """The numbers of the node's inputs and outputs that a wire is at."""
        wires = self.geometry.wires_at(node_id)
        return ({e.target[1] for e in wires if e.target[0] == node_id},
                {e.source[1] for e in wires if e.source[0] == node_id})  # fmt: skip
