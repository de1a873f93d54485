"""What is wrong with a graph, in words, each with the node it belongs to and the mends that can be applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from designer.errors import Message, message
from designer.graph import edits
from designer.graph.model import BLOCK, Body, Graph, Node
from designer.graph.topology import BOUNDARY, DELAY, Wire
from designer.layers.base import Facts, ShapeError
from designer.layers.registry import layer_of, unknown_properties
from designer.shapes.analysis import Analysis, NodeFacts, Scope
from designer.shapes.fixes import OUTSIDE, Fault, Fix, another_name, cause, fault_of, fixes, missing_loss
from designer.shapes.frames import source_name
from designer.shapes.ranges import Range, range_at
from designer.shapes.reach import dead_nodes

Severity = Literal["error", "warning"]
ADDED_UP = "UpdateInterval"
"""Below a recipe's 'nnc': what trains with a mean of gradients as Neural Network Console does with their sum."""
SHARING = "nnc.ParameterScope"
"""The property that an importer keeps where layers shared weights by name, which nothing here does."""


class Problem(NamedTuple):
    """One thing that is wrong (error: the graph cannot run) or worth a look (warning)."""

    node: str
    """Id of the node it belongs to; empty for the graph as a whole."""
    code: str
    text: Message
    severity: Severity = "error"
    fixes: tuple[Fix, ...] = ()
    port: int | None = None
    """The input port at fault, where it is one."""


def source_names(analysis: Analysis, facts: NodeFacts) -> list[str | Message]:
    """The names of the nodes wired to a node's connected inputs, in port order."""
    body = analysis.graph.body(facts.owner)
    wires = body.topology.inputs[body.topology.index[facts.node.id]]
    return [source_name(body.nodes, wire) for wire in wires if wire is not None]


def named(text: Message, names: Sequence[str | Message]) -> Message:
    """Fill {from0}, {from1}, ... of a layer's message with the names of its sources."""
    return Message(text.template, {**{f"from{i}": name for i, name in enumerate(names)}, **text.values})


def problems(analysis: Analysis) -> list[Problem]:
    """Every error and warning of the graph, errors first, in the order of the drawing."""
    levels = [analysis.root, *(analysis.block(name) for name in analysis.graph.blocks)]
    wires = [problem for level in levels for problem in _of_wires(level)]
    found = [*_of_graph(analysis), *_of_nodes(analysis), *wires, *_unused(analysis), *_same_names(analysis)]
    return sorted(found, key=lambda p: p.severity != "error")


def _of_nodes(analysis: Analysis) -> Iterator[Problem]:
    for facts in analysis.walk():
        result = facts.result
        unknown = unknown_properties(facts.node)
        if SHARING in unknown:
            unknown.remove(SHARING)
            yield Problem(facts.node.id, "not-shared", _not_shared(facts.node), "warning")
        if unknown:
            yield Problem(facts.node.id, "unknown-property", _not_known(facts.node, unknown), "warning")
        if isinstance(result, ShapeError):
            fault = fault_of(analysis, facts, result)
            text = named(result.message, source_names(analysis, facts))
            why = cause(fault)
            if why is not None:
                text = Message("{what} {why}", {"what": text, "why": why})
            yield Problem(facts.node.id, result.code, text, fixes=fixes(fault), port=result.port)
        elif facts.owner is not None and (facts.layer.is_input or (facts.layer.is_end and facts.inputs)):
            text = message(
                "{name} stands inside a frame, which runs many times; inputs and losses belong outside of frames.",
                name=facts.node.label,
            )
            yield Problem(facts.node.id, "in-frame", text)
        elif facts.node.type == DELAY and not _is_recurrent(analysis, facts.owner):
            text = message("A Delay stands for the step before: it belongs directly in a Recurrent frame.")
            yield Problem(facts.node.id, "delay-outside", text)
        elif isinstance(result, Facts):
            for note in result.notes:
                text = named(note.text, source_names(analysis, facts))
                mends = fixes(Fault(analysis, facts, note.code, note.data))
                yield Problem(facts.node.id, note.code, text, "warning", mends)
            if facts.node.type == "BCELoss":
                yield from _outside_0_1(analysis, facts)


def _outside_0_1(analysis: Analysis, facts: NodeFacts) -> Iterator[Problem]:
    """Whether a loss of probabilities gets values that are none, at which training stops."""
    scope = analysis.scope(facts.owner)
    wire = None if scope is None else next(iter(scope.topology.inputs[scope.topology.index[facts.node.id]]), None)
    found = None if scope is None or wire is None else range_at(scope, wire)
    if found is None or found.is_probability:
        return
    text = message("{name} takes values between 0 and 1, but those of {source} can be {found}: training stops at the "
                   "first one outside.", name=facts.node.label, source=source_names(analysis, facts)[0],
                   found=_beyond(found))  # fmt: skip
    yield Problem(facts.node.id, OUTSIDE, text, "warning", fixes(Fault(analysis, facts, OUTSIDE, found._asdict())))


def _beyond(found: Range) -> Message:
    if found.low >= 0:
        return message("larger than 1")
    return message("negative") if found.high <= 1 else message("negative or larger than 1")


def _not_shared(node: Node) -> Message:
    return message(
        "{name} shares its weights with others of the name {scope} in Neural Network Console; here it has its own.",
        name=node.label, scope=str(node.params[SHARING])[:40])  # fmt: skip


def _not_known(node: Node, properties: list[str]) -> Message:
    """The warning about properties that a file holds and the layer does not have."""
    listed = ", ".join(f"{name} = {str(node.params[name])[:40]}" for name in properties[:5])
    return message(
        "{name} has properties that no {layer} has here: {properties}. They are kept in the file, without effect.",
        name=node.label, layer=node.type,
        properties=listed if len(properties) <= 5 else f"{listed}, ... ({len(properties)})")  # fmt: skip


def _is_recurrent(analysis: Analysis, owner: str | None) -> bool:
    frame = analysis.graph.find(owner) if owner is not None else None
    return frame is not None and frame.type == "Recurrent"


def _of_wires(scope: Scope) -> Iterator[Problem]:
    """Wires that only a file can have: from outputs that are not there, out of a loss."""
    nodes, topology = scope.body.nodes, scope.topology
    for i, node in enumerate(nodes):
        for port, wire in enumerate(topology.inputs[i]):
            if scope.results[i] is None and wire is not None and _is_missing(scope, wire):
                yield Problem(node.id, "no-such-port", _no_output(scope, wire), port=port)
        if scope.layers[i].is_end:
            text = message("This reads {name}, which ends the network.", name=node.label)
            yield from (Problem(nodes[reader].id, "reads-loss", text) for reader in topology.readers[i])
    for i, child in scope.children.items():
        if nodes[i].type == BLOCK:
            continue  # its drawing is looked at once, not in every place where it is used
        leaving = (wire for wire in child.topology.outputs if wire is not None and _is_missing(child, wire))
        yield from (Problem(nodes[i].id, "no-such-port", _no_output(child, wire)) for wire in leaving)
        yield from _of_wires(child)


def _is_missing(scope: Scope, wire: Wire) -> bool:
    """Whether a wire comes from an output port that its source does not have."""
    if wire.node == BOUNDARY:
        return False  # a frame has as many inputs as its body reads
    source = scope.results[wire.node]
    return isinstance(source, Facts) and wire.port >= len(source.outputs)


def _no_output(scope: Scope, wire: Wire) -> Message:
    return message("A wire comes from output {port} of {name}, which is not there.", port=wire.port,
                   name=source_name(scope.body.nodes, wire))  # fmt: skip


def _of_graph(analysis: Analysis) -> Iterator[Problem]:
    """What is wrong with the drawing as a whole: nothing to read, nothing to train."""
    for name, error in analysis.faults.items():
        yield Problem("", "variable", message("The variable {name}: {reason}", name=name, reason=error.message))
    yield from _of_recipe(analysis.graph)
    body = analysis.graph.root
    if not body.nodes:
        yield Problem("", "empty", message("The drawing is empty. Drag an Input onto the canvas to begin."))
        return
    layers = [layer_of(node) for node in body.nodes]
    if not any(layer.is_input for layer in layers):
        yield Problem("", "no-input", message("There is no Input: nothing says what pictures enter the network."))
    if not any(layer.is_loss for layer in layers):
        text = message("There is no loss, which training needs: end the network in one.")
        yield Problem("", "no-loss", text, "warning", missing_loss(analysis))


def _of_recipe(graph: Graph) -> Iterator[Problem]:
    """What a recipe from elsewhere says that ours cannot, or means otherwise."""
    kept = graph.recipe.get("nnc")
    if not isinstance(kept, dict):
        return
    settings = [f"{k} = {v}" for k, v in kept.items() if k != ADDED_UP and not str(k).startswith("Dataset")]
    if settings:
        text = message("The recipe keeps what it cannot express, without effect: {settings}.",
                       settings=", ".join(settings))  # fmt: skip
        yield Problem("", "recipe", text, "warning")
    batches, same = graph.recipe.get("accumulate", 1), _as_added_up(kept)
    if batches != 1 and any(graph.recipe.get(key) != value for key, value in same.items()):
        values = ", ".join(f"{key} = {value:g}" for key, value in same.items())
        text = message("Neural Network Console adds up the gradients of the {batches} batches of an update; here their "
                       "mean is taken. What trains as there: {values}.", batches=batches, values=values)  # fmt: skip
        use = Fix(message("Set {values}", values=values), partial(edits.set_recipe, recipe={**graph.recipe, **same}))
        yield Problem("", "recipe", text, "warning", (use,))


def _as_added_up(kept: dict[str, Any]) -> dict[str, float]:
    """The learning rate and weight decay that an importer worked out; files can hold anything."""
    same = kept.get(ADDED_UP)
    values = same.items() if isinstance(same, dict) else ()
    return {key: float(value) for key, value in values if isinstance(value, int | float)}


def _bodies(graph: Graph) -> Iterator[Body]:
    """The root drawing, and what lies in blocks and frames."""
    yield graph.root
    yield from (block.body for block in graph.blocks.values())
    yield from (node.body for _, node in graph.walk() if node.body is not None)


def _same_names(analysis: Analysis) -> Iterator[Problem]:
    """Nodes of one body under one name, which the code has to number."""
    for body in _bodies(analysis.graph):
        names: set[str] = set()
        for node in body.nodes:
            if node.name and node.name in names:
                text = message("There is another {name}: the code numbers them to tell them apart.", name=node.name)
                yield Problem(node.id, "same-name", text, "warning", (another_name(analysis.graph, node),))
            names.add(node.name)


def _unused(analysis: Analysis) -> Iterator[Problem]:
    """Branches that lead nowhere, in the root drawing and in frames: they are neither built nor trained."""
    for body in _bodies(analysis.graph):
        topology = body.topology
        for i in sorted(dead_nodes(topology, [layer_of(node) for node in body.nodes])):
            if not topology.readers[i]:
                node = body.nodes[i]
                text = message(
                    "{name} leads nowhere: nothing reads it, so it does not take part in training.", name=node.label
                )
                yield Problem(node.id, "unused", text, "warning")
