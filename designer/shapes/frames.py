"""What inference needs to know of frames and blocks: what names mean in them, and how they look from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from designer.errors import Message, message
from designer.graph.expressions import INDICES, Env, variables
from designer.graph.model import Block, Body, Graph, Node
from designer.graph.topology import BOUNDARY, Wire
from designer.layers.base import Facts, Layer, Ports, ShapeError

if TYPE_CHECKING:
    from designer.shapes.analysis import Scope

INNER_INPUT: Final = message("the frame's input")
"""What the port that a body reads from is called."""
DEEPEST = 64
"""So many blocks may lie one in another."""
MANY_SCOPES = 2_000
"""From this many results of blocks on, an evening of editing arguments, old ones are forgotten."""


class Context:
    """What all scopes of one analysis share: the blocks, the variables, and what is known of blocks in use."""

    __slots__ = ("blocks", "found", "open", "variables")

    def __init__(self, blocks: Mapping[str, Block], variables: Env, found: dict[Any, Scope]) -> None:
        self.blocks = blocks
        self.variables = variables
        self.found = found
        """By block name, shapes that enter and arguments."""
        self.open: list[str] = []
        """The blocks that are being looked into, outermost first."""

    @classmethod
    def of(cls, graph: Graph, variables: Env, previous: Context | None) -> Context:
        """The context of a graph; results of blocks are kept where blocks and variables are still the same."""
        same = (
            previous is not None
            and previous.blocks is graph.blocks
            and previous.variables == variables
            and len(previous.found) < MANY_SCOPES
        )
        return cls(graph.blocks, variables, previous.found if same and previous is not None else {})


class Use(NamedTuple):
    """A block as one node uses it."""

    name: str
    body: Body
    env: dict[str, Any]
    """The values of all names in it."""
    key: bytes
    """The same as text, to tell equal uses."""

    @classmethod
    def of(cls, name: str, arguments: Mapping[str, Any], context: Context) -> Use:
        """A use with these arguments (formulas in them already evaluated); the block's defaults fill the rest.

        Raises:
            ShapeError: a default is a formula that has no value.
        """
        block = context.blocks[name]
        raw = {**context.variables, **{a.name: a.default for a in block.arguments}, **arguments}
        env, faults = variables(raw)
        for argument, error in faults.items():
            raise ShapeError("formula", message("The default of the argument {argument}: {reason}", argument=argument,
                                                reason=error.message), data={"field": argument})  # fmt: skip
        return cls(name, block.body, env, msgspec.json.encode(env))


def block_use(layer: Layer, context: Context) -> Use | ShapeError:
    """Which block a node uses and with what arguments, or what is wrong with that."""
    name, arguments = str(getattr(layer, "block", "")), dict(getattr(layer, "arguments", {}))
    if name not in context.blocks:
        return ShapeError("unknown-block", message("There is no block '{name}' in this drawing.", name=name))
    if name in context.open:
        return ShapeError("block-recursion", message("The block '{name}' contains itself.", name=name))
    if len(context.open) == DEEPEST:
        return ShapeError("block-depth", message("Blocks lie in blocks more than {limit} deep here.", limit=DEEPEST))
    known = [argument.name for argument in context.blocks[name].arguments]
    if unknown := next((argument for argument in arguments if argument not in known), None):
        text = message("The block '{name}' has no argument '{argument}'; it has: {known}.", name=name,
                       argument=unknown, known=", ".join(known) or message("none"))  # fmt: skip
        return ShapeError("no-such-argument", text, data={"field": "arguments"})
    try:
        return Use.of(name, arguments, context)
    except ShapeError as error:
        return error


def result_of_block(scope: Scope, name: str) -> Facts | ShapeError:
    """A block seen from outside: what its body puts out and all its costs, or the first thing wrong in it."""
    if (wrong := _first_error(scope)) is not None:
        node, reason = wrong
        text = message("In the block {block}, {node}: {reason}", block=name, node=node.label, reason=reason)
        return ShapeError("in-block", text, data={"node": node.id})
    wires = scope.topology.outputs
    if not wires or None in wires:
        return ShapeError("block-open", message("Nothing is wired to the output of the block '{name}'.", name=name))
    outputs = tuple(shape for shape in scope.leaving() if shape is not None)
    if len(outputs) < len(wires):  # with nothing wrong in it: only a file can have that
        return ShapeError("no-such-port", message(
            "A wire to the output of the block '{name}' comes from an output port that is not there.",
            name=name))  # fmt: skip
    return Facts(outputs, *scope.totals())


def error_in_repetition(scope: Scope, number: int) -> ShapeError | None:
    """What is wrong in a repetition after the first, which is the one that is looked into; they count from 0."""
    if (wrong := _first_error(scope)) is None:
        return None
    node, reason = wrong
    text = message("In repetition {number} (i = {number}), {node}: {reason}", number=number, node=node.label,
                   reason=reason)  # fmt: skip
    return ShapeError("in-repetition", text, data={"node": node.id})


def source_name(nodes: Sequence[Node], wire: Wire) -> str | Message:
    """What a wire's source is called: its node, or the input of the frame around it."""
    return INNER_INPUT if wire.node == BOUNDARY else nodes[wire.node].label


def _first_error(scope: Scope) -> tuple[Node, Message] | None:
    """The first node with an error, in frames below too, and the error with the names of the nodes it speaks of."""
    nodes = scope.body.nodes
    for i, (node, result) in enumerate(zip(nodes, scope.results, strict=True)):
        if isinstance(result, ShapeError):
            wires = (wire for wire in scope.topology.inputs[i] if wire is not None)
            found = {f"from{number}": source_name(nodes, wire) for number, wire in enumerate(wires)}
            return node, Message(result.message.template, {**found, **result.message.values})
        if i in scope.children and node.body is not None and (wrong := _first_error(scope.children[i])) is not None:
            return wrong
    return None


def inner_env(env: Env, repetition: int) -> Env:
    """What names mean inside a frame: `i` is its repetition, `j` that of the frame around it, and so on."""
    indices: dict[str, Any] = {INDICES[0]: repetition}
    for inner, outer in zip(INDICES[1:], INDICES, strict=False):
        if outer in env:
            indices[inner] = env[outer]
    return {**env, **indices}


def frame_ports(body: Body, least: int = 0) -> Ports:
    """The inputs of a frame or block: as many as its body reads, but `least` at the least."""
    return _ports(max(body.inlets, least))


@cache
def _ports(count: int) -> Ports:
    return Ports(("input",) if count == 1 else tuple(f"input {number}" for number in range(1, count + 1)))
