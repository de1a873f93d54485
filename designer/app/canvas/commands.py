"""Every command of the canvas, registered once; menus, shortcuts and command search are made from that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from designer.app.actions import Actions
from designer.app.canvas import placing, regrouping
from designer.app.canvas.adding import Adding
from designer.app.canvas.camera import LARGEST
from designer.app.canvas.clipboard import Clipboard
from designer.app.canvas.hits import Hit
from designer.app.canvas.letters import Letters
from designer.app.canvas.ports import Port
from designer.app.canvas.structuring import Structuring, register_structure
from designer.app.canvas.wiring import without
from designer.app.i18n import render, tr
from designer.graph import GraphError, edits
from designer.graph.model import INPUT, NOTE, OUTPUT, Graph
from designer.layout import arrange
from designer.shapes import Fix

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

NUDGE: Final = 4.0
STRIDE: Final = 44.0
"""With Shift: the height of a node and its gap."""
_KEYPAD: Final = Qt.KeyboardModifier.KeypadModifier
"""Some systems send it with the arrow keys."""


class Commands:
    """What the canvas can do without the mouse; every method is one command."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.clipboard = Clipboard(view)
        self.adding = Adding(view)
        self.add_layer = self.adding.add_layer
        self.insert_layer = self.adding.insert_layer
        self.open_search = self.adding.open_search
        self.letters = Letters(view, self.open_search)
        self.structure = Structuring(view)
        self.toggle_fold = self.structure.toggle_fold
        self._actions: Actions | None = None

    def use(self, actions: Actions) -> None:
        """Keep the registry, for context menus and for what is enabled."""
        self._actions = actions
        self.view.document.selectionChanged.connect(self._enable)
        self.view.document.changed.connect(self._enable)
        self.view.levelChanged.connect(self._enable)
        self._enable()

    def _enable(self, *_: object) -> None:
        if self._actions is not None:
            document = self.view.document
            nodes, wires = bool(document.selection), bool(document.selected_edges)
            for id_ in ("edit.cut", "edit.copy", "edit.duplicate", "edit.delete_and_join"):
                self._actions[id_].setEnabled(nodes)
            self._actions["edit.delete"].setEnabled(nodes or wires)
            frames, uses = bool(self.structure.frames), bool(self.structure.uses)
            shown = self.view.canvas.shown is not None
            self._actions["graph.add_to_wire"].setEnabled(len(document.selected_edges) == 1 and not nodes)
            for id_ in ("graph.unwrap", "graph.fold", "graph.unroll"):
                self._actions[id_].setEnabled(frames)
            self._actions["graph.enter"].setEnabled(uses or frames)
            self._actions["graph.dissolve"].setEnabled(uses)
            self._actions["graph.rename_block"].setEnabled(uses or shown)
            self._actions["graph.leave"].setEnabled(shown)
            self._actions["graph.remove_unused"].setEnabled(bool(document.graph.blocks))

    # ---- removing

    def cut(self) -> None:
        """Copy what is selected, and remove it."""
        self.clipboard.copy()
        self.delete()

    def delete(self) -> None:
        """Remove what is selected: nodes with their wires, and wires."""
        document = self.view.document
        graph = edits.remove(without(document.graph, document.selected_edges), document.selection)
        document.apply(self._about(tr("Delete {what}"), len(document.selected_edges)), graph)

    def delete_and_join(self) -> None:
        """Remove the selected nodes and join what was before and behind them."""
        document = self.view.document
        graph = without(document.graph, document.selected_edges)
        self._try(
            self._about(tr("Delete {what} and join"), 0), lambda g: edits.remove_and_join(graph, document.selection)
        )

    def free_port(self, port: Port) -> None:
        """Remove every wire at a port."""
        document = self.view.document
        wires = [e for e in document.graph.body(port.owner).edges if port.end == (e.source if port.gives else e.target)]
        if wires:
            document.apply(tr("Free a port"), edits.disconnect(document.graph, wires, port.owner))

    def _about(self, template: str, wires: int) -> str:
        chosen = self.view.document.selection
        if len(chosen) == 1:
            what = self.view.document.graph.node(chosen[0]).label
        elif chosen:
            what = tr("{count} nodes", count=len(chosen))
        else:
            what = tr("{count} wires", count=wires) if wires != 1 else tr("a wire")
        return template.format(what=what)

    # ---- selection

    def select_all(self) -> None:
        """Select every node of the level that the selection lies in."""
        graph, chosen = self.view.document.graph, self.view.document.selection
        owner = graph.owners[chosen[-1]] if chosen else self.view.canvas.shown
        self.view.document.select(node.id for node in graph.body(owner).nodes)

    def select_next(self) -> None:
        """Go along the wires with the data: to the first reader, into open frames and out of them."""
        self._walk(self._reader)

    def select_previous(self) -> None:
        """Go along the wires against the data."""
        self._walk(self._feeder)

    def _walk(self, step: Callable[[Graph, str], str | None]) -> None:
        graph, chosen = self.view.document.graph, self.view.document.selection
        goal = step(graph, chosen[-1]) if chosen else next((node.id for node in self.view.body.nodes), None)
        if goal is not None:
            self.view.document.reveal(goal)

    def _reader(self, graph: Graph, node_id: str) -> str | None:
        node = graph.node(node_id)
        if node.body is not None and node_id in self.view.canvas.levels:
            inside = next(
                (e.target[0] for e in node.body.edges if e.source[0] == INPUT and e.target[0] != OUTPUT), None
            )
            if inside is not None:
                return inside
        owner: str | None = node_id
        while owner is not None and owner in graph.owners:
            node_id, owner = owner, graph.owners[owner]
            readers = [e.target[0] for e in graph.body(owner).edges if e.source[0] == node_id]
            if readers and readers != [OUTPUT]:
                return next(i for i in readers if i != OUTPUT)
        return None

    def _feeder(self, graph: Graph, node_id: str) -> str | None:
        owner = graph.owners[node_id]
        source = min(
            ((e.target[1], e.source[0]) for e in graph.body(owner).edges if e.target[0] == node_id), default=None
        )
        if source is None:
            return None
        if source[1] == INPUT:
            return owner if owner in graph.owners else None
        body = graph.node(source[1]).body
        if body is not None and source[1] in self.view.canvas.levels:
            last = next((e.source[0] for e in body.edges if e.target[0] == OUTPUT and e.source[0] != INPUT), None)
            return last or source[1]
        return source[1]

    # ---- moving

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected nodes a little; with nothing selected, look elsewhere."""
        document = self.view.document
        moving = regrouping.outermost(document.graph, document.selection)
        if not moving:
            self.view.camera.pan(QPoint(int(-dx * 10), int(-dy * 10)))
            return
        places = {i: document.graph.node(i).position for i in moving}
        moved = edits.move(document.graph, {i: (x + dx, y + dy) for i, (x, y) in places.items()})
        graph = placing.grown(document.graph, document.graph.owners[moving[0]], moved, follow=False)
        document.apply(self._about(tr("Move {what}"), 0), graph, merge="nudge " + " ".join(moving))

    def tidy(self) -> None:
        """Lay out the selected nodes, or the whole drawing where less than two are selected."""
        document, graph = self.view.document, self.view.document.graph
        chosen = document.selection if len(document.selection) > 1 else None
        after = arrange(graph, self.view.canvas.shown, chosen)
        before = {i: graph.node(i).position for i in after}
        moved = {i: place for i, place in after.items() if place != before[i]}
        if moved:
            document.apply(tr("Tidy up"), edits.move(graph, moved))
            self.view.glide.start({i: before[i] for i in moved}, moved)

    # ---- looking

    def actual_size(self) -> None:
        """100 %, around the middle of what is seen."""
        self.view.camera.go(self.view.camera.centre, 1.0)

    def zoom(self, factor: float) -> None:
        """Zoom around the middle of the view."""
        self.view.camera.zoom_at(self.view.viewport().rect().center(), factor)

    # ---- typing

    def typed(self, event: QKeyEvent) -> bool:
        """A letter that is no command begins a layer's name: open the search with it."""
        others = (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        if event.key() == Qt.Key.Key_Tab:
            self.open_search()
        elif event.text().strip() and event.text().isprintable() and not event.modifiers() & others:
            self.open_search(text=self.letters.taken_back() + event.text())
        else:
            return self._stride(event)
        return True

    def _stride(self, event: QKeyEvent) -> bool:
        """Shift and an arrow: by the height of a node."""
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        if event.key() not in steps or event.modifiers() & ~_KEYPAD != Qt.KeyboardModifier.ShiftModifier:
            return False
        dx, dy = steps[Qt.Key(event.key())]
        self.nudge(dx * STRIDE, dy * STRIDE)
        return True

    # ---- menus and mends

    def context_menu(self, hit: Hit) -> QMenu:
        """What can be done with what was clicked, mends of its problems first."""
        menu, document = QMenu(self.view), self.view.document
        if hit.node is not None and hit.part != "ground":
            if hit.node not in document.selection:
                document.select([hit.node])
            self._add_fixes(menu, hit.node)
            frame = document.graph.node(hit.node).body is not None
            block = hit.node in self.structure.uses
            ids = ["graph.enter", "graph.rename_block", "graph.dissolve", ""] if block else []
            ids += ["edit.cut", "edit.copy", "edit.duplicate", "", "edit.delete", "edit.delete_and_join", ""]
            ids += ["graph.repeat", "graph.recurrent", "graph.block", "graph.roll_up"]
            ids += ["", "graph.fold", "graph.unwrap", "graph.unroll"] if frame else []
        elif hit.wire is not None:
            document.select([], [hit.wire])
            self._add_fixes(menu, hit.wire[1].target[0])
            ids = ["graph.add_to_wire", "", "edit.delete"]
        else:
            ids = ["graph.add", "edit.paste", "", "edit.select_all", "graph.tidy", "view.frame", "view.actual_size"]
            ids += ["", "graph.leave"] if self.view.canvas.shown is not None else []
        for id_ in ids if self._actions is not None else ():
            if not id_:
                menu.addSeparator()
            elif self._actions is not None:
                menu.addAction(self._actions[id_])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add_fixes(self, menu: QMenu, node_id: str) -> None:
        for problem in self.view.document.problems:
            if problem.node == node_id:
                for fix in problem.fixes:
                    menu.addAction(render(fix.title)).triggered.connect(lambda *_, f=fix: self.mend(f))
        if not menu.isEmpty():
            menu.addSeparator()

    def mend(self, fix: Fix) -> None:
        """Apply a mend of a problem."""
        self._try(render(fix.title), fix.apply)

    def _try(self, label: str, change: Callable[[Graph], Graph]) -> None:
        try:
            self.view.document.edit(label, change)
        except GraphError as error:
            self._refuse(error)

    def _refuse(self, error: GraphError) -> None:
        at = self.view.pointer.view
        room = self.view.viewport().rect()
        self.view.show_hint(at if room.contains(at) else room.center(), render(error.message), ok=False, lasting=False)


def register_actions(view: CanvasView, actions: Actions) -> None:
    """Register every command of the canvas. Keys work while it has the focus, so that text fields keep theirs; those
    that zoom work everywhere.
    """
    _register_edits(view, actions)
    _register_structure(view, actions)
    _register_looking(view, actions)
    view.commands.use(actions)


def _register_edits(view: CanvasView, actions: Actions) -> None:
    do, clip, key = view.commands, view.commands.clipboard, QKeySequence.StandardKey
    rows: tuple[tuple[str, str, Callable[[], object], tuple[QKeySequence.StandardKey | str, ...], str], ...] = (
        ("edit.cut", tr("Cu&t"), do.cut, (key.Cut,), tr("Copy and remove the selection")),
        ("edit.copy", tr("&Copy"), clip.copy, (key.Copy,), tr("Copy the selected nodes as text")),
        ("edit.paste", tr("&Paste"), clip.paste, (key.Paste,), tr("Add the copied nodes at the mouse")),
        ("edit.paste_with_inputs", tr("Paste with inputs"), clip.paste_with_inputs, ("Ctrl+Shift+V",),
         tr("Add the copied nodes, fed by what feeds the originals")),
        ("edit.duplicate", tr("&Duplicate"), clip.duplicate, ("Ctrl+D",), tr("A copy beside the selected nodes")),
        ("edit.delete", tr("De&lete"), do.delete, ("Del",), tr("Remove the selected nodes and wires")),
        ("edit.delete_and_join", tr("Delete and &join"), do.delete_and_join, ("Backspace", "Ctrl+Del"),
         tr("Remove the selected nodes and wire their neighbours to each other")),
        ("edit.select_all", tr("Select &all"), do.select_all, (key.SelectAll,), tr("Select all nodes of this level")),
        ("edit.select_next", tr("Select next"), do.select_next, ("Ctrl+Down",), tr("Follow the wire down")),
        ("edit.select_previous", tr("Select previous"), do.select_previous, ("Ctrl+Up",), tr("Follow the wire up")),
    )  # fmt: skip
    for id_, text, run, keys, tip in rows:
        actions.add(id_, text, run, menu="edit", keys=keys, scope=view, tip=tip)
    nudges = (
        ("left", tr("Nudge left"), -NUDGE, 0.0),
        ("right", tr("Nudge right"), NUDGE, 0.0),
        ("up", tr("Nudge up"), 0.0, -NUDGE),
        ("down", tr("Nudge down"), 0.0, NUDGE),
    )
    tip = tr("Move the selected nodes a little; with Shift by the height of a node")
    for name, text, dx, dy in nudges:
        actions.add(
            f"edit.nudge_{name}", text, _nudger(do, dx, dy), menu="edit", keys=name.title(), scope=view, tip=tip
        )


def _nudger(commands: Commands, dx: float, dy: float) -> Callable[[], None]:
    return lambda: commands.nudge(dx, dy)


def _register_structure(view: CanvasView, actions: Actions) -> None:
    do, keys = view.commands, view.commands.letters
    actions.add(
        "graph.add",
        tr("&Add a layer..."),
        do.open_search,
        menu="graph",
        keys="Tab",
        scope=view,
        tip=tr("Search a layer: it goes below the selected node, into the selected wire, or to the mouse"),
    )
    actions.add("graph.add_to_wire", tr("Insert a layer into the &wire..."), do.open_search, menu="graph",
                tip=tr("Search a layer and put it into the selected wire; typing does the same"))  # fmt: skip
    actions.add("graph.comment", tr("Add a &comment"), lambda: keys.edit("c", lambda: do.add_layer(NOTE)),
                menu="graph", keys="C", scope=view,
                tip=tr("A note for whoever reads the drawing; its text stands in the properties"))  # fmt: skip
    register_structure(view, do.structure, actions)
    actions.add("graph.tidy", tr("&Tidy up"), lambda: keys.edit("l", do.tidy), menu="graph", keys="L",
                scope=view, tip=tr("Lay out the selected nodes, or the whole drawing"))  # fmt: skip


def _register_looking(view: CanvasView, actions: Actions) -> None:
    do, keys = view.commands, view.commands.letters
    actions.add("view.frame", tr("&Frame"), lambda: keys.look("f", view.frame), menu="view",
                keys="F", scope=view, tip=tr("Show the selection, or the whole drawing"))  # fmt: skip
    actions.add("view.actual_size", tr("&100 %"), lambda: keys.look("1", do.actual_size),
                menu="view", keys="1", scope=view, tip=tr("Show the drawing at its own size"))  # fmt: skip
    actions.add("view.zoom_in", tr("Zoom &in"), lambda: do.zoom(1.25), menu="view", keys=("Ctrl++", "Ctrl+="),
                tip=tr("Up to {percent} %", percent=int(LARGEST * 100)))  # fmt: skip
    actions.add("view.zoom_out", tr("Zoom &out"), lambda: do.zoom(0.8), menu="view", keys="Ctrl+-",
                tip=tr("See more of the drawing"))  # fmt: skip
