"""The path of drawings above the canvas: drawing > Fire > Squeeze. A click goes back there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from designer.app import theme
from designer.app.i18n import tr

HEIGHT = 32


class Breadcrumbs(QWidget):
    """One button for each drawing around the one that is shown, which stands at the end."""

    chosen = Signal(int)
    """Emits the place of a drawing in the path."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("breadcrumbs")
        self.setAccessibleName(tr("Where the drawing that is shown lies"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 0, 10, 0)
        self._row.setSpacing(2)
        self._buttons: list[QToolButton] = []
        self.hide()

    def show_path(self, names: Sequence[str]) -> None:
        """Show these drawings, outermost first; a path of one needs no bar."""
        self._buttons.clear()
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, name in enumerate(names):
            if place:
                self._row.addWidget(QLabel("›"))
            button = QToolButton()
            button.setObjectName(f"breadcrumb{place}")
            button.setText(name.replace("&", "&&"))
            button.setAccessibleName(tr("Go to {name}", name=name))
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            here = place == len(names) - 1
            button.setFont(theme.font(theme.TEXT_SIZE, bold=here))
            if not here:
                button.setToolTip(tr("Back to {name}  (Alt+Up leaves one drawing)", name=name))
                button.setCursor(Qt.CursorShape.PointingHandCursor)
                button.clicked.connect(lambda *_, at=place: self.chosen.emit(at))
            self._row.addWidget(button)
            self._buttons.append(button)
        self._row.addStretch()
        self.setVisible(len(names) > 1)

    @property
    def path(self) -> list[str]:
        """The names that are shown."""
        return [button.text().replace("&&", "&") for button in self._buttons]

    def paintEvent(self, event: QPaintEvent) -> None:
        """A quiet bar with a line below."""
        painter, colours = QPainter(self), theme.palette()
        painter.fillRect(self.rect(), colours.surface)
        painter.setPen(colours.border)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
