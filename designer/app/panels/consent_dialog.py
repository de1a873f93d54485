"""The question before functions run that somebody wrote into a drawing: here is their text, may they?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import tr
from designer.app.panels.code_view import CodeView
from designer.codegen import consent
from designer.codegen.source import Source, generate
from designer.graph import Graph

_NUMBER = re.compile(r"(\bdef\s+\w+)_[0-9a-f]{8}\b")
"""What the generated code adds to a function's name, to tell equal names apart."""


class ConsentDialog(QDialog):
    """Shows functions, each below the names of its nodes, and asks whether they may run on this computer."""

    def __init__(self, parent: QWidget, functions: Iterable[str]) -> None:
        super().__init__(parent)
        self.setObjectName("consentDialog")
        self.setWindowTitle(tr("This network runs Python functions"))
        text = QLabel(tr(
            "These functions are written in the drawing. They can do on this computer whatever you can do: read files, "
            "delete them, use the network. Allow them only if you wrote them or trust who did. You are asked again "
            "when their text changes."))  # fmt: skip
        text.setWordWrap(True)
        view = CodeView()
        view.setObjectName("consentFunctions")
        view.setAccessibleName(tr("The functions"))
        view.set_code("\n\n".join(functions))
        buttons = QDialogButtonBox()
        allow = buttons.addButton(tr("Allow and go on"), QDialogButtonBox.ButtonRole.AcceptRole)
        allow.setObjectName("allowFunctions")
        cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(3 * theme.GRID)
        column.addWidget(text)
        column.addWidget(view, 1)
        column.addWidget(buttons)
        allow.setAutoDefault(False)  # Enter is no consent
        cancel.setDefault(True)
        cancel.setFocus()

    def sizeHint(self) -> QSize:
        """Room for a function."""
        return QSize(160 * theme.GRID, 110 * theme.GRID)


def may_run_functions(parent: QWidget, graph: Graph) -> bool:
    """Whether the functions in a graph may run; asks where nobody agreed to one of them, and remembers a yes.

    Raises:
        NetDesignerError: the graph has errors, or the answer cannot be written down.
    """
    source = generate(graph)
    missing = consent.missing(source.functions)
    if not missing:
        return True
    dialog = ConsentDialog(parent, (_as_drawn(function, source, graph) for function in missing))
    agreed = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    if agreed:
        consent.consent(graph)
    return agreed


def _as_drawn(function: str, source: Source, graph: Graph) -> str:
    """A function as its author wrote it, below a comment that names the nodes it is in."""
    text = function.strip("\n")
    line = source.text[: source.text.index(text)].count("\n") + 1
    nodes = [graph.node(node) for node, lines in source.lines.items() if line in lines]
    names = ", ".join(" ".join(node.label.split()) for node in nodes)  # no name gets out of the comment
    said = tr("in the node {name}", name=names) if len(nodes) == 1 else tr("in the nodes {names}", names=names)
    return f"# {said}\n" + _NUMBER.sub(r"\1", text, count=1)
