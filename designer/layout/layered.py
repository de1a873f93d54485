"""Layers for a drawing without a trunk: every node below all it reads, in columns that keep chains vertical.

The layer of a node is the longest way to it; barycentres order each layer; wires that pass layers by run in lanes left
of all columns, one lane for all wires from one node, shared by wires that are not beside each other.
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
    rows: list[list[int]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    _order(wiring, rows)
    column = _columns(wiring, rows)
    return _block(wiring, rows, column, _lanes(wiring, layer, len(rows)))


def _layers(wiring: Wiring, nodes: Sequence[int]) -> dict[int, int]:
    """The longest way to each node; nodes that read nothing move down to what reads them."""
    layer: dict[int, int] = {}
    for node in nodes:
        layer[node] = 1 + max((layer[p] for p in wiring.above[node] if p in layer), default=-1)
    for node in nodes:
        if not wiring.above[node] and not wiring.enters[node]:
            layer[node] = min((layer[r] for r in wiring.below[node] if r in layer), default=1) - 1
    return layer


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


def _columns(wiring: Wiring, rows: list[list[int]]) -> dict[int, int]:
    """A column for every node: that of the first node it reads where it can, but in the order of its layer."""
    column: dict[int, int] = {}
    for row in rows:
        free, moved = None, 0
        for node in row:
            read = [column[p] for p in wiring.above[node] if p in column]
            wanted = sorted(read)[len(read) // 2] if read else (0 if free is None else free)
            column[node] = wanted if free is None else max(wanted, free)
            moved += column[node] - wanted
            free = column[node] + 1
        shift = moved // len(row)  # what was pushed aside comes back half way, so that layers do not drift to the right
        if shift:
            for node in row:
                column[node] -= shift
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
    main = axis[max(range(count), key=lambda i: (members[i], -i))]
    parts, y = [], 0.0
    for row in rows:
        parts += [Part(axis[column[n] - first] - main, y, wiring.blocks[n]) for n in row]
        y += max(wiring.blocks[n].height for n in row) + FORK_GAP
    return Block(main + lanes * LANE, x - BRANCH_GAP - main, y - FORK_GAP, parts)
