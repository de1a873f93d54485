"""A line in which something on the canvas is given its name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from designer.app import theme
from designer.app.i18n import tr


class NameEditor(QLineEdit):
    """Opens with the name selected; Enter or a click elsewhere takes it, Escape leaves the name as it was."""

    def __init__(self, parent: QWidget, place: QRect, name: str, take: Callable[[str], object]) -> None:
        super().__init__(name, parent)
        self._parent = parent
        self._take: Callable[[str], object] | None = take
        self.setObjectName("nameEditor")
        self.setAccessibleName(tr("Name"))
        self.setFont(theme.font(theme.TEXT_SIZE, bold=True))
        self.setMaxLength(60)
        height = max(place.height(), self.sizeHint().height())
        self.setGeometry(QRect(place.left(), place.center().y() - height // 2, max(place.width(), 160), height))
        self.selectAll()
        self.show()
        self.setFocus()

    def finish(self, *, take: bool) -> None:
        """Go away, with the name or without."""
        done, self._take = self._take, None
        if done is None:
            return
        if self.hasFocus():
            self._parent.setFocus()
        self.hide()
        self.deleteLater()
        if take and self.text().strip():
            done(self.text().strip())

    def event(self, event: QEvent) -> bool:
        """Keep every key from the shortcuts of the canvas."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Escape end it."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finish(take=True)
        elif event.key() == Qt.Key.Key_Escape:
            self.finish(take=False)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever clicks elsewhere is content with the name."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.finish(take=True)
