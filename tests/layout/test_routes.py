"""Layout leaves room for wires: on arranged drawings the canvas finds a way for each that crosses no foreign node."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_arrange import arranged, bodies, overlap, series_parallel

from designer.app.canvas.geometry import Geometry, place_of
from designer.app.canvas.routing import pieces
from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node, io
from designer.samples import sample_paths


def crossed(body: Body) -> list[tuple[Edge, str]]:
    """Wires with the foreign nodes that they run through."""
    geometry = Geometry(None)
    geometry.show(body, lambda node, wired: place_of(node, wired, None))
    return [
        (edge, node_id)
        for edge, route in geometry.routes.items()
        for node_id, place in geometry.places.items()
        if node_id not in (edge.source[0], edge.target[0])
        and any(overlap(piece.grown(0.1), place.box) for piece in pieces(route))
    ]


def inner(body: Body) -> Body:
    """The body without the wires to the border of the frame around it."""
    return Body(body.nodes, tuple(e for e in body.edges if e.source[0] != INPUT and e.target[0] != OUTPUT))


def plain(body: Body) -> Body:
    """The body with plain nodes in the place of frames."""
    return Body(tuple(Node(id=n.id, type="ReLU") for n in body.nodes), inner(body).edges)


@settings(max_examples=120, deadline=None)
@given(st.one_of(series_parallel(), bodies(depth=2).map(plain)))
def test_no_wire_of_a_random_drawing_runs_through_a_foreign_node(body: Body) -> None:
    assert crossed(arranged(Graph(root=body)).root) == []


@pytest.mark.parametrize("path", sample_paths(), ids=lambda p: p.stem)
def test_no_wire_of_a_sample_runs_through_a_foreign_node(path: object) -> None:
    graph = io.load(path)  # type: ignore[arg-type]
    for body in (graph.root, *(n.body for n in graph.nodes if n.body is not None)):
        if not any(n.body for n in body.nodes):
            assert crossed(inner(body)) == []
