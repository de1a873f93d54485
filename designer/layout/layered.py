"""Layers for a drawing that does not come apart: every node below all it reads, in columns that keep chains vertical.

The layer of a node is the longest way to it, and a longest way of all is drawn straight down; barycentres order each
layer. Wires that pass layers by run in lanes left of all columns, one lane for all wires from one node, shared by wires
that are not beside each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from designer.layout.blocks import BRANCH_GAP, Block, Part
from designer.layout.metrics import FORK_GAP, LANE
from designer.layout.wiring import Wiring

SWEEPS = 2
"""Rounds of ordering, each down and up."""


def in_layers(wiring: Wiring, nodes: Sequence[int]) -> Block:
    """Lay out nodes (in topological order) in layers."""
    layer = _layers(wiring, nodes)
    trunk = _trunk(wiring, layer)
    _sink(wiring, layer)
    rows: list[list[int]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    _order(wiring, rows)
    column = _columns(wiring, rows, trunk)
    return _block(wiring, rows, column, _lanes(wiring, layer, len(rows)))


def _layers(wiring: Wiring, nodes: Sequence[int]) -> dict[int, int]:
    """The longest way to each node."""
    layer: dict[int, int] = {}
    for node in nodes:
        layer[node] = 1 + max((layer[p] for p in wiring.above[node] if p in layer), default=-1)
    return layer


def _trunk(wiring: Wiring, layer: dict[int, int]) -> list[int]:
    """A longest way through the drawing: one node of every layer, from the first to the last one."""
    path = [max(layer, key=lambda node: layer[node])]
    while layer[path[-1]]:
        node = path[-1]
        path.append(next(p for p in wiring.above[node] if layer.get(p) == layer[node] - 1))
    return path[::-1]


def _sink(wiring: Wiring, layer: dict[int, int]) -> None:
    """Move nodes that read nothing down to what reads them."""
    for node in layer:
        if not wiring.above[node] and not wiring.enters[node]:
            layer[node] = min((layer[r] for r in wiring.below[node] if r in layer), default=1) - 1


def _order(wiring: Wiring, rows: list[list[int]]) -> None:
    """Sort every layer by the mean place of what its nodes read, then of what reads them, a few times."""
    place: dict[int, float] = {}
    for row in rows:
        place.update((node, i) for i, node in enumerate(row))
    for _ in range(SWEEPS):
        for neighbours, sweep in ((wiring.above, rows), (wiring.below, rows[::-1])):
            for row in sweep:
                if len(row) > 1:
                    weight = {node: _mean(neighbours[node], place, place[node]) for node in row}
                    row.sort(key=lambda node: (weight[node], place[node]))
                    place.update((node, i) for i, node in enumerate(row))


def _mean(nodes: Sequence[int], place: dict[int, float], otherwise: float) -> float:
    known = [place[n] for n in nodes if n in place]
    return sum(known) / len(known) if known else otherwise


def _columns(wiring: Wiring, rows: list[list[int]], trunk: list[int]) -> dict[int, int]:
    """A column for every node: 0 for the trunk, else that of what the node reads where its layer's order allows it."""
    column: dict[int, int] = {}

    def wanted(node: int, nearest: int) -> int:
        read = sorted(column[p] for p in wiring.above[node] if p in column)
        return read[len(read) // 2] if read else nearest

    for row, main in zip(rows, trunk, strict=True):
        at = row.index(main)
        column[main] = nearest = 0
        for node in row[at + 1 :]:
            column[node] = nearest = max(nearest + 1, wanted(node, nearest))
        nearest = 0
        for node in reversed(row[:at]):
            column[node] = nearest = min(nearest - 1, wanted(node, nearest))
    return column


def _lanes(wiring: Wiring, layer: dict[int, int], count: int) -> int:
    """How many lanes the wires past layers need: the most that lie beside each other."""
    intervals = []
    for node, own in layer.items():
        leaves = wiring.leaves[node] or any(r not in layer for r in wiring.below[node])
        last = max((layer[r] for r in wiring.below[node] if r in layer), default=own)
        last = count if leaves else last
        if last > own + 1:
            intervals.append((own, last))
    entered = [
        own for node, own in layer.items() if wiring.enters[node] or any(p not in layer for p in wiring.above[node])
    ]
    if max(entered, default=0) > 0:
        intervals.append((-1, max(entered)))
    ends: list[int] = []
    most = 0
    for start, end in sorted(intervals):
        while ends and ends[0] <= start:
            heappop(ends)
        heappush(ends, end)
        most = max(most, len(ends))
    return most


def _block(wiring: Wiring, rows: list[list[int]], column: dict[int, int], lanes: int) -> Block:
    first = min(column.values())
    count = max(column.values()) - first + 1
    left, right, members = [0.0] * count, [0.0] * count, [0] * count
    for node, at in column.items():
        block = wiring.blocks[node]
        left[at - first] = max(left[at - first], block.left)
        right[at - first] = max(right[at - first], block.right)
        members[at - first] += 1
    axis, x = [], 0.0
    for i in range(count):
        axis.append(x + left[i])
        x += left[i] + right[i] + (BRANCH_GAP if members[i] else 0.0)
    main = axis[-first]
    parts: list[Part] = []
    y = 0.0
    for row in rows:
        parts += [Part(axis[column[n] - first] - main, y, wiring.blocks[n]) for n in row]
        y += max(wiring.blocks[n].height for n in row) + FORK_GAP
    return Block(main + lanes * LANE, x - BRANCH_GAP - main, y - FORK_GAP, parts)
