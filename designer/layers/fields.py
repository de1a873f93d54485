"""The fields of a layer as an inspector needs them: kind, default, bounds, choices, title and tooltip."""

from __future__ import annotations

from functools import cache
from inspect import get_annotations
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from designer.errors import Message, message
from designer.layers.base import Layer

Kind = Literal[
    "int", "float", "bool", "choice", "pair", "padding", "shape", "sizes", "list", "text", "code", "arguments"
]


class Field(NamedTuple):
    """One property of a layer."""

    name: str
    kind: Kind
    """pair: one int or as many as there are directions; padding: a pair or one of `choices`; shape: a list of ints;
    sizes: one int or a list; list: ints that are no sizes."""
    default: Any
    minimum: float | None
    """Smallest value allowed, both ends included; of every entry for pairs and shapes."""
    maximum: float | None
    choices: tuple[str, ...]
    optional: bool
    """The value may be None (null in JSON)."""
    title: str
    description: str
    length: tuple[int, int] = (0, 0)
    """Fewest and most entries of a list (equal for pairs) or characters of a text; 0 for any number."""
    group: str = ""
    """The heading under which the form puts it; none for what matters most."""


@cache
def fields(cls: type[msgspec.Struct]) -> tuple[Field, ...]:
    """All properties of a layer (or any such struct): those of the class as written, the inherited, groups.

    Raises:
        TypeError: it is no struct, or has a field of a type that no form can show; a mistake of whoever wrote it.
    """
    info = inspect.type_info(cls)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{cls.__name__} is no layer")
    own = {name: place for place, name in enumerate(get_annotations(cls))}
    hints = get_type_hints(cls, include_extras=True)
    found = [_field(cls, field, _choices(hints[field.name])) for field in info.fields]
    return tuple(sorted(found, key=lambda field: (field.group != "", own.get(field.name, len(own)))))


@cache
def visible_fields(cls: type[Layer]) -> tuple[Field, ...]:
    """The properties that the inspector shows."""
    return tuple(field for field in fields(cls) if field.name not in cls.hidden_fields)


def _choices(hint: Any) -> tuple[str, ...]:
    """The literals of a type, in the order they are written; msgspec's own list of them is sorted."""
    if get_origin(hint) is Literal:
        return tuple(map(str, get_args(hint)))
    return tuple(choice for part in get_args(hint) for choice in _choices(part))


def _field(cls: type[msgspec.Struct], raw: inspect.Field, choices: tuple[str, ...]) -> Field:
    type_, texts, extra = raw.type, {}, {}
    if isinstance(type_, inspect.Metadata):
        texts, extra, type_ = type_.extra_json_schema or {}, type_.extra or {}, type_.type
    every = type_.types if isinstance(type_, inspect.UnionType) else (type_,)
    parts = {type(part): part for part in every}
    optional = parts.pop(inspect.NoneType, None) is not None
    kind = _KINDS.get(frozenset(parts))
    if kind is None:
        raise TypeError(f"{cls.__name__}.{raw.name} has a type that no form can show: {type_}")
    minimum, maximum = _bounds(parts)
    entries = parts.get(inspect.VarTupleType)
    length = (1, 1) if kind == "padding" else (0, 0)
    if isinstance(entries, inspect.VarTupleType):
        length = (entries.min_length or 0, entries.max_length or 0)
    if isinstance(text := parts.get(inspect.StrType), inspect.StrType):
        length = (text.min_length or 0, text.max_length or 0)
    if kind == "pair" and length[0] != length[1]:
        kind = "sizes"
    if kind == "text" and "contentMediaType" in texts:
        kind = "code"
    return Field(
        raw.name, kind, _default(raw), minimum, maximum, choices, optional,
        texts.get("title", raw.name), texts.get("description", ""),
        length, extra.get("group", ""),
    )  # fmt: skip


def _default(raw: inspect.Field) -> Any:
    return raw.default if raw.default_factory is msgspec.NODEFAULT else raw.default_factory()


_KINDS: dict[frozenset[type[inspect.Type]], Kind] = {
    frozenset({inspect.IntType}): "int",
    frozenset({inspect.FloatType}): "float",
    frozenset({inspect.BoolType}): "bool",
    frozenset({inspect.LiteralType}): "choice",
    frozenset({inspect.StrType}): "text",
    frozenset({inspect.VarTupleType}): "shape",
    frozenset({inspect.DictType}): "arguments",
    frozenset({inspect.IntType, inspect.VarTupleType}): "pair",
    frozenset({inspect.IntType, inspect.VarTupleType, inspect.LiteralType}): "padding",
    frozenset({inspect.IntType, inspect.LiteralType}): "padding",
}


def _bounds(parts: dict[type[inspect.Type], inspect.Type]) -> tuple[float | None, float | None]:
    for part in parts.values():
        number = part.item_type if isinstance(part, inspect.VarTupleType) else part
        if isinstance(number, inspect.IntType | inspect.FloatType):
            return number.ge, number.le
    return None, None


def expected(field: Field) -> Message:
    """What a property takes, in words that complete 'must be ...'."""
    text = _expected(field)
    return message("{expected}, or nothing", expected=text) if field.optional else text


def _expected(field: Field) -> Message:
    choices = ", ".join(f"'{choice}'" for choice in field.choices)
    texts: dict[Kind, Message] = {
        "int": _whole_number(field),
        "float": _number(field),
        "bool": message("true or false"),
        "choice": message("one of {choices}", choices=choices),
        "pair": message("{number}, or {several}", number=_whole_number(field), several=_several(field)),
        "padding": message("{choices}, {number}, or {several}",
                           choices=choices, number=_whole_number(field), several=_several(field))
        if field.length[1] != 1 else message("{choices}, or {number}", choices=choices, number=_whole_number(field)),
        "sizes": message("{number}, or a list of up to {most} such numbers",
                         number=_whole_number(field), most=field.length[1]),
        "shape": message("a list of {least} to {most} numbers, each {number}",
                         least=field.length[0], most=field.length[1], number=_whole_number(field)),
        "list": message("up to {most} numbers with commas between them, each {number}",
                        most=field.length[1], number=_whole_number(field)),
        "text": message("a text of {least} to {most} characters", least=field.length[0], most=field.length[1])
        if field.length[1] else message("a text"),
        "code": message("a function written in Python"),
        "arguments": message("values by the names of the block's arguments"),
    }  # fmt: skip
    return texts[field.kind]


def _several(field: Field) -> Message:
    if field.length[1] == 3:
        return message("three such numbers (depth, height, width)")
    return message("two such numbers (height, width)")


def _whole_number(field: Field) -> Message:
    if field.minimum is None or field.maximum is None:
        return message("a whole number")
    return message("a whole number from {least} to {most}", least=field.minimum, most=field.maximum)


def _number(field: Field) -> Message:
    if field.minimum is None or field.maximum is None:
        return message("a number")
    return message("a number from {least} to {most}", least=f"{field.minimum:g}", most=f"{field.maximum:g}")
