"""Repeats drawn out, and drawn-out repetitions found again: unroll and roll up, as edits.

Nothing here knows layers: how often a frame runs and which shapes values have comes from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from designer.errors import message
from designer.graph import edits
from designer.graph.errors import GraphError
from designer.graph.formulas import into_frame, out_of_frame
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Endpoint, Graph, Node, Position, block_name, walk
from designer.graph.runs import Run, best_run

REPEAT: Final = "Repeat"
MAX_UNROLLED: Final = 2_000
"""More nodes than that nobody wants to see drawn out."""


def level_of(graph: Graph, owner: str | None) -> str | None:
    """The drawing that a level lies in, through all frames around it: that of a block, or None for the root drawing."""
    while owner is not None and block_name(owner) is None:
        owner = graph.owners[owner]
    return owner


def put_in_place(
    graph: Graph, node_id: str, bodies: Sequence[Body], step: float = 0.0, origin: Position = (0.0, 0.0)
) -> tuple[Graph, list[str]]:
    """Replace a node by copies of bodies in a row; returns the graph and the ids of the copies, row by row.

    What leaves one body enters the next; what enters the node beyond that enters every one of them.

    Args:
        graph: the drawing.
        node_id: the node, a frame or a use of a block.
        bodies: what lay in it, as it is in every repetition.
        step: how far one copy lies below the one before.
        origin: where (0, 0) of the bodies lies, from the node's position.
    """
    owner, node = graph.owners[node_id], graph.node(node_id)
    around = graph.body(owner)
    values: dict[int, Endpoint] = {e.target[1]: e.source for e in around.edges if e.target[0] == node_id}
    graph = edits.remove(graph, [node_id])
    ids, taken = edits.Names(graph.owners), edits.Names(n.name for _, n in walk(graph.body(level_of(graph, owner))))
    nodes: list[Node] = []
    edges: list[Edge] = []
    for row, body in enumerate(bodies):
        x, y = node.position[0] + origin[0], node.position[1] + origin[1] + row * step
        renamed: dict[str, str] = {}
        nodes += [edits.copied(inner, ids, taken, renamed, (x, y)) for inner in body.nodes]
        leaving: dict[int, Endpoint] = {}
        for edge in body.edges:
            source = (
                values.get(edge.source[1]) if edge.source[0] == INPUT else (renamed[edge.source[0]], edge.source[1])
            )
            if source is not None and edge.target[0] == OUTPUT:
                leaving[edge.target[1]] = source
            elif source is not None:
                edges.append(Edge(source, (renamed[edge.target[0]], edge.target[1])))
        values = {**values, **leaving} if row < len(bodies) - 1 else leaving
    edges += [
        Edge(values[e.source[1]], e.target) for e in around.edges if e.source[0] == node_id and e.source[1] in values
    ]
    return edits.add(graph, nodes, edges, owner), [n.id for n in nodes]


def unroll(
    graph: Graph, frame_id: str, times: int, step: float = 0.0, origin: Position = (0.0, 0.0)
) -> tuple[Graph, list[str]]:
    """Draw out the repetitions of a Repeat one below the other; formulas over its index become what they are in each.

    Args:
        graph: the drawing.
        frame_id: the Repeat.
        times: how often it runs.
        step: how far one repetition lies below the one before.
        origin: where (0, 0) of its body lies, from its position.

    Returns:
        The graph, and the ids of the nodes that took its place, row by row.

    Raises:
        GraphError: it is no Repeat, or too much would be drawn.
    """
    frame = graph.node(frame_id)
    body = frame.body
    if frame.type != REPEAT or body is None:
        raise GraphError(message("'{name}' is no Repeat: there is nothing to unroll.", name=frame.label))
    if times * len(body.nodes) > MAX_UNROLLED:
        raise GraphError(message("Unrolled, {name} would be {count} nodes; {limit} at most can be drawn out.",
                                 name=frame.label, count=times * len(body.nodes), limit=MAX_UNROLLED))  # fmt: skip
    bodies = [Body(tuple(out_of_frame(node, i) for node in body.nodes), body.edges) for i in range(times)]
    return put_in_place(graph, frame_id, bodies, step, origin)


class Rolled(NamedTuple):
    """A Repeat that was made of equal parts."""

    frame: str
    times: int
    nodes: int
    """In one part."""


def roll_up(
    graph: Graph,
    owner: str | None = None,
    ids: Collection[str] | None = None,
    shape_of: Callable[[Endpoint], Hashable] = lambda end: None,
    least: int = 1,
) -> tuple[Graph, list[Rolled]]:
    """Make Repeats of equal parts that follow each other, those first that save most nodes; then of equal Repeats.

    Parts are equal where their layers, properties and wires are; names and places make no difference. The new frames
    are numbered, and come back, from the input to the output.

    Args:
        graph: the drawing.
        owner: the level to look at.
        ids: the nodes to look at; all of the level by default.
        shape_of: the shape of the value at an endpoint of the level: what enters a part must have that of what leaves.
        least: how many nodes must be saved at least.
    """
    graph, found = _roll_up(graph, owner, ids, shape_of, least)
    new = {rolled.frame: rolled for rolled in found}
    names = {node.name for _, node in graph.walk() if node.id not in new}
    taken = graph.owners.keys() - new.keys()
    called: dict[str, tuple[str, str]] = {}
    for frame in filter(new.__contains__, _as_data_flows(graph.body(owner))):
        name = edits.fresh("repeat1", names)
        called[frame] = (edits.fresh(name, taken), name)
        names.add(name)
        taken.add(called[frame][0])
    graph = edits.update_body(graph, owner, lambda body: _calling(body, called))
    return graph, [new[frame]._replace(frame=id_) for frame, (id_, _) in called.items()]


def _calling(body: Body, called: Mapping[str, tuple[str, str]]) -> Body:
    """The body with other ids and names for some of the nodes in it, also in frames."""

    def end(old: Endpoint) -> Endpoint:
        return (called[old[0]][0], old[1]) if old[0] in called else old

    nodes = []
    for node in body.nodes:
        id_, name = called.get(node.id, (node.id, node.name))
        inner = _calling(node.body, called) if node.body is not None else None
        nodes.append(msgspec.structs.replace(node, id=id_, name=name, body=inner))
    return Body(tuple(nodes), tuple(Edge(end(e.source), end(e.target)) for e in body.edges))


def _as_data_flows(body: Body) -> Iterator[str]:
    """The ids of all nodes below a body, each after what it reads, frames before what lies in them."""
    for i in body.topology.order:
        node = body.nodes[i]
        yield node.id
        if node.body is not None:
            yield from _as_data_flows(node.body)


def _roll_up(
    graph: Graph,
    owner: str | None,
    ids: Collection[str] | None,
    shape_of: Callable[[Endpoint], Hashable],
    least: int,
) -> tuple[Graph, list[Rolled]]:
    chosen = {n.id for n in graph.body(owner).nodes if ids is None or n.id in ids}
    shapes: dict[Endpoint, Hashable] = {}

    def shape(end: Endpoint) -> Hashable:
        return shapes[end] if end in shapes else shape_of(end)

    found: list[Rolled] = []
    while (run := best_run(graph.body(owner), chosen, shape, least)) is not None:
        graph, frame = _rolled(graph, owner, run)
        entering = [shape(end) for end in run.entering]
        graph, inner = _roll_up(graph, frame, None, _inside(entering, shape), least)
        shapes.update(((frame, port), value) for port, value in enumerate(entering))
        chosen = {*chosen.difference(*run.parts), frame}
        found += [Rolled(frame, len(run.parts), len(run.parts[0])), *inner]
    return graph, [rolled for rolled in found if rolled.frame in graph.owners]


def _inside(entering: Sequence[Hashable], shape_of: Callable[[Endpoint], Hashable]) -> Callable[[Endpoint], Hashable]:
    """The shapes in a new frame, whose nodes are still called what they were."""
    return lambda end: entering[end[1]] if end[0] == INPUT else shape_of(end)


def _rolled(graph: Graph, owner: str | None, run: Run) -> tuple[Graph, str]:
    body, first = graph.body(owner), set(run.parts[0])
    nodes = [n for n in body.nodes if n.id in first]
    x, y = min(n.position[0] for n in nodes), min(n.position[1] for n in nodes)
    ports = {end: port for port, end in enumerate(run.entering)}
    slots = {slot: ports[source] for slot, source in run.slots.items()} | run.states
    extras = sorted({source for slot, source in run.slots.items() if slot not in run.states}, key=ports.__getitem__)
    inner = [
        Edge((INPUT, slots[e.target]) if e.target in slots else e.source, e.target)
        for e in body.edges
        if e.target[0] in first
    ]
    inner += [Edge(end, (OUTPUT, port)) for port, end in enumerate(run.leaving)]
    moved = tuple(
        into_frame(msgspec.structs.replace(n, position=(n.position[0] - x, n.position[1] - y))) for n in nodes
    )
    frame = edits.new_node(graph, REPEAT, "repeat", {"times": len(run.parts)}, (x, y), Body(moved, tuple(inner)))
    last = {end: port for port, end in enumerate(run.last)}
    gone = {node_id for part in run.parts for node_id in part}
    outer = [Edge(source, (frame.id, port)) for port, source in enumerate(run.entering[: len(run.leaving)])]
    outer += [Edge(source, (frame.id, ports[source])) for source in extras]
    outer += [
        Edge((frame.id, last[e.source]), e.target) for e in body.edges if e.source in last and e.target[0] not in gone
    ]
    return edits.add(edits.remove(graph, gone), [frame], outer, owner), frame.id
