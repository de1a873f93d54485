"""Blocks as edits: a selection becomes one, a use is replaced by its content, definitions come and are renamed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from designer.errors import message
from designer.graph import edits
from designer.graph.errors import GraphError
from designer.graph.expressions import INDICES, SIGN
from designer.graph.formulas import outer_indices, replaced, uses_inputs, with_arguments
from designer.graph.model import BLOCK, Argument, Block, Body, Endpoint, Graph, Node, Position, block_name, walk
from designer.graph.runs import canonical
from designer.graph.structure import level_of, put_in_place

Blocks = Mapping[str, Block]


def used_block(node: Node) -> str | None:
    """The name of the block that a node uses; None if it is no use of one."""
    return str(node.params.get("block", "")) if node.type == BLOCK else None


def inside(node: Node, blocks: Blocks) -> Body | None:
    """What a node stands for: the body of a frame, or that of the block it uses."""
    if node.body is not None:
        return node.body
    name = used_block(node)
    return blocks[name].body if name is not None and name in blocks else None


def needed(blocks: Blocks, body: Body) -> dict[str, Block]:
    """The definitions of all blocks that a body uses, and of those that these use."""
    found: dict[str, Block] = {}
    waiting = [body]
    while waiting:
        for _, node in walk(waiting.pop()):
            name = used_block(node)
            if name is not None and name in blocks and name not in found:
                found[name] = blocks[name]
                waiting.append(blocks[name].body)
    return found


def refuse_recursion(graph: Graph, owner: str | None, body: Body) -> None:
    """Raise GraphError if a level lies in a block that the nodes of a body use, directly or through others."""
    around = block_name(level_of(graph, owner))
    if around is not None and (used := needed(graph.blocks, body)) and around in used:
        raise GraphError(message("The block '{name}' cannot contain itself.", name=around))


def make_block(
    graph: Graph, ids: Sequence[str], name: str, node: Node, entering: Sequence[Endpoint] | None = None
) -> Graph:
    """Turn nodes of one body into a block, and put a use of it in their place.

    What formulas in them use of frames or of a block around them becomes arguments, given as it was.

    Args:
        graph: the drawing.
        ids: the nodes.
        name: what the block is called.
        node: the new node that uses it.
        entering: the values that enter them in the order of the inputs.

    Raises:
        GraphError: there is a block of that name, or the nodes cannot be put into one.
    """
    if not name or name in graph.blocks:
        raise GraphError(message("There is a block '{name}' already.", name=name))
    arguments = _arguments(graph, [graph.node(i) for i in ids], graph.owners[ids[0]])
    given = {argument.name: SIGN + argument.name for argument in arguments}
    params = {"block": name, **({"arguments": given} if given else {})}
    graph = edits.wrap_in_frame(graph, ids, msgspec.structs.replace(node, type=BLOCK, params=params), entering)
    use = graph.node(node.id)
    graph = edits.replace_nodes(graph, {node.id: msgspec.structs.replace(use, body=None)})
    block = Block(body=use.body or Body(), arguments=tuple(arguments))
    return msgspec.structs.replace(graph, blocks={**graph.blocks, name: block})


def _arguments(graph: Graph, nodes: list[Node], owner: str | None) -> list[Argument]:
    """What nodes of a level need to be told where they lie on their own."""
    around = block_name(level_of(graph, owner))
    known = {argument.name: argument for argument in graph.blocks[around].arguments} if around is not None else {}
    names = Body(tuple(nodes)).names
    found = [known[name] for name in known if name in names and name not in INDICES]
    return found + [known.get(name, Argument(name, 0)) for name in sorted(outer_indices(nodes))]


def dissolve(
    graph: Graph, node_id: str, values: Mapping[str, Any], origin: Position = (0.0, 0.0)
) -> tuple[Graph, list[str]]:
    """Replace a use of a block by a copy of what is in the block, arguments put into its formulas.

    Args:
        graph: the drawing.
        node_id: the use.
        values: the values of the arguments here, for those whose formulas are over the shapes that enter the use.
        origin: where (0, 0) of the block's drawing lies, from the node's position.

    Returns:
        The graph, and the ids of the copies.

    Raises:
        GraphError: it is no use of a block, or there is no such block.
    """
    node = graph.node(node_id)
    block = graph.blocks.get(used_block(node) or "")
    if block is None:
        raise GraphError(message("'{name}' uses no block of this drawing.", name=node.label))
    given = node.params.get("arguments", {})
    raw = {a.name: given.get(a.name, a.default) for a in block.arguments}
    known = {name: values.get(name, value) if uses_inputs(value) else value for name, value in raw.items()}
    for _ in known:  # a default may be a formula over other arguments
        known = {
            name: value if name in given else replaced(value, {k: v for k, v in known.items() if k != name})
            for name, value in known.items()
        }
    body = Body(tuple(with_arguments(inner, known) for inner in block.body.nodes), block.body.edges)
    return put_in_place(graph, node_id, [body], origin=origin)


def rename_block(graph: Graph, old: str, new: str) -> Graph:
    """Call a block something else, in its definition and in every use; GraphError where the name is taken or empty."""
    new = new.strip()
    if old == new:
        return graph
    if not new:
        raise GraphError(message("A block needs a name."))
    if new in graph.blocks:
        raise GraphError(message("There is a block '{name}' already.", name=new))
    changed = {
        node.id: msgspec.structs.replace(node, params={**node.params, "block": new})
        for _, node in graph.walk()
        if used_block(node) == old
    }
    graph = edits.replace_nodes(graph, changed)
    blocks = {new if name == old else name: block for name, block in graph.blocks.items()}
    return msgspec.structs.replace(graph, blocks=blocks)


def user_of(graph: Graph, name: str) -> Node | None:
    """The first node that uses a block; None if nothing does."""
    return next((node for _, node in graph.walk() if used_block(node) == name), None)


def remove_unused(graph: Graph, name: str) -> Graph:
    """Remove the definition of a block that nothing uses; GraphError where something does."""
    user = user_of(graph, name)
    if user is not None:
        raise GraphError(message("The block '{name}' is used by {node}.", name=name, node=user.label))
    return msgspec.structs.replace(graph, blocks={n: b for n, b in graph.blocks.items() if n != name})


def with_definitions(graph: Graph, blocks: Blocks) -> tuple[Graph, dict[str, str]]:
    """Add definitions that come from elsewhere; returns the graph and what each block is called in it.

    One that is there already under its name is used as it is; where another block has the name, it gets a new one.
    """
    names: dict[str, str] = {}
    for name, block in blocks.items():
        there = graph.blocks.get(name)
        same = (
            there is not None and there.arguments == block.arguments and canonical(there.body) == canonical(block.body)
        )
        names[name] = name if same else edits.fresh(name, [*graph.blocks, *names.values()])
    ids = set(graph.owners)
    added = {}
    for name, block in blocks.items():
        if names[name] not in graph.blocks:
            added[names[name]] = msgspec.structs.replace(block, body=_renumbered(_calling(block.body, names), ids))
    return (msgspec.structs.replace(graph, blocks={**graph.blocks, **added}) if added else graph), names


def _renumbered(body: Body, ids: set[str]) -> Body:
    """The body with ids that are free; names stay, as they are seen in the block only."""
    renamed: dict[str, str] = {}
    copies = [edits.copied(node, ids, set(), renamed) for node in body.nodes]
    edges = tuple(
        msgspec.structs.replace(e, source=(renamed.get(e.source[0], e.source[0]), e.source[1]),
                                target=(renamed.get(e.target[0], e.target[0]), e.target[1]))
        for e in body.edges
    )  # fmt: skip
    return Body(tuple(copies), edges)


def _calling(body: Body, names: Mapping[str, str]) -> Body:
    return Body(tuple(calling(body.nodes, names)), body.edges)


def calling(nodes: Iterable[Node], names: Mapping[str, str]) -> list[Node]:
    """Nodes that use blocks under other names."""
    found = []
    for node in nodes:
        name = used_block(node)
        if name is not None and names.get(name, name) != name:
            node = msgspec.structs.replace(node, params={**node.params, "block": names[name]})  # noqa: PLW2901
        if node.body is not None:
            node = msgspec.structs.replace(node, body=_calling(node.body, names))  # noqa: PLW2901
        found.append(node)
    return found
