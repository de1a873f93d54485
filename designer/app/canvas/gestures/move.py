"""Moving nodes: with guides, into wires, into frames and out of them; with Alt out of their wires."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from designer.app.canvas import placing, regrouping
from designer.app.canvas.gestures.base import Gesture, Pointer, travelled
from designer.app.canvas.gestures.connect import connect_ports
from designer.app.canvas.gestures.snapping import Snapper
from designer.app.canvas.overlay import paint_guides, paint_outlines
from designer.app.canvas.ports import Port, has_ends
from designer.app.canvas.scene import Wire
from designer.app.canvas.wiring import free_input
from designer.app.i18n import render, tr
from designer.graph import GraphError, edits
from designer.graph.model import Graph, Position

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

SNAP_PIXELS = 8.0
MANY = 200
"""More nodes than these are dragged as outlines: to lead all their wires anew takes longer than a frame."""


class Move(Gesture):
    """From the press on a node on; a click without a drag selects, toggles (Ctrl) or wires (Shift).

    Nodes without wires go into whatever frame they are dropped in, and one of them into the wire it is dropped on;
    those with wires go into a frame where these can be drawn anew across its ports. With Alt held at the press, nodes
    leave their wires first, and what was before and behind them is joined.
    """

    def __init__(self, view: CanvasView, start: Pointer, node: str) -> None:
        super().__init__(view, start)
        self._node = node
        self._lifts = start.holds(Qt.KeyboardModifier.AltModifier)
        self._before = view.document.selection
        self._moving: list[str] = []
        self._base: Graph = view.document.graph
        """The drawing that the nodes move in: the document, or what it is once they left their wires."""
        self._free = False
        self._entered: dict[str, Graph | str] = {}
        """By frame the drawing with the wired nodes in it, or why they cannot go into it."""
        self._without: Graph = self._base
        self._snappers: dict[str | None, Snapper] = {}
        self._outlines: list[QRectF] = []
        """Where the nodes were, if they are dragged as outlines."""
        self._dragged = QPointF()
        """How far the outlines are from there."""
        self._moved: Callable[[], Graph] = lambda: self._base
        """The drawing with the nodes where the hand has them."""
        self._guides: tuple[QLineF, ...] = ()
        self._wire: Wire | None = None
        self._refusal = ""
        """Why the nodes do not go into the frame they are over."""

    # ---- while the hand moves

    def move(self, to: Pointer) -> None:
        """Show the nodes where they would be, aligned."""
        if not self._moving:
            if not travelled(self.start, to):
                return
            self._begin()
        self.now = to
        shift = to.scene - self.start.scene
        level, origin = self._level(to)
        home = placing.origin_of(self._base, self._base.owners[self._node])
        node = self._base.node(self._node)
        x, y = node.position
        across, down = home[0] - origin[0], home[1] - origin[1]
        wanted = (x + shift.x() + across, y + shift.y() + down)
        snapped = self._snapper(level).snap(node, wanted, SNAP_PIXELS / self.view.camera.zoom)
        dx, dy = snapped.position[0] - x - across, snapped.position[1] - y - down
        self._guides = tuple(line.translated(*origin) for line in snapped.guides)
        self._moved = partial(self._moved_by, dx, dy, level, (across, down))
        if self._outlines:
            self._dragged = QPointF(dx, dy)
        else:
            self.view.show_trial(self._moved())
            self._wire = self._wire_below(level, to)
            self.view.show_wires(glowing=self._wire)
        self._refusal = self._why_not(level, to)
        if self._refusal:
            self.view.show_hint(to.view, self._refusal, ok=False)
        else:
            self.view.hide_hint()

    def _begin(self) -> None:
        document = self.view.document
        if self._node not in document.selection:
            document.select([self._node])
        self._moving = regrouping.outermost(self._base, document.selection)
        if self._lifts:
            self._base = placing.lifted(self._base, self._moving)
        self._free = placing.is_free(self._base, self._moving)
        if self._free:
            self.view.canvas.set_ghosts(self._moving)
        if len(self._moving) > MANY:
            self._outlines = [rect for i in self._moving if (rect := self.view.canvas.rect_of(i)) is not None]
        self._without = edits.remove(self._base, self._moving)

    def _level(self, to: Pointer) -> tuple[str | None, Position]:
        """The level that the nodes would be in: nodes with wires stay in theirs where these keep them out of others."""
        found = placing.level_at(self._without, to.scene.x(), to.scene.y(), self.view.canvas.shown)
        owner = self._base.owners[self._node]
        if self._free or (found[0] is not None and isinstance(self._in_frame(found[0]), Graph)):
            return found
        return owner, placing.origin_of(self._base, owner)

    def _in_frame(self, frame: str) -> Graph | str:
        """The drawing with the wired nodes in a frame, or why they cannot go into it; empty where they are in it."""
        if frame not in self._entered:
            analysis = self.view.document.analysis
            try:
                is_there = regrouping.lies_in(self._base, self._node, {frame})
                self._entered[frame] = "" if is_there else regrouping.entered(analysis, self._moving, frame)
            except GraphError as error:
                self._entered[frame] = render(error.message)
        return self._entered[frame]

    def _why_not(self, level: str | None, to: Pointer) -> str:
        """Over a frame that the nodes do not go into: what keeps them out of it."""
        frame, _ = placing.level_at(self._without, to.scene.x(), to.scene.y(), self.view.canvas.shown)
        found = "" if frame is None or frame == level else self._in_frame(frame)
        return found if isinstance(found, str) else ""

    def _snapper(self, level: str | None) -> Snapper:
        if level not in self._snappers:
            self._snappers[level] = Snapper(self._without.body(level), self._moving)
        return self._snappers[level]

    def _moved_by(self, dx: float, dy: float, level: str | None, between: Position) -> Graph:
        places = {i: self._base.node(i).position for i in self._moving}
        if not self._free and level is not None and isinstance(inside := self._entered.get(level), Graph):
            dx, dy = dx + between[0], dy + between[1]
            return edits.move(inside, {i: (x + dx, y + dy) for i, (x, y) in places.items()})
        moved = edits.move(self._base, {i: (x + dx, y + dy) for i, (x, y) in places.items()})
        if level == self._base.owners[self._node]:
            return moved
        return placing.moved_into(moved, self._moving, level, between)

    def _wire_below(self, level: str | None, to: Pointer) -> Wire | None:
        """The wire that would take the node in."""
        if len(self._moving) != 1 or not self._free or to.holds(Qt.KeyboardModifier.AltModifier):
            return None
        node = self._base.node(self._node)
        rect = self.view.canvas.rect_of(self._node)
        if rect is None or not has_ends(node, self._base.blocks):
            return None
        return next(iter(self.view.canvas.wires_under(level, rect.adjusted(30, 4, -30, -4))), None)

    # ---- the end

    def release(self, at: Pointer) -> bool:
        """Leave the nodes there: one step, also where they went into a wire or a frame."""
        if not self._moving:
            self._click(at)
            return True
        graph, wire = self._moved(), self._wire
        straight = wire is not None and self.view.canvas.is_straight(wire)
        self._clear()
        if wire is not None:
            node = graph.node(self._node)
            graph = placing.insert(graph, node, wire[1], wire[0], straight=straight)
            label = tr("Insert {name}", name=node.label)
        elif (frame := self._entered_frame(graph)) is not None:
            label = tr("Move {name} into {frame}", name=self._base.node(self._node).label, frame=frame)
            graph = graph if self._free else placing.off_others(graph, self._moving)
        elif self._lifts:
            label = tr("Take out {name}", name=self._base.node(self._node).label)
        else:
            label = tr("Move {count} nodes", count=len(self._moving)) if len(self._moving) > 1 else tr(
                "Move {name}", name=self._base.node(self._node).label)  # fmt: skip
        graph = placing.grown(self.view.document.graph, graph.owners[self._node], graph, follow=False)
        if graph is not self.view.document.graph and not self._stayed(graph):
            self.view.document.apply(label, graph)
        if self._refusal:
            self.view.show_hint(at.view, self._refusal, ok=False, lasting=False)
        return True

    def _entered_frame(self, graph: Graph) -> str | None:
        """What the frame is called that the nodes went into, if they went into one."""
        owner = graph.owners[self._node]
        around = graph.find(owner) if owner is not None and owner != self._base.owners[self._node] else None
        return None if around is None else around.label

    def _stayed(self, graph: Graph) -> bool:
        return graph == self.view.document.graph

    def cancel(self) -> None:
        """Put everything back."""
        if self._moving:
            self._clear()
            self.view.document.select(self._before)

    def _clear(self) -> None:
        self.view.canvas.set_ghosts(())
        self.view.show_trial(None)
        self.view.show_wires()
        self.view.hide_hint()

    def _click(self, at: Pointer) -> None:
        document = self.view.document
        if self.start.holds(Qt.KeyboardModifier.ShiftModifier):
            self._wire_selected(at)
        elif self.start.holds(Qt.KeyboardModifier.ControlModifier):
            kept = [i for i in document.selection if i != self._node]
            document.select(kept if self._node in document.selection else [*kept, self._node])
        else:
            document.select([self._node])

    def _wire_selected(self, at: Pointer) -> None:
        """Shift-click: lead a wire from the node selected last to this one; from this one on the next click goes on."""
        document, graph = self.view.document, self.view.document.graph
        source = document.selection[-1] if document.selection else None
        if source is None or source == self._node:
            document.select([self._node])
            return
        origin = Port(graph.owners[source], (source, 0), True)
        target = free_input(self.view.analysis, graph.owners[self._node], self._node)
        if target is None:
            text = tr("{name} has no input.", name=graph.node(self._node).label)
            self.view.show_hint(at.view, text, ok=False, lasting=False)
        elif connect_ports(self.view, origin, target, at):
            document.select([self._node])

    # ---- painting

    def bounds(self) -> QRectF:
        """Around the guides and outlines."""
        rect = QRectF()
        for outline in self._outlines:
            rect |= outline.translated(self._dragged)
        for line in self._guides:
            rect = rect.united(QRectF(line.p1(), line.p2() + QPointF(1, 0)))
        return rect

    def paint(self, painter: QPainter) -> None:
        """The guides and outlines."""
        seen = self.view.mapToScene(self.view.viewport().rect()).boundingRect().translated(-self._dragged)
        outlines = [rect.translated(self._dragged) for rect in self._outlines if rect.intersects(seen)]
        paint_outlines(painter, outlines)
        paint_guides(painter, self._guides)
