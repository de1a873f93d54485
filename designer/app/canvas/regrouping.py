"""Edits of structure that find room as well: into frames and blocks, out of them, rolled up and drawn out. No Qt."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Sequence
from typing import Any

import msgspec

from designer.app.canvas import placing
from designer.app.canvas.grid import Box, around
from designer.app.canvas.room import box_of, make_way
from designer.app.canvas.shelf import key_of
from designer.app.canvas.wiring import downstream
from designer.errors import message
from designer.graph import GraphError, blocks, edits, structure
from designer.graph.entering import enter
from designer.graph.formulas import into_frame, out_of_frame
from designer.graph.model import BLOCK, NOTE, Body, Endpoint, Graph, Node
from designer.layers.base import ShapeError
from designer.layers.registry import layer_of
from designer.layout import arrange
from designer.layout.metrics import NODE_GAP, NODE_WIDTH, content_origin, is_open_frame, rect_of, trunk_x
from designer.shapes import Analysis, analyze
from designer.shapes.problems import named, source_names

REPEAT = structure.REPEAT


def lies_in(graph: Graph, node_id: str, frames: Container[str]) -> bool:
    """Whether a node lies in one of these frames."""
    owner = graph.owners[node_id]
    while owner is not None and owner not in frames:
        owner = graph.outer(owner)
    return owner is not None


def outermost(graph: Graph, ids: Iterable[str]) -> list[str]:
    """These nodes without those that lie in others of them."""
    chosen = dict.fromkeys(ids)
    return [i for i in chosen if not lies_in(graph, i, chosen)]


def shape_at(analysis: Analysis, owner: str | None, end: Endpoint) -> Hashable:
    """The shape of the value at an endpoint of a level; None where it is not known."""
    scope = analysis.scope(owner)
    return None if scope is None else scope.shape_at(scope.topology.index.get(end[0], -1), end[1])


def entering(analysis: Analysis, ids: Sequence[str], type_: str) -> list[Endpoint] | None:
    """The values that enter nodes in the order of the inputs that a frame or block of them will have.

    What leaves a Repeat enters it again: a value of the same shape has to be at the input with the output's number.

    Raises:
        GraphError: more values leave a Repeat than enter it.
    """
    graph, owner = analysis.graph, analysis.graph.owners[ids[0]]
    found, leaving = edits.boundary(graph.body(owner), set(ids))
    if not found:
        return [] if any(layer_of(graph.node(i)).is_input for i in ids) else None
    if type_ != REPEAT:
        return found
    if len(leaving) > len(found):
        raise GraphError(message("{leaving} values leave this selection, but only {entering} enter it. Each repetition "
                                 "feeds the next, so a Repeat needs an input for every output.",
                                 leaving=len(leaving), entering=len(found)))  # fmt: skip
    rest, ordered = list(found), []
    for end in leaving:
        shape = shape_at(analysis, owner, end)
        fits = (e for e in rest if shape is not None and shape_at(analysis, owner, e) == shape)
        ordered.append(next(fits, rest[0]))
        rest.remove(ordered[-1])
    return ordered + rest


def wrap(graph: Graph, ids: list[str], type_: str, ends: Sequence[Endpoint] | None = None) -> tuple[Graph, str]:
    """Put nodes of one body into a new frame where they stand; returns the graph and the frame's id. GraphError."""
    box = _box(graph, ids)
    frame = placing.new_layer(graph, type_, (box.left, box.top))
    x0, y0 = content_origin()
    owner = graph.owners[ids[0]]
    inner = edits.replace_nodes(graph, {i: into_frame(graph.node(i)) for i in ids})
    wrapped = edits.wrap_in_frame(inner, ids, msgspec.structs.replace(frame, body=None), ends)
    # The header needs room above the nodes, and the frame's edge needs some below them: what follows moves down. What
    # stands beside them moves aside.
    body = wrapped.body(owner)
    sources = [n for e in body.edges if e.target[0] == frame.id and (n := body.get(e.source[0])) is not None]
    lowest = max(
        (box_of(n).bottom + NODE_GAP for n in sources if box_of(n).bottom <= box.top + 1), default=box.top - y0
    )
    wrapped = edits.move(wrapped, {frame.id: (box.left - x0, max(box.top - y0, lowest))})
    wrapped = _following(wrapped, owner, {frame.id}, box.bottom)
    return placing.grown(graph, owner, make_way(graph, wrapped, frame.id, box)), frame.id


def entered(analysis: Analysis, ids: Sequence[str], frame: str) -> Graph:
    """Put nodes with their wires into a frame of their level, or into one in it; their places stay as they are.

    Raises:
        GraphError: their wires cannot be drawn across the frame's ports, or something would be wrong then.
    """
    graph, owner = analysis.graph, analysis.graph.owners[ids[0]]
    names = {"name": graph.node(ids[0]).label, "frame": graph.node(frame).label}
    if any(layer_of(n).is_input or (layer_of(n).is_end and n.type != NOTE) for n in map(graph.node, ids)):
        raise GraphError(message("Inputs and losses stay outside of frames."))
    way = [frame]
    while (around := graph.outer(way[0])) not in (owner, None):
        way.insert(0, str(around))
    try:
        for one in way:
            graph = enter(graph, ids, one)
    except GraphError as error:
        raise GraphError(message("Its wires keep {name} out of {frame}. Drag it with Alt to take it out of them.",
                                 **names)) from error  # fmt: skip
    after = analyze(graph, analysis)
    readers = [e.target[0] for e in graph.body(owner).edges if e.source[0] == way[0] and e.target[0] in graph.owners]
    for facts in map(after.facts, (*ids, *way, *readers)):
        if isinstance(facts.result, ShapeError) and not isinstance(analysis.facts(facts.node.id).result, ShapeError):
            reason = named(facts.result.message, source_names(after, facts))
            raise GraphError(message("{name} does not fit into {frame}: {reason}", **names, reason=reason))
    return graph


def unwrap(graph: Graph, frame: str) -> Graph:
    """Replace a frame by its body, which stays where it is drawn."""
    node = graph.node(frame)
    if not is_open_frame(node):
        graph = placing.set_folded(graph, frame, False)
        node = graph.node(frame)
    if node.body is not None:
        graph = edits.replace_nodes(graph, {n.id: out_of_frame(n, 0) for n in node.body.nodes})
    x0, y0 = content_origin()
    x, y = node.position
    return edits.unwrap_frame(edits.move(graph, {frame: (x + x0, y + y0)}), frame)


def make_block(graph: Graph, ids: list[str], ends: Sequence[Endpoint] | None) -> tuple[Graph, str, str]:
    """Turn nodes into a block with a name of its own; returns the graph, the id of the use and the name. GraphError."""
    name = edits.fresh("Block1", graph.blocks)
    box, owner = _box(graph, ids), graph.owners[ids[0]]
    first = min((graph.node(i) for i in ids), key=lambda n: (box_of(n).top, box_of(n).left))
    use = placing.new_layer(graph, key_of(name), (box.left, box.top))
    after = blocks.make_block(graph, ids, name, use, ends)
    x = first.position[0] + trunk_x(first) - NODE_WIDTH / 2
    after = edits.move(after, {use.id: (x, box.top)})
    return placing.grown(graph, owner, _following(after, owner, {use.id}, box.bottom, closing=True)), use.id, name


def dissolve(graph: Graph, use: str, values: dict[str, Any]) -> tuple[Graph, list[str]]:
    """Replace a use of a block by its content, drawn where the use stood. GraphError."""
    node, owner = graph.node(use), graph.owners[use]
    body = blocks.inside(node, graph.blocks) or Body()
    frame = Node(id="", type=REPEAT, body=body)
    rect, (x0, _) = rect_of(frame), content_origin()
    origin = (NODE_WIDTH / 2 - (trunk_x(frame) - x0), -rect.y)
    after, ids = blocks.dissolve(graph, use, values, origin)
    bottom = box_of(node).bottom
    return placing.grown(graph, owner, _following(after, owner, set(ids), bottom)), ids


def unroll(graph: Graph, frame: str, times: int) -> tuple[Graph, list[str]]:
    """Draw out a Repeat's repetitions one below the other. GraphError."""
    if not is_open_frame(graph.node(frame)):
        graph = placing.set_folded(graph, frame, False)
    node, owner = graph.node(frame), graph.owners[frame]
    box = _box(graph, [n.id for n in node.body.nodes]) if node.body is not None and node.body.nodes else Box(0, 0, 0, 0)
    bottom = box_of(node).bottom
    after, ids = structure.unroll(graph, frame, times, box.bottom - box.top + NODE_GAP, content_origin())
    return placing.grown(graph, owner, _following(after, owner, set(ids), bottom)), ids


def roll_up(analysis: Analysis, owner: str | None, ids: Sequence[str]) -> tuple[Graph, list[structure.Rolled]]:
    """Make Repeats of equal parts of a level, or of some nodes of it, and lay the level out anew."""
    graph = analysis.graph
    body = graph.body(owner)
    chosen = set(ids) or {node.id for node in body.nodes}
    layers = {node.id: layer_of(node) for node in body.nodes}
    fit = [i for i, layer in layers.items() if i in chosen and not layer.is_input and not layer.is_end]
    after, found = structure.roll_up(graph, owner, fit, lambda end: shape_at(analysis, owner, end), 1 if ids else 2)
    if found:
        after = edits.move(after, arrange(after, owner))
    return after, found


def _box(graph: Graph, ids: Sequence[str]) -> Box:
    return around(box_of(graph.node(i)) for i in ids) or Box(0, 0, 0, 0)


def _following(graph: Graph, owner: str | None, new: set[str], bottom: float, *, closing: bool = False) -> Graph:
    """Move down what lay below a place that is filled by new nodes now; up where it is `closing`."""
    following = {
        i for i in downstream(graph.body(owner), new) if i not in new and box_of(graph.node(i)).top >= bottom - 1
    }
    if not following:
        return graph
    highest = min(box_of(graph.node(i)).top for i in following)
    missing = _box(graph, sorted(new)).bottom + NODE_GAP - highest
    if missing > 0 or closing:
        graph = placing.make_room(graph, owner, following, missing)
    return graph


def arguments_of(analysis: Analysis, use: str) -> dict[str, Any]:
    """The values of the arguments that a use of a block gives, formulas over its inputs evaluated."""
    found = getattr(analysis.facts(use).layer, "arguments", {})
    return dict(found) if analysis.graph.node(use).type == BLOCK else {}
