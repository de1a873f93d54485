"""Which gesture a press begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from designer.app.canvas.gestures.base import Gesture, Pointer
from designer.app.canvas.gestures.connect import Connect
from designer.app.canvas.gestures.cut import Cut
from designer.app.canvas.gestures.move import Move
from designer.app.canvas.gestures.pan import Pan
from designer.app.canvas.gestures.select_box import SelectBox
from designer.app.canvas.hits import Hit
from designer.app.canvas.scene import Wire

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

_Key = Qt.KeyboardModifier


def gesture_for(view: CanvasView, at: Pointer, hit: Hit, button: Qt.MouseButton, *, space: bool) -> Gesture | None:
    """The gesture that a press means; None where the press itself was all there is to do."""
    if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and space):
        return Pan(view, at)
    if button != Qt.MouseButton.LeftButton:
        return None
    if at.holds(_Key.ControlModifier | _Key.ShiftModifier):
        return Cut(view, at)
    if hit.port is None and (hit.node is not None or hit.edge is None):
        return _on_node_or_ground(view, at, hit)
    if hit.port is not None and not at.holds(_Key.AltModifier):
        return Connect(view, at, hit.port)
    if hit.port is not None:
        view.commands.free_port(hit.port)
    elif hit.wire is not None:
        _select_wire(view, at, hit.wire)
    return None


def _on_node_or_ground(view: CanvasView, at: Pointer, hit: Hit) -> Gesture | None:
    if hit.node is None or hit.part == "ground":
        return SelectBox(view, at, hit)
    if hit.part == "box":
        return Move(view, at, hit.node)
    view.commands.toggle_fold(hit.node)
    return None


def _select_wire(view: CanvasView, at: Pointer, wire: Wire) -> None:
    document = view.document
    if at.modifiers & (_Key.ControlModifier | _Key.ShiftModifier):
        chosen = dict.fromkeys(document.selected_edges)
        if at.holds(_Key.ControlModifier) and wire in chosen:
            del chosen[wire]
        else:
            chosen[wire] = None
        document.select(document.selection, chosen)
    else:
        document.select([], [wire])
