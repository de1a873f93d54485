"""Edits: functions from a graph to a new graph. Undo keeps the old one; nothing is ever changed in place.

Every edit keeps the document valid or raises `GraphError` and leaves the old graph as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

import msgspec

from designer.errors import message
from designer.graph.errors import GraphError
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Endpoint, Graph, Node, Position, block_name, walk
from designer.graph.topology import DELAY


def update_body(graph: Graph, owner: str | None, change: Callable[[Body], Body]) -> Graph:
    """Replace the body of one frame or block (or the root for None) and the chain of frames around it.

    Raises:
        GraphError: the owner is a node that is no frame.
    """
    if owner is None:
        return msgspec.structs.replace(graph, root=change(graph.root))
    if (name := block_name(owner)) is not None:
        block = graph.blocks[name]
        changed = msgspec.structs.replace(block, body=change(block.body))
        return msgspec.structs.replace(graph, blocks={**graph.blocks, name: changed})
    node = graph.node(owner)
    if node.body is None:
        raise GraphError(message("'{name}' is not a frame: nothing can be put into it.", name=node.label))
    return replace_nodes(graph, {owner: msgspec.structs.replace(node, body=change(node.body))})


def replace_nodes(graph: Graph, nodes: Mapping[str, Node]) -> Graph:
    """Put new versions of nodes (same ids) in place of the old ones; the wiring and all computed from it is shared."""
    owners = graph.owners
    same_ids = all(node.body is graph.node(node_id).body for node_id, node in nodes.items())
    by_owner: dict[str | None, dict[str, Node]] = {}
    for node_id, node in nodes.items():
        by_owner.setdefault(owners[node_id], {})[node_id] = node
    # Outer frames first: a frame that moves together with nodes in it must not bring back its old body.
    for owner in sorted(by_owner, key=lambda o: _depth(graph, o)):
        graph = update_body(graph, owner, partial(_with_nodes, changed=by_owner[owner]))
    if same_ids:
        graph.__dict__["owners"] = owners
    return graph


def _with_nodes(body: Body, changed: Mapping[str, Node]) -> Body:
    nodes = list(body.nodes)
    for node_id, node in changed.items():
        nodes[body.topology.index[node_id]] = node
    new = Body(tuple(nodes), body.edges)
    if all((node.type == DELAY) == (body.nodes[body.topology.index[i]].type == DELAY) for i, node in changed.items()):
        new.__dict__["topology"] = body.topology
    return new


def _depth(graph: Graph, owner: str | None) -> int:
    depth = 0
    while owner is not None:
        owner = graph.outer(owner)
        depth += 1
    return depth


def add(graph: Graph, nodes: Iterable[Node], edges: Iterable[Edge] = (), owner: str | None = None) -> Graph:
    """Add nodes and wires to a body; GraphError where an id is taken or a wire does not fit."""
    nodes = tuple(nodes)
    for _, node in walk(Body(nodes)):
        if node.id in graph.owners:
            raise GraphError(message("There is a node with the id '{id}' already.", id=node.id))
    return update_body(graph, owner, lambda body: _checked(body.nodes + nodes, body.edges + tuple(edges)))


def _checked(nodes: tuple[Node, ...], edges: tuple[Edge, ...]) -> Body:
    body = Body(nodes, edges)
    _ = body.topology  # raises where the wiring is not a graph
    return body


def remove(graph: Graph, ids: Iterable[str]) -> Graph:
    """Remove nodes, with all that lies in them and every wire at them."""
    gone = {i for i in ids if i in graph.owners}
    for owner in {graph.owners[i] for i in gone}:
        if owner is None or _kept(graph, owner, gone):
            graph = update_body(graph, owner, lambda body: _without(body, gone))
    return graph


def _kept(graph: Graph, owner: str | None, gone: set[str]) -> bool:
    while owner is not None and block_name(owner) is None:
        if owner in gone or owner not in graph.owners:
            return False
        owner = graph.owners[owner]
    return True


def _without(body: Body, gone: set[str]) -> Body:
    return Body(
        tuple(n for n in body.nodes if n.id not in gone),
        tuple(e for e in body.edges if e.source[0] not in gone and e.target[0] not in gone),
    )


def remove_and_join(graph: Graph, ids: Iterable[str]) -> Graph:
    """Remove nodes and wire what fed the first input of each to whatever read it."""
    for node_id in ids:
        owner = graph.owners.get(node_id, "")
        if owner == "":
            continue
        body = graph.body(owner)
        feeding = next((e for e in body.edges if e.target == (node_id, 0)), None)
        joined = [Edge(feeding.source, e.target) for e in body.edges if e.source[0] == node_id] if feeding else []
        graph = join(remove(graph, [node_id]), joined, owner)
    return graph


def join(graph: Graph, edges: Iterable[Edge], owner: str | None = None) -> Graph:
    """Add wires to a body, unless a Delay is gone that kept them from being a loop."""
    try:
        return connect(graph, edges, owner)
    except GraphError:
        return graph


def connect(graph: Graph, edges: Iterable[Edge], owner: str | None = None) -> Graph:
    """Add wires to a body; a wire into an occupied input replaces the one there. GraphError on a cycle."""
    new = {e.target: e for e in edges}
    if not new:
        return graph
    return update_body(
        graph,
        owner,
        lambda body: _checked(body.nodes, (*(e for e in body.edges if e.target not in new), *new.values())),
    )


def disconnect(graph: Graph, edges: Iterable[Edge], owner: str | None = None) -> Graph:
    """Remove wires from a body."""
    gone = set(edges)
    return update_body(graph, owner, lambda body: Body(body.nodes, tuple(e for e in body.edges if e not in gone)))


def insert_on_edge(graph: Graph, node: Node, edge: Edge, owner: str | None = None) -> Graph:
    """Put a node into a wire: source -> node -> target. The node may be new or already in the same body."""
    if node.id not in graph.owners:
        graph = add(graph, [node], owner=owner)
    graph = disconnect(graph, [edge], owner)
    return connect(graph, [Edge(edge.source, (node.id, 0)), Edge((node.id, 0), edge.target)], owner)


def set_params(graph: Graph, ids: Iterable[str], params: Mapping[str, Any]) -> Graph:
    """Set properties of nodes; a value of None removes the property, so that the layer's default applies."""
    _refuse_non_finite(params)
    changed = {}
    for node_id in ids:
        node = graph.node(node_id)
        merged = {k: v for k, v in {**node.params, **params}.items() if v is not None}
        changed[node_id] = msgspec.structs.replace(node, params=merged)
    return replace_nodes(graph, changed)


def _refuse_non_finite(params: Mapping[str, Any]) -> None:
    for key, value in params.items():
        for number in value if isinstance(value, list | tuple) else (value,):
            if isinstance(number, float) and not isfinite(number):
                raise GraphError(message("{field} must be a finite number, not {value}.", field=key, value=value))


def rename(graph: Graph, node_id: str, name: str) -> Graph:
    """Give a node another name; empty names fall back to the id."""
    return replace_nodes(graph, {node_id: msgspec.structs.replace(graph.node(node_id), name=name)})


def move(graph: Graph, positions: Mapping[str, Position]) -> Graph:
    """Put nodes elsewhere (canvas units, x to the right, y down; relative to the frame for nodes inside one)."""
    return replace_nodes(
        graph,
        {i: msgspec.structs.replace(graph.node(i), position=(float(x), float(y))) for i, (x, y) in positions.items()},
    )


def set_recipe(graph: Graph, recipe: Mapping[str, Any]) -> Graph:
    """Replace the recipe."""
    return msgspec.structs.replace(graph, recipe=dict(recipe))


def extract(graph: Graph, ids: Iterable[str]) -> Body:
    """What copy puts on the clipboard: the nodes (of one body) and the wires among them."""
    wanted = set(ids)
    owners = [graph.owners[i] for i in wanted if i in graph.owners]
    if not owners:
        return Body()
    body = graph.body(min(owners, key=lambda o: _depth(graph, o)))
    inside = {n.id for n in body.nodes if n.id in wanted}
    return Body(
        tuple(n for n in body.nodes if n.id in inside),
        tuple(e for e in body.edges if e.source[0] in inside and e.target[0] in inside),
    )


def paste(
    graph: Graph,
    fragment: Body,
    owner: str | None = None,
    offset: Position = (0.0, 0.0),
    feeds: Iterable[Edge] = (),
) -> tuple[Graph, list[str]]:
    """Add a copy of a fragment with new ids and names; returns the graph and the new ids of the fragment's own nodes.

    `feeds` are wires from nodes of the graph into the fragment (old ids); they are wired to the copies.
    """
    taken = Names(node.name for _, node in graph.walk())
    ids = Names(graph.owners)
    renamed: dict[str, str] = {INPUT: INPUT, OUTPUT: OUTPUT}
    nodes = [copied(node, ids, taken, renamed, offset) for node in fragment.nodes]
    edges = [_moved(edge, renamed) for edge in fragment.edges]
    edges += [Edge(e.source, (renamed[e.target[0]], e.target[1])) for e in feeds if e.target[0] in renamed]
    return add(graph, nodes, edges, owner), [n.id for n in nodes]


def _moved(edge: Edge, renamed: Mapping[str, str]) -> Edge:
    return Edge((renamed[edge.source[0]], edge.source[1]), (renamed[edge.target[0]], edge.target[1]))


def copied(node: Node, ids: set[str], taken: set[str], renamed: dict[str, str], offset: Position = (0.0, 0.0)) -> Node:
    """A copy of a node with an id and a name that are free; adds them to `ids` and `taken`, and the id to `renamed`."""
    new_id = fresh(node.id, ids)
    ids.add(new_id)
    renamed[node.id] = new_id
    name = fresh(node.name, taken) if node.name else ""
    taken.add(name)
    body = node.body
    if body is not None:
        inner = {**renamed, INPUT: INPUT, OUTPUT: OUTPUT}
        copies = tuple(copied(n, ids, taken, inner) for n in body.nodes)
        body = Body(copies, tuple(_moved(e, inner) for e in body.edges))
    x, y = node.position
    return msgspec.structs.replace(node, id=new_id, name=name, body=body, position=(x + offset[0], y + offset[1]))


class Names(set[str]):
    """Names that are taken, and the highest number behind each of them: for giving very many names at once."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(names)
        self.highest: dict[str, int] = {}
        for name in self:
            self._count(name)

    def add(self, name: str) -> None:
        """Take one more name."""
        super().add(name)
        self._count(name)

    def _count(self, name: str) -> None:
        if (found := re.fullmatch(r"(.*?)(\d{1,9})", name)) is not None:
            self.highest[found[1]] = max(int(found[2]), self.highest.get(found[1], 1))


def fresh(wanted: str, taken: Iterable[str]) -> str:
    """`wanted` itself if it is free, or with the next free number behind it: conv, conv2, conv3; conv3 -> conv4."""
    used = taken if isinstance(taken, set | dict) else set(taken)
    if wanted not in used:
        return wanted
    stem = re.sub(r"\d+$", "", wanted) or wanted
    if isinstance(used, Names):
        return f"{stem}{used.highest.get(stem, 1) + 1}"
    numbers = (int(m[1]) for name in used if (m := re.fullmatch(re.escape(stem) + r"(\d{1,9})", name)))
    return f"{stem}{max([1, *numbers]) + 1}"


def new_node(graph: Graph, type_: str, stem: str, params: Mapping[str, Any] | None = None,
             position: Position = (0.0, 0.0), body: Body | None = None) -> Node:  # fmt: skip
    """A node that is not in the graph yet, with a free id and a name like `conv1`, numbered by its kind."""
    names = {node.name for _, node in graph.walk()}
    name = stem if stem.endswith("put") or stem == "loss" else f"{stem}1"
    name = fresh(name, names)
    return Node(id=fresh(name, graph.owners), type=type_, name=name, params=dict(params or {}),
                position=position, body=body)  # fmt: skip


def boundary(body: Body, inside: Collection[str]) -> tuple[list[Endpoint], list[Endpoint]]:
    """The values that enter a part of a body, in the order in which they are read there, and those that leave it."""
    rank, index = body.topology.rank, body.topology.index
    entering = {e.source: None for e in sorted((e for e in body.edges if e.target[0] in inside),
                                               key=lambda e: (rank[index[e.target[0]]], e.target[1]))
                if e.source[0] not in inside}  # fmt: skip
    leaving = {e.source for e in body.edges if e.source[0] in inside and e.target[0] not in inside}
    return list(entering), sorted(leaving, key=lambda end: (rank[index[end[0]]], end[1]))


def wrap_in_frame(graph: Graph, ids: Sequence[str], frame: Node, entering: Sequence[Endpoint] | None = None) -> Graph:
    """Put nodes of one body into the body of a new frame node, keeping their wires.

    Args:
        graph: the drawing.
        ids: the nodes.
        frame: the new node.
        entering: the values that enter them in the order of the frame's inputs. By default in the order they are read,
            and where there are none, one that every node reads that nothing is wired to.

    Raises:
        GraphError: the nodes lie in different frames, or a wire leads out of them and back in.
    """
    owners = {graph.owners[i] for i in ids}
    if len(owners) != 1:
        raise GraphError(message("Select nodes of one level to put them into a frame."))
    owner = owners.pop()
    body = graph.body(owner)
    inside = set(ids)
    found, leaving = boundary(body, inside)
    unfed = not found and entering is None
    entering = list(found if entering is None else entering)
    if not leaving:  # the end of a chain: what nobody inside reads is what the frame puts out
        read = {e.source[0] for e in body.edges}
        leaving = [(n.id, 0) for n in body.nodes if n.id in inside and n.id not in read][:1]
    inner = [_inner_edge(e, inside, entering) for e in body.edges if e.target[0] in inside]
    if unfed:
        fed = {e.target[0] for e in body.edges}
        inner += [Edge((INPUT, 0), (n.id, 0)) for n in body.nodes if n.id in inside and n.id not in fed]
    inner += [Edge(source, (OUTPUT, port)) for port, source in enumerate(leaving)]
    x, y = frame.position
    moved = tuple(
        msgspec.structs.replace(n, position=(n.position[0] - x, n.position[1] - y))
        for n in body.nodes
        if n.id in inside
    )
    frame = msgspec.structs.replace(frame, body=_checked(moved, tuple(inner)))
    outer = [Edge(source, (frame.id, port)) for port, source in enumerate(entering)]
    outer += [
        Edge((frame.id, leaving.index(e.source)), e.target)
        for e in body.edges
        if e.source in leaving and e.target[0] not in inside
    ]
    return add(remove(graph, ids), [frame], outer, owner)


def _inner_edge(edge: Edge, inside: set[str], entering: Sequence[Endpoint]) -> Edge:
    return edge if edge.source[0] in inside else Edge((INPUT, entering.index(edge.source)), edge.target)


def unwrap_frame(graph: Graph, frame_id: str) -> Graph:
    """Replace a frame by what lies in it, once, keeping ids, names and wires; its formulas stay as they are.

    Raises:
        GraphError: the node is no frame.
    """
    frame = graph.node(frame_id)
    owner = graph.owners[frame_id]
    body = graph.body(owner)
    if frame.body is None:
        raise GraphError(message("'{name}' is not a frame.", name=frame.label))
    feeding = {e.target[1]: e.source for e in body.edges if e.target[0] == frame_id}
    leaving = {e.target[1]: e.source for e in frame.body.edges if e.target[0] == OUTPUT}
    edges = []
    for e in frame.body.edges:
        source = feeding.get(e.source[1]) if e.source[0] == INPUT else e.source
        if e.target[0] != OUTPUT and source is not None:
            edges.append(Edge(source, e.target))
    for e in body.edges:
        if e.source[0] == frame_id:
            out = leaving.get(e.source[1])
            source = feeding.get(out[1]) if out and out[0] == INPUT else out
            if source is not None:
                edges.append(Edge(source, e.target))
    x, y = frame.position
    nodes = [msgspec.structs.replace(n, position=(n.position[0] + x, n.position[1] + y)) for n in frame.body.nodes]
    return add(remove(graph, [frame_id]), nodes, edges, owner)
