"""What gestures and hints paint above the drawing: bubbles with words, guides, rubber bands, ghosts of nodes."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from designer.app.canvas.inks import Inks, faded, inks
from designer.app.canvas.node_item import RADIUS
from designer.app.canvas.shelf import block_of, class_of
from designer.app.i18n import tr
from designer.app.theme import SMALL_SIZE, TEXT_SIZE, TITLE_SIZE, font
from designer.layers.registry import title_of
from designer.layout.metrics import NODE_HEIGHT, NODE_WIDTH

_BUBBLE_WIDTH = 320
_PADDING = 8


def bubble_rect(at: QPoint, text: str, room: QRect) -> QRect:
    """Where a bubble beside the mouse lies, inside the view."""
    wrap = int(Qt.TextFlag.TextWordWrap)
    box = QFontMetrics(font(TEXT_SIZE)).boundingRect(QRect(0, 0, _BUBBLE_WIDTH, 1000), wrap, text)
    box.adjust(-_PADDING, -_PADDING + 2, _PADDING + 1, _PADDING - 2)
    box.moveTopLeft(at + QPoint(18, 14))
    box.moveRight(min(box.right(), room.right() - 4))
    if box.bottom() > room.bottom() - 4:
        box.moveBottom(at.y() - 12)
    return box


def paint_bubble(painter: QPainter, at: QPoint, text: str, room: QRect, *, ok: bool = True) -> None:
    """Words beside the mouse, in pixels of the view; red where something cannot be."""
    ink = inks()
    painter.save()
    painter.resetTransform()
    painter.setFont(font(TEXT_SIZE))
    box = bubble_rect(at, text, room)
    painter.setPen(QPen(ink.accent if ok else ink.error, 1))
    painter.setBrush(ink.surface)
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    painter.setPen(ink.text if ok else ink.error)
    painter.drawText(box.adjusted(_PADDING, 0, -_PADDING + 1, 0),
                     int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter), text)  # fmt: skip
    painter.restore()


def paint_guides(painter: QPainter, guides: Iterable[QLineF]) -> None:
    """Thin lines along which what is being dragged is aligned."""
    painter.setPen(inks().guide)
    painter.drawLines(list(guides))


def paint_outlines(painter: QPainter, boxes: Iterable[QRectF]) -> None:
    """Where nodes would lie that are too many to be drawn at every move."""
    painter.setPen(inks().box_pen)
    painter.setBrush(inks().box_brush)
    painter.drawRects(list(boxes))


def paint_ghost(painter: QPainter, at: QPointF, type_: str) -> None:
    """The outline of a layer that is being dragged in, with its corner at a point of the scene."""
    ink, cls = inks(), class_of(type_)
    box = QRectF(at.x(), at.y(), NODE_WIDTH, NODE_HEIGHT)
    painter.setPen(ink.selected_pen)
    painter.setBrush(faded(ink.node.color(), 210))
    painter.drawRoundedRect(box, RADIUS, RADIUS)
    painter.fillRect(QRectF(box.left() + 1, box.top() + 1, 5, box.height() - 2), ink.categories[cls.category])
    painter.setPen(ink.text)
    painter.setFont(font(TEXT_SIZE, bold=True))
    title = block_of(type_) or tr(title_of(cls))
    painter.drawText(box.adjusted(14, 0, -8, 0), int(Qt.AlignmentFlag.AlignVCenter), title)


def paint_empty_hint(painter: QPainter, room: QRect) -> None:
    """What to do first, in the middle of an empty canvas."""
    ink: Inks = inks()
    painter.save()
    painter.resetTransform()
    middle = room.center()
    card = QRectF(middle.x() - 190, middle.y() - 74, 380, 148)
    dashed = QPen(ink.border, 1.5, Qt.PenStyle.CustomDashLine)
    dashed.setDashPattern([5, 4])
    painter.setPen(dashed)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(card, 14, 14)
    lines = (
        (tr("Drag a layer here"), TITLE_SIZE, True, ink.text),
        (tr("or double-click, or just type 'conv'"), TEXT_SIZE, False, ink.muted),
        (tr("An Input comes first; double-click in the palette builds a chain"), SMALL_SIZE, False, ink.muted),
    )
    y = card.top() + 30
    for text, size, bold, colour in lines:
        painter.setFont(font(size, bold=bold))
        painter.setPen(colour)
        painter.drawText(QRectF(card.left(), y, card.width(), 26), int(Qt.AlignmentFlag.AlignCenter), text)
        y += 32
    painter.restore()
