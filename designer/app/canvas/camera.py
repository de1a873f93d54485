"""What part of the drawing the view shows: zoom at a place, pan, frame, with short animations."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEasingCurve, QPoint, QPointF, QRectF, QVariantAnimation
from PySide6.QtGui import QTransform
from PySide6.QtWidgets import QGraphicsView, QStyle

SMALLEST: Final = 0.01
LARGEST: Final = 4.0
READABLE: Final = 0.85
"""A zoom at which all texts on nodes can be read."""
TEXTS: Final = 0.5
"""What a wide drawing is zoomed out to at most when it is opened: names can still be read."""
ANIMATION_MS: Final = 140
_MARGIN: Final = 48
"""Pixels left free around what is framed."""
_CLOSE: Final = 24
"""Pixels left free beside what is brought into view."""


class Camera:
    """Moves a view that has no scroll bars."""

    def __init__(self, view: QGraphicsView) -> None:
        self._view = view
        self._animation = QVariantAnimation(view)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.setDuration(ANIMATION_MS)
        self._animation.valueChanged.connect(self._show_step)
        self._from = (QPointF(), 1.0)
        self._to = (QPointF(), 1.0)

    @property
    def zoom(self) -> float:
        """Pixels per canvas unit."""
        return self._view.transform().m11()

    @property
    def centre(self) -> QPointF:
        """The point of the scene in the middle of the view."""
        return self._view.viewportTransform().inverted()[0].map(self._middle)

    @property
    def _middle(self) -> QPointF:
        """The middle of the view in pixels, where `centerOn` puts what it centres."""
        return QPointF(self._view.viewport().width() / 2, self._view.viewport().height() / 2)

    def zoom_at(self, place: QPoint, factor: float) -> None:
        """Zoom by a factor, so that the point under `place` (in pixels of the view) stays there."""
        self.finish()
        zoom = min(max(self.zoom * factor, SMALLEST), LARGEST)
        under = self._view.mapToScene(place)
        self._show(under - (QPointF(place) - self._middle) / zoom, zoom)

    def pan(self, pixels: QPoint) -> None:
        """Move the drawing under the view."""
        self.finish()
        across, down = self._view.horizontalScrollBar(), self._view.verticalScrollBar()
        across.setValue(across.value() - pixels.x())
        down.setValue(down.value() - pixels.y())
        self._view.viewport().update()

    def frame(self, rect: QRectF, *, largest: float = 1.0, animated: bool = True) -> None:
        """Show a whole rectangle, not larger than `largest`."""
        if rect.isEmpty():
            self.go(QPointF(), 1.0, animated=animated)
            return
        size = self._view.viewport().size()
        zoom = min((size.width() - 2 * _MARGIN) / rect.width(), (size.height() - 2 * _MARGIN) / rect.height())
        self.go(rect.center(), min(max(zoom, SMALLEST), largest), animated=animated)

    def begin_with(self, rect: QRectF) -> None:
        """Show a whole rectangle where that leaves texts readable, otherwise its top, across its width if that does."""
        size = self._view.viewport().size()
        if rect.isEmpty() or READABLE * rect.height() <= size.height() - 2 * _MARGIN:
            self.frame(rect, animated=False)
        else:
            wide = (size.width() - 2 * _MARGIN) / max(rect.width(), 1.0)
            zoom = min(READABLE, max(TEXTS, wide))
            top = rect.top() - _MARGIN / zoom
            left = rect.left() - _MARGIN / zoom  # where a drawing wider than the view begins
            x = min(rect.center().x(), left + size.width() / 2 / zoom)
            self.go(QPointF(x, top + size.height() / 2 / zoom), zoom, animated=False)

    def reveal(self, rect: QRectF) -> None:
        """Bring a rectangle into view without zooming: pan no further than that takes, or not at all.

        What lies more than a view away comes to the middle, where the eye that was elsewhere finds it.
        """
        self.finish()
        seen = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        margin = _CLOSE / self.zoom
        wanted = rect.adjusted(-margin, -margin, margin, margin)
        across = _missing(wanted.left(), wanted.right(), seen.left(), seen.right())
        down = _missing(wanted.top(), wanted.bottom(), seen.top(), seen.bottom())
        if abs(across) > seen.width() or abs(down) > seen.height():
            self.go(rect.center(), self.zoom)
        elif across or down:
            self.go(self.centre + QPointF(across, down), self.zoom)

    def go(self, centre: QPointF, zoom: float, *, animated: bool = True) -> None:
        """Show a point in the middle at a zoom."""
        self.finish()
        if not animated or not is_animated(self._view) or not self._view.isVisible():
            self._show(centre, zoom)
            return
        self._from, self._to = (self.centre, self.zoom), (centre, zoom)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.start()

    def finish(self) -> None:
        """Be where the running animation leads to."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self._show(*self._to)

    def _show_step(self, share: object) -> None:
        t = float(share)  # type: ignore[arg-type]
        (a, zoom_a), (b, zoom_b) = self._from, self._to
        self._show(a + (b - a) * t, zoom_a * (zoom_b / zoom_a) ** t)

    def _show(self, centre: QPointF, zoom: float) -> None:
        self._view.setTransform(QTransform.fromScale(zoom, zoom))
        self._view.centerOn(centre)
        self._view.viewport().update()  # scrolling moves what was painted, overlays and stale rests with it


def _missing(low: float, high: float, seen_low: float, seen_high: float) -> float:
    """How far a view has to go along one axis to see from `low` to `high`; at least `low` if that is too much."""
    if low < seen_low or high - low > seen_high - seen_low:
        return low - seen_low
    return max(high - seen_high, 0.0)


def is_animated(view: QGraphicsView) -> bool:
    """Whether the system wants things to move."""
    return view.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
