"""What the state dict of a generated network calls the tensors of each node; no torch is needed to know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from designer.codegen.bodies import inner_scopes
from designer.codegen.plan import make_plan
from designer.graph.model import BLOCK, Node
from designer.layers.base import Layer, Shape
from designer.layers.families.control import Recurrent
from designer.layers.helpers import HELPERS
from designer.shapes.analysis import Analysis, Scope


class Tensors(NamedTuple):
    """The tensors of one node, in one repetition of the frames around it."""

    node: Node
    layer: Layer
    prefix: str
    """What their names begin with: 'stage.0.conv.'."""
    shapes: dict[str, Shape]
    """The parameters and buffers by the end of their names: 'weight', 'running_mean'."""
    repetition: tuple[int, ...]
    """Which repetition of the Repeats around it with weights of their own, outermost first."""
    around: tuple[Node, ...]
    """The nodes with blocks that it lies in, outermost first."""


def tensors(analysis: Analysis) -> Iterator[Tensors]:
    """The tensors of every node that is built; the graph must have no errors."""
    yield from _in_body(analysis.root, None, "", (), ())


def _in_body(
    scope: Scope, frame: type | None, prefix: str, repetition: tuple[int, ...], around: tuple[Node, ...]
) -> Iterator[Tensors]:
    plan = make_plan(scope, list(HELPERS), frame)
    for i in plan.order:
        node, layer, name = scope.body.nodes[i], scope.layers[i], f"{prefix}{plan.names[i]}."
        inputs = scope.inputs[i] or ()
        if i not in scope.children:
            if not layer.is_frame and (shapes := {**layer.weights(*inputs), **layer.buffers(*inputs)}):
                yield Tensors(node, layer, name, shapes, repetition, around)
        elif node.type == BLOCK:
            yield from _in_body(scope.children[i], type(layer), name, repetition, (*around, node))
        elif isinstance(layer, Recurrent) or getattr(layer, "shared", False):
            yield from _in_body(scope.children[i], type(layer), name, repetition, around)
        else:
            inner = inner_scopes(scope, i)
            for number in range(scope.times(i)):
                body = inner[number] if i in scope.iterations else inner[0]
                yield from _in_body(body, type(layer), f"{name}{number}.", (*repetition, number), around)
