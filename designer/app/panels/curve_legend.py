"""The legend of a plot: what its lines are called and look like, switches for them, and their values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.curve_data import RunCurves, Series
from designer.app.panels.flow import FlowLayout

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
    """Above a plot: its title, and for every line a switch with its colour, name and value; in two rows if need be."""

    changed = Signal()
    """A line was switched on or off."""

    def __init__(self, name: str, title: str, lines: tuple[Line, ...]) -> None:
        super().__init__()
        self._lines = {line.key: line for line in lines}
        self._values = dict.fromkeys(self._lines, "")
        self._widest = dict.fromkeys(self._lines, 0)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._buttons = {key: self._button(f"{name}_{key}", line) for key, line in self._lines.items()}
        self._heading = QLabel(title)
        self._heading.setFont(theme.font(theme.SMALL_SIZE, bold=True))
        row = FlowLayout()
        self.setLayout(row)
        row.setContentsMargins(2 * theme.GRID, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(self._heading)
        for button in self._buttons.values():
            row.addWidget(button)
            self._heading.setFixedHeight(button.sizeHint().height())
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

    def _fit(self, key: str) -> None:
        """Room for the text: grown, never shrunk, as what stands to the right must not jump with every digit."""
        button, text = self._buttons[key], self.text(key)
        self._widest[key] = max(self._widest[key], button.fontMetrics().horizontalAdvance(text))
        button.setText(text)
        button.setFixedWidth(self._widest[key] + _ICON.width() + 2 * _PADDING + theme.GRID)

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
