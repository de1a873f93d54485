"""How a body is wired, as positions instead of ids: what inference, layout and code generation walk over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from designer.errors import message
from designer.graph.errors import GraphError

if TYPE_CHECKING:
    from designer.graph.model import Edge, Node

BOUNDARY = -1
"""Stands for the enclosing frame's own inner ports where a node's position is expected."""

DELAY = "Delay"
"""The type of node that closes a loop: it gives what entered it one step before, so no wire into it makes a cycle."""


class Wire(NamedTuple):
    """Where a value comes from: the position of the node (or `BOUNDARY`) and its output port."""

    node: int
    port: int


class Topology(msgspec.Struct, frozen=True, eq=False):
    """The wiring of one body. Positions count its `nodes`; two bodies with equal ids and edges may share one."""

    index: dict[str, int]
    """Position of each node id."""
    inputs: list[tuple[Wire | None, ...]]
    """For each node, what is wired to each of its input ports; None where a port below the highest one is free."""
    readers: list[tuple[int, ...]]
    """For each node, the positions of the nodes that read it."""
    outputs: tuple[Wire | None, ...]
    """What is wired to the frame's inner output ports; empty for the root drawing."""
    order: list[int]
    """Positions so that every node comes after all it reads; a `DELAY` comes before, as it reads the step before."""
    rank: list[int]
    """For each node, its place in `order`."""

    @classmethod
    def of(cls, nodes: Sequence[Node], edges: Sequence[Edge]) -> Topology:
        """Index a body.

        Raises:
            GraphError: duplicate ids, an edge to nowhere, two edges into one port, or a cycle.
        """
        index = {node.id: position for position, node in enumerate(nodes)}
        if len(index) != len(nodes):
            raise GraphError(message("Two nodes have the id '{id}'; ids must differ.", id=_duplicate(nodes)))
        ports: list[dict[int, Wire]] = [{} for _ in nodes]
        readers: list[list[int]] = [[] for _ in nodes]
        boundary: dict[int, Wire] = {}
        for edge in edges:
            (source, source_port), (target, target_port) = edge.source, edge.target
            if source_port < 0 or target_port < 0:
                raise GraphError(message("The wire {edge} has a negative port.", edge=_show(edge)))
            start = index.get(source, BOUNDARY)
            end = index.get(target, BOUNDARY)
            if (start == BOUNDARY and source != "@in") or (end == BOUNDARY and target != "@out"):
                missing = source if start == BOUNDARY and source != "@in" else target
                raise GraphError(message("The wire {edge} leads to '{id}', which is not there.",
                                         edge=_show(edge), id=missing))  # fmt: skip
            filled = boundary if end == BOUNDARY else ports[end]
            if target_port in filled:
                raise GraphError(message("Two wires end at input {port} of '{id}'; an input takes one.",
                                         port=target_port, id=target))  # fmt: skip
            filled[target_port] = Wire(start, source_port)
            if BOUNDARY not in (start, end):
                readers[start].append(end)
        inputs = [_by_port(wires) for wires in ports]
        order = _order(nodes, readers)
        rank = [0] * len(order)
        for place, position in enumerate(order):
            rank[position] = place
        return cls(index, inputs, [tuple(r) for r in readers], _by_port(boundary), order, rank)


def _by_port(wires: dict[int, Wire]) -> tuple[Wire | None, ...]:
    match len(wires):
        case 0:
            return ()
        case 1 if 0 in wires:
            return (wires[0],)
        case _:
            highest = max(wires)
            if highest > 4096:
                raise GraphError(message("Input {port} is out of range; a node has 4096 inputs at most.", port=highest))
            return tuple(wires.get(port) for port in range(highest + 1))


def _order(nodes: Sequence[Node], readers: list[list[int]]) -> list[int]:
    """Kahn's algorithm, keeping the file's order among nodes that do not depend on each other as far as it can."""
    waiting = [0] * len(nodes)
    for targets in readers:
        for target in targets:
            waiting[target] += 1
    if any(node.type == DELAY for node in nodes):
        readers = [[target for target in targets if nodes[target].type != DELAY] for targets in readers]
        waiting = [0 if node.type == DELAY else count for node, count in zip(nodes, waiting, strict=True)]
    order = [position for position, count in enumerate(waiting) if not count]
    for position in order:  # grows while it is walked
        for target in readers[position]:
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    if len(order) != len(nodes):
        raise GraphError(message("The wires form a cycle: {path}. Data must flow one way; remove one of these wires.",
                                 path=" -> ".join(nodes[i].label for i in _cycle(readers, waiting))))  # fmt: skip
    return order


def _cycle(readers: list[list[int]], waiting: list[int]) -> list[int]:
    import networkx as nx  # 0.25 s to import, and cycles are rare

    left = nx.DiGraph((a, b) for a, targets in enumerate(readers) if waiting[a] for b in targets if waiting[b])
    cycle = [a for a, _ in nx.find_cycle(left)]
    return [*cycle, cycle[0]]


def _duplicate(nodes: Sequence[Node]) -> str:
    seen: set[str] = set()
    return next(node.id for node in nodes if node.id in seen or seen.add(node.id))  # type: ignore[func-returns-value]


def _show(edge: Edge) -> str:
    return f"{edge.source[0]}:{edge.source[1]} -> {edge.target[0]}:{edge.target[1]}"
