"""A part of a form under a heading that folds: what most people leave as it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import tr


def field_grid(parent: QWidget) -> QGridLayout:
    """The columns of a form: labels, buttons back to the default, editors."""
    grid = QGridLayout(parent)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme.GRID)
    grid.setVerticalSpacing(theme.GRID)
    grid.setColumnStretch(0, 5)
    grid.setColumnStretch(2, 6)
    return grid


class FieldGroup(QWidget):
    """A heading and the rows below it; the heading tells how many of them were changed."""

    def __init__(self, name: str, unfolded: set[str]) -> None:
        """`unfolded` has the names of the groups that are open, and is shared by all forms of a panel."""
        super().__init__()
        self._name = name
        self._unfolded = unfolded
        self.heading = QToolButton()
        self.heading.setObjectName(f"group_{name}")
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.heading.clicked.connect(self._toggle)
        self._body = QWidget()
        self.grid = field_grid(self._body)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.GRID, 0, 0)
        column.setSpacing(theme.GRID)
        column.addWidget(self.heading)
        column.addWidget(self._body)
        self.show_changed(0)
        self._show_state()

    def show_changed(self, count: int) -> None:
        """Say how many properties are not at their default."""
        text = tr(self._name)
        self.heading.setText(tr("{group} ({count} changed)", group=text, count=count) if count else text)

    def unfold(self) -> None:
        """Show the rows."""
        self._unfolded.add(self._name)
        self._show_state()

    def showEvent(self, event: QShowEvent) -> None:
        """Another form may have been unfolded meanwhile."""
        super().showEvent(event)
        self._show_state()

    def _toggle(self) -> None:
        self._unfolded ^= {self._name}
        self._show_state()

    def _show_state(self) -> None:
        is_open = self._name in self._unfolded
        self._body.setVisible(is_open)
        self.heading.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
