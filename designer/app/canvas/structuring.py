"""Commands on frames and blocks: repeat, fold, unroll, roll up; make a block, open it, leave it, dissolve it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QRect

from designer.app.actions import Actions
from designer.app.canvas import placing, regrouping
from designer.app.canvas.name_editor import NameEditor
from designer.app.canvas.shelf import block_of, provided
from designer.app.i18n import render, tr
from designer.graph import GraphError, blocks, edits
from designer.graph.model import Graph, block_name
from designer.graph.structure import Rolled
from designer.layers.registry import layer_of

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Structuring:
    """What the canvas can do to structure; every method is one command."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.editor: NameEditor | None = None
        """The line in which a block is being named."""

    @property
    def frames(self) -> list[str]:
        """The selected frames."""
        graph = self.view.document.graph
        return [i for i in self.view.document.selection if graph.node(i).body is not None]

    @property
    def uses(self) -> list[str]:
        """The selected uses of blocks."""
        graph = self.view.document.graph
        return [i for i in self.view.document.selection if blocks.used_block(graph.node(i)) is not None]

    def _chosen(self) -> list[str]:
        """The selected nodes without those that lie in selected frames."""
        document = self.view.document
        return regrouping.outermost(document.graph, document.selection)

    def _to_enclose(self) -> list[str]:
        """Of the selected nodes those that may stand in a frame or block: inputs and losses stay outside."""
        graph = self.view.document.graph
        layers = {i: layer_of(graph.node(i)) for i in self._chosen()}
        return [i for i, layer in layers.items() if not (layer.is_input or layer.is_end)]

    def _about(self, template: str) -> str:
        chosen = self._chosen()
        graph = self.view.document.graph
        one = graph.node(chosen[0]).label if len(chosen) == 1 else tr("{count} nodes", count=len(chosen))
        return template.format(what=one)

    def _refuse(self, error: GraphError) -> None:
        self._say(render(error.message), ok=False)

    def _say(self, text: str, *, ok: bool = True) -> None:
        at, room = self.view.pointer.view, self.view.viewport().rect()
        self.view.show_hint(at if room.contains(at) else room.center(), text, ok=ok, lasting=False)

    # ---- frames

    def repeat(self) -> None:
        """Put the selected nodes into a Repeat frame; with nothing selected, add an empty one."""
        self._wrap("Repeat", tr("Repeat {what}"))

    def recurrent(self) -> None:
        """Put the selected nodes into a Recurrent frame; with nothing selected, add an empty one."""
        self._wrap("Recurrent", tr("Run {what} step by step"))

    def _wrap(self, type_: str, template: str) -> None:
        chosen, document = self._to_enclose(), self.view.document
        if not chosen:
            self.view.add_layer(type_)
            return
        try:
            ends = self._entering(chosen, type_)
            graph, frame = regrouping.wrap(document.graph, chosen, type_, ends)
        except GraphError as error:
            self._refuse(error)
            return
        document.apply(self._about(template), graph)
        document.select([frame])

    def _entering(self, chosen: list[str], type_: str) -> list[tuple[str, int]] | None:
        graph = self.view.document.graph
        one_level = len({graph.owners[i] for i in chosen}) == 1  # otherwise the edit says what is wrong
        return regrouping.entering(self.view.document.analysis, chosen, type_) if one_level else None

    def unwrap(self) -> None:
        """Replace the selected frames by what lies in them."""
        document, graph = self.view.document, self.view.document.graph
        inside: list[str] = []
        for frame in self.frames:
            if frame in graph.owners:
                body = graph.node(frame).body
                inside += [node.id for node in body.nodes] if body is not None else []
                graph = regrouping.unwrap(graph, frame)
        document.apply(tr("Unwrap"), graph)
        document.select(inside)

    def fold(self) -> None:
        """Fold the selected frames to one node each, or open them."""
        graph = self.view.document.graph
        for frame in self.frames:
            graph = placing.set_folded(graph, frame, frame in self.view.canvas.levels)
        self.view.document.apply(tr("Fold"), graph)

    def toggle_fold(self, frame: str) -> None:
        """Fold one frame, or open it."""
        document, folded = self.view.document, frame in self.view.canvas.levels
        name = document.graph.node(frame).label
        label = tr("Fold {name}", name=name) if folded else tr("Open {name}", name=name)
        document.edit(label, lambda graph: placing.set_folded(graph, frame, folded))

    def unroll(self) -> None:
        """Draw out the repetitions of the selected Repeats."""
        document, graph = self.view.document, self.view.document.graph
        new: list[str] = []
        try:
            for frame in self.frames:
                layer = document.analysis.facts(frame).layer
                if getattr(layer, "shared", False):
                    self._say(tr("Its repetitions share their weights; drawn out, each would have its own."), ok=False)
                    return
                graph, ids = regrouping.unroll(graph, frame, int(getattr(layer, "times", 1)))
                new += ids
        except GraphError as error:
            self._refuse(error)
            return
        document.apply(self._about(tr("Unroll {what}")), graph)
        document.select([i for i in new if i in graph.owners])

    def roll_up(self) -> None:
        """Make Repeats of equal parts that follow each other, among the selected nodes or in the whole drawing."""
        document = self.view.document
        owner, chosen = self.view.canvas.shown, self._chosen() if len(self._chosen()) > 1 else []
        if chosen:
            owner = document.graph.owners[chosen[-1]]
        graph, found = regrouping.roll_up(document.analysis, owner, chosen)
        if not found:
            self._say(tr("No equal parts follow each other here."), ok=False)
            return
        document.apply(tr("Roll up"), graph)
        document.select([rolled.frame for rolled in found])
        self._say(_told(graph, found))

    # ---- blocks

    def make_block(self) -> None:
        """Turn the selected nodes into a block, and ask for its name; with nothing selected, add an empty one."""
        chosen, document = self._to_enclose(), self.view.document
        if not chosen:
            self.view.add_layer("Block")
            return
        try:
            graph, use, _ = regrouping.make_block(document.graph, chosen, self._entering(chosen, "Block"))
        except GraphError as error:
            self._refuse(error)
            return
        label = self._about(tr("Make a block of {what}"))
        document.apply(label, graph, merge=f"block {use}")
        document.select([use])
        self.rename_block()

    def rename_block(self) -> None:
        """Give the selected block, or the one whose drawing is shown, another name."""
        graph, uses = self.view.document.graph, self.uses
        name = blocks.used_block(graph.node(uses[-1])) if uses else block_name(self.view.canvas.shown)
        if name is None or name not in graph.blocks:
            return
        rect = self.view.canvas.rect_of(uses[-1]) if uses else None
        if rect is not None:
            place = self.view.mapFromScene(rect).boundingRect().translated(self.view.viewport().pos())
        else:
            place = QRect(10, self.view.viewport().y() + 10, 220, 28)
        if self.editor is not None:
            self.editor.finish(take=False)
        use = uses[-1] if uses else None
        self.editor = NameEditor(self.view, place, name, lambda new: self._rename(name, new, use))

    def _rename(self, old: str, new: str, use: str | None) -> None:
        document = self.view.document
        try:
            graph = blocks.rename_block(document.graph, old, new)
        except GraphError as error:
            self._refuse(error)
            return
        label = tr("Call the block {name}", name=new)
        if use is not None and document.merges_with(f"block {use}"):  # it was made just now: one step, and one name
            label = document.undo_label or label
            name = edits.fresh(f"{placing.stem_of_block(new)}1", {node.name for _, node in graph.walk()})
            graph = edits.rename(graph, use, name) if old != new else graph
        document.apply(label, graph, merge=f"block {use}")
        document.end_merge()

    def dissolve(self) -> None:
        """Replace the selected uses of blocks by what they stand for."""
        document, graph, new = self.view.document, self.view.document.graph, list[str]()
        try:
            for use in self.uses:
                graph, ids = regrouping.dissolve(graph, use, regrouping.arguments_of(document.analysis, use))
                new += ids
        except GraphError as error:
            self._refuse(error)
            return
        document.apply(self._about(tr("Dissolve {what}")), graph)
        document.select(new)

    def remove_unused(self) -> None:
        """Remove the definitions of blocks that nothing in the document's drawing uses."""
        document = self.view.document
        used = blocks.needed(document.graph.blocks, document.graph.root)
        kept = {name: block for name, block in document.graph.blocks.items() if name in used}
        if len(kept) == len(document.graph.blocks):
            self._say(tr("Every block is used."))
        else:
            document.apply(tr("Remove unused blocks"), msgspec.structs.replace(document.graph, blocks=kept))

    def enter(self) -> None:
        """Open the drawing of the selected block; a selected frame folds or opens."""
        uses = self.uses
        if uses:
            self.view.enter(uses[-1])
        elif self.frames:
            self.fold()

    def open_block(self, key: str) -> None:
        """Open the drawing of a block of the palette; a ready-made one is taken over into the document first."""
        document = self.view.document
        graph, key = provided(document.graph, key)
        name = block_of(key)
        if name is None:
            return
        if graph is not document.graph:
            document.apply(tr("Take over the block {name}", name=name), graph)
        self.view.levels.open_block(name)
        self.view.setFocus()

    def leave(self) -> None:
        """Go back to the drawing around the block that is shown."""
        self.view.leave()


def _told(graph: Graph, found: list[Rolled]) -> str:
    parts = [
        tr("{name}: {times} times {nodes} nodes", name=graph.node(r.frame).label, times=r.times, nodes=r.nodes)
        for r in found
    ]
    return tr("Rolled up: {what}", what="; ".join(parts))


def register_structure(view: CanvasView, do: Structuring, actions: Actions) -> None:
    """Register the commands on frames and blocks."""
    rows: tuple[tuple[str, str, Callable[[], object], str | tuple[str, ...] | None, str], ...] = (
        ("graph.repeat", tr("&Repeat"), do.repeat, "Ctrl+R",
         tr("Put the selected nodes into a frame that runs several times")),
        ("graph.recurrent", tr("Re&current"), do.recurrent, "Ctrl+Alt+R",
         tr("Put the selected nodes into a frame that runs once for every step of a sequence")),
        ("graph.unwrap", tr("&Unwrap"), do.unwrap, "Ctrl+Shift+R",
         tr("Replace the selected frames by what lies in them")),
        ("graph.unroll", tr("U&nroll"), do.unroll, "Ctrl+U",
         tr("Draw out the repetitions of the selected Repeats, one below the other")),
        ("graph.roll_up", tr("R&oll up"), do.roll_up, "Ctrl+Shift+U",
         tr("Find equal parts that follow each other, and make a Repeat of them")),
        ("graph.fold", tr("&Fold or open"), do.fold, "Ctrl+Shift+F",
         tr("Draw the selected frames as one node, or open them")),
        ("graph.block", tr("Make a &block"), do.make_block, "Ctrl+G",
         tr("Turn the selected nodes into a part with a name that can be used in many places")),
        ("graph.enter", tr("&Open the block's drawing"), do.enter, ("Return", "Enter"),
         tr("Show what is in the selected block; double-click does the same")),
        ("graph.leave", tr("&Leave the block's drawing"), do.leave, "Alt+Up",
         tr("Back to the drawing around")),
        ("graph.rename_block", tr("Rena&me the block..."), do.rename_block, "F2",
         tr("Call the selected block, or the one that is shown, something else, in every place")),
        ("graph.dissolve", tr("&Dissolve the block"), do.dissolve, "Ctrl+Shift+G",
         tr("Replace the selected blocks by what they stand for")),
        ("graph.remove_unused", tr("Remove unused blocks"), do.remove_unused, None,
         tr("Remove the definitions of blocks that are used nowhere")),
    )  # fmt: skip
    for id_, text, run, keys, tip in rows:
        actions.add(id_, text, run, menu="graph", keys=keys, scope=view, tip=tip)
