"""Which wires may be drawn, why others may not, and what a wire would do before it is there. No Qt widgets."""

from __future__ import annotations

from typing import NamedTuple

from designer.app.canvas.ports import Port, edge_between, input_count, output_count
from designer.app.canvas.wording import wire_shape
from designer.app.i18n import render, tr
from designer.graph import edits
from designer.graph.model import INPUT, OUTPUT, Body, Graph
from designer.layers.base import Facts, ShapeError, show
from designer.layers.registry import layer_of
from designer.shapes import Analysis, analyze
from designer.shapes.problems import named, source_names


class Verdict(NamedTuple):
    """Whether a wire may be drawn or what it would give, in words."""

    ok: bool
    text: str


def ordered(a: Port, b: Port) -> tuple[Port, Port]:
    """The two ends of a wire, the giving one first."""
    return (a, b) if a.gives else (b, a)


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
    if not source.is_inner and not target.is_inner:
        body = graph.body(source.owner)
        if target.end[0] in upstream(body, source.end[0]):
            names = {"source": graph.node(source.end[0]).label, "target": graph.node(target.end[0]).label}
            return tr("This would close a loop: {source} gets its data from {target} already.", **names)
    return None


def upstream(body: Body, node_id: str) -> set[str]:
    """The node and everything that it gets data from."""
    index, wiring = body.topology.index, body.topology.inputs
    seen, waiting = {index[node_id]}, [index[node_id]]
    while waiting:
        for wire in wiring[waiting.pop()]:
            if wire is not None and wire.node >= 0 and wire.node not in seen:
                seen.add(wire.node)
                waiting.append(wire.node)
    return {body.nodes[i].id for i in seen}


def downstream(body: Body, ids: set[str]) -> set[str]:
    """The nodes and everything that gets data from them."""
    index, readers = body.topology.index, body.topology.readers
    seen = {index[i] for i in ids if i in index}
    waiting = list(seen)
    while waiting:
        for reader in readers[waiting.pop()]:
            if reader not in seen:
                seen.add(reader)
                waiting.append(reader)
    return {body.nodes[i].id for i in seen}


def legal_ends(graph: Graph, origin: Port) -> set[Port]:
    """Every port that a wire from `origin` may end at."""
    body = graph.body(origin.owner)
    inner = origin.end[0] in (INPUT, OUTPUT)
    if origin.gives:
        barred = set() if inner else upstream(body, origin.end[0])
    else:
        barred = set() if inner else downstream(body, {origin.end[0]})
    found: set[Port] = set()
    for i, node in enumerate(body.nodes):
        if node.id not in barred:
            wired = len(body.topology.inputs[i])
            count = input_count(layer_of(node), wired) if origin.gives else output_count(node)
            found.update(Port(origin.owner, (node.id, index), not origin.gives) for index in range(count))
    if origin.owner is not None:
        found.add(Port(origin.owner, (OUTPUT if origin.gives else INPUT, 0), not origin.gives))
    return found


def free_input(analysis: Analysis, owner: str | None, node_id: str) -> Port | None:
    """The input that a wire dropped on a whole node takes: the first free one, or the only one; None if it has none."""
    body = analysis.graph.body(owner)
    i = body.topology.index[node_id]
    wires = body.topology.inputs[i]
    count = input_count(layer_of(body.nodes[i]), len(wires))
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
    if isinstance(facts.result, ShapeError) and facts.result.code != "unconnected":
        return Verdict(False, render(named(facts.result.message, source_names(after, facts))))
    if isinstance(facts.result, Facts) and facts.output is not None and not facts.layer.is_end:
        return Verdict(True, f"{entering} → {show(facts.output)}")
    return Verdict(True, entering)
