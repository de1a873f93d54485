"""A small question: what something new is to be called."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import render, tr
from designer.app.panels.controls import LineEdit
from designer.app.panels.words import Words
from designer.errors import NetDesignerError


class AskName(QDialog):
    """Takes a name that `check` accepts: it raises NetDesignerError, whose text is shown, for others."""

    def __init__(self, parent: QWidget, title: str, question: str, name: str, check: Callable[[str], object]) -> None:
        super().__init__(parent)
        self.setObjectName("nameDialog")
        self.setWindowTitle(title)
        self._check = check
        label = QLabel(question)
        label.setWordWrap(True)
        self._line = LineEdit()
        self._line.setText(name)
        self._line.setObjectName("newName")
        self._line.setAccessibleName(question)
        self._line.selectAll()
        label.setBuddy(self._line)
        self._reason = Words("newNameReason", "error")
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.GRID)
        for part in (label, self._line, self._reason, self._buttons):
            column.addWidget(part)
        self.setMinimumWidth(80 * theme.GRID)
        self._line.textEdited.connect(self._judge)
        self._judge()

    @property
    def name(self) -> str:
        """The name as it was typed, without spaces around it."""
        return self._line.text().strip()

    def _judge(self) -> None:
        reason = ""
        try:
            self._check(self.name)
        except NetDesignerError as error:
            reason = render(error.message)
        self._reason.say(reason if self.name else "")
        self._line.invalid = bool(reason and self.name)
        self._line.update()
        self._buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not reason)


def ask_name(parent: QWidget, title: str, question: str, name: str, check: Callable[[str], object]) -> str | None:
    """The name that the user gives, or None."""
    dialog = AskName(parent, title, question, name, check)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return dialog.name if accepted else None


def question_of_variable() -> tuple[str, str]:
    """Title and question for a new variable."""
    return tr("New variable"), tr("Formulas everywhere in the drawing can use it. Its name:")


def question_of_argument(block: str) -> tuple[str, str]:
    """Title and question for a new argument of a block."""
    return (tr("New argument of {block}", block=block),
            tr("Each place that uses the block can give it another value. Its name:"))  # fmt: skip
