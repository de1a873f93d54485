"""A note on the canvas: a sheet of paper with all of its text, without ports."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from designer.app.canvas.geometry import Place
from designer.app.canvas.inks import face, inks
from designer.app.canvas.node_item import MARGIN, NodeItem
from designer.app.i18n import tr
from designer.app.theme import TEXT_SIZE
from designer.graph.model import Node
from designer.layers.base import Layer
from designer.layout.metrics import NODE_WIDTH, note_text
from designer.layout.notes import NOTE_LINE, NOTE_PADDING, note_lines
from designer.shapes.analysis import Result

_FOLD: Final = 11.0
"""The corner of the sheet that is turned down."""


class NoteItem(NodeItem):
    """Draws a note, as tall as its text."""

    _lines: tuple[str, ...] = ()

    def show_node(self, node: Node, layer: Layer, result: Result, place: Place) -> None:
        """Take over the text there is now."""
        self.prepareGeometryChange()
        self._lines = note_lines(note_text(node), NODE_WIDTH - 2 * NOTE_PADDING)
        super().show_node(node, layer, result, place)

    @property
    def _sheet(self) -> QRectF:
        return QRectF(0, 0, NODE_WIDTH, self.place.box.bottom - self.place.box.top)

    def boundingRect(self) -> QRectF:
        """The sheet with its outline."""
        return self._sheet.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The sheet, its turned corner and the text."""
        ink, edge = inks(), self._sheet.adjusted(0.5, 0.5, -0.5, -0.5)
        fold = [edge.topRight() - QPointF(_FOLD, 0), edge.topRight() + QPointF(0, _FOLD)]
        plain = QPen(ink.note_border, 1)
        painter.setPen(ink.selected_pen if self.selected else ink.hover_pen if self.hovered else plain)
        painter.setBrush(ink.note)
        painter.drawPolygon(QPolygonF([edge.topLeft(), *fold, edge.bottomRight(), edge.bottomLeft()]))
        painter.setPen(plain)
        painter.setBrush(ink.note_border)
        painter.drawPolygon(QPolygonF([*fold, fold[0] + QPointF(0, _FOLD)]))
        painter.setFont(face(TEXT_SIZE).font)
        painter.setPen(ink.text if self._lines else ink.muted)
        for row, line in enumerate(self._lines or (tr("An empty note"),)):
            place = QRectF(NOTE_PADDING, NOTE_PADDING - 2 + row * NOTE_LINE, NODE_WIDTH, NOTE_LINE)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, line)
