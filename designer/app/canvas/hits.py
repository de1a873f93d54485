"""What lies under a point of the drawing: a port, a node, a wire, or the empty ground of a level."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from designer.app.canvas.frame_item import FrameItem
from designer.app.canvas.grid import Box
from designer.app.canvas.node_item import FOLD_ROOM
from designer.app.canvas.ports import Port
from designer.app.canvas.routing import distance
from designer.graph.model import INPUT, OUTPUT, Edge, block_name
from designer.layout.metrics import FRAME_HEADER

if TYPE_CHECKING:
    from designer.app.canvas.scene import CanvasScene, LevelView

PORT_REACH = 10.0
"""How near a port the mouse must be outside of a node, in canvas units at 100 %."""
PORT_REACH_INSIDE = 6.0
WIRE_REACH = 6.0
PORT_CORE = 4.0
"""So near a port it is the port even on a wire: its dot. Between the dots of stacked nodes lies the wire."""


class Hit(NamedTuple):
    """What was hit. `owner` is the level whose ground, wire or node it is."""

    owner: str | None
    node: str | None = None
    part: Literal["box", "fold", "ground"] = "box"
    """Of a node: its box or header, the triangle that folds it, or the ground inside an open frame."""
    port: Port | None = None
    edge: Edge | None = None

    @property
    def wire(self) -> tuple[str | None, Edge] | None:
        """The wire that was hit, with its level."""
        return None if self.edge is None else (self.owner, self.edge)

    @property
    def is_ground(self) -> bool:
        """Whether there is nothing but empty ground, of the root drawing or of a frame."""
        return self.port is None and self.edge is None and (self.node is None or self.part == "ground")


class Looking(NamedTuple):
    """Where one looks, and for what."""

    x: float
    y: float
    reach: float = 1.0
    """How near counts as hit, as a factor: more when zoomed out."""
    ports: bool = True
    wires: bool = True
    """Whether wires count; a wire being drawn looks for ports only."""


def hit(scene: CanvasScene, at: Looking) -> Hit:
    """What is at a point of the scene."""
    return _in_level(scene, scene.shown, at)


def _in_level(scene: CanvasScene, owner: str | None, at: Looking) -> Hit:
    view = scene.levels[owner]
    x0, y0 = view.level.origin
    place = (at.x - x0, at.y - y0)
    if at.ports and (found := nearest_port(scene, view, *place, at.reach)) is not None:
        port = found.port
        return (_wire_beside(scene, found, at) if at.wires else None) or Hit(port.owner, port.node, port=port)
    near = [key for key, _ in view.geometry.node_grid.overlapping(Box(*place, *place).grown(0.01))]
    order = view.geometry.body.topology.index
    frames = view.items
    for node_id in sorted(near, key=lambda i: (not isinstance(frames[i], FrameItem), order.get(i, -1)), reverse=True):
        item = frames[node_id]
        if not isinstance(item, FrameItem):
            folds = item.node.body is not None and place[0] - item.place.box.left < FOLD_ROOM
            return Hit(owner, node_id, "fold" if folds else "box")
        box = item.place.box
        if place[1] - box.top <= FRAME_HEADER:
            return Hit(owner, node_id, "fold" if place[0] - box.left < FOLD_ROOM + 2 else "box")
        inside = _in_level(scene, node_id, at)
        return Hit(node_id, node_id, "ground") if inside.is_ground and inside.node is None else inside
    edge = _wire_at(view, *place, WIRE_REACH * at.reach) if at.wires else None
    return Hit(owner) if edge is None else Hit(owner, edge=edge)


class _Near(NamedTuple):
    port: Port
    away: float
    inside: bool
    """Whether the point lies in the box of the port's node."""


def nearest_port(scene: CanvasScene, view: LevelView, x: float, y: float, reach: float) -> _Near | None:
    """The port within reach of a point of a level that is nearest to it, also of what lies in its frames."""
    best: _Near | None = None
    for port, (px, py), inside in _ports_near(scene, view, x, y, PORT_REACH * reach):
        away = ((px - x) ** 2 + (py - y) ** 2) ** 0.5
        if away <= (PORT_REACH_INSIDE if inside else PORT_REACH) * reach and (best is None or away < best.away):
            best = _Near(port, away, inside)
    return best


def _wire_beside(scene: CanvasScene, near: _Near, at: Looking) -> Hit | None:
    """The wire that is meant rather than the port near the point: it lies on the wire, and off the port's dot."""
    if near.inside:
        return None
    view = scene.levels[near.port.owner]
    x, y = at.x - view.level.origin[0], at.y - view.level.origin[1]
    edge = _wire_at(view, x, y, WIRE_REACH * at.reach)
    if edge is None:
        return None
    (_, top), (_, bottom) = view.geometry.routes[edge][0], view.geometry.routes[edge][-1]
    core = min(PORT_CORE * at.reach, abs(bottom - top) / 4)  # half of a short wire is wire, also zoomed out
    return Hit(near.port.owner, edge=edge) if near.away > core else None


def _ports_near(
    scene: CanvasScene, view: LevelView, x: float, y: float, reach: float
) -> Iterator[tuple[Port, tuple[float, float], bool]]:
    owner, geometry = view.level.owner, view.geometry
    if owner is not None and block_name(owner) is not None:
        yield from _inner_ports(scene, view, (0.0, 0.0))
    for node_id, box in geometry.node_grid.overlapping(Box(x, y, x, y).grown(reach)):
        place, inside = geometry.places[node_id], box.holds(x, y)
        for index in range(max(place.inputs, scene.stage.lit_inputs(owner, node_id))):
            yield Port(owner, (node_id, index), False), geometry.target((node_id, index)), inside
        for index in range(place.outputs):
            yield Port(owner, (node_id, index), True), geometry.source((node_id, index)), inside
        if node_id in scene.levels:
            inner = scene.levels[node_id]
            dx, dy = (inner.level.origin[axis] - view.level.origin[axis] for axis in (0, 1))
            yield from _inner_ports(scene, inner, (dx, dy))
            for port, (px, py), within in _ports_near(scene, inner, x - dx, y - dy, reach):
                yield port, (px + dx, py + dy), within


def _inner_ports(
    scene: CanvasScene, view: LevelView, shift: tuple[float, float]
) -> Iterator[tuple[Port, tuple[float, float], bool]]:
    """The ports on the inside of the border of a frame or of a block's drawing."""
    owner, (dx, dy) = view.level.owner, shift
    inlets, outlets = scene.inner_ports(owner)
    for index in range(inlets):
        x, y = view.geometry.source((INPUT, index))
        yield Port(owner, (INPUT, index), True), (x + dx, y + dy), False
    for index in range(outlets):
        x, y = view.geometry.target((OUTPUT, index))
        yield Port(owner, (OUTPUT, index), False), (x + dx, y + dy), False


def _wire_at(view: LevelView, x: float, y: float, reach: float) -> Edge | None:
    routes = view.geometry.routes
    near = view.geometry.wire_grid.keys_in(Box(x, y, x, y).grown(reach))
    found = min(((distance(routes[edge], x, y), i) for i, edge in enumerate(near)), default=None)
    return near[found[1]] if found is not None and found[0] <= reach else None
