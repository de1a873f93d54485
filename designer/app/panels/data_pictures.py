"""What a data set looks like: a mosaic of its pictures, and how many there are of each class."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.data.previewing import Mosaic as Tiles

_HIGHEST = 80
"""The mosaic shows as many rows as fit into this."""
_LARGEST_TILE = 56.0
_GAP = 2.0
_BARS = 20


class Mosaic(QWidget):
    """Thumbnails, one column for each class; the columns stand above the bars of `ClassBars`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataThumbnails")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._pixmap = QPixmap()
        self._layout: Tiles | None = None
        self._names: Sequence[str] = ()

    @property
    def pixmap(self) -> QPixmap:
        """All thumbnails there are."""
        return self._pixmap

    def show_pictures(self, pixmap: QPixmap, tiles: Tiles | None, names: Sequence[str]) -> None:
        """Show other pictures of the classes of these names; none where `tiles` is None."""
        self._pixmap = pixmap
        self._names = names
        self._layout = None if pixmap.isNull() else tiles
        self.setAccessibleName(tr("Pictures of {classes}", classes=", ".join(names[:20])))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As many whole rows as fit."""
        if self._layout is None:
            return QSize(200, 0)
        return QSize(200, round(self._rows(self._layout) * (self._tile(self._layout).height() + _GAP)))

    def _tile(self, tiles: Tiles) -> QSizeF:
        """The size of a thumbnail on the screen."""
        height, width = tiles.tile
        room = self.width() / len(tiles.classes) - _GAP
        scale = max(min(room, _LARGEST_TILE), 2.0) / max(width, height)
        return QSizeF(width * scale, height * scale)

    def _rows(self, tiles: Tiles) -> int:
        return min(tiles.rows, max(1, int(_HIGHEST / (self._tile(tiles).height() + _GAP))))

    def resizeEvent(self, event: QEvent) -> None:
        """Another width means another height."""
        self.updateGeometry()

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the class under the mouse."""
        if isinstance(event, QHelpEvent) and self._layout is not None:
            column = int(event.pos().x() / self.width() * len(self._layout.classes))
            shown = self._layout.classes[min(max(column, 0), len(self._layout.classes) - 1)]
            QToolTip.showText(event.globalPos(), self._names[shown], self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pictures, each in its class's column."""
        tiles = self._layout
        if tiles is None:
            return
        painter = QPainter(self)
        size = self._tile(tiles)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, size.height() < tiles.tile[0])
        step = self.width() / len(tiles.classes)
        height, width = tiles.tile
        for row in range(self._rows(tiles)):
            for column in range(len(tiles.classes)):
                corner = QPointF(column * step + (step - size.width()) / 2, row * (size.height() + _GAP))
                source = QRectF(column * width, row * height, width, height)
                painter.drawPixmap(QRectF(corner, size), self._pixmap, source)
        painter.end()


class ClassBars(QWidget):
    """A tiny bar for each class; the tooltip names it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataClasses")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: Sequence[str] = ()
        self._counts: Sequence[int] = ()

    def sizeHint(self) -> QSize:
        """A strip."""
        if not self._counts:
            return QSize(200, 0)
        return QSize(200, _BARS)

    def show_counts(self, names: Sequence[str], counts: Sequence[int]) -> None:
        """Show how many training pictures each class has."""
        self._names, self._counts = names, counts
        self.setAccessibleName(tr("Training pictures of each class"))
        self.setAccessibleDescription(", ".join(self.words(i) for i in range(min(len(counts), 100))))
        self.updateGeometry()
        self.update()

    def words(self, index: int) -> str:
        """A class and its count: 'cat: 5,000'."""
        return f"{self._names[index]}: {self._counts[index]:,}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bars on a common scale from 0."""
        if not self._counts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = theme.palette()
        largest = max(*self._counts, 1)
        step = self._step()
        for index, count in enumerate(self._counts):
            gap = min(2.0, step / 4)
            height = (_BARS - 2) * count / largest
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.wire if count else colours.error))
            painter.drawRect(QRectF(index * step + gap / 2, _BARS - max(height, 1), step - gap, max(height, 1)))
        painter.end()

    def _step(self) -> float:
        return self.width() / max(len(self._counts), 1)

    def event(self, event: QEvent) -> bool:
        """The tooltip tells the class under the mouse."""
        if isinstance(event, QHelpEvent) and self._counts:
            index = min(max(int(event.pos().x() / self._step()), 0), len(self._counts) - 1)
            QToolTip.showText(event.globalPos(), self.words(index), self)
            return True
        return super().event(event)
