"""The wires of one level, painted by one item; and on top the strong ones: selected, or under the mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from designer.app.canvas.grid import Box
from designer.app.canvas.inks import faded, inks
from designer.app.canvas.routing import Route
from designer.app.canvas.stage import Level
from designer.graph.model import Edge

CORNER: Final = 6.0
_MARGIN: Final = 4.0


def wire_path(route: Route, dx: float = 0.0, dy: float = 0.0) -> QPainterPath:
    """A route with rounded corners."""
    points = [QPointF(x + dx, y + dy) for x, y in route]
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _length(corner - before) / 2, _length(after - corner) / 2)
        path.lineTo(_towards(corner, before, radius))
        path.quadTo(corner, _towards(corner, after, radius))
    path.lineTo(points[-1])
    return path


def _length(v: QPointF) -> float:
    return abs(v.x()) + abs(v.y())


def _towards(start: QPointF, end: QPointF, distance: float) -> QPointF:
    length = _length(end - start)
    return start if length < 1e-6 else start + (end - start) * (distance / length)


def route_rect(route: Route) -> QRectF:
    """The rectangle around a route, with room for its pen."""
    xs, ys = [x for x, _ in route], [y for _, y in route]
    return QRectF(
        min(xs) - _MARGIN, min(ys) - _MARGIN, max(xs) - min(xs) + 2 * _MARGIN, max(ys) - min(ys) + 2 * _MARGIN
    )


class WiresItem(QGraphicsItem):
    """All wires of a level; paints those in the exposed part only."""

    def __init__(self, level: Level, is_wrong: Callable[[str | None, Edge], bool]) -> None:
        super().__init__()
        self.level = level
        self._is_wrong = is_wrong
        self._paths: dict[Edge, QPainterPath | QLineF] = {}
        self._drawn: dict[Edge, QRectF] = {}
        self._bounds = QRectF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        """A rectangle that has held every wire so far."""
        return self._bounds

    def changed(self, edges: Iterable[Edge]) -> None:
        """These wires run differently now, are new, or are gone."""
        routes = self.level.geometry.routes
        bounds = QRectF(self._bounds)
        new: list[QRectF] = []
        for edge in edges:
            self._paths.pop(edge, None)
            if (before := self._drawn.pop(edge, None)) is not None:
                self.update(before)
            if (route := routes.get(edge)) is not None:
                rect = self._drawn[edge] = route_rect(route)
                bounds = bounds.united(rect)
                new.append(rect)
        if bounds != self._bounds:
            self.prepareGeometryChange()
            self._bounds = bounds
        for rect in new:
            self.update(rect)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Straight wires in one call, the others one by one; wrong ones red and last."""
        ink, area = inks(), option.exposedRect
        geometry, owner = self.level.geometry, self.level.owner
        straight: list[QLineF] = []
        wrong: list[QPainterPath | QLineF] = []
        painter.setPen(ink.wire)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in geometry.wire_grid.keys_in(
            Box(area.left(), area.top(), area.right(), area.bottom()).grown(_MARGIN)
        ):
            path = self._paths.get(edge) or self._path(edge)
            if self._is_wrong(owner, edge):
                wrong.append(path)
            elif isinstance(path, QLineF):
                straight.append(path)
            else:
                painter.drawPath(path)
        painter.drawLines(straight)
        painter.setPen(ink.wire_error)
        for path in wrong:
            if isinstance(path, QLineF):
                painter.drawLine(path)
            else:
                painter.drawPath(path)

    def _path(self, edge: Edge) -> QPainterPath | QLineF:
        route = self.level.geometry.routes[edge]
        path = QLineF(*route[0], *route[1]) if len(route) == 2 else wire_path(route)
        self._paths[edge] = path
        return path


class StrongWire(NamedTuple):
    """A wire to paint strongly, in scene coordinates, with the boxes of the nodes at its ends."""

    path: QPainterPath
    ends: tuple[QPointF, QPointF]
    nodes: tuple[QRectF, ...] = ()
    glow: bool = False
    """Whether it is about to take in a node."""


class StrongWiresItem(QGraphicsItem):
    """The wires that are selected or under the mouse, above everything, with both ends marked."""

    def __init__(self) -> None:
        super().__init__()
        self._wires: Sequence[StrongWire] = ()
        self._bounds = QRectF()
        self.setZValue(1e6)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_wires(self, wires: Sequence[StrongWire]) -> None:
        """Paint these wires and no others."""
        self.prepareGeometryChange()
        self._wires = wires
        self._bounds = QRectF()
        for wire in wires:
            self._bounds = self._bounds.united(wire.path.boundingRect())
            for rect in wire.nodes:
                self._bounds = self._bounds.united(rect)
        self._bounds.adjust(-12, -12, 12, 12)
        self.setVisible(bool(wires))

    def boundingRect(self) -> QRectF:
        """Around all of them."""
        return self._bounds

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Wires, their ends, and a thin line around the nodes they join."""
        self.paint_wires(painter)

    def paint_wires(self, painter: QPainter) -> None:
        """Paint them in scene coordinates."""
        ink = inks()
        for wire in self._wires:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if wire.glow:
                painter.setPen(QPen(faded(ink.accent, 70), 9, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                painter.drawPath(wire.path)
            painter.setPen(ink.wire_lit)
            painter.drawPath(wire.path)
            painter.setPen(QPen(faded(ink.accent, 120), 1.5))
            for rect in wire.nodes:
                painter.drawRoundedRect(rect, 7, 7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink.accent)
            for end in wire.ends:
                painter.drawEllipse(end, 4, 4)
