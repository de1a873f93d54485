"""The window: canvas, panels, actions. Qt lives here and nowhere else, and torch never does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from designer.app.main_window import MainWindow


def create_main_window(path: Path | None = None) -> MainWindow:
    """The app's window, not shown yet, on a file or on the start page. Needs a running QApplication."""
    from designer.app.main_window import MainWindow

    return MainWindow(path)


def main(argv: Sequence[str] = ()) -> int:
    """Run the app until its window closes; `argv` may name a graph file. Returns the exit status."""
    from PySide6.QtWidgets import QApplication

    from designer.app import style
    from designer.app.icons import app_icon
    from designer.app.translations import install

    app = QApplication([sys.argv[0], *argv])
    app.setApplicationName("Net Designer")
    app.setDesktopFileName("netdesigner")
    app.setWindowIcon(app_icon())
    install(app)
    style.apply(app)
    window = create_main_window(Path(argv[0]) if argv else None)
    window.show()
    return app.exec()
