"""The words on the canvas: what a node, a port and a wire say about themselves. No drawing."""

from __future__ import annotations

from designer.app.i18n import render, tr
from designer.app.numbers import compact
from designer.app.tips import tip
from designer.graph.model import BLOCK, INPUT, OUTPUT, Edge, Graph, Node, block_name
from designer.layers.base import Facts, Layer, Shape, ShapeError, show
from designer.layers.registry import documentation, stem_of, title_of
from designer.shapes import Analysis, Problem
from designer.shapes.analysis import Result

_NOT_THE_WIRE = frozenset({"unconnected", "bad-property", "unknown-layer", "frame-open", "frame-shape"})
"""Codes of errors that are about the node itself, not about what a wire brings."""


def shape_text(layer: Layer, result: Result) -> str:
    """What stands at a node's right edge: its output shape; '?' where it is not known, nothing where none comes out."""
    if isinstance(result, Facts) and not result.outputs and layer.is_end:
        return ""  # a comment
    if not isinstance(result, Facts) or not result.outputs:
        return "?"
    more = len(result.outputs) - 1
    return tr("loss") if layer.is_loss else show(result.outputs[0]) + (f" +{more}" if more else "")


def property_text(node: Node, layer: Layer) -> str:
    """What stands muted in a node: the properties that matter, and the kind of layer if its name does not tell it."""
    kind = title_of(type(layer))
    if type(layer).__name__ in ("Missing", "Invalid"):
        return node.type
    summary = layer.summary()
    if node.type == BLOCK:
        kind, _, summary = summary.partition(", ")
        return summary if node.name.casefold().startswith(kind.casefold()) else f"{kind} {summary}".rstrip()
    called = node.name.rstrip("_0123456789").casefold()
    names = (kind, type(layer).__name__, stem_of(type(layer)), *layer.aliases)
    tells = node.name.casefold().startswith(stem_of(type(layer)).casefold()) or called in map(str.casefold, names)
    if not summary:
        return "" if called == kind.casefold() else kind
    return summary if tells else f"{kind} {summary}"


def cost_text(layer: Layer, result: Result) -> str:
    """What a selected node costs: '2.3 M params · 118 M MAdds'; empty where it costs nothing or nothing is known.

    A frame that runs its body three times costs '3 × 32 params', unless the repetitions share their weights.
    """
    if not isinstance(result, Facts):
        return ""
    runs = int(getattr(layer, "times", 1))
    copies = 1 if getattr(layer, "shared", False) else runs
    parts = []
    if result.parameters:
        parts.append(tr("{count} params", count=_times(copies) + compact(result.parameters)))
    if result.multiply_adds:
        parts.append(tr("{count} MAdds", count=_times(runs) + compact(result.multiply_adds)))
    return " · ".join(parts)


def _times(count: int) -> str:
    return f"{count:,} × " if count > 1 else ""


def problem_text(problems: list[Problem]) -> str:
    """What is wrong with a node, all of it."""
    return "\n".join(render(problem.text) for problem in problems)


def node_tip(analysis: Analysis, node_id: str, problems: list[Problem]) -> str:
    """A node's tooltip: what is wrong with it, or else what it is and does to the shape."""
    if problems:
        return tip(problem_text(problems))
    facts = analysis.facts(node_id)
    lines = [f"{facts.node.label}: {tr(title_of(type(facts.layer)))} {facts.layer.summary()}".rstrip()]
    if isinstance(facts.result, Facts) and not facts.layer.is_input:
        entering = ", ".join(show(shape) for shape in facts.inputs or ())
        lines.append(f"{entering} → {shape_text(facts.layer, facts.result)}")
    if cost := cost_text(facts.layer, facts.result):
        lines.append(cost)
    first_sentence = tr(documentation(type(facts.layer))).split("\n\n")[0].replace("\n", " ")
    lines.append(first_sentence)
    return tip("\n".join(line for line in lines if line))


def wire_shape(analysis: Analysis, owner: str | None, edge: Edge) -> Shape | None:
    """The shape that flows through a wire, if it is known."""
    scope = analysis.scope(owner)
    if scope is None:
        return None
    return scope.shape_at(scope.topology.index.get(edge.source[0], -1), edge.source[1])


def wire_tip(analysis: Analysis, owner: str | None, edge: Edge) -> str:
    """A wire's tooltip: the shape that flows through it, from where to where."""
    shape = wire_shape(analysis, owner, edge)
    ends = [_end_name(analysis, owner, end) for end in (edge.source[0], edge.target[0])]
    return f"{show(shape) if shape else '?'}\n{ends[0]} → {ends[1]}"


def _end_name(analysis: Analysis, owner: str | None, node_id: str) -> str:
    return label_of(analysis.graph, owner if node_id in (INPUT, OUTPUT) else node_id)


def label_of(graph: Graph, owner: str | None) -> str:
    """What people call a node, the frame around a level, or the block whose drawing a level is."""
    node = graph.find(owner) if owner is not None else None
    return node.label if node is not None else block_name(owner) or tr("Drawing")


def wire_is_wrong(analysis: Analysis, owner: str | None, edge: Edge) -> bool:
    """Whether the error of the node at the wire's end is about this wire."""
    scope = analysis.scope(owner)
    position = scope.topology.index.get(edge.target[0]) if scope is not None else None
    if scope is None or position is None:
        return False
    error = scope.results[position]
    return isinstance(error, ShapeError) and error.port == edge.target[1] and error.code not in _NOT_THE_WIRE
