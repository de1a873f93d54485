"""Nodes with wires put into a frame beside them: their wires are drawn anew, across the frame's ports.

What stood behind the frame continues its body and takes over its output; what stood before it begins its body and
takes over its input. Every other value that they need or give gets a port of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import msgspec

from designer.errors import message
from designer.graph import edits
from designer.graph.errors import GraphError
from designer.graph.formulas import into_frame
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Endpoint, Graph, Node

Ports = dict[int, Endpoint]
"""Of a frame: what a port gets its value from."""


def enter(graph: Graph, ids: Sequence[str], frame_id: str) -> Graph:
    """Put nodes into a frame of the same level, with all their wires; their places count from the frame's content then.

    Raises:
        GraphError: they lie elsewhere, or a wire would lead round in a circle.
    """
    owner, frame, inside = graph.owners[frame_id], graph.node(frame_id), set(ids)
    if frame.body is None or frame_id in inside or {graph.owners[i] for i in ids} != {owner}:
        raise GraphError(message("Only nodes that stand beside a frame can be put into it."))
    around = graph.body(owner)
    moving = [node for node in around.nodes if node.id in inside]
    crossing = _Crossing(around, frame, moving)
    inner = crossing.inner_edges()
    body = Body((*frame.body.nodes, *map(into_frame, moving)), tuple(inner))
    _ = body.topology  # raises where the wiring is not a graph
    nodes = [n if n.id != frame_id else msgspec.structs.replace(frame, body=body) for n in around.nodes]
    graph = edits.update_body(graph, owner, lambda _: Body(tuple(n for n in nodes if n.id not in inside)))
    return edits.connect(graph, crossing.outer_edges(), owner)


class _Crossing:
    """A frame's ports, from inside and from outside, before and after nodes of its level enter it."""

    def __init__(self, around: Body, frame: Node, moving: Sequence[Node]) -> None:
        self.around, self.frame = around, frame
        self.body = frame.body or Body()
        self.inside = {node.id for node in moving}
        self.fed: Ports = {e.target[1]: e.source for e in around.edges if e.target[0] == frame.id}
        """What enters the frame, from outside."""
        self.given: Ports = {e.target[1]: e.source for e in self.body.edges if e.target[0] == OUTPUT}
        """What leaves the frame, from inside."""
        self._moving = moving
        self._direct = {port: source for port, source in self.fed.items() if source[0] in self.inside}
        """Inputs whose value comes from inside then."""
        self.entering = self._entering()
        self.leaving = self._leaving()

    def _within(self, source: Endpoint) -> Endpoint:
        """What a value of the body comes from then."""
        return self._direct.get(source[1], source) if source[0] == INPUT else source

    def _entering(self) -> Ports:
        """What enters the frame then: values that the nodes need come at ports of their own, freed ones first."""
        found = {port: source for port, source in self.fed.items() if port not in self._direct}
        known = set(found.values())
        wanted = [source for source in edits.boundary(self.around, self.inside)[0]
                  if source[0] != self.frame.id and source not in known]  # fmt: skip
        used = max([self.body.inlets, *(port + 1 for port in self.fed)], default=0)
        free = [*sorted(self._direct), *range(used, used + len(wanted))]
        found.update(zip(free, wanted, strict=False))
        return found

    def _leaving(self) -> Ports:
        """What leaves the frame then: what the nodes give takes over the outputs that only they read."""
        mine = [e for e in self.around.edges if e.source[0] == self.frame.id]
        free = sorted({e.source[1] for e in mine} - {e.source[1] for e in mine if e.target[0] not in self.inside})
        here = {*self.inside, self.frame.id}
        outside = {e.source for e in self.around.edges if e.target[0] not in here}
        values = [end for end in edits.boundary(self.around, self.inside)[1] if end in outside]
        if not values and free:  # the end of a chain is what the frame puts out
            sources = {e.source[0] for e in self.around.edges}
            values = [(node.id, 0) for node in self._moving if node.id not in sources][:1]
        more = count(max(self.given, default=-1) + 1)
        return {**self.given, **{(free.pop(0) if free else next(more)): value for value in values}}

    def inner_edges(self) -> list[Edge]:
        """The wires in the frame then."""
        ports = {source: port for port, source in sorted(self.entering.items(), reverse=True)}
        edges = [Edge(self._within(e.source), e.target) for e in self.body.edges if e.target[0] != OUTPUT]
        for edge in self.around.edges:
            source = edge.source
            if edge.target[0] not in self.inside:
                continue
            if source[0] == self.frame.id:
                if source[1] not in self.given:
                    raise GraphError(message("Nothing is wired to the output of '{name}'.", name=self.frame.label))
                source = self._within(self.given[source[1]])
            elif source[0] not in self.inside:
                source = (INPUT, ports[source])
            edges.append(Edge(source, edge.target))
        return edges + [Edge(self._within(value), (OUTPUT, port)) for port, value in sorted(self.leaving.items())]

    def outer_edges(self) -> list[Edge]:
        """The wires around the frame then."""
        ports = {value: port for port, value in self.leaving.items()}
        edges = [Edge(source, (self.frame.id, port)) for port, source in sorted(self.entering.items())]
        for edge in self.around.edges:
            if edge.target[0] in self.inside or edge.target[0] == self.frame.id:
                continue
            if edge.source[0] in self.inside:
                edges.append(Edge((self.frame.id, ports[edge.source]), edge.target))
            else:
                edges.append(edge)
        return edges
