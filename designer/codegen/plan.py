"""In which order the nodes of a body run, and which variable holds what each of them gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from designer.codegen.names import Namespace, identifier
from designer.graph.topology import BOUNDARY, Wire
from designer.layers.registry import stem_of
from designer.shapes.analysis import Scope
from designer.shapes.reach import ends

MAIN = "x"
"""The variable of the main path, used again and again as a person would."""
KEPT = "skip"
"""Keeps what enters where the main path goes on while something else still reads it."""


class Plan(NamedTuple):
    """How a body becomes a `forward`. Positions count the body's nodes; `BOUNDARY` is what enters a frame."""

    order: list[int]
    """The nodes that run, inputs left out, so that every node comes after all it reads and branches stay together."""
    names: dict[int, str]
    """The attribute of every node in `order`, made of its name; unique in the body, as are the named variables."""
    variables: dict[int, str]
    """Where the value of each node (and of each input) is kept."""
    parameters: list[str]
    """The arguments of `forward`."""
    keeps: bool
    """Whether `forward` begins by putting what enters into `KEPT`."""
    returned: list[Wire]

    def value(self, wire: Wire, step: int, ports: int) -> str:
        """The expression that reads a wire in a step."""
        name = self.variables[wire.node]
        if step == 0 and name == KEPT:  # `x` still holds it too
            return MAIN
        return name if ports == 1 else f"{name}[{wire.port}]"


def make_plan(scope: Scope, taken: Sequence[str]) -> Plan:
    """Plan one body; `taken` are names the code uses otherwise."""
    topology, layers, nodes = scope.topology, scope.layers, scope.body.nodes
    returned = ends(topology, layers)
    order = [i for i in _order(topology.inputs, returned) if not layers[i].is_input]
    inputs = [i for i, layer in enumerate(layers) if layer.is_input] if not scope.entering else []
    space = Namespace(taken)
    named = [*inputs, *order] if len(inputs) > 1 else order
    names = {i: space.claim(identifier(nodes[i].label, stem_of(type(layers[i])))) for i in named}
    reads = _reads(topology.inputs, order, returned)
    variables = {i: MAIN if reads[i] == {step + 1} else names[i] for step, i in enumerate(order)}
    if len(inputs) > 1:
        return Plan(
            order, names, variables | {i: names[i] for i in inputs}, [names[i] for i in inputs], False, returned
        )
    entering = inputs[0] if inputs else BOUNDARY
    keeps = not reads.get(entering, set()) <= {0}
    variables[entering] = KEPT if keeps else MAIN
    return Plan(order, names, variables, [MAIN], keeps, returned)


def _order(inputs: Sequence[Sequence[Wire | None]], returned: Sequence[Wire]) -> list[int]:
    """Depth first from the ends, so that each branch is written in one piece; without recursion, for deep networks."""
    order: list[int] = []
    seen = {BOUNDARY}
    waiting = [(wire.node, False) for wire in reversed(returned)]
    while waiting:
        i, ready = waiting.pop()
        if ready:
            order.append(i)
        elif i not in seen:
            seen.add(i)
            waiting.append((i, True))
            waiting += [(wire.node, False) for wire in reversed(inputs[i]) if wire is not None]
    return order


def _reads(
    inputs: Sequence[Sequence[Wire | None]], order: Sequence[int], returned: Sequence[Wire]
) -> Mapping[int, set[int]]:
    """For each value, the steps that read it; the return is the step after the last."""
    reads: dict[int, set[int]] = {}
    for step, i in enumerate(order):
        for wire in inputs[i]:
            if wire is not None:
                reads.setdefault(wire.node, set()).add(step)
    for wire in returned:
        reads.setdefault(wire.node, set()).add(len(order))
    return reads
