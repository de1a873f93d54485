"""Wiring by hand: drags, clicks and Shift-clicks with real mouse events, and what the canvas says meanwhile."""

from __future__ import annotations

import pytest
from canvas_drawings import apart, framed, node, small, wire
from PySide6.QtCore import QPoint, Qt

from designer.graph import Edge

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def loose(show_canvas):
    """Three nodes without a wire, and an Add."""
    return show_canvas(
        apart(
            node("input", "Input", 0, 0, shape=[3, 32, 32]),
            node("conv", "Conv2d", 0, 100, padding="same"),
            node("relu", "ReLU", 0, 200),
            node("add", "Add", 0, 300),
        )
    )


def test_a_drag_from_an_output_to_an_input_wires_them_and_undo_takes_it_back(loose, mouse_over) -> None:
    mouse, before = mouse_over(loose), loose.document.graph
    mouse.drag(loose.port_position("input", "out"), loose.port_position("conv", "in"))
    assert loose.document.graph.edges == (wire("input", "conv"),)
    assert loose.document.undo_label == "Wire input to conv"
    loose.document.undo()
    assert loose.document.graph == before


def test_a_drag_backwards_from_an_input_wires_them_too(loose, mouse_over) -> None:
    mouse_over(loose).drag(loose.port_position("conv", "in"), loose.port_position("input", "out"))
    assert loose.document.graph.edges == (wire("input", "conv"),)


def test_a_wire_may_be_dropped_on_the_whole_node(loose, mouse_over) -> None:
    mouse_over(loose).drag(loose.port_position("input", "out"), loose.node_position("conv") + QPoint(60, 0))
    assert loose.document.graph.edges == (wire("input", "conv"),)


def test_a_click_on_one_port_and_a_click_on_another_wires_them(loose, mouse_over) -> None:
    mouse = mouse_over(loose)
    mouse.click(loose.port_position("input", "out"))
    mouse.glide(loose.port_position("conv", "in"))
    assert loose.document.graph.edges == ()
    mouse.click(loose.port_position("conv", "in"))
    assert loose.document.graph.edges == (wire("input", "conv"),)
    mouse.glide(QPoint(40, 40))
    assert loose.canvas.stage.origin is None


def test_shift_clicks_wire_one_node_after_the_other(loose, mouse_over) -> None:
    mouse = mouse_over(loose)
    mouse.click(loose.node_position("input"))
    for name in ("conv", "relu", "add"):
        mouse.click(loose.node_position(name) + QPoint(40, 0), modifiers=SHIFT)
    assert loose.document.graph.edges == (wire("input", "conv"), wire("conv", "relu"), wire("relu", "add"))
    assert loose.document.selection == ("add",)


def test_joining_layers_always_offer_one_more_input(loose, mouse_over) -> None:
    mouse = mouse_over(loose)
    for source in ("input", "conv", "relu"):
        mouse.drag(loose.port_position(source, "out"), loose.node_position("add") + QPoint(50, 6))
    assert [e.target for e in loose.document.graph.edges] == [("add", 0), ("add", 1), ("add", 2)]
    assert loose.canvas.levels[None].geometry.places["add"].inputs == 4


def test_a_wire_to_an_occupied_input_replaces_the_one_there(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    mouse_over(canvas).drag(canvas.port_position("input", "out"), canvas.port_position("pool", "in"))
    assert set(canvas.document.graph.edges) == {wire("input", "conv"), wire("conv", "relu"), wire("input", "pool")}


def test_legal_ports_light_up_while_a_wire_is_dragged(loose, mouse_over) -> None:
    mouse = mouse_over(loose)
    mouse.press(loose.port_position("conv", "out"))
    legal = {port.end for port in loose.canvas.stage.legal}
    assert legal == {("relu", 0), ("add", 0), ("add", 1)}
    mouse.glide(QPoint(20, 20))
    mouse.release()
    assert loose.canvas.stage.legal == frozenset()


def test_the_shape_that_would_come_out_is_shown_before_the_wire_is_let_go(loose, mouse_over) -> None:
    mouse = mouse_over(loose)
    mouse.press(loose.port_position("input", "out"))
    mouse.glide(loose.port_position("conv", "in"))
    assert loose.hint == "3x32x32 → 16x32x32"
    mouse.release()
    assert loose.hint == ""


def test_what_would_be_wrong_is_said_before_the_wire_is_let_go(show_canvas, mouse_over) -> None:
    canvas = show_canvas(
        apart(
            node("input", "Input", 0, 0, shape=[3, 32, 32]),
            node("pool", "MaxPool2d", 0, 100),
            node("add", "Add", 0, 200),
            edges=(wire("input", "pool"), wire("pool", "add")),
        )
    )
    mouse = mouse_over(canvas)
    mouse.press(canvas.port_position("input", "out"))
    mouse.glide(canvas.port_position("add", "in", 1))
    assert "3x32x32" in canvas.hint
    assert "3x16x16" in canvas.hint
    mouse.release()
    assert wire("input", "add", 1) in canvas.document.graph.edges  # it is the user's drawing


@pytest.mark.parametrize(
    ("source", "target", "word"),
    [
        (("relu", "out"), ("conv", "in"), "loop"),
        (("conv", "out"), ("conv", "in"), "itself"),
        (("conv", "out"), ("input", "out"), "no input"),
    ],
)
def test_a_wire_that_cannot_be_says_why_and_changes_nothing(show_canvas, mouse_over, source, target, word) -> None:
    canvas = show_canvas(small())
    before, mouse = canvas.document.graph, mouse_over(canvas)
    mouse.press(canvas.port_position(*source))
    mouse.glide(canvas.port_position(*target))
    if word != "no input":
        assert word in canvas.hint
    mouse.release()
    if word == "no input":  # an Input is nothing a wire can end at: the wire is just dropped
        assert canvas.commands.adding.popup is None
    assert canvas.document.graph is before


def test_wires_do_not_cross_the_border_of_a_frame(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    before, mouse = canvas.document.graph, mouse_over(canvas)
    mouse.press(canvas.port_position("input", "out"))
    mouse.glide(canvas.port_position("relu", "in"))
    assert "border" in canvas.hint
    mouse.release()
    assert canvas.document.graph is before


def test_inner_ports_of_a_frame_are_wired_like_others(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    mouse = mouse_over(canvas)
    mouse.drag(canvas.port_position("repeat", "inner_in"), canvas.port_position("relu", "in"))
    assert Edge(("@in", 0), ("relu", 0)) in canvas.document.graph.body("repeat").edges
    mouse.drag(canvas.port_position("conv", "out"), canvas.port_position("repeat", "inner_out"))
    assert Edge(("conv", 0), ("@out", 0)) in canvas.document.graph.body("repeat").edges


def test_escape_lets_go_of_the_wire_without_a_step(loose, mouse_over, keys) -> None:
    before, mouse = loose.document.graph, mouse_over(loose)
    mouse.press(loose.port_position("input", "out"))
    mouse.glide(loose.port_position("conv", "in"))
    keys(loose, Qt.Key.Key_Escape)
    mouse.release()
    assert loose.document.graph is before
    assert loose.document.undo_label is None
    assert loose.hint == ""
    assert loose.canvas.stage.origin is None


def test_a_wire_dropped_on_empty_ground_offers_what_fits_and_wires_it(loose, mouse_over, keys) -> None:
    mouse = mouse_over(loose)
    mouse.drag(loose.port_position("input", "out"), loose.port_position("input", "out") + QPoint(200, 60))
    popup = loose.commands.adding.popup
    assert popup is not None
    offered = {popup.list.item(i).text() for i in range(popup.list.count())}
    assert "Conv2d" in offered
    assert "LSTM" not in offered  # it takes a sequence of vectors, and this is a picture
    assert "Input" not in offered
    keys(popup.line, "batchn", Qt.Key.Key_Return)
    new = loose.document.selection[0]
    assert loose.document.graph.node(new).type == "BatchNorm"
    assert loose.document.graph.edges == (wire("input", new),)
    loose.document.undo()
    assert len(loose.document.graph.nodes) == 4


def test_a_wire_pulled_backwards_onto_empty_ground_feeds_the_input(loose, mouse_over, keys) -> None:
    mouse = mouse_over(loose)
    mouse.drag(loose.port_position("add", "in", 0), loose.port_position("add", "in", 0) + QPoint(250, -40))
    keys(loose.commands.adding.popup.line, "input", Qt.Key.Key_Return)
    new = loose.document.selection[0]
    assert loose.document.graph.edges == (wire(new, "add"),)


def test_alt_click_frees_a_port(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    mouse_over(canvas).click(canvas.port_position("relu", "in"), modifiers=ALT)
    assert canvas.document.graph.edges == (wire("input", "conv"), wire("relu", "pool"))
    canvas.document.undo()
    assert canvas.document.graph == small()


def test_ctrl_shift_drag_cuts_the_wires_it_crosses(show_canvas, mouse_over) -> None:
    graph = apart(
        node("a", "Input", 0, 0), node("b", "ReLU", 0, 200), node("c", "Input", 400, 0), node("d", "ReLU", 400, 200),
        node("e", "ReLU", 0, 400), edges=(wire("a", "b"), wire("c", "d"), wire("b", "e")),
    )  # fmt: skip
    canvas = show_canvas(graph)
    canvas.frame()
    canvas.camera.finish()
    first, second = canvas.port_position("a", "out"), canvas.port_position("c", "out")
    below = QPoint(0, 40)
    mouse = mouse_over(canvas)
    mouse.drag(first + below - QPoint(60, 0), second + below + QPoint(60, 0), modifiers=CONTROL | SHIFT)
    assert canvas.document.graph.edges == (wire("b", "e"),)
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_a_click_on_a_wire_selects_it_and_delete_removes_it(show_canvas, mouse_over, keys) -> None:
    graph = apart(node("a", "Input", 0, 0), node("b", "ReLU", 0, 200), edges=(wire("a", "b"),))
    canvas = show_canvas(graph)
    middle = (canvas.port_position("a", "out") + canvas.port_position("b", "in")) / 2
    mouse_over(canvas).click(middle)
    assert canvas.document.selected_edges == ((None, wire("a", "b")),)
    keys(canvas, Qt.Key.Key_Delete)
    assert canvas.document.graph.edges == ()
    canvas.document.undo()
    assert canvas.document.graph == graph


def test_the_wire_under_the_mouse_and_both_its_ends_are_marked(show_canvas, mouse_over) -> None:
    canvas = show_canvas(apart(node("a", "Input", 0, 0), node("b", "ReLU", 0, 200), edges=(wire("a", "b"),)))
    middle = (canvas.port_position("a", "out") + canvas.port_position("b", "in")) / 2
    mouse = mouse_over(canvas)
    mouse.move(QPoint(5, 5))
    quiet = canvas.grab().toImage()
    mouse.move(middle)
    marked = canvas.grab().toImage()
    for place in (middle, canvas.port_position("a", "out"), canvas.port_position("b", "in")):
        assert quiet.pixelColor(place) != marked.pixelColor(place)
    mouse.move(QPoint(5, 5))
    assert canvas.grab().toImage() == quiet


def test_a_wire_tells_the_shape_that_flows_through_it(show_canvas) -> None:
    canvas = show_canvas(small())
    middle = (canvas.port_position("conv", "out") + canvas.port_position("relu", "in")) / 2
    hit = canvas.hit(canvas._pointer(middle, Qt.KeyboardModifier.NoModifier), ports=False)
    assert canvas._tip(hit).startswith("16x32x32")


def test_between_two_stacked_nodes_the_wire_can_be_clicked_and_both_ports_dragged_from(show_canvas, mouse_over) -> None:
    for zoom in (1.0, 0.6, 1.7):
        canvas = show_canvas(small())
        canvas.camera.go(canvas.canvas.rect_of("relu").center(), zoom, animated=False)
        mouse = mouse_over(canvas)
        out, into = canvas.port_position("conv", "out"), canvas.port_position("relu", "in")
        middle = (out + into) / 2
        for aside in (-3, 0, 3):
            canvas.document.select([])
            mouse.click(middle + QPoint(aside, 0))
            assert canvas.document.selected_edges == ((None, wire("conv", "relu")),)
        for start, gives in ((out, True), (into, False)):
            mouse.press(start + QPoint(0, round(2 * zoom) * (1 if gives else -1)))
            assert canvas.canvas.stage.origin.gives == gives
            mouse.release()
            canvas.cancel_gesture()


def test_a_wire_ends_at_a_port_that_another_wire_hangs_from(show_canvas, mouse_over) -> None:
    """A wire in the way of the hand does not keep a new one from the port it leads to."""
    graph = apart(
        node("a", "Input", 0, 0), node("b", "ReLU", 0, 100), node("c", "ReLU", 300, 0), edges=(wire("a", "b"),)
    )
    canvas = show_canvas(graph)
    above = canvas.port_position("b", "in") - QPoint(0, 8)
    mouse_over(canvas).drag(canvas.port_position("c", "out"), above)
    assert canvas.document.graph.edges == (wire("c", "b"),)
