"""Takes a drawing apart into trunk and branches.

A node that no wire passes by (every way through the drawing goes through it) belongs to the trunk. What lies between
two such nodes falls into branches that know nothing of each other; each branch is a drawing with a trunk of its own. A
branch that has no trunk is drawn in layers. The time is linear for every level of branches within branches.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from designer.layout.blocks import Block, beside, stack
from designer.layout.layered import in_layers
from designer.layout.metrics import FORK_GAP, LABEL_ROOM, NODE_GAP, NODE_WIDTH
from designer.layout.wiring import Wiring

MAX_DEPTH = 20
"""Branches within branches; deeper ones are drawn in layers, so that time and stack stay small."""

_PASSAGE = Block(NODE_WIDTH / 2, NODE_WIDTH / 2 + LABEL_ROOM, 0.0, ())
"""Room for wires straight down the trunk, as wide as the nodes above and below."""


def decompose(wiring: Wiring, nodes: Sequence[int]) -> Block:
    """Lay out nodes (in topological order)."""
    return _Drawing(wiring, nodes, 0).block()


class _Drawing:
    """Nodes in topological order, with what is above and below all of them: the trunk around, or nothing."""

    def __init__(self, wiring: Wiring, nodes: Sequence[int], depth: int) -> None:
        self.wiring = wiring
        self.nodes = nodes
        self.depth = depth
        self.place = {node: place for place, node in enumerate(nodes)}

    def block(self) -> Block:
        """The whole drawing laid out."""
        if len(self.nodes) == 1:
            return self.wiring.blocks[self.nodes[0]]
        trunk = self._trunk() if self.depth < MAX_DEPTH else []
        if not trunk:
            branches = self._branches(0, len(self.nodes))
            if len(branches) == 1:
                return in_layers(self.wiring, self.nodes)
            return self._side_by_side(branches, None, 0)
        rows: list[tuple[float, Block]] = []
        before = -1
        for at in [*trunk, len(self.nodes)]:
            if at > before + 1:
                skips = self._fed_from_above(at) if before < 0 else self._joined(before, at)
                branches = self._branches(before + 1, at)
                join = self.nodes[at] if at < len(self.nodes) else None
                rows.append((FORK_GAP if rows else 0.0, self._side_by_side(branches, join, int(skips))))
            if at < len(self.nodes):
                gap = (NODE_GAP if at == before + 1 else FORK_GAP) if rows else 0.0
                rows.append((gap, self.wiring.blocks[self.nodes[at]]))
            before = at
        return stack(rows)

    def _trunk(self) -> list[int]:
        """Places of the nodes that no wire passes by."""
        count, place = len(self.nodes), self.place
        passing = [0] * (count + 1)
        for at, node in enumerate(self.nodes):
            inside = [place[p] for p in self.wiring.above[node] if p in place]
            first = (
                -1
                if not inside or len(inside) < len(self.wiring.above[node]) or self.wiring.enters[node]
                else min(inside)
            )
            passing[first + 1] += 1  # the longest wire into a node passes by whatever the shorter ones pass by
            passing[at] -= 1
            if self._ends_below(node):
                passing[at + 1] += 1
                passing[count] -= 1
        return [at for at, wires in enumerate(accumulate(passing[:-1])) if not wires]

    def _ends_below(self, node: int) -> bool:
        below = self.wiring.below[node]
        return not below or self.wiring.leaves[node] or any(reader not in self.place for reader in below)

    def _fed_from_above(self, at: int) -> bool:
        if at == len(self.nodes):
            return False
        node = self.nodes[at]
        return self.wiring.enters[node] or any(p not in self.place for p in self.wiring.above[node])

    def _joined(self, before: int, at: int) -> bool:
        """Whether a wire leads straight from one trunk node to the next (or out of the drawing), past the branches."""
        node = self.nodes[before]
        if at == len(self.nodes):
            return self.wiring.leaves[node] or any(reader not in self.place for reader in self.wiring.below[node])
        return self.nodes[at] in self.wiring.below[node]

    def _branches(self, start: int, end: int) -> list[list[int]]:
        """The connected parts among the nodes from one place to another, each in topological order."""
        part = [-1] * (end - start)
        found: list[list[int]] = []
        for at in range(start, end):
            if part[at - start] < 0:
                part[at - start] = len(found)
                found.append([])
                waiting = [self.nodes[at]]
                while waiting:
                    node = waiting.pop()
                    for neighbours in (self.wiring.above[node], self.wiring.below[node]):
                        for other in neighbours:
                            there = self.place.get(other, -1)
                            if start <= there < end and part[there - start] < 0:
                                part[there - start] = part[at - start]
                                waiting.append(other)
            found[part[at - start]].append(self.nodes[at])
        return found

    def _side_by_side(self, branches: list[list[int]], join: int | None, skips: int) -> Block:
        """Branches between two trunk nodes, ordered by the inputs they lead to, the longest one on the trunk's axis."""
        if join is not None and len(branches) > 1:
            port = {w.node: i for i, w in reversed(list(enumerate(self.wiring.topology.inputs[join]))) if w is not None}
            far = len(port)
            branches.sort(key=lambda b: min((port.get(node, far) for node in b), default=far))
        blocks = [_Drawing(self.wiring, branch, self.depth + 1).block() for branch in branches]
        sinking = [join is not None and not self._is_fed(branch) for branch in branches]
        if skips and all(sinking):  # what comes from above goes on straight down, beside what begins here
            return beside([_PASSAGE, *blocks], 0, [False, *sinking], 0)
        main = max(range(len(blocks)), key=lambda i: (blocks[i].height, len(branches[i]), -i))
        if join is None:  # nothing asks for an order
            branches.insert(0, branches.pop(main))
            blocks.insert(0, blocks.pop(main))
            main = 0
        return beside(blocks, main, sinking, skips)

    def _is_fed(self, branch: list[int]) -> bool:
        """Whether anything above the branch leads into it."""
        inside = set(branch)
        enters, above = self.wiring.enters, self.wiring.above
        return any(enters[node] or any(p not in inside for p in above[node]) for node in branch)
