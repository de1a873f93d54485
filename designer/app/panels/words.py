"""Lines of text whose colour says what they are: quiet notes, errors, warnings."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel

from designer.app import theme

Role = Literal["text", "muted", "accent", "good", "warning", "error"]
"""Names of the theme's colours."""


class Words(QLabel):
    """A text in one of the theme's colours, in light and dark; `say` hides it while it has nothing to say."""

    def __init__(self, name: str, role: Role = "muted", *, small: bool = True) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(theme.SMALL_SIZE if small else theme.TEXT_SIZE))
        self._role: Role = role
        self._colour()
        self.hide()

    def say(self, text: str, role: Role | None = None) -> None:
        """Show a text, or hide without one."""
        self._role = role or self._role
        self._colour()
        self.setText(text)
        self.setVisible(bool(text))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        wanted = f"color: {getattr(theme.palette(), self._role)};"
        if self.styleSheet() != wanted:
            self.setStyleSheet(wanted)
