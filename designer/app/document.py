"""The open document: the current graph, its analysis, the undo list, the selection and the file it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from designer.app.i18n import tr
from designer.graph import Graph, io
from designer.graph.model import Edge, block_name
from designer.shapes import Analysis, Problem, analyze, problems


@dataclass(frozen=True)
class Change:
    """What happened to the document; the canvas draws the difference between the two."""

    before: Analysis
    after: Analysis
    label: str
    """What was done, in the user's language: 'Add conv1'. Empty where a whole other document was opened."""


class _Chosen(NamedTuple):
    """What is selected."""

    nodes: tuple[str, ...] = ()
    edges: tuple[tuple[str | None, Edge], ...] = ()


class _Step(NamedTuple):
    label: str
    graph: Graph
    """The graph before the step."""
    chosen: _Chosen
    """What was selected then: undo selects it again, so that the hand can go on from there."""
    merge: str | None = None
    undone: tuple[_Step, ...] = ()
    """What could be done again before the step; it can be once more if the step is taken back."""


Stamp = tuple[int, int]
"""When a file was written, in nanoseconds, and its size: by these it is told from one written since."""


class Document(QObject):
    """One drawing being edited. Every edit goes through `apply`; whoever shows it listens to `changed`."""

    changed = Signal(object)
    """Emits a `Change` after every edit, undo, redo and open."""
    selectionChanged = Signal()  # noqa: N815 - Qt's spelling of signals
    revealRequested = Signal(str)  # noqa: N815
    """Emits the id of a node that the canvas should scroll to."""
    stateChanged = Signal()  # noqa: N815
    """The path, or whether there are unsaved changes, may be different now."""

    def __init__(self, graph: Graph | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._analysis = analyze(graph or Graph())
        self._problems: list[Problem] | None = None
        self._undo: list[_Step] = []
        self._redo: list[_Step] = []
        self._saved: Graph | None = self._analysis.graph
        self._chosen = _Chosen()
        self.path: Path | None = None
        self.stamp: Stamp | None = None
        """The file's when it was opened or saved; None where there was none."""

    # ---- what there is

    @property
    def graph(self) -> Graph:
        """The drawing as it stands."""
        return self._analysis.graph

    @property
    def analysis(self) -> Analysis:
        """Shapes and costs of the drawing as it stands."""
        return self._analysis

    @property
    def problems(self) -> list[Problem]:
        """Errors and warnings of the drawing as it stands."""
        if self._problems is None:
            self._problems = problems(self._analysis)
        return self._problems

    @property
    def is_modified(self) -> bool:
        """Whether there is anything that saving would keep."""
        return self.graph is not self._saved

    @property
    def title(self) -> str:
        """The file's name, or the graph's where it was never saved."""
        return self.path.stem if self.path else self.graph.name

    # ---- editing

    def apply(self, label: str, graph: Graph, merge: str | None = None) -> None:
        """Make `graph` the current one, as one undo step named `label`.

        Consecutive steps with the same `merge` key (a spin box being turned) become one.
        """
        if graph is self.graph:
            return
        if not (merge and self._undo and self._undo[-1].merge == merge):
            self._undo.append(_Step(label, self.graph, self._chosen, merge, tuple(self._redo)))
        self._redo.clear()
        self._show(graph, label, self._chosen)

    def edit(self, label: str, change: Callable[[Graph], Graph], merge: str | None = None) -> None:
        """Apply an edit function to the current graph. GraphError leaves the document as it is."""
        self.apply(label, change(self.graph), merge)

    def merges_with(self, merge: str) -> bool:
        """Whether a step with this merge key would become one with the last step."""
        return bool(self._undo) and self._undo[-1].merge == merge

    def end_merge(self) -> None:
        """The next step is one of its own even where its merge key is the last one's."""
        if self._undo:
            self._undo[-1] = self._undo[-1]._replace(merge=None)

    def undo(self) -> None:
        """Go back one step."""
        if self._undo:
            step = self._undo.pop()
            self._redo.append(_Step(step.label, self.graph, self._chosen))
            self._show(step.graph, step.label, step.chosen)

    def redo(self) -> None:
        """Do the last undone step again."""
        if self._redo:
            step = self._redo.pop()
            self._undo.append(_Step(step.label, self.graph, self._chosen))
            self._show(step.graph, step.label, step.chosen)

    def abandon(self, merge: str) -> None:
        """Take back the last step if it has this merge key, as though it had never been begun."""
        if self._undo and self._undo[-1].merge == merge:
            self._take_back(self._chosen)

    def take_back(self) -> None:
        """Take back the last step as though it had never been begun: what could be done again before, can be again."""
        if self._undo:
            self._take_back(self._undo[-1].chosen)

    def _take_back(self, chosen: _Chosen) -> None:
        step = self._undo.pop()
        self._redo[:] = step.undone
        self._show(step.graph, step.label, chosen)

    @property
    def undo_label(self) -> str | None:
        """What undo would take back; None where there is nothing."""
        return self._undo[-1].label if self._undo else None

    @property
    def redo_label(self) -> str | None:
        """What redo would do again; None where there is nothing."""
        return self._redo[-1].label if self._redo else None

    def _show(self, graph: Graph, label: str, chosen: _Chosen) -> None:
        before, self._analysis = self._analysis, analyze(graph, self._analysis)
        self._problems = None
        nodes = tuple(i for i in chosen.nodes if i in graph.owners)
        edges = tuple((o, e) for o, e in chosen.edges if _has_edge(graph, o, e))
        was, self._chosen = self._chosen, _Chosen(nodes, edges)
        self.changed.emit(Change(before, self._analysis, label))
        if self._chosen != was:
            self.selectionChanged.emit()
        self.stateChanged.emit()

    # ---- selection: it is no part of the document and no undo step; undo only remembers it

    @property
    def selection(self) -> tuple[str, ...]:
        """Ids of the selected nodes, the one selected last at the end."""
        return self._chosen.nodes

    @property
    def selected_edges(self) -> tuple[tuple[str | None, Edge], ...]:
        """The selected wires, each with the frame it lies in (None: the root drawing)."""
        return self._chosen.edges

    def select(self, ids: Iterable[str], edges: Iterable[tuple[str | None, Edge]] = ()) -> None:
        """Select these nodes and wires and nothing else."""
        nodes = tuple(dict.fromkeys(i for i in ids if i in self.graph.owners))
        chosen = _Chosen(nodes, tuple(dict.fromkeys(edges)))
        if chosen != self._chosen:
            self._chosen = chosen
            self.selectionChanged.emit()

    def reveal(self, node_id: str) -> None:
        """Select a node and bring it into view."""
        self.select([node_id])
        self.revealRequested.emit(node_id)

    # ---- files

    def replace(self, graph: Graph, path: Path | None, *, modified: bool = False) -> None:
        """Show another document, of the file as it is now; its undo list begins empty."""
        self._undo.clear()
        self._redo.clear()
        self.path = path
        self.stamp = _stamp(path)
        self._saved = None if modified else graph
        self._chosen = _Chosen()
        self._show(graph, "", self._chosen)
        self.selectionChanged.emit()

    def open(self, path: Path) -> None:
        """Read a graph file into this document. GraphFileError leaves the document as it is."""
        stamp = _stamp(path)
        self.replace(io.load(path), path)
        self.stamp = stamp  # also where somebody wrote it meanwhile

    def recover(self, graph: Graph, path: Path | None, stamp: Stamp | None) -> None:
        """Show unsaved work on a file that was like this when the work began."""
        self.replace(graph, path, modified=True)
        self.stamp = stamp

    @property
    def is_overtaken(self) -> bool:
        """Whether somebody else wrote the document's file since it was opened or saved."""
        now = _stamp(self.path)
        return now is not None and now != self.stamp

    def save(self, path: Path) -> None:
        """Write the document; from then on it belongs to that file, and has its name where it had none.

        The next edit is a step of its own, so that undo finds what was saved.

        Raises:
            GraphFileError: that fails; the document stays as it is.
        """
        graph = self.graph if self.path == path else _named(self.graph, path.stem)
        io.save(graph, path)
        self.path = path
        self.stamp = _stamp(path)
        self._saved = graph
        self.end_merge()
        if graph is self.graph:
            self.stateChanged.emit()
            return
        for steps in (self._undo, self._redo):  # undo takes back edits, not the name
            steps[:] = [step._replace(graph=_named(step.graph, path.stem)) for step in steps]
        self._show(graph, tr("Save"), self._chosen)


def _stamp(path: Path | None) -> Stamp | None:
    """None where there is no file."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _named(graph: Graph, name: str) -> Graph:
    """A drawing that has no name yet under this one."""
    return msgspec.structs.replace(graph, name=name) if graph.name in ("", "untitled") else graph


def _has_edge(graph: Graph, owner: str | None, edge: Edge) -> bool:
    there = owner is None or owner in graph.owners or block_name(owner) in graph.blocks
    return there and edge in graph.body(owner).edges
