"""Formulas in properties, such as `=in.channels * 2`, read by Python's parser and evaluated by a walk of our own.

A property holds a formula where its value is a text that begins with `=`. A formula may use the graph's variables, the
arguments of the block around it, the number of the repetition (`i`; `j` and `k` of the frames around that one) and the
shapes at the node's inputs: `in` is the first input, `in2` the second; `in.channels`, `in.height`, `in.width`,
`in.size` (all values), `in.axes`, `in[0]`. Nothing else can be reached: no names of Python, no calls but `FUNCTIONS`.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from designer.errors import message
from designer.graph.errors import GraphError

SIGN: Final = "="
"""What a text must begin with to be a formula."""
INDICES: Final = ("i", "j", "k")
"""The number of the repetition, counted from 0: of the frame around the node, of the one around that, and so on."""
MAX_LENGTH: Final = 500
"""Characters of a formula, and entries of a list that it gives."""
MAX_NUMBER: Final = 10**15
"""Larger results are refused: nothing in a network is that large, and 9 ** 9 ** 9 would never end."""

Shape = tuple[int, ...]
Env = Mapping[str, Any]
"""The values that names stand for."""


class ExpressionError(GraphError):
    """A formula that cannot be read or evaluated."""


class Formula(NamedTuple):
    """A formula that has been read."""

    text: str
    tree: ast.expr
    names: frozenset[str]
    """Names of variables, arguments and repetitions; inputs are not among them."""


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "min": min, "max": max, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil,
    "sqrt": math.sqrt, "log2": math.log2, "int": int, "sum": sum, "len": len,
}  # fmt: skip

_INPUT = re.compile(r"in(\d*)")
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: operator.pow,
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def is_formula(value: object) -> bool:
    """Whether a property's value is a formula, or a list with one in it."""
    if isinstance(value, str):
        return value.startswith(SIGN)
    return isinstance(value, list | tuple) and any(is_formula(entry) for entry in value)


def formulas(value: object) -> Iterator[str]:
    """Every formula in a property's value."""
    if isinstance(value, str):
        if value.startswith(SIGN):
            yield value
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from formulas(entry)
    elif isinstance(value, dict):
        for entry in value.values():
            yield from formulas(entry)


@lru_cache(4096)
def parse(text: str) -> Formula:
    """Read a formula, with or without its `=`.

    Raises:
        ExpressionError: it is no formula, or uses something that formulas do not have.
    """
    body = text.removeprefix(SIGN).strip()
    if len(body) > MAX_LENGTH:
        raise ExpressionError(message("A formula has {limit} characters at most.", limit=MAX_LENGTH))
    try:
        tree = ast.parse(re.sub(r"\bin\b", "in1", body), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(message("'{formula}' is no formula. Write one such as =in.channels * 2.",
                                      formula=body)) from None  # fmt: skip
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return Formula(text, tree, frozenset(name for name in names - called if not _INPUT.fullmatch(name)))


def names_in(text: str) -> frozenset[str]:
    """The names of variables, arguments and repetitions that a formula uses; none where it cannot be read."""
    try:
        return parse(text).names
    except ExpressionError:
        return frozenset()


def evaluate(text: str, env: Env, inputs: Sequence[Shape] = ()) -> Any:
    """The value of a formula: a number, a truth value, or a list of them; whole numbers come out as int.

    Raises:
        ExpressionError: it cannot be read, a name is unknown, or it has no value (a division by 0).
    """
    formula = parse(text)
    try:
        return _whole(_Walk(env, inputs).value(formula.tree))
    except ExpressionError:
        raise
    except (ArithmeticError, ValueError, TypeError, IndexError, RecursionError) as error:
        raise ExpressionError(message("'{formula}' has no value: {reason}.", formula=text.removeprefix(SIGN).strip(),
                                      reason=str(error))) from None  # fmt: skip


def resolve(value: Any, env: Env, inputs: Sequence[Shape] = ()) -> Any:
    """A property's value with every formula in it replaced by what it gives. Raises ExpressionError."""
    if isinstance(value, str):
        return evaluate(value, env, inputs) if value.startswith(SIGN) else value
    if isinstance(value, list | tuple):
        found = [resolve(entry, env, inputs) for entry in value]
        _refuse_lists(new for new, old in zip(found, value, strict=True) if isinstance(old, str))
        return found
    if isinstance(value, dict):
        return {key: resolve(entry, env, inputs) for key, entry in value.items()}
    return value


def _refuse_lists(entries: Iterable[Any]) -> None:
    """Refuse lists within a list, which no property takes: doubled from name to name they would fill the memory."""
    if any(isinstance(entry, list) for entry in entries):
        raise ExpressionError(message("A list cannot stand in a list; take one entry of it, as in in[0]."))


def variables(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, ExpressionError]]:
    """The values of a graph's variables, numbers or formulas over the others, and what is wrong with the rest."""
    values: dict[str, Any] = {}
    faults: dict[str, ExpressionError] = {}
    for first in raw:
        if first in values or first in faults:
            continue
        waiting = [first]  # each is needed by the one before it
        while waiting:
            name = waiting[-1]
            used = sorted(used for text in formulas(raw[name]) for used in names_in(text))
            needed = next((use for use in used if use in raw and use not in values and use not in faults), None)
            if needed is None:
                waiting.pop()
                try:
                    values[name] = resolve(raw[name], values)
                except ExpressionError as error:
                    faults[name] = error
            elif needed in waiting:
                circle = waiting[waiting.index(needed) :]
                fault = ExpressionError(message("{names} are defined by each other.", names=", ".join(circle)))
                faults.update(dict.fromkeys(circle, fault))
                del waiting[-len(circle) :]
            else:
                waiting.append(needed)
    return values, faults


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list | tuple):
        return [_whole(entry) for entry in value]
    return value


class _Walk:
    """Evaluates the few kinds of syntax a formula may have."""

    def __init__(self, env: Env, inputs: Sequence[Shape]) -> None:
        self.env = env
        self.inputs = inputs

    def value(self, node: ast.expr) -> Any:
        """What an expression gives; ExpressionError for numbers that are too large."""
        found = self._value(node)
        if isinstance(found, int | float) and not -MAX_NUMBER < found < MAX_NUMBER:
            raise ExpressionError(message("A formula gives {value:.3g}, which is too large.", value=float(found)))
        return found

    def _value(self, node: ast.expr) -> Any:
        found: Any
        match node:
            case ast.Constant(value=bool() | int() | float()):
                found = node.value
            case ast.Name():
                found = self._name(node.id)
            case ast.BinOp() if type(node.op) in _BINARY:
                found = self._binary(node)
            case ast.UnaryOp(op=ast.USub() | ast.Not()):
                value = self.value(node.operand)
                found = -value if isinstance(node.op, ast.USub) else not value
            case ast.BoolOp():
                found = (all if isinstance(node.op, ast.And) else any)(self.value(part) for part in node.values)
            case ast.Compare() if all(type(op) in _COMPARE for op in node.ops):
                found = self._compare(node)
            case ast.IfExp():
                found = self.value(node.body if self.value(node.test) else node.orelse)
            case ast.Tuple() | ast.List():
                found = [self.value(entry) for entry in node.elts]
                _refuse_lists(found)
            case ast.Attribute(value=ast.Name()):
                found = self._of_input(node)
            case ast.Subscript():
                found = self.value(node.value)[self.value(node.slice)]
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
                found = FUNCTIONS[name](*(self.value(argument) for argument in node.args))
            case _:
                raise ExpressionError(message("'{part}' cannot stand in a formula.", part=ast.unparse(node)))
        return found

    def _binary(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > 64:
            raise ExpressionError(message("The exponent {value} is too large.", value=right))
        if isinstance(left, list) != isinstance(right, list) and not isinstance(node.op, ast.Add):
            raise ExpressionError(message("A list cannot be calculated with; take one entry of it, as in in[0]."))
        if isinstance(left, str) or isinstance(right, str):
            raise TypeError("a text cannot be calculated with")
        found = _BINARY[type(node.op)](left, right)
        if isinstance(found, complex):
            raise ValueError("negative numbers have no roots")
        if isinstance(found, list) and len(found) > MAX_LENGTH:
            raise ValueError(f"a list has {MAX_LENGTH} entries at most")
        return found

    def _compare(self, node: ast.Compare) -> bool:
        values = [self.value(part) for part in (node.left, *node.comparators)]
        return all(_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False))

    def _name(self, name: str) -> Any:
        if name in self.env:
            return self.env[name]
        if _INPUT.fullmatch(name):
            return list(self._input(name))
        if name in INDICES:
            text = message("'{name}' is the number of a repetition: it has a value inside a Repeat only.", name=name)
            raise ExpressionError(text)
        known = ", ".join(sorted(self.env)) or message("none")
        raise ExpressionError(message("There is no variable '{name}'; there are: {known}.", name=name, known=known))

    def _input(self, name: str) -> Shape:
        number = int(name[2:] or 1)
        if not 1 <= number <= len(self.inputs):
            raise ExpressionError(message("There is no input {number} here: {count} are wired.", number=number,
                                          count=len(self.inputs)))  # fmt: skip
        return self.inputs[number - 1]

    def _of_input(self, node: ast.Attribute) -> Any:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if not _INPUT.fullmatch(name) or name in self.env:
            raise ExpressionError(message("'{part}' cannot stand in a formula.", part=ast.unparse(node)))
        shape = self._input(name)
        values = {
            "channels": shape[:1], "features": shape[:1], "height": shape[1:2], "width": shape[2:3],
            "size": (math.prod(shape),), "axes": (len(shape),),
        }  # fmt: skip
        if node.attr == "shape":
            return list(shape)
        if node.attr not in values:
            text = message("An input has no '{name}'; it has {known}.", name=node.attr, known=", ".join(values))
            raise ExpressionError(text)
        if not values[node.attr]:
            raise ExpressionError(message("An input of shape {shape} has no {name}.", name=node.attr,
                                          shape="x".join(map(str, shape))))  # fmt: skip
        return values[node.attr][0]
