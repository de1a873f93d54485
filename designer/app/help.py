"""The cheat sheet: every gesture of the canvas and every shortcut, made from the registered commands."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.actions import Actions
from designer.app.i18n import tr


def gestures() -> list[tuple[str, str]]:
    """What the mouse does on the canvas."""
    return [
        (tr("Add a layer"), tr("Drag from the palette; double-click in it; or just type on the canvas")),
        (tr("Wire"), tr("Drag from port to port, or click both; Shift-click a second node")),
        (tr("Insert on a wire"), tr("Drop a node on the wire (Alt: beside it)")),
        (tr("Cut wires"), tr("Ctrl+Shift+drag across them; Alt-click a port frees it")),
        (tr("Select"), tr("Drag a box; Shift adds, Ctrl toggles")),
        (tr("Pan"), tr("Middle drag, Space+drag or two fingers")),
        (tr("Zoom"), tr("Mouse wheel at the cursor")),
        (tr("Cancel"), tr("Esc ends any gesture")),
    ]


def show_cheat_sheet(window: QWidget, actions: Actions) -> QDialog:
    """Open the list beside the window; it may stay open while working."""
    native = QKeySequence.SequenceFormat.NativeText
    keyed = [(a.text().replace("&", ""), ", ".join(k.toString(native) for k in a.shortcuts())) for a in actions]
    colour = theme.palette().muted
    rows = "".join(
        f"<tr><td style='padding:3px 18px 3px 0'>{what}</td><td style='color:{colour}'>{how}</td></tr>"
        for what, how in [*gestures(), *((w, k) for w, k in keyed if k)]
    )
    dialog = QDialog(window)
    dialog.setObjectName("cheatSheet")
    dialog.setWindowTitle(tr("Gestures and shortcuts"))
    text = QTextBrowser()
    text.setHtml(f"<table>{rows}</table>")
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.close)
    layout = QVBoxLayout(dialog)
    layout.addWidget(text)
    layout.addWidget(buttons)
    dialog.resize(620, 640)
    dialog.show()
    return dialog
