"""Room: what a frame that grows or a layer that is dropped would cover gives way, and nothing else moves."""

from __future__ import annotations

from itertools import combinations

import pytest
from canvas_drawings import STEP, apart, chain, framed, node, small, wire
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt

from designer.app.canvas import placing
from designer.app.canvas.grid import Box
from designer.app.canvas.mime import layer_mime
from designer.app.canvas.room import BESIDE, boxes_of, covered, free_place, make_way
from designer.graph import Body, Edge, Graph, edits
from designer.graph.model import Node

CONTROL = Qt.KeyboardModifier.ControlModifier


def overlaps(graph: Graph) -> list[tuple[str, str]]:
    """Nodes that lie on each other, in any level."""
    bodies = [graph.root, *(n.body for _, n in graph.walk() if n.body is not None)]
    return [
        (a, b)
        for body in bodies
        for (a, one), (b, other) in combinations(boxes_of(body).items(), 2)
        if one.overlaps(other)
    ]


def moved(before: Graph, after: Graph) -> dict[str, tuple[float, float]]:
    """How far the nodes of the root drawing went."""
    return {
        n.id: (n.position[0] - old.position[0], n.position[1] - old.position[1])
        for n in after.nodes
        if (old := before.find(n.id)) is not None and old.position != n.position
    }


def two_columns(gap: float = 40.0) -> Graph:
    """input -> a -> b -> c, and beside it, closer than a frame needs: input -> x -> y -> z."""
    left = chain(node("input", "Input", shape=[3, 32, 32]), node("a", "ReLU"), node("b", "ReLU"), node("c", "ReLU"))
    right = [node(i, "ReLU", 220 + gap, (k + 1) * STEP) for k, i in enumerate("xyz")]
    return apart(*left.nodes, *right, edges=(*left.edges, wire("input", "x"), wire("x", "y"), wire("y", "z")))


def through(*nodes: str) -> tuple[Edge, ...]:
    """A frame's wires: in at the first node, out behind the last."""
    return (Edge(("@in", 0), (nodes[0], 0)), Edge((nodes[-1], 0), ("@out", 0)))


def nested(*beside: Node) -> Graph:
    """input -> outer(inner(conv)) -> pool, with a node beside the inner frame, and others in the root drawing."""
    conv = Body((node("conv", "Conv2d", padding="same", out_channels=3),), through("conv"))
    inner = Node(id="inner", type="Repeat", name="inner", body=conv)
    body = Body((inner, node("near", "ReLU", 420, 60)), through("inner"))
    outer = Node(id="outer", type="Repeat", name="outer", position=(-32.0, STEP), body=body)
    ends = (node("input", "Input", shape=[3, 32, 32]), node("pool", "MaxPool2d", 0, 300))
    return apart(*ends, outer, *beside, edges=(wire("input", "outer"), wire("outer", "pool")))


@pytest.fixture
def show_all(show_canvas):
    def show(graph):
        canvas = show_canvas(graph, 1300, 800)
        canvas.frame()
        canvas.camera.finish()
        return canvas

    return show


# ---- frames


def test_wrapping_moves_the_column_beside_aside(show_all, keys) -> None:
    """The whole column, so that its wires stay straight; and one undo puts all of it back."""
    graph = two_columns()
    canvas = show_all(graph)
    canvas.document.select(["a", "b"])
    keys(canvas, Qt.Key.Key_R, modifiers=CONTROL)
    after = canvas.document.graph
    (frame,) = canvas.document.selection
    assert overlaps(after) == []
    shifts = moved(graph, after)
    assert {shifts[i] for i in "xyz"} == {shifts["x"]}
    assert shifts["x"][1] == 0
    assert canvas.canvas.rect_of("x").left() - canvas.canvas.rect_of(frame).right() == pytest.approx(BESIDE)
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_wrapping_moves_nothing_that_is_far_enough_away(show_all, keys) -> None:
    graph = two_columns(gap=500)
    canvas = show_all(graph)
    canvas.document.select(["a", "b"])
    keys(canvas, Qt.Key.Key_R, modifiers=CONTROL)
    assert not moved(graph, canvas.document.graph).keys() & set("xyz")


def test_a_layer_dropped_into_a_frame_moves_what_the_frame_would_cover(show_all, mouse_over) -> None:
    graph = framed()
    x, y = graph.node("repeat").position
    graph = edits.add(graph, [node("free", "ReLU", x, y + 200), node("beside", "ReLU", x + 360, y + 40)])
    graph = edits.move(graph, {"pool": (x, y + 600)})
    canvas = show_all(graph)
    edge = canvas.canvas.rect_of("repeat")
    corner = canvas.mapFromScene(edge.bottomRight()) - QPoint(30, 4)
    mouse_over(canvas).drop(layer_mime("GELU"), [QPoint(5, 5), corner])
    (new,) = canvas.document.selection
    assert canvas.document.graph.owners[new] == "repeat"
    assert canvas.canvas.rect_of("repeat").contains(canvas.canvas.rect_of(new))
    assert overlaps(canvas.document.graph) == []
    assert canvas.document.graph.node("beside").position[0] > x + 360
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_frames_around_a_frame_that_grows_make_room_as_well(show_all, mouse_over) -> None:
    graph = nested(node("outside", "ReLU", 760, 90), node("free", "ReLU", 0, -150))
    assert overlaps(graph) == []
    canvas = show_all(graph)
    inside = canvas.mapFromScene(canvas.canvas.rect_of("inner").bottomRight()) - QPoint(20, 6)
    mouse_over(canvas).drag(canvas.node_position("free"), inside)
    after = canvas.document.graph
    assert after.owners["free"] == "inner"
    assert [pair for pair in overlaps(after) if "free" not in pair] == []  # the hand put it where it is
    assert after.node("near").position != graph.node("near").position
    assert after.node("outside").position != graph.node("outside").position
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_a_node_moved_inside_a_frame_pushes_the_frames_border_and_what_is_beyond(show_all, mouse_over) -> None:
    graph = edits.add(framed(), [node("beside", "ReLU", 400, 60)])
    canvas = show_all(graph)
    mouse_over(canvas).drag(canvas.node_position("relu"), canvas.node_position("relu") + QPoint(180, 0))
    assert overlaps(canvas.document.graph) == []
    assert canvas.document.graph.node("beside").position[0] > 400
    assert canvas.document.graph.node("pool").position == graph.node("pool").position


def test_unfolding_moves_the_neighbour_aside(show_all, keys) -> None:
    graph = edits.add(framed(folded=True), [node("beside", "ReLU", 262, 44)])
    canvas = show_all(graph)
    canvas.document.select(["repeat"])
    keys(canvas, Qt.Key.Key_F, modifiers=CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert canvas.document.graph.node("repeat").params.get("folded") is not True
    assert overlaps(canvas.document.graph) == []


def test_a_wired_node_held_over_a_frame_says_what_keeps_it_out(show_all, mouse_over) -> None:
    graph = framed()
    x, y = graph.node("pool").position
    graph = edits.add(graph, [node("relu2", "ReLU", x, y + 100)])
    graph = edits.connect(graph, [wire("pool", "relu2")])
    canvas = show_all(graph)
    mouse = mouse_over(canvas)
    mouse.press(canvas.node_position("relu2"))
    mouse.glide(canvas.node_position("relu") + QPoint(20, 0))
    assert "wires keep relu2 out of repeat" in canvas.hint
    mouse.glide(canvas.node_position("pool") + QPoint(200, 60))
    assert canvas.hint == ""
    mouse.glide(canvas.node_position("relu") + QPoint(20, 0))
    mouse.release()
    assert "Alt" in canvas.hint
    assert canvas.document.graph.owners["relu2"] is None


def behind() -> Graph:
    """input -> Repeat(conv -> relu) -> tanh -> pool, and from there far away."""
    graph = edits.disconnect(framed(), [wire("repeat", "pool")])
    x, y = graph.node("pool").position
    graph = edits.add(graph, [node("tanh", "Tanh", x, y), node("last", "ReLU", x, y + 3 * STEP)])
    graph = edits.move(graph, {"pool": (x, y + STEP)})
    return edits.connect(graph, [wire("repeat", "tanh"), wire("tanh", "pool"), wire("pool", "last")])


def test_a_wired_node_dropped_into_the_frame_before_it_goes_in_with_its_wires(show_all, mouse_over) -> None:
    canvas = show_all(behind())
    place = canvas.node_position("relu") + QPoint(20, 30)
    mouse_over(canvas).drag(canvas.node_position("tanh"), place)
    after = canvas.document.graph
    assert after.owners["tanh"] == "repeat"
    assert set(after.body("repeat").edges) == {
        Edge(("@in", 0), ("conv", 0)), wire("conv", "relu"), wire("relu", "tanh"), Edge(("tanh", 0), ("@out", 0))
    }  # fmt: skip
    assert set(after.edges) == {wire("input", "repeat"), wire("repeat", "pool"), wire("pool", "last")}
    assert not [p for p in canvas.document.problems if p.severity == "error"]
    assert overlaps(after) == []
    assert "repeat" in (canvas.document.undo_label or "")
    canvas.document.undo()
    assert canvas.document.graph == behind()


def test_a_wired_node_from_above_goes_to_the_top_of_the_frame(show_all, mouse_over) -> None:
    graph = edits.move(framed(), {"input": (0.0, -3 * STEP)})
    graph = edits.insert_on_edge(graph, node("tanh", "Tanh", 0, -1.5 * STEP), wire("input", "repeat"))
    canvas = show_all(graph)
    mouse_over(canvas).drag(canvas.node_position("tanh"), canvas.node_position("conv") + QPoint(3, 8))
    after = canvas.document.graph
    assert Edge(("@in", 0), ("tanh", 0)) in after.body("repeat").edges
    assert after.node("tanh").position[1] < after.node("conv").position[1]
    assert overlaps(after) == []


def test_a_wired_node_dragged_over_a_frame_and_on_stays_outside(show_all, mouse_over) -> None:
    canvas = show_all(behind())
    mouse = mouse_over(canvas)
    start = canvas.node_position("tanh")
    mouse.press(start)
    mouse.glide(canvas.node_position("relu") + QPoint(20, 30))
    assert canvas.analysis.graph.owners["tanh"] == "repeat", "it is shown where it would be"
    mouse.glide(start + QPoint(300, 150))
    mouse.release()
    assert canvas.document.graph.owners["tanh"] is None
    assert canvas.document.graph.edges == behind().edges


def test_what_would_not_fit_in_the_frame_says_why_and_stays_outside(show_all, mouse_over) -> None:
    graph = framed()
    canvas = show_all(graph)
    mouse = mouse_over(canvas)
    mouse.press(canvas.node_position("pool"))
    mouse.glide(canvas.node_position("relu") + QPoint(20, 30))
    assert "pool does not fit into repeat" in canvas.hint
    mouse.release()
    assert canvas.document.graph.owners["pool"] is None
    mouse.press(canvas.node_position("input"))
    mouse.glide(canvas.node_position("relu") + QPoint(20, 30))
    assert "Inputs and losses stay outside" in canvas.hint
    mouse.release()
    assert canvas.document.graph.owners["input"] is None


def test_wired_nodes_go_through_two_frames_at_once(show_all, mouse_over) -> None:
    graph = edits.add(nested(), [node("tanh", "Tanh", 0, 240)])
    graph = edits.disconnect(graph, [wire("outer", "pool")])
    graph = edits.connect(graph, [wire("outer", "tanh"), wire("tanh", "pool")])
    canvas = show_all(graph)
    mouse_over(canvas).drag(canvas.node_position("tanh"), canvas.node_position("conv") + QPoint(0, 18))
    after = canvas.document.graph
    assert after.owners["tanh"] == "inner"
    assert set(after.body("inner").edges) == {
        Edge(("@in", 0), ("conv", 0)), wire("conv", "tanh"), Edge(("tanh", 0), ("@out", 0))
    }  # fmt: skip
    assert wire("outer", "pool") in after.edges


def test_nothing_is_said_about_frames_that_nodes_may_enter_or_that_are_moved(show_all, mouse_over) -> None:
    graph = edits.add(framed(), [node("free", "ReLU", 600, 0)])
    canvas = show_all(graph)
    mouse = mouse_over(canvas)
    for start in (canvas.node_position("free"), canvas.node_position("repeat"), canvas.node_position("conv")):
        mouse.press(start)
        mouse.glide(canvas.node_position("relu") + QPoint(30, 6))
        assert canvas.hint == ""
        mouse.glide(start)
        mouse.release()


# ---- drops on nodes


def test_a_layer_dropped_on_a_node_goes_beside_it(show_all, mouse_over) -> None:
    canvas = show_all(small())
    mouse_over(canvas).drop(layer_mime("BatchNorm"), [QPoint(100, 100), canvas.node_position("conv") + QPoint(20, 0)])
    (new,) = canvas.document.selection
    after = canvas.document.graph
    assert overlaps(after) == []
    assert moved(small(), after) == {}
    assert after.edges == small().edges
    x, y = after.node(new).position
    assert (abs(x), abs(y - 44)) == (220 + BESIDE, 0)
    assert canvas.hint == ""


def test_the_hint_says_where_a_layer_over_a_node_goes(show_all, mouse_over) -> None:
    from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent
    from PySide6.QtWidgets import QApplication

    canvas = show_all(small())
    data, left = layer_mime("BatchNorm"), Qt.MouseButton.LeftButton
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    at = canvas.node_position("conv")
    QApplication.sendEvent(canvas.viewport(), QDragEnterEvent(QPoint(20, 20), copy, data, left, none))
    assert canvas.hint == ""
    QApplication.sendEvent(canvas.viewport(), QDragMoveEvent(at, copy, data, left, none))
    assert "beside conv" in canvas.hint
    canvas.cancel_gesture()
    assert canvas.hint == ""


def test_a_layer_dropped_on_a_skip_goes_into_it_and_beside_the_nodes_it_passes(show_all, mouse_over) -> None:
    graph = edits.connect(
        edits.add(small(), [node("add", "Add", 0, 176)]), [wire("pool", "add"), wire("conv", "add", 1)]
    )
    canvas = show_all(graph)
    route = canvas.canvas.levels[None].geometry.routes[wire("conv", "add", 1)]
    lane, y = min(x for x, _ in route), (route[0][1] + route[-1][1]) / 2
    mouse_over(canvas).drop(layer_mime("BatchNorm"), [QPoint(5, 5), canvas.mapFromScene(lane - 40, y)])
    (new,) = canvas.document.selection
    assert {wire("conv", new), Edge((new, 0), ("add", 1))} <= set(canvas.document.graph.edges)
    assert overlaps(canvas.document.graph) == []


# ---- the rules themselves

boxes = st.builds(
    lambda x, y, w, h: Box(x * 20.0, y * 11.0, x * 20.0 + 220 + w * 40, y * 11.0 + 32 + h * 22),
    st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 3), st.integers(0, 4),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(boxes, max_size=8), boxes)
def test_a_free_place_covers_nothing_and_is_the_wanted_one_where_that_is_free(taken, wanted) -> None:  # type: ignore[no-untyped-def]
    others = {str(i): box for i, box in enumerate(taken)}
    found = free_place(wanted, others)
    assert covered(found, others) is None
    assert (found == wanted) == (covered(wanted, others) is None)


places = st.tuples(st.integers(-5, 5).map(lambda x: x * 130.0), st.integers(-6, 8).map(lambda y: y * 50.0))


@settings(max_examples=80, deadline=None)
@given(st.lists(places, max_size=10, unique=True), st.data())
def test_what_a_frame_grows_over_gives_way_and_the_frame_stays(positions, data) -> None:  # type: ignore[no-untyped-def]
    frame = Node(id="f", type="Repeat", name="f", body=Body((node("a", "ReLU"), node("b", "ReLU", 0, STEP))))
    nodes = [frame]
    for i, (x, y) in enumerate(positions):
        candidate = node(f"n{i}", "Add", x, y)
        if not overlaps(apart(*nodes, candidate)):
            nodes.append(candidate)
    ids = [n.id for n in nodes]
    wires = {wire(ids[data.draw(st.integers(0, i - 1))], ids[i]) for i in range(1, len(ids))}
    graph = apart(*nodes, edges=tuple(wires))
    grown = edits.move(graph, {"b": (data.draw(st.integers(-300, 300)), data.draw(st.integers(-200, 300)))})
    after = placing.grown(graph, "f", grown, follow=False)
    assert [pair for pair in overlaps(after) if pair != ("a", "b")] == []
    assert after.node("f").position == graph.node("f").position
    was = boxes_of(graph.root)["f"]
    assert make_way(graph, after, "f", was) == after
