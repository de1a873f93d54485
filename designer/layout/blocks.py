"""What layout builds with: blocks around a vertical axis, stacked or side by side, placed all at once in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from designer.layout.metrics import LANE

BRANCH_GAP = 16.0
"""Between a branch (with the room for its labels) and the next one."""


class Part(NamedTuple):
    """What a block is made of: a block or a node (by position in the body), moved from the block's axis and top."""

    dx: float
    dy: float
    content: Block | int


class Block(NamedTuple):
    """A part of the drawing. The axis is the line x = 0 that the wires from above and to below follow."""

    left: float
    """Room that is taken left of the axis."""
    right: float
    """Room that is taken right of the axis, labels included."""
    height: float
    parts: Sequence[Part]

    def place(self) -> Iterator[tuple[int, float, float]]:
        """Every node with the place of its axis and its top."""
        waiting = [(0.0, 0.0, self)]
        while waiting:
            x, y, block = waiting.pop()
            for dx, dy, content in block.parts:
                if isinstance(content, int):
                    yield content, x + dx, y + dy
                else:
                    waiting.append((x + dx, y + dy, content))


EMPTY = Block(0.0, 0.0, 0.0, ())


def stack(rows: Sequence[tuple[float, Block]]) -> Block:
    """Blocks below each other on one axis; beside each the gap above it."""
    left = right = y = 0.0
    parts = []
    for gap, block in rows:
        y += gap
        parts.append(Part(0.0, y, block))
        y += block.height
        left, right = max(left, block.left), max(right, block.right)
    return Block(left, right, y, parts)


def beside(branches: Sequence[Block], main: int, sinking: Sequence[bool], lanes: int) -> Block:
    """Branches in this order from left to right, `main` of them on the axis, with lanes for wires left of it.

    Branches begin at the top; `sinking` ones, which nothing above feeds, end at the bottom beside what reads them.
    """
    height = max(b.height for b in branches)
    drop = [height - b.height if sinks else 0.0 for b, sinks in zip(branches, sinking, strict=True)]
    left, right = branches[main].left + lanes * LANE, branches[main].right
    parts = [Part(0.0, drop[main], branches[main])]
    for i in range(main - 1, -1, -1):
        parts.append(Part(-(left + BRANCH_GAP + branches[i].right), drop[i], branches[i]))
        left += BRANCH_GAP + branches[i].right + branches[i].left
    for i in range(main + 1, len(branches)):
        parts.append(Part(right + BRANCH_GAP + branches[i].left, drop[i], branches[i]))
        right += BRANCH_GAP + branches[i].left + branches[i].right
    return Block(left, right, height, parts)
