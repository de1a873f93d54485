"""What the `forward` around a frame or block says: a loop over its repetitions or over the steps, or one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from designer.codegen.draft import Statement
from designer.codegen.plan import BATCH, MAIN, Plan
from designer.graph.topology import Wire
from designer.layers.base import Facts, axis_of, show
from designer.layers.families.control import Block, Delay, Recurrent, Repeat
from designer.shapes.analysis import Scope
from designer.shapes.reach import ends


class Frame(NamedTuple):
    """A frame or block in the body around it."""

    scope: Scope
    plan: Plan
    i: int
    """Its position in that body."""
    values: list[str]
    """The expressions for its inputs."""

    @property
    def module(self) -> str:
        """The attribute that holds it."""
        return f"self.{self.plan.names[self.i]}"

    @property
    def id(self) -> str:
        """The node's id."""
        return self.scope.body.nodes[self.i].id

    def statement(self, text: str, depth: int = 2, comment: str = "") -> Statement:
        """A statement that belongs to it."""
        return Statement(text, (self.id,), depth, comment)

    def shapes(self) -> str:
        """The shapes of its outputs, where they are others than the first that enters."""
        result = self.scope.results[self.i]
        shapes = result.outputs if isinstance(result, Facts) else ()
        return "" if shapes == (self.scope.inputs[self.i] or ())[:1] else ", ".join(map(show, shapes))


def statements(frame: Frame, inner: Plan | None) -> list[Statement]:
    """What runs a frame or block; `inner` is the plan of what is drawn in it."""
    layer = frame.scope.layers[frame.i]
    if isinstance(layer, Block):
        call = f"{frame.module}({', '.join(frame.values or [BATCH])})"
        targets = ", ".join(frame.plan.targets[frame.i])
        return [frame.statement(f"{targets} = {call}", comment=frame.shapes())]
    if isinstance(layer, Recurrent) and inner is not None:
        return _Steps(frame, layer, inner).statements()
    return _repetitions(frame, has_body=inner is not None)


def _repetitions(frame: Frame, *, has_body: bool) -> list[Statement]:
    """The loop runs on `x` where that holds what enters, and on the frame's own variable where it must be kept."""
    targets = looped = frame.plan.targets[frame.i]
    if len(targets) == 1 and frame.values[0] == MAIN and MAIN not in frame.values[1:]:
        looped = [MAIN]
    found = _assignment(frame, looped, frame.values[: len(looped)])
    if has_body:
        layer = frame.scope.layers[frame.i]
        shared = isinstance(layer, Repeat) and layer.shared
        head = f"for _ in range({frame.scope.times(frame.i)}):" if shared else f"for block in {frame.module}:"
        arguments = ", ".join([*looped, *frame.values[len(looped) :]])
        call = f"{frame.module if shared else 'block'}({arguments})"
        found += [frame.statement(head), frame.statement(f"{', '.join(looped)} = {call}", 3)]
    return found + _assignment(frame, targets, looped)


def _assignment(frame: Frame, targets: Sequence[str], values: Sequence[str]) -> list[Statement]:
    pairs = [(target, value) for target, value in zip(targets, values, strict=True) if target != value]
    if not pairs:
        return []
    left, right = zip(*pairs, strict=True)
    return [frame.statement(f"{', '.join(left)} = {', '.join(right)}")]


class _Steps:
    """A loop over the steps of sequences, with states that go from one step to the next."""

    def __init__(self, frame: Frame, layer: Recurrent, inner: Plan) -> None:
        self.frame = frame
        self.layer = layer
        self.inner = inner
        self.body = frame.scope.children[frame.i]
        plan = frame.plan
        self.states = {i: plan.local(inner.names[i]) for i in inner.states}
        self.outputs = ends(self.body.topology, self.body.layers)
        self.targets = self._targets()
        self.lists = {
            port: plan.local(f"outputs{port + 1 if len(self.outputs) > 1 else ''}")
            for port, target in enumerate(plan.targets[frame.i])
            if target != "_"
        }
        many = len(frame.values) > 1
        self.steps = [plan.local(f"step{port + 1 if many else ''}") for port in range(len(frame.values))]

    def _targets(self) -> dict[Wire, str]:
        """The variables for what the body returns: the next states, and outputs that are none."""
        found: dict[Wire, str] = {}
        for i, name in self.states.items():
            found.setdefault(self._next(i), name)
        for port, (wire, target) in enumerate(zip(self.outputs, self.frame.plan.targets[self.frame.i], strict=True)):
            if wire not in found and target != "_":
                found[wire] = self.frame.plan.local(f"output{port + 1 if len(self.outputs) > 1 else ''}")
        return dict.fromkeys(self.outputs, "_") | found

    def _next(self, state: int) -> Wire:
        """What becomes the state of the next step."""
        (wire,) = (wire for wire in self.body.topology.inputs[state] if wire is not None)
        return wire

    def statements(self) -> list[Statement]:
        """The first states, the loop over the steps, and the outputs put together."""
        call = f"{self.frame.module}({', '.join([*self.steps, *self.states.values()])})"
        if not self.states and len(self.outputs) == 1:
            return [self._result(0, f"[{call} for {', '.join(self.steps)} in {self._sequence()}]")]
        statement = self.frame.statement
        targets = ", ".join(self.targets[wire] for wire in self.inner.returned)
        found = [self._initial(i, name) for i, name in self.states.items()]
        found += [statement(f"{name} = []") for name in self.lists.values()]
        found += [statement(f"for {', '.join(self.steps)} in {self._sequence()}:"), statement(f"{targets} = {call}", 3)]
        for i, name in self.states.items():
            if (same := self.targets[self._next(i)]) != name:
                found.append(statement(f"{name} = {same}", 3))
        found += [
            statement(f"{name}.append({self.targets[self.outputs[port]]})", 3) for port, name in self.lists.items()
        ]
        return found + [self._result(port, name) for port, name in self.lists.items()]

    def _initial(self, i: int, name: str) -> Statement:
        delay, first = self.body.layers[i], self.frame.values[0]
        sizes = [f"{first}.shape[0]", *map(str, delay.output())]
        text = f"{first}.new_zeros({', '.join(sizes)})"
        if isinstance(delay, Delay) and delay.initial:
            text = f"{first}.new_full(({', '.join(sizes)}), {delay.initial!r})"
        return Statement(f"{name} = {text}", (self.frame.id, self.body.body.nodes[i].id))

    def _sequence(self) -> str:
        """What the loop goes through: the steps of every input."""
        shapes = self.frame.scope.inputs[self.frame.i] or ()
        unbound = [
            f"{value}{'.unsqueeze(2)' if len(shape) == 1 else ''}.unbind(dim={axis_of(self.layer.axis, shape) + 1})"
            for value, shape in zip(self.frame.values, shapes, strict=True)
        ]
        if self.layer.backwards:
            unbound = [f"reversed({each})" for each in unbound]
        return unbound[0] if len(unbound) == 1 else f"zip({', '.join(unbound)})"

    def _result(self, port: int, steps: str) -> Statement:
        """The output, put together from the steps."""
        result = self.frame.scope.results[self.frame.i]
        shape = result.outputs[port] if isinstance(result, Facts) else ()
        axis = self.layer.axis if self.layer.axis >= 0 else max(self.layer.axis + len(shape), 0)
        ordered = f"{steps}[::-1]" if self.layer.backwards else steps
        target = self.frame.plan.targets[self.frame.i][port]
        text = f"{target} = torch.stack({ordered}, dim={min(axis, len(shape) - 1) + 1})"
        entering = (self.frame.scope.inputs[self.frame.i] or ())[:1]
        return self.frame.statement(text, comment="" if (shape,) == entering else show(shape))
