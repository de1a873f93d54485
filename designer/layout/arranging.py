"""Automatic layout: data flows from top to bottom, the trunk straight down, branches beside it, skip wires in lanes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from designer.graph.model import Body, Graph, Node, Position
from designer.graph.topology import DELAY
from designer.layout.blocks import EMPTY, Block, Part, beside, stack
from designer.layout.decompose import decompose
from designer.layout.metrics import LABEL_ROOM, NODE_GAP, is_open_frame, rect_of, size_of, trunk_x
from designer.layout.wiring import Wiring

Positions = dict[str, Position]


def arrange(graph: Graph, owner: str | None = None, ids: Collection[str] | None = None) -> Positions:
    """New positions for every node below a frame (None: the whole drawing), or for the chosen nodes only.

    Positions inside frames count from the frame's content origin, as in the document. Chosen nodes are arranged among
    themselves, with all that lies in chosen frames, and keep the top left corner of the box around them. The same
    drawing always gives the same result.
    """
    positions: Positions = {}
    if ids is None:
        _arrange_body(graph.body(owner), positions)
        return positions
    for around, chosen in _by_owner(graph, ids).items():
        _arrange_chosen(graph.body(around), chosen, positions)
    return positions


def _by_owner(graph: Graph, ids: Iterable[str]) -> dict[str | None, list[str]]:
    """The chosen nodes by the frame they lie in, without those inside a frame that is chosen itself."""
    wanted = {i for i in ids if i in graph.owners}
    found: dict[str | None, list[str]] = {}
    for node_id in sorted(wanted):
        around = graph.owners[node_id]
        while around is not None and around not in wanted:
            around = graph.outer(around)
        if around is None:
            found.setdefault(graph.owners[node_id], []).append(node_id)
    return found


def _arrange_chosen(body: Body, ids: list[str], positions: Positions) -> None:
    chosen = sorted(body.topology.index[i] for i in ids)
    before = [(body.nodes[i].position, rect_of(body.nodes[i])) for i in chosen]
    moved = _place(body, chosen, positions)
    after = [(positions[node.id], rect_of(node)) for node in moved]
    dx, dy = (min(p[axis] + r[axis] for p, r in before) - min(p[axis] + r[axis] for p, r in after) for axis in (0, 1))
    for node in moved:
        x, y = positions[node.id]
        positions[node.id] = (x + dx, y + dy)


def _arrange_body(body: Body, positions: Positions) -> Body:
    """Arrange a whole body; returns it as it looks then, for the size of the frame around it."""
    nodes = _place(body, range(len(body.nodes)), positions)
    return _with_nodes(body, [msgspec.structs.replace(n, position=positions[n.id]) for n in nodes])


def _with_nodes(body: Body, nodes: list[Node]) -> Body:
    arranged = Body(tuple(nodes), body.edges)
    arranged.__dict__["topology"] = body.topology
    return arranged


def _place(body: Body, chosen: Sequence[int], positions: Positions) -> list[Node]:
    """Write the positions of the chosen nodes, frames' insides first; returns these nodes, insides arranged."""
    nodes = list(body.nodes)
    blocks = [EMPTY] * len(nodes)
    for i in chosen:
        inside = nodes[i].body
        if inside is not None:
            nodes[i] = msgspec.structs.replace(nodes[i], body=_arrange_body(inside, positions))
        blocks[i] = _node_block(nodes[i], i)
    if chosen:
        rank = body.topology.rank
        delays = {i for i, node in enumerate(nodes) if node.type == DELAY}
        whole = _whole(Wiring.of(body.topology, blocks, chosen, delays), sorted(chosen, key=rank.__getitem__))
        for i, x, y in whole.place():
            positions[nodes[i].id] = (x + whole.left - trunk_x(nodes[i]), y)
    return [nodes[i] for i in chosen]


def _node_block(node: Node, index: int) -> Block:
    axis = trunk_x(node)
    width, height = size_of(node)
    labels = 0.0 if is_open_frame(node) else LABEL_ROOM  # a frame's label stands in its header
    return Block(axis, width - axis + labels, height, [Part(0.0, 0.0, index)])


def _whole(wiring: Wiring, nodes: list[int]) -> Block:
    """All chosen nodes: what is wired, and beside it one column of the nodes that nothing is wired to."""
    wired = [n for n in nodes if wiring.above[n] or wiring.below[n] or wiring.enters[n] or wiring.leaves[n]]
    loose = sorted(set(nodes).difference(wired))
    columns = [decompose(wiring, wired)] if wired else []
    if loose:
        columns.append(stack([(NODE_GAP if i else 0.0, wiring.blocks[n]) for i, n in enumerate(loose)]))
    return beside(columns, 0, [False] * len(columns), 0)
