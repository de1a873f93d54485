"""Whether the chosen data fits the network, in words, with the edit of the graph that makes it fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from designer.app.i18n import tr
from designer.errors import Message, message
from designer.graph import Graph, edits
from designer.graph.topology import BOUNDARY
from designer.layers.base import Facts, Shape, numel, show
from designer.shapes import Analysis, Fix
from designer.shapes.analysis import NodeFacts, Scope
from designer.training.columns import PICTURES, misreads, read_by, wanted


class Misfit(NamedTuple):
    """One way in which data and network do not go together."""

    text: Message
    fix: Fix | None
    stops: bool = True
    """Whether a training would fail; otherwise it is only worth knowing."""


def misfits(analysis: Analysis, shape: Shape, classes: int) -> list[Misfit]:
    """What does not fit between a network and pictures of this shape (C, H, W) and so many classes."""
    columns = (Misfit(found.text, None) for found in misreads(analysis, tr("the data"), shape, classes))
    return [*_of_inputs(analysis, shape), *_of_outputs(analysis, classes), *columns]


def _of_inputs(analysis: Analysis, shape: Shape) -> Iterator[Misfit]:
    for facts in analysis.walk():
        expected = facts.output
        if not facts.layer.is_input or expected is None or expected in (shape, (numel(shape),)):
            continue
        if read_by(facts.layer) != PICTURES:
            continue
        text = message("The pictures are {found}, but '{node}' takes {expected}.", found=show(shape),
                       node=facts.node.label, expected=show(expected))  # fmt: skip
        title = message("Set '{node}' to {shape}", node=facts.node.label, shape=show(shape))
        yield Misfit(text, Fix(title, partial(_set, facts.node.id, "shape", list(shape))))


def _of_outputs(analysis: Analysis, classes: int) -> Iterator[Misfit]:
    for facts in analysis.walk():
        want = wanted(facts)
        if want is None or want[1:] != ((), "classes") or not facts.inputs or not isinstance(facts.result, Facts):
            continue
        outputs = numel(facts.inputs[0])
        if outputs == classes:
            continue
        last = _last_linear(analysis, facts)
        fix = None
        if last is not None:
            title = message("Give '{node}' {classes} outputs", node=last.node.label, classes=classes)
            fix = Fix(title, partial(_set, last.node.id, "out_features", classes))
        if outputs < classes:
            yield Misfit(message("The data has {classes} classes, but the network has {outputs} outputs.",
                                 classes=classes, outputs=outputs), fix)  # fmt: skip
        else:
            yield Misfit(message("The data has {classes} classes; the other {rest} of the network's {outputs} outputs "
                                 "will stay unused.", classes=classes, rest=outputs - classes, outputs=outputs),
                         fix, stops=False)  # fmt: skip


def _last_linear(analysis: Analysis, loss: NodeFacts) -> NodeFacts | None:
    """The layer that gives the loss its scores: the nearest with `out_features`, behind layers that keep the shape."""
    scope = analysis.scope(loss.owner)
    if scope is None:
        return None
    position = _before(scope, scope.topology.index[loss.node.id])
    while position is not None:
        layer = scope.layers[position]
        if hasattr(layer, "out_features"):
            return analysis.facts(scope.body.nodes[position].id)
        if not layer.keeps_shape:
            return None
        position = _before(scope, position)
    return None


def _before(scope: Scope, position: int) -> int | None:
    wires = scope.topology.inputs[position]
    return wires[0].node if len(wires) == 1 and wires[0] is not None and wires[0].node != BOUNDARY else None


def _set(node: str, field: str, value: object, graph: Graph) -> Graph:
    return edits.set_params(graph, [node], {field: value})
