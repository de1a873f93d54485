"""Networks of other programs: which one of a file is wanted, and how it becomes a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from designer.app import theme
from designer.app.i18n import tr
from designer.importers import SUFFIXES, open_source

if TYPE_CHECKING:
    from designer.graph import Graph
    from designer.importers.nnc import Project


def is_foreign(path: Path) -> bool:
    """Whether a file is one of another program that can be imported."""
    return path.suffix.lower() in SUFFIXES


def patterns() -> str:
    """The names of such files, as file dialogs take them: '*.sdcproj *.nnp'."""
    return " ".join(f"*{suffix}" for suffix in SUFFIXES)


class Imported(NamedTuple):
    """What became of a file."""

    graph: Graph
    has_weights: bool
    """Whether the file holds trained weights, which a drawing does not."""


def imported(parent: QWidget, path: Path) -> Imported | None:
    """The network of a file as a graph; asks which where there are several. None if the user changes their mind.

    Raises:
        ForeignError: the file cannot be read.
    """
    from designer.importers.nnc import graph_of

    source = open_source(path)
    network: str | None = source.main
    if len(source.networks) > 1:
        network = _asked(parent, source)
    return None if network is None else Imported(graph_of(source, network), source.stored is not None)


def _asked(parent: QWidget, source: Project) -> str | None:
    dialog = ChooseNetwork(parent, source)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    dialog.deleteLater()
    return dialog.network if accepted else None


class ChooseNetwork(QDialog):
    """Shows the networks of a file with their numbers of layers; the one that is trained is chosen at first."""

    def __init__(self, parent: QWidget, source: Project) -> None:
        super().__init__(parent)
        self.setObjectName("networkDialog")
        self.setWindowTitle(tr("Import"))
        question = tr("{name} holds several networks. Which one shall be opened?", name=source.name)
        label = QLabel(question)
        label.setWordWrap(True)
        self._table = QTreeWidget()
        self._table.setObjectName("networks")
        self._table.setAccessibleName(tr("Networks"))
        self._table.setRootIsDecorated(False)
        self._table.setHeaderLabels([tr("Network"), tr("Layers")])
        self._table.header().setStretchLastSection(False)
        self._table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for name, network in source.networks.items():
            item = QTreeWidgetItem([name, f"{len(network.layers):,}"])
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
            self._table.addTopLevelItem(item)
            if name == source.main:
                self._table.setCurrentItem(item)
        self._table.itemActivated.connect(self.accept)
        label.setBuddy(self._table)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(2 * theme.GRID)
        for part in (label, self._table, buttons):
            column.addWidget(part)
        self.resize(100 * theme.GRID, 80 * theme.GRID)
        self._table.setFocus()

    @property
    def network(self) -> str:
        """The name of the network that is chosen."""
        item = self._table.currentItem()
        return item.text(0) if item is not None else ""
