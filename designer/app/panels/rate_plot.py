"""The learning rate over the whole training as a small picture, drawn as soon as the recipe changes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.graph.recipe import ByEpoch, MultiStep, Recipe, Step
from designer.training.schedules import learning_rate

_SAMPLES = 240
_LOG_FROM = 30.0
"""From this ratio of largest to smallest rate on, the scale is logarithmic, as steps of 0.1 would vanish otherwise."""


def show_rate(rate: float) -> str:
    """A rate as people write it: 0.01, 3e-5."""
    return f"{rate:.4g}".replace("e-0", "e-")


def sampled(recipe: Recipe, per_epoch: int) -> list[tuple[float, float]]:
    """(epoch, learning rate) all along the training, each step drawn as one."""
    total = recipe.epochs * per_epoch
    stride = max(1, total // _SAMPLES)
    points = [(i / per_epoch, learning_rate(recipe, i, per_epoch)) for i in range(0, total, stride)]
    return [*points, (total / per_epoch, learning_rate(recipe, total - 1, per_epoch))]


class RatePlot(QWidget):
    """Learning rate against epochs, with its largest and last value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ratePreview")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._points: list[tuple[float, float]] = []
        self._exact = True
        self._steps = False
        """Whether the rate falls by steps, and not evenly towards 0."""

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(200, 72)

    @property
    def points(self) -> list[tuple[float, float]]:
        """What is drawn: epochs and rates."""
        return self._points

    def show_recipe(self, recipe: Recipe, per_epoch: int | None) -> None:
        """Draw this recipe's rates; without a known length of an epoch, epochs of 100 iterations stand in."""
        self._exact = per_epoch is not None
        self._points = sampled(recipe, per_epoch or 100)
        self._steps = isinstance(recipe.schedule, Step | MultiStep | ByEpoch)
        self.setAccessibleName(tr("Learning rate over the training"))
        self.setAccessibleDescription(self.summary())
        self.update()

    def summary(self) -> str:
        """Where the rate begins, its largest value and where it ends, in words."""
        if not self._points:
            return ""
        rates = [rate for _, rate in self._points]
        return tr("begins at {first}, at most {largest}, ends at {last}", first=show_rate(rates[0]),
                  largest=show_rate(max(rates)), last=show_rate(rates[-1]))  # fmt: skip

    def paintEvent(self, event: QPaintEvent) -> None:
        """The curve, the area below it, its largest value, its last value and the epochs."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.palette()
        painter.setPen(QPen(QColor(colours.border), 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.GRID, theme.GRID)
        if self._points:
            self._paint_curve(painter, QRectF(self.rect()).adjusted(8, 18, -8, -16))
            self._paint_texts(painter)
        painter.end()

    def _paint_curve(self, painter: QPainter, box: QRectF) -> None:
        colour = QColor(theme.palette().curves[3])
        line = QPolygonF([_place(x, y, box) for x, y in self._scaled()])
        tint = QColor(colour)
        tint.setAlphaF(0.12)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint)
        painter.drawPolygon(QPolygonF([*line.toList(), box.bottomRight(), box.bottomLeft()]))
        painter.setPen(QPen(colour, 1.5))
        painter.drawPolyline(line)

    def _scaled(self) -> list[tuple[float, float]]:
        """The points with both coordinates from 0 to 1."""
        last = self._points[-1][0]
        rates = [rate for _, rate in self._points]
        largest = max(rates) or 1.0
        above = [rate for rate in rates if rate > 0]
        smallest = min(above, default=largest)
        if self._steps and smallest == rates[-1] and largest / smallest >= _LOG_FROM:  # not for a warm-up from 0
            return [(x / last, _log_share(rate, smallest / 3, largest)) for x, rate in self._points]
        return [(x / last, rate / largest) for x, rate in self._points]

    def _paint_texts(self, painter: QPainter) -> None:
        painter.setFont(theme.font(theme.SMALL_SIZE))
        painter.setPen(QColor(theme.palette().muted))
        area = self.rect().adjusted(8, 2, -8, -2)
        rates = [rate for _, rate in self._points]
        flags = Qt.AlignmentFlag
        painter.drawText(area, int(flags.AlignLeft | flags.AlignTop), show_rate(max(rates)))
        painter.drawText(area, int(flags.AlignRight | flags.AlignTop), tr("ends at {rate}", rate=show_rate(rates[-1])))
        epochs = self._points[-1][0]
        painter.drawText(area, int(flags.AlignLeft | flags.AlignBottom), "0")
        painter.drawText(area, int(flags.AlignRight | flags.AlignBottom), tr("{epochs} epochs", epochs=f"{epochs:g}"))

    def event(self, event: object) -> bool:
        """The tooltip tells the rate under the mouse."""
        if isinstance(event, QHelpEvent) and self._points:
            epochs = self._points[-1][0]
            share = min(max((event.pos().x() - 8) / max(self.width() - 16, 1), 0.0), 1.0)
            epoch, rate = min(self._points, key=lambda point: abs(point[0] - share * epochs))
            text = tr("epoch {epoch}: {rate}", epoch=f"{epoch:.2f}", rate=show_rate(rate))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)  # type: ignore[arg-type]


def _place(x: float, y: float, box: QRectF) -> QPointF:
    return QPointF(box.left() + x * box.width(), box.bottom() - y * box.height())


def _log_share(rate: float, low: float, high: float) -> float:
    from math import log

    return log(max(rate, low) / low) / log(high / low)
