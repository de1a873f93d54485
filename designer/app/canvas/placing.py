"""Edits that also find room: where a new node goes, and what gives way to it or to a frame that grows. No Qt.

Nothing else on the canvas moves what the user has placed, except Tidy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from designer.app.canvas.grid import Box
from designer.app.canvas.ports import input_count, output_count
from designer.app.canvas.room import BESIDE, box_of, boxes_of, covered, free_place, make_way
from designer.app.canvas.shelf import block_of
from designer.app.canvas.wiring import downstream
from designer.graph import edits
from designer.graph.model import BLOCK, INPUT, OUTPUT, Body, Edge, Endpoint, Graph, Node, Position, block_name
from designer.graph.topology import DELAY
from designer.layers.registry import catalogue, stem_of
from designer.layout.metrics import (
    NODE_GAP,
    NODE_WIDTH,
    content_origin,
    is_open_frame,
    rect_of,
    trunk_x,
)  # fmt: skip


def new_layer(graph: Graph, type_: str, position: Position = (0.0, 0.0), params: dict[str, Any] | None = None) -> Node:
    """A node of that layer (or use of that block) that is not in the graph yet; frames come with an empty body."""
    if (block := block_of(type_)) is not None:
        return edits.new_node(graph, BLOCK, stem_of_block(block), {"block": block}, position)
    cls = catalogue()[type_]
    body = Body() if cls.is_frame and type_ != BLOCK else None
    return edits.new_node(graph, type_, stem_of(cls), params, position, body)


def stem_of_block(name: str) -> str:
    """What new uses of a block are called, without their number."""
    return name.lower() + ("_" if name[-1:].isdigit() else "")


def below(above: Node, node: Node) -> Node:
    """The next node of a chain where it goes: right below, on the same trunk."""
    x = above.position[0] + trunk_x(above) - trunk_x(node)
    return msgspec.structs.replace(node, position=(x, box_of(above).bottom + NODE_GAP - rect_of(node).y))


def right_of_others(body: Body, node: Node) -> Node:
    """The node where it is, or at the next place to the right where it covers no other node of a level."""
    taken = boxes_of(body)
    for _ in range(len(taken) + 1):
        box = box_of(node)
        hit = covered(box, taken)
        if hit is None:
            break
        x, y = node.position
        node = msgspec.structs.replace(node, position=(x + taken[hit].right + BESIDE - box.left, y))
    return node


def beside(body: Body, node: Node) -> Node:
    """The node where it is, or at the nearest place beside others where it covers none of them."""
    others = boxes_of(body)
    others.pop(node.id, None)
    wanted = box_of(node)
    place = free_place(wanted, others)
    x, y = node.position
    return msgspec.structs.replace(node, position=(x + place.left - wanted.left, y + place.top - wanted.top))


def add_at(graph: Graph, node: Node, owner: str | None) -> Graph:
    """Add a node where it is, or beside the nodes that it would cover there."""
    return grown(graph, owner, edits.add(graph, [beside(graph.body(owner), node)], owner=owner))


def append(graph: Graph, node: Node, after: str) -> Graph:
    """Put a new node below another one and wire it to that one's output.

    Inside a frame, what comes out of the frame is the end of the chain: the new node takes over the frame's output from
    the node it follows. Not so a Delay, which goes aside: it keeps a value for the next step, to close a loop.
    """
    owner = graph.owners[after]
    body, above = graph.body(owner), graph.node(after)
    node = below(above, node)
    if node.type == DELAY:
        x, y = node.position
        node = msgspec.structs.replace(node, position=(x + NODE_WIDTH + BESIDE, y))
    node = right_of_others(body, node)
    return grown(graph, owner, _wired_behind(edits.add(graph, [node], owner=owner), owner, node, (after, 0)))


def begin_body(graph: Graph, node: Node, frame: str) -> Graph:
    """Put a new node into an empty frame, wired to the frame's input and output."""
    node = msgspec.structs.replace(node, position=(0.0, 0.0))
    return grown(graph, frame, _wired_behind(edits.add(graph, [node], owner=frame), frame, node, (INPUT, 0)))


def _wired_behind(graph: Graph, owner: str | None, node: Node, source: Endpoint) -> Graph:
    if not input_count(node, 0, graph.blocks):
        return graph
    wires = [Edge(source, (node.id, 0))]
    if node.type == DELAY and source[0] != INPUT:
        return edits.connect(graph, wires, owner)
    leaving = next((e for e in graph.body(owner).edges if e.target == (OUTPUT, 0)), None)
    if owner is not None and output_count(node, graph.blocks) and (leaving is None or leaving.source == source):
        wires.append(Edge((node.id, 0), (OUTPUT, 0)))
    return edits.connect(graph, wires, owner)


def insert(graph: Graph, node: Node, edge: Edge, owner: str | None, *, straight: bool) -> Graph:
    """Put a node (new, or in the graph and free of wires) into a wire; what follows moves down where it has to.

    Args:
        straight: the wire runs straight down, so the node snaps to it; in a lane the node stays where it was dropped,
            or beside the nodes that it would cover there.
    """
    if not straight:
        node = beside(graph.body(owner), node)
        if node.id in graph.owners:
            graph = edits.move(graph, {node.id: node.position})
    after = edits.insert_on_edge(graph, node, edge, owner)
    return grown(graph, owner, _squeezed_in(after, node.id, edge, owner) if straight else after)


def insert_after(graph: Graph, node: Node, after: str) -> Graph:
    """Put a new node behind another one, into all wires that leave it."""
    owner = graph.owners[after]
    leaving = [e for e in graph.body(owner).edges if e.source == (after, 0)]
    if not leaving:
        return append(graph, node, after)
    node = below(graph.node(after), node)
    added = edits.add(graph, [node], owner=owner)
    wires = [Edge((after, 0), (node.id, 0)), *(Edge((node.id, 0), e.target) for e in leaving)]
    wired = edits.connect(added, wires, owner)
    highest = min((e.target[0] for e in leaving), key=lambda i: _top(graph, i), default=OUTPUT)
    return grown(graph, owner, _squeezed_in(wired, node.id, Edge((after, 0), (highest, 0)), owner))


def _top(graph: Graph, node_id: str) -> float:
    node = graph.find(node_id)
    return float("inf") if node is None else box_of(node).top


def _bottom(graph: Graph, node_id: str) -> float:
    """The lower edge of a node; for a frame's input the height that leaves a body's first node at 0."""
    node = graph.find(node_id)
    return -NODE_GAP if node is None else box_of(node).bottom


def _squeezed_in(graph: Graph, node_id: str, edge: Edge, owner: str | None) -> Graph:
    """Snap a node into the gap between the two ends of a wire, and make the gap large enough."""
    node, source, target = graph.node(node_id), graph.find(edge.source[0]), graph.find(edge.target[0])
    x, y = node.position
    height = rect_of(node).height
    top = _bottom(graph, edge.source[0]) + NODE_GAP
    if source is not None:
        x = source.position[0] + trunk_x(source) - trunk_x(node)
    elif target is not None:
        x = target.position[0] + trunk_x(target) - trunk_x(node)
    room = _top(graph, edge.target[0]) - NODE_GAP - height
    y = top if room < top else min(max(y, top), room)
    graph = edits.move(graph, {node_id: (x, y - rect_of(node).y)})
    missing = y + height + NODE_GAP - _top(graph, edge.target[0])
    roomy = make_room(graph, owner, {edge.target[0]}, missing) if missing > 0 else graph
    box, others = box_of(roomy.node(node_id)), boxes_of(roomy.body(owner))
    del others[node_id]
    if covered(box, others) is None:
        return roomy
    trunk = x + trunk_x(node)
    return make_way(roomy, roomy, node_id, Box(trunk, box.top, trunk, box.bottom))


def make_room(graph: Graph, owner: str | None, first: set[str], by: float) -> Graph:
    """Move nodes and all that gets data from them down, as far as they lie no higher than the highest of them."""
    body = graph.body(owner)
    present = {i for i in first if body.get(i) is not None}
    if not present:
        return graph
    line = min(_top(graph, i) for i in present) - 1
    moving = {i for i in downstream(body, present) if _top(graph, i) >= line}
    positions = {i: (graph.node(i).position[0], graph.node(i).position[1] + by) for i in moving}
    return edits.move(graph, positions)


def grown(before: Graph, frame: str | None, after: Graph, *, follow: bool = True) -> Graph:
    """Where an edit made a frame larger, let what it would cover give way, and so on with the frames around it.

    Args:
        follow: what follows the frame keeps its distance: it moves down as well, and closes up where the frame shrank.
    """
    if frame is None or frame not in before.owners:
        return after
    old, new = box_of(before.node(frame)), box_of(after.node(frame))
    if old == new:
        return after
    if follow:
        after = _followed(after, frame, old, new)
    return grown(before, before.owners[frame], make_way(before, after, frame, old), follow=follow)


def _followed(graph: Graph, frame: str, old: Box, new: Box) -> Graph:
    body, by = graph.body(graph.owners[frame]), new.bottom - old.bottom
    following = {i for i in downstream(body, {frame}) if i != frame and box_of(graph.node(i)).top >= old.bottom - 1}
    if abs(by) < 0.5 or not following:
        return graph
    places = {i: graph.node(i).position for i in following}
    return edits.move(graph, {i: (x, y + by) for i, (x, y) in places.items()})


def set_folded(graph: Graph, frame: str, folded: bool) -> Graph:
    """Fold a frame to one node or open it; the trunk stays where it is, and what follows closes up or gives way."""
    node = graph.node(frame)
    after = edits.set_params(graph, [frame], {"folded": True if folded else None})
    shift = trunk_x(node) - trunk_x(after.node(frame))
    after = edits.move(after, {frame: (node.position[0] + shift, node.position[1])})
    return grown(graph, frame, after)


def lifted(graph: Graph, ids: list[str]) -> Graph:
    """Take nodes out of their wires, joining what fed each to what read it; the nodes stay where they are."""
    for node_id in ids:
        owner = graph.owners[node_id]
        edges = graph.body(owner).edges
        feeding = next((e for e in edges if e.target == (node_id, 0)), None)
        joined = [Edge(feeding.source, e.target) for e in edges if e.source[0] == node_id] if feeding else []
        graph = edits.disconnect(graph, [e for e in edges if node_id in (e.source[0], e.target[0])], owner)
        graph = edits.join(graph, joined, owner)
    return graph


def fitted_delay(graph: Graph, node_id: str, entering: Sequence[int] | None) -> Graph:
    """Set a Delay that nobody has set to the shape of what enters it, if it is one."""
    node = graph.find(node_id)
    if node is None or node.type != DELAY or "shape" in node.params or entering is None:
        return graph
    return edits.set_params(graph, [node_id], {"shape": list(entering)})


def level_at(graph: Graph, x: float, y: float, shown: str | None = None) -> tuple[str | None, Position]:
    """The innermost level at a point of the scene, and where its (0, 0) lies; `shown` is the outermost one."""
    owner = shown
    origin = (0.0, 0.0)
    while True:
        place = (x - origin[0], y - origin[1])
        frames = (
            n for n in graph.body(owner).nodes if n.body is not None and is_open_frame(n) and box_of(n).holds(*place)
        )
        frame = next(frames, None)
        if frame is None:
            return owner, origin
        owner, origin = frame.id, content_of(frame, origin)


def origin_of(graph: Graph, owner: str | None) -> Position:
    """Where a level's (0, 0) lies in the scene."""
    if owner is None or block_name(owner) is not None:
        return (0.0, 0.0)
    return content_of(graph.node(owner), origin_of(graph, graph.owners[owner]))


def content_of(frame: Node, origin: Position) -> Position:
    """Where the (0, 0) of a frame's body lies, given that of the level around it."""
    x0, y0 = content_origin()
    return (origin[0] + frame.position[0] + x0, origin[1] + frame.position[1] + y0)


def moved_into(graph: Graph, ids: list[str], owner: str | None, shift: Position) -> Graph:
    """Move nodes that are wired to nothing but each other into another level; `shift` is between the two origins."""
    fragment = edits.extract(graph, ids)
    nodes = [
        msgspec.structs.replace(n, position=(n.position[0] + shift[0], n.position[1] + shift[1]))
        for n in fragment.nodes
    ]
    return edits.add(edits.remove(graph, ids), nodes, fragment.edges, owner)


def off_others(graph: Graph, ids: list[str]) -> Graph:
    """Move nodes of one level down together, or up where they only feed others, until they lie on no other node."""
    body, mine = graph.body(graph.owners[ids[0]]), set(ids)
    others = {i: box for i, box in boxes_of(body).items() if i not in mine}
    feeds = any(e.source[0] in mine and e.target[0] in others for e in body.edges)
    up = feeds and not any(e.target[0] in mine and e.source[0] in others for e in body.edges)
    boxes, by = [box_of(graph.node(i)) for i in ids], 0.0
    while hits := [(box, others[i]) for box in boxes if (i := covered(box.moved(0, by), others)) is not None]:
        box, other = hits[0]
        by = other.top - NODE_GAP - box.bottom if up else other.bottom + NODE_GAP - box.top
    places = {i: graph.node(i).position for i in ids}
    return edits.move(graph, {i: (x, y + by) for i, (x, y) in places.items()}) if by else graph


def is_free(graph: Graph, ids: list[str]) -> bool:
    """Whether nodes of one level have no wires, except among themselves."""
    owners = {graph.owners[i] for i in ids}
    if len(owners) != 1:
        return False
    chosen = set(ids)
    return all((e.source[0] in chosen) == (e.target[0] in chosen) for e in graph.body(owners.pop()).edges)
