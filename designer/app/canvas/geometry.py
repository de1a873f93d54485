"""Where everything of one level (the root drawing, or a frame's body) is drawn: boxes, ports, wires. No Qt.

Coordinates are the level's own: a node's `position` as the document has it. An update touches only what changed
and the wires that this concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from designer.app.canvas.grid import Box, Grid, around
from designer.app.canvas.ports import PORT_STEP, Feed, input_count, input_offsets, output_count, output_offsets, spread
from designer.app.canvas.routing import CLEAR, End, Route, Router, pieces
from designer.graph.blocks import Blocks
from designer.graph.model import BLOCK, INPUT, OUTPUT, Body, Edge, Endpoint, Node, Position, block_name
from designer.layout.metrics import (
    FRAME_HEADER,
    FRAME_PADDING,
    LABEL_ROOM,
    NODE_HEIGHT,
    NODE_WIDTH,
    content_origin,
    rect_of,
)  # fmt: skip

ORIGIN_X, ORIGIN_Y = content_origin()
INNER_PORT = 8.0
"""How far above a frame's bottom edge the inside of its output is."""
_LANE_MARGIN = 8.0


class Place(NamedTuple):
    """How one node lies in its level."""

    position: Position
    box: Box
    trunk: float
    """The x of its first ports."""
    inputs: int
    outputs: int
    inlets: tuple[float, ...] = ()
    """How far from the trunk the inputs of an open frame are, and the one that may be added; empty for other nodes."""
    outlets: tuple[float, ...] = (0.0,)
    """How far from the trunk the outputs are."""


class Geometry:
    """The places of a level's nodes and the routes of its wires."""

    def __init__(self, owner: str | None) -> None:
        self.owner = owner
        self.body = Body()
        self.places: dict[str, Place] = {}
        self.routes: dict[Edge, Route] = {}
        self.node_grid: Grid[str] = Grid()
        self.wire_grid: Grid[Edge] = Grid()
        self._router: Router[Edge] = Router(self.node_grid)
        self._at_node: dict[str, dict[Edge, None]] = {}
        self._offsets: dict[str, tuple[float, ...]] = {}
        """Where the inputs of nodes with several sit."""
        self._frame: Box | None = None
        self.reach: Box | None = None
        """A box that has held everything so far: quick to know, but it never shrinks."""
        self._unlinked = False
        """Whether wires went since the frame was last fitted."""
        self._trunk = NODE_WIDTH / 2
        self._inlets: tuple[float, ...] = (self._trunk,)
        self._outlets: tuple[float, ...] = (self._trunk,)

    # ---- reading

    @property
    def frame(self) -> Box:
        """The frame around the level, in the coordinates of the frame's own position (not of its content)."""
        if self._frame is None:
            self._frame = self._frame_box().moved(ORIGIN_X, ORIGIN_Y)
        return self._frame

    @property
    def frame_trunk(self) -> float:
        """Where the trunk crosses the frame's border, from the frame's position."""
        return self._trunk + ORIGIN_X

    def bounds(self) -> Box | None:
        """The box around all nodes and wires; None for an empty level."""
        wires = (Box(min(x for x, _ in r), min(y for _, y in r), max(x for x, _ in r), max(y for _, y in r))
                 for r in self.routes.values())  # fmt: skip
        nodes = around(place.box for place in self.places.values())
        return nodes if nodes is None else around((nodes, *wires))

    def source(self, end: Endpoint) -> tuple[float, float]:
        """Where an output port (or the inside of the frame's input) is."""
        if end[0] == INPUT:
            return (self.inlet(end[1]), self.frame.top - ORIGIN_Y + FRAME_HEADER)
        place = self.places[end[0]]
        return (place.trunk + self.output_offset(end), place.box.bottom)

    def target(self, end: Endpoint) -> tuple[float, float]:
        """Where an input port (or the inside of the frame's output) is."""
        if end[0] == OUTPUT:
            return (self.outlet(end[1]), self.frame.bottom - ORIGIN_Y - INNER_PORT)
        place = self.places[end[0]]
        return (place.trunk + self.input_offset(end), place.box.top)

    def input_offset(self, end: Endpoint) -> float:
        """How far an input sits from the node's trunk."""
        offsets = self.places[end[0]].inlets or self._offsets.get(end[0], ())
        return offsets[end[1]] if end[1] < len(offsets) else 0.0

    def output_offset(self, end: Endpoint) -> float:
        """How far an output sits from the node's trunk."""
        offsets = self.places[end[0]].outlets
        return offsets[end[1]] if end[1] < len(offsets) else 0.0

    def inlet(self, port: int) -> float:
        """The x of an inner input port; those that nothing reads yet are right of the others."""
        return _at(self._inlets, port)

    def outlet(self, port: int) -> float:
        """The x of an inner output port."""
        return _at(self._outlets, port)

    def wires_at(self, node_id: str) -> list[Edge]:
        """The wires that start or end at a node."""
        return list(self._at_node.get(node_id, ()))

    # ---- changing

    def set_ghosts(self, ids: frozenset[str]) -> None:
        """Let wires run on below these nodes, from the next change on that concerns them."""
        self._router.ghosts = ids

    def show(self, body: Body, place_of: Callable[[Node, int], Place]) -> set[Edge]:
        """Take over a new version of the body; returns the wires that run differently now, gone ones among them."""
        old, self.body = self.body, body
        gone = old.topology.index.keys() - body.topology.index.keys()
        same_wiring = old.topology is body.topology
        wires_changed = set() if same_wiring else set(old.edges) ^ set(body.edges)
        counted = {e.target[0] for e in wires_changed}
        moved: dict[str, Place] = {}
        for i, node in self._maybe_moved(old, same_wiring):
            if node.body is not None or node.type == BLOCK or node.id in counted or old.get(node.id) is not node:
                place = place_of(node, len(body.topology.inputs[i]))
                if self.places.get(node.id) != place:
                    moved[node.id] = place
        removed = {edge for edge in wires_changed if edge in self.routes}
        wires = wires_changed - removed
        for edge in wires:
            for end in (edge.source[0], edge.target[0]):
                self._at_node.setdefault(end, {})[edge] = None
        for edge in removed:
            wires.update(self._router.hindered_by(edge), self.wires_at(edge.target[0]))
            self._unlink(edge)
        return self._update(moved, gone, wires - removed) | wires_changed

    def _maybe_moved(self, old: Body, same_wiring: bool) -> Iterator[tuple[int, Node]]:
        nodes = self.body.nodes
        if not same_wiring:
            return iter(enumerate(nodes))
        return (
            (i, n)
            for i, (n, o) in enumerate(zip(nodes, old.nodes, strict=True))
            if n is not o or n.body is not None or n.type == BLOCK
        )

    def _unlink(self, edge: Edge) -> None:
        self._unlinked = True
        self.routes.pop(edge, None)
        self.wire_grid.remove(edge)
        self._router.forget(edge)
        for end in (edge.source[0], edge.target[0]):
            self._at_node.get(end, {}).pop(edge, None)

    def _update(self, moved: dict[str, Place], gone: Iterable[str], wires: set[Edge]) -> set[Edge]:
        """Place nodes, then route the wires at them, under them, round where they were, and in lanes beside those."""
        touched: list[Box] = []
        for node_id in gone:
            if node_id in self.places:
                touched.append(self.places.pop(node_id).box)
                self.node_grid.remove(node_id)
                wires.update(self._router.hindered_by(node_id))
                self._at_node.pop(node_id, None)
                self._offsets.pop(node_id, None)
        for node_id, place in moved.items():
            before = self.places.get(node_id)
            self.places[node_id] = place
            if before is None or before.box != place.box:
                touched += [place.box] if before is None else [before.box, place.box]
                self.node_grid.put(node_id, place.box)
                wires.update(self._router.hindered_by(node_id))
            wires.update(self._at_node.get(node_id, ()))
        if self.owner is not None and (touched or wires or self._unlinked):
            self._unlinked = False
            wires |= self._frame_moved()
        for box in touched:
            self.reach = box if self.reach is None else self.reach.united(box)
        for box in touched if self.routes else ():
            wires.update(self.wire_grid.keys_in(box.grown(LABEL_ROOM, CLEAR)))
        wires |= self._move_inputs({e.target[0] for e in wires} | moved.keys())
        wires |= self._router.lanes_beside(wires)
        return self._route(wires)

    def _move_inputs(self, nodes: set[str]) -> set[Edge]:
        """Let the inputs of nodes with several sit where their wires come from; returns the wires this concerns."""
        wires: set[Edge] = set()
        for node_id in nodes:
            place = self.places.get(node_id)
            if place is None or place.inlets or (place.inputs < 2 and node_id not in self._offsets):
                continue
            feeds: list[Feed | None] = [None] * place.inputs
            for edge in self.wires_at(node_id):
                if edge.target[0] == node_id and edge.target[1] < place.inputs:
                    x, y = self.source(edge.source)
                    feeds[edge.target[1]] = Feed(x - place.trunk, abs(place.box.top - y))
            offsets = input_offsets(feeds)
            if self._offsets.get(node_id) != offsets:
                self._offsets[node_id] = offsets
                wires.update(self.wires_at(node_id))
        return wires

    def _route(self, wires: set[Edge]) -> set[Edge]:
        found: dict[Edge, Route] = {}
        while wires:
            lanes = {edge: self._router.lane(edge) for edge in wires}
            found.update(self._routes_of(wires))
            wires = {w for edge, lane in lanes.items() for w in self._router.freed(edge, lane)} - found.keys()
        changed = {edge for edge, route in found.items() if self.routes.get(edge) != route}
        for edge in changed:
            route = self.routes[edge] = found[edge]
            self.wire_grid.put(edge, *(piece.grown(CLEAR / 2) for piece in pieces(route)))
        if changed and self.owner is not None:
            self._frame = None
        return changed

    def _routes_of(self, wires: set[Edge]) -> dict[Edge, Route]:
        found: dict[Edge, Route] = {}
        blocked: list[tuple[float, Endpoint, Endpoint, End, End, Edge]] = []
        for edge in wires:
            self._router.forget(edge)
            source, target = self._end(edge.source, True), self._end(edge.target, False)
            route = self._router.direct(edge, source, target)
            if route is not None:
                found[edge] = route
            else:
                span = abs(target.at[1] - source.at[1])
                blocked.append((span, edge.source, edge.target, source, target, edge))
        # Short wires choose their lanes first, so that long skips run outside them; equal ones in a fixed order.
        for _, _, _, source, target, edge in sorted(blocked):
            found[edge] = self._router.around(edge, source, target)
        return found

    def _end(self, end: Endpoint, gives: bool) -> End:
        at = self.source(end) if gives else self.target(end)
        place = self.places.get(end[0])
        return End(at) if place is None else End(at, end[0], place.box)

    # ---- the frame around it

    def _frame_moved(self) -> set[Edge]:
        """Follow the nodes with the frame's border; returns the wires to it if its ports moved."""
        before = (self._inlets, self._outlets, self._frame)
        self._trunk, self._frame = self._trunk_x(), None
        self._inlets = self._inner_ports(INPUT)
        self._outlets = self._inner_ports(OUTPUT)
        if before == (self._inlets, self._outlets, self.frame):
            return set()
        return {*self._at_node.get(INPUT, ()), *self._at_node.get(OUTPUT, ())}

    def _trunk_x(self) -> float:
        """The middle of the highest and leftmost reader of the frame's first input, as in `layout.metrics.trunk_x`."""
        read = [(e.source[1], e.target[0]) for e in self._at_node.get(INPUT, ()) if e.target[0] in self.places]
        first = min((port for port, _ in read), default=0)
        readers = [reader for port, reader in read if port == first]
        chosen = min(readers, key=lambda i: self.places[i].position[::-1], default=None)
        if chosen is None:
            chosen = self.body.nodes[0].id if self.body.nodes and self.body.nodes[0].id in self.places else None
        return NODE_WIDTH / 2 if chosen is None else self.places[chosen].trunk

    def _inner_ports(self, end: str) -> tuple[float, ...]:
        """Where the inner ports of a side are: the first on the trunk, the others at what they are wired to."""
        wired: dict[int, list[tuple[float, float]]] = {}
        for edge in self._at_node.get(end, ()):
            mine, other = (edge.source, edge.target) if end == INPUT else (edge.target, edge.source)
            if (place := self.places.get(other[0])) is not None:
                high = place.position[1] if end == INPUT else -place.position[1]
                wired.setdefault(mine[1], []).append((high, place.trunk))
        wanted = [self._trunk]
        if end == OUTPUT and block_name(self.owner) is not None and 0 in wired:
            wanted = [min(wired[0])[1]]  # nothing outside asks for both ends of a block's trunk to be in line
        for port in range(1, max(wired, default=0) + 1):
            wanted.append(min(wired[port])[1] if port in wired else wanted[-1] + PORT_STEP)
        return spread(wanted)

    def _frame_box(self) -> Box:
        room = Box(0.0, 0.0, NODE_WIDTH, NODE_HEIGHT)
        for place in self.places.values():
            room = room.united(place.box)
        box = Box(room.left - FRAME_PADDING, room.top - ORIGIN_Y,
                  room.right + LABEL_ROOM + FRAME_PADDING, room.bottom + FRAME_PADDING)  # fmt: skip
        if not self.routes:
            return box
        left = min(x for route in self.routes.values() for x, _ in route) - _LANE_MARGIN
        right = max(x for route in self.routes.values() for x, _ in route) + _LANE_MARGIN
        return box._replace(left=min(box.left, left), right=max(box.right, right))


def _at(ports: tuple[float, ...], port: int) -> float:
    return ports[port] if port < len(ports) else max(ports) + PORT_STEP * (port - len(ports) + 1)


def place_of(node: Node, wired: int, body: Geometry | None, blocks: Blocks | None = None) -> Place:
    """How a node lies in its level; `body` is what is drawn inside it if it is an open frame."""
    x, y = node.position
    blocks = blocks or {}
    inputs, outputs = input_count(node, wired, blocks), output_count(node, blocks)
    if body is None:
        box = Box(x, y, x + NODE_WIDTH, y + rect_of(node).height)
        return Place(node.position, box, x + NODE_WIDTH / 2, inputs, outputs, (), output_offsets(outputs))
    trunk = body.frame_trunk - ORIGIN_X
    inlets = tuple(body.inlet(port) - trunk for port in range(inputs + 1))
    outlets = tuple(body.outlet(port) - trunk for port in range(outputs))
    return Place(node.position, body.frame.moved(x, y), x + body.frame_trunk, inputs, outputs, inlets, outlets)
