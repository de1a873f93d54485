"""Where a file is saved to, asked so that no file is overwritten without a question."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from designer.app.i18n import render, tr
from designer.graph import GraphFileError
from designer.graph.io import write_atomically

if TYPE_CHECKING:
    from designer.app.document import Document


def ask_where(parent: QWidget, title: str, suggested: Path, kinds: str) -> Path | None:
    """The file that the user chooses; it has the suffix of the suggested one. None if they change their mind."""
    while True:
        name, _ = QFileDialog.getSaveFileName(parent, title, str(suggested), kinds)
        if not name:
            return None
        chosen = Path(name)
        if chosen.suffix.lower() == suggested.suffix:
            return chosen
        # 'x' and 'resnet.v2' get the suffix here: the dialog asked about these names, and not about the whole ones.
        suggested = chosen.with_name(chosen.name + suggested.suffix)
        if not suggested.exists() or _may_replace(parent, suggested):
            return suggested


def folder_of(document: Document) -> Path:
    """Where dialogs begin: beside the drawing's file."""
    return document.path.parent if document.path else Path.home()


def save_code(parent: QWidget, document: Document, code: str) -> None:
    """Ask for a file and write the drawing's code into it, whole or not at all; says why where that fails."""
    stem = re.sub(r"[^\w-]+", "_", document.title).strip("_") or "network"
    title = tr("Save the code")
    path = ask_where(parent, title, folder_of(document) / f"{stem}.py", tr("Python (*.py)"))
    if path is not None:
        try:
            write_atomically(path, code.encode())
        except GraphFileError as error:
            QMessageBox.warning(parent, title, render(error.message))


def _may_replace(parent: QWidget, path: Path) -> bool:
    box = QMessageBox(parent)
    box.setObjectName("replaceQuestion")
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Replace the file?"))
    box.setText(tr("{name} exists already. Replace it?", name=path.name))
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.No)
    return box.exec() == QMessageBox.StandardButton.Yes
