"""The drawing as items: follows the document by drawing the difference between two versions of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsScene

from designer.app.canvas.border_item import BorderItem
from designer.app.canvas.frame_item import FrameItem
from designer.app.canvas.geometry import Geometry, Place, place_of
from designer.app.canvas.grid import Box, around
from designer.app.canvas.node_item import NodeItem
from designer.app.canvas.note_item import NoteItem
from designer.app.canvas.overview import LevelOverview
from designer.app.canvas.placing import content_of
from designer.app.canvas.ports import Port
from designer.app.canvas.routing import Route, distance, middle
from designer.app.canvas.stage import Level, Stage
from designer.app.canvas.wire_item import StrongWire, StrongWiresItem, WiresItem, wire_path
from designer.app.canvas.wiring import inner_counts
from designer.app.canvas.wording import wire_is_wrong
from designer.graph.model import INPUT, NOTE, OUTPUT, Body, Edge, Node, Position
from designer.layers.base import ShapeError
from designer.layers.registry import layer_of
from designer.layout.metrics import is_open_frame
from designer.shapes import Analysis
from designer.shapes.analysis import Scope

Wire = tuple[str | None, Edge]
"""A wire and the frame it lies in."""
Item = NodeItem | FrameItem


class LevelView:
    """The items of one level, and what they show."""

    def __init__(self, level: Level, wires: WiresItem) -> None:
        self.level = level
        self.wires = wires
        self.items: dict[str, Item] = {}
        self.body: Body | None = None
        """The version that the items show; None before the first."""
        self.scope: Scope | None = None
        self.overview: LevelOverview | None = None

    @property
    def geometry(self) -> Geometry:
        """Where the level's nodes and wires are."""
        return self.level.geometry


class CanvasScene(QGraphicsScene):
    """Items for a graph and its analysis. It never changes the document."""

    def __init__(self, analysis: Analysis) -> None:
        super().__init__()
        self.stage = Stage()
        self.shown: str | None = None
        """The outermost level that is drawn: the owner of a block's nodes, or None for the root drawing."""
        self._blocks = analysis.graph.blocks
        self._border: BorderItem | None = None
        self._ghosts: frozenset[str] = frozenset()
        self.analysis = analysis
        self.levels: dict[str | None, LevelView] = {}
        self._selected: frozenset[str] = frozenset()
        self._strong = StrongWiresItem()
        self.addItem(self._strong)
        self.show_analysis(analysis)

    # ---- following the document

    def show_analysis(self, analysis: Analysis) -> None:
        """Draw another version of the document: only what differs from the one drawn now is touched.

        A gesture may show versions that are no steps of the document (yet): a drag, a trial, an animation.
        """
        same_blocks, self._blocks = self._blocks is analysis.graph.blocks, analysis.graph.blocks
        self.analysis = analysis
        self._measure(self.shown, analysis.graph.body(self.shown), same_blocks)
        self._draw(self.shown, analysis.scope(self.shown), (0.0, 0.0), 0)
        if self._border is not None:
            self._border.show_block(analysis.graph)
        self._fit_scene_rect()

    def show_level(self, owner: str | None, analysis: Analysis) -> None:
        """Draw another level as the outermost one: the root drawing, or that of a block."""
        if owner != self.shown:
            self._drop_level(self.shown)
            if self._border is not None:
                self.removeItem(self._border)
            self.shown, self._border, self._selected = owner, None, frozenset()
            view = self._add_level(owner)
            if owner is not None:
                self._border = BorderItem(self.stage, view.level)
                self.addItem(self._border)
        self.show_analysis(analysis)

    def _measure(self, owner: str | None, body: Body, same_blocks: bool) -> None:
        """Bring the geometry up to date, innermost frames first, because a frame is as large as its body."""
        view = self.levels.get(owner)
        if view is None:
            view = self._add_level(owner)
        if view.geometry.body is body and same_blocks:
            return
        for node in body.nodes:
            if node.body is not None and is_open_frame(node):
                self._measure(node.id, node.body, same_blocks)
        rerouted = view.geometry.show(body, self._place)
        view.wires.changed(rerouted)
        for edge in rerouted:  # its ports may have moved along the node's edge
            if (item := view.items.get(edge.target[0])) is not None:
                item.update()

    def _add_level(self, owner: str | None) -> LevelView:
        level = Level(owner)
        level.geometry.set_ghosts(self._ghosts)
        wires = WiresItem(level, lambda at, edge: wire_is_wrong(self.analysis, at, edge))
        self.addItem(wires)
        view = self.levels[owner] = LevelView(level, wires)
        return view

    def _place(self, node: Node, wired: int) -> Place:
        inner = self.levels[node.id].geometry if node.body is not None and is_open_frame(node) else None
        return place_of(node, wired, inner, self._blocks)

    def _draw(self, owner: str | None, scope: Scope | None, origin: Position, depth: int) -> None:
        """Bring the items up to date, outermost level first, because it says where the inner ones are."""
        view = self.levels[owner]
        body = view.geometry.body
        moved = view.level.origin != origin or view.level.depth != depth
        if view.body is body and view.scope is scope and not moved:
            return
        view.body, view.scope, view.overview = body, scope, None
        view.level.origin, view.level.depth = origin, depth
        view.wires.setPos(*origin)
        view.wires.setZValue(depth * 10 + 1)
        for node_id in view.items.keys() - body.topology.index.keys():
            self._drop(view, node_id)
        for i, node in enumerate(body.nodes):
            item, place = view.items.get(node.id), view.geometry.places[node.id]
            result = scope.results[i] if scope is not None else None
            layer = layer_of(node) if scope is None else scope.layers[i]  # formulas have their values there
            known = item is not None and item.node is node and item.result is result and item.layer is layer
            if item is not None and known and item.place is place and not moved:
                if node.body is None:
                    continue
            elif item is None or type(item) is not _item_class(node):
                if item is not None:
                    self._drop(view, node.id)
                item = self._new_item(view, node, place)
            if isinstance(item.result, ShapeError) or isinstance(result, ShapeError):
                view.wires.changed(view.geometry.wires_at(node.id))
            item.show_node(node, layer, result, place)
            item.setPos(place.position[0] + origin[0], place.position[1] + origin[1])
            item.setZValue(depth * 10 + (0 if isinstance(item, FrameItem) else 2))
            if isinstance(item, FrameItem):
                inner = scope.children.get(i) if scope is not None else None
                self._draw(node.id, inner, content_of(node, origin), depth + 1)

    def _new_item(self, view: LevelView, node: Node, place: Place) -> Item:
        level, kind = view.level, _item_class(node)
        item: Item
        if kind is FrameItem:
            item = FrameItem(self.stage, level, self.levels[node.id].level, node, place)
        else:
            if node.id in self.levels:
                self._drop_level(node.id)
            item = (NoteItem if kind is NoteItem else NodeItem)(self.stage, level, node, place)
        item.selected = node.id in self._selected
        self.addItem(item)
        view.items[node.id] = item
        return item

    def _drop(self, view: LevelView, node_id: str) -> None:
        """Remove the item of a node that is gone from a level, and what lay in it unless that lives on elsewhere."""
        self.removeItem(view.items.pop(node_id))
        if node_id in self.levels and not self._is_open(node_id):
            self._drop_level(node_id)

    def _drop_level(self, owner: str | None) -> None:
        """Remove the items of a level and of all levels in it."""
        view = self.levels.pop(owner)
        for node_id in list(view.items):
            self.removeItem(view.items.pop(node_id))
            if node_id in self.levels and (owner == self.shown or not self._is_open(node_id)):
                self._drop_level(node_id)
        self.removeItem(view.wires)

    def _is_open(self, frame: str) -> bool:
        """Whether a frame is there, open, and in no folded one."""
        node = self.analysis.graph.find(frame)
        if node is None or not is_open_frame(node):
            return False
        owner = self.analysis.graph.owners[frame]
        return owner is None or owner == self.shown or self._is_open(owner)

    def _fit_scene_rect(self) -> None:
        """Grow the area that the item index divides, in large steps, since every change of it sorts all items anew."""
        bounds = self.levels[self.shown].geometry.reach
        if bounds is None:
            return
        wanted = QRectF(QPointF(bounds.left - 500, bounds.top - 500), QPointF(bounds.right + 500, bounds.bottom + 500))
        if not self.sceneRect().contains(wanted):
            self.setSceneRect(wanted.adjusted(-wanted.width() / 4, -wanted.height() / 4,
                                              wanted.width() / 4, wanted.height() / 4))  # fmt: skip

    def set_ghosts(self, ids: Iterable[str]) -> None:
        """Let no wire go out of the way for these nodes, because they are being dragged."""
        self._ghosts = frozenset(ids)
        for view in self.levels.values():
            view.geometry.set_ghosts(self._ghosts)

    # ---- selection, wires painted strongly, ports that light up

    def show_selection(self, ids: Iterable[str]) -> None:
        """Paint these nodes as selected and no others."""
        ids = frozenset(ids)
        for node_id in ids ^ self._selected:
            if (item := self.item_of(node_id)) is not None:
                item.set_state(selected=node_id in ids)
        self._selected = ids

    def show_strong_wires(self, wires: Iterable[Wire], glowing: Wire | None = None) -> None:
        """Paint these wires strongly; `glowing` is the one that would take in the node being dropped."""
        found = [
            self._strong_wire(wire, wire == glowing)
            for wire in dict.fromkeys((*wires, *((glowing,) if glowing else ())))
        ]
        self._strong.show_wires([wire for wire in found if wire is not None])

    def paint_strong_wires(self, painter: QPainter) -> None:
        """Paint them into a view that paints everything itself."""
        self._strong.paint_wires(painter)

    def _strong_wire(self, wire: Wire, glow: bool) -> StrongWire | None:
        owner, edge = wire
        view = self.levels.get(owner)
        route = view.geometry.routes.get(edge) if view is not None else None
        if view is None or route is None:
            return None
        x, y = view.level.origin
        nodes = (self.rect_of(end[0]) for end in (edge.source, edge.target))
        return StrongWire(wire_path(route, x, y), (QPointF(route[0][0] + x, route[0][1] + y),
                          QPointF(route[-1][0] + x, route[-1][1] + y)),
                          tuple(rect.adjusted(-2, -2, 2, 2) for rect in nodes if rect is not None), glow)  # fmt: skip

    def show_bars(self, shares: Mapping[str, float]) -> None:
        """Show a bar beside each of these nodes: a share of the largest, 0 to 1."""
        if shares != self.stage.bars:
            self.stage.bars = shares
            for view in self.levels.values():
                view.overview = None
            self.update()

    def show_wiring(self, origin: Port | None, legal: Iterable[Port] = ()) -> None:
        """Light up the ports that the wire being drawn from `origin` may end at; None ends that."""
        self.stage.origin, self.stage.legal = origin, frozenset(legal)
        self.update()

    def inner_ports(self, owner: str | None) -> tuple[int, int]:
        """How many inner inputs and outputs a level's border shows now, the one that a wire may add among them."""
        if owner is None:
            return 0, 0
        inlets, outlets = inner_counts(self.analysis.graph, owner)
        return (max(inlets, self.stage.lit_outputs(owner, INPUT)), max(outlets, self.stage.lit_inputs(owner, OUTPUT)))

    # ---- where things are

    def item_of(self, node_id: str) -> Item | None:
        """The item of a node; None if it lies in a folded frame."""
        owner = self.analysis.graph.owners.get(node_id, "")
        view = self.levels.get(owner) if owner != "" else None
        return view.items.get(node_id) if view is not None else None

    def rect_of(self, node_id: str) -> QRectF | None:
        """A node's box in scene coordinates; None if it is not drawn."""
        owner = self.analysis.graph.owners.get(node_id, "")
        view = self.levels.get(owner) if owner != "" else None
        place = view.geometry.places.get(node_id) if view is not None else None
        if view is None or place is None:
            return None
        (x, y), box = view.level.origin, place.box
        return QRectF(box.left + x, box.top + y, box.right - box.left, box.bottom - box.top)

    def rect_around(self, ids: Iterable[str] | None = None) -> QRectF:
        """The rectangle around these nodes, or around the whole drawing."""
        if ids is None:
            bounds = self._border.box if self._border is not None else self.levels[self.shown].geometry.bounds()
        else:
            rects = [rect for i in ids if (rect := self.rect_of(i)) is not None]
            bounds = around(Box(r.left(), r.top(), r.right(), r.bottom()) for r in rects)
        return QRectF() if bounds is None else QRectF(QPointF(*bounds[:2]), QPointF(*bounds[2:]))

    def nodes_in(self, rect: QRectF) -> list[str]:
        """The nodes that a box touches; open frames only where they lie in it whole, and then without their bodies."""
        return list(self._nodes_in(self.levels[self.shown], rect))

    def _nodes_in(self, view: LevelView, rect: QRectF) -> Iterator[str]:
        area = rect.translated(-view.level.origin[0], -view.level.origin[1])
        box = Box(area.left(), area.top(), area.right(), area.bottom())
        touched = set(view.geometry.node_grid.keys_in(box.grown(0.01)))
        for node in view.geometry.body.nodes:
            if node.id in touched:
                inside = view.geometry.places[node.id].box
                whole = box.holds(inside.left, inside.top) and box.holds(inside.right, inside.bottom)
                if node.id not in self.levels or whole:
                    yield node.id
                else:
                    yield from self._nodes_in(self.levels[node.id], rect)

    def wires_crossing(self, line: QLineF) -> list[Wire]:
        """The wires that a line crosses."""
        found: list[Wire] = []
        for owner, view in self.levels.items():
            here = line.translated(-view.level.origin[0], -view.level.origin[1])
            area = QRectF(here.p1(), here.p2()).normalized()
            near = view.geometry.wire_grid.keys_in(Box(area.left(), area.top(), area.right(), area.bottom()).grown(1))
            for edge in near:
                if _crosses(here, view.geometry.routes[edge]):
                    found.append((owner, edge))
        return found

    def wires_under(self, owner: str | None, rect: QRectF) -> list[Wire]:
        """The wires of a level that run through a rectangle of the scene, the one nearest to its middle first."""
        view = self.levels[owner]
        area = rect.translated(-view.level.origin[0], -view.level.origin[1])
        near = view.geometry.wire_grid.keys_in(Box(area.left(), area.top(), area.right(), area.bottom()))
        x, y = area.center().x(), area.center().y()
        near.sort(key=lambda edge: distance(view.geometry.routes[edge], x, y))
        return [(owner, edge) for edge in near]

    def is_straight(self, wire: Wire) -> bool:
        """Whether a wire runs straight down."""
        return len(self.levels[wire[0]].geometry.routes[wire[1]]) == 2

    def middle_of(self, wire: Wire) -> QPointF | None:
        """The middle of a wire's longest piece, in scene coordinates; None if it is not drawn."""
        view = self.levels.get(wire[0])
        route = view.geometry.routes.get(wire[1]) if view is not None else None
        return None if view is None or route is None else QPointF(*middle(route)) + QPointF(*view.level.origin)

    def port_point(self, port: Port) -> QPointF:
        """Where a port is, in scene coordinates."""
        view = self.levels[port.owner]
        x, y = (view.geometry.source if port.gives else view.geometry.target)(port.end)
        return QPointF(x + view.level.origin[0], y + view.level.origin[1])

    def overviews(self) -> list[LevelOverview]:
        """What is painted from far away, outer levels first."""
        found = []
        for view in sorted(self.levels.values(), key=lambda v: v.level.depth):
            if view.overview is None:
                view.overview = LevelOverview.of(view.level, view.items, self.stage.bars)
                if self._border is not None and view.level.owner == self.shown:
                    view.overview.frames.insert(0, self._border.rect)
            found.append(view.overview)
        return found


def _item_class(node: Node) -> type[Item]:
    """How a node is drawn."""
    if is_open_frame(node):
        return FrameItem
    return NoteItem if node.type == NOTE else NodeItem


def _crosses(line: QLineF, route: Route) -> bool:
    pieces = (QLineF(*a, *b) for a, b in pairwise(route))
    return any(piece.intersects(line)[0] == QLineF.IntersectionType.BoundedIntersection for piece in pieces)
