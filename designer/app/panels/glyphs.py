"""The small pictures of the categories of layers, drawn in any size and colour."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from designer.layers.base import Category

_BOX = 16.0
"""Every glyph is drawn into a box of 16 x 16."""


def _path(*strokes: list[tuple[float, float]]) -> QPainterPath:
    path = QPainterPath()
    for first, *rest in strokes:
        path.moveTo(*first)
        for point in rest:
            path.lineTo(*point)
    return path


def _rects(*rects: tuple[float, float, float, float]) -> QPainterPath:
    path = QPainterPath()
    for rect in rects:
        path.addRect(*rect)
    return path


def _circle(x: float, y: float, radius: float) -> QPainterPath:
    path = QPainterPath()
    path.addEllipse(QPointF(x, y), radius, radius)
    return path


def _io() -> QPainterPath:
    return _path(
        [(8, 2), (8, 10)], [(4.5, 6.5), (8, 10), (11.5, 6.5)], [(2.5, 10), (2.5, 13.5), (13.5, 13.5), (13.5, 10)]
    )


def _preprocess() -> QPainterPath:
    return _path([(5, 1.5), (5, 11), (14.5, 11)], [(1.5, 5), (11, 5), (11, 14.5)])


def _convolution() -> QPainterPath:
    path = _rects((2, 2, 12, 12))
    path.addPath(_path([(2, 8), (8, 8), (8, 2)], [(2, 5), (8, 5)], [(5, 2), (5, 8)]))
    return path


def _linear() -> QPainterPath:
    path = QPainterPath()
    for y in (3.5, 8, 12.5):
        path.addPath(_circle(3, y, 1.4))
    for y in (5.75, 10.25):
        path.addPath(_circle(13, y, 1.4))
        for source in (3.5, 8, 12.5):
            path.addPath(_path([(4.6, source), (11.4, y)]))
    return path


def _normalization() -> QPainterPath:
    path = QPainterPath(QPointF(1.5, 12.5))
    path.cubicTo(6, 12.5, 5.5, 3, 8, 3)
    path.cubicTo(10.5, 3, 10, 12.5, 14.5, 12.5)
    return path


def _pooling() -> QPainterPath:
    path = _rects((2, 2, 12, 12), (5.5, 5.5, 5, 5))
    path.addPath(_path([(2, 2), (5.5, 5.5)], [(14, 2), (10.5, 5.5)], [(2, 14), (5.5, 10.5)], [(14, 14), (10.5, 10.5)]))
    return path


def _activation() -> QPainterPath:
    return _path([(1.5, 12), (7.5, 12), (14, 3)])


def _arithmetic() -> QPainterPath:
    path = _circle(8, 8, 6)
    path.addPath(_path([(8, 4.8), (8, 11.2)], [(4.8, 8), (11.2, 8)]))
    return path


def _recurrent() -> QPainterPath:
    path = QPainterPath()
    path.arcMoveTo(2.5, 2.5, 11, 11, 60)
    path.arcTo(2.5, 2.5, 11, 11, 60, 300)
    path.addPath(_path([(10.2, 1), (10.8, 3.3), (8.4, 4.2)]))
    return path


def _attention() -> QPainterPath:
    path = _circle(8, 8, 2)
    eye = QPainterPath(QPointF(1.5, 8))
    eye.quadTo(8, 0.5, 14.5, 8)
    eye.quadTo(8, 15.5, 1.5, 8)
    path.addPath(eye)
    return path


def _math() -> QPainterPath:
    path = QPainterPath(QPointF(1.5, 8))
    path.cubicTo(4.5, -2.5, 6.5, 5, 8, 8)
    path.cubicTo(9.5, 11, 11.5, 18.5, 14.5, 8)
    return path


def _reduction() -> QPainterPath:
    return _path([(12.5, 4.5), (12.5, 2.5), (3.5, 2.5), (8.5, 8), (3.5, 13.5), (12.5, 13.5), (12.5, 11.5)])


def _logic() -> QPainterPath:
    path = QPainterPath(QPointF(3, 3))
    path.lineTo(7.5, 3)
    path.cubicTo(14, 3, 14, 13, 7.5, 13)
    path.lineTo(3, 13)
    path.closeSubpath()
    return path


def _quantization() -> QPainterPath:
    return _path([(1.5, 13.5), (5, 13.5), (5, 10), (8, 10), (8, 6.5), (11, 6.5), (11, 3), (14.5, 3)])


def _shape() -> QPainterPath:
    return _path(
        [(8, 1.8), (13.8, 4.9), (13.8, 11.1), (8, 14.2), (2.2, 11.1), (2.2, 4.9), (8, 1.8)],
        [(2.2, 4.9), (8, 8), (13.8, 4.9)],
        [(8, 8), (8, 14.2)],
    )


def _regularization() -> QPainterPath:
    path = QPainterPath()
    for x, y, there in ((4, 4, True), (12, 4, False), (8, 8, True), (4, 12, False), (12, 12, True)):
        path.addPath(
            _circle(x, y, 2)
            if there
            else _path([(x - 1.7, y - 1.7), (x + 1.7, y + 1.7)], [(x - 1.7, y + 1.7), (x + 1.7, y - 1.7)])
        )
    return path


def _control() -> QPainterPath:
    path = _path([(4, 4.5), (12.5, 4.5), (12.5, 8)], [(12, 11.5), (3.5, 11.5), (3.5, 8)])
    path.addPath(_path([(6, 2.2), (3.7, 4.5), (6, 6.8)], [(10, 9.2), (12.3, 11.5), (10, 13.8)]))
    return path


def _loss() -> QPainterPath:
    path = _circle(8, 8, 6)
    path.addPath(_circle(8, 8, 2.6))
    return path


_CATEGORIES: dict[Category, Callable[[], QPainterPath]] = {
    "io": _io, "preprocess": _preprocess, "convolution": _convolution, "linear": _linear,
    "recurrent": _recurrent, "attention": _attention, "normalization": _normalization, "pooling": _pooling,
    "activation": _activation, "arithmetic": _arithmetic, "math": _math, "reduction": _reduction, "logic": _logic,
    "shape": _shape, "quantization": _quantization, "regularization": _regularization,
    "control": _control, "loss": _loss,
}  # fmt: skip


@cache
def category_path(category: Category) -> QPainterPath:
    """The outline, in a box of 16 x 16, that stands for a category."""
    return _CATEGORIES[category]()


def stroke(painter: QPainter, path: QPainterPath, box: QRectF, colour: QColor, width: float = 1.4) -> None:
    """Draw a glyph's outline into a box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(box.topLeft())
    painter.scale(box.width() / _BOX, box.height() / _BOX)
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


def chip(painter: QPainter, category: Category, box: QRectF, colour: QColor) -> None:
    """A category's mark: its glyph in its colour on a tinted square with round corners."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    tint = QColor(colour)
    tint.setAlphaF(0.14)
    painter.setBrush(tint)
    painter.drawRoundedRect(box, box.width() / 5, box.height() / 5)
    painter.restore()
    margin = box.width() / 6
    stroke(painter, category_path(category), box.adjusted(margin, margin, -margin, -margin), colour, 1.5)
