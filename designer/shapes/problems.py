"""What is wrong with a graph, in words, each with the node it belongs to and the mends that can be applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from designer.errors import Message
from designer.graph.model import INPUT, Graph
from designer.graph.topology import BOUNDARY
from designer.layers.base import ShapeError
from designer.shapes.analysis import Analysis, NodeFacts

Severity = Literal["error", "warning"]


class Fix(NamedTuple):
    """A mend: what the button says, and the edit it applies."""

    title: Message
    apply: Callable[[Graph], Graph]


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


def source_names(analysis: Analysis, facts: NodeFacts) -> list[str]:
    """The names of the nodes wired to a node's connected inputs, in port order."""
    body = analysis.graph.body(facts.owner)
    wires = body.topology.inputs[body.topology.index[facts.node.id]]
    return [INPUT if w.node == BOUNDARY else body.nodes[w.node].label for w in wires if w is not None]


def named(text: Message, names: list[str]) -> Message:
    """Fill {from0}, {from1}, ... of a layer's message with the names of its sources."""
    return Message(text.template, {**{f"from{i}": name for i, name in enumerate(names)}, **text.values})


def problems(analysis: Analysis) -> list[Problem]:
    """Every error and warning of the graph, errors first, in the order of the drawing."""
    found = list(_problems(analysis))
    return sorted(found, key=lambda p: p.severity != "error")


def _problems(analysis: Analysis) -> Iterator[Problem]:
    for facts in analysis.walk():
        names = source_names(analysis, facts)
        if isinstance(facts.result, ShapeError):
            error = facts.result
            yield Problem(facts.node.id, error.code, named(error.message, names), port=error.port)
    for node, note in analysis.notes():
        names = source_names(analysis, analysis.facts(node.id))
        yield Problem(node.id, note.code, named(note.text, names), "warning")
