"""A frame on the canvas: a quiet box around its body, with a header that folds it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from designer.app.canvas.border_item import paint_inner_ports
from designer.app.canvas.geometry import ORIGIN_X, ORIGIN_Y, Place
from designer.app.canvas.inks import Inks, face, inks
from designer.app.canvas.node_item import COST_ROOM, FOLD_ROOM, MARGIN, PortBrush, paint_badge, paint_triangle
from designer.app.canvas.stage import Level, Stage
from designer.app.canvas.wording import cost_text, shape_text
from designer.app.i18n import tr
from designer.app.theme import SMALL_SIZE, TEXT_SIZE
from designer.graph.model import Node
from designer.layers.base import Facts, Layer, ShapeError
from designer.layout.metrics import FRAME_HEADER, LABEL_ROOM
from designer.shapes.analysis import Result

RADIUS: Final = 8.0


class FrameItem(QGraphicsItem):
    """Draws an open frame; the nodes and wires inside are items of their own above it."""

    def __init__(self, stage: Stage, level: Level, inner: Level, node: Node, place: Place) -> None:
        super().__init__()
        self.stage = stage
        self.level = level
        self.inner = inner
        self.node = node
        self.place = place
        self.layer: Layer
        self.result: Result = None
        self.selected = False
        self.hovered = False
        self._rect = self._box()

    def show_node(self, node: Node, layer: Layer, result: Result, place: Place) -> None:
        """Take over what is known of the frame now."""
        self.node, self.layer, self.result, self.place = node, layer, result, place
        if self._box() != self._rect:
            self.prepareGeometryChange()
            self._rect = self._box()
        self.update()

    def set_state(self, *, selected: bool | None = None, hovered: bool | None = None) -> None:
        """Paint as selected or under the mouse."""
        self.selected = self.selected if selected is None else selected
        self.hovered = self.hovered if hovered is None else hovered
        self.update()

    def _box(self) -> QRectF:
        (x, y), box = self.place.position, self.place.box
        return QRectF(box.left - x, box.top - y, box.right - box.left, box.bottom - box.top)

    def boundingRect(self) -> QRectF:
        """The frame with its ports and the labels right of its header."""
        return self._rect.adjusted(-MARGIN, -MARGIN, COST_ROOM, MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Ground, header, texts and ports."""
        ink, rect = inks(), self._rect.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.frame)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.fillPath(self._header_path(rect), ink.frame_header)
        if self.selected:
            painter.setPen(ink.selected_pen)
        else:
            painter.setPen(ink.error_pen if self.has_error else ink.hover_pen if self.hovered else ink.frame_pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        self._paint_header(painter, ink)
        if not self.inner.geometry.body.nodes:
            painter.setFont(face(SMALL_SIZE).font)
            painter.setPen(ink.muted)
            times = getattr(self.layer, "times", None)
            hint = tr("Drop layers here: they run once for every step along the axis") if times is None else tr(
                "Drop layers here: they run {times} times", times=times)  # fmt: skip
            wrapped = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(rect.adjusted(12, FRAME_HEADER, -12, 0), wrapped, hint)
        self._paint_ports(painter, ink)

    @staticmethod
    def _header_path(rect: QRectF) -> QPainterPath:
        rounded, top = QPainterPath(), QPainterPath()
        rounded.addRoundedRect(rect, RADIUS, RADIUS)
        top.addRect(QRectF(rect.left(), rect.top(), rect.width(), FRAME_HEADER))
        return rounded.intersected(top)

    @property
    def has_error(self) -> bool:
        """Whether something is wrong with the frame itself."""
        return isinstance(self.result, ShapeError)

    def _paint_header(self, painter: QPainter, ink: Inks) -> None:
        head = QRectF(self._rect.left(), self._rect.top(), self._rect.width(), FRAME_HEADER)
        paint_triangle(painter, ink, QPointF(head.left() + 14, head.center().y()), folded=False)
        bold, small = face(TEXT_SIZE, True), face(SMALL_SIZE)
        left, middle = head.left() + FOLD_ROOM + 4, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        name = bold.elided(self.node.label, head.width() - 90)
        painter.setFont(bold.font)
        painter.setPen(ink.text)
        painter.drawText(QRectF(left, head.top(), head.width(), head.height()), middle, name)
        times = self.layer.summary()
        pill = QRectF(left + bold.width(name) + 8, head.center().y() - 9, bold.width(times) + 14, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.categories[self.layer.category])
        painter.drawRoundedRect(pill, 9, 9)
        painter.setPen(ink.canvas)
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, times)
        if self.has_error or (isinstance(self.result, Facts) and self.result.notes):
            paint_badge(painter, ink, QPointF(head.right() - 16, head.center().y()), error=self.has_error)
        painter.setFont(small.font)
        painter.setPen(ink.muted)
        shape = small.elided(shape_text(self.layer, self.result), LABEL_ROOM - 14)
        painter.drawText(QRectF(head.right() + 10, head.top(), COST_ROOM, head.height()), middle, shape)
        if self.selected:
            costs = QRectF(pill.right() + 10, head.top(), head.right() - pill.right() - 36, head.height())
            painter.setPen(ink.accent)
            painter.drawText(costs, middle, small.elided(cost_text(self.layer, self.result), costs.width()))

    def _paint_ports(self, painter: QPainter, ink: Inks) -> None:
        trunk, rect, place = self.place.trunk - self.place.position[0], self._rect, self.place
        entering, leaving = self.level.wired(self.node.id)
        outside = PortBrush(painter, ink, self.stage, self.level.owner, self.hovered)
        for port in range(max(place.inputs, self.stage.lit_inputs(self.level.owner, self.node.id))):
            at = QPointF(trunk + place.inlets[port], rect.top())
            outside.paint(at, (self.node.id, port), gives=False, wired=port in entering)
        for port in range(place.outputs):
            at = QPointF(trunk + place.outlets[port], rect.bottom())
            outside.paint(at, (self.node.id, port), gives=True, wired=port in leaving)
        counts = (place.inputs, place.outputs)
        paint_inner_ports(painter, ink, self.stage, self.inner, counts, QPointF(ORIGIN_X, ORIGIN_Y), self.hovered)
