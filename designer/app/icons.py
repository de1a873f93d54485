"""Icons: one family of line drawings in resources/icons, tinted with the theme's text colour."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from designer.app import theme
from designer.app.resources import resource

SIZES = (16, 24, 32, 48)


def icon(name: str, colour: str | None = None) -> QIcon:
    """An icon in the current scheme's text colour, or in a given one; ask again when the scheme changes."""
    return _icon(name, colour or theme.palette().text, theme.palette().muted)


@cache
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for size in SIZES:
        made.addPixmap(_draw(text, colour, size), QIcon.Mode.Normal)
        made.addPixmap(_draw(text, disabled, size, opacity=0.45), QIcon.Mode.Disabled)
    return made


def _draw(svg: str, colour: str, size: int, opacity: float = 1.0) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setOpacity(opacity)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def app_icon() -> QIcon:
    """The window's icon."""
    made = QIcon()
    text = resource("icons", "app.svg").read_text(encoding="utf-8")
    for size in (*SIZES, 128):
        made.addPixmap(_draw(text, "", size))
    return made
