"""Adding layers: search by typing, Tab and double-click, and the palette's double-click."""

from __future__ import annotations

from itertools import pairwise

from canvas_drawings import apart, framed, node, small, wire
from PySide6.QtCore import QPoint, Qt

from designer.graph import Edge
from designer.layers.registry import search

Key = Qt.Key


def test_typing_opens_the_search_and_enter_adds_the_first_match(canvas, keys) -> None:
    keys(canvas, "c")
    popup = canvas.commands.adding.popup
    assert popup.line.text() == "c"
    assert popup.line.hasFocus()
    keys(popup.line, "onv", Key.Key_Return)
    assert [n.type for n in canvas.document.graph.nodes] == ["Conv2d"]
    assert canvas.commands.adding.popup is None
    assert canvas.hasFocus()
    canvas.document.undo()
    assert canvas.document.graph.nodes == ()


def test_tab_opens_the_search_and_escape_closes_it(canvas, keys) -> None:
    keys(canvas, Key.Key_Tab)
    popup = canvas.commands.adding.popup
    assert popup.isVisible()
    assert popup.list.count() > 20
    keys(popup.line, Key.Key_Escape)
    assert canvas.commands.adding.popup is None
    assert canvas.hasFocus()
    assert canvas.document.undo_label is None


def test_double_click_on_empty_ground_adds_at_the_mouse(canvas, mouse, keys) -> None:
    place = QPoint(400, 300)
    mouse.double_click(place)
    keys(canvas.commands.adding.popup.line, "relu", Key.Key_Return)
    (new,) = canvas.document.graph.nodes
    assert new.type == "ReLU"
    assert (canvas.node_position(new.id) - place).manhattanLength() <= 4


def test_arrows_choose_another_match(canvas, keys) -> None:
    keys(canvas, Key.Key_Tab)
    popup = canvas.commands.adding.popup
    keys(popup.line, "conv", Key.Key_Down, Key.Key_Return)
    assert [n.type for n in canvas.document.graph.nodes] == [search("conv")[1].__name__]


def test_a_name_that_no_layer_has_adds_nothing(canvas, keys) -> None:
    keys(canvas, Key.Key_Tab)
    popup = canvas.commands.adding.popup
    keys(popup.line, "zzz", Key.Key_Return)
    assert canvas.document.graph.nodes == ()
    assert popup.isVisible()


def test_names_that_begin_with_the_letter_of_a_command_can_be_typed(show_canvas, keys) -> None:
    """F and L are commands; 'flatten' and 'linear' are layers. What the letter did is taken back."""
    for word, type_ in (("flatten", "Flatten"), ("linear", "Linear")):
        messy = apart(node("a", "Input", 30, 10), node("b", "ReLU", 300, 200), edges=(wire("a", "b"),))
        canvas = show_canvas(messy)
        looked = (canvas.camera.centre, canvas.camera.zoom)
        keys(canvas, word[:2])
        canvas.camera.finish()
        popup = canvas.commands.adding.popup
        assert popup is not None
        assert popup.line.text() == word[:2]
        assert canvas.document.graph == messy
        assert (canvas.camera.zoom, (canvas.camera.centre - looked[0]).manhattanLength() < 2) == (looked[1], True)
        keys(popup.line, word[2:], Key.Key_Return)
        assert canvas.document.graph.nodes[-1].type == type_


def test_single_letters_alone_stay_commands(show_canvas, keys, qtbot) -> None:
    canvas = show_canvas(small())
    keys(canvas, "f")
    canvas.camera.finish()
    qtbot.wait(800)
    keys(canvas, "c")
    assert canvas.commands.adding.popup.line.text() == "c"


def test_layers_added_one_after_the_other_build_a_wired_chain(canvas) -> None:
    """What a double-click in the palette does."""
    for type_ in ("Input", "Conv2d", "ReLU", "Linear", "SoftmaxCrossEntropy"):
        canvas.add_layer(type_)
    nodes = canvas.document.graph.nodes
    assert [n.type for n in nodes] == ["Input", "Conv2d", "ReLU", "Linear", "SoftmaxCrossEntropy"]
    assert canvas.document.graph.edges == tuple(wire(a.id, b.id) for a, b in pairwise(nodes))
    assert {n.position[0] for n in nodes} == {nodes[0].position[0]}
    assert [b.position[1] - a.position[1] for a, b in pairwise(nodes)] == [44] * 4
    assert canvas.document.selection == (nodes[-1].id,)
    assert not canvas.document.problems
    for _ in nodes:
        canvas.document.undo()
    assert canvas.document.graph.nodes == ()


def test_the_first_layer_stands_in_the_middle_near_the_top(canvas) -> None:
    canvas.add_layer("Input")
    at = canvas.node_position(canvas.document.graph.nodes[0].id)
    assert abs(at.x() - canvas.viewport().width() / 2) < 4
    assert at.y() < canvas.viewport().height() / 3


def test_a_layer_added_where_another_stands_goes_beside_it(show_canvas) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv"])
    canvas.add_layer("BatchNorm")
    (new,) = canvas.document.selection
    graph = canvas.document.graph
    assert wire("conv", new) in graph.edges
    assert {n.id: n.position for n in graph.nodes if n.id != new} == {n.id: n.position for n in small().nodes}
    rects = [canvas.canvas.rect_of(n.id) for n in graph.nodes if n.id != new]
    assert not any(canvas.canvas.rect_of(new).intersects(rect) for rect in rects)


def test_insert_puts_a_layer_behind_the_selected_one_and_moves_the_rest_down(show_canvas) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv"])
    canvas.insert_layer("BatchNorm")
    (new,) = canvas.document.selection
    assert {wire("conv", new), wire(new, "relu")} <= set(canvas.document.graph.edges)
    assert canvas.document.graph.node("pool").position == (0, 176)
    canvas.document.undo()
    assert canvas.document.graph == small()


def test_a_chain_built_inside_a_frame_always_leads_out_of_it(canvas) -> None:
    for type_ in ("Input", "Repeat", "ReLU", "GELU"):
        canvas.add_layer(type_)
    frame = next(n for n in canvas.document.graph.nodes if n.type == "Repeat")
    first, second = frame.body.nodes
    assert set(frame.body.edges) == {
        Edge(("@in", 0), (first.id, 0)), wire(first.id, second.id), Edge((second.id, 0), ("@out", 0))
    }  # fmt: skip
    assert canvas.canvas.rect_of(frame.id).contains(canvas.canvas.rect_of(second.id))


def test_a_frame_that_grows_moves_what_follows_it(show_canvas) -> None:
    canvas = show_canvas(framed())
    gap = canvas.canvas.rect_of("pool").top() - canvas.canvas.rect_of("repeat").bottom()
    canvas.document.select(["conv"])
    canvas.insert_layer("BatchNorm")
    assert canvas.canvas.rect_of("pool").top() - canvas.canvas.rect_of("repeat").bottom() == gap
    canvas.document.select(["relu"])
    canvas.add_layer("GELU")
    assert canvas.canvas.rect_of("pool").top() - canvas.canvas.rect_of("repeat").bottom() == gap


def test_typed_layers_go_below_the_selected_node_and_are_wired(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["pool"])
    keys(canvas, "g")
    keys(canvas.commands.adding.popup.line, "lobal", Key.Key_Return)
    (new,) = canvas.document.selection
    assert canvas.document.graph.node(new).type == "GlobalAveragePool"
    assert wire("pool", new) in canvas.document.graph.edges
    assert canvas.document.graph.node(new).position == (0, 176)
