"""Moving, selecting, lifting and inserting nodes by hand."""

from __future__ import annotations

import pytest
from canvas_drawings import apart, framed, node, small, wire
from PySide6.QtCore import QPoint, Qt

from designer.app.canvas.mime import layer_mime
from designer.graph import Edge

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def shown(show_canvas):
    return show_canvas(small())


def positions(canvas) -> dict[str, tuple[float, float]]:
    return {n.id: n.position for _, n in canvas.document.graph.walk()}


# ---- moving


def test_a_drag_moves_a_node_in_one_step(shown, mouse_over) -> None:
    before = shown.document.graph
    mouse_over(shown).drag(shown.node_position("relu"), shown.node_position("relu") + QPoint(160, 40))
    x, y = shown.document.graph.node("relu").position
    assert (x, y) == (160, 128)
    assert shown.document.undo_label == "Move relu"
    shown.document.undo()
    assert shown.document.graph == before
    assert shown.document.undo_label is None


def test_all_selected_nodes_move_together(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    mouse.click(shown.node_position("conv"))
    mouse.click(shown.node_position("relu"), modifiers=CONTROL)
    mouse.drag(shown.node_position("relu"), shown.node_position("relu") + QPoint(200, 0))
    after = positions(shown)
    assert after["conv"] == (200, 44)
    assert after["relu"] == (200, 88)
    assert after["pool"] == (0, 132)


def test_a_node_snaps_to_the_trunk_of_its_neighbours(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    mouse.drag(shown.node_position("pool"), shown.node_position("pool") + QPoint(6, 103))
    assert shown.document.graph.node("pool").position == (0, 236)
    mouse.press(shown.node_position("pool"))
    mouse.glide(shown.node_position("pool") + QPoint(-5, 40))
    assert len(shown._gesture._guides) == 1
    mouse.release()


def test_escape_puts_a_dragged_node_back(shown, mouse_over, keys) -> None:
    before, mouse = shown.document.graph, mouse_over(shown)
    picture = shown.grab().toImage()
    mouse.press(shown.node_position("relu"))
    mouse.glide(shown.node_position("relu") + QPoint(150, 100))
    keys(shown, Qt.Key.Key_Escape)
    mouse.release()
    mouse.move(QPoint(5, 5))
    assert shown.document.graph is before
    assert shown.document.undo_label is None
    assert shown.grab().toImage() == picture


def test_a_click_with_a_shaky_hand_moves_nothing(shown, mouse_over) -> None:
    before, at = shown.document.graph, shown.node_position("relu")
    mouse_over(shown).drag(at, at + QPoint(1, 2))
    assert shown.document.graph is before
    assert shown.document.selection == ("relu",)


def test_undo_during_a_drag_cancels_it(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    mouse.drag(shown.node_position("relu"), shown.node_position("relu") + QPoint(160, 40))
    mouse.press(shown.node_position("conv"))
    mouse.glide(shown.node_position("conv") + QPoint(100, 10))
    shown.document.undo()
    mouse.release()
    assert shown.document.graph == small()


def test_the_wires_follow_while_a_node_is_dragged(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    mouse.press(shown.node_position("relu"))
    mouse.glide(shown.node_position("relu") + QPoint(200, 0))
    route = shown.canvas.levels[None].geometry.routes[wire("conv", "relu")]
    assert route[-1][0] == 310
    mouse.release()


def test_the_detour_round_a_node_ends_when_it_is_deleted_or_dragged_away(show_canvas, mouse_over, keys) -> None:
    """The way found in the end leads past other nodes, far from the one that is gone."""
    graph = apart(
        node("a", "Input", 0, 0), node("b", "ReLU", 0, 300), node("wall", "Add", 0, 130),
        node("left", "ReLU", -240, 130), node("right", "ReLU", 310, 130), edges=(wire("a", "b"),),
    )  # fmt: skip
    for away in ("delete", "drag"):
        canvas = show_canvas(graph)
        canvas.frame()
        canvas.camera.finish()
        routes = canvas.canvas.levels[None].geometry.routes
        assert len(routes[wire("a", "b")]) > 2
        if away == "delete":
            mouse_over(canvas).click(canvas.node_position("wall"))
            keys(canvas, Qt.Key.Key_Delete)
        else:
            mouse_over(canvas).drag(canvas.node_position("wall"), canvas.node_position("wall") - QPoint(0, 250))
        assert len(routes[wire("a", "b")]) == 2
        canvas.document.undo()
        assert len(routes[wire("a", "b")]) > 2


# ---- selecting


def test_clicks_select_toggle_and_deselect(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    mouse.click(shown.node_position("conv"))
    assert shown.document.selection == ("conv",)
    mouse.click(shown.node_position("relu"), modifiers=CONTROL)
    assert shown.document.selection == ("conv", "relu")
    mouse.click(shown.node_position("conv"), modifiers=CONTROL)
    assert shown.document.selection == ("relu",)
    mouse.click(QPoint(10, 10))
    assert shown.document.selection == ()


def test_a_box_selects_what_it_touches_shift_adds_ctrl_toggles(shown, mouse_over) -> None:
    mouse = mouse_over(shown)
    left = shown.node_position("conv") - QPoint(200, 0)
    mouse.drag(left - QPoint(0, 20), shown.node_position("relu"))
    assert set(shown.document.selection) == {"conv", "relu"}
    pool = shown.node_position("pool")
    mouse.drag(pool - QPoint(200, 2), pool, modifiers=SHIFT)
    assert set(shown.document.selection) == {"conv", "relu", "pool"}
    mouse.drag(left - QPoint(0, 2), shown.node_position("conv"), modifiers=CONTROL)
    assert set(shown.document.selection) == {"relu", "pool"}
    assert shown.document.undo_label is None


def test_escape_takes_a_box_back(shown, mouse_over, keys) -> None:
    mouse = mouse_over(shown)
    mouse.click(shown.node_position("pool"))
    mouse.press(shown.node_position("conv") - QPoint(200, 20))
    mouse.glide(shown.node_position("relu"))
    assert len(shown.document.selection) > 1
    keys(shown, Qt.Key.Key_Escape)
    mouse.release()
    assert shown.document.selection == ("pool",)


def test_a_box_inside_a_frame_selects_what_lies_in_it(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    conv = canvas.node_position("conv")
    mouse_over(canvas).drag(conv + QPoint(120, -14), conv)
    assert canvas.document.selection == ("conv",)


# ---- wires that take nodes in and let them go


def test_a_node_dropped_on_a_wire_goes_into_it(show_canvas, mouse_over) -> None:
    graph = apart(
        node("a", "Input", 0, 0), node("b", "ReLU", 0, 200), node("new", "BatchNorm", 400, 0), edges=(wire("a", "b"),)
    )  # fmt: skip
    canvas = show_canvas(graph)
    canvas.frame()
    canvas.camera.finish()
    mouse = mouse_over(canvas)
    middle = (canvas.port_position("a", "out") + canvas.port_position("b", "in")) / 2
    mouse.press(canvas.node_position("new"))
    mouse.glide(middle)
    assert canvas._gesture._wire == (None, wire("a", "b"))
    mouse.release()
    assert set(canvas.document.graph.edges) == {wire("a", "new"), wire("new", "b")}
    assert canvas.document.graph.node("new").position[0] == 0
    assert canvas.document.graph.node("b").position == (0, 200)  # there was room enough
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_what_follows_moves_down_where_a_node_is_dropped_between_two_that_touch(show_canvas, mouse_over) -> None:
    graph = small()
    canvas = show_canvas(apart(*graph.nodes, node("bn", "BatchNorm", 400, 0), edges=graph.edges))
    canvas.frame()
    canvas.camera.finish()
    middle = (canvas.port_position("conv", "out") + canvas.port_position("relu", "in")) / 2
    mouse_over(canvas).drag(canvas.node_position("bn"), middle)
    after = positions(canvas)
    assert wire("conv", "bn") in canvas.document.graph.edges
    assert [after[i][1] for i in ("input", "conv", "bn", "relu", "pool")] == [0, 44, 88, 132, 176]


def test_alt_keeps_a_node_out_of_the_wire_below_it(show_canvas, mouse_over) -> None:
    graph = apart(
        node("a", "Input", 0, 0), node("b", "ReLU", 0, 200), node("new", "BatchNorm", 400, 0), edges=(wire("a", "b"),)
    )  # fmt: skip
    canvas = show_canvas(graph)
    canvas.frame()
    canvas.camera.finish()
    mouse = mouse_over(canvas)
    middle = (canvas.port_position("a", "out") + canvas.port_position("b", "in")) / 2
    mouse.press(canvas.node_position("new"))
    mouse.glide(middle)
    mouse.move(middle, ALT)
    mouse.release(modifiers=ALT)
    assert canvas.document.graph.edges == (wire("a", "b"),)


def test_alt_drag_lifts_a_node_out_and_heals_the_wire(shown, mouse_over) -> None:
    before = shown.document.graph
    mouse_over(shown).drag(shown.node_position("relu"), shown.node_position("relu") + QPoint(260, 0), modifiers=ALT)
    assert set(shown.document.graph.edges) == {wire("input", "conv"), wire("conv", "pool")}
    assert shown.document.graph.node("relu").position == (260, 88)
    shown.document.undo()
    assert shown.document.graph == before
    assert shown.document.undo_label is None


def test_escape_after_lifting_leaves_the_wires_as_they_were(shown, mouse_over, keys) -> None:
    before, mouse = shown.document.graph, mouse_over(shown)
    mouse.press(shown.node_position("relu"), modifiers=ALT)
    mouse.glide(shown.node_position("relu") + QPoint(260, 0), ALT)
    assert wire("conv", "pool") in shown.analysis.graph.edges
    keys(shown, Qt.Key.Key_Escape)
    mouse.release()
    assert shown.document.graph is before
    assert shown.analysis is shown.document.analysis


# ---- frames


def test_a_node_without_wires_goes_into_the_frame_it_is_dropped_in(show_canvas, mouse_over) -> None:
    graph = framed()
    canvas = show_canvas(apart(*graph.nodes, node("free", "BatchNorm", 600, 0), edges=graph.edges), width=1200)
    canvas.frame()
    canvas.camera.finish()
    inside = canvas.node_position("relu") + QPoint(130, 0)
    mouse_over(canvas).drag(canvas.node_position("free"), inside)
    assert canvas.document.graph.owners["free"] == "repeat"
    assert (canvas.node_position("free") - inside).manhattanLength() < 16
    canvas.document.undo()
    assert canvas.document.graph.owners["free"] is None


def test_a_node_with_wires_stays_in_its_frame(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    mouse_over(canvas).drag(canvas.node_position("relu"), canvas.node_position("relu") + QPoint(320, 0))
    assert canvas.document.graph.owners["relu"] == "repeat"


def test_alt_drag_takes_a_node_out_of_its_frame(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed(), width=1400)
    target = canvas.node_position("relu") + QPoint(450, 0)
    mouse_over(canvas).drag(canvas.node_position("relu"), target, modifiers=ALT)
    assert canvas.document.graph.owners["relu"] is None
    assert (canvas.node_position("relu") - target).manhattanLength() < 16
    assert set(canvas.document.graph.body("repeat").edges) == {
        Edge(("@in", 0), ("conv", 0)),
        Edge(("conv", 0), ("@out", 0)),
    }


def test_a_frame_takes_its_body_along(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    before = canvas.node_position("conv")
    grip = canvas.node_position("repeat") + QPoint(100, 0)
    mouse_over(canvas).drag(grip, grip + QPoint(120, 0))
    assert canvas.node_position("conv") - before == QPoint(120, 0)
    assert canvas.document.graph.node("conv").position == (0, 0)


# ---- drops from the palette


def test_a_layer_dropped_on_empty_ground_is_added_there(canvas, mouse) -> None:
    assert mouse.drop(layer_mime("Conv2d"), [QPoint(100, 100), QPoint(300, 200)])
    (new,) = canvas.document.graph.nodes
    assert new.type == "Conv2d"
    assert (canvas.node_position(new.id) - QPoint(300, 200)).manhattanLength() <= 8
    assert canvas.document.selection == (new.id,)
    canvas.document.undo()
    assert canvas.document.graph.nodes == ()


def test_a_layer_dropped_on_a_wire_goes_into_it(shown, mouse_over) -> None:
    middle = (shown.port_position("conv", "out") + shown.port_position("relu", "in")) / 2
    mouse_over(shown).drop(layer_mime("BatchNorm"), [QPoint(100, 100), middle])
    (new,) = shown.document.selection
    assert {wire("conv", new), wire(new, "relu")} <= set(shown.document.graph.edges)
    shown.document.undo()
    assert shown.document.graph == small()


def test_alt_drops_a_layer_beside_the_wire(shown, mouse_over) -> None:
    middle = (shown.port_position("conv", "out") + shown.port_position("relu", "in")) / 2
    mouse_over(shown).drop(layer_mime("BatchNorm"), [QPoint(100, 100), middle], ALT)
    assert shown.document.graph.edges == small().edges


def test_a_layer_dragged_out_again_leaves_nothing(shown, mouse_over) -> None:
    before = shown.document.graph
    mouse_over(shown).drag_out(layer_mime("BatchNorm"), [QPoint(100, 100), QPoint(200, 200)])
    assert shown.document.graph is before


def test_the_first_layer_dropped_into_an_empty_frame_is_wired_through(canvas, mouse, keys) -> None:
    mouse.drop(layer_mime("Repeat"), [QPoint(300, 200)])
    (frame,) = canvas.document.selection
    inside = canvas.port_position(frame, "inner_in") + QPoint(0, 30)
    mouse.drop(layer_mime("ReLU"), [inside])
    (new,) = canvas.document.selection
    assert canvas.document.graph.owners[new] == frame
    assert set(canvas.document.graph.body(frame).edges) == {Edge(("@in", 0), (new, 0)), Edge((new, 0), ("@out", 0))}


def test_other_things_are_not_taken(canvas, mouse) -> None:
    from PySide6.QtCore import QMimeData

    data = QMimeData()
    data.setText("conv")
    assert not mouse.drop(data, [QPoint(300, 200)])
    assert not mouse.drop(layer_mime("NoSuchLayer"), [QPoint(300, 200)])
    assert canvas.document.graph.nodes == ()
