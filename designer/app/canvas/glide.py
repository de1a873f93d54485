"""Nodes that glide to their new places after Tidy. The document is there at once; only the picture follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEasingCurve, QVariantAnimation

from designer.app.canvas.camera import ANIMATION_MS, is_animated
from designer.graph import edits
from designer.graph.model import Position

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

MOST: Final = 300
"""With more nodes than this a frame takes too long to look smooth: they jump."""


class Glide:
    """Shows the way of nodes from where they were to where the document has them."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._from: Mapping[str, Position] = {}
        self._to: Mapping[str, Position] = {}
        self._animation = QVariantAnimation(view)
        self._animation.setDuration(ANIMATION_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.valueChanged.connect(self._step)

    def start(self, before: Mapping[str, Position], after: Mapping[str, Position]) -> None:
        """Begin; the document has the places in `after` already."""
        if len(after) <= MOST and self._view.isVisible() and is_animated(self._view):
            self._from, self._to = before, after
            self._animation.start()

    def stop(self) -> None:
        """Stop where it is; whoever calls draws something else now."""
        self._animation.stop()

    def finish(self) -> None:
        """Be at the end."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self._view.show_trial(None)

    def _step(self, value: object) -> None:
        share = float(value)  # type: ignore[arg-type]
        if share >= 1.0:
            self._view.show_trial(None)
            return
        places = {
            i: (x + (self._to[i][0] - x) * share, y + (self._to[i][1] - y) * share) for i, (x, y) in self._from.items()
        }
        self._view.show_trial(edits.move(self._view.document.graph, places))
