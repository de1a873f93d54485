"""The border of a block's drawing: a bar with its inputs above, one with its outputs below."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from designer.app.canvas.geometry import INNER_PORT, ORIGIN_X, ORIGIN_Y
from designer.app.canvas.inks import Inks, face, inks
from designer.app.canvas.node_item import PortBrush
from designer.app.canvas.stage import Level, Stage
from designer.app.i18n import tr
from designer.app.theme import SMALL_SIZE, TEXT_SIZE
from designer.graph.model import INPUT, OUTPUT, Block, Graph, block_name
from designer.layout.metrics import FRAME_HEADER

RADIUS: Final = 8.0
_FOOTER: Final = 24.0
"""Height of the bar with the outputs."""


class BorderItem(QGraphicsItem):
    """Drawn around the level of a block; the nodes and wires in it are items of their own above it."""

    def __init__(self, stage: Stage, level: Level) -> None:
        super().__init__()
        self._stage = stage
        self._level = level
        self._block = Block()
        self._counts = (1, 1)
        self._box = QRectF()
        self.setZValue(-1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_block(self, graph: Graph) -> None:
        """Follow the block."""
        name = block_name(self._level.owner) or ""
        self._block = graph.blocks[name]
        body = self._block.body
        self._counts = (max(body.inlets, 1), max(len(body.topology.outputs), 1))
        frame = self._level.geometry.frame.moved(-ORIGIN_X, -ORIGIN_Y)
        height = frame.bottom - frame.top - INNER_PORT + _FOOTER
        box = QRectF(frame.left, frame.top, frame.right - frame.left, height)
        if box != self._box:
            self.prepareGeometryChange()
            self._box = box
        self.update()

    @property
    def rect(self) -> QRectF:
        """The border in the scene."""
        return QRectF(self._box)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in the scene."""
        return (self._box.left(), self._box.top(), self._box.right(), self._box.bottom())

    def boundingRect(self) -> QRectF:
        """The border with its ports."""
        return self._box.adjusted(-8, -8, 8, 8)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Ground, the two bars, words and ports."""
        ink, box = inks(), self._box.adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink.frame)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        head = QRectF(box.left(), box.top(), box.width(), FRAME_HEADER)
        foot = QRectF(box.left(), box.bottom() - _FOOTER, box.width(), _FOOTER)
        painter.setBrush(ink.frame_header)
        painter.drawRoundedRect(head, RADIUS, RADIUS)
        painter.drawRoundedRect(foot, RADIUS, RADIUS)
        painter.setPen(ink.frame_pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        self._paint_words(painter, ink, head, foot)
        self._paint_ports(painter, ink)

    def _paint_words(self, painter: QPainter, ink: Inks, head: QRectF, foot: QRectF) -> None:
        bold, small = face(TEXT_SIZE, True), face(SMALL_SIZE)
        left, middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter
        name = bold.elided(block_name(self._level.owner) or "", head.width() / 2)
        painter.setFont(bold.font)
        painter.setPen(ink.text)
        painter.drawText(head.adjusted(12, 0, -12, 0), left, name)
        painter.setFont(small.font)
        painter.setPen(ink.muted)
        room = head.width() - bold.width(name) - 90
        arguments = ", ".join(f"{a.name} = {str(a.default).removeprefix('=')}" for a in self._block.arguments)
        painter.drawText(head.adjusted(22 + bold.width(name), 0, -12, 0), left, small.elided(arguments, room))
        painter.drawText(head.adjusted(12, 0, -12, 0), middle | Qt.AlignmentFlag.AlignRight, tr("inputs"))
        painter.drawText(foot.adjusted(12, 0, -12, 0), middle | Qt.AlignmentFlag.AlignRight, tr("outputs"))
        if not self._block.body.nodes:
            wrapped = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            hint = tr("Draw here what happens between the inputs above and the outputs below")
            painter.drawText(self._box.adjusted(20, FRAME_HEADER, -20, -_FOOTER), wrapped, hint)

    def _paint_ports(self, painter: QPainter, ink: Inks) -> None:
        paint_inner_ports(painter, ink, self._stage, self._level, self._counts)


def paint_inner_ports(
    painter: QPainter, ink: Inks, stage: Stage, level: Level, counts: tuple[int, int], shift: QPointF | None = None,
    hovered: bool = False,
) -> None:  # fmt: skip
    """The ports on the inside of a border; `shift` leads from the level's coordinates to the painter's."""
    brush, geometry, owner = PortBrush(painter, ink, stage, level.owner, hovered), level.geometry, level.owner
    shift = shift or QPointF()
    read = {edge.source[1] for edge in geometry.wires_at(INPUT) if edge.source[0] == INPUT}
    for port in range(max(counts[0], stage.lit_outputs(owner, INPUT))):
        at = QPointF(*geometry.source((INPUT, port))) + shift
        brush.paint(at, (INPUT, port), gives=True, wired=port in read)
    written = {edge.target[1] for edge in geometry.wires_at(OUTPUT) if edge.target[0] == OUTPUT}
    for port in range(max(counts[1], stage.lit_inputs(owner, OUTPUT))):
        at = QPointF(*geometry.target((OUTPUT, port))) + shift
        brush.paint(at, (OUTPUT, port), gives=False, wired=port in written)
