"""A dock whose panel does nothing while its tab lies behind another one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QVBoxLayout, QWidget


class PanelDock(QDockWidget):
    """Holds one panel, and shows it while it can be seen.

    For Qt whatever lies behind a tab is visible: it would follow every edit, and Tab would lead into it. The panel is
    hidden there, and keeps its room, so that the tabs stay as high as the highest of them needs.
    """

    focusCovered = Signal()  # noqa: N815 - Qt's spelling of signals
    """Another tab comes before the panel that has the focus, which somebody else should take."""

    def __init__(self, title: str, panel: QWidget, window: QWidget) -> None:
        super().__init__(title, window)
        self._panel = panel
        policy = panel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        panel.setSizePolicy(policy)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(panel)
        panel.hide()
        self.setWidget(holder)
        self.visibilityChanged.connect(self._show_panel)

    @property
    def is_in_front(self) -> bool:
        """Whether the panel can be seen: no other tab lies before it."""
        return not self._panel.isHidden()

    def use_tab_as_title(self) -> None:
        """Among tabs a title bar would only repeat the tab; torn off, the panel gets one."""
        self.topLevelChanged.connect(self._show_title_bar)
        self._show_title_bar(self.isFloating())

    def _show_panel(self, seen: bool) -> None:
        """Qt takes positions left of or above the origin for the background; a window's may be on another screen."""
        shown = self.isVisible() if self.isWindow() else seen
        focused = QApplication.focusWidget()
        if not shown and focused is not None and self._panel.isAncestorOf(focused):
            self.focusCovered.emit()
        self._panel.setVisible(shown)

    def _show_title_bar(self, floating: bool) -> None:
        self.setTitleBarWidget(None if floating else QWidget(self))  # type: ignore[arg-type]
