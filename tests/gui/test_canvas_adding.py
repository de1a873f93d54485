"""Adding layers: search by typing, Tab and double-click, and the palette's double-click."""

from __future__ import annotations

from itertools import pairwise

from canvas_drawings import apart, framed, node, small, wire
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

from designer.app.panels.palette import PalettePanel
from designer.graph import Edge, edits
from designer.layers.registry import search

Key = Qt.Key


def test_typing_opens_the_search_and_enter_adds_the_first_match(canvas, keys) -> None:
    keys(canvas, "co")
    popup = canvas.commands.adding.popup
    assert popup.line.text() == "co"
    assert popup.line.hasFocus()
    keys(popup.line, "nv", Key.Key_Return)
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


def test_the_search_closes_when_the_wire_it_was_opened_for_goes(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    edge = canvas.document.graph.edges[0]
    canvas.document.select([], [(None, edge)])
    keys(canvas, Key.Key_Tab)
    popup = canvas.commands.adding.popup
    keys(popup.line, "relu")
    canvas.document.edit("Remove", lambda graph: edits.remove(graph, [edge.target[0]]))  # as undo in the menu may
    removed = canvas.document.graph
    keys(popup.line, Key.Key_Return)
    assert canvas.commands.adding.popup is None
    assert canvas.document.graph is removed
    assert canvas.hasFocus()


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


def test_a_word_begun_with_the_letter_of_a_command_leaves_redo_as_it_was(show_canvas, keys) -> None:
    """'l' tidies up, 'le' is the beginning of a word."""
    canvas = show_canvas(apart(node("a", "Input", 30, 10), node("b", "ReLU", 300, 200), edges=(wire("a", "b"),)))
    canvas.document.select(["b"])
    keys(canvas, Key.Key_Delete)
    removed, label = canvas.document.graph, canvas.document.undo_label
    canvas.document.undo()
    assert canvas.document.redo_label == label
    keys(canvas, "le")
    keys(canvas.commands.adding.popup.line, Key.Key_Escape)
    assert (canvas.document.undo_label, canvas.document.redo_label) == (None, label)
    canvas.document.redo()
    assert canvas.document.graph == removed


def test_single_letters_alone_stay_commands(show_canvas, keys, qtbot) -> None:
    canvas = show_canvas(small())
    keys(canvas, "f")
    canvas.camera.finish()
    qtbot.wait(800)
    keys(canvas, "p")
    assert canvas.commands.adding.popup.line.text() == "p"


def test_c_adds_a_comment_and_also_begins_conv(show_canvas, keys, qtbot) -> None:
    canvas = show_canvas(small())
    before = canvas.document.graph
    keys(canvas, "c")
    (note,) = [node for node in canvas.document.graph.nodes if node not in before.nodes]
    assert (note.type, canvas.document.selection) == ("Comment", (note.id,))
    assert canvas.commands.adding.popup is None
    canvas.document.undo()
    qtbot.wait(800)
    keys(canvas, "co")
    assert canvas.document.graph == before
    assert canvas.commands.adding.popup.line.text() == "co"


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


def test_after_an_undo_the_next_typed_layer_is_wired_as_the_one_before(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["pool"])
    for word in ("gelu", "sigm"):
        keys(canvas, word[0])
        keys(canvas.commands.adding.popup.line, word[1:], Key.Key_Return)
        (new,) = canvas.document.selection
        assert wire("pool", new) in canvas.document.graph.edges
        canvas.document.undo()
        assert canvas.document.selection == ("pool",)
        assert canvas.canvas.item_of("pool").selected


def test_after_an_undo_the_palettes_next_layer_is_wired_as_well(show_canvas, mouse_over, qtbot) -> None:
    canvas = show_canvas(small())
    palette = PalettePanel(canvas.document)
    qtbot.addWidget(palette)
    palette.layerActivated.connect(canvas.add_layer)
    palette.resize(260, 500)
    palette.show()
    palette.findChild(type(palette._search), "paletteSearch").setText("flatten")
    canvas.document.select(["pool"])
    for _ in range(2):
        mouse_over(palette.tree).double_click(palette.tree.visualRect(palette.tree.currentIndex()).center())
        (new,) = canvas.document.selection
        assert canvas.document.graph.node(new).type == "Flatten"
        assert wire("pool", new) in canvas.document.graph.edges
        canvas.document.undo()


def test_a_repeat_frame_added_below_a_node_stands_on_its_trunk(canvas) -> None:
    for type_ in ("Input", "Repeat", "ReLU"):
        canvas.add_layer(type_)
    ports = [canvas.port_position(i, side).x() for i, side in (("input", "out"), ("repeat1", "in"), ("relu1", "in"))]
    assert len(set(ports)) == 1


# ---- the search beside what it is for


def test_near_the_lower_edge_the_search_opens_upwards_and_its_line_stays_at_the_mouse(canvas, mouse, keys) -> None:
    place = QPoint(400, canvas.viewport().height() - 60)
    mouse.double_click(place)
    popup = canvas.commands.adding.popup
    lines = []
    for letter in ("", "g", "a", "p"):
        keys(popup.line, letter)
        lines.append(popup.line.mapTo(canvas, QPoint()).y())
        assert popup.geometry().bottom() < place.y() <= popup.geometry().bottom() + 4
        assert canvas.viewport().rect().contains(popup.geometry())
        assert popup.line.geometry().top() > popup.list.geometry().bottom()
    assert len(set(lines)) == 1
    assert popup.list.item(0).text() == "GlobalAveragePool"


def test_below_a_selected_node_at_the_lower_edge_the_search_does_not_cover_the_node(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.camera.pan(QPoint(0, canvas.viewport().height() - 60 - canvas.node_position("pool").y()))
    canvas.document.select(["pool"])
    keys(canvas, Key.Key_Tab)
    card = canvas.commands.adding.popup.geometry()
    rect = canvas.mapFromScene(canvas.canvas.rect_of("pool")).boundingRect()
    assert not card.intersects(rect)
    assert rect.top() - 12 <= card.bottom()


def test_in_the_upper_half_the_search_opens_downwards(canvas, mouse) -> None:
    mouse.double_click(QPoint(400, 60))
    popup = canvas.commands.adding.popup
    assert popup.geometry().top() == 60
    assert popup.line.geometry().bottom() < popup.list.geometry().top()


# ---- into a wire


def test_the_menu_of_a_wire_puts_a_layer_into_it(show_canvas, mouse_over, keys, qtbot) -> None:
    canvas = show_canvas(small())
    middle = (canvas.port_position("conv", "out") + canvas.port_position("relu", "in")) / 2
    at = canvas._pointer(middle, Qt.KeyboardModifier.NoModifier)
    menu = canvas.commands.context_menu(canvas.hit(at, ports=False))
    assert isinstance(menu, QMenu)
    insert = next(action for action in menu.actions() if action.objectName() == "graph.add_to_wire")
    assert insert.isEnabled()
    insert.trigger()
    popup = canvas.commands.adding.popup
    offered = {popup.list.item(i).text() for i in range(popup.list.count())}
    assert "BatchNorm" in offered
    assert not offered & {"Input", "SoftmaxCrossEntropy", "LSTM"}
    keys(popup.line, "batchn", Key.Key_Return)
    (new,) = canvas.document.selection
    assert {wire("conv", new), wire(new, "relu")} <= set(canvas.document.graph.edges)
    assert canvas.document.graph.node("pool").position == (0, 176)
    canvas.document.undo()
    assert canvas.document.graph == small()
    assert canvas.document.selected_edges == ((None, wire("conv", "relu")),)


def test_typing_with_a_wire_selected_inserts_into_it_also_into_a_skip(show_canvas, mouse_over, keys) -> None:
    graph = apart(node("a", "Input", 0, 0, shape=[3, 8, 8]), node("b", "ReLU", 0, 100), node("c", "Add", 0, 200),
                  edges=(wire("a", "b"), wire("b", "c"), wire("a", "c", 1)))  # fmt: skip
    canvas = show_canvas(graph)
    skip = canvas.canvas.levels[None].geometry.routes[wire("a", "c", 1)]
    lane = canvas.mapFromScene(min(x for x, _ in skip), 116)
    mouse_over(canvas).click(lane)
    keys(canvas, "g")
    keys(canvas.commands.adding.popup.line, "elu", Key.Key_Return)
    (new,) = canvas.document.selection
    assert {wire("a", new), Edge((new, 0), ("c", 1))} <= set(canvas.document.graph.edges)
    rects = [canvas.canvas.rect_of(i) for i in ("a", "b", "c")]
    assert not any(canvas.canvas.rect_of(new).intersects(rect) for rect in rects)
