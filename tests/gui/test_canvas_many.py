"""Thousands of nodes follow the hand: they are dragged as outlines, and the drawing is worked out once, at the end."""

from __future__ import annotations

import pytest
from canvas_drawings import residual
from PySide6.QtCore import QPoint, QPointF, Qt

CONTROL = Qt.KeyboardModifier.ControlModifier
FAR = QPoint(160, 40)


@pytest.fixture(scope="module")
def drawing():
    return residual(500)


@pytest.fixture
def shown(show_canvas, drawing):
    """1,501 nodes, all selected, at 100 %."""
    canvas = show_canvas(drawing)
    canvas.document.select(drawing.owners)
    canvas.camera.go(canvas.canvas.rect_of("relu250").center(), 1.0, animated=False)
    return canvas


def test_many_nodes_are_dragged_as_outlines_and_moved_in_one_step(shown, mouse_over) -> None:
    mouse, before = mouse_over(shown), shown.document.graph
    at, rect = shown.node_position("relu250"), shown.canvas.rect_of("relu250")
    mouse.press(at)
    mouse.glide(at + FAR)
    assert shown.canvas.rect_of("relu250") == rect
    corner = shown.mapFromScene(rect.topLeft()) + FAR
    drawn = shown.viewport().grab().toImage()
    assert max(drawn.pixelColor(corner + QPoint(30, dy)).hsvSaturation() for dy in (-1, 0, 1)) > 90, "an accent's line"
    mouse.release()
    (shift,) = {
        (b.position[0] - a.position[0], b.position[1] - a.position[1])
        for a, b in zip(before.nodes, shown.document.graph.nodes, strict=True)
    }
    assert (QPointF(*shift) - QPointF(FAR)).manhattanLength() <= 4, "it snaps"
    assert shown.canvas.rect_of("relu250") == rect.translated(*shift)
    shown.document.undo()
    assert shown.document.graph is before


def test_escape_leaves_many_nodes_where_they_are(shown, mouse_over, keys) -> None:
    mouse, before = mouse_over(shown), shown.document.graph
    at = shown.node_position("relu250")
    mouse.press(at)
    mouse.glide(at + FAR)
    keys(shown, Qt.Key.Key_Escape)
    mouse.release()
    assert shown.document.graph is before


def test_a_box_toggles_many_nodes(shown, mouse_over) -> None:
    shown.camera.go(shown.canvas.rect_around(None).center(), 0.02, animated=False)
    mouse, room = mouse_over(shown), shown.viewport().rect().adjusted(5, 5, -5, -5)
    mouse.press(room.topLeft(), modifiers=CONTROL)
    mouse.glide(room.bottomRight(), CONTROL)
    mouse.release(modifiers=CONTROL)
    kept = set(shown.document.selection)
    inside = shown.canvas.nodes_in(shown.mapToScene(room.adjusted(2, 2, -2, -2)).boundingRect())
    assert len(inside) > 500
    assert kept.isdisjoint(inside)
    assert len(kept) > 300
