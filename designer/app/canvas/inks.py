"""Pens, brushes and fonts of the canvas in the current colour scheme, made once per scheme."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen

from designer.app import theme
from designer.layers.base import Category


def _pen(colour: QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    return QPen(colour, width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def faded(colour: QColor, alpha: int) -> QColor:
    """The colour with another opacity, 0 to 255."""
    result = QColor(colour)
    result.setAlpha(alpha)
    return result


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """`share` of `a` and the rest of `b`."""
    return QColor.fromRgbF(
        a.redF() * share + b.redF() * (1 - share),
        a.greenF() * share + b.greenF() * (1 - share),
        a.blueF() * share + b.blueF() * (1 - share),
    )


@dataclass(frozen=True)
class Inks:
    """Everything the canvas paints with in one scheme."""

    canvas: QColor
    grid: QColor
    surface: QColor
    border: QColor
    text: QColor
    muted: QColor
    accent: QColor
    on_accent: QColor
    error: QColor
    warning: QColor
    good: QColor
    node: QBrush
    node_selected: QBrush
    node_pen: QPen
    hover_pen: QPen
    selected_pen: QPen
    error_pen: QPen
    warning_pen: QPen
    wire: QPen
    wire_error: QPen
    wire_lit: QPen
    wire_new: QPen
    wire_refused: QPen
    cross: QPen
    guide: QPen
    cut: QPen
    box_pen: QPen
    box_brush: QBrush
    frame: QBrush
    frame_header: QBrush
    frame_pen: QPen
    tag_pen: QPen
    port: QPen
    lit_port: QPen
    note: QColor
    note_border: QColor
    bar: QBrush
    bar_ground: QBrush
    categories: dict[Category, QBrush]
    overview: dict[Category, QBrush]

    @staticmethod
    def of(palette: theme.Palette, dark: bool) -> Inks:
        """Everything in the colours of a palette."""
        node, accent, text = QColor(palette.node), QColor(palette.accent), QColor(palette.text)
        error, wire, muted = QColor(palette.error), QColor(palette.wire), QColor(palette.muted)
        warning, border = QColor(palette.warning), QColor(palette.node_border)
        bars = {name: QColor(colours[dark]) for name, colours in theme.CATEGORY_COLOURS.items()}
        return Inks(
            canvas=QColor(palette.canvas), grid=QColor(palette.grid), surface=QColor(palette.surface),
            border=QColor(palette.border), text=text, muted=muted, accent=accent, on_accent=QColor(palette.on_accent),
            error=error, warning=warning, good=QColor(palette.good), node=QBrush(node),
            node_selected=QBrush(mixed(accent, node, 0.16 if dark else 0.08)), node_pen=_pen(border, 1),
            hover_pen=_pen(mixed(accent, border, 0.55), 1.2), selected_pen=_pen(accent, 2), error_pen=_pen(error, 1.5),
            warning_pen=_pen(warning, 1), wire=_pen(wire, 1.5), wire_error=_pen(error, 1.8), wire_lit=_pen(accent, 2.5),
            wire_new=_pen(accent, 2, Qt.PenStyle.SolidLine), wire_refused=_pen(error, 2, Qt.PenStyle.DashLine),
            cross=_pen(error, 2.5), guide=QPen(faded(accent, 150), 0), cut=_pen(error, 1.5, Qt.PenStyle.DashLine),
            box_pen=QPen(accent, 0), box_brush=QBrush(faded(accent, 28)),
            frame=QBrush(faded(muted, 26 if dark else 20)),
            frame_header=QBrush(faded(muted, 34 if dark else 26)), frame_pen=_pen(mixed(border, muted, 0.75), 1),
            tag_pen=_pen(QColor(palette.border), 1), port=_pen(wire, 1.3), lit_port=_pen(accent, 1.5),
            note=QColor(palette.note), note_border=QColor(palette.note_border),
            bar=QBrush(QColor(palette.curves[1])), bar_ground=QBrush(faded(muted, 46)),
            categories={name: QBrush(colour) for name, colour in bars.items()},
            overview={name: QBrush(mixed(colour, node, 0.75)) for name, colour in bars.items()},
        )  # fmt: skip


@cache
def _inks(dark: bool) -> Inks:
    return Inks.of(theme.DARK if dark else theme.LIGHT, dark)


def inks() -> Inks:
    """The inks of the current scheme."""
    return _inks(theme.is_dark())


@dataclass(frozen=True)
class Face:
    """A font with its metrics."""

    font: QFont
    metrics: QFontMetricsF

    def elided(self, text: str, width: float) -> str:
        """The text, cut with an ellipsis where it is wider."""
        return self.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)

    def width(self, text: str) -> float:
        """How wide the text is."""
        return self.metrics.horizontalAdvance(text)


@cache
def face(pixels: int = theme.TEXT_SIZE, bold: bool = False) -> Face:
    """A font of the type scale; measured without hinting, because the canvas zooms."""
    font = theme.font(pixels, bold=bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return Face(font, QFontMetricsF(font))
