"""The way a wire takes: straight down where it can, round foreign nodes where it must, long skips in lanes. No Qt.

A route is a polyline of vertical and horizontal pieces; drawing rounds its corners. It never enters the box of a node
that the wire does not belong to, as long as there is any way round.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from heapq import heappop, heappush
from itertools import pairwise
from typing import Generic, NamedTuple

from designer.app.canvas.grid import Box, Grid, Key
from designer.app.canvas.lanes import Lanes
from designer.layout.metrics import LABEL_ROOM, LANE, NODE_GAP, NODE_WIDTH

Point = tuple[float, float]
Route = tuple[Point, ...]

STUB = NODE_GAP / 2
"""How far a wire runs straight out of a port before it may turn: half the gap between stacked nodes."""
CLEAR = 2.0
"""The least distance between a wire and a foreign node."""
_TURN_COST = 40.0
_SEARCH_OBSTACLES = 60


class End(NamedTuple):
    """One end of a wire: where it is, and the box of the node it belongs to (none for a frame's inner ports)."""

    at: Point
    key: str = ""
    box: Box | None = None


class Router(Generic[Key]):
    """Finds routes among the boxes of one level, and remembers who has which lane and what was in the way."""

    def __init__(self, nodes: Grid[str]) -> None:
        self._nodes = nodes
        self.ghosts: frozenset[str] = frozenset()
        """Nodes that no wire goes out of the way for: they are being dragged, maybe into that very wire."""
        self._lanes: Lanes[Key] = Lanes()
        self._obstacles: dict[Key, dict[str | Key, None]] = {}
        """The nodes and lanes that kept a wire from ways it would have taken sooner."""
        self._hindered: dict[str | Key, dict[Key, None]] = {}
        """The same from the other end."""
        self._met: dict[str | Key, None] = {}
        """The obstacles of the wire being routed."""

    def forget(self, wire: Key) -> None:
        """Free the lane of a wire that is gone or about to be routed again."""
        for obstacle in self._obstacles.pop(wire, ()):
            hindered = self._hindered[obstacle]
            del hindered[wire]
            if not hindered:
                del self._hindered[obstacle]
        self._lanes.remove(wire)

    def hindered_by(self, obstacle: str | Key) -> Collection[Key]:
        """The wires that this node, or the lane of this wire, made go another way."""
        return self._hindered.get(obstacle, ())

    def lane(self, wire: Key) -> Box | None:
        """The lane of its own that a wire runs in."""
        return self._lanes.of(wire)

    def freed(self, wire: Key, before: Box | None) -> list[Key]:
        """The wires that had to go round a wire's lane where it was before, and need not where it is now."""
        now = self.lane(wire)
        if before is None or now == before:
            return []
        moved = now is None or now.left != before.left
        return [w for w in self.hindered_by(wire) if moved or not self._spans_meet(now, self.lane(w))]

    @staticmethod
    def _spans_meet(a: Box | None, b: Box | None) -> bool:
        return a is not None and b is not None and a.top < b.bottom and b.top < a.bottom

    def lanes_beside(self, wires: Collection[Key]) -> set[Key]:
        """The wires in lanes that run beside these wires' lanes: those whose lane may be another one without them."""
        found: set[Key] = set()
        for wire in wires:
            if (box := self._lanes.of(wire)) is not None:
                found.update(self._lanes.overlapping(box.grown(LANE * 3, 0)))
        return found

    def direct(self, wire: Key, source: End, target: End) -> Route | None:
        """Straight, or with one step aside; None where foreign nodes are in the way."""
        self._met = {}
        route = self._straight(source, target) or self._one_turn(source, target)
        self._remember(wire)
        return route

    def around(self, wire: Key, source: End, target: End) -> Route:
        """The way round what is in the way."""
        self._met = {}
        route = (
            self._by_lane(wire, source, target)
            or self._search(source, target)
            or _beside(source, target, min(source.at[0], target.at[0]) - NODE_WIDTH / 2 - LANE)
        )
        self._remember(wire)
        return route

    def _remember(self, wire: Key) -> None:
        if self._met:
            self._obstacles.setdefault(wire, {}).update(self._met)
            for obstacle in self._met:
                self._hindered.setdefault(obstacle, {})[wire] = None

    # ---- what is in the way

    def _hit(self, area: Box, *own: str) -> Box | None:
        """A box in the way, other than those of the wire's own nodes."""
        found = self._nodes.first(area, self.ghosts.union(own) if self.ghosts else own)
        if found is None:
            return None
        self._met[found[0]] = None
        return found[1]

    def _vertical(self, x: float, y1: float, y2: float, *own: str) -> bool:
        top, bottom = (y1, y2) if y1 < y2 else (y2, y1)
        return self._hit(Box(x - CLEAR, top, x + CLEAR, bottom), *own) is None

    def _horizontal(self, y: float, x1: float, x2: float, *own: str) -> bool:
        left, right = (x1, x2) if x1 < x2 else (x2, x1)
        return self._hit(Box(left, y - CLEAR, right, y + CLEAR), *own) is None

    # ---- the ways, simplest first

    def _straight(self, source: End, target: End) -> Route | None:
        (x1, y1), (x2, y2) = source.at, target.at
        if abs(x1 - x2) > 0.5 or y2 < y1:
            return None
        if y2 - y1 > NODE_GAP and not self._vertical(x1, y1, y2, source.key, target.key):
            return None
        return (source.at, target.at)

    def _one_turn(self, source: End, target: End) -> Route | None:
        """Down, across, down: the crossing piece close to the target, close to the source, or half-way."""
        (x1, y1), (x2, y2) = source.at, target.at
        if y2 - y1 < 2 * CLEAR:
            return None
        middle = (y1 + y2) / 2
        levels = (middle,) if y2 - y1 < 4 * STUB else (y2 - STUB, y1 + STUB, middle)
        for y in levels:
            if (
                self._horizontal(y, x1, x2, source.key, target.key)
                and self._vertical(x1, y1, y, source.key)
                and self._vertical(x2, y, y2, target.key)
            ):
                return ((x1, y1), (x1, y), (x2, y), (x2, y2))
        return None

    def _by_lane(self, wire: Key, source: End, target: End) -> Route | None:
        """Beside everything in the way: left of it where the shape labels are not, unless another way is shorter."""
        top, bottom = sorted((source.at[1] + STUB, target.at[1] - STUB))
        taken = self._lanes.of_others((source.key, source.at), top, bottom)
        ways = [
            (cost, x)
            for side, edge, labels in _lane_edges(source, target)
            if (x := self._lane_x(edge, (top, bottom), taken, side, labels)) is not None
            and (cost := self._lane_cost(source, target, x)) is not None
        ]
        if not ways:
            return None
        _, x = min(ways)
        self._lanes.put(wire, Box(x - LANE / 2 + 1, top, x + LANE / 2 - 1, bottom), (source.key, source.at))
        return _beside(source, target, x)

    def _lane_x(
        self, edge: float, span: tuple[float, float], taken: list[tuple[Key, Box]], side: int, labels: float
    ) -> float | None:
        """The first free lane on a side of an edge; `labels` is the room right of nodes that it must leave free."""
        x = edge + side * LANE / 2
        for _ in range(200):
            area = Box(x - LANE / 2 + 1, span[0], x + LANE / 2 - 1, span[1])
            # Lanes first: they are few, while that no node is in the way is known only after a look at all of them.
            beside = next((item for item in taken if item[1][0] < area[2] and area[0] < item[1][2]), None)
            if beside is not None:
                self._met[beside[0]] = None
                x = beside[1].left - LANE / 2 if side < 0 else beside[1].right + LANE / 2
                continue
            hit = self._hit(area._replace(left=area.left - labels))
            if hit is None:
                return x
            x = hit.left - LANE / 2 if side < 0 else hit.right + LABEL_ROOM + LANE / 2
        return None

    def _lane_cost(self, source: End, target: End, x: float) -> float | None:
        (x1, y1), (x2, y2) = source.at, target.at
        # The wire's own nodes count as well: beside each other, one of them may be in the way to the other.
        if not self._horizontal(y1 + STUB, x1, x) or not self._horizontal(y2 - STUB, x, x2):
            return None
        return abs(x - x1) + abs(x - x2)

    def _search(self, source: End, target: End) -> Route | None:
        """The shortest way with few turns along the edges of the nearest nodes, where all plain ways are blocked."""
        start = (source.at[0], source.at[1] + STUB)
        goal = (target.at[0], target.at[1] - STUB)
        own = (source.key, target.key)
        if not self._vertical(*source.at, start[1], *own) or not self._vertical(*target.at, goal[1], *own):
            return None
        area = Box(min(start[0], goal[0]), min(start[1], goal[1]), max(start[0], goal[0]), max(start[1], goal[1]))
        near = [box for _, box in self._nodes.overlapping(area.grown(2 * NODE_WIDTH))]
        if len(near) > _SEARCH_OBSTACLES:
            return None
        xs = sorted({start[0], goal[0], *(b.left - LANE / 2 for b in near), *(b.right + LANE / 2 for b in near)})
        ys = sorted({start[1], goal[1], *(b.top - STUB for b in near), *(b.bottom + STUB for b in near)})
        path = self._shortest(xs, ys, start, goal)
        return None if path is None else _simplified((source.at, *path, target.at))

    def _shortest(self, xs: list[float], ys: list[float], start: Point, goal: Point) -> list[Point] | None:
        """Dijkstra over the crossings of these lines; a state is a crossing and the axis it was reached along."""
        first = (xs.index(start[0]), ys.index(start[1]), 1)
        last = (xs.index(goal[0]), ys.index(goal[1]))
        queue: list[tuple[float, tuple[int, int, int], tuple[int, int, int] | None]] = [(0.0, first, None)]
        came: dict[tuple[int, int, int], tuple[int, int, int] | None] = {}
        while queue:
            cost, state, before = heappop(queue)
            if state in came:
                continue
            came[state] = before
            i, j, axis = state
            if (i, j) == last:
                return _trace(came, state, xs, ys)
            for di, dj in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                k, m = i + di, j + dj
                if not (0 <= k < len(xs) and 0 <= m < len(ys)) or (k, m, abs(dj)) in came:
                    continue
                free = self._vertical(xs[i], ys[j], ys[m]) if dj else self._horizontal(ys[j], xs[i], xs[k])
                if free:
                    step = abs(xs[k] - xs[i]) + abs(ys[m] - ys[j]) + (_TURN_COST if abs(dj) != axis else 0.0)
                    heappush(queue, (cost + step, (k, m, abs(dj)), state))
        return None


def _lane_edges(source: End, target: End) -> Iterator[tuple[int, float, float]]:
    """Where to look for a lane, to which side, and how much room for labels it leaves: left and right of both ends.

    Between two nodes side by side there is a shorter way; where they are close to each other it takes the labels' room.
    """
    for side in (-1, 1):
        yield side, side * max(side * _edge(source, side), side * _edge(target, side)), LABEL_ROOM
    left, right = sorted((source, target), key=lambda end: end.at[0])
    if left.box is not None and right.box is not None and left.box.right + LANE <= right.box.left:
        yield -1, right.box.left, 0.0


def _edge(end: End, side: int) -> float:
    if end.box is None:
        return end.at[0] + side * NODE_WIDTH / 2 + (LABEL_ROOM if side > 0 else 0.0)
    return end.box.left if side < 0 else end.box.right + LABEL_ROOM


def _beside(source: End, target: End, x: float) -> Route:
    (x1, y1), (x2, y2) = source.at, target.at
    return ((x1, y1), (x1, y1 + STUB), (x, y1 + STUB), (x, y2 - STUB), (x2, y2 - STUB), (x2, y2))


def _trace(
    came: dict[tuple[int, int, int], tuple[int, int, int] | None],
    state: tuple[int, int, int],
    xs: list[float],
    ys: list[float],
) -> list[Point]:
    path: list[Point] = []
    step: tuple[int, int, int] | None = state
    while step is not None:
        path.append((xs[step[0]], ys[step[1]]))
        step = came[step]
    return path[::-1]


def _simplified(points: Route) -> Route:
    """Without the points that lie on a straight piece."""
    kept = [points[0]]
    for i in range(1, len(points) - 1):
        (x0, y0), (x, y), (x2, y2) = kept[-1], points[i], points[i + 1]
        if not (x0 == x == x2 or y0 == y == y2) and (x, y) != (x0, y0):
            kept.append((x, y))
    return (*kept, points[-1])


def pieces(route: Route) -> Iterator[Box]:
    """The straight pieces of a route as boxes without thickness."""
    for (x1, y1), (x2, y2) in pairwise(route):
        yield Box(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def middle(route: Route) -> Point:
    """The middle of the longest piece of a route."""
    box = max(pieces(route), key=lambda piece: piece.right - piece.left + piece.bottom - piece.top)
    return ((box.left + box.right) / 2, (box.top + box.bottom) / 2)


def distance(route: Route, x: float, y: float) -> float:
    """How far a point is from the nearest piece of a route."""
    best = float("inf")
    for box in pieces(route):
        dx = max(box.left - x, 0.0, x - box.right)
        dy = max(box.top - y, 0.0, y - box.bottom)
        best = min(best, (dx * dx + dy * dy) ** 0.5)
    return best
