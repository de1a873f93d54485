"""Shapes and costs of a whole graph, kept up to date edit by edit.

`analyze(graph, previous)` re-computes only what lies downstream of what changed: bodies that are the same object keep
their results, equal wiring is shared, and every layer remembers its answer for the input shapes it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from heapq import heappop, heappush
from typing import NamedTuple

from designer.errors import message
from designer.graph.model import Body, Graph, Node
from designer.graph.topology import BOUNDARY, Topology
from designer.layers.base import Facts, Layer, Shape, ShapeError, show
from designer.layers.registry import layer_of
from designer.shapes.reach import dead_nodes

UNCONNECTED = "Nothing is wired to the input '{port}'. Drag a wire from another node to its top edge."
TOO_FEW = (
    "This layer joins {needed} inputs or more, but {found} is wired. Drag a wire from another node to its top edge."
)
FRAME_OPEN = "Nothing is wired to this frame's output. Wire the last node inside to the frame's bottom edge."
FRAME_SHAPE = (
    "A Repeat needs the same shape at its start and end: {entering} enters from {from0}, {leaving} leaves. "
    "Each repetition feeds the next, so the body must keep the shape."
)

Result = Facts | ShapeError | None
"""What is known of a node: facts, its own error, or None where an error upstream leaves nothing to say."""

Inputs = tuple[Shape, ...] | None
"""The shapes at a node's connected inputs; None where one of them is unknown."""


class Scope:
    """The results of one body for given shapes at the frame's inner input ports. Treat as a value once built."""

    __slots__ = ("body", "children", "entering", "inputs", "layers", "results", "topology")

    def __init__(self, body: Body, entering: tuple[Shape, ...], previous: Scope | None = None) -> None:
        self.body = body
        self.entering = entering
        self.topology: Topology = body.topology
        if previous is not None and previous.topology is self.topology and previous.entering == entering:
            self.layers: list[Layer] = previous.layers.copy()
            self.results: list[Result] = previous.results.copy()
            self.inputs: list[Inputs] = previous.inputs.copy()
            self.children: dict[int, Scope] = previous.children.copy()
            self._update(previous)
        else:
            self.layers = [layer_of(node) for node in body.nodes]
            self.results = [None] * len(body.nodes)
            self.inputs = [None] * len(body.nodes)
            self.children = {}
            self._infer_all(previous)

    def _infer_all(self, previous: Scope | None) -> None:
        results, layers, inputs, nodes = self.results, self.layers, self.inputs, self.body.nodes
        wiring = self.topology.inputs
        for i in self.topology.order:
            wires = wiring[i]
            if len(wires) == 1 and (wire := wires[0]) is not None and wire[0] >= 0:  # the common case, without a call
                source = results[wire[0]]
                known = type(source) is Facts and wire[1] < len(source.outputs)
                found: Inputs = (source.outputs[wire[1]],) if known else None  # type: ignore[union-attr]
            else:
                found = self._gather(i)
            inputs[i] = found
            layer = layers[i]
            if found and nodes[i].body is None and len(wires) == len(found) == len(layer.ports.names):
                results[i] = layer.facts(found)
            else:
                results[i] = self._infer(i, previous)

    def _update(self, previous: Scope) -> None:
        """Walk downstream from the changed nodes, in topological order, until nothing changes any more."""
        rank, order, nodes = self.topology.rank, self.topology.order, self.body.nodes
        waiting = [
            rank[i] for i, (new, old) in enumerate(zip(nodes, previous.body.nodes, strict=True)) if new is not old
        ]
        waiting.sort()
        queued = set(waiting)
        while waiting:
            i = order[heappop(waiting)]
            self.layers[i] = layer_of(nodes[i])
            self.inputs[i] = self._gather(i)
            before, self.results[i] = self.results[i], self._infer(i, previous)
            after = self.results[i]
            if type(before) is Facts and type(after) is Facts and before.outputs == after.outputs:
                continue
            for reader in self.topology.readers[i]:
                if rank[reader] not in queued:
                    queued.add(rank[reader])
                    heappush(waiting, rank[reader])

    def _gather(self, i: int) -> Inputs:
        shapes: list[Shape] = []
        for wire in self.topology.inputs[i]:
            if wire is None:
                continue
            shape = self.shape_at(wire.node, wire.port)
            if shape is None:
                return None
            shapes.append(shape)
        return tuple(shapes)

    def shape_at(self, position: int, port: int) -> Shape | None:
        """The shape at an output port (or at the frame's inner input port for `BOUNDARY`), if it is known."""
        if position == BOUNDARY:
            return self.entering[port] if port < len(self.entering) else None
        source = self.results[position]
        return source.outputs[port] if isinstance(source, Facts) and port < len(source.outputs) else None

    def _infer(self, i: int, previous: Scope | None) -> Result:
        layer, node, shapes = self.layers[i], self.body.nodes[i], self.inputs[i]
        if shapes is None:
            self.children.pop(i, None)
            return None
        if (problem := _port_problem(layer, self.topology.inputs[i])) is not None:
            if node.body is not None:
                self.children[i] = self._child(node.body, i, (), previous)
            return problem
        facts = layer.facts(shapes)
        if node.body is None or not layer.is_frame or not isinstance(facts, Facts):
            return facts
        child = self.children[i] = self._child(node.body, i, shapes, previous)
        return child.as_repeated(shapes)

    def _child(self, body: Body, i: int, shapes: tuple[Shape, ...], previous: Scope | None) -> Scope:
        old = None
        if previous is not None:
            position = previous.topology.index.get(self.body.nodes[i].id)
            old = previous.children.get(position) if position is not None else None
        if old is not None and old.body is body and old.entering == shapes:
            return old
        return Scope(body, shapes, old)

    def leaving(self) -> list[Shape | None]:
        """The shapes at the frame's inner output ports."""
        return [None if w is None else self.shape_at(w.node, w.port) for w in self.topology.outputs]

    def as_repeated(self, entering: tuple[Shape, ...]) -> Result:
        """The frame around this body seen from outside: equal shapes in and out; one repetition's costs."""
        leaving = self.leaving()
        if not leaving:
            return ShapeError("frame-open", message(FRAME_OPEN))
        shape = leaving[0]
        if shape is None:
            return None
        if shape != entering[0]:
            text = message(FRAME_SHAPE, entering=show(entering[0]), leaving=show(shape))
            return ShapeError("frame-shape", text, data={"entering": entering[0], "leaving": shape})
        return Facts((shape,), *self.totals())

    def totals(self) -> tuple[int, int, int]:
        """Parameters, trainable tensors and multiply-adds of this body, inner repeats multiplied in.

        Nodes that lead nowhere are not built, so they do not count.
        """
        dead = dead_nodes(self.topology, self.layers)
        children = self.children
        if dead or children:
            counted = [
                r for i, r in enumerate(self.results) if type(r) is Facts and i not in children and i not in dead
            ]
        else:
            counted = [r for r in self.results if type(r) is Facts]
        _, *columns, _ = zip(*counted, strict=True) if counted else ((),) * len(Facts._fields)
        parameters, tensors, multiply_adds = map(sum, columns)
        for i in children:
            if i not in dead:
                result, times = self.results[i], self.times(i)
                # A frame with an error still holds nodes that count.
                inner = result[1:4] if type(result) is Facts else children[i].totals()
                parameters += times * inner[0]
                tensors += times * inner[1]
                multiply_adds += times * inner[2]
        return parameters, tensors, multiply_adds

    def times(self, i: int) -> int:
        """How often the frame at that position repeats its body."""
        return int(getattr(self.layers[i], "times", 1))


def _port_problem(layer: Layer, wires: tuple[object, ...]) -> ShapeError | None:
    """What is wrong with the wiring of a node's inputs, whatever the shapes."""
    names = layer.ports.names
    connected = sum(wire is not None for wire in wires)
    if layer.ports.variadic:
        if connected < len(names):
            text = message(TOO_FEW, needed=len(names), found=connected)
            return ShapeError("unconnected", text, port=connected)
        return None
    if len(wires) > len(names):
        text = message("A wire leads to input {port}, but this layer has {count}.", port=len(wires), count=len(names))
        return ShapeError("no-such-port", text, port=len(wires) - 1)
    if connected < len(names):
        free = next(p for p in range(len(names)) if p >= len(wires) or wires[p] is None)
        return ShapeError("unconnected", message(UNCONNECTED, port=names[free]), port=free)
    return None


class NodeFacts(NamedTuple):
    """All that is known of one node, for labels, tables and `check --json`."""

    node: Node
    owner: str | None
    layer: Layer
    inputs: Inputs
    result: Result
    repeat: int
    """How many times the node runs: the product of the `times` of the frames around it."""

    @property
    def output(self) -> Shape | None:
        """The shape of the main output, if it is known."""
        return self.result.outputs[0] if isinstance(self.result, Facts) and self.result.outputs else None


class Analysis:
    """Shapes, costs and problems of one graph."""

    def __init__(self, graph: Graph, root: Scope) -> None:
        self.graph = graph
        self.root = root

    @cached_property
    def totals(self) -> tuple[int, int, int]:
        """Parameters, trainable tensors and multiply-adds of the network, repeats multiplied in."""
        return self.root.totals()

    def scope(self, owner: str | None) -> Scope | None:
        """The results of one frame's body (root for None); None where nothing is known about what enters it."""
        if owner is None:
            return self.root
        outer = self.scope(self.graph.owners[owner])
        return None if outer is None else outer.children.get(outer.topology.index[owner])

    def facts(self, node_id: str) -> NodeFacts:
        """What is known of a node; KeyError if there is none of that id."""
        node, owner = self.graph.node(node_id), self.graph.owners[node_id]
        repeat, around = 1, owner
        while around is not None:
            repeat *= int(getattr(layer_of(self.graph.node(around)), "times", 1))
            around = self.graph.owners[around]
        scope = self.scope(owner)
        if scope is None:
            return NodeFacts(node, owner, layer_of(node), None, None, repeat)
        i = scope.topology.index[node_id]
        return NodeFacts(node, owner, scope.layers[i], scope.inputs[i], scope.results[i], repeat)

    def walk(self) -> Iterator[NodeFacts]:
        """Every node of the document with what is known of it, frames before what lies in them."""
        for _, node in self.graph.walk():
            yield self.facts(node.id)


def analyze(graph: Graph, previous: Analysis | None = None) -> Analysis:
    """Infer shapes and costs of a graph; give the analysis before the edit to re-compute only what the edit touched."""
    if previous is not None and previous.graph.root is graph.root:
        return Analysis(graph, previous.root)
    return Analysis(graph, Scope(graph.root, (), previous.root if previous is not None else None))
