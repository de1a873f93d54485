"""The canvas by keyboard: every command by its key, and undo that brings back what was there."""

from __future__ import annotations

import pytest
from canvas_drawings import apart, framed, node, residual, small, wire
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit, QMainWindow

from designer.app.actions import Actions
from designer.app.canvas.commands import register_actions
from designer.app.canvas.view import CanvasView
from designer.app.document import Document
from designer.graph import Edge, edits, io

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key


@pytest.fixture
def shown(show_canvas):
    return show_canvas(small())


def undone(canvas) -> bool:
    """Whether one undo brings the small drawing back."""
    canvas.document.undo()
    return canvas.document.graph == small()


# ---- delete


def test_delete_removes_nodes_with_their_wires(shown, keys) -> None:
    shown.document.select(["relu"])
    keys(shown, Key.Key_Delete)
    assert [n.id for n in shown.document.graph.nodes] == ["input", "conv", "pool"]
    assert shown.document.graph.edges == (wire("input", "conv"),)
    assert undone(shown)


@pytest.mark.parametrize(("key", "modifiers"), [(Key.Key_Backspace, Qt.KeyboardModifier(0)), (Key.Key_Delete, CONTROL)])
def test_backspace_and_ctrl_delete_join_the_neighbours(shown, keys, key, modifiers) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, key, modifiers=modifiers)
    assert shown.document.graph.edges == (wire("input", "pool"),)
    assert undone(shown)


def test_nothing_selected_deletes_nothing(shown, keys) -> None:
    keys(shown, Key.Key_Delete, Key.Key_Backspace)
    assert shown.document.graph == small()
    assert shown.document.undo_label is None


# ---- clipboard


def test_copy_puts_nodes_and_their_wires_on_the_clipboard_as_text(shown, keys) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, Key.Key_C, modifiers=CONTROL)
    fragment = io.fragment_loads(QGuiApplication.clipboard().text()).root
    assert [n.id for n in fragment.nodes] == ["conv", "relu"]
    assert fragment.edges == (wire("conv", "relu"),)


def test_paste_adds_copies_at_the_mouse_with_names_of_their_own(shown, keys, mouse_over) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, Key.Key_C, modifiers=CONTROL)
    place = shown.node_position("conv") + QPoint(300, 40)
    mouse_over(shown).move(place)
    keys(shown, Key.Key_V, modifiers=CONTROL)
    first, second = shown.document.selection
    assert {first, second}.isdisjoint({"conv", "relu"})
    assert wire(first, second) in shown.document.graph.edges
    assert (shown.node_position(first) - place).manhattanLength() <= 4
    assert undone(shown)


def test_pasting_near_the_edge_moves_the_view_no_further_than_needed(shown, keys, mouse_over) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, Qt.Key.Key_C, modifiers=CONTROL)
    for place in (QPoint(450, 350), QPoint(30, 350), QPoint(890, 690)):
        mouse_over(shown).move(place)
        before = shown.camera.centre
        keys(shown, Qt.Key.Key_V, modifiers=CONTROL)
        shown.camera.finish()
        rect = shown.mapFromScene(shown.canvas.rect_around(shown.document.selection)).boundingRect()
        assert shown.viewport().rect().adjusted(20, 20, -20, -20).contains(rect)
        went = shown.camera.centre - before
        assert abs(went.x()) < 150
        assert abs(went.y()) < 110


def test_zoom_keys_work_wherever_the_focus_is(qtbot, keys) -> None:
    window, line = QMainWindow(), QLineEdit()
    canvas = CanvasView(Document(small()))
    register_actions(canvas, Actions(window))
    window.setCentralWidget(canvas)
    bar = window.addToolBar("tools")
    bar.addWidget(line)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    line.setFocus()
    assert line.hasFocus()
    keys(line, Qt.Key.Key_Minus, modifiers=CONTROL)
    assert canvas.camera.zoom == pytest.approx(0.8)
    keys(line, Qt.Key.Key_Equal, Qt.Key.Key_Equal, modifiers=CONTROL)
    assert canvas.camera.zoom == pytest.approx(1.25)
    keys(line, "f1l")
    assert (line.text(), canvas.camera.zoom) == ("f1l", pytest.approx(1.25))


def test_paste_with_inputs_is_fed_by_what_feeds_the_original(shown, keys) -> None:
    shown.document.select(["relu"])
    keys(shown, Key.Key_C, modifiers=CONTROL)
    keys(shown, Key.Key_V, modifiers=CONTROL | SHIFT)
    (copy,) = shown.document.selection
    assert wire("conv", copy) in shown.document.graph.edges


def test_cut_and_paste_move_nodes_between_two_canvases(shown, show_canvas, keys) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, Key.Key_X, modifiers=CONTROL)
    assert [n.id for n in shown.document.graph.nodes] == ["input", "pool"]
    other = show_canvas()
    keys(other, Key.Key_V, modifiers=CONTROL)
    assert [n.type for n in other.document.graph.nodes] == ["Conv2d", "ReLU"]
    assert undone(shown)


def test_text_that_is_no_drawing_is_refused_in_words(shown, keys) -> None:
    QGuiApplication.clipboard().setText("import torch")
    keys(shown, Key.Key_V, modifiers=CONTROL)
    assert "no nodes" in shown.hint
    assert shown.document.graph == small()


def test_duplicate_stands_beside_the_original_and_on_nothing(shown, keys) -> None:
    shown.document.select(["conv", "relu"])
    keys(shown, Key.Key_D, modifiers=CONTROL)
    keys(shown, Key.Key_D, modifiers=CONTROL)
    places = [n.position for n in shown.document.graph.nodes]
    assert len(set(places)) == len(places) == 8
    shown.document.undo()
    assert undone(shown)


# ---- selection and moving


def test_select_all_then_arrows_nudge_all_in_one_step(shown, keys) -> None:
    keys(shown, Key.Key_A, modifiers=CONTROL)
    keys(shown, Key.Key_Right, Key.Key_Right, Key.Key_Down)
    assert shown.document.graph.node("conv").position == (8, 48)
    keys(shown, Key.Key_Down, modifiers=SHIFT)
    assert shown.document.graph.node("conv").position == (8, 92)
    assert undone(shown)


def test_ctrl_and_arrows_walk_along_the_wires_into_frames_and_out_again(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    canvas.document.select(["input"])
    way = []
    for _ in range(5):
        keys(canvas, Key.Key_Down, modifiers=CONTROL)
        way.append(canvas.document.selection[0])
    assert way == ["repeat", "conv", "relu", "pool", "pool"]
    back = []
    for _ in range(4):
        keys(canvas, Key.Key_Up, modifiers=CONTROL)
        back.append(canvas.document.selection[0])
    assert back == ["relu", "conv", "repeat", "input"]


def test_escape_deselects(shown, keys) -> None:
    shown.document.select(["conv"])
    keys(shown, Key.Key_Escape)
    assert shown.document.selection == ()


# ---- tidy


def test_l_lays_out_the_drawing_in_one_step(show_canvas, keys) -> None:
    messy = edits.move(residual(2), {"conv0": (300, 900), "relu1": (-500, 20), "add0": (40, 40)})
    canvas = show_canvas(messy)
    keys(canvas, "l")
    assert [n.position for n in canvas.document.graph.nodes] == [n.position for n in residual(2).nodes]
    canvas.glide.finish()
    assert canvas.analysis is canvas.document.analysis
    canvas.document.undo()
    assert canvas.document.graph == messy


def test_l_lays_out_the_selected_nodes_only(show_canvas, keys) -> None:
    graph = edits.move(small(), {"conv": (50, 60), "relu": (90, 200), "pool": (500, 500)})
    canvas = show_canvas(graph)
    canvas.document.select(["conv", "relu"])
    keys(canvas, "l")
    after = {n.id: n.position for n in canvas.document.graph.nodes}
    assert after["pool"] == (500, 500)
    assert after["conv"][0] == after["relu"][0]


def test_a_tidy_drawing_is_left_alone(show_canvas, keys) -> None:
    canvas = show_canvas(residual(2))
    keys(canvas, "l")
    assert canvas.document.undo_label is None


# ---- frames


def test_ctrl_r_puts_the_selection_into_a_frame_where_it_stands(shown, keys) -> None:
    shown.document.select(["conv", "relu"])
    before = shown.canvas.rect_of("conv")
    keys(shown, Key.Key_R, modifiers=CONTROL)
    (frame,) = shown.document.selection
    graph = shown.document.graph
    assert graph.node(frame).type == "Repeat"
    assert graph.owners["conv"] == graph.owners["relu"] == frame
    assert set(graph.edges) == {wire("input", frame), wire(frame, "pool")}
    assert shown.canvas.rect_of("conv").x() == before.x()
    assert shown.canvas.rect_of(frame).bottom() < shown.canvas.rect_of("pool").top()
    assert shown.canvas.rect_of(frame).top() > shown.canvas.rect_of("input").bottom()
    assert undone(shown)


def test_a_selection_with_two_outputs_is_no_frame_and_says_why(show_canvas, keys) -> None:
    graph = apart(
        node("a", "Input"), node("b", "ReLU", 0, 50), node("c", "ReLU", 0, 100), node("d", "Add", 0, 150),
        edges=(wire("a", "b"), wire("b", "c"), wire("b", "d"), wire("c", "d", 1)),
    )  # fmt: skip
    canvas = show_canvas(graph)
    canvas.document.select(["b", "c"])
    keys(canvas, Key.Key_R, modifiers=CONTROL)
    assert "needs an input for every output" in canvas.hint
    assert canvas.document.graph == graph


def test_unwrap_brings_back_what_was_in_the_frame_where_it_was(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    before = canvas.canvas.rect_of("conv")
    canvas.document.select(["repeat"])
    keys(canvas, Key.Key_R, modifiers=CONTROL | SHIFT)
    graph = canvas.document.graph
    assert set(graph.edges) == {wire("input", "conv"), wire("conv", "relu"), wire("relu", "pool")}
    assert canvas.canvas.rect_of("conv") == before
    canvas.document.undo()
    assert canvas.document.graph == framed()


def test_a_click_on_the_triangle_folds_a_frame_and_opens_it_as_it_was(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    mouse, before = mouse_over(canvas), canvas.document.graph
    gap = canvas.canvas.rect_of("pool").top() - canvas.canvas.rect_of("repeat").bottom()

    def triangle() -> QPoint:
        return canvas.mapFromScene(canvas.canvas.rect_of("repeat").topLeft()) + QPoint(13, 15)

    mouse.click(triangle())
    assert canvas.document.graph.node("repeat").params["folded"] is True
    assert canvas.canvas.item_of("conv") is None
    assert canvas.canvas.rect_of("repeat").height() == 32
    assert canvas.canvas.rect_of("pool").top() - canvas.canvas.rect_of("repeat").bottom() == gap
    assert len(canvas.canvas.levels[None].geometry.routes[wire("input", "repeat")]) == 2  # the trunk stays straight
    mouse.click(triangle())
    assert [n.position for n in canvas.document.graph.nodes] == [n.position for n in before.nodes]
    assert canvas.canvas.item_of("conv") is not None


def test_frames_nest_fold_and_come_back_by_undo(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    canvas.document.select(["conv", "relu"])
    keys(canvas, Key.Key_R, modifiers=CONTROL)
    (inner,) = canvas.document.selection
    assert canvas.document.graph.owners[inner] == "repeat"
    outer = canvas.canvas.rect_of("repeat")
    assert outer.contains(canvas.canvas.rect_of(inner))
    assert canvas.canvas.rect_of(inner).contains(canvas.canvas.rect_of("conv"))
    assert not outer.intersects(canvas.canvas.rect_of("input"))
    assert not outer.intersects(canvas.canvas.rect_of("pool"))
    canvas.commands.toggle_fold("repeat")
    assert set(canvas.canvas.levels) == {None}
    canvas.document.undo()
    assert canvas.canvas.rect_of(inner).contains(canvas.canvas.rect_of("conv"))
    canvas.document.undo()
    assert canvas.document.graph == framed()


def test_problems_offer_their_mends_in_the_context_menu(show_canvas, mouse_over) -> None:
    graph = apart(
        node("input", "Input", 0, 0, shape=[16, 32, 32]),
        node("conv", "Conv2d", 0, 44, padding="same", stride=1, out_channels=32),
        node("add", "Add", 0, 88),
        edges=(wire("input", "conv"), wire("conv", "add"), wire("input", "add", 1)),
    )
    canvas = show_canvas(graph)
    hit = canvas.hit(canvas._pointer(canvas.node_position("add"), Qt.KeyboardModifier(0)), ports=False)
    menu = canvas.commands.context_menu(hit)
    first = menu.actions()[0]
    assert not first.isSeparator()
    first.trigger()
    assert canvas.document.graph != graph
    assert not any(p.node == "add" and p.severity == "error" for p in canvas.document.problems)
    canvas.document.undo()
    assert canvas.document.graph == graph
    menu.deleteLater()


def test_a_wire_out_of_a_frame_level_can_be_deleted_by_selection(show_canvas, keys) -> None:
    canvas = show_canvas(framed())
    edge = wire("conv", "relu")
    canvas.document.select([], [("repeat", edge)])
    keys(canvas, Key.Key_Delete)
    assert edge not in canvas.document.graph.body("repeat").edges
    assert Edge(("@in", 0), ("conv", 0)) in canvas.document.graph.body("repeat").edges
