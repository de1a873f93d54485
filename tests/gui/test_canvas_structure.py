"""Frames with several values, loops through a Delay, unroll and roll up, with real events."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from canvas_drawings import apart, framed, node, residual, small, wire
from PySide6.QtCore import QPoint, Qt

from designer.app.canvas.mime import layer_mime
from designer.graph import Body, Edge, Graph, Node, edits, io
from designer.layers import Facts
from designer.layout import arrange

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
Key = Qt.Key
GRAPHS = Path(__file__).parents[2] / "graphs"


def laid_out(*nodes: Node, edges: tuple[Edge, ...]) -> Graph:
    graph = apart(*nodes, edges=edges)
    return edits.move(graph, arrange(graph))


def two_values() -> Graph:
    """x and y enter a Repeat of two values; what leaves is put together."""
    body = Body(
        (node("conv", "Conv2d", out_channels=3, padding="same"), node("gate", "Sigmoid"), node("add", "Add")),
        (
            Edge(("@in", 0), ("conv", 0)), Edge(("@in", 1), ("gate", 0)), wire("conv", "add"), wire("gate", "add", 1),
            Edge(("add", 0), ("@out", 0)), Edge(("gate", 0), ("@out", 1)),
        ),
    )  # fmt: skip
    frame = Node(id="r", type="Repeat", name="r", params={"times": 4}, body=body)
    return laid_out(
        node("x", "Input", shape=[3, 8, 8]), node("y", "Tanh"), frame, node("join", "Concatenate"),
        edges=(wire("x", "y"), wire("x", "r"), wire("y", "r", 1), wire("r", "join"), Edge(("r", 1), ("join", 1))),
    )  # fmt: skip


def loop(closed: bool = True) -> Graph:
    """A recurrent network: what enters and the last state are put together, then a dense layer."""
    edges = (
        Edge(("@in", 0), ("cat", 0)), wire("d", "cat", 1), wire("cat", "fc"), Edge(("fc", 0), ("@out", 0)),
        *((wire("fc", "d"),) if closed else ()),
    )  # fmt: skip
    body = Body(
        (node("cat", "Concatenate"), node("fc", "Linear", out_features=5), node("d", "Delay", shape=[5])), edges
    )
    frame = Node(id="rec", type="Recurrent", name="rec", body=body)
    return laid_out(node("x", "Input", shape=[7, 4]), frame, node("out", "Tanh"),
                    edges=(wire("x", "rec"), wire("rec", "out")))  # fmt: skip


def levels_are_free_of_overlaps(canvas) -> bool:
    from designer.app.canvas.room import boxes_of, covered

    for owner in canvas.canvas.levels:
        boxes = boxes_of(canvas.document.graph.body(owner))
        for name, box in boxes.items():
            if covered(box, {other: b for other, b in boxes.items() if other != name}):
                return False
    return True


# ---- several values


def test_ports_outside_and_inside_of_a_frame_stand_in_line(show_canvas) -> None:
    canvas = show_canvas(two_values())
    for port in (0, 1):
        assert canvas.port_position("r", "in", port).x() == canvas.port_position("r", "inner_in", port).x()
        assert canvas.port_position("r", "out", port).x() == canvas.port_position("r", "inner_out", port).x()
    assert canvas.port_position("r", "in", 1).x() == canvas.port_position("gate", "in").x()
    assert levels_are_free_of_overlaps(canvas)


def test_another_value_is_led_into_a_frame_from_outside(show_canvas, mouse_over) -> None:
    graph = edits.disconnect(two_values(), [wire("y", "r", 1)])
    canvas = show_canvas(graph)
    assert canvas.document.problems[0].severity == "error"
    mouse_over(canvas).drag(canvas.port_position("y", "out"), canvas.port_position("r", "in", 1))
    assert wire("y", "r", 1) in canvas.document.graph.edges
    assert canvas.document.analysis.facts("join").output == (6, 8, 8)


def test_a_free_port_shows_while_a_wire_is_dragged_and_takes_it(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    mouse = mouse_over(canvas)
    assert canvas.canvas.inner_ports("repeat") == (1, 1)
    mouse.press(canvas.port_position("conv", "out"))
    assert canvas.canvas.inner_ports("repeat") == (1, 2)
    mouse.glide(canvas.port_position("repeat", "inner_out", 1))
    mouse.release()
    assert Edge(("conv", 0), ("@out", 1)) in canvas.document.graph.body("repeat").edges
    assert canvas.canvas.levels[None].geometry.places["repeat"].outputs == 2
    canvas.document.undo()
    assert canvas.canvas.levels[None].geometry.places["repeat"].outputs == 1
    mouse.press(canvas.port_position("input", "out"))
    mouse.glide(canvas.port_position("repeat", "in", 1))
    assert "a new input of repeat" in canvas.hint
    mouse.release()
    assert wire("input", "repeat", 1) in canvas.document.graph.edges
    assert canvas.canvas.inner_ports("repeat") == (2, 1)


def test_several_values_can_be_wrapped_where_the_pairs_match(show_canvas, keys) -> None:
    graph = laid_out(
        node("x", "Input", shape=[3, 8, 8]), node("y", "Conv2d", out_channels=5, padding="same"),
        node("a", "Concatenate"), node("b", "Conv2d", out_channels=3, padding="same"), node("end", "ReLU"),
        edges=(wire("x", "y"), wire("y", "a"), wire("x", "a", 1), wire("a", "b"), wire("b", "end")),
    )  # fmt: skip
    canvas = show_canvas(graph)
    canvas.document.select(["a", "b"])
    keys(canvas, Key.Key_R, modifiers=CONTROL)
    frame = canvas.document.selection[0]
    assert {wire("x", frame), wire("y", frame, 1), wire(frame, "end")} <= set(canvas.document.graph.edges)
    assert isinstance(canvas.document.analysis.facts(frame).result, Facts)
    assert levels_are_free_of_overlaps(canvas)
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_folded_frames_keep_their_ports_and_show_what_they_do(show_canvas, mouse_over) -> None:
    canvas = show_canvas(two_values())
    canvas.document.select(["r"])
    canvas.commands.structure.fold()
    place = canvas.canvas.levels[None].geometry.places["r"]
    assert (place.inputs, place.outputs) == (2, 2)
    assert canvas.port_position("r", "out", 1).x() > canvas.port_position("r", "out", 0).x()
    assert canvas.document.analysis.facts("r").layer.summary() == "x4"
    mouse_over(canvas).drag(canvas.port_position("r", "out", 1), canvas.port_position("join", "in", 2))
    assert Edge(("r", 1), ("join", 2)) in canvas.document.graph.edges


# ---- recurrent


def test_a_recurrent_frame_with_a_delay_is_dropped_and_wired_to_a_loop(show_canvas, mouse_over) -> None:
    canvas = show_canvas(loop(closed=False))
    mouse = mouse_over(canvas)
    mouse.press(canvas.port_position("fc", "out"))
    mouse.glide(canvas.port_position("d", "in"))
    assert canvas.hint
    mouse.release()
    graph = canvas.document.graph
    assert wire("fc", "d") in graph.body("rec").edges
    assert [str(p.text) for p in canvas.document.problems if p.severity == "error"] == []
    route = canvas.canvas.levels["rec"].geometry.routes[wire("fc", "d")]
    assert route[0][1] > route[-1][1]  # it leads up
    boxes = {i: p.box for i, p in canvas.canvas.levels["rec"].geometry.places.items()}
    for (x1, y1), (x2, y2) in pairwise(route[1:-1]):
        for box in boxes.values():
            assert x1 != x2 or not (box.left < x1 < box.right and min(y1, y2) < box.bottom and max(y1, y2) > box.top)


def test_a_new_delay_takes_on_the_shape_of_what_enters_it(show_canvas, mouse_over) -> None:
    canvas = show_canvas(edits.set_params(loop(closed=False), ["d"], {"shape": None}))
    mouse_over(canvas).drag(canvas.port_position("fc", "out"), canvas.port_position("d", "in"))
    assert canvas.document.graph.node("d").params == {"shape": [5]}
    assert canvas.document.analysis.facts("rec").output == (7, 5)
    canvas.document.undo()
    assert canvas.document.graph.node("d").params == {}


def test_a_loop_without_a_delay_is_still_refused(show_canvas, mouse_over) -> None:
    canvas = show_canvas(loop())
    mouse_over(canvas).drag(canvas.port_position("fc", "out"), canvas.port_position("cat", "in", 2))
    assert "close a loop" in canvas.hint
    assert canvas.document.graph == loop()


def test_a_delay_may_read_what_it_feeds_whichever_end_one_begins_with(show_canvas, mouse_over) -> None:
    canvas = show_canvas(loop(closed=False))
    mouse_over(canvas).drag(canvas.port_position("d", "in"), canvas.port_position("fc", "out"))
    assert wire("fc", "d") in canvas.document.graph.body("rec").edges


def test_a_delay_taken_out_of_its_loop_leaves_it_open(show_canvas, mouse_over, keys) -> None:
    canvas = show_canvas(loop())
    at = canvas.node_position("d")
    mouse_over(canvas).drag(at, at + QPoint(0, 40), modifiers=ALT)
    assert set(canvas.document.graph.body("rec").edges) == set(loop(closed=False).body("rec").edges) - {
        wire("d", "cat", 1)
    }
    canvas.document.undo()
    keys(canvas, Key.Key_Backspace)
    assert canvas.document.graph.find("d") is None


def test_a_delay_typed_after_the_last_node_reads_it_beside_the_wire_to_the_output(show_canvas, keys) -> None:
    body = Body((node("fc", "Linear", out_features=5),), (Edge(("@in", 0), ("fc", 0)), Edge(("fc", 0), ("@out", 0))))
    frame = Node(id="rec", type="Recurrent", name="rec", body=body)
    canvas = show_canvas(laid_out(node("x", "Input", shape=[7, 4]), frame, edges=(wire("x", "rec"),)))
    canvas.document.select(["fc"])
    keys(canvas, "d")
    keys(canvas.commands.adding.popup.line, "elay", Key.Key_Return)
    graph = canvas.document.graph
    (delay,) = canvas.document.selection
    assert graph.node(delay).params == {"shape": [5]}
    assert set(graph.body("rec").edges) == {*body.edges, wire("fc", delay)}
    routes = canvas.canvas.levels["rec"].geometry.routes
    assert len(routes[Edge(("fc", 0), ("@out", 0))]) == 2, "the way out stays straight"
    assert levels_are_free_of_overlaps(canvas)
    canvas.document.select(["fc"])
    keys(canvas, "g")
    keys(canvas.commands.adding.popup.line, "elu", Key.Key_Return)
    assert Edge((canvas.document.selection[0], 0), ("@out", 0)) in canvas.document.graph.body("rec").edges


def test_recurrent_and_delay_come_from_the_palette(show_canvas, mouse_over) -> None:
    canvas = show_canvas(apart(node("x", "Input", -400, 0, shape=[7, 4])))
    mouse = mouse_over(canvas)
    mouse.drop(layer_mime("Recurrent"), [QPoint(5, 5), QPoint(500, 200)])
    frame = canvas.document.selection[0]
    mouse.drop(layer_mime("Linear"), [QPoint(5, 5), canvas.node_position(frame) + QPoint(0, 40)])
    mouse.drop(layer_mime("Delay"), [QPoint(5, 5), canvas.node_position(frame) + QPoint(-60, 70)])
    body = canvas.document.graph.body(frame)
    assert sorted(n.type for n in body.nodes) == ["Delay", "Linear"]
    assert levels_are_free_of_overlaps(canvas)


def test_nodes_are_wrapped_in_a_recurrent_frame(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["relu"])
    keys(canvas, Key.Key_R, modifiers=CONTROL | ALT)
    frame = canvas.document.graph.node(canvas.document.selection[0])
    assert frame.type == "Recurrent"
    assert canvas.document.analysis.facts(frame.id).output == (16, 32, 32)


def test_tidying_a_loop_covers_nothing(show_canvas, keys) -> None:
    canvas = show_canvas(loop())
    canvas.document.edit("", lambda g: edits.move(g, {"d": (500.0, 300.0), "fc": (0.0, 0.0)}))
    keys(canvas, Key.Key_L)
    assert levels_are_free_of_overlaps(canvas)


# ---- unroll, roll up


def test_unrolling_draws_the_repetitions_one_below_the_other(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    before = canvas.document.analysis.totals
    canvas.document.select(["repeat"])
    keys(canvas, Key.Key_U, modifiers=CONTROL)
    graph = canvas.document.graph
    assert [n.type for n in graph.nodes].count("Conv2d") == 3
    assert canvas.document.analysis.totals == before
    assert len(canvas.document.selection) == 6
    assert levels_are_free_of_overlaps(canvas)
    canvas.document.undo()
    assert canvas.document.graph == framed()


def test_unrolled_nodes_are_rolled_up_again(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    canvas.document.select(["repeat"])
    keys(canvas, Key.Key_U, modifiers=CONTROL)
    keys(canvas, Key.Key_U, modifiers=CONTROL | SHIFT)
    frame = canvas.document.graph.node(canvas.document.selection[0])
    assert frame.params == {"times": 3}
    assert "3 times 2 nodes" in canvas.hint
    assert levels_are_free_of_overlaps(canvas)


def test_shared_weights_are_not_unrolled(show_canvas, keys) -> None:
    canvas = show_canvas(edits.set_params(framed(), ["repeat"], {"shared": True}))
    canvas.document.select(["repeat"])
    keys(canvas, Key.Key_U, modifiers=CONTROL)
    assert "share their weights" in canvas.hint
    assert canvas.document.undo_label is None


@pytest.mark.parametrize("folded", [False, True])
def test_a_folded_frame_unrolls_and_unwraps_too(show_canvas, keys, folded) -> None:
    canvas = show_canvas(framed(folded))
    canvas.document.select(["repeat"])
    keys(canvas, Key.Key_U, modifiers=CONTROL)
    assert len(canvas.document.graph.nodes) == 8
    assert levels_are_free_of_overlaps(canvas)


def test_the_blocks_of_a_resnet_are_rolled_up_in_one_step(show_canvas, keys) -> None:
    graph = io.load(GRAPHS / "mini_resnet34.json")
    canvas = show_canvas(graph)
    before = canvas.document.analysis.totals
    keys(canvas, Key.Key_U, modifiers=CONTROL | SHIFT)
    frames = [n for n in canvas.document.graph.nodes if n.type == "Repeat"]
    assert sorted(n.params["times"] for n in frames) == [2, 3, 3, 5]
    assert canvas.document.analysis.totals == before
    assert levels_are_free_of_overlaps(canvas)
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_only_the_selected_nodes_are_rolled_up(show_canvas, keys) -> None:
    canvas = show_canvas(residual(4))
    canvas.document.select([f"{name}{i}" for i in (1, 2) for name in ("conv", "relu", "add")])
    keys(canvas, Key.Key_U, modifiers=CONTROL | SHIFT)
    assert [n.params["times"] for n in canvas.document.graph.nodes if n.type == "Repeat"] == [2]


def test_nothing_equal_is_said(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    keys(canvas, Key.Key_U, modifiers=CONTROL | SHIFT)
    assert "No equal parts" in canvas.hint
    assert canvas.document.graph == small()


def test_indices_follow_the_frames_around_them(show_canvas, keys) -> None:
    graph = edits.set_params(framed(), ["conv"], {"out_channels": "=3 + 0 * i"})
    canvas = show_canvas(graph)
    canvas.document.select(["conv"])
    keys(canvas, Key.Key_R, modifiers=CONTROL)
    assert canvas.document.graph.node("conv").params["out_channels"] == "=3 + 0 * j"
    keys(canvas, Key.Key_R, modifiers=CONTROL | SHIFT)
    assert canvas.document.graph.node("conv").params["out_channels"] == "=3 + 0 * i"
