"""New, open, save, and the questions around unsaved work."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.importing import imported, is_foreign, patterns
from designer.app.recent import remember
from designer.app.recovery import Recovered
from designer.app.saving import ask_where, folder_of, save_code
from designer.errors import NetDesignerError
from designer.graph import Graph, GraphError, io
from designer.importers.errors import ForeignError


class Files(QObject):
    """The document's way to and from disk."""

    opened = Signal()
    """A drawing is there to be shown."""
    recovered = Signal(object)
    """Emits the `Recovered` that was opened."""

    def __init__(self, window: QWidget, document: Document) -> None:
        super().__init__(window)
        self._window = window
        self._document = document

    def new(self) -> None:
        """An empty drawing."""
        if self.may_discard():
            self._document.replace(Graph(), None)
            self.opened.emit()

    def open(self, path: Path | None = None) -> None:
        """Open a graph file or one of another program; asks for one if none is given."""
        if not self.may_discard():
            return
        if path is None:
            path = self._asked(tr("Open a network"), tr("Networks ({patterns})", patterns=f"*.json {patterns()}"))
            if path is None:
                return
        if is_foreign(path):
            self._import(path)
            return
        try:
            self._document.open(path)
        except GraphError as error:
            self._complain(tr("This file could not be opened"), error)
            return
        remember(path)
        self.opened.emit()

    def import_network(self) -> None:
        """Open a network of another program as a new, unsaved drawing."""
        if self.may_discard():
            kinds = tr("Neural Network Console ({patterns})", patterns=patterns())
            if (path := self._asked(tr("Import a network"), kinds)) is not None:
                self._import(path)

    def _import(self, path: Path) -> None:
        try:
            found = imported(self._window, path)
        except ForeignError as error:
            self._complain(tr("This file could not be imported"), error)
            return
        if found is None:
            return
        self._document.replace(found.graph, None)  # unedited, it can be imported again
        self.opened.emit()
        if found.has_weights:
            self._tell(
                "weightsNote",
                tr("{file} also holds trained weights, which a drawing does not.", file=path.name),
                tr("To save them beside the drawing: netdesigner import {file} -o NETWORK.json", file=path.name),
            )

    def open_sample(self, path: Path) -> None:
        """Open a sample as a new drawing, so that saving asks where to and the sample stays as it is."""
        if not self.may_discard():
            return
        try:
            self._document.replace(io.load(path), None)
        except GraphError as error:
            self._complain(tr("This file could not be opened"), error)
            return
        self.opened.emit()

    def open_copy(self, graph: Graph) -> None:
        """Open a graph that came from elsewhere (a run) as a new, unsaved drawing."""
        if self.may_discard():
            self._document.replace(graph, None, modified=True)
            self.opened.emit()

    def recover(self, item: Recovered) -> None:
        """Open what a crashed window left behind; it stays on disk until this window keeps it."""
        if self.may_discard():
            self._document.recover(item.graph, item.path, item.stamp)
            self.opened.emit()
            self.recovered.emit(item)

    def save(self) -> bool:
        """Save to the drawing's own file, or ask for one. True if it is on disk."""
        path = self._document.path
        if path is None:
            return self.save_as()
        if self._document.is_overtaken:
            return self._save_over(path)
        return self._write(path)

    def save_as(self) -> bool:
        """Ask for a file and save to it. True if it is on disk."""
        suggested = folder_of(self._document) / f"{self._document.title}.json"
        path = ask_where(self._window, tr("Save the network"), suggested, tr("Networks (*.json)"))
        return path is not None and self._write(path)

    def _save_over(self, path: Path) -> bool:
        """Ask before another window's, or another program's, work is overwritten."""
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setObjectName("overtakenQuestion")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("The file has changed"))
        box.setText(tr("'{name}' was changed by another window or program.", name=path.name))
        box.setInformativeText(tr("If you save over it, those changes are lost."))
        box.setStandardButtons(button.Save | button.SaveAll | button.Cancel)
        box.button(button.Save).setText(tr("Save &over it"))
        box.button(button.SaveAll).setText(tr("Save &as..."))
        box.setDefaultButton(button.SaveAll)
        answer = box.exec()
        if answer == button.SaveAll:
            return self.save_as()
        return answer == button.Save and self._write(path)

    def _write(self, path: Path) -> bool:
        try:
            self._document.save(path)
        except GraphError as error:
            self._complain(tr("The drawing could not be saved"), error)
            return False
        remember(path)
        return True

    def may_discard(self) -> bool:
        """Whether the current drawing may go: it is saved, or the user says so."""
        if not self._document.is_modified:
            return True
        button = QMessageBox.StandardButton
        box = QMessageBox(self._window)
        box.setObjectName("unsavedQuestion")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Unsaved changes"))
        box.setText(tr("Save the changes to '{name}'?", name=self._document.title))
        box.setInformativeText(tr("They are lost if you do not save them."))
        box.setStandardButtons(button.Save | button.Discard | button.Cancel)
        box.setDefaultButton(button.Save)
        answer = box.exec()
        return self.save() if answer == button.Save else answer == button.Discard

    def export_code(self) -> None:
        """Save the network as Python source."""
        from designer.codegen.source import source

        try:
            text = source(self._document.graph)
        except NetDesignerError as error:
            self._complain(tr("There is no code for this drawing yet"), error)
            return
        save_code(self._window, self._document, text)

    def _asked(self, title: str, kinds: str) -> Path | None:
        """The file that the user chooses."""
        name, _ = QFileDialog.getOpenFileName(self._window, title, str(folder_of(self._document)), kinds)
        return Path(name) if name else None

    def _tell(self, name: str, title: str, text: str) -> None:
        box = QMessageBox(QMessageBox.Icon.Information, title, title, QMessageBox.StandardButton.Ok, self._window)
        box.setObjectName(name)
        box.setInformativeText(text)
        box.exec()

    def _complain(self, title: str, error: NetDesignerError) -> None:
        box = QMessageBox(self._window)
        box.setObjectName("fileProblem")
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(title)
        box.setText(title)
        box.setInformativeText(render(error.message))
        box.exec()
