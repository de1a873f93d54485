"""A layer's properties as text: what people may type for each kind of field, and how values are shown."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

from designer.errors import Message, NetDesignerError, message
from designer.layers.fields import Field, expected

_SEPARATORS = re.compile(r"\s*[x*,;]\s*|\s+")
_BEGINNING = re.compile(r"[+-]?\d*\.?\d*e?[+-]?|[+-]?[\d.]+/")
"""What a number may look like on the way to one: '-', '1e-', '1/'."""


class UnreadableError(NetDesignerError):
    """What was typed is no value of the field. `unfinished` tells a beginning ('3x', '1e-') from a mistake ('abc')."""

    def __init__(self, field: Field, *, unfinished: bool = False, text: Message | None = None) -> None:
        super().__init__(text or message("Must be {expected}.", expected=expected(field)))
        self.unfinished = unfinished


def parse(field: Field, text: str) -> Any:
    """The value of what was typed, as JSON has it (lists for pairs and shapes); None where nothing was typed.

    Raises:
        UnreadableError: it is no value of this field; the text says what would be.
    """
    if field.kind in ("text", "code"):
        return text or (None if field.optional else "")
    text = unicodedata.normalize("NFKC", text).strip().lower().replace("×", "x")  # NFKC: digits typed with an IME
    if not text:
        if field.optional:
            return None
        if field.length[1] and not field.length[0]:
            return []
        raise UnreadableError(field, unfinished=True)
    if field.kind in ("int", "float"):
        return _number(field, text)
    is_word = field.kind == "choice" or (field.kind == "padding" and text.isalpha() and text != "x")
    return _word(field, text) if is_word else _sizes(field, text)


def _word(field: Field, text: str) -> str:
    for choice in field.choices:
        if choice.lower() == text:
            return choice
    raise UnreadableError(field, unfinished=any(choice.lower().startswith(text) for choice in field.choices))


def _number(field: Field, text: str) -> int | float:
    try:
        number = int(text) if field.kind == "int" else _fraction(text)
    except (ValueError, ArithmeticError):
        begun = text in ("+", "-") if field.kind == "int" else _BEGINNING.fullmatch(text) is not None
        raise UnreadableError(field, unfinished=begun) from None
    _check_bounds(field, number)
    return number


def _fraction(text: str) -> float:
    """A number, or a fraction such as 1/255, which is how scales are written in papers."""
    above, _, below = text.partition("/")
    number = float(above) / float(below) if "/" in text else float(text)
    if not math.isfinite(number):
        raise OverflowError(text)
    return number


def _sizes(field: Field, text: str) -> int | list[int]:
    parts = _SEPARATORS.split(text)
    if "" in parts or parts == ["-"]:
        raise UnreadableError(field, unfinished=parts[-1] in ("", "-"))
    try:
        sizes = [int(part) for part in parts]
    except ValueError:
        raise UnreadableError(field) from None
    for size in sizes:
        _check_bounds(field, size)
    least, most = field.length
    if field.kind in ("shape", "sizes", "list"):
        if len(sizes) < least or (most and len(sizes) > most):
            raise UnreadableError(field, unfinished=len(sizes) < least)
        return sizes[0] if field.kind == "sizes" and len(sizes) == 1 else sizes
    if len(sizes) not in (1, most or 2):
        raise UnreadableError(field, unfinished=len(sizes) < most)
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _check_bounds(field: Field, number: float) -> None:
    if field.maximum is not None and number > field.maximum:
        raise UnreadableError(field)
    if field.minimum is not None and number < field.minimum:
        raise UnreadableError(field, unfinished=number >= 0)  # 1 on the way to 16, where 2 is the least


def show(field: Field, value: Any) -> str:
    """A value as the text of its editor, from which `parse` gives it back; empty for None."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        if field.kind in ("pair", "padding") and len(set(value)) == 1:
            return str(value[0])
        return (", " if field.kind == "list" else "x").join(map(str, value))
    return show_number(value) if isinstance(value, float) else str(value)


def show_number(number: float) -> str:
    """A number as people write it: 0.5, 1e-4 and 20 rather than 0.5, 0.0001 and 20.0."""
    text = repr(float(number)).removesuffix(".0").replace("e-0", "e-")
    short = f"{number:.0e}".replace("e-0", "e-")
    return short if abs(number) < 0.001 and float(short) == number and number else text


def same(field: Field, one: Any, other: Any) -> bool:
    """Whether two values are the same property: 3 and (3, 3) are for a pair; True and 1 are not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if field.kind in ("pair", "padding", "sizes"):
        entries = 1 if field.kind == "sizes" else field.length[1] or 2
        return bool(_as_list(one, entries) == _as_list(other, entries))
    return bool(as_json(one) == as_json(other))


def _as_list(value: Any, entries: int) -> Any:
    return [value] * entries if isinstance(value, int) else as_json(value)


def as_json(value: Any) -> Any:
    """The value with lists for tuples, as a file has it."""
    return list(value) if isinstance(value, tuple) else value
