"""Formulas rewritten where what is around them changes: an index becomes a number, an argument what is given."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from itertools import pairwise
from typing import Any

import msgspec

from designer.errors import message
from designer.graph.errors import GraphError
from designer.graph.expressions import INDICES, SIGN, ExpressionError, evaluate, formulas, names_in, parse
from designer.graph.model import Body, Node

Names = Mapping[str, Any]
"""What names become: a number, a text, or another formula."""

_INPUT = re.compile(r"in\d*")


def replaced(value: Any, names: Names) -> Any:
    """A property's value with names in its formulas replaced; a formula that uses nothing more becomes its value."""
    if isinstance(value, str):
        return _replaced(value, names) if value.startswith(SIGN) and names_in(value) & names.keys() else value
    if isinstance(value, list | tuple):
        return [replaced(entry, names) for entry in value]
    if isinstance(value, dict):
        return {key: replaced(entry, names) for key, entry in value.items()}
    return value


def _replaced(text: str, names: Names) -> Any:
    tree = _Replace(names).visit(deepcopy(parse(text).tree))
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        return tree.value
    body = re.sub(r"\bin1\b", "in", ast.unparse(ast.fix_missing_locations(tree)))
    if any(isinstance(part, ast.Name) and _INPUT.fullmatch(part.id) for part in ast.walk(tree)) or names_in(body):
        return SIGN + body
    try:
        return evaluate(body, {})
    except ExpressionError:
        return SIGN + body  # whatever is wrong with it is said where it stands


class _Replace(ast.NodeTransformer):
    def __init__(self, names: Names) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names:
            return node
        value = self.names[node.id]
        if isinstance(value, str) and value.startswith(SIGN):
            return deepcopy(parse(value).tree)
        return ast.parse(repr(value), mode="eval").body

    def visit_Call(self, node: ast.Call) -> ast.expr:
        node.args = [self.visit(argument) for argument in node.args]  # the function's own name stays
        return node


def uses_inputs(value: object) -> bool:
    """Whether a formula in a property's value is over the shapes that enter."""
    for text in formulas(value):
        try:
            tree = parse(text).tree
        except ExpressionError:
            continue
        if any(isinstance(part, ast.Name) and _INPUT.fullmatch(part.id) for part in ast.walk(tree)):
            return True
    return False


def out_of_frame(node: Node, repetition: int) -> Node:
    """A node of a frame's body as it is without that frame, in the place of one repetition."""
    return _rewritten(node, lambda depth: _left(depth, repetition))


def _left(depth: int, repetition: int) -> dict[str, Any]:
    outer = {name: SIGN + INDICES[i] for i, name in enumerate(INDICES[1:]) if i >= depth}
    return {**outer, **({INDICES[depth]: repetition} if depth < len(INDICES) else {})}


def into_frame(node: Node) -> Node:
    """A node as it is in a new frame around it: the index of what was the innermost frame is now that of the next.

    Raises:
        GraphError: a formula uses the outermost index there is.
    """
    if INDICES[-1] in outer_indices([node]):
        raise GraphError(message("{name} uses the number of a repetition three frames further out; a fourth frame "
                                 "would put it out of reach.", name=node.label))  # fmt: skip
    return _rewritten(
        node, lambda depth: {a: SIGN + b for a, b in zip(INDICES[depth:], INDICES[depth + 1 :], strict=False)}
    )


def with_arguments(node: Node, arguments: Names) -> Node:
    """A node of a block as it is in a use of the block, with these arguments in the place of their names."""
    return _rewritten(
        node, lambda depth: {_inner(name, depth): _deeper(value, depth) for name, value in arguments.items()}
    )


def users(nodes: Iterable[Node], name: str) -> Iterator[Node]:
    """The nodes, in frames below too, whose formulas use what goes by this name at the level of these nodes."""
    for node in nodes:
        if name in (node.names or ()):
            yield node
        if node.body is not None and (inside := _inner(name, 1)):
            yield from users(node.body.nodes, inside)


def _inner(name: str, depth: int) -> str:
    """What an argument is called inside frames: one that is an index moves on to the next name, as indices do."""
    if name not in INDICES:
        return name
    at = INDICES.index(name) + depth
    return INDICES[at] if at < len(INDICES) else ""


def _deeper(value: Any, depth: int) -> Any:
    shifted = {a: SIGN + b for a, b in zip(INDICES, INDICES[depth:], strict=False)}
    return replaced(value, shifted) if depth else value


def outer_indices(nodes: Iterable[Node]) -> set[str]:
    """The numbers of repetitions around these nodes that formulas in them use, as the nodes' level calls them."""
    found: set[str] = set()
    for node in nodes:
        found |= {name for name in node.names or () if name in INDICES}
        if node.body is not None:
            inside = outer_indices(node.body.nodes)
            found |= {outer for outer, name in pairwise(INDICES) if name in inside}
    return found


def _rewritten(node: Node, names_at: Callable[[int], Names], depth: int = 0) -> Node:
    body = node.body
    if body is not None:
        nodes = tuple(_rewritten(inner, names_at, depth + 1) for inner in body.nodes)
        if any(new is not old for new, old in zip(nodes, body.nodes, strict=True)):
            body = Body(nodes, body.edges)
    if node.names:
        return msgspec.structs.replace(node, params=replaced(node.params, names_at(depth)), body=body)
    return node if body is node.body else msgspec.structs.replace(node, body=body)
