"""Adding layers from the palette and from the search on the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QPoint, QPointF, QRect

from designer.app.canvas import placing
from designer.app.canvas.ports import Port, edge_between, input_count, output_count
from designer.app.canvas.scene import Wire
from designer.app.canvas.search_popup import WIDTH, SearchPopup
from designer.app.canvas.shelf import provided
from designer.app.canvas.wiring import ordered
from designer.app.canvas.wording import wire_shape
from designer.app.i18n import render, tr
from designer.graph import GraphError, edits
from designer.graph.blocks import refuse_recursion
from designer.graph.model import Body, Edge, Graph, Node
from designer.layers.base import Layer, ShapeError
from designer.layers.registry import make
from designer.layout.metrics import NODE_HEIGHT, NODE_WIDTH, is_open_frame

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Adding:
    """Puts new layers where they belong: below what is selected, at the mouse, at the end of a wire or into one."""

    def __init__(self, view: CanvasView) -> None:
        self.view = view
        self.popup: SearchPopup | None = None
        """The search, while it is open."""
        view.document.changed.connect(lambda _: self.close_search())  # what it was opened for may be gone

    # ---- without a place

    def add_layer(self, type_: str) -> None:
        """Below the selected node and wired to it; into the selected frame if that is empty; else in the middle."""
        graph, node, selected = *self._new(type_), self._selected()
        takes, shown = input_count(node, 0, graph.blocks), self.view.canvas.shown
        if selected is not None and is_open_frame(selected) and not graph.body(selected.id).nodes:
            self._add(node, placing.begin_body(graph, node, selected.id))
        elif selected is not None and output_count(selected, graph.blocks) and takes:
            self._add(node, placing.append(graph, node, selected.id))
        elif shown is not None and takes and not graph.body(shown).nodes:
            self._add(node, placing.begin_body(graph, node, shown))
        else:
            self._add(node, self._in_the_middle(graph, node))

    def insert_layer(self, type_: str) -> None:
        """Behind the selected node, into the wires that leave it."""
        graph, node, selected = *self._new(type_), self._selected()
        if selected is None or not output_count(selected, graph.blocks) or not input_count(node, 0, graph.blocks):
            self.add_layer(type_)
        else:
            self._add(node, placing.insert_after(graph, node, selected.id))

    def _selected(self) -> Node | None:
        chosen = self.view.document.selection
        return self.view.document.graph.node(chosen[-1]) if chosen else None

    def _new(self, type_: str) -> tuple[Graph, Node]:
        """A new node, and the drawing with the definition that a ready-made block brings along."""
        graph, key = provided(self.view.document.graph, type_)
        return graph, placing.new_layer(graph, key)

    def _add(self, node: Node, graph: Graph) -> None:
        document = self.view.document
        try:
            refuse_recursion(graph, graph.owners[node.id], Body((node,)))
        except GraphError as error:
            middle = self.view.viewport().rect().center()
            self.view.show_hint(middle, render(error.message), ok=False, lasting=False)
            return
        document.apply(tr("Add {name}", name=node.label), self._fitted(graph, node))
        document.select([node.id])
        rect = self.view.canvas.rect_of(node.id)
        if rect is not None:
            self.view.camera.reveal(rect)

    def _fitted(self, graph: Graph, node: Node) -> Graph:
        """A new Delay has the shape of what enters it."""
        owner = graph.owners[node.id]
        entering = next((e for e in graph.body(owner).edges if e.target == (node.id, 0)), None)
        shape = wire_shape(self.view.document.analysis, owner, entering) if entering is not None else None
        return placing.fitted_delay(graph, node.id, shape)

    def _in_the_middle(self, graph: Graph, node: Node) -> Graph:
        """The first layer stands near the top, so that the chain has room below it."""
        room = self.view.viewport().rect()
        place = QPoint(room.center().x(), room.height() // 6 if not self.view.body.nodes else room.center().y())
        return self._at(graph, node, self.view.mapToScene(place))

    def _at(self, graph: Graph, node: Node, place: QPointF) -> Graph:
        owner, (x0, y0) = placing.level_at(graph, place.x(), place.y(), self.view.canvas.shown)
        wanted = (float(round(place.x() - x0 - NODE_WIDTH / 2)), float(round(place.y() - y0 - NODE_HEIGHT / 2)))
        return placing.add_at(graph, msgspec.structs.replace(node, position=wanted), owner)

    # ---- with the search

    def open_search(self, at: QPoint | None = None, text: str = "", wired: Port | None = None) -> None:
        """Open the search: where it was asked for, else at the selected node or wire, else at the mouse."""
        self.close_search()
        into = self._selected_wire() if wired is None else None
        anchor = self._anchor() if at is None else QRect(at, at)
        popup = self.popup = SearchPopup(self.view, self._fits(wired, into), self.view.document.graph.blocks)
        place = self.view.mapToScene(anchor.bottomLeft())
        popup.chosen.connect(lambda type_: self._chosen(type_, place, wired, into))
        popup.closed.connect(self.close_search)
        popup.open_at(anchor.translated(-WIDTH // 3 if wired is not None else 0, 0), text)

    def close_search(self) -> None:
        """Close the search if it is open; the canvas has the keys again."""
        popup, self.popup = self.popup, None
        if popup is not None:
            had_focus = popup.isAncestorOf(self.view.window().focusWidget() or self.view)
            popup.hide()
            popup.deleteLater()
            if had_focus:
                self.view.setFocus()

    def _selected_wire(self) -> Wire | None:
        document = self.view.document
        return document.selected_edges[0] if len(document.selected_edges) == 1 and not document.selection else None

    def _anchor(self) -> QRect:
        """What the search opens at, in pixels of the viewport."""
        view, room = self.view, self.view.viewport().rect()
        selected, wire = self._selected(), self._selected_wire()
        rect = view.canvas.rect_of(selected.id) if selected is not None else None
        if rect is not None:
            anchor = view.mapFromScene(rect).boundingRect().adjusted(0, -8, 0, 8)
            if room.contains(anchor.bottomLeft()):
                return anchor
        if wire is not None and (middle := view.canvas.middle_of(wire)) is not None:
            place = view.mapFromScene(middle)
            if room.contains(place):
                return QRect(place, place).adjusted(0, -12, 0, 12)
        mouse = view.pointer.view
        place = mouse if room.contains(mouse) else room.center() - QPoint(WIDTH // 2, 100)
        return QRect(place, place)

    def _fits(self, wired: Port | None, into: Wire | None) -> Callable[[type[Layer]], bool] | None:
        """Which layers the search shows: for a wire those that can take what flows through it."""
        if wired is not None and not wired.gives:
            return lambda cls: not cls.is_end
        if wired is not None:
            owner, probe = wired.owner, Edge(wired.end, ("", 0))
        elif into is not None:
            owner, probe = into
        else:
            return None
        shape = wire_shape(self.view.document.analysis, owner, probe)

        def fits(cls: type[Layer]) -> bool:
            if cls.is_frame and not cls.is_end:
                return True
            if not cls.ports.names or (into is not None and cls.is_loss):
                return False
            if shape is None or cls.ports.variadic or cls.is_frame or len(cls.ports.names) > 1:
                return True
            return not isinstance(make(cls.__name__, {}).facts((shape,)), ShapeError)

        return fits

    def _chosen(self, type_: str, place: QPointF, wired: Port | None, into: Wire | None) -> None:
        self.view.setFocus()
        if wired is not None:
            self._add_at_wire(type_, place, wired)
        elif into is not None:
            self._insert_into_wire(type_, into)
        elif self.view.document.selection:
            self.add_layer(type_)
        else:
            graph, node = self._new(type_)
            self._add(node, self._at(graph, node, place))

    def _insert_into_wire(self, type_: str, wire: Wire) -> None:
        """At the middle of the wire, as if it were dropped there."""
        owner, edge = wire
        graph, node = self._new(type_)
        middle = self.view.canvas.middle_of(wire)
        if middle is None:
            return
        x0, y0 = placing.origin_of(graph, owner)
        corner = (float(round(middle.x() - x0 - NODE_WIDTH / 2)), float(round(middle.y() - y0 - NODE_HEIGHT / 2)))
        node = msgspec.structs.replace(node, position=corner)
        self._add(node, placing.insert(graph, node, edge, owner, straight=self.view.canvas.is_straight(wire)))

    def _add_at_wire(self, type_: str, place: QPointF, wired: Port) -> None:
        """Where the wire was dropped, with the port that takes it at the mouse."""
        graph, node = self._new(type_)
        x0, y0 = placing.origin_of(graph, wired.owner)
        y = place.y() - y0 - (0.0 if wired.gives else NODE_HEIGHT)
        corner = (float(round(place.x() - x0 - NODE_WIDTH / 2)), float(round(y)))
        node = msgspec.structs.replace(node, position=corner)
        graph = placing.add_at(graph, node, wired.owner)
        edge = edge_between(*ordered(wired, Port(wired.owner, (node.id, 0), not wired.gives)))
        self._add(node, edits.connect(graph, [edge], wired.owner))
