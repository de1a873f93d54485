"""A node on the canvas: one item that paints all of itself, ports included, in one call."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from designer.app.canvas.bars import ALONE, BELOW_TEXT, LABEL_LEFT, filled
from designer.app.canvas.geometry import Place
from designer.app.canvas.inks import Inks, face, inks
from designer.app.canvas.ports import Port
from designer.app.canvas.stage import Level, Stage
from designer.app.canvas.wording import cost_text, property_text, shape_text
from designer.app.theme import SMALL_SIZE, TEXT_SIZE
from designer.graph.model import BLOCK, Endpoint, Node
from designer.layers.base import Facts, Layer, ShapeError
from designer.layout.metrics import LABEL_ROOM, NODE_HEIGHT, NODE_WIDTH
from designer.shapes.analysis import Result

RADIUS: Final = 5.0
BAR: Final = 5.0
PORT_RADIUS: Final = 3.5
SMALL_TEXT_ZOOM: Final = 0.5
"""Below this many pixels per canvas unit the small texts and the ports are left out: nobody could read them."""
MARGIN: Final = 9.0
"""How far anything is painted beyond the box, labels aside."""
COST_ROOM: Final = 200.0
FOLD_ROOM: Final = 22.0
"""Width of the triangle that folds and unfolds a frame, at the left of its name."""

BOX: Final = QRectF(0, 0, NODE_WIDTH, NODE_HEIGHT)
_EDGE: Final = BOX.adjusted(0.5, 0.5, -0.5, -0.5)
_BOUNDS: Final = QRectF(-MARGIN, -MARGIN, NODE_WIDTH + MARGIN + 10 + COST_ROOM, NODE_HEIGHT + 2 * MARGIN)
_LABEL: Final = QRectF(LABEL_LEFT, 0, COST_ROOM, NODE_HEIGHT)
_LABEL_ABOVE_BAR: Final = _LABEL.adjusted(0, 0, 0, BELOW_TEXT.top() - NODE_HEIGHT)


def _bar() -> QPainterPath:
    rounded, left = QPainterPath(), QPainterPath()
    rounded.addRoundedRect(_EDGE, RADIUS, RADIUS)
    left.addRect(QRectF(0, 0, BAR, NODE_HEIGHT))
    return rounded.intersected(left)


_BAR: Final = _bar()


class NodeItem(QGraphicsItem):
    """Draws a node from what the document and the analysis say about it; knows nothing of gestures."""

    def __init__(self, stage: Stage, level: Level, node: Node, place: Place) -> None:
        super().__init__()
        self.stage = stage
        self.level = level
        self.node = node
        self.place = place
        self.layer: Layer
        self.result: Result = None
        self.selected = False
        self.hovered = False
        self._texts: tuple[str, str, str] | None = None

    def show_node(self, node: Node, layer: Layer, result: Result, place: Place) -> None:
        """Take over what is known of the node now."""
        self.node, self.layer, self.result, self.place = node, layer, result, place
        self._texts = None
        self.update()

    def set_state(self, *, selected: bool | None = None, hovered: bool | None = None) -> None:
        """Paint as selected or under the mouse."""
        if selected is not None:
            self.selected = selected
        if hovered is not None:
            self.hovered = hovered
        self.update()

    def boundingRect(self) -> QRectF:
        """The box with its ports and the labels right of it."""
        return _BOUNDS

    # ---- painting

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Box, category, texts and ports."""
        ink = inks()
        foldable = self.node.body is not None
        if foldable or self.node.type == BLOCK:  # there is more behind it
            painter.setPen(ink.node_pen)
            painter.setBrush(ink.node)
            painter.drawRoundedRect(_EDGE.translated(3, 3), RADIUS, RADIUS)
        painter.setPen(self._outline(ink))
        painter.setBrush(ink.node_selected if self.selected else ink.node)
        painter.drawRoundedRect(_EDGE, RADIUS, RADIUS)
        painter.fillPath(_BAR, ink.categories[self.layer.category])
        name, properties, shape = self._texts or self._measure()
        left = BAR + 9 + (FOLD_ROOM - 6 if foldable else 0)
        if foldable:
            paint_triangle(painter, ink, QPointF(BAR + 13, NODE_HEIGHT / 2), folded=True)
        painter.setFont(face(TEXT_SIZE, True).font)
        painter.setPen(ink.text)
        painter.drawText(QRectF(left, 0, NODE_WIDTH - left, NODE_HEIGHT), Qt.AlignmentFlag.AlignVCenter, name)
        if painter.worldTransform().m11() * painter.device().devicePixelRatioF() >= SMALL_TEXT_ZOOM:
            self._paint_small(painter, ink, left, properties, shape)
            return
        self._paint_bar(painter, ink, ALONE)
        if self.stage.origin is not None:
            self._paint_ports(painter, ink)

    def _paint_small(self, painter: QPainter, ink: Inks, left: float, properties: str, shape: str) -> None:
        """What is left out where it would be too small to be seen."""
        painter.setFont(face(SMALL_SIZE).font)
        painter.setPen(ink.muted)
        if properties:
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(left, 0, NODE_WIDTH - left - 10 - self._badge_room, NODE_HEIGHT), right, properties)
        if self._badge_room:
            paint_badge(painter, ink, QPointF(NODE_WIDTH - 15, NODE_HEIGHT / 2), error=self.has_error)
        self._paint_labels(painter, ink, shape)
        self._paint_ports(painter, ink)

    def _paint_bar(self, painter: QPainter, ink: Inks, room: QRectF) -> bool:
        """A figure's share of the largest, if one is shown and this node has any; whether it is painted."""
        share = self.stage.bars.get(self.node.id)
        if not share:
            return False
        painter.fillRect(room, ink.bar_ground)
        painter.fillRect(filled(room, share), ink.bar)
        return True

    def _outline(self, ink: Inks) -> QPen:
        if self.selected:
            return ink.selected_pen
        if self.has_error:
            return ink.error_pen
        return ink.hover_pen if self.hovered else ink.node_pen

    @property
    def has_error(self) -> bool:
        """Whether something is wrong with this very node."""
        return isinstance(self.result, ShapeError)

    @property
    def _has_note(self) -> bool:
        return isinstance(self.result, Facts) and bool(self.result.notes)

    @property
    def _badge_room(self) -> float:
        return 18.0 if self.has_error or self._has_note else 0.0

    def _measure(self) -> tuple[str, str, str]:
        """Elide name and properties to the room there is: the name may take two thirds, the properties the rest."""
        room = NODE_WIDTH - BAR - 9 - 10 - self._badge_room - (FOLD_ROOM - 6 if self.node.body is not None else 0)
        bold, small = face(TEXT_SIZE, True), face(SMALL_SIZE)
        properties = property_text(self.node, self.layer)
        wanted = small.width(properties)
        name = bold.elided(self.node.label, max(room - wanted - 10, room * 0.6) if properties else room)
        left = room - bold.width(name) - 10
        properties = small.elided(properties, left) if properties and left > 20 else ""
        self._texts = (name, properties, small.elided(shape_text(self.layer, self.result), LABEL_ROOM - 14))
        return self._texts

    def _paint_labels(self, painter: QPainter, ink: Inks, shape: str) -> None:
        cost = cost_text(self.layer, self.result) if self.selected else ""
        painter.setPen(ink.error if self.has_error and shape == "?" else ink.muted)
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if not cost:
            barred = self._paint_bar(painter, ink, BELOW_TEXT)
            painter.drawText(_LABEL_ABOVE_BAR if barred else _LABEL, middle, shape)
            return
        width = max(face(SMALL_SIZE).width(cost), face(SMALL_SIZE).width(shape))
        painter.setBrush(ink.surface)
        painter.setPen(ink.tag_pen)
        painter.drawRoundedRect(QRectF(_LABEL.left() - 5.5, 0.5, width + 11, NODE_HEIGHT - 1), RADIUS, RADIUS)
        painter.setPen(ink.muted)
        painter.drawText(_LABEL.adjusted(0, 1, 0, -NODE_HEIGHT / 2), middle, shape)
        painter.setPen(ink.accent)
        painter.drawText(_LABEL.adjusted(0, NODE_HEIGHT / 2, 0, -1), middle, cost)

    def _paint_ports(self, painter: QPainter, ink: Inks) -> None:
        trunk = self.place.trunk - self.place.position[0]
        entering, leaving = self.level.wired(self.node.id)
        brush = PortBrush(painter, ink, self.stage, self.level.owner, self.hovered)
        for index in range(self.place.inputs):
            at = QPointF(trunk + self.level.geometry.input_offset((self.node.id, index)), 0)
            brush.paint(at, (self.node.id, index), gives=False, wired=index in entering)
        for index in range(self.place.outputs):
            at = QPointF(trunk + self.place.outlets[index], NODE_HEIGHT)
            brush.paint(at, (self.node.id, index), gives=True, wired=index in leaving)


class PortBrush:
    """Paints ports: filled where wired, hollow where free, large and bright where the wire being drawn may end."""

    def __init__(self, painter: QPainter, ink: Inks, stage: Stage, owner: str | None, hovered: bool) -> None:
        self.painter, self.ink, self.stage, self.owner, self.hovered = painter, ink, stage, owner, hovered

    def paint(self, at: QPointF, end: Endpoint, *, gives: bool, wired: bool) -> None:
        """One port at a place of the item."""
        painter, ink, radius = self.painter, self.ink, PORT_RADIUS
        painter.setPen(ink.port)
        painter.setBrush(ink.port.color() if wired else ink.canvas)
        if wired and not self.hovered:
            radius -= 1.25
        if self.stage.origin is not None:
            port = Port(self.owner, end, gives)
            if port in self.stage.legal or port == self.stage.origin:
                radius += 1.5
                painter.setPen(ink.lit_port)
                painter.setBrush(ink.accent)
            else:
                radius -= 1
        elif self.hovered:
            radius += 1
            painter.setPen(ink.lit_port)
        painter.drawEllipse(at, radius, radius)


def paint_badge(painter: QPainter, ink: Inks, at: QPointF, *, error: bool) -> None:
    """The small round marker of an error or a warning."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.error if error else ink.warning)
    painter.drawEllipse(at, 6.5, 6.5)
    painter.setPen(ink.canvas)
    painter.setFont(face(SMALL_SIZE - 1, True).font)
    painter.drawText(QRectF(at.x() - 7, at.y() - 7, 14, 14), Qt.AlignmentFlag.AlignCenter, "!")
    painter.setFont(face(SMALL_SIZE).font)


def paint_triangle(painter: QPainter, ink: Inks, at: QPointF, *, folded: bool) -> None:
    """The triangle that folds and unfolds a frame: to the right when folded, down when open."""
    x, y = at.x(), at.y()
    tip = [QPointF(x - 2.5, y - 4.5), QPointF(x + 3.5, y), QPointF(x - 2.5, y + 4.5)]
    if not folded:
        tip = [QPointF(x - 4.5, y - 2.5), QPointF(x + 4.5, y - 2.5), QPointF(x, y + 3.5)]
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink.muted)
    painter.drawPolygon(tip)
