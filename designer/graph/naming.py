"""Names in formulas as edits: a graph's variables and a block's arguments come, change, are renamed and go."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from designer.errors import message
from designer.graph import edits
from designer.graph.blocks import used_block
from designer.graph.errors import GraphError
from designer.graph.expressions import FUNCTIONS, INDICES, SIGN, formulas, names_in
from designer.graph.formulas import replaced, users, with_arguments
from designer.graph.model import Argument, Block, Graph, Node, block_name
from designer.graph.structure import level_of

_NAME = re.compile(r"[^\W\d]\w*")
_INPUT = re.compile(r"in\d*")


def check_name(name: str, taken: Iterable[str]) -> str:
    """The name without spaces around it, if formulas can use it.

    Raises:
        GraphError: it is no name, means something else, or is taken.
    """
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise GraphError(message("A name has letters, digits and _, and begins with no digit."))
    if name in FUNCTIONS or name in INDICES or _INPUT.fullmatch(name) or keyword.iskeyword(name):
        raise GraphError(message("'{name}' means something else in formulas.", name=name))
    if name in taken:
        raise GraphError(message("There is a '{name}' already.", name=name))
    return name


# ---- variables of the graph


def set_variable(graph: Graph, name: str, value: Any) -> Graph:
    """Give a variable a value, a number or a formula; a new one if there is none of that name. Raises GraphError."""
    if name not in graph.variables:
        name = check_name(name, ())
    return msgspec.structs.replace(graph, variables={**graph.variables, name: value})


def rename_variable(graph: Graph, old: str, new: str) -> Graph:
    """Call a variable something else, in all formulas that use it.

    Raises:
        GraphError: the name cannot be used or is taken, by a variable or by an argument of a block that uses this one.
    """
    if new.strip() == old:
        return graph
    new = check_name(new, graph.variables)
    for name, block in graph.blocks.items():
        if new in _arguments(block) and _uses(block, old):
            raise GraphError(message("The block '{block}' has an argument of that name.", block=name))
    graph = _without_variable(graph, old, SIGN + new)
    variables = {new if name == old else name: value for name, value in graph.variables.items()}
    return msgspec.structs.replace(graph, variables=variables)


def _without_variable(graph: Graph, old: str, value: Any) -> Graph:
    """The graph with a number or another formula in the place of a variable, wherever formulas use it."""
    names = {old: value}
    variables = {name: replaced(entry, names) for name, entry in graph.variables.items()}
    shadowed = {name for name, block in graph.blocks.items() if old in _arguments(block)}
    nodes = [node for owner, node in graph.walk() if _block_around(graph, owner) not in shadowed]
    graph = _rewrite(graph, nodes, names)
    blocks = {
        name: block if name in shadowed else msgspec.structs.replace(block, arguments=_defaults(block, names))
        for name, block in graph.blocks.items()
    }
    return msgspec.structs.replace(graph, variables=variables, blocks=blocks)


def remove_variable(graph: Graph, name: str, value: Any = None) -> Graph:
    """Remove a variable; with a value that takes its place in formulas, without one they are wrong from then on."""
    if value is not None:
        graph = _without_variable(graph, name, value)
    return msgspec.structs.replace(graph, variables={n: v for n, v in graph.variables.items() if n != name})


def users_of_variable(graph: Graph, name: str) -> list[str]:
    """What uses a variable: names of other variables, and of nodes."""
    found = [other for other, value in graph.variables.items() if other != name and name in _names(value)]
    for owner, node in graph.walk():
        around = _block_around(graph, owner)
        if name in (node.names or ()) and (around is None or name not in _arguments(graph.blocks[around])):
            found.append(node.label)
    return found


def _names(value: Any) -> set[str]:
    return set().union(*map(names_in, formulas(value)))


# ---- arguments of a block


def add_argument(graph: Graph, block: str, argument: Argument) -> Graph:
    """Add an argument to a block. Raises GraphError."""
    old = graph.blocks[block]
    name = check_name(argument.name, _arguments(old))
    return _with_arguments(graph, block, (*old.arguments, msgspec.structs.replace(argument, name=name)))


def change_argument(graph: Graph, block: str, name: str, **changes: Any) -> Graph:
    """Give an argument another default or description."""
    found = (msgspec.structs.replace(a, **changes) if a.name == name else a for a in graph.blocks[block].arguments)
    return _with_arguments(graph, block, tuple(found))


def rename_argument(graph: Graph, block: str, old: str, new: str) -> Graph:
    """Call an argument something else: in the block's formulas, its other defaults, and wherever it is given a value.

    Raises:
        GraphError: the name cannot be used, is taken, or is that of a variable that the block uses.
    """
    if new.strip() == old:
        return graph
    new = check_name(new, _arguments(graph.blocks[block]))
    _refuse_capture(graph, block, new)
    graph = _replace_argument(graph, block, old, SIGN + new)
    given = {}
    for node in users_of_block(graph, block):
        values = node.params.get("arguments", {})
        if old in values:
            renamed = {new if name == old else name: value for name, value in values.items()}
            given[node.id] = msgspec.structs.replace(node, params={**node.params, "arguments": renamed})
    graph = edits.replace_nodes(graph, given)
    arguments = tuple(
        msgspec.structs.replace(a, name=new) if a.name == old else a for a in graph.blocks[block].arguments
    )
    return _with_arguments(graph, block, arguments)


def remove_argument(graph: Graph, block: str, name: str, value: Any = None) -> Graph:
    """Remove an argument from a block and from all that use it; see `remove_variable` for the value."""
    if value is not None:
        graph = _replace_argument(graph, block, name, value)
    given = {}
    for node in users_of_block(graph, block):
        values = node.params.get("arguments", {})
        if name in values:
            given[node.id] = _given(node, {n: v for n, v in values.items() if n != name})
    graph = edits.replace_nodes(graph, given)
    return _with_arguments(graph, block, tuple(a for a in graph.blocks[block].arguments if a.name != name))


def users_of_argument(graph: Graph, block: str, name: str) -> list[str]:
    """The nodes of a block whose formulas use an argument, and other arguments whose defaults do."""
    found = [a.name for a in graph.blocks[block].arguments if a.name != name and name in _names(a.default)]
    return found + [node.label for node in users(graph.blocks[block].body.nodes, name)]


def users_of_block(graph: Graph, block: str) -> list[Node]:
    """The nodes that use a block."""
    return [node for _, node in graph.walk() if used_block(node) == block]


def give_argument(graph: Graph, node_id: str, name: str, value: Any) -> Graph:
    """Give an argument a value in one use of a block; None takes it back to the default."""
    node = graph.node(node_id)
    values = {**node.params.get("arguments", {}), name: value}
    given = {n: v for n, v in values.items() if v is not None}
    return edits.replace_nodes(graph, {node_id: _given(node, given)})


def _given(node: Node, values: Mapping[str, Any]) -> Node:
    params = {name: value for name, value in node.params.items() if name != "arguments"}
    return msgspec.structs.replace(node, params={**params, "arguments": dict(values)} if values else params)


def _arguments(block: Block) -> set[str]:
    return {argument.name for argument in block.arguments}


def _uses(block: Block, variable: str) -> bool:
    """Whether formulas in a block mean a variable of the graph by that name."""
    names = block.body.names.union(*(_names(argument.default) for argument in block.arguments))
    return variable in names and variable not in _arguments(block)


def _refuse_capture(graph: Graph, block: str, name: str) -> None:
    """Raise GraphError if an argument of that name would take the place of a variable in a block's formulas."""
    if _uses(graph.blocks[block], name):
        raise GraphError(message("The block '{block}' uses a variable of that name.", block=block))


def _replace_argument(graph: Graph, block: str, name: str, value: Any) -> Graph:
    """The graph with a value or another name in the place of an argument, in the block's formulas and defaults."""
    nodes = graph.blocks[block].body.nodes
    graph = edits.replace_nodes(graph, {node.id: with_arguments(node, {name: value}) for node in nodes})
    return _with_arguments(graph, block, _defaults(graph.blocks[block], {name: value}))


def _with_arguments(graph: Graph, name: str, arguments: tuple[Argument, ...]) -> Graph:
    block = msgspec.structs.replace(graph.blocks[name], arguments=arguments)
    return msgspec.structs.replace(graph, blocks={**graph.blocks, name: block})


# ---- properties that become names


def make_variable(graph: Graph, ids: Iterable[str], field: str, name: str, value: Any) -> Graph:
    """Make a property of nodes a variable of the graph that has its value. Raises GraphError."""
    name = check_name(name, graph.variables)
    graph = set_variable(graph, name, value)
    return edits.set_params(graph, ids, {field: SIGN + name})


def make_argument(graph: Graph, ids: Iterable[str], field: str, name: str, value: Any) -> Graph:
    """Make a property of nodes in a block an argument of that block, with its value as the default.

    Raises:
        GraphError: the nodes do not lie in one block, or the name cannot be used or is that of a variable used there.
    """
    ids = list(ids)
    around = {block_around(graph, node_id) for node_id in ids}
    block = around.pop() if len(around) == 1 else None
    if block is None:
        raise GraphError(message("Only nodes of one block can have its arguments."))
    _refuse_capture(graph, block, name.strip())
    graph = add_argument(graph, block, Argument(name, value))
    return edits.set_params(graph, ids, {field: SIGN + name.strip()})


def block_around(graph: Graph, node_id: str) -> str | None:
    """The block that a node lies in, directly or in a frame; None for the root drawing."""
    return _block_around(graph, graph.owners[node_id])


def _block_around(graph: Graph, owner: str | None) -> str | None:
    return block_name(level_of(graph, owner))


def _defaults(block: Block, names: Mapping[str, Any]) -> tuple[Argument, ...]:
    return tuple(msgspec.structs.replace(a, default=replaced(a.default, names)) for a in block.arguments)


def _rewrite(graph: Graph, nodes: Iterable[Node], names: Mapping[str, Any]) -> Graph:
    """The graph with names in the formulas of these nodes replaced, one after the other."""
    for node_id in [node.id for node in nodes if node.names and node.names & names.keys()]:
        node = graph.node(node_id)
        graph = edits.replace_nodes(
            graph, {node_id: msgspec.structs.replace(node, params=replaced(node.params, names))}
        )
    return graph
