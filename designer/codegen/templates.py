"""Statements taken apart into what is fixed and the constants in it, so that those that differ only there match."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_FEATURES = ("in_features", "out_features")
_CHANNELS = ("in_channels", "out_channels", "kernel_size")
_WINDOW = ("kernel_size", "stride", "padding")
_ARGUMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"nn\.Linear", _FEATURES),
    (r"nn\.Conv(Transpose)?\dd", _CHANNELS),
    (r"nn\.(Max|Avg)Pool\dd", _WINDOW),
    (r"nn\.BatchNorm\dd|nn\.InstanceNorm\dd", ("num_features",)),
    (r"nn\.PReLU", ("num_parameters",)),
    (r"nn\.GroupNorm", ("num_groups", "num_channels")),
    (r"nn\.LayerNorm", ("normalized_shape",)),
    (r"nn\.(LSTM|GRU|RNN)", ("input_size", "hidden_size")),
    (r"nn\.MultiheadAttention", ("embed_dim", "num_heads")),
    (r"nn\.\w*Dropout\w*", ("p",)),
    (r"range", ("times",)),
)
"""What torch calls the first arguments of its modules."""

_DEFAULTS: tuple[tuple[str, dict[str, str]], ...] = (
    (
        r"nn\.Conv(Transpose)?\dd",
        {"stride": "1", "padding": "0", "output_padding": "0", "dilation": "1", "groups": "1", "bias": "True"},
    ),
    (r"nn\.Linear", {"bias": "True"}),
)
"""What torch takes where these arguments of its modules are left out, in the order in which we write them."""


class Slot(NamedTuple):
    """A constant in a statement."""

    start: int
    end: int
    """Where it is in the statement's UTF-8 bytes."""
    text: str
    value: object
    role: str
    """The argument that it is, or is part of: its name, or its place where that is all that is known; '' for none."""
    owner: str
    """What is called with it."""
    is_operand: bool
    """Whether it stands beside an operator, so that a sum in its place needs brackets."""
    parts: tuple[Slot, ...] = ()
    """The entries of a tuple or list."""


class Template(NamedTuple):
    """A statement as the text between its slots."""

    pieces: tuple[str, ...]
    slots: tuple[Slot, ...]

    def filled(self, texts: list[str]) -> str:
        """The statement with these texts in its slots."""
        return "".join(part for both in zip(self.pieces, [*texts, ""], strict=True) for part in both)


@lru_cache(8192)
def template(text: str) -> Template:
    """Cut a statement at its constants; a tuple of constants is one."""
    tree = ast.parse(f"{text} pass" if text.endswith(":") else text)
    encoded = text.encode()
    slots = sorted(_slots(tree, encoded, _Place()))
    edges = [0, *(edge for slot in slots for edge in (slot.start, slot.end)), len(encoded)]
    pieces = (encoded[start:end].decode() for start, end in zip(edges[::2], edges[1::2], strict=True))
    return Template(tuple(pieces), tuple(slots))


def aligned(texts: Sequence[str]) -> Sequence[str]:
    """Statements that construct the same torch module, with the same arguments: what some leave out is written."""
    if len(set(texts)) == 1:
        return texts
    calls = [call for text in texts if (call := _construction(text)) is not None]
    owners = {(ast.unparse(call.func), len(call.args)) for call in calls}
    if len(calls) < len(texts) or len(owners) != 1:
        return texts
    defaults = next((known for pattern, known in _DEFAULTS if re.fullmatch(pattern, next(iter(owners))[0])), {})
    wanted = {keyword.arg for call in calls for keyword in call.keywords}
    if not wanted or not wanted <= set(defaults):
        return texts
    added = {name: value for name, value in defaults.items() if name in wanted}
    return [_with_keywords(text, call, added) for text, call in zip(texts, calls, strict=True)]


def _construction(text: str) -> ast.Call | None:
    """The call in `self.conv1 = nn.Conv2d(...)`."""
    if not re.match(r"self\.\w+ = nn\.", text):
        return None
    (statement,) = ast.parse(text).body
    return statement.value if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call) else None


def _with_keywords(text: str, call: ast.Call, keywords: dict[str, str]) -> str:
    encoded = text.encode()

    def source(node: ast.expr) -> str:
        return encoded[node.col_offset : node.end_col_offset].decode()

    own = {keyword.arg: source(keyword.value) for keyword in call.keywords}
    written = [source(argument) for argument in call.args]
    written += [f"{name}={own.get(name, value)}" for name, value in keywords.items()]
    return f"{encoded[: call.func.end_col_offset].decode()}({', '.join(written)})"


class _Place(NamedTuple):
    role: str = ""
    owner: str = ""
    is_operand: bool = False


def _slots(node: ast.AST, text: bytes, place: _Place) -> Iterator[Slot]:
    if isinstance(node, ast.expr) and _is_constant(node):
        yield _slot(node, text, place)
    elif isinstance(node, ast.Call):
        owner = ast.unparse(node.func)
        yield from _slots(node.func, text, place)
        for number, argument in enumerate(node.args):
            yield from _slots(argument, text, _Place(_role(owner, number), owner))
        for keyword in node.keywords:
            yield from _slots(keyword.value, text, _Place(keyword.arg or "", owner))
    elif not isinstance(node, ast.JoinedStr):
        is_operand = isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp | ast.Attribute)
        for child in ast.iter_child_nodes(node):
            yield from _slots(child, text, place._replace(is_operand=is_operand))


def _slot(node: ast.expr, text: bytes, place: _Place) -> Slot:
    start, end = node.col_offset, node.end_col_offset or 0
    entries = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    inside = place._replace(is_operand=False)
    return Slot(
        start, end, text[start:end].decode(), ast.literal_eval(node), *place,
        tuple(_slot(entry, text, inside) for entry in entries),
    )  # fmt: skip


def _is_constant(node: ast.expr) -> bool:
    """Whether it is a number, a text, True, False or None, or a tuple or list of them."""
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    if isinstance(node, ast.Tuple | ast.List):
        return bool(node.elts) and all(map(_is_constant, node.elts))
    return isinstance(node, ast.Constant) and node.value is not Ellipsis


def _role(owner: str, number: int) -> str:
    for pattern, names in _ARGUMENTS:
        if number < len(names) and re.fullmatch(pattern, owner):
            return names[number]
    return str(number)
