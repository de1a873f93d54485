"""The look of ordinary widgets: one palette and one short style sheet, made from the theme."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from designer.app import theme
from designer.app.recent import settings

SHEET = """
QMainWindow, QDialog {{ background: {window}; }}
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QToolBar {{ background: {surface}; border: none; border-bottom: 1px solid {border}; spacing: 4px; padding: 4px 8px; }}
QToolBar QToolButton {{ padding: 5px; border-radius: 6px; border: none; }}
QToolBar QToolButton:hover {{ background: {grid}; }}
QToolBar QToolButton:pressed {{ background: {border}; }}
QToolBar::separator {{ background: {border}; width: 1px; margin: 5px 6px; }}
QToolButton#trainButton {{ background: {accent}; color: {on_accent}; font-weight: 600; padding: 4px 13px; }}
QToolButton#trainButton {{ border: 1px solid {accent}; }}
QToolButton#trainButton:hover {{ border-color: {text}; }}
QToolButton#trainButton:disabled {{ background: {grid}; border-color: {grid}; color: {muted}; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget::title {{ background: {window}; padding: 6px 10px; text-align: left; }}
QTabBar::tab {{ background: {window}; color: {muted}; padding: 6px 14px; border: none; }}
QTabBar::tab {{ border-top: 2px solid transparent; }}
QTabBar::tab:selected {{ background: {surface}; color: {text}; border-top: 2px solid {accent}; }}
QTabBar::tab:hover {{ color: {text}; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {border}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QTableView {{ selection-background-color: {accent}; selection-color: {on_accent}; outline: 0; }}
QTableView::item {{ padding: 0 8px; }}
QTableView::item:selected {{ background: {accent}; color: {on_accent}; }}
QHeaderView {{ background: {window}; }}
QHeaderView::section {{ background: {window}; color: {muted}; padding: 4px 11px; border: none; }}
QHeaderView::section {{ border-bottom: 1px solid {border}; }}
QStatusBar {{ background: {surface}; border-top: 1px solid {border}; color: {muted}; }}
QStatusBar::item {{ border: none; }}
QMenuBar {{ background: {surface}; }}
QToolTip {{ background: {surface}; color: {text}; border: 1px solid {border}; padding: 4px; }}
"""


ARGUMENTS = ("-style", "Fusion")
"""For the QApplication: the style that looks the same everywhere. Set later, it would cost 10 ms of the start."""

_KEY = "colours"


def apply(app: QApplication) -> None:
    """Style the app, now and whenever the system changes between light and dark."""
    theme.choose(_kept_choice())
    app.styleHints().colorSchemeChanged.connect(lambda _: _restyle(app))
    _restyle(app)


def choose(scheme: Qt.ColorScheme) -> None:
    """Switch to light or dark, or (Unknown) back to the system's; not every desktop lets Qt do this itself."""
    theme.choose(scheme)
    app = QApplication.instance()
    if isinstance(app, QApplication):
        _restyle(app)


def choose_for_good(scheme: Qt.ColorScheme) -> None:
    """Switch as `choose` does, and begin with it from now on."""
    settings().setValue(_KEY, scheme.name)
    choose(scheme)


def _kept_choice() -> Qt.ColorScheme:
    name = settings().value(_KEY)
    return next((scheme for scheme in Qt.ColorScheme if scheme.name == name), Qt.ColorScheme.Unknown)


def _restyle(app: QApplication) -> None:
    colours = theme.palette()
    app.setPalette(_palette(colours))
    app.setStyleSheet(SHEET.format(**colours._asdict()))


def _palette(c: theme.Palette) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: c.window, role.WindowText: c.text, role.Base: c.surface, role.AlternateBase: c.window,
        role.Text: c.text, role.Button: c.surface, role.ButtonText: c.text, role.BrightText: c.error,
        role.Highlight: c.accent, role.HighlightedText: c.on_accent, role.Link: c.accent, role.ToolTipBase: c.surface,
        role.ToolTipText: c.text, role.PlaceholderText: c.muted, role.Light: c.grid, role.Midlight: c.grid,
        role.Mid: c.border, role.Dark: c.border, role.Shadow: c.border, role.Accent: c.accent,
    }.items():  # fmt: skip
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(c.muted))
    return palette
