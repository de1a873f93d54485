"""The window: canvas, panels, actions. Qt lives here and nowhere else, and torch never does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from designer.app.main_window import MainWindow


def create_main_window(path: Path | None = None) -> MainWindow:
    """The app's whole window, not shown yet, on a file or on the start page. Needs a QApplication."""
    from designer.app.main_window import MainWindow

    window = MainWindow(path)
    _ = window.workbench
    return window


def main(argv: Sequence[str] = ()) -> int:
    """Run the app until its window closes; `argv` may name a graph file. Returns the exit status."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    window = start(argv)
    QTimer.singleShot(50, window, lambda: _complete(window))  # the start page is painted first
    return QApplication.exec()


def start(argv: Sequence[str] = ()) -> MainWindow:
    """Make the QApplication and show its window, with nothing loaded that its first picture does not need."""
    from PySide6.QtWidgets import QApplication

    from designer.app import style
    from designer.app.main_window import MainWindow
    from designer.app.translations import install

    app = QApplication([sys.argv[0], *style.ARGUMENTS, *argv])
    app.setApplicationName("Net Designer")
    app.setDesktopFileName("netdesigner")
    install(app)
    style.apply(app)
    window = MainWindow(Path(argv[0]) if argv else None)
    window.show()
    return window


def _complete(window: MainWindow) -> None:
    """Load what the first picture of the window is not kept waiting for."""
    from designer.app.icons import app_icon

    window.setWindowIcon(app_icon())
    _ = window.workbench
