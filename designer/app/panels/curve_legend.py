"""The legend of a plot: what its lines are called and look like, switches for them, and their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.curve_data import RunCurves, Series

Style = Literal["smoothed", "line", "markers"]

_ICON = QSize(14, 12)
_PADDING = 3


@dataclass(frozen=True)
class Line:
    """A curve of a plot: what it is called, its colour (an index of the palette's curves) and where its numbers are."""

    key: str
    title: str
    colour: int
    series: Callable[[RunCurves], Series]
    style: Style = "line"
    show: Callable[[float], str] = "{:.4g}".format
    """Its value as the legend reads it out."""


class Legend(QWidget):
    """A row above a plot: its title, and for every line a switch with its colour and its value.

    Where there is no room for the lines' names, colours and values remain, and the tooltips name them.
    """

    changed = Signal()
    """A line was switched on or off."""

    def __init__(self, name: str, title: str, lines: tuple[Line, ...]) -> None:
        super().__init__()
        self._lines = {line.key: line for line in lines}
        self._values = dict.fromkeys(self._lines, "")
        self._widest = dict.fromkeys(self._lines, 0)
        self._named = True
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._buttons = {key: self._button(f"{name}_{key}", line) for key, line in self._lines.items()}
        self._heading = QLabel(title)
        self._heading.setFont(theme.font(theme.SMALL_SIZE, bold=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._heading)
        for button in self._buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        for key in self._lines:
            self.show_value(key, None)

    def _button(self, name: str, line: Line) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setCheckable(True)
        button.setChecked(True)
        button.setAutoRaise(True)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFont(theme.font(theme.SMALL_SIZE))
        button.setIconSize(_ICON)
        button.setToolTip(tr("Show or hide: {line}", line=line.title) if line.title else "")
        button.toggled.connect(lambda _: self.changed.emit())
        return button

    def is_on(self, key: str) -> bool:
        """Whether a line is to be drawn."""
        return self._buttons[key].isChecked()

    def show_value(self, key: str, value: float | None) -> None:
        """Read out a line's value; None where it has none."""
        text = "\N{EN DASH}" if value is None else self._lines[key].show(value)
        if text != self._values[key]:
            self._values[key] = text
            self._buttons[key].setAccessibleName(f"{self._lines[key].title}: {text}")
            self._fit(key)

    def text(self, key: str) -> str:
        """What the legend says of a line."""
        return f"{self._lines[key].title} {self._values[key]}".strip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self, changed: str | None = None) -> None:
        metrics = self._heading.fontMetrics()
        for key in self._lines if changed is None else (changed,):
            # Grown, never shrunk: what stands to the right must not jump with every digit.
            self._widest[key] = max(self._widest[key], metrics.horizontalAdvance(self._values[key]))
        frame = _ICON.width() + 2 * _PADDING + theme.GRID
        names = {key: metrics.horizontalAdvance(f"{line.title} ") for key, line in self._lines.items()}
        needed = sum(names[key] + self._widest[key] + frame for key in self._lines)
        room = self.width() - self._heading.sizeHint().width() - 2 * theme.GRID - 2 * len(self._lines)
        named, self._named = self._named, needed <= room
        for key in self._lines if changed is None or named != self._named else (changed,):
            self._buttons[key].setText(self.text(key) if self._named else self._values[key])
            self._buttons[key].setFixedWidth(self._widest[key] + frame + (names[key] if self._named else 0))

    def set_colours(self) -> None:
        """Take the present scheme's colours."""
        colours = theme.palette()
        self.setStyleSheet(
            f"QToolButton {{ border: none; border-radius: 4px; padding: 2px {_PADDING}px; color: {colours.muted}; }}"
            f"QToolButton:checked {{ color: {colours.text}; background: transparent; }}"
            f"QToolButton:hover, QToolButton:focus {{ background: {colours.grid}; }}"
        )
        for key, line in self._lines.items():
            self._buttons[key].setIcon(_swatch(line, QColor(colours.curves[line.colour])))


def _swatch(line: Line, colour: QColor) -> QIcon:
    """A piece of the line; hollow and pale where the line is switched off."""
    icon = QIcon()
    for state in (QIcon.State.On, QIcon.State.Off):
        pixmap = QPixmap(_ICON * 2)
        pixmap.setDevicePixelRatio(2)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        drawn = QColor(colour) if state == QIcon.State.On else QColor(theme.palette().border)
        painter.setPen(QPen(drawn, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(QPointF(1.5, 6), QPointF(12.5, 6))
        if line.style == "markers":
            painter.setBrush(drawn)
            painter.drawEllipse(QPointF(7, 6), 2.5, 2.5)
        painter.end()
        icon.addPixmap(pixmap, QIcon.Mode.Normal, state)
    return icon
