"""Help: the cheat sheet, made from the registered commands, and what the app and its parts are."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from html import escape
from importlib import metadata

from PySide6.QtCore import qVersion
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QMessageBox, QTextBrowser, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.actions import Actions
from designer.app.i18n import tr
from designer.app.icons import app_icon
from designer.app.menu_titles import menu_titles

Row = tuple[str, str]
"""What is done, and how."""


def gestures() -> list[Row]:
    """What the mouse does on the canvas."""
    return [
        (tr("Add a layer"), tr("Drag from the palette; double-click in it; or just type on the canvas")),
        (tr("Wire"), tr("Drag from port to port, or click both; Shift-click a second node")),
        (tr("Insert on a wire"), tr("Drop a node on the wire (Alt: beside it)")),
        (tr("Cut wires"), tr("Ctrl+Shift+drag across them; Alt-click a port frees it")),
        (tr("Open a block"), tr("Double-click it; Alt+Up or the path above the drawing leads back")),
        (tr("Select"), tr("Drag a box; Shift adds, Ctrl toggles")),
        (tr("Pan"), tr("Middle drag, Space+drag or two fingers")),
        (tr("Zoom"), tr("Mouse wheel at the cursor")),
        (tr("Cancel"), tr("Esc ends any gesture")),
    ]


def show_cheat_sheet(window: QWidget, actions: Actions) -> QDialog:
    """Open the list beside the window; it may stay open while working."""
    groups = [(tr("On the canvas"), gestures())]
    for id_, title in menu_titles():
        native = QKeySequence.SequenceFormat.NativeText
        keyed = [
            # Undo also tells what it would take back.
            (_plain(action.text()).partition(": ")[0], ", ".join(key.toString(native) for key in action.shortcuts()))
            for action in actions.of_menu(id_)
            if action.shortcuts()
        ]
        groups.append((_plain(title), keyed))
    dialog = QDialog(window)
    dialog.setObjectName("cheatSheet")
    dialog.setWindowTitle(tr("Gestures and shortcuts"))
    text = QTextBrowser()
    text.setObjectName("cheatSheetText")
    text.setAccessibleName(tr("Gestures and shortcuts"))
    text.setHtml(_table(groups))
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    layout = QVBoxLayout(dialog)
    layout.addWidget(text)
    layout.addWidget(buttons)
    dialog.resize(640, 640)
    dialog.show()
    return dialog


def _plain(text: str) -> str:
    return text.replace("&", "")


def _table(groups: Iterable[tuple[str, list[Row]]]) -> str:
    muted = theme.palette().muted
    lines = []
    for title, rows in groups:
        if rows:
            lines.append(f"<tr><td colspan='2' style='padding: 12px 0 4px 0'><b>{escape(title)}</b></td></tr>")
        lines += [
            f"<tr><td style='padding: 2px 24px 2px 0'>{escape(what)}</td>"
            f"<td style='padding: 2px 0; color: {muted}'>{escape(how)}</td></tr>"
            for what, how in rows
        ]
    return f"<table cellspacing='0'>{''.join(lines)}</table>"


def show_about(window: QWidget) -> QMessageBox:
    """Say what this is, and of which versions it is made: what a report of a mistake needs."""
    box = QMessageBox(window)
    box.setObjectName("about")
    box.setIconPixmap(app_icon().pixmap(64, 64))
    box.setWindowTitle(tr("About Net Designer"))
    box.setText(tr("Net Designer {version}", version=_version("netdesigner")))
    parts = [("PyTorch", _version("torch")), ("Qt", qVersion()), ("Python", sys.version.split()[0])]
    box.setInformativeText("\n".join([
        tr("Draw a network, see every shape, press Train."), "", *(f"{name} {version}" for name, version in parts)
    ]))  # fmt: skip
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.open()
    return box


def _version(distribution: str) -> str:
    """The version of an installed package, told without importing it."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return tr("(not installed)")
