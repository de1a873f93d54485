"""The question before a training begins while another one is under way: both would take longer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QMessageBox, QWidget

from designer.app.i18n import tr
from designer.training.runs import list_runs


def may_train_beside(parent: QWidget, root: Path) -> bool:
    """Whether nothing is being trained among the runs of a folder, or the user wants two trainings at once."""
    running = [row.name for row in list_runs(root) if row.state == "running"]
    if not running:
        return True
    box = QMessageBox(parent)
    box.setObjectName("besideQuestion")
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(tr("A training is under way"))
    box.setText(tr("'{name}' is being trained.", name=running[0]) if len(running) == 1
                else tr("{count} networks are being trained.", count=len(running)))  # fmt: skip
    box.setInformativeText(tr("Trainings at the same time share the computer: each takes longer."))
    both = box.addButton(tr("Train at the same time"), QMessageBox.ButtonRole.AcceptRole)
    both.setObjectName("trainBoth")
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    return box.clickedButton() is both
