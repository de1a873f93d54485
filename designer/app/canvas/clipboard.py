"""Copy, cut, paste and duplicate: nodes as JSON text on the system's clipboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication

from designer.app.canvas import placing
from designer.app.canvas.grid import Box, around
from designer.app.canvas.room import BESIDE, box_of
from designer.app.i18n import render, tr
from designer.graph import GraphError, GraphFileError, edits, io
from designer.graph.blocks import calling, needed, refuse_recursion, with_definitions
from designer.graph.model import Body, Edge, Graph, Position

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Clipboard:
    """The canvas's side of the clipboard."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view

    def copy(self) -> None:
        """Put the selected nodes on the clipboard, with the wires among them."""
        fragment = edits.extract(self._view.document.graph, self._view.document.selection)
        if fragment.nodes:
            blocks = needed(self._view.document.graph.blocks, fragment)
            QGuiApplication.clipboard().setText(io.fragment_dumps(fragment, blocks))

    def paste(self) -> None:
        """Add what is on the clipboard, at the mouse."""
        self._paste(keep_inputs=False)

    def paste_with_inputs(self) -> None:
        """Add what is on the clipboard, fed by the nodes that feed the originals."""
        self._paste(keep_inputs=True)

    def duplicate(self) -> None:
        """A copy of the selected nodes beside them."""
        document = self._view.document
        fragment = edits.extract(document.graph, document.selection)
        if fragment.nodes:
            owner = document.graph.owners[fragment.nodes[0].id]
            offset = _beside(document.graph.body(owner), fragment)
            self._add(tr("Duplicate"), document.graph, (fragment, owner), offset, ())

    def _paste(self, keep_inputs: bool) -> None:
        view = self._view
        text = QGuiApplication.clipboard().text()
        try:
            copied = io.fragment_loads(text)
        except GraphFileError as error:
            reason = render(error.message) if text else tr("There is nothing to paste: copy nodes first.")
            view.show_hint(view.viewport().rect().center(), reason, ok=False, lasting=False)
            return
        if not copied.nodes:
            return
        owner, offset = self._place(copied.root)
        feeds = _feeds(view.document.graph, copied.root, owner) if keep_inputs else ()
        graph, names = with_definitions(view.document.graph, needed(copied.blocks, copied.root))
        fragment = Body(tuple(calling(copied.nodes, names)), copied.edges)
        self._add(tr("Paste"), graph, (fragment, owner), offset, feeds)

    def _add(
        self, label: str, graph: Graph, what: tuple[Body, str | None], offset: Position, feeds: tuple[Edge, ...]
    ) -> None:
        document, (fragment, owner) = self._view.document, what
        try:
            refuse_recursion(graph, owner, fragment)
        except GraphError as error:
            middle = self._view.viewport().rect().center()
            self._view.show_hint(middle, render(error.message), ok=False, lasting=False)
            return
        graph, ids = edits.paste(graph, fragment, owner, offset, feeds)
        document.apply(label, placing.grown(document.graph, owner, graph))
        document.select(ids)
        rect = self._view.canvas.rect_around(ids)
        self._view.camera.reveal(rect)

    def _place(self, fragment: Body) -> tuple[str | None, Position]:
        """The level at the mouse and the way there; beside the original where the mouse is elsewhere."""
        view, graph, box = self._view, self._view.document.graph, _bounds(fragment)
        mouse: QPoint = view.pointer.view
        if view.viewport().rect().contains(mouse):
            at = view.mapToScene(mouse)
            owner, (x0, y0) = placing.level_at(graph, at.x(), at.y(), view.canvas.shown)
            middle = (box.left + box.right) / 2
            return owner, (float(round(at.x() - x0 - middle)), float(round(at.y() - y0 - box.top - 16)))
        return view.canvas.shown, _beside(graph.body(view.canvas.shown), fragment)


def _bounds(fragment: Body) -> Box:
    return around(box_of(node) for node in fragment.nodes) or Box(0, 0, 0, 0)


def _beside(body: Body, fragment: Body) -> Position:
    """How far to the right a copy has to go to lie on nothing."""
    own = _bounds(fragment)
    taken = [box_of(node) for node in body.nodes]
    shift = 0.0
    for _ in range(len(taken) + 1):
        here = own.moved(shift, 0)
        hits = [box for box in taken if box.overlaps(here)]
        if not hits:
            break
        shift += max(box.right for box in hits) + BESIDE - here.left
    return (shift, 0.0)


def _feeds(graph: Graph, fragment: Body, owner: str | None) -> tuple[Edge, ...]:
    """The wires from nodes outside of the fragment into its originals, as far as these are still there."""
    ids = {node.id for node in fragment.nodes}
    return tuple(e for e in graph.body(owner).edges if e.target[0] in ids and e.source[0] not in ids)
