"""Shapes and costs of a whole graph, kept up to date edit by edit.

`analyze(graph, previous)` re-computes only what lies downstream of what changed: bodies that are the same object keep
their results, equal wiring is shared, and every layer remembers its answer for the input shapes it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from heapq import heappop, heappush
from typing import Any, NamedTuple

from designer.errors import message
from designer.graph.expressions import Env, ExpressionError, variables
from designer.graph.model import BLOCK, Body, Graph, Node, block_name
from designer.graph.topology import BOUNDARY, DELAY, Topology
from designer.layers.base import ONE_INPUT, Facts, Layer, Ports, Shape, ShapeError
from designer.layers.registry import layer_of, layers_of, resolved_layer
from designer.shapes.frames import (
    Context,
    Use,
    block_use,
    error_in_repetition,
    frame_ports,
    inner_env,
    result_of_block,
)
from designer.shapes.reach import dead_nodes

UNCONNECTED = "Nothing is wired to the input '{port}'. Drag a wire from another node to its top edge."
TOO_FEW = (
    "This layer joins {needed} inputs or more, but {found} is wired. Drag a wire from another node to its top edge."
)
FRAME_UNREAD = (
    "Nothing inside reads input {port} of this frame. Wire the inner end of that port to what should read it, or "
    "remove the wire outside."
)
FRAME_OPEN = "Nothing is wired to this frame's output. Wire the last node inside to the frame's bottom edge."

Result = Facts | ShapeError | None
"""What is known of a node: facts, its own error, or None where an error upstream leaves nothing to say."""

Inputs = tuple[Shape, ...] | None
"""The shapes at a node's connected inputs; None where one of them is unknown."""


def port_problem(ports: Ports, wires: tuple[object, ...]) -> ShapeError | None:
    """What is wrong with the wiring of a node's inputs, whatever the shapes."""
    names = ports.names
    connected = len(wires) - wires.count(None)
    if ports.variadic:
        if connected < len(names):
            text = message(TOO_FEW, needed=len(names), found=connected)
            return ShapeError("unconnected", text, port=connected)
        return None
    every = names + ports.optional
    if len(wires) > len(every):
        text = message("A wire leads to input {port}, but this layer has {count}.", port=len(wires), count=len(every))
        return ShapeError("no-such-port", text, port=len(wires) - 1)
    if connected < max(len(names), len(wires)):
        free = next(p for p in range(len(every)) if p >= len(wires) or wires[p] is None)
        return ShapeError("unconnected", message(UNCONNECTED, port=every[free]), port=free)
    return None


class Scope:
    """The results of one body for given shapes at the frame's inner input ports. Treat as a value once built.

    `env` are the values of the names that formulas in it may use.
    """

    __slots__ = (
        "body", "children", "context", "entering", "env", "inputs", "iterations", "layers", "results", "special",
        "topology",
    )  # fmt: skip

    def __init__(
        self, body: Body, entering: tuple[Shape, ...], context: Context, env: Env, previous: Scope | None = None
    ) -> None:
        self.body = body
        self.entering = entering
        self.context = context
        self.env = env
        self.topology: Topology = body.topology
        if (
            previous is not None
            and previous.topology is self.topology
            and previous.entering == entering
            and previous.env == env
            and previous.context.blocks is context.blocks
        ):
            self.layers: list[Layer] = previous.layers.copy()
            self.results: list[Result] = previous.results.copy()
            self.inputs: list[Inputs] = previous.inputs.copy()
            self.children: dict[int, Scope] = previous.children.copy()
            self.iterations: dict[int, tuple[Scope, ...]] = previous.iterations.copy()
            self.special: frozenset[int] = previous.special
            self._update(previous)
        else:
            self.layers = layers_of(body.nodes)
            self.results = [None] * len(body.nodes)
            self.inputs = [None] * len(body.nodes)
            self.children = {}
            self.iterations = {}
            self.special = body.special
            self._infer_all(previous)

    def _infer_all(self, previous: Scope | None) -> None:
        results, layers, inputs, special = self.results, self.layers, self.inputs, self.special
        wiring = self.topology.inputs
        for i in self.topology.order:
            wires = wiring[i]
            layer = layers[i]
            if len(wires) == 1 and layer.ports is ONE_INPUT and i not in special:  # the common case, without a call
                wire = wires[0]
                if wire is not None and wire[0] >= 0:
                    source = results[wire[0]]
                    if type(source) is Facts and len(found := source[0]) == 1 and not wire[1]:
                        inputs[i] = found
                        memo: dict[Any, Any] = layer.__dict__  # see Layer.facts
                        results[i] = memo.get(found) or layer.facts(found)
                        continue
            inputs[i] = several = self._gather(i)
            if several is None or i in special:
                results[i] = self._infer(i, previous)
            else:
                results[i] = port_problem(layer.ports, wires) or layer.facts(several)
        self._close_loops()

    def _update(self, previous: Scope) -> None:
        """Walk downstream from the changed nodes, in topological order, until nothing changes any more."""
        rank, order, nodes = self.topology.rank, self.topology.order, self.body.nodes
        changed = [i for i, (new, old) in enumerate(zip(nodes, previous.body.nodes, strict=True)) if new is not old]
        for i in changed:
            if nodes[i].is_special is not (i in self.special):
                self.special ^= {i}
        waiting = sorted(rank[i] for i in changed)
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
        self._close_loops()

    def _gather(self, i: int) -> Inputs:
        shapes: list[Shape] = []
        for wire in self.topology.inputs[i]:
            if wire is None:
                continue
            shape = self.shape_at(*wire)
            if shape is None:
                return None
            shapes.append(shape)
        return tuple(shapes)

    def shape_at(self, position: int, port: int) -> Shape | None:
        """The shape at an output port (or at the frame's inner input port for `BOUNDARY`), if it is known."""
        if position == BOUNDARY:
            return self.entering[port] if port < len(self.entering) else None
        source = self.results[position]
        if type(source) is Facts:
            outputs = source[0]
            return outputs[port] if port < len(outputs) else None
        # A Delay says its shape itself, so that the loop it closes is known although what enters it is wrong.
        if self.body.nodes[position].type != DELAY:
            return None
        alone = self.layers[position].facts(())
        return alone.outputs[0] if isinstance(alone, Facts) else None

    def _infer(self, i: int, previous: Scope | None) -> Result:
        node, shapes = self.body.nodes[i], self.inputs[i]
        self.children.pop(i, None)
        self.iterations.pop(i, None)
        if node.type == DELAY:
            layer = self.layers[i] = resolved_layer(node, self.env)
            return layer.facts(())
        if shapes is None:
            return None
        layer = self.layers[i] = resolved_layer(node, self.env, shapes)
        if i in self.special and layer.is_frame:
            return self._frame(i, layer, shapes, previous)
        return port_problem(layer.ports, self.topology.inputs[i]) or layer.facts(shapes)

    # ---- frames and blocks

    def _frame(self, i: int, layer: Layer, shapes: tuple[Shape, ...], previous: Scope | None) -> Result:
        """A frame or block seen from outside; what its body looks like inside is kept in `children`."""
        node = self.body.nodes[i]
        if node.type == BLOCK:
            return self._used(i, layer, shapes)
        if node.body is None:
            return layer.facts(shapes)
        try:
            if (problem := port_problem(frame_ports(node.body, 1), self.topology.inputs[i])) is not None:
                if problem.code == "no-such-port":
                    port = len(self.topology.inputs[i]) - 1
                    raise ShapeError("unread-input", message(FRAME_UNREAD, port=port + 1), port=port)
                raise problem
            entering = layer.enter(*shapes)
        except ShapeError as error:
            self.children[i] = self._child(i, node.body, (), inner_env(self.env, 0), previous)
            return error
        return self._repeated(i, layer, node.body, entering, previous)

    def _used(self, i: int, layer: Layer, shapes: tuple[Shape, ...]) -> Result:
        use = block_use(layer, self.context)
        if isinstance(use, ShapeError):
            return use
        if (problem := port_problem(frame_ports(use.body), self.topology.inputs[i])) is not None:
            return problem
        child = self.children[i] = self._block(use, shapes)
        return result_of_block(child, use.name)

    def _repeated(
        self, i: int, layer: Layer, body: Body, entering: tuple[Shape, ...], previous: Scope | None
    ) -> Result:
        shapes = self.inputs[i] or ()
        first = self.children[i] = self._child(i, body, entering, inner_env(self.env, 0), previous)
        scopes = [first]
        if (
            "i" in body.names and layer.copies(*shapes) > 1
        ):  # every repetition may have other properties, and other shapes
            for repetition in range(1, layer.runs(*shapes)):
                fed = scopes[-1].leaving()
                if not fed or None in fed:
                    break
                entering = (*(shape for shape in fed if shape is not None), *entering[len(fed) :])
                scopes.append(Scope(body, entering, self.context, inner_env(self.env, repetition)))
            self.iterations[i] = tuple(scopes)
        leaving = scopes[-1].leaving()
        if not leaving or None in first.topology.outputs:
            return ShapeError("frame-open", message(FRAME_OPEN))
        known = tuple(shape for shape in leaving if shape is not None)
        if len(known) < len(leaving):
            return error_in_repetition(scopes[-1], len(scopes) - 1) if len(scopes) > 1 else None
        try:
            is_numbered = i in self.iterations and len(known) <= len(shapes)
            outputs = known if is_numbered else layer.leave(shapes, known)
        except ShapeError as error:
            return error
        return Facts(outputs, *first.totals())

    def _child(self, i: int, body: Body, entering: tuple[Shape, ...], env: Env, previous: Scope | None) -> Scope:
        """The scope of a frame's body, the old one where nothing in it or around it has changed."""
        old = None
        if previous is not None:
            position = previous.topology.index.get(self.body.nodes[i].id)
            old = previous.children.get(position) if position is not None else None
        if (
            old is not None
            and old.body is body
            and old.entering == entering
            and old.context.blocks is self.context.blocks
            and (old.env == env or not body.names)
        ):
            return old
        return Scope(body, entering, self.context, env, old)

    def _block(self, use: Use, entering: tuple[Shape, ...]) -> Scope:
        """The scope of a block's body; uses with equal arguments and shapes share one."""
        key = (use.name, entering, use.key)
        found = self.context.found.get(key)
        if not isinstance(found, Scope):
            self.context.open.append(use.name)
            found = self.context.found[key] = Scope(use.body, entering, self.context, use.env)
            self.context.open.pop()
        return found

    def _close_loops(self) -> None:
        """Check what enters each Delay, which is known only now."""
        if not self.special:
            return
        for i in self.special:
            if self.body.nodes[i].type != DELAY:
                continue
            self.inputs[i] = shapes = self._gather(i)
            layer = self.layers[i]
            problem = port_problem(layer.ports, self.topology.inputs[i])
            if problem is None and shapes is not None:
                facts = layer.facts(shapes)
                problem = facts if isinstance(facts, ShapeError) else None
            self.results[i] = problem or layer.facts(())

    # ---- what the rest of the program asks

    def leaving(self) -> list[Shape | None]:
        """The shapes at the frame's inner output ports."""
        return [None if w is None else self.shape_at(w.node, w.port) for w in self.topology.outputs]

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
                inner = self._totals_of(i)
                parameters += inner[0]
                tensors += inner[1]
                multiply_adds += inner[2]
        return parameters, tensors, multiply_adds

    def _totals_of(self, i: int) -> tuple[int, int, int]:
        """The totals of a frame or block, all its repetitions together."""
        if i in self.iterations:
            parameters, tensors, multiply_adds = map(sum, zip(*(s.totals() for s in self.iterations[i]), strict=True))
            return parameters, tensors, multiply_adds
        result = self.results[i]
        # A frame with an error still holds nodes that count.
        inner = result[1:4] if type(result) is Facts else self.children[i].totals()
        runs, copies = self.times(i), self.copies(i)
        return copies * inner[0], copies * inner[1], runs * inner[2]

    def times(self, i: int) -> int:
        """How often the frame at that position runs its body."""
        return self.layers[i].runs(*self.inputs[i] or ())

    def copies(self, i: int) -> int:
        """How many sets of weights the body of the frame at that position has."""
        return self.layers[i].copies(*self.inputs[i] or ())


class NodeFacts(NamedTuple):
    """All that is known of one node, for labels, tables and `check --json`."""

    node: Node
    owner: str | None
    layer: Layer
    inputs: Inputs
    result: Result
    repeat: int
    """How many times the node runs: the product of the runs of the frames around it, up to the block it lies in."""
    copies: int = 1
    """How many sets of its weights there are, counted alike."""

    @property
    def output(self) -> Shape | None:
        """The shape of the main output, if it is known."""
        return self.result.outputs[0] if isinstance(self.result, Facts) and self.result.outputs else None


class Analysis:
    """Shapes, costs and problems of one graph."""

    def __init__(self, graph: Graph, root: Scope, faults: Mapping[str, ExpressionError]) -> None:
        self.graph = graph
        self.root = root
        self.faults = faults
        """What is wrong with variables of the graph."""

    @cached_property
    def totals(self) -> tuple[int, int, int]:
        """Parameters, trainable tensors and multiply-adds of the network, repeats multiplied in."""
        return self.root.totals()

    def scope(self, owner: str | None) -> Scope | None:
        """The results of one level: root for None; None where nothing is known about what enters it.

        A block looks as in its first use; one that is not used has its default arguments and unknown inputs.
        """
        if owner is None:
            return self.root
        if (name := block_name(owner)) is not None:
            return self.block(name)
        around = self.graph.owners[owner]
        outer = self.scope(around)
        return None if outer is None else outer.children.get(outer.topology.index[owner])

    def block(self, name: str) -> Scope:
        """The results of a block's body as in its first use; KeyError if there is no such block."""
        if (first := self._first_uses.get(name)) is not None:
            return first
        context = self.root.context
        try:
            use = Use.of(name, {}, context)
        except ShapeError:  # a default has no value; what in the drawing needs it says so
            use = Use(name, self.graph.blocks[name].body, dict(context.variables), b"")
        scope = context.found[name, (), use.key] = Scope(use.body, (), context, use.env)
        return scope

    @cached_property
    def _first_uses(self) -> dict[str, Scope]:
        """The scope of every block that is used, as in the first use; the context also knows uses that are gone."""
        found: dict[str, Scope] = {}
        waiting = [self.root]
        while waiting:
            scope = waiting.pop()
            for i, child in sorted(scope.children.items()):
                name = str(getattr(scope.layers[i], "block", ""))
                if scope.body.nodes[i].type != BLOCK:
                    waiting.append(child)
                elif name not in found:
                    found[name] = child
                    waiting.append(child)
        return found

    def facts(self, node_id: str) -> NodeFacts:
        """What is known of a node; KeyError if there is none of that id."""
        node, owner = self.graph.node(node_id), self.graph.owners[node_id]
        repeat = copies = 1
        around = owner
        while around is not None and block_name(around) is None:
            frame = self.facts_of_frame(around)
            repeat, copies = repeat * frame[0], copies * frame[1]
            around = self.graph.owners[around]
        scope = self.scope(owner)
        if scope is None:
            return NodeFacts(node, owner, layer_of(node), None, None, repeat, copies)
        i = scope.topology.index[node_id]
        return NodeFacts(node, owner, scope.layers[i], scope.inputs[i], scope.results[i], repeat, copies)

    def facts_of_frame(self, frame: str) -> tuple[int, int]:
        """How often a frame runs its body, and how many sets of weights that has."""
        scope = self.scope(self.graph.owners[frame])
        if scope is None:
            layer = layer_of(self.graph.node(frame))
            return layer.runs(), layer.copies()
        i = scope.topology.index[frame]
        return scope.times(i), scope.copies(i)

    def walk(self) -> Iterator[NodeFacts]:
        """Every node of the document with what is known of it, frames before what lies in them, blocks last."""
        for _, node in self.graph.walk():
            yield self.facts(node.id)


def analyze(graph: Graph, previous: Analysis | None = None) -> Analysis:
    """Infer shapes and costs of a graph; give the analysis before the edit to re-compute only what the edit touched."""
    if (
        previous is not None
        and previous.graph.root is graph.root
        and previous.graph.blocks is graph.blocks
        and previous.graph.variables is graph.variables
    ):
        return Analysis(graph, previous.root, previous.faults)
    values, faults = variables(graph.variables) if graph.variables else ({}, {})
    before = previous.root if previous is not None else None
    context = Context.of(graph, values, before.context if before is not None else None)
    return Analysis(graph, Scope(graph.root, (), context, values, before), faults)
