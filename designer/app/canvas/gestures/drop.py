"""Dropping a layer from the palette: on a wire, on empty ground, into a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from designer.app.canvas import placing
from designer.app.canvas.gestures.base import Gesture, Pointer
from designer.app.canvas.gestures.snapping import Snapper
from designer.app.canvas.grid import Box
from designer.app.canvas.overlay import paint_ghost, paint_guides
from designer.app.canvas.ports import has_ends, input_count
from designer.app.canvas.room import boxes_of, covered
from designer.app.canvas.scene import Wire
from designer.app.canvas.shelf import provided
from designer.app.i18n import render, tr
from designer.graph import GraphError
from designer.graph.blocks import refuse_recursion
from designer.graph.model import Body
from designer.layout.metrics import NODE_HEIGHT, NODE_WIDTH

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

SNAP_PIXELS = 8.0


class DropLayer(Gesture):
    """A ghost of the layer follows the mouse; a wire below it glows and takes it in."""

    def __init__(self, view: CanvasView, start: Pointer, type_: str) -> None:
        super().__init__(view, start)
        self._graph, self._type = provided(view.document.graph, type_)
        """The drawing with the definition that a ready-made block brings along."""
        self._node = placing.new_layer(self._graph, self._type)
        self._corner = QPointF()
        self._guides: tuple[QLineF, ...] = ()
        self._wire: Wire | None = None
        self._owner: str | None = None
        self._snappers: dict[str | None, Snapper] = {}
        self.move(start)

    def move(self, to: Pointer) -> None:
        """Find the place, aligned, and the wire there."""
        self.now = to
        graph, shown = self._graph, self.view.canvas.shown
        self._owner, (x0, y0) = placing.level_at(graph, to.scene.x(), to.scene.y(), shown)
        if self._owner not in self._snappers:
            self._snappers[self._owner] = Snapper(graph.body(self._owner), ())
        wanted = (to.scene.x() - NODE_WIDTH / 2 - x0, to.scene.y() - NODE_HEIGHT / 2 - y0)
        snapped = self._snappers[self._owner].snap(self._node, wanted, SNAP_PIXELS / self.view.camera.zoom)
        self._corner = QPointF(snapped.position[0] + x0, snapped.position[1] + y0)
        self._guides = tuple(line.translated(x0, y0) for line in snapped.guides)
        self._wire = None
        if not to.holds(Qt.KeyboardModifier.AltModifier) and has_ends(self._node, graph.blocks):
            box = self._box().adjusted(30, 4, -30, -4)
            self._wire = next(iter(self.view.canvas.wires_under(self._owner, box)), None)
        self.view.show_wires(glowing=self._wire)
        self._say_where()

    def _say_where(self) -> None:
        """A layer let go over a node goes beside it; over a wire it would go in."""
        x0, y0 = placing.origin_of(self.view.document.graph, self._owner)
        corner = self._corner - QPointF(x0, y0)
        wanted = Box(corner.x(), corner.y(), corner.x() + NODE_WIDTH, corner.y() + NODE_HEIGHT)
        body = self.view.document.graph.body(self._owner)
        below = covered(wanted, boxes_of(body)) if self._wire is None else None
        if below is None:
            self.view.hide_hint()
        else:
            name = self.view.document.graph.node(below).label
            self.view.show_hint(self.now.view, tr("Goes beside {name}; drop it on a wire to insert it", name=name))

    def release(self, at: Pointer) -> bool:
        """Add the layer, and select it."""
        self.move(at)
        self.cancel()
        document, graph, node = self.view.document, self._graph, self._node
        x0, y0 = placing.origin_of(graph, self._owner)
        node = msgspec.structs.replace(node, position=(self._corner.x() - x0, self._corner.y() - y0))
        try:
            refuse_recursion(graph, self._owner, Body((node,)))
        except GraphError as error:
            self.view.show_hint(at.view, render(error.message), ok=False, lasting=False)
            return True
        if self._wire is not None:
            owner, edge = self._wire
            graph = placing.insert(graph, node, edge, owner, straight=self.view.canvas.is_straight(self._wire))
        elif self._owner is not None and not graph.body(self._owner).nodes and input_count(node, 0, graph.blocks):
            graph = placing.begin_body(graph, node, self._owner)
        else:
            graph = placing.add_at(graph, node, self._owner)
        document.apply(tr("Add {name}", name=node.label), graph)
        document.select([node.id])
        return True

    def cancel(self) -> None:
        """Leave nothing behind."""
        self.view.show_wires()
        self.view.hide_hint()

    def _box(self) -> QRectF:
        return QRectF(self._corner.x(), self._corner.y(), NODE_WIDTH, NODE_HEIGHT)

    def bounds(self) -> QRectF:
        """Around the ghost and the guides."""
        rect = self._box()
        for line in self._guides:
            rect = rect.united(QRectF(line.p1(), line.p2() + QPointF(1, 0)))
        return rect

    def paint(self, painter: QPainter) -> None:
        """The ghost and the guides."""
        paint_guides(painter, self._guides)
        paint_ghost(painter, self._corner, self._type)
