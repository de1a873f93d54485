"""What the inspector says about a selection: the fields its layers share, their values, and the facts in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from designer.app.i18n import render, tr
from designer.app.numbers import bytes_text, compact
from designer.app.panels.rows import MIXED
from designer.app.panels.values import as_json, same
from designer.errors import Message
from designer.graph import Node
from designer.graph.blocks import used_block
from designer.layers.base import Facts, Layer, Missing, numel, show
from designer.layers.fields import Field, fields, visible_fields
from designer.layers.registry import catalogue
from designer.shapes import Analysis, NodeFacts
from designer.shapes.problems import source_names

FLOAT_BYTES = 4


def layer_class(node: Node) -> type[Layer]:
    """The class of a node's layer, also where its properties cannot be used; `Missing` where it is not installed."""
    return catalogue().get(node.type, Missing)


def common_fields(classes: Iterable[type[Layer]]) -> tuple[Field, ...]:
    """The properties that all these layers have, with the bounds that suit all of them."""
    first, *others = dict.fromkeys(classes)
    found = visible_fields(first) if first is not Missing else ()
    for cls in others:
        theirs = (
            {(field.name, field.kind, field.choices): field for field in visible_fields(cls)}
            if cls is not Missing
            else {}
        )
        found = tuple(
            _narrowed(field, theirs[key])
            for field in found
            if (key := (field.name, field.kind, field.choices)) in theirs
        )
    return found


def _narrowed(one: Field, other: Field) -> Field:
    lows = [low for low in (one.minimum, other.minimum) if low is not None]
    highs = [high for high in (one.maximum, other.maximum) if high is not None]
    return one._replace(
        minimum=max(lows, default=None), maximum=min(highs, default=None), optional=one.optional and other.optional
    )


def shared_values(nodes: Sequence[Node], shown: Iterable[Field]) -> dict[str, Any]:
    """The value of every field, MIXED where the nodes differ."""
    return {field.name: _shared(nodes, field) for field in shown}


def _shared(nodes: Sequence[Node], field: Field) -> Any:
    first, *others = (node.params.get(field.name, default_of(node, field.name)) for node in nodes)
    return first if all(same(field, first, other) for other in others) else MIXED


def default_of(node: Node, name: str) -> Any:
    """What a property is where the file does not say; None if the layer has no such property."""
    cls = layer_class(node)
    found = next((field for field in fields(cls) if field.name == name), None) if cls is not Missing else None
    return None if found is None else as_json(found.default)


def kept_params(node: Node) -> dict[str, Any]:
    """The properties in the file that the layer does not have: kept, but without effect here."""
    cls = layer_class(node)
    known = {field.name for field in fields(cls)} if cls is not Missing else set()
    return {name: value for name, value in node.params.items() if name not in known}


def kept_lines(params: dict[str, Any]) -> list[tuple[str, str]]:
    """Kept properties as names and JSON, long values cut."""
    texts = ((name, json.dumps(value, ensure_ascii=False)) for name, value in params.items())
    return [(name, text if len(text) <= 80 else f"{text[:80]}...") for name, text in texts]


# ---- facts


def facts_of_graph(analysis: Analysis) -> list[tuple[str, str]]:
    """The totals of the whole drawing."""
    parameters, tensors, multiply_adds = analysis.totals
    return [
        (tr("Layers"), f"{analysis.graph.layer_count:,}"),
        (tr("Parameters"), _parameters(parameters, tensors)),
        (tr("Multiply-adds"), _count(multiply_adds)),
    ]


def facts_of_block(analysis: Analysis, name: str) -> list[tuple[str, str]]:
    """Where a block is used, and what one use costs, as in the first."""
    users = [node.label for _, node in analysis.graph.walk() if used_block(node) == name]
    parameters, tensors, multiply_adds = analysis.block(name).totals()
    return [
        (tr("Used by"), ", ".join(users[:8]) + (", ..." if len(users) > 8 else "") or tr("nothing")),
        (tr("Parameters"), _parameters(parameters, tensors)),
        (tr("Multiply-adds"), _count(multiply_adds)),
    ]


def facts_of_node(analysis: Analysis, facts: NodeFacts) -> list[tuple[str, str]]:
    """Shapes and costs of one node, for one sample and one repetition, and its share in the whole where it repeats."""
    lines = _inputs(analysis, facts)
    result = facts.result
    if not isinstance(result, Facts):
        return [*lines, (tr("Output"), tr("not known yet"))]
    for number, shape in enumerate(result.outputs):
        name = tr("Output") if len(result.outputs) == 1 else tr("Output {number}", number=number + 1)
        lines.append((name, show(shape)))
    if result.outputs:
        values = sum(map(numel, result.outputs))
        size = bytes_text(FLOAT_BYTES * values)
        lines.append((tr("Activations"), tr("{count} values ({size})", count=f"{values:,}", size=size)))
    runs, copies = _multiples(facts)
    lines.append((tr("Parameters"), _parameters(result.parameters, result.tensors, copies)))
    lines.append((tr("Multiply-adds"), _count(result.multiply_adds, runs)))
    if runs > 1:
        lines.append((tr("Runs"), tr("{times} times", times=f"{runs:,}")))
    return lines


def _multiples(facts: NodeFacts) -> tuple[int, int]:
    """How often a node runs, and how many sets of weights it has; a frame counts its own repetitions in."""
    if not facts.layer.is_frame:
        return facts.repeat, facts.copies
    inputs = facts.inputs or ()
    return facts.repeat * facts.layer.runs(*inputs), facts.copies * facts.layer.copies(*inputs)


def _inputs(analysis: Analysis, facts: NodeFacts) -> list[tuple[str, str]]:
    shapes = facts.inputs or ()
    names = source_names(analysis, facts)
    lines = []
    for number, (shape, source) in enumerate(zip(shapes, names, strict=False)):
        name = tr("Input") if len(shapes) == 1 else tr("Input {number}", number=number + 1)
        where = render(source) if isinstance(source, Message) else source
        lines.append((name, tr("{shape} from {source}", shape=show(shape), source=where)))
    return lines


def facts_of_several(found: Sequence[NodeFacts]) -> list[tuple[str, str]]:
    """What several nodes have in common, and their costs together, repetitions multiplied in."""
    outputs = {facts.output for facts in found}
    parameters = tensors = multiply_adds = 0
    for facts in found:
        if isinstance(facts.result, Facts):
            runs, copies = _multiples(facts)
            parameters += copies * facts.result.parameters
            tensors += copies * facts.result.tensors
            multiply_adds += runs * facts.result.multiply_adds
    output = outputs.pop() if len(outputs) == 1 else None
    lines = [(tr("Output"), show(output))] if output is not None else []
    return [*lines, (tr("Parameters"), _parameters(parameters, tensors)), (tr("Multiply-adds"), _count(multiply_adds))]


def _parameters(count: int, tensors: int, copies: int = 1) -> str:
    """The number in so many tensors; where a frame repeats them, the sum and what it is made of."""
    if not tensors:
        return tr("none")
    if copies > 1:
        return f"{copies:,} × {count:,} = {copies * count:,}"
    if tensors == 1:
        return tr("{count} in 1 tensor", count=f"{count:,}")
    return tr("{count} in {tensors} tensors", count=f"{count:,}", tensors=f"{tensors:,}")


def _count(number: int, times: int = 1) -> str:
    if times > 1 and number:
        return f"{times:,} × {compact(number)} = {compact(times * number)}"
    return f"{number:,}" if number < 1_000_000 else f"{number:,} ({compact(number)})"
