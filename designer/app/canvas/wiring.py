"""Which wires may be drawn, why others may not, and what a wire would do before it is there. No Qt widgets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from designer.app.canvas.ports import Port, edge_between, input_count, output_count
from designer.app.canvas.wording import wire_shape
from designer.app.i18n import render, tr
from designer.graph import edits
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Graph, block_name
from designer.graph.topology import DELAY
from designer.layers.base import Facts, ShapeError, show
from designer.layout.metrics import is_open_frame
from designer.shapes import Analysis, analyze
from designer.shapes.problems import named, source_names


class Verdict(NamedTuple):
    """Whether a wire may be drawn or what it would give, in words."""

    ok: bool
    text: str


def ordered(a: Port, b: Port) -> tuple[Port, Port]:
    """The two ends of a wire, the giving one first."""
    return (a, b) if a.gives else (b, a)


def without(graph: Graph, wires: Iterable[tuple[str | None, Edge]]) -> Graph:
    """The drawing without some wires, each given with the frame that it lies in."""
    by_owner: dict[str | None, list[Edge]] = {}
    for owner, edge in wires:
        by_owner.setdefault(owner, []).append(edge)
    for owner, gone in by_owner.items():
        graph = edits.disconnect(graph, gone, owner)
    return graph


def refusal(graph: Graph, a: Port, b: Port) -> str | None:
    """Why a wire between two ports is not possible, in the user's words; None where it is."""
    if a.gives == b.gives:
        return tr("Both are outputs: a wire leads from an output to an input.") if a.gives else tr(
            "Both are inputs: a wire leads from an output to an input.")  # fmt: skip
    source, target = ordered(a, b)
    if source.node == target.node and not source.is_inner and not target.is_inner:
        return tr("A node cannot feed itself.")
    if source.owner != target.owner:
        return tr("Wires do not cross the border of a frame. Lead it through the port on the frame's edge.")
    if not source.is_inner and not target.is_inner and graph.node(target.end[0]).type != DELAY:
        body = graph.body(source.owner)
        if target.end[0] in upstream(body, source.end[0]):
            names = {"source": graph.node(source.end[0]).label, "target": graph.node(target.end[0]).label}
            return tr("This would close a loop: {source} gets its data from {target} already.", **names)
    return None


def upstream(body: Body, node_id: str) -> set[str]:
    """The node and everything that it gets data from in the same step; a Delay has its data from the step before."""
    index, wiring = body.topology.index, body.topology.inputs
    seen, waiting = {index[node_id]}, [index[node_id]]
    while waiting:
        i = waiting.pop()
        for wire in wiring[i] if body.nodes[i].type != DELAY else ():
            if wire is not None and wire.node >= 0 and wire.node not in seen:
                seen.add(wire.node)
                waiting.append(wire.node)
    return {body.nodes[i].id for i in seen}


def downstream(body: Body, ids: set[str]) -> set[str]:
    """The nodes and everything that gets data from them in the same step."""
    index, readers = body.topology.index, body.topology.readers
    seen = {index[i] for i in ids if i in index}
    waiting = list(seen)
    while waiting:
        for reader in readers[waiting.pop()]:
            if reader not in seen and body.nodes[reader].type != DELAY:
                seen.add(reader)
                waiting.append(reader)
    return {body.nodes[i].id for i in seen}


def legal_ends(graph: Graph, origin: Port) -> set[Port]:
    """Every port that a wire from `origin` may end at."""
    body = graph.body(origin.owner)
    barred = _barred(body, origin)
    found: set[Port] = set()
    for i, node in enumerate(body.nodes):
        if node.id not in barred:
            wired = len(body.topology.inputs[i])
            count = input_count(node, wired, graph.blocks) if origin.gives else output_count(node, graph.blocks)
            count += 1 if origin.gives and is_open_frame(node) else 0
            found.update(Port(origin.owner, (node.id, index), not origin.gives) for index in range(count))
    if origin.owner is not None:
        count = inner_counts(graph, origin.owner)[1 if origin.gives else 0] + 1
        end = OUTPUT if origin.gives else INPUT
        found.update(Port(origin.owner, (end, index), not origin.gives) for index in range(count))
    return found


def _barred(body: Body, origin: Port) -> set[str]:
    """The nodes that a wire may not lead to: it would close a loop that no Delay is in."""
    node_id = origin.end[0]
    if origin.is_inner:
        return set()
    if not origin.gives:
        delayed = body.nodes[body.topology.index[node_id]].type == DELAY
        return {node_id} if delayed else downstream(body, {node_id})
    before = upstream(body, node_id)
    return {i for i in before if i == node_id or body.nodes[body.topology.index[i]].type != DELAY}


def inner_counts(graph: Graph, owner: str) -> tuple[int, int]:
    """How many inner inputs and outputs a frame or a block's drawing has; there is always one more to wire."""
    body = graph.body(owner)
    outlets = max(len(body.topology.outputs), 1)
    if block_name(owner) is not None:
        return max(body.inlets, 1), outlets
    around = graph.body(graph.owners[owner])
    wired = len(around.topology.inputs[around.topology.index[owner]])
    return input_count(graph.node(owner), wired, graph.blocks), outlets


def free_input(analysis: Analysis, owner: str | None, node_id: str) -> Port | None:
    """The input that a wire dropped on a whole node takes: the first free one, or the only one; None if it has none."""
    body = analysis.graph.body(owner)
    i = body.topology.index[node_id]
    wires = body.topology.inputs[i]
    count = input_count(body.nodes[i], len(wires), analysis.graph.blocks)
    if count == 0:
        return None
    free = (port for port in range(count) if port >= len(wires) or wires[port] is None)
    return Port(owner, (node_id, next(free, 0)), False)


def preview(analysis: Analysis, source: Port, target: Port) -> Verdict:
    """What the wire would give: the shape that comes out of its target, or what is wrong then."""
    edge, owner = edge_between(source, target), source.owner
    shape = wire_shape(analysis, owner, edge)
    entering = show(shape) if shape is not None else "?"
    if target.is_inner:
        return Verdict(True, entering)
    after = analyze(edits.connect(analysis.graph, [edge], owner), analysis)
    facts = after.facts(target.end[0])
    if facts.node.body is not None and target.end[1] >= facts.node.body.inlets:
        name = facts.node.label
        return Verdict(True, tr("{shape} → a new input of {name}: wire it on inside", shape=entering, name=name))
    if isinstance(facts.result, ShapeError) and facts.result.code != "unconnected":
        return Verdict(False, render(named(facts.result.message, source_names(after, facts))))
    if isinstance(facts.result, Facts) and facts.output is not None and not facts.layer.is_end:
        return Verdict(True, f"{entering} → {show(facts.output)}")
    return Verdict(True, entering)
