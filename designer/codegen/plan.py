"""In which order the nodes of a body run, and which variable holds what each of them gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from designer.codegen.names import Namespace, identifier
from designer.graph.topology import BOUNDARY, DELAY, Topology, Wire
from designer.layers.base import Facts
from designer.layers.families.control import Block, Recurrent
from designer.layers.registry import stem_of
from designer.shapes.analysis import Scope
from designer.shapes.reach import ends

MAIN = "x"
"""The variable of the main path, used again and again as a person would."""
KEPT = "skip"
"""Keeps what enters where the main path goes on while something else still reads it."""
FURTHER = ("y", "z")
"""What further inputs of a frame are called, where there are no more than these."""
BATCH = "batch"
"""The variable that holds the batch size, for layers that make values."""


@dataclass(frozen=True)
class Plan:
    """How a body becomes a `forward`. Positions count the body's nodes; `BOUNDARY` is what enters a frame."""

    order: list[int]
    """The nodes that run, inputs left out, so that every node comes after all it reads and branches stay together."""
    names: dict[int, str]
    """The attribute of every node in `order`, made of its name; unique in the body, as are the named variables."""
    targets: dict[int, list[str]]
    """The variables that a node's values are put into: one, but for frames one for every output."""
    variables: dict[Wire, str]
    """The expression that reads each value."""
    parameters: list[str]
    """The arguments of `forward`."""
    keeps: bool
    """Whether `forward` begins by putting what enters into `KEPT`."""
    returned: list[Wire]
    """The values that `forward` returns; in a Recurrent frame each once, the outputs first, then the next states."""
    states: list[int]
    """The Delays that the body reads, in the order of the drawing."""
    space: Namespace
    """Hands out further names in this body."""
    locals: dict[str, str]
    """Names of variables that live only within a loop, which every loop may use again."""

    def value(self, wire: Wire, step: int) -> str:
        """The expression that reads a wire in a step."""
        name = self.variables[wire]
        return MAIN if step == 0 and name == KEPT else name  # in the first step `x` still holds it too

    def local(self, name: str) -> str:
        """A variable for use within a loop."""
        if name not in self.locals:
            self.locals[name] = self.space.claim(name)
        return self.locals[name]


def make_plan(scope: Scope, taken: Sequence[str], frame: type | None) -> Plan:
    """Plan one body; `taken` are names the code uses otherwise, `frame` the layer around it, None for the root."""
    topology, layers, nodes = scope.topology, scope.layers, scope.body.nodes
    order, states = _order(topology, ends(topology, layers), {i for i, n in enumerate(nodes) if n.type == DELAY})
    order = [i for i in order if not layers[i].is_input]
    returned = _returned(scope, states, frame)
    inputs = [i for i, layer in enumerate(layers) if layer.is_input] if frame is None else []
    space = Namespace(taken)
    entering = _entering(inputs, scope, space)
    named = [*(inputs if len(inputs) > 1 else ()), *states, *order]
    names = {i: space.claim(identifier(nodes[i].label, stem_of(type(layers[i])))) for i in named}
    reads = _reads(topology.inputs, order, returned)
    parameters = [names[i] for i in inputs] if len(inputs) > 1 else list(entering.values())
    variables = dict(zip(entering, parameters, strict=True)) | {Wire(i, 0): names[i] for i in states}
    keeps = False
    if len(inputs) < 2 and entering:
        first = next(iter(entering))
        keeps = not reads.get(first, set()) <= {0}
        variables[first] = KEPT if keeps else MAIN
    parameters = (parameters or [BATCH]) + [names[i] for i in states]
    plan = Plan(order, names, {}, variables, parameters, keeps, returned, states, space, {})
    for step, i in enumerate(order):
        plan.targets[i] = _Targets(scope, plan, reads, i, step).choose()
    return plan


def _returned(scope: Scope, states: Sequence[int], frame: type | None) -> list[Wire]:
    found = ends(scope.topology, scope.layers)
    if frame is None or not issubclass(frame, Recurrent):
        return found
    return list(dict.fromkeys([*found, *(wire for i in states for wire in scope.topology.inputs[i] if wire)]))


def _entering(inputs: Sequence[int], scope: Scope, space: Namespace) -> dict[Wire, str]:
    """The values that enter a body, with their names as far as no node gives them one."""
    if inputs:
        return {Wire(i, 0): MAIN for i in inputs}
    count = len(scope.entering)
    further = FURTHER if count <= len(FURTHER) + 1 else [f"{MAIN}{port + 1}" for port in range(1, count)]
    names = [MAIN, *(space.claim(name) for name in further[: count - 1])]
    return {Wire(BOUNDARY, port): names[port] for port in range(count)}


def _order(topology: Topology, returned: Sequence[Wire], delays: set[int]) -> tuple[list[int], list[int]]:
    """Depth first from the ends, so that each branch is written in one piece; without recursion, for deep networks.

    A Delay gives what it kept, so nothing runs before it; what enters it is one more end. Returns the Delays apart.
    """
    order: list[int] = []
    states: list[int] = []
    seen = {BOUNDARY}
    waiting = [(wire.node, False) for wire in reversed(returned)]
    while waiting:
        i, ready = waiting.pop()
        if ready:
            order.append(i)
            continue
        if i in seen:
            continue
        seen.add(i)
        before = [(wire.node, False) for wire in reversed(topology.inputs[i]) if wire is not None]
        if i in delays:
            states.append(i)
            waiting[:0] = before
        else:
            waiting.append((i, True))
            waiting += before
    return order, sorted(states)


def _reads(
    inputs: Sequence[Sequence[Wire | None]], order: Sequence[int], returned: Sequence[Wire]
) -> Mapping[Wire, set[int]]:
    """For each value, the steps that read it; the return is the step after the last."""
    reads: dict[Wire, set[int]] = {}
    for step, i in enumerate(order):
        for wire in inputs[i]:
            if wire is not None:
                reads.setdefault(wire, set()).add(step)
    for wire in returned:
        reads.setdefault(wire, set()).add(len(order))
    return reads


class _Targets:
    """Chooses the variables for the values of one node: `x` where only the next step reads it."""

    def __init__(self, scope: Scope, plan: Plan, reads: Mapping[Wire, set[int]], i: int, step: int) -> None:
        result = scope.results[i]
        self.outputs = len(result.outputs) if isinstance(result, Facts) else 1
        self.plan = plan
        self.reads = reads
        self.i = i
        self.step = step
        self.wires = [wire for wire in scope.topology.inputs[i] if wire is not None]
        self.values = [plan.value(wire, step) for wire in self.wires]
        self.is_frame = i in scope.children
        self.loops = scope.layers[i].is_frame and not isinstance(scope.layers[i], Block | Recurrent)

    def choose(self) -> list[str]:
        """The variables, which are noted as what reads the values too."""
        i, variables = self.i, self.plan.variables
        if self.outputs > 1 and self.is_frame:
            targets = self._several()
            variables.update({Wire(i, port): name for port, name in enumerate(targets)})
            return targets
        name = self.plan.names[i]
        next_only = self.reads.get(Wire(i, 0), set()) <= {self.step + 1}
        if self.outputs > 1:
            variables.update({Wire(i, port): f"{name}[{port}]" for port in range(self.outputs)})
        elif next_only and not (self.loops and MAIN in self.values[1:]):
            name = MAIN
        if self.outputs == 1:
            variables[Wire(i, 0)] = name
        return [name]

    def _several(self) -> list[str]:
        chosen: list[str] = []
        for port in range(self.outputs):
            readers = self.reads.get(Wire(self.i, port), set())
            if self.loops and self._may_go_on(port, readers):
                chosen.append(self.values[port])
            elif not readers and not self.loops:
                chosen.append("_")
            elif readers == {self.step + 1} and MAIN not in chosen and not (self.loops and MAIN in self.values):
                chosen.append(MAIN)
            else:
                chosen.append(self.plan.space.claim(f"{self.plan.names[self.i]}_{port + 1}"))
        return chosen

    def _may_go_on(self, port: int, readers: set[int]) -> bool:
        """Whether a loop may put its value into the variable that it came from, as nothing else reads that."""
        value = self.values[port]
        return (
            max(self.reads[self.wires[port]]) == self.step
            and self.values.count(value) == 1
            and value.isidentifier()
            and value != KEPT
            and (value != MAIN or readers <= {self.step + 1})
        )
