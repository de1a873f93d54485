"""What the canvas paints and how one looks around in it."""

from __future__ import annotations

import pytest
from canvas_drawings import apart, chain, framed, node, residual, small, wire
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QNativeGestureEvent,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QToolTip

from designer.app import theme
from designer.app.canvas.overview import THRESHOLD
from designer.graph import Graph

Key = Qt.Key


def colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}


def near(image: QImage, colour: str, tolerance: int = 40) -> bool:
    """Whether a colour (blended at an edge or not) is in the picture."""
    wanted = QColor(colour)
    return any(
        abs(c.red() - wanted.red()) + abs(c.green() - wanted.green()) + abs(c.blue() - wanted.blue()) <= tolerance
        for c in map(QColor, colours(image))
    )


# ---- painting


def test_nodes_are_painted_in_the_colours_of_their_categories(show_canvas) -> None:
    image = show_canvas(small()).grab().toImage()
    for category in ("io", "convolution", "activation", "pooling"):
        assert near(image, theme.category_colour(category).name(), 12)


def test_an_empty_canvas_says_what_to_do(canvas, show_canvas) -> None:
    empty = canvas.grab().toImage()
    assert near(empty, theme.palette().text)
    canvas.add_layer("Input")
    middle = canvas.viewport().rect().center()
    assert canvas.grab().toImage().pixelColor(middle) != QColor(theme.palette().text)


def test_an_error_is_red_and_told_in_the_tooltip(show_canvas) -> None:
    canvas = show_canvas(apart(node("conv", "Conv2d", 0, 0)))
    assert near(canvas.grab().toImage(), theme.palette().error, 20)
    hit = canvas.hit(canvas._pointer(canvas.node_position("conv"), Qt.KeyboardModifier(0)), ports=False)
    assert "wire" in canvas._tip(hit)


def test_shapes_follow_an_edit_at_once(show_canvas) -> None:
    from designer.graph import edits

    canvas = show_canvas(small())
    canvas.document.edit("x", lambda g: edits.set_params(g, ["conv"], {"out_channels": 64}))
    item = canvas.canvas.item_of("pool")
    assert item.result.outputs == ((64, 16, 16),)
    assert item._texts is None or item._texts[2] == "64x16x16"


def test_an_edit_repaints_only_what_it_changes(show_canvas, monkeypatch) -> None:
    from designer.app.canvas.node_item import NodeItem
    from designer.graph import edits

    canvas = show_canvas(chain(*(node(f"n{i}", "Input" if i == 0 else "ReLU") for i in range(40))))
    canvas.grab()
    touched: list[str] = []
    original = NodeItem.show_node
    monkeypatch.setattr(NodeItem, "show_node", lambda self, n, *rest: (touched.append(n.id), original(self, n, *rest)))
    canvas.document.edit("x", lambda g: edits.move(g, {"n20": (300, 0)}))
    assert touched == ["n20"]
    items = dict(canvas.canvas.levels[None].items)
    canvas.document.edit("x", lambda g: edits.remove(g, ["n3"]))
    kept = {i: item for i, item in items.items() if i != "n3"}
    assert canvas.canvas.levels[None].items == kept


def test_from_far_away_everything_is_painted_in_one_go(show_canvas) -> None:
    canvas = show_canvas(residual(20))
    canvas.frame()
    canvas.camera.finish()
    assert canvas.camera.zoom < THRESHOLD
    image = canvas.grab().toImage()
    assert near(image, theme.category_colour("convolution").name(), 120)
    at = canvas.node_position("conv3")
    canvas.document.select(["conv3"])
    selected = canvas.grab().toImage()
    patch = [(at.x() + dx, at.y() + dy) for dx in range(-40, 41) for dy in range(-8, 9)]
    assert any(image.pixelColor(*p) != selected.pixelColor(*p) for p in patch)


@pytest.mark.parametrize("folded", [False, True])
def test_frames_are_painted_with_their_repetitions(show_canvas, folded) -> None:
    canvas = show_canvas(framed(folded))
    assert near(canvas.grab().toImage(), theme.category_colour("control").name(), 12)
    assert (canvas.canvas.item_of("conv") is None) is folded


def test_dark_and_light_differ(show_canvas, monkeypatch) -> None:
    canvas = show_canvas(small())
    light = canvas.grab().toImage()
    monkeypatch.setattr(theme, "is_dark", lambda: True)
    dark = canvas.grab().toImage()
    assert light.pixelColor(3, 3).lightness() > 200
    assert dark.pixelColor(3, 3).lightness() < 60


def test_what_is_drawn_after_edits_and_undo_is_what_a_fresh_canvas_draws(show_canvas, mouse_over) -> None:
    canvas = show_canvas(framed())
    mouse = mouse_over(canvas)
    mouse.drag(canvas.node_position("pool"), canvas.node_position("pool") + QPoint(200, 60))
    canvas.commands.toggle_fold("repeat")
    canvas.document.undo()
    mouse.move(QPoint(2, 2))
    canvas.document.select([])
    fresh = show_canvas(canvas.document.graph)
    fresh.camera.go(canvas.camera.centre, canvas.camera.zoom, animated=False)
    assert canvas.grab().toImage() == fresh.grab().toImage()


# ---- looking around


def test_the_wheel_zooms_at_the_mouse_by_as_much_as_it_turns(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    mouse, at = mouse_over(canvas), canvas.node_position("relu")
    under = canvas.mapToScene(at)
    mouse.wheel(at, 120)
    whole = canvas.camera.zoom
    assert 1.1 < whole < 1.3
    assert (QPointF(canvas.mapFromScene(under)) - QPointF(at)).manhattanLength() <= 2
    mouse.wheel(at, -120)
    assert canvas.camera.zoom == pytest.approx(1.0)
    for _ in range(8):
        mouse.wheel(at, 15)
    assert canvas.camera.zoom == pytest.approx(whole)


def test_zoom_has_limits(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    for _ in range(80):
        mouse_over(canvas).wheel(QPoint(100, 100), 120)
    assert canvas.camera.zoom == pytest.approx(4.0)
    for _ in range(200):
        mouse_over(canvas).wheel(QPoint(100, 100), -120)
    assert canvas.camera.zoom == pytest.approx(0.01)


def test_the_middle_button_pans(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    before = canvas.node_position("relu")
    mouse_over(canvas).drag(QPoint(100, 100), QPoint(180, 60), Qt.MouseButton.MiddleButton)
    assert canvas.node_position("relu") - before == QPoint(80, -40)


def test_space_and_drag_pan_even_over_a_node(show_canvas, mouse_over, qtbot) -> None:
    canvas = show_canvas(small())
    before = canvas.node_position("relu")
    qtbot.keyPress(canvas, Key.Key_Space)
    mouse_over(canvas).drag(before, before + QPoint(50, 50))
    qtbot.keyRelease(canvas, Key.Key_Space)
    assert canvas.node_position("relu") - before == QPoint(50, 50)
    assert canvas.document.graph == small()


def test_f_frames_all_or_the_selection_and_1_is_100_percent(show_canvas, keys, qtbot) -> None:
    canvas = show_canvas(residual(12))
    keys(canvas, "f")
    canvas.camera.finish()
    shown = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert shown.contains(canvas.canvas.rect_around())
    qtbot.wait(750)  # what is typed at once would be a word
    canvas.document.select(["conv1", "relu1"])
    keys(canvas, "f")
    canvas.camera.finish()
    assert (canvas.camera.centre - canvas.canvas.rect_around(["conv1", "relu1"]).center()).manhattanLength() < 3
    qtbot.wait(750)
    canvas.commands.zoom(0.5)
    keys(canvas, "1")
    canvas.camera.finish()
    assert canvas.camera.zoom == 1.0


def test_reveal_brings_a_node_into_view(show_canvas) -> None:
    canvas = show_canvas(residual(12))
    canvas.document.reveal("relu11")
    canvas.camera.finish()
    assert canvas.viewport().rect().contains(canvas.node_position("relu11"))
    assert canvas.document.selection == ("relu11",)


def test_the_document_can_be_replaced_by_another(show_canvas) -> None:
    canvas = show_canvas(framed())
    canvas.document.replace(residual(3), None)
    assert set(canvas.canvas.levels) == {None}
    assert set(canvas.canvas.levels[None].items) == {n.id for n in residual(3).nodes}
    canvas.document.replace(Graph(), None)
    assert canvas.canvas.levels[None].items == {}


def test_hovering_a_node_marks_it(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    mouse = mouse_over(canvas)
    mouse.move(canvas.node_position("relu"))
    assert canvas.canvas.item_of("relu").hovered
    mouse.move(QPoint(3, 3))
    assert not canvas.canvas.item_of("relu").hovered


def test_screen_readers_learn_what_the_canvas_is_and_what_is_selected(show_canvas) -> None:
    canvas = show_canvas(small())
    assert canvas.objectName() == "canvas"
    assert canvas.accessibleName()
    canvas.document.select(["conv", "relu"])
    assert "conv, relu" in canvas.accessibleDescription()


def test_labels_of_long_names_are_cut_and_not_painted_over_each_other(show_canvas) -> None:
    canvas = show_canvas(apart(node("a" * 60, "Conv2d", 0, 0)))
    canvas.grab()
    name, properties, _ = canvas.canvas.item_of("a" * 60)._texts
    assert name.endswith("…")
    assert properties == "" or properties.endswith("…") or len(properties) < 20


def test_a_wire_with_a_wrong_shape_is_red(show_canvas) -> None:
    canvas = show_canvas(
        apart(
            node("input", "Input", 0, 0, shape=[3, 32, 32]),
            node("pool", "MaxPool2d", 300, 100),
            node("add", "Add", 0, 260),
            edges=(wire("input", "pool"), wire("input", "add"), wire("pool", "add", 1)),
        )
    )
    image = canvas.grab().toImage()
    route = canvas.canvas.levels[None].geometry.routes[wire("pool", "add", 1)]
    at = canvas.mapFromScene(QPointF(route[0][0], route[0][1] + 20))
    assert image.pixelColor(at).red() > image.pixelColor(at).blue() + 60


# ---- menus and tooltips


def test_the_context_menu_is_about_what_was_clicked(show_canvas) -> None:
    canvas = show_canvas(small())

    def menu_at(place: QPoint) -> set[str]:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, canvas.viewport().mapToGlobal(place))
        QApplication.sendEvent(canvas.viewport(), event)
        menu = QApplication.activePopupWidget()
        assert menu is not None
        names = {action.objectName() for action in menu.actions()}
        menu.close()
        return names

    assert {"edit.copy", "edit.delete", "graph.repeat"} <= menu_at(canvas.node_position("relu"))
    assert canvas.document.selection == ("relu",)
    assert {"graph.add", "edit.paste", "graph.tidy"} <= menu_at(QPoint(20, 20))
    middle = (canvas.port_position("conv", "out") + canvas.port_position("relu", "in")) / 2
    assert "edit.delete" in menu_at(middle)
    assert canvas.document.selected_edges == ((None, wire("conv", "relu")),)


def test_tooltips_say_what_a_node_is_and_costs(show_canvas) -> None:
    canvas = show_canvas(small())
    place = canvas.node_position("conv")
    QApplication.sendEvent(
        canvas.viewport(), QHelpEvent(QEvent.Type.ToolTip, place, canvas.viewport().mapToGlobal(place))
    )
    assert "3x32x32 → 16x32x32" in QToolTip.text()
    assert "448 params" in QToolTip.text()
    QToolTip.hideText()


def test_two_fingers_pan_and_pinching_zooms(show_canvas) -> None:
    canvas = show_canvas(small())
    before = canvas.node_position("relu")
    wheel = QWheelEvent(
        QPointF(200, 200), QPointF(200, 200), QPoint(30, -20), QPoint(60, -40), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier(0), Qt.ScrollPhase.ScrollUpdate, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), wheel)
    assert canvas.node_position("relu") - before == QPoint(30, -20)
    assert canvas.camera.zoom == 1.0
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2, QPointF(200, 200),
        QPointF(200, 200), QPointF(200, 200), 0.25, QPointF(),
    )  # fmt: skip
    QApplication.sendEvent(canvas.viewport(), pinch)
    assert canvas.camera.zoom == pytest.approx(1.25)
