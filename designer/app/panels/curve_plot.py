"""One plot of curves over the iterations, with zoom, cursor and legend; importing it imports pyqtgraph (0.6 s)."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.app import theme
from designer.app.panels.curve_data import Floats, RunCurves, Series, SmoothedSeries, bounds
from designer.app.panels.curve_legend import Legend, Line

Pair = tuple[float, float]

_RAW_SHARE = 0.3
"""How much of a curve's colour is in its raw points; the rest is the background."""
_SMOOTHED_WIDTH = 2
_AXIS_WIDTH = 46
_X_TICKS_ROOM = 20
_RIGHT_ROOM = 14
"""Pixels for the second half of the last number below the x axis."""
_LINE = 17
"""Pixels from one number to the next."""
_DIGITS = ((1, 2, 5), (1, 3), (1,))


class _View(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """Dragging marks what to zoom to, the wheel zooms along x, a double click shows everything again."""

    def __init__(self, reset: Callable[[], None]) -> None:
        super().__init__(enableMenu=False)
        self._reset = reset
        self.setMouseMode(pg.ViewBox.RectMode)
        self.disableAutoRange()
        self.setDefaultPadding(0)

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:
        """Over the plot zoom along x only: y follows what is visible. Over an axis zoom that axis."""
        super().wheelEvent(event, 0 if axis is None else axis)

    def mouseClickEvent(self, event: Any) -> None:
        """A double click shows everything."""
        if event.double() and event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self._reset()


class _ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """The y axis. On a logarithmic scale it numbers 1, 2 and 5 of each decade, or less where they would touch."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """pyqtgraph's own on a linear scale."""
        if not self.logMode:
            return list(super().tickValues(low, high, size))
        return [(1.0, log_ticks(low, high, size))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """0.05 and 20 rather than powers of ten."""
        if not self.logMode:
            return list(super().tickStrings(values, scale, spacing))
        return [f"{10**value:.3g}" for value in values]


class _StepAxis(pg.AxisItem):  # type: ignore[misc]
    """The x axis, whose last number may stand half beyond the plot."""

    def boundingRect(self) -> QRectF:
        """With room for that half."""
        rect: QRectF = super().boundingRect()
        return rect.adjusted(0, 0, _RIGHT_ROOM, 0)


def log_ticks(low: float, high: float, size: float) -> list[float]:
    """Where a scale of `size` pixels from 10 ** low to 10 ** high has its numbers, as logarithms."""
    if not high > low:
        return []
    room = _LINE * (high - low) / max(size, 1)
    decades = range(math.floor(low), math.ceil(high) + 1)
    step = max(1, math.ceil(room))
    coarse = [float(decade) for decade in decades if decade % step == 0]
    fine = [[decade + math.log10(digit) for decade in decades for digit in digits] for digits in _DIGITS]
    if high - low < 1:
        unit = 10.0 ** math.floor(math.log10(10**high - 10**low))
        for share in (0.1, 0.2, 0.5, 1.0, 2.0):
            first, last = math.ceil(10**low / (unit * share)), math.floor(10**high / (unit * share))
            fine.insert(0, [math.log10(k * unit * share) for k in range(first, last + 1)])
    shown = [[tick for tick in ticks if low <= tick <= high] for ticks in (*fine, coarse)]
    fitting = [ticks for ticks in shown if all(b - a >= room for a, b in pairwise(ticks))]
    return max(fitting, key=len, default=[])


class _Canvas(pg.PlotWidget):  # type: ignore[misc]
    """The widget that pyqtgraph draws on, with the keys of the plot."""

    left = Signal()
    resized = Signal()

    def __init__(self, view: _View, key: Callable[[QKeyEvent], bool]) -> None:
        self._key = key
        super().__init__(viewBox=view, axisItems={"left": _ValueAxis("left"), "bottom": _StepAxis("bottom")})

    def leaveEvent(self, event: QEvent) -> None:
        """The mouse has left."""
        super().leaveEvent(event)
        self.left.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width shows another number of points."""
        super().resizeEvent(event)
        self.resized.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The plot's own keys first."""
        if not self._key(event):
            super().keyPressEvent(event)


class _Drawn:
    """The items that show one line: the raw points faint behind the smoothed ones, or one item."""

    def __init__(self, line: Line, plot: Any) -> None:
        self.line = line
        self.front = pg.PlotDataItem(connect="finite")
        self.back = pg.PlotDataItem(connect="finite") if line.style == "smoothed" else None
        self._shown: object = None
        self._values: list[Floats] = []
        for depth, item in ((1, self.back), (3 if line.style == "markers" else 2, self.front)):
            if item is not None:
                item.setZValue(depth)
                plot.addItem(item, ignoreBounds=True)

    def set_colour(self, colour: QColor) -> None:
        if self.line.style == "markers":
            self.front.opts["antialias"] = True
            self.front.setPen(pg.mkPen(colour, width=1))
            self.front.setSymbol("o")
            self.front.setSymbolSize(6)
            self.front.setSymbolBrush(colour)
            self.front.setSymbolPen(pg.mkPen(theme.palette().surface, width=1))
        else:
            self.front.setPen(pg.mkPen(colour, width=_SMOOTHED_WIDTH if self.back is not None else 1))
        if self.back is not None:  # opaque: translucent lines that overlap would add up
            self.back.setPen(pg.mkPen(_mixed(colour, QColor(theme.palette().surface), _RAW_SHARE), width=1))

    def set_log(self, log: bool) -> None:
        for item in (self.front, self.back):
            if item is not None:
                item.setLogMode(False, log)

    def show(self, series: Series, x_range: Pair, pixels: int, visible: bool) -> list[Floats]:
        """Draw what is visible; returns the values that the axis should hold."""
        for item in (self.front, self.back):
            if item is not None:
                item.setVisible(visible)
        if not visible:
            return []
        drawn = (series, series.version, x_range, pixels)
        if drawn != self._shown:
            self._shown = drawn
            self._values = self._draw(series, x_range, pixels)
        if self.back is not None and isinstance(series, SmoothedSeries):
            self.back.setVisible(series.span > 1)
        return self._values

    def _draw(self, series: Series, x_range: Pair, pixels: int) -> list[Floats]:
        if self.back is None or not isinstance(series, SmoothedSeries):
            x, y = series.visible(*x_range, pixels)
            self.front.setData(x, y)
            return [y]
        x, y = series.visible(*x_range, pixels // 2)  # a smooth and thick line needs less
        raw_x, raw_y = series.raw.visible(*x_range, pixels)
        self.front.setData(x, y)
        self.back.setData(raw_x, raw_y)
        finite = raw_y[np.isfinite(raw_y)]
        # A single spike of the raw curve is not to flatten all the rest.
        return [y, np.percentile(finite, (2, 98))] if finite.size else [y]


class CurvePlot(QWidget):
    """A titled plot with its legend above it; the legend's entries switch lines and read out their values."""

    xRangePicked = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """The user zoomed or panned: emits (start, end) in iterations."""
    resetRequested = Signal()  # noqa: N815
    cursorMoved = Signal(object)  # noqa: N815
    """Emits the iteration under the mouse, or None where it left."""

    def __init__(
        self, name: str, title: str, lines: tuple[Line, ...], *, limits: Pair = (-math.inf, math.inf), low: bool = False
    ) -> None:
        """`low` plots have room for two numbers beside the y axis: their largest and smallest value."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._limits = limits
        self._low = low
        self._log = False
        self._auto_y = True
        self._curves: RunCurves | None = None
        pg.setConfigOption("mouseRateLimit", 0)  # dropping the last move would put the cursor in the wrong place
        view = _View(self._ask_reset)
        self.widget = _Canvas(view, self._key)
        self.widget.setObjectName(f"{name}Plot")
        self.widget.setAccessibleName(title)
        self.widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.widget.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self.plot = self.widget.getPlotItem()
        self.plot.hideButtons()
        self.plot.layout.setContentsMargins(0, 2, _RIGHT_ROOM, 0)
        self.plot.showGrid(x=True, y=True, alpha=0.2)
        self.plot.getAxis("left").setWidth(_AXIS_WIDTH)
        self.plot.getAxis("bottom").setHeight(_X_TICKS_ROOM)
        for side in ("left", "bottom"):
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.plot.getAxis("left").setTickDensity(0.6)
        self._drawn = [_Drawn(line, self.plot) for line in lines]
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(10)
        self._cursor.hide()
        self.plot.addItem(self._cursor, ignoreBounds=True)
        self.legend = Legend(name, title, lines)
        self.legend.changed.connect(self.redraw)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.legend)
        column.addWidget(self.widget, 1)
        view.sigRangeChangedManually.connect(self._range_picked)
        self.widget.scene().sigMouseMoved.connect(self._mouse_moved)
        self.widget.left.connect(lambda: self.cursorMoved.emit(None))
        self.widget.resized.connect(self.redraw)
        self.set_colours()

    def sizeHint(self) -> QSize:
        """As much as there is; pyqtgraph's own wish is 640 x 480."""
        return QSize(200, 120)

    def minimumSizeHint(self) -> QSize:
        """Room for a few ticks."""
        return QSize(120, 72)

    # ---- what is shown

    def show_curves(self, curves: RunCurves | None) -> None:
        """Draw these curves from now on; `redraw` when they have grown."""
        self._curves = curves
        self._auto_y = True

    def redraw(self) -> None:
        """Draw what the curves hold in the present range of x."""
        if self._curves is None:
            return
        start, end = self.x_range
        pixels = max(int(self.plot.vb.width()), 50)
        values: list[Floats] = []
        for drawn in self._drawn:
            visible = self.legend.is_on(drawn.line.key)
            values += drawn.show(drawn.line.series(self._curves), (start, end), pixels, visible)
        found = bounds(values, positive=self._log)
        if found and self._auto_y:
            self._fit(*found)
        if found and self._low:
            self._mark(*found)

    def _fit(self, low: float, high: float) -> None:
        if self._log:
            low, high = math.log10(low), math.log10(high)
        if self._low:  # half a line of text at either end, or pyqtgraph leaves the numbers out
            margin = 0.4 * (high - low) or 0.1 * abs(high) or 0.5
            self.plot.setYRange(low - margin, high + margin, padding=0)
            return
        margin = 0.06 * (high - low) or 0.1 * abs(high) or 0.5
        lowest, highest = (-math.inf, math.inf) if self._log else self._limits
        if not self._log and low >= lowest >= low - 0.4 * (high - low):
            low, margin_below = lowest, 0.0  # the end of the scale is so near that it may as well be seen
        else:
            margin_below = margin
        self.plot.setYRange(max(low - margin_below, lowest), min(high + margin, highest), padding=0)

    def _mark(self, low: float, high: float) -> None:
        """Number the largest value, and the smallest where it does not stand in its way."""
        ends = [math.log10(value) if self._log else value for value in (high, low)]
        bottom, top = self.y_range
        values = (high, low) if ends[0] - ends[1] > 0.4 * (top - bottom) else (high,)
        self.plot.getAxis("left").setTicks([[(at, f"{v:.4g}") for at, v in zip(ends, values, strict=False)]])

    @property
    def x_range(self) -> Pair:
        """The iterations from left to right edge."""
        start, end = self.plot.viewRange()[0]
        return start, end

    def set_x_range(self, start: float, end: float) -> None:
        """Show these iterations."""
        self.plot.setXRange(start, end, padding=0)

    @property
    def y_range(self) -> Pair:
        """The values from bottom to top edge; logarithms to base 10 where the scale is logarithmic."""
        low, high = self.plot.viewRange()[1]
        return low, high

    def set_auto_y(self) -> None:
        """Let the scale follow what is visible again."""
        self._auto_y = True

    def set_log(self, log: bool) -> None:
        """Draw y on a logarithmic scale or a linear one."""
        self._log = log
        self._auto_y = True
        self.plot.getAxis("left").setLogMode(x=None, y=log)
        for drawn in self._drawn:
            drawn.set_log(log)
        self.redraw()

    def set_x_scale(self, iterations_per_tick_unit: float) -> None:
        """Number the x axis in units of so many iterations (those of an epoch, or 1)."""
        self.plot.getAxis("bottom").setScale(1 / iterations_per_tick_unit)

    def set_x_ticks(self, shown: bool) -> None:
        """Whether the x axis has numbers; of plots above each other only the last needs them."""
        self.plot.getAxis("bottom").setStyle(showValues=shown)
        self.plot.getAxis("bottom").setHeight(_X_TICKS_ROOM if shown else 4)

    def data(self, key: str) -> tuple[Floats, Floats]:
        """What is drawn of a line just now (as drawn: thinned out, not logarithmic)."""
        drawn = next(d for d in self._drawn if d.line.key == key)
        x, y = drawn.front.getOriginalDataset()
        return (np.empty(0), np.empty(0)) if x is None else (x, y)

    def set_colours(self) -> None:
        """Take the present scheme's colours."""
        colours = theme.palette()
        self.widget.setBackground(colours.surface)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(colours.border))
            axis.setTextPen(pg.mkPen(colours.muted))
            axis.setStyle(tickFont=theme.font(theme.SMALL_SIZE), tickTextOffset=4, tickLength=-4)
        self._cursor.setPen(pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DashLine))
        self.plot.vb.rbScaleBox.setPen(pg.mkPen(colours.accent))
        tint = QColor(colours.accent)
        tint.setAlpha(40)
        self.plot.vb.rbScaleBox.setBrush(pg.mkBrush(tint))
        for drawn in self._drawn:
            drawn.set_colour(QColor(colours.curves[drawn.line.colour]))
        self.legend.set_colours()

    # ---- the cursor

    def set_cursor(self, x: float | None) -> None:
        """Mark an iteration and read out every line there; for None the latest values are read out."""
        self._cursor.setVisible(x is not None)
        if x is not None:
            self._cursor.setValue(x)
        for drawn in self._drawn:
            series = drawn.line.series(self._curves) if self._curves is not None else None
            value = None if series is None else series.at(math.inf if x is None else x)
            self.legend.show_value(drawn.line.key, value)

    def _mouse_moved(self, position: QPointF) -> None:
        view = self.plot.vb
        inside = view.sceneBoundingRect().contains(position)
        self.cursorMoved.emit(view.mapSceneToView(position).x() if inside else None)

    def _key(self, event: QKeyEvent) -> bool:
        start, end = self.x_range
        width = end - start
        moves = {
            Qt.Key.Key_Left: (-0.1, -0.1), Qt.Key.Key_Right: (0.1, 0.1),
            Qt.Key.Key_Plus: (0.1, -0.1), Qt.Key.Key_Equal: (0.1, -0.1), Qt.Key.Key_Minus: (-0.125, 0.125),
        }  # fmt: skip
        if event.key() == Qt.Key.Key_A and not event.modifiers():
            self._ask_reset()
            return True
        if event.key() in moves:
            by_start, by_end = moves[Qt.Key(event.key())]
            self.xRangePicked.emit((start + by_start * width, end + by_end * width))
            return True
        return False

    # ---- zooming

    def _range_picked(self, axes: list[bool] | None = None) -> None:
        if axes is not None and axes[1]:
            self._auto_y = False
        self.xRangePicked.emit(self.x_range)

    def _ask_reset(self) -> None:
        self.resetRequested.emit()


def _mixed(colour: QColor, other: QColor, share: float) -> QColor:
    parts = ((colour.red(), other.red()), (colour.green(), other.green()), (colour.blue(), other.blue()))
    return QColor(*(round(share * ours + (1 - share) * theirs) for ours, theirs in parts))
