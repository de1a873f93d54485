"""Wires: never through a foreign node, straight where they can be, skips in lanes of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from canvas_drawings import apart, framed, node, residual, wire
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.app.canvas.geometry import Geometry, place_of
from designer.app.canvas.grid import Box
from designer.app.canvas.routing import pieces
from designer.graph import Body, Graph, edits, io
from designer.graph.model import Node
from designer.layout import arrange
from designer.layout.metrics import is_open_frame
from designer.samples import samples


def geometries(body: Body, owner: str | None = None) -> dict[str | None, Geometry]:
    """The geometry of a body and of every open frame in it."""
    found: dict[str | None, Geometry] = {}
    for inner in body.nodes:
        if inner.body is not None and is_open_frame(inner):
            found |= geometries(inner.body, inner.id)
    geometry = found[owner] = Geometry(owner)

    def place(inner: Node, wired: int):  # type: ignore[no-untyped-def]
        return place_of(inner, wired, found.get(inner.id) if is_open_frame(inner) else None)

    geometry.show(body, place)
    return found


def through_nodes(geometry: Geometry) -> list[tuple[object, str]]:
    """Every wire that runs through the box of a node it does not belong to, with that node."""
    return [
        (edge, node_id)
        for edge, route in geometry.routes.items()
        for node_id, place in geometry.places.items()
        if node_id not in (edge.source[0], edge.target[0])
        and any(piece.grown(0.1).overlaps(place.box) for piece in pieces(route))
    ]


def assert_clear(graph: Graph) -> None:
    for geometry in geometries(graph.root).values():
        assert through_nodes(geometry) == []


@pytest.mark.parametrize("path", [s.path for s in samples()], ids=lambda p: p.stem)
def test_no_wire_of_a_sample_runs_through_a_foreign_node(path: Path) -> None:
    graph = io.load(path)
    assert_clear(graph)
    assert_clear(edits.move(graph, arrange(graph)))


def test_a_chain_is_wired_straight_down() -> None:
    geometry = geometries(residual(1).root)[None]
    assert [len(geometry.routes[e]) for e in (wire("input", "conv0"), wire("conv0", "relu0"))] == [2, 2]


def test_a_skip_runs_in_a_lane_left_of_the_nodes_it_passes() -> None:
    geometry = geometries(residual(1).root)[None]
    route = geometry.routes[wire("input", "add0", 1)]
    lane = min(x for x, _ in route)
    assert lane < geometry.places["conv0"].box.left
    assert len(route) == 6


def test_a_long_skip_runs_outside_of_the_short_ones_it_passes() -> None:
    graph = residual(2)
    graph = edits.connect(graph, [wire("input", "add1", 2)])
    routes = geometries(edits.move(graph, arrange(graph)).root)[None].routes
    lanes = {edge: min(x for x, _ in routes[edge]) for edge in (wire("input", "add0", 1), wire("input", "add1", 2))}
    assert lanes[wire("input", "add1", 2)] < lanes[wire("input", "add0", 1)]


def test_skips_of_the_same_source_share_their_way_and_others_do_not_overlap() -> None:
    geometry = geometries(residual(4).root)[None]
    lanes = [
        (min(x for x, _ in route), route[0][1], route[-1][1]) for route in geometry.routes.values() if len(route) == 6
    ]
    assert len(lanes) == 4
    for i, (x, top, bottom) in enumerate(lanes):
        for x2, top2, bottom2 in lanes[i + 1 :]:
            assert x != x2 or bottom <= top2 or bottom2 <= top


def test_the_input_a_wire_ends_at_lies_on_the_side_it_comes_from() -> None:
    graph = apart(
        node("input", "Input"), node("left", "ReLU", -400, 100), node("right", "ReLU", 400, 100),
        node("add", "Add", 0, 300),
        edges=(wire("input", "left"), wire("input", "right"), wire("input", "add", 1), wire("left", "add", 2),
               wire("right", "add", 0)),
    )  # fmt: skip
    geometry = geometries(graph.root)[None]
    left, middle, right = (geometry.target(("add", port))[0] for port in (2, 1, 0))
    assert left < middle < right
    assert middle == geometry.places["add"].trunk


@pytest.mark.parametrize("x", [-320.0, -250.0, 250.0, 320.0, 500.0])
@pytest.mark.parametrize("y", [-45.0, -30.0, -15.0, 0.0, 15.0, 60.0])
def test_the_wire_of_a_node_beside_its_reader_runs_between_them_and_under_neither(x: float, y: float) -> None:
    drawn = apart(
        node("x", "Input", 0, -200),
        node("main", "Conv2d", 0, -80),
        node("projection", "Conv2d", x, y),
        node("add", "Add", 0, 0),
        edges=(wire("x", "main"), wire("main", "add"), wire("x", "projection"), wire("projection", "add", 1)),
    )
    geometry = geometries(drawn.root)[None]
    route = geometry.routes[wire("projection", "add", 1)]
    for place in geometry.places.values():
        assert not any(piece.grown(0.1).overlaps(place.box.grown(-1)) for piece in pieces(route))
    ends = (route[0][0], route[-1][0])
    assert all(min(ends) <= at <= max(ends) for at, _ in route), "no way round the outside"


def test_the_wire_round_a_node_that_moved_away_runs_straight_again() -> None:
    graph = apart(
        node("a", "Input"), node("between", "ReLU", 0, 100), node("b", "ReLU", 0, 200), edges=(wire("a", "b"),)
    )  # fmt: skip
    geometry = geometries(graph.root)[None]
    assert len(geometry.routes[wire("a", "b")]) > 2
    moved = edits.move(graph, {"between": (500, 100)})
    geometry.show(moved.root, lambda n, wired: place_of(n, wired, None))
    assert len(geometry.routes[wire("a", "b")]) == 2


def turns(geometry: Geometry) -> dict[object, int]:
    return {edge: len(route) for edge, route in geometry.routes.items()}


def test_a_lane_moves_in_when_what_it_went_round_is_gone() -> None:
    """Though the box that made it a wide one lies nowhere near the lane that was found in the end."""
    graph = residual(2)
    x, y = graph.node("relu0").position
    graph = edits.add(graph, [node("beside", "ReLU", x - 240, y)])
    geometry = geometries(graph.root)[None]
    before = geometry.routes[wire("input", "add0", 1)]
    graph = edits.remove(graph, ["beside"])
    geometry.show(graph.root, lambda n, wired: place_of(n, wired, None))
    assert geometry.routes[wire("input", "add0", 1)] != before
    assert geometry.routes == geometries(graph.root)[None].routes


def test_skips_move_in_one_after_the_other_when_an_inner_one_is_gone() -> None:
    graph = residual(4)
    skips = [wire("input", f"add{i}", 2) for i in range(1, 4)]
    graph = edits.connect(graph, [wire("conv0", "add3", 3), wire("relu0", "add3", 4), *skips])
    graph = edits.move(graph, arrange(graph))
    geometry = geometries(graph.root)[None]
    for gone in (wire("input", "add0", 1), wire("conv0", "add3", 3)):
        graph = edits.disconnect(graph, [gone])
        geometry.show(graph.root, lambda n, wired: place_of(n, wired, None))
        assert geometry.routes == geometries(graph.root)[None].routes


def test_a_frame_holds_its_nodes_and_the_lanes_beside_them() -> None:
    graph = framed()
    graph = edits.add(graph, [node("add", "Add", 0, 100)], owner="repeat")
    graph = edits.connect(graph, [wire("relu", "add"), wire("conv", "add", 1)], owner="repeat")
    geometry = geometries(graph.root)["repeat"]
    frame = geometry.frame.moved(-16, -44)
    for place in geometry.places.values():
        assert frame.left <= place.box.left and place.box.bottom <= frame.bottom
    for route in geometry.routes.values():
        assert all(frame.left < x < frame.right and frame.top <= y <= frame.bottom for x, y in route)


places = st.tuples(st.integers(-4, 4).map(lambda x: x * 130.0), st.integers(0, 12).map(lambda y: y * 50.0))


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=3, max_size=9, unique=True), st.data())
def test_wires_between_scattered_nodes_run_round_all_others_if_these_leave_room(positions, data) -> None:  # type: ignore[no-untyped-def]
    """Where no two boxes come closer than a wire needs, no wire runs through one."""
    kept: list[tuple[float, float]] = []
    for x, y in positions:
        if all(abs(x - x2) >= 260 or abs(y - y2) >= 50 for x2, y2 in kept):
            kept.append((x, y))
    nodes = [node(f"n{i}", "Input" if i == 0 else "Add", x, y) for i, (x, y) in enumerate(kept)]
    edges = [wire(f"n{data.draw(st.integers(0, i - 1))}", f"n{i}") for i in range(1, len(nodes))]
    assert_clear(Graph(root=Body(tuple(nodes), tuple(edges))))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), places), min_size=1, max_size=12))
def test_following_edits_step_by_step_ends_where_drawing_afresh_does(moves) -> None:  # type: ignore[no-untyped-def]
    graph = residual(2)
    ids = [n.id for n in graph.nodes]
    geometry = geometries(graph.root)[None]
    for index, position in moves:
        graph = edits.move(graph, {ids[index]: position})
        geometry.show(graph.root, lambda n, wired: place_of(n, wired, None))
    fresh = geometries(graph.root)[None]
    assert geometry.places == fresh.places
    assert set(geometry.routes) == set(fresh.routes)
    for edge, route in geometry.routes.items():
        assert (route[0], route[-1]) == (fresh.routes[edge][0], fresh.routes[edge][-1])
    assert len(through_nodes(geometry)) <= len(through_nodes(fresh))
    straight = {edge for edge, count in turns(fresh).items() if count == 2}
    assert {edge for edge, count in turns(geometry).items() if count == 2} == straight


def test_boxes_are_found_by_place() -> None:
    geometry = geometries(residual(3).root)[None]
    box = geometry.places["relu1"].box
    assert geometry.node_grid.keys_in(Box(box.left + 5, box.top + 5, box.left + 6, box.top + 6)) == ["relu1"]
