"""What is to be laid out, as positions in a body: sizes and the wires among the chosen nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from designer.graph.topology import BOUNDARY, Topology
from designer.layout.blocks import Block


class Wiring(NamedTuple):
    """The wires of a body as far as the chosen nodes are concerned; what other nodes have here means nothing."""

    topology: Topology
    blocks: Sequence[Block]
    """For every node of the body its size around its axis; used for the nodes to be laid out only."""
    above: Sequence[Sequence[int]]
    """For each node, the different nodes it reads."""
    below: Sequence[Sequence[int]]
    """For each node, the different nodes that read it."""
    enters: Sequence[bool]
    """Whether a node reads something that is not laid out here: the frame's input, or a node that stays where it is."""
    leaves: Sequence[bool]
    """Whether something that is not laid out here reads the node."""

    @classmethod
    def of(
        cls, topology: Topology, blocks: Sequence[Block], chosen: Sequence[int], delays: Collection[int] = ()
    ) -> Wiring:
        """Gather the wires among the chosen nodes; those into delays lead back up and say nothing of the order."""
        count = len(topology.inputs)
        inside = bytearray(count)
        for node in chosen:
            inside[node] = 1
        above: list[list[int]] = [[] for _ in range(count)]
        below: list[list[int]] = [[] for _ in range(count)]
        enters, leaves = [False] * count, [False] * count
        for node, wires in enumerate(topology.inputs):
            for wire in wires:
                if wire is None or node in delays:
                    continue
                source = wire.node
                if source == BOUNDARY or not inside[source]:
                    enters[node] = True
                elif not inside[node]:
                    leaves[source] = True
                elif source not in above[node]:
                    above[node].append(source)
                    below[source].append(node)
        for wire in topology.outputs:
            if wire is not None and wire.node != BOUNDARY:
                leaves[wire.node] = True
        return cls(topology, blocks, above, below, enters, leaves)
