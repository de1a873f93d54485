"""The first page: a new drawing, what was left unsaved by a crash, recent files and the sample networks as pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPalette, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from designer.app import recovery, theme
from designer.app.i18n import render, tr
from designer.app.recent import recent_files
from designer.errors import NetDesignerError
from designer.samples import samples

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QImage, QPaintEvent, QResizeEvent

    from designer.graph import Graph

CARD = QSize(216, 196)
PICTURE = QSize(192, 116)
MARGIN = 40
FIRST_PICTURE_MS = 40
"""The page is painted before its files are read: the first picture loads the whole catalogue of layers."""


class Card(QAbstractButton):
    """A picture with a title and a line below it; a click opens what it shows."""

    def __init__(self, title: str, subtitle: str, path: Path | None = None) -> None:
        super().__init__()
        self._subtitle = subtitle
        self.path = path
        """The graph file that is shown; None for what has no picture."""
        self._graph: Graph | None = None
        self._picture: QImage | None = None
        self.setText(title)
        self.setAccessibleName(f"{title}. {subtitle}")
        self.setFixedSize(CARD)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def draw_picture(self) -> None:
        """Make the picture of the graph; the page does this card by card once it is on screen.

        Raises:
            GraphFileError: the file cannot be read (it may just be written).
        """
        from designer.app.thumbnails import thumbnail
        from designer.graph import io

        if self.path is not None:
            self._graph = self._graph or io.load(self.path)
            self._picture = thumbnail(self._graph, PICTURE, self.devicePixelRatioF())
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Highlight under the mouse."""
        self.update()
        super().enterEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded card: picture above, title and line below."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent if active else colours.border), 2 if active else 1))
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
        area = QRect(QPoint(12, 12), PICTURE)
        if self._picture is not None:
            painter.drawImage(area, self._picture)
        elif self.path is None:
            self._draw_plus(painter, area)
        painter.setPen(QColor(colours.text))
        painter.setFont(theme.font(theme.TEXT_SIZE + 1, bold=True))
        self._line(painter, self.text(), 148)
        painter.setPen(QColor(colours.muted))
        painter.setFont(theme.font(theme.SMALL_SIZE))
        area = QRect(14, 157, CARD.width() - 28, 34)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTop) | int(Qt.TextFlag.TextWordWrap), self._subtitle)

    def _line(self, painter: QPainter, text: str, baseline: int) -> None:
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, CARD.width() - 28)
        painter.drawText(14, baseline, shown)

    def _draw_plus(self, painter: QPainter, area: QRect) -> None:
        centre = area.center()
        painter.setPen(QPen(QColor(theme.palette().accent), 3))
        painter.drawLine(centre.x() - 14, centre.y(), centre.x() + 14, centre.y())
        painter.drawLine(centre.x(), centre.y() - 14, centre.x(), centre.y() + 14)


class StartPage(QScrollArea):
    """Shown while no drawing is open."""

    newRequested = Signal()  # noqa: N815 - Qt's spelling of signals
    openRequested = Signal(Path)  # noqa: N815
    sampleRequested = Signal(Path)  # noqa: N815
    recoverRequested = Signal(object)  # noqa: N815

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAccessibleName(tr("Start page"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._waiting: list[Card] = []
        self._grids: list[tuple[QGridLayout, list[Card]]] = []
        self._room = 0
        """Width of the viewport."""
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._draw_next)

    def refresh(self) -> None:
        """Build the page anew: files come and go."""
        self._waiting, self._grids = [], []
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(MARGIN, 28, MARGIN, 28)
        layout.setSpacing(12)
        layout.addWidget(_heading(tr("Net Designer"), theme.TITLE_SIZE + 9))
        layout.addWidget(_muted(tr("Draw a network, see every shape, press Train.")))
        for item in recovery.left_behind():
            layout.addWidget(self._recovery_bar(item))
        layout.addSpacing(8)
        new = Card(tr("New drawing"), tr("An empty canvas"))
        new.setObjectName("newDrawing")
        new.clicked.connect(self.newRequested)
        recent = [self._card(path, path.stem, str(path.parent), self.openRequested.emit) for path in recent_files()]
        self._section(layout, tr("Begin"), [new, *recent])
        shipped = [self._card(s.path, s.title, render(s.description), self.sampleRequested.emit) for s in samples()]
        self._section(layout, tr("Sample networks"), shipped)
        layout.addStretch(1)
        self.setWidget(page)
        self._arrange()
        QTimer.singleShot(FIRST_PICTURE_MS, self._timer, self._timer.start)

    def _section(self, layout: QVBoxLayout, title: str, cards: list[Card]) -> None:
        layout.addWidget(_heading(title, theme.TITLE_SIZE))
        grid = QGridLayout()
        grid.setSpacing(16)
        grid.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout.addLayout(grid)
        layout.addSpacing(10)
        self._grids.append((grid, cards))

    def _card(self, path: Path, title: str, subtitle: str, open_: Callable[[Path], object]) -> Card:
        """A card for a graph file, which is read when its picture is drawn."""
        card = Card(title, subtitle, path)
        card.setToolTip(f"{subtitle}\n{path}")
        card.setObjectName(f"card_{path.stem}")
        card.clicked.connect(lambda *_: open_(path))
        self._waiting.append(card)
        return card

    def _recovery_bar(self, item: recovery.Recovered) -> QWidget:
        bar = QFrame()
        bar.setObjectName("recoveryBar")
        bar.setStyleSheet(f"#recoveryBar {{ border: 1px solid {theme.palette().warning}; border-radius: 8px; }}")
        layout = QHBoxLayout(bar)
        name = item.path.name if item.path else item.graph.name
        count = item.graph.layer_count
        layout.addWidget(
            QLabel(tr("'{name}' ({count} layers) was not saved when the app ended.", name=name, count=count)), 1
        )
        restore = QPushButton(tr("Restore"))
        restore.setObjectName("restoreDrawing")
        restore.clicked.connect(lambda: self.recoverRequested.emit(item))
        discard = QPushButton(tr("Discard"))
        discard.setObjectName("discardDrawing")
        discard.clicked.connect(partial(recovery.discard, item))
        discard.clicked.connect(bar.hide)
        layout.addWidget(restore)
        layout.addWidget(discard)
        return bar

    def changeEvent(self, event: QEvent) -> None:
        """New colours: the pictures are drawn anew."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._grids:
            self._waiting = [card for _, cards in self._grids for card in cards if card.path is not None]
            self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many cards in a row as fit."""
        super().resizeEvent(event)
        self._room = event.size().width()
        self._arrange()

    def _arrange(self) -> None:
        columns = max(1, (self._room - 2 * MARGIN + 16) // (CARD.width() + 16))
        for grid, cards in self._grids:
            for index, card in enumerate(cards):
                grid.addWidget(card, index // columns, index % columns)

    def _draw_next(self) -> None:
        if not self._waiting:
            self._timer.stop()
            return
        card = self._waiting.pop(0)
        try:
            card.draw_picture()
        except NetDesignerError:  # a card that opens nothing would be no help
            self._remove(card)

    def _remove(self, card: Card) -> None:
        for _, cards in self._grids:
            if card in cards:
                cards.remove(card)
        card.hide()
        card.deleteLater()
        self._arrange()


def _heading(text: str, pixels: int) -> QLabel:
    label = QLabel(text)
    label.setFont(theme.font(pixels, bold=True))
    return label


def _muted(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(theme.font(theme.TEXT_SIZE + 1))
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
