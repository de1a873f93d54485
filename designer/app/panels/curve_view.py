"""The curves of one run: loss, error and learning rate in linked plots, and their tools; imports pyqtgraph."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QRegion, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.curve_data import RunCurves
from designer.app.panels.curve_legend import Line
from designer.app.panels.curve_plot import CurvePlot, Pair
from designer.app.panels.refresh import Refresh
from designer.app.tips import tip

_LONGEST_SPAN = 12
"""The smoothing slider ends at 2 ** 12 iterations."""
_FIRST_SPAN = 5
_GROWTH = 1.25
"""While a training runs, the range of x grows in such steps instead of creeping with every update."""
_SOON, _LATER = 50, 200
"""Milliseconds between two redraws: of a young curve, and of one that so little time hardly changes any more."""
_LONG_CURVE = 2_000
"""Iterations from which a redraw can wait."""
_RIGHT_MARGIN = 0.02
"""Share of the range of x that is left free, so that the last marker is whole."""
_SIDE_BY_SIDE_BELOW = 460
"""Lower than this (and wider than high), loss and error stand side by side instead of above each other."""


def _percent(value: float) -> str:
    return f"{value:.2f}"  # the plot's title says what of


def _loss(value: float) -> str:
    return f"{value:.3f}" if 0.1 <= abs(value) < 100 else f"{value:.4g}"


def loss_lines() -> tuple[Line, ...]:
    """The lines of the upper plot."""
    return (
        Line("training_loss", tr("Training"), 0, lambda c: c.training_loss, "smoothed", _loss),
        Line("epoch_training_loss", tr("per epoch"), 0, lambda c: c.epoch_training_loss, "markers", _loss),
        Line("validation_loss", tr("Validation"), 2, lambda c: c.validation_loss, "markers", _loss),
    )


def error_lines() -> tuple[Line, ...]:
    """The lines of the lower plot."""
    return (
        Line("training_error", tr("Training"), 1, lambda c: c.training_error, "smoothed", _percent),
        Line("epoch_training_error", tr("per epoch"), 1, lambda c: c.epoch_training_error, "markers", _percent),
        Line("validation_error", tr("Validation"), 2, lambda c: c.validation_error, "markers", _percent),
    )


class CurveView(QWidget):
    """Three plots over the same iterations, drawn again at most 20 times a second and only while they are seen."""

    pngRequested = Signal()  # noqa: N815 - Qt's spelling of signals
    csvRequested = Signal()  # noqa: N815

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curveView")
        self._curves = RunCurves(2**_FIRST_SPAN)
        self._total = 0.0
        self._live = False
        self._auto_x = True
        self._cursor: float | None = None
        self._colours = theme.palette()
        self.loss = CurvePlot("lossPlot", tr("Loss"), loss_lines(), limits=(0, math.inf))
        self.error = CurvePlot("errorPlot", tr("Error %"), error_lines(), limits=(0, 100))
        rate = Line("learning_rate", "", 3, lambda c: c.learning_rate)
        self.rate = CurvePlot("ratePlot", tr("Learning rate"), (rate,), limits=(0, math.inf), low=True)
        self.plots = (self.loss, self.error, self.rate)
        self._tools = CurveTools(self)
        self._refresh = Refresh(self, self.redraw, _SOON)
        self._refresh_later = Refresh(self, self.redraw, _LATER)
        self._area = QWidget()
        self._grid = QGridLayout(self._area)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.GRID)
        self._side_by_side: bool | None = None
        self._arrange(side_by_side=False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._tools)
        column.addWidget(self._area, 1)
        self._connect()

    def _connect(self) -> None:
        for plot in self.plots:
            plot.xRangePicked.connect(self._zoom)
            plot.resetRequested.connect(self.fit)
            plot.cursorMoved.connect(self.set_cursor)
        tools = self._tools
        tools.smoothingChanged.connect(self._set_span)
        tools.unitChanged.connect(self._set_unit)
        tools.logToggled.connect(self._set_log)
        tools.fitRequested.connect(self.fit)
        tools.pngRequested.connect(self.pngRequested)
        tools.csvRequested.connect(self.csvRequested)

    def _arrange(self, *, side_by_side: bool) -> None:
        if side_by_side == self._side_by_side:
            return
        self._side_by_side = side_by_side
        self.rate.setFixedHeight(76 if side_by_side else 96)
        for plot in self.plots:
            self._grid.removeWidget(plot)
        if side_by_side:
            self._grid.addWidget(self.loss, 0, 0)
            self._grid.addWidget(self.rate, 1, 0)
            self._grid.addWidget(self.error, 0, 1, 2, 1)
        else:
            for row, plot in enumerate(self.plots):
                self._grid.addWidget(plot, row, 0)
        for index in range(3):
            self._grid.setColumnStretch(index, 1 if index <= side_by_side else 0)
            self._grid.setRowStretch(index, 1 if plot_row_grows(index, side_by_side=side_by_side) else 0)
        self.loss.set_x_ticks(False)
        self.error.set_x_ticks(side_by_side)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wide and low: side by side; otherwise above each other."""
        super().resizeEvent(event)
        size = event.size()
        self._arrange(side_by_side=size.height() < _SIDE_BY_SIDE_BELOW and size.width() > 1.4 * size.height())
        self._refresh.request()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while nobody looked."""
        super().showEvent(event)
        self._refresh.flush()
        self._refresh_later.flush()

    # ---- what is shown

    @property
    def curves(self) -> RunCurves:
        """The numbers that are drawn; tell `grown` after adding to them."""
        return self._curves

    def begin(self, *, total: float = 0.0, live: bool = False) -> None:
        """Show another run from its first number on; `total` is the iterations it is to have in all, 0 if unknown."""
        self._curves = RunCurves(self._tools.span)
        self._total, self._live = total, live
        for plot in self.plots:
            plot.show_curves(self._curves)
        self._tools.set_epochs_known(False)
        self.fit()

    def set_course(self, iterations_per_epoch: float, total: float, *, live: bool) -> None:
        """Tell how long an epoch and the whole training are, in iterations, and whether more is to come."""
        self._total, self._live = total, live
        self._curves.iterations_per_epoch = iterations_per_epoch
        self._tools.set_epochs_known(iterations_per_epoch > 0)
        self._set_unit(self._tools.unit)
        self.grown()

    def grown(self) -> None:
        """There are more numbers: draw them soon."""
        (self._refresh if self._curves.last_iteration < _LONG_CURVE else self._refresh_later).request()

    def redraw(self) -> None:
        """Draw now."""
        if self._auto_x:
            end = self._end()
            self._show_x(0.0, end + _RIGHT_MARGIN * end)
        for plot in self.plots:
            plot.redraw()
            plot.set_cursor(self._cursor)
        self._show_place()

    def _end(self) -> float:
        last = max(self._curves.last_iteration, 10.0)
        if not self._live:
            return last
        stepped = _GROWTH ** math.ceil(math.log(last, _GROWTH))
        return min(stepped, self._total) if self._total >= last else stepped

    def _show_x(self, start: float, end: float) -> None:
        for plot in self.plots:
            plot.set_x_range(start, end)

    # ---- zoom, cursor, units

    @property
    def is_zoomed(self) -> bool:
        """Whether the user chose what is seen; otherwise it is everything."""
        return not self._auto_x

    def fit(self) -> None:
        """Show everything, and follow what comes."""
        self._auto_x = True
        for plot in self.plots:
            plot.set_auto_y()
        self.redraw()

    def _zoom(self, x_range: Pair) -> None:
        self._auto_x = False
        self._show_x(*x_range)
        self._refresh.request()

    def set_cursor(self, x: float | None) -> None:
        """Read out all lines at an iteration; None reads out the latest values."""
        self._cursor = None if x is None else min(max(round(x), 0), self._curves.last_iteration)
        for plot in self.plots:
            plot.set_cursor(self._cursor)
        self._show_place()

    def _show_place(self) -> None:
        iteration = self._curves.last_iteration if self._cursor is None else self._cursor
        per_epoch = self._curves.iterations_per_epoch
        if not iteration:
            self._tools.show_place("")
            return
        number = f"{iteration:,.0f}"
        places = [tr("iteration {iteration}", iteration=number), number]
        if per_epoch:
            places.insert(0, tr("iteration {iteration} = epoch {epoch}", iteration=number,
                                epoch=f"{iteration / per_epoch:.2f}"))  # fmt: skip
        self._tools.show_place(*places)

    def _set_span(self, span: int) -> None:
        self._curves.set_span(span)
        self.redraw()

    def _set_unit(self, unit: str) -> None:
        for plot in self.plots:
            plot.set_x_scale(self._curves.iterations_per_epoch or 1.0 if unit == "epoch" else 1.0)

    def _set_log(self, log: bool) -> None:
        self.loss.set_log(log)
        self.rate.set_log(log)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._colours is not theme.palette():
            self._colours = theme.palette()
            for plot in self.plots:
                plot.set_colours()
            self._refresh.request()

    # ---- export

    def picture(self, ratio: float = 2.0) -> QImage:
        """The plots with their legends, at so many pixels per point."""
        image = QImage(self._area.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(theme.palette().surface)
        painter = QPainter(image)
        self._area.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
        painter.end()
        return image


def plot_row_grows(row: int, *, side_by_side: bool) -> bool:
    """Whether a row of the grid takes the free height: all but the learning rate's."""
    return row == 0 or (row == 1 and not side_by_side)


class CurveTools(QWidget):
    """The row above the plots: place of the cursor, smoothing, unit of the x axis, scale, export."""

    smoothingChanged = Signal(int)  # noqa: N815
    """Emits over how many iterations to average."""
    unitChanged = Signal(str)  # noqa: N815
    """Emits 'iteration' or 'epoch'."""
    logToggled = Signal(bool)  # noqa: N815
    fitRequested = Signal()  # noqa: N815
    pngRequested = Signal()  # noqa: N815
    csvRequested = Signal()  # noqa: N815

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._place = QLabel()
        self._place.setObjectName("curvePlace")
        self._place.setFont(theme.font(theme.SMALL_SIZE))
        self._place.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("curveSmoothing")
        self._slider.setRange(0, _LONGEST_SPAN)
        self._slider.setPageStep(1)
        self._slider.setValue(_FIRST_SPAN)
        self._slider.setFixedWidth(60)
        self._slider.setAccessibleName(tr("Smoothing"))
        self._span_label = QLabel()
        self._span_label.setFont(theme.font(theme.SMALL_SIZE))
        self._span_label.setFixedWidth(self._span_label.fontMetrics().horizontalAdvance("4,096") + theme.GRID)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.GRID * 2, 2, theme.GRID * 2, 2)
        row.setSpacing(theme.GRID)
        row.addWidget(self._place, 1)
        self._caption = QLabel(tr("Smoothing"))
        self._caption.setFont(theme.font(theme.SMALL_SIZE))
        for widget in (self._caption, self._slider, self._span_label):
            widget.setToolTip(tip(tr("Over how many iterations the curves of training are averaged; the single "
                                     "iterations stay visible behind them.")))  # fmt: skip
            row.addWidget(widget)
        self._iterations = self._switch("curveIterations", tr("Iterations"), tr("Number the x axis in iterations"))
        self._epochs = self._switch("curveEpochs", tr("Epochs"), tr("Number the x axis in epochs"))
        self._units = QButtonGroup(self)
        for button in (self._iterations, self._epochs):
            self._units.addButton(button)
        self._iterations.setChecked(True)
        self._log = self._switch("curveLog", tr("Log"), tr("Draw loss and learning rate on logarithmic scales"))
        shows_all = tr("Show everything again (A, or double-click a plot)")
        fit = self._switch("curveFit", tr("All"), shows_all, checkable=False)
        png = self._switch("curvePng", tr("PNG..."), tr("Save the curves as a picture"), checkable=False)
        csv = self._switch("curveCsv", tr("CSV..."), tr("Save every number as a table"), checkable=False)
        for gap, button in enumerate((self._iterations, self._epochs, self._log, fit, png, csv)):
            if gap in (0, 2, 4):
                row.addSpacing(theme.GRID)
            row.addWidget(button)
        self._slider.valueChanged.connect(self._show_span)
        self._units.buttonToggled.connect(lambda _, on: self.unitChanged.emit(self.unit) if on else None)
        self._log.toggled.connect(self.logToggled)
        fit.clicked.connect(self.fitRequested)
        png.clicked.connect(self.pngRequested)
        csv.clicked.connect(self.csvRequested)
        self._places: tuple[str, ...] = ("",)
        self._needed = self.sizeHint().width()
        """Pixels that all but the place take."""
        self._show_span()

    def _switch(self, name: str, text: str, tip: str, *, checkable: bool = True) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        button.setFont(theme.font(theme.SMALL_SIZE))
        return button

    @property
    def span(self) -> int:
        """Over how many iterations to average."""
        return int(2 ** self._slider.value())

    @property
    def unit(self) -> str:
        """The unit of the x axis: 'iteration' or 'epoch'."""
        return "epoch" if self._epochs.isChecked() else "iteration"

    def set_epochs_known(self, known: bool) -> None:
        """Epochs can be shown only where their length is known."""
        self._epochs.setEnabled(known)
        if not known:
            self._iterations.setChecked(True)

    def show_place(self, *texts: str) -> None:
        """Say what the legends' values belong to: the first of these texts that there is room for."""
        self._places = texts
        self._place.setToolTip(texts[0])
        self._fit()

    def _fit(self) -> None:
        """Where it is narrow the slider's caption goes, as its tooltip says the same, then words of the place."""
        metrics = self._place.fontMetrics()
        widths = [metrics.horizontalAdvance(text) for text in self._places]
        spare = self.width() - self._needed
        self._caption.setVisible(widths[0] <= spare)
        spare += 0 if widths[0] <= spare else self._caption.sizeHint().width() + theme.GRID
        shown = next(
            (text for text, width in zip(self._places, widths, strict=True) if width <= spare), self._places[-1]
        )
        self._place.setText(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _show_span(self) -> None:
        self._span_label.setText(f"{self.span:,}" if self.span > 1 else tr("off"))
        self.smoothingChanged.emit(self.span)

    def sizeHint(self) -> QSize:
        """One row of small buttons."""
        return QSize(super().sizeHint().width(), 26)
