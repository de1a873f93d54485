"""Equal parts of a drawing that follow each other: what a Repeat can be made of.

The nodes are put in an order in which everything stands right before what reads it; a part is a piece of that order.
Two parts are equal where node by node the layers, their properties and their wires are; what leaves one part and
enters the next is the parts' state, and whatever else enters must enter all of them alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from typing import Final, NamedTuple

import msgspec

from designer.graph.model import Body, Endpoint, Node
from designer.graph.topology import DELAY

MAX_PART: Final = 400
"""Nodes in one part, at most."""
_OUTSIDE: Final = -1
_encoder = msgspec.json.Encoder(order="sorted")

Slot = tuple[int, int]
"""Of a part: the place of one of its nodes, and a port of that node."""
Source = tuple[int, int | Endpoint]
"""Where an input comes from: the place of a node and its output port; or from outside, with the endpoint."""


class Run(NamedTuple):
    """Equal parts, each fed by the one before."""

    parts: list[list[str]]
    """The ids of their nodes."""
    entering: list[Endpoint]
    """What enters the first part: the state's values, then what enters all parts alike."""
    slots: dict[Endpoint, Endpoint]
    """Inputs of the first part that values from outside enter, with these values."""
    states: dict[Endpoint, int]
    """Which of these inputs take part of the state, with the number of its value."""
    leaving: list[Endpoint]
    """Which values of the first part become the state."""
    last: list[Endpoint]
    """The same values of the last part."""


def canonical(body: Body) -> Hashable:
    """A value that is equal for bodies that do the same: ids, names, places and the order of the file do not count."""
    line = _Line(body, {node.id for node in body.nodes})
    ends = tuple(
        (wire.port if wire.node < 0 else (line.place[body.nodes[wire.node].id], wire.port))
        if wire is not None
        else None
        for wire in body.topology.outputs
    )
    return tuple(line.tokens), tuple(tuple(wires) for wires in line.inputs), ends


def token(node: Node) -> Hashable:
    """A value that is equal for nodes that do the same."""
    inside = canonical(node.body) if node.body is not None else None
    return node.type, _encoder.encode(node.params), _encoder.encode(node.extra), inside


class _Line:
    """The chosen nodes of a body in order, with what they are and what they read, by their places."""

    def __init__(self, body: Body, chosen: Collection[str], last_port_first: bool = False) -> None:
        topology = body.topology
        self.ids = [body.nodes[i].id for i in _late_order(body, last_port_first) if body.nodes[i].id in chosen]
        self.place = {node_id: at for at, node_id in enumerate(self.ids)}
        self.tokens: list[Hashable] = []
        self.inputs: list[list[Source | None]] = []
        self.readers: list[list[tuple[int, int]]] = [[] for _ in self.ids]
        """For every place the places that read it (`_OUTSIDE` for nodes not chosen) and which output they read."""
        for node_id in self.ids:
            i = topology.index[node_id]
            self.tokens.append(token(body.nodes[i]))
            self.inputs.append([
                None if wire is None else self._source(body, wire.node, wire.port) for wire in topology.inputs[i]
            ])  # fmt: skip
        for edge in body.edges:
            if (at := self.place.get(edge.source[0])) is not None:
                self.readers[at].append((self.place.get(edge.target[0], _OUTSIDE), edge.source[1]))

    def _source(self, body: Body, node: int, port: int) -> Source:
        if node < 0:
            return (_OUTSIDE, ("@in", port))
        node_id = body.nodes[node].id
        at = self.place.get(node_id)
        return (_OUTSIDE, (node_id, port)) if at is None else (at, port)

    def endpoint(self, source: Source) -> Endpoint:
        """A source as the document names it."""
        at, port = source
        return (self.ids[at], port) if isinstance(port, int) else port


def _late_order(body: Body, last_port_first: bool) -> Iterator[int]:
    """Positions of all nodes, each after what it reads and as near to its first reader as that allows."""
    topology, done = body.topology, set[int]()
    ends = [wire.node for wire in topology.outputs if wire is not None and wire.node >= 0]
    ends += [i for i, readers in enumerate(topology.readers) if not readers]
    for end in [*ends, *range(len(body.nodes))]:
        waiting = [(end, False)]
        while waiting:
            i, fed = waiting.pop()
            if fed:
                yield i
            elif i not in done:
                done.add(i)
                waiting.append((i, True))
                if body.nodes[i].type != DELAY:
                    wires = topology.inputs[i] if last_port_first else reversed(topology.inputs[i])
                    waiting += [(w.node, False) for w in wires if w is not None and w.node >= 0]


def best_run(
    body: Body, chosen: Collection[str], shape_of: Callable[[Endpoint], Hashable], least: int = 1
) -> Run | None:
    """The equal parts that save most nodes, drawn once; None where nothing saves `least` of them."""
    # What enters every part alike may be wired to the first ports or to the last ones: it has to come before all parts.
    lines = {tuple(line.ids): line for order in (False, True) for line in (_Line(body, chosen, order),)}
    found = [parts for line in lines.values() if (parts := _best_parts(line, shape_of, least)) is not None]
    return max(found, key=lambda parts: parts.saved).run() if found else None


def _best_parts(line: _Line, shape_of: Callable[[Endpoint], Hashable], least: int) -> _Parts | None:
    best: _Parts | None = None
    for saving, size, start in _candidates(line, least):
        if best is not None and saving <= best.saved:
            break
        parts = _Parts(line, start, size, shape_of)
        if parts.saved >= least and (best is None or parts.saved > best.saved):
            best = parts
    return best


def _candidates(line: _Line, least: int) -> list[tuple[int, int, int]]:
    """How many nodes could be saved, the size of a part and where the first one begins, most promising first."""
    found = []
    tokens, count = line.tokens, len(line.tokens)
    number = {value: i for i, value in enumerate(dict.fromkeys(tokens))}
    kinds = [number[value] for value in tokens]
    for size in range(1, min(count // 2, MAX_PART) + 1):
        same = 0
        for start in range(count - size - 1, -1, -1):
            same = same + 1 if kinds[start] == kinds[start + size] else 0
            saving = same // size * size
            if saving >= max(least, 1):
                found.append((saving, size, start))
    # Of equally good ones many small parts, and the last that fits: what follows the run does not begin with its end.
    found.sort(key=lambda entry: (-entry[0], entry[1], -entry[2]))
    return found


class _Parts:
    """As many equal parts of one size from one place on as there are."""

    def __init__(self, line: _Line, start: int, size: int, shape_of: Callable[[Endpoint], Hashable]) -> None:
        self.line, self.start, self.size = line, start, size
        self.begin: dict[Slot, Source] = {}
        """For every value of the state (a node of a part and its output port) what the first part has instead."""
        self.slots: dict[Slot, Slot] = {}
        """Which inputs of a part take which value of the state."""
        times = 1
        while self._follows(times):
            times += 1
        self.times = self._closed(times) if self._keeps_shapes(shape_of) else 1

    @property
    def saved(self) -> int:
        """How many nodes need not be drawn any more."""
        return (self.times - 1) * self.size

    def _at(self, part: int) -> int:
        return self.start + part * self.size

    def _follows(self, part: int) -> bool:
        """Whether one more part is equal to those before; a part more tells where the state is."""
        first, here = self._at(0), self._at(part)
        if here + self.size > len(self.line.ids):
            return False
        begin, slots = dict(self.begin), dict(self.slots)
        for i in range(self.size):
            if self.line.tokens[first + i] != self.line.tokens[here + i]:
                return False
            old, new = self.line.inputs[first + i], self.line.inputs[here + i]
            if len(old) != len(new):
                return False
            for port, (a, b) in enumerate(zip(old, new, strict=True)):
                if not self._matches((i, port), a, b, part, begin, slots):
                    return False
        self.begin, self.slots = begin, slots
        return bool(begin)

    def _matches(
        self,
        slot: Slot,
        a: Source | None,
        b: Source | None,
        part: int,
        begin: dict[Slot, Source],
        slots: dict[Slot, Slot],
    ) -> bool:
        """Whether an input of the first part and the same one of another part mean the same."""
        if a is None or b is None or not isinstance(b[1], int):
            return a == b and slot not in slots
        first, here = self._at(0), self._at(part)
        if b[0] >= here:
            return a == (b[0] - here + first, b[1])
        if b[0] >= here - self.size:
            state = (b[0] - here + self.size, b[1])
            known = slots.setdefault(slot, state) == state if part == 1 else slots.get(slot) == state
            return known and (a[0] < first) and begin.setdefault(state, a) == a
        return a == b and b[0] < first and slot not in slots

    def _keeps_shapes(self, shape_of: Callable[[Endpoint], Hashable]) -> bool:
        end = self.line.endpoint
        return all(shape_of(end(a)) == shape_of(end((self.start + at, port))) for (at, port), a in self.begin.items())

    def _closed(self, times: int) -> int:
        """How many of the parts are read by nobody but the next one, the state of the last one aside."""
        for part in range(times):
            here = self._at(part)
            after = here + self.size
            read = [
                (reader, (i, port))
                for i in range(self.size)
                for reader, port in self.line.readers[here + i]
                if not here <= reader < after
            ]
            if part < times - 1 and all(after <= reader < after + self.size for reader, _ in read):
                continue
            return part + 1 if all(value in self.begin for _, value in read) else part
        return times

    def run(self) -> Run:
        """The parts as the document names them."""
        line, first = self.line, self.start
        states = sorted(self.begin, key=lambda state: min(slot for slot, value in self.slots.items() if value == state))
        number = {state: n for n, state in enumerate(states)}
        outside: dict[Endpoint, Endpoint] = {}
        for i in range(self.size):
            for port, source in enumerate(line.inputs[first + i]):
                if source is not None and source[0] < first:
                    outside[line.ids[first + i], port] = line.endpoint(source)
        taken = {(line.ids[first + i], port): number[state] for (i, port), state in self.slots.items()}
        extras = dict.fromkeys(source for slot, source in outside.items() if slot not in taken)
        last = self._at(self.times - 1)
        return Run(
            [line.ids[self._at(part) : self._at(part + 1)] for part in range(self.times)],
            [*(line.endpoint(self.begin[state]) for state in states), *extras],
            outside,
            taken,
            [(line.ids[first + at], port) for at, port in states],
            [(line.ids[last + at], port) for at, port in states],
        )
