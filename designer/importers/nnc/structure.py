"""Loops of NNC, which a pair of layers begins and ends, as frames with a body of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from designer.errors import message
from designer.importers.errors import ForeignError
from designer.importers.nnc.project import Network, RawLayer, RawLink

STARTS, ENDS = {"RepeatStart": "RepeatEnd", "RecurrentInput": "RecurrentOutput"}, {"RepeatEnd", "RecurrentOutput"}
MAX_DEPTH = 32
"""Loops in loops, at most."""


class Loop(msgspec.Struct):
    """A loop: the layers that begin and end it, and what runs in it."""

    starts: list[str]
    ends: list[str]
    inside: set[str] = set()
    """Every layer between them, those of loops in it and the layers that begin and end those included."""


def loops(network: Network) -> list[Loop]:
    """The loops of a network, inner ones before those around them.

    Raises:
        ForeignError: a layer begins a loop that none ends, or the other way round, or too many are nested.
    """
    layers = {layer.id: layer for layer in network.layers}
    order = _order(network)
    if not any(layer.type in STARTS or layer.type in ENDS for layer in network.layers):
        return []
    above, below = _Reach(network.links, backwards=True), _Reach(network.links, backwards=False)
    place = {layer: position for position, layer in enumerate(order)}
    open_starts = {i for i in order if layers[i].type in STARTS}
    found: list[Loop] = []
    for end in (i for i in order if layers[i].type in ENDS):
        if any(end in loop.ends for loop in found):
            continue
        kind = "RepeatStart" if layers[end].type == "RepeatEnd" else "RecurrentInput"
        starts = [i for i in open_starts & above[end] if layers[i].type == kind]
        if not starts:
            raise _unmatched(network, layers[end], kind)
        starts = [max(starts, key=place.__getitem__)] if kind == "RepeatStart" else _together(starts, layers)
        ends = [end]
        if kind == "RecurrentInput":
            ends = [i for i in order if layers[i].type == "RecurrentOutput" and any(i in below[s] for s in starts)]
        open_starts -= set(starts)
        inside = set().union(*(below[s] for s in starts)) & set().union(*(above[e] for e in ends))
        found.append(Loop(sorted(starts, key=place.__getitem__), ends, inside - set(starts) - set(ends)))
    if open_starts:
        first = layers[min(open_starts, key=place.__getitem__)]
        raise _unmatched(network, first, STARTS[first.type])
    if any(sum(loop.starts[0] in other.inside for other in found) > MAX_DEPTH for loop in found):
        raise ForeignError(message("In the network '{network}' more than {limit} loops are nested in each other.",
                                   network=network.name, limit=MAX_DEPTH))  # fmt: skip
    return found


def _together(starts: list[str], layers: Mapping[str, RawLayer]) -> list[str]:
    """Of the inputs above an output those of one loop; the file says which where there are several."""
    identity = {start: layers[start].properties.get("ID", "*Name") for start in starts}
    return starts if len(set(identity.values())) == 1 else starts[-1:]


def _unmatched(network: Network, layer: RawLayer, other: str) -> ForeignError:
    return ForeignError(message("In the network '{network}' the {type} '{name}' has no {other}.", network=network.name,
                                type=layer.type, name=layer.name, other=other))  # fmt: skip


def _order(network: Network) -> list[str]:
    """The layers so that each comes after all it reads, but for delays, which read the step before."""
    delays = {layer.id for layer in network.layers if layer.type == "Delay"}
    waiting = dict.fromkeys((layer.id for layer in network.layers), 0)
    readers: dict[str, list[str]] = {layer.id: [] for layer in network.layers}
    for link in network.links:
        if link.target not in delays:
            waiting[link.target] += 1
            readers[link.source].append(link.target)
    order = [i for i, count in waiting.items() if not count]
    for i in order:
        for reader in readers[i]:
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) < len(waiting):
        names = ", ".join(layer.name for layer in network.layers if layer.id not in order)
        raise ForeignError(message("In the network '{network}' these layers form a cycle: {names}.",
                                   network=network.name, names=names[:200]))  # fmt: skip
    return order


class _Reach(dict[str, set[str]]):
    """For a layer all that it reads (backwards) or that reads it, directly or not, delays included."""

    def __init__(self, links: Iterable[RawLink], *, backwards: bool) -> None:
        super().__init__()
        self._near: dict[str, set[str]] = {}
        for link in links:
            here, there = (link.target, link.source) if backwards else (link.source, link.target)
            self._near.setdefault(here, set()).add(there)

    def __missing__(self, layer: str) -> set[str]:
        seen: set[str] = set()
        waiting = [layer]
        while waiting:
            for other in self._near.get(waiting.pop(), set()) - seen:
                seen.add(other)
                waiting.append(other)
        self[layer] = seen
        return seen
