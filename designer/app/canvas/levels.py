"""Which drawing the canvas shows: the document's own, or that of a block, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF

from designer.app.canvas.breadcrumbs import Breadcrumbs
from designer.app.i18n import tr
from designer.graph.blocks import used_block
from designer.graph.model import Graph, block_name, block_owner
from designer.graph.structure import level_of

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class _Step(NamedTuple):
    """A drawing on the way to the one that is shown."""

    owner: str | None
    camera: tuple[QPointF, float] | None = None
    """What was seen of it when it was left; None where that is not known."""
    node: str | None = None
    """The use of a block through which it was left."""


class Levels:
    """The path from the document's drawing to the one that is shown."""

    def __init__(self, view: CanvasView) -> None:
        self._view = view
        self._path = [_Step(None)]
        self.bar = Breadcrumbs(view)
        self.bar.chosen.connect(self.go_back_to)

    @property
    def shown(self) -> str | None:
        """The owner of the level that is shown."""
        return self._path[-1].owner

    def enter(self, node_id: str) -> bool:
        """Open the drawing of the block that a node uses; whether there is one."""
        node = self._view.document.graph.find(node_id)
        name = used_block(node) if node is not None else None
        if name is None or name not in self._view.document.graph.blocks:
            return False
        self._leave_trace(node_id)
        self._path.append(_Step(block_owner(name)))
        self._show()
        self._view.show_whole_level()
        return True

    def open_block(self, name: str) -> None:
        """Open the drawing of a block, wherever one is."""
        if block_owner(name) != self.shown:
            self._leave_trace(None)
            self._path = [self._path[0], _Step(block_owner(name))]
            self._show()
            self._view.show_whole_level()

    def leave(self) -> bool:
        """Go back to the drawing around; whether there is one."""
        if len(self._path) < 2:
            return False
        self.go_back_to(len(self._path) - 2)
        return True

    def go_back_to(self, place: int) -> None:
        """Go back to a drawing of the path, and to what was seen and selected there."""
        if place >= len(self._path) - 1:
            return
        del self._path[place + 1 :]
        step = self._path[-1]
        self._show()
        if step.camera is not None:
            self._view.camera.go(*step.camera, animated=False)
        if step.node is not None:
            self._view.document.select([step.node])

    def show_level_of(self, node_id: str) -> None:
        """Show the drawing that a node lies in."""
        graph = self._view.document.graph
        if node_id not in graph.owners or (owner := level_of(graph, graph.owners[node_id])) == self.shown:
            return
        place = next((i for i, step in enumerate(self._path) if step.owner == owner), None)
        self._leave_trace(None)
        if place is not None:
            del self._path[place + 1 :]
        else:
            self._path = [self._path[0], _Step(owner)]
        self._show(keep=True)
        self._view.show_whole_level()

    def follow(self, before: Graph, after: Graph) -> None:
        """Stay in the drawings that are still there after an edit, whatever their blocks are called now."""
        kept: list[_Step] = []
        for step in self._path:
            owner = _renamed(step.owner, before, after)
            if owner is None and step.owner is not None:
                break
            kept.append(step._replace(owner=owner))
        changed = [step.owner for step in kept] != [step.owner for step in self._path]
        self._path = kept
        if changed:
            self._show_path()

    def start_over(self) -> None:
        """Show the document's own drawing: another one was opened."""
        self._path = [_Step(None)]
        self._show_path()

    def _leave_trace(self, node_id: str | None) -> None:
        camera = self._view.camera
        camera.finish()
        self._path[-1] = self._path[-1]._replace(camera=(camera.centre, camera.zoom), node=node_id)

    def _show(self, *, keep: bool = False) -> None:
        view = self._view
        view.cancel_gesture()
        if not keep:
            view.document.select([])
        self._show_path()
        view.show_level()

    def _show_path(self) -> None:
        title = self._view.document.title
        self.bar.show_path([block_name(step.owner) or title or tr("Drawing") for step in self._path])
        self._view.make_room_for_path(shown=len(self._path) > 1)


def _renamed(owner: str | None, before: Graph, after: Graph) -> str | None:
    """What a block's level is called after an edit; None if the block is gone."""
    name = block_name(owner)
    if name is None or name in after.blocks:
        return owner
    was = before.blocks.get(name)
    same = next((n for n, block in after.blocks.items() if was is not None and block.body is was.body), None)
    return None if same is None else block_owner(same)
