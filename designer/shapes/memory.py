"""How much memory one training step takes, told from the shapes alone.

A forward pass leaves behind what the backward pass needs (`Layer.saved`); the backward pass goes through the layers in
reverse, lets go of that bit by bit, and gathers the gradients of the weights. `training_memory` walks both ways over
the steps of a network and notes the most that is held at any time. Tensors are of 4 bytes a value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from designer.graph.topology import BOUNDARY, DELAY
from designer.layers.base import Facts, Layer, Shape, numel
from designer.shapes.analysis import Scope
from designer.shapes.reach import dead_nodes
from designer.shapes.statistics import rows

BYTES = 4
Path = tuple[str, ...]
"""The ids of the frames and blocks around a node, and its own."""
Numbers = tuple[int, ...]
"""Of tensors, in the order they are made."""


class Tensor(NamedTuple):
    """A tensor that a step puts out."""

    values: float
    """For one sample."""
    gradient: bool
    """Whether a gradient flows back to it."""
    times: int = 1
    """So many such tensors, of as many repetitions."""


class Step(NamedTuple):
    """One layer as it runs, in one repetition or, in the middle of a loop, in several alike."""

    path: Path
    reads: Numbers
    """Numbers of the tensors that enter."""
    makes: Numbers
    """Numbers of those that come out; those of an input where it lies in the memory of that."""
    saves: Numbers
    """Numbers of those that are kept."""
    inside: float
    """Values kept besides them, for one sample."""
    weights: tuple[Shape, ...]
    """Trained tensors that get their gradient here; in shared loops in the last repetition only."""
    times: int
    """So many repetitions."""
    backward: float
    """Values that its backward pass makes and lets go of, for one sample."""


class Memory(NamedTuple):
    """Bytes that a training step holds, by what they are for."""

    weights: int = 0
    """Parameters, frozen ones too, and buffers."""
    gradients: int = 0
    optimizer: int = 0
    saved: int = 0
    """What the forward pass leaves for the backward pass."""
    peak: int = 0
    """The most that is held at any time; less than the sum where gradients come as what was saved goes."""
    by_node: dict[Path, int] = {}  # noqa: RUF012 - never changed
    """What each node adds to `saved`; a tensor that several keep counts at the first."""

    @property
    def workspace(self) -> int:
        """What is held at the peak beyond the rest: gradients on their way back."""
        return max(self.peak - self.weights - self.gradients - self.optimizer - self.saved, 0)


StateOf = Callable[[Shape], int]
"""How many values an optimizer keeps for a tensor of that shape."""


def training_memory(root: Scope, batch_size: int, state_of: StateOf = numel, passing: int = 0) -> Memory:
    """What training takes with batches of that size and an optimizer that keeps so much of each tensor.

    `passing` is how many tensors of the size of the largest the optimizer makes while it changes that.
    """
    tape = Tape(channels_last=any(row.layer.category == "convolution" for row in rows(root)))
    tape.run(root, (), ())
    weights = sum(map(numel, tape.tensors.values()))
    trained = [shape for step in tape.steps for shape in step.weights for _ in range(step.times)]
    gradients, state = sum(map(numel, trained)), sum(map(state_of, trained))
    by_node = {path: int(BYTES * batch_size * values) for path, values in tape.saved_by_node().items()}
    saved = sum(by_node.values())
    held, kept = BYTES * (weights + tape.constants), BYTES * state
    largest = sorted(map(numel, trained), reverse=True)[:2]
    made = sum(largest) + (passing - 1) * largest[0] if passing and largest else 0  # those of the one before still live
    changing = BYTES * (gradients + made + batch_size * tape.batch_values)
    peak = held + kept + max(tape.peak(batch_size), changing)
    return Memory(held, BYTES * gradients, kept, saved, peak, by_node)


class Tape:
    """The layers of a network in the order they run, and the tensors between them."""

    def __init__(self, channels_last: bool = False) -> None:
        self._channels_last = channels_last
        self.steps: list[Step] = []
        self.made: list[Tensor] = []
        self.tensors: dict[tuple[Path, str, int], Shape] = {}
        """All parameters by node, name and set of weights."""
        self.batch: list[int] = []
        """Numbers of the tensors that the data gives, which stay for the whole step."""
        self.constants = 0
        """Values in buffers."""
        self._flattened: set[int] = set()
        """Numbers of tensors whose gradient comes from a Flatten."""
        self._reorders: set[int] = set()
        """Positions of steps that cannot take it so."""

    def run(self, scope: Scope, entering: Numbers, around: Path, times: int = 1, fresh: bool = True) -> Numbers:
        """Run a body on tensors of these numbers; gives those that leave it.

        `times` repetitions alike are one step each; `fresh` tells whether the weights are not those of another
        repetition.
        """
        dead = dead_nodes(scope.topology, scope.layers)
        made: dict[int, Numbers] = {}
        for i in scope.topology.order:
            if i in dead:
                continue
            wires = [w for w in scope.topology.inputs[i] if w is not None]
            reads = tuple(
                number
                for w in wires
                for number in ((entering if w.node == BOUNDARY else made.get(w.node, ()))[w.port : w.port + 1])
            )
            made[i] = self._node(scope, i, reads, (*around, scope.body.nodes[i].id), times, fresh)
        return tuple(
            number
            for w in scope.topology.outputs
            if w is not None
            for number in ((entering if w.node == BOUNDARY else made.get(w.node, ()))[w.port : w.port + 1])
        )

    def _node(self, scope: Scope, i: int, reads: Numbers, path: Path, times: int, fresh: bool) -> Numbers:
        result = scope.results[i]
        if i in scope.children or i in scope.iterations:
            return self._frame(scope, i, reads, path, times, fresh)
        if not isinstance(result, Facts):
            return ()
        if scope.body.nodes[i].type == DELAY:
            return (self._make(0, True, times),)
        return self._layer(scope.layers[i], scope.inputs[i] or (), result, reads, path, times, fresh)

    def _layer(self, layer: Layer, inputs: tuple[Shape, ...], facts: Facts, reads: Numbers, path: Path,
               times: int, fresh: bool) -> Numbers:  # fmt: skip
        trained = tuple(layer.trained(*inputs).values())
        if fresh:
            for name, shape in layer.weights(*inputs).items():
                self.tensors[path, name, len(self.tensors)] = (*shape, times)
            self.constants += times * sum(map(numel, layer.buffers(*inputs).values()))
        saved = layer.saved(*inputs)
        if saved.flattens and self._channels_last:
            saved = saved._replace(inputs=False, view=False, per_input=float(saved.inputs))
        flows = bool(trained) or any(self.made[number].gradient for number in reads)
        shares = saved.view and bool(reads)
        gradient = flows and not saved.stops
        if shares and not (saved.stops and self.made[reads[0]].gradient):
            makes = (reads[0], *(self._make(0, gradient, times) for _ in facts.outputs[1:]))
        else:
            sizes = [0 if shares else numel(shape) for shape in facts.outputs]
            makes = tuple(self._make(size, gradient, times) for size in sizes)
        if layer.is_input:
            self.batch += makes
        if not gradient:
            return makes
        kept = (reads if saved.inputs else ()) + (makes if saved.output else ())
        inside = saved.inside + saved.per_input * (numel(inputs[0]) if inputs else 0)
        inside += saved.per_output * sum(map(numel, facts.outputs))
        if len(facts.outputs[0]) == 1 < len(inputs[0] if inputs else ()):
            self._flattened.update(reads)
        backward = saved.backward * (numel(inputs[0]) if inputs else 0)
        self.steps.append(Step(path, reads, makes, kept, inside, trained if fresh else (), times, backward))
        if saved.reorders:
            self._reorders.add(len(self.steps) - 1)
        return makes

    def _make(self, values: float, gradient: bool, times: int) -> int:
        self.made.append(Tensor(values, gradient, times))
        return len(self.made) - 1

    def _frame(self, scope: Scope, i: int, reads: Numbers, path: Path, times: int, fresh: bool) -> Numbers:
        layer, node = scope.layers[i], scope.body.nodes[i]
        passes_due, own = scope.times(i), scope.copies(i) > 1
        passes: Sequence[tuple[Scope, int]]
        if i in scope.iterations:
            passes = [(repetition, 1) for repetition in scope.iterations[i]]
        else:  # the first and the last as they are, those between them at once
            child = scope.children[i]
            passes = [(child, part) for part in (1, max(passes_due - 2, 0), min(passes_due - 1, 1)) if part]
        entering, leaving = reads, reads
        loops = node.body is not None and layer.enter(*(scope.inputs[i] or ())) != (scope.inputs[i] or ())
        for number, (inner, part) in enumerate(passes):
            if loops:  # every step sees a slice, which takes no memory of its own
                entering = tuple(self._make(0, self.made[n].gradient, times * part) for n in reads)
            leaving = self.run(inner, entering, path, times * part, fresh and (own or number == 0))
            entering = (*leaving, *entering[len(leaving) :])
        result = scope.results[i]
        if loops and isinstance(result, Facts):
            gradient = any(self.made[n].gradient for n in leaving)
            return tuple(self._make(numel(shape), gradient, times) for shape in result.outputs)
        return leaving

    # ---- what is held when

    @property
    def batch_values(self) -> int:
        """Values that the data gives for one sample."""
        return int(sum(self.made[n].values for n in self.batch))

    def saved_by_node(self) -> dict[Path, float]:
        """Values kept for the backward pass, for one sample, by the node that keeps them first."""
        found: dict[Path, float] = {}
        seen: set[int] = set()
        for step in self.steps:
            new = [n for n in step.saves if n not in seen]
            seen.update(new)
            held = step.inside * step.times + sum(self.made[n].values * self.made[n].times for n in set(new))
            found[step.path] = found.get(step.path, 0.0) + held
        return found

    def peak(self, batch_size: int) -> int:
        """The most bytes that a step holds besides weights and the optimizer's state."""
        kept_anyway = {n for step in self.steps for n in step.saves}
        held = sum(self.made[n].values for n in self.batch if n not in kept_anyway)
        released: list[float] = []
        seen: set[int] = set()
        most = 0.0
        for step in self.steps:  # forwards: what is kept so far, and what enters and leaves this layer
            new = {n for n in step.saves if n not in seen}
            seen |= new
            released.append(step.inside * step.times + sum(self.made[n].values * self.made[n].times for n in new))
            held += released[-1]
            passing = sum(self.made[n].values for n in {*step.reads, *step.makes} if n not in seen)
            most = max(most, (held + passing) * batch_size)
        return int(BYTES * max(most, self._backward_peak(batch_size, held, released)))

    def _backward_peak(self, batch_size: int, held: float, released: Sequence[float]) -> float:
        gradients: dict[int, float] = {}
        weights, most = 0, 0.0
        for at in reversed(range(len(self.steps))):
            step, kept = self.steps[at], released[at]
            for number in {*step.reads, *step.makes}:
                if self.made[number].gradient:
                    gradients.setdefault(number, self.made[number].values)
            weights += step.times * sum(map(numel, step.weights))
            passing = sum(gradients.values()) + step.backward
            if at in self._reorders and not self._flattened.isdisjoint(step.makes):
                passing += step.inside + sum(self.made[n].values for n in step.saves)
            most = max(most, (held + passing) * batch_size + weights)
            held -= kept
            for number in set(step.makes) - set(step.reads):
                gradients.pop(number, None)
        return max(most, weights)
