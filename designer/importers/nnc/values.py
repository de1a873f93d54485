"""NNC's property texts as values of ours: literals, and formulas where they name arguments or the input's shape.

In NNC `Input[0]` is the first axis of the layer's input (without the batch axis, as here), a bare name or one with a
star is an argument of the network, and `*Input`, `*KernelShape` are macros that stand for another property.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from designer.graph.expressions import ExpressionError, parse

Number = int | float | str
"""A number, or the text of a formula."""

_INTEGER = re.compile(r"[+-]?\d{1,300}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LEAST, _MOST = 1e-300, 1e300
"""Between these, numbers can be multiplied by factors and inverted without becoming infinite."""

MACROS = frozenset({
    "Input", "GraphOutput", "KernelShape", "ConvolutionPaddingSize", "Name", "AutoInPlace", "AutoInPlaceOnce",
    "ShapeExceptAxis", "AxisSize", "RepeatTimes", "RecurrentLength", "Calc",
})  # fmt: skip
"""What NNC works out itself, and what is no name of an argument therefore."""


class UnreadableError(ValueError):
    """A property's text that is neither a number nor a formula of ours."""


class Properties:
    """The properties of one layer; remembers which of them were understood."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._used: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """The property as it is written."""
        self._used.add(name)
        return self._given.get(name, default).strip()

    def has(self, name: str) -> bool:
        """Whether the file gives the property."""
        return name in self._given

    def number(self, name: str, default: str) -> Number:
        """A number or formula; the default, with the text kept among the leftovers, where it is neither."""
        try:
            return number(self._readable(name, default))
        except UnreadableError:
            self.give_back(name)
            return number(default)

    def numbers(self, name: str, default: str) -> list[Number]:
        """A list such as '3,3', never empty; an empty entry, as after a last comma, is left out."""
        try:
            if found := [number(part) for part in split(self._readable(name, default)) if part]:
                return found
        except UnreadableError:
            pass
        self.give_back(name)
        return [number(part) for part in split(default)]

    def flag(self, name: str, default: str = "False") -> bool | str:
        """A truth value or the formula that gives one."""
        text = self._readable(name, default)
        if text in ("True", "False"):
            return text == "True"
        try:
            return str(number(text))
        except UnreadableError:
            self.give_back(name)
            return default == "True"

    def leftovers(self) -> dict[str, str]:
        """What nobody asked for, in the file's order."""
        return {name: value for name, value in self._given.items() if name not in self._used}

    def give_back(self, name: str) -> None:
        """Take note that a property was asked for but not understood."""
        self._used.discard(name)

    def _readable(self, name: str, default: str) -> str:
        return self.text(name, default) or default


def split(text: str) -> list[str]:
    """The parts of a list, cut at commas outside of brackets."""
    parts, depth, start = [], 0, 0
    for place, char in enumerate(text):
        depth += (char in "([") - (char in ")]")
        if char == "," and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def whole(text: str) -> int | None:
    """The whole number that a text is; None where it is none."""
    return int(text) if _INTEGER.fullmatch(text) else None


def number(text: str) -> Number:
    """One number or formula.

    Raises:
        UnreadableError: it is neither.
    """
    if (integer := whole(text)) is not None:
        return integer
    if _NUMBER.fullmatch(text):
        value = float(text)
        if not value or _LEAST < abs(value) < _MOST:
            return value
        raise UnreadableError(text)
    return formula(text)


def formula(text: str) -> str:
    """A formula of ours for one of NNC's. Raises UnreadableError."""
    written = re.sub(r"(^|[-+*/%(,]\s*)\*(?=[A-Za-z_])", r"\1", text.strip())  # *Name, but not a * Name
    written = re.sub(r"\bInput\b(?=\[)", "in", written)
    try:
        names = parse(written).names
    except ExpressionError:
        raise UnreadableError(text) from None
    if names & MACROS or not written:
        raise UnreadableError(text)
    return f"={written}"


def same(values: list[Any]) -> Any:
    """One value for a list of equal ones, as in kernel_size 3."""
    return values[0] if values and all(value == values[0] for value in values) else values


def is_number(value: Any) -> bool:
    """Whether a value is a number now, not the formula of one."""
    return isinstance(value, int | float)


def combined(template: str, *values: Number) -> Number:
    """A calculation such as '({0} - 1) // 2' with these values: its result, or its formula where a value is one.

    Only whole numbers are calculated here.
    """
    if all(isinstance(value, int) for value in values):
        from designer.graph.expressions import evaluate

        found = evaluate(template.format(*values), {})
        return found if isinstance(found, int | float) else str(found)
    return "=" + template.format(*(f"({value[1:]})" if isinstance(value, str) else value for value in values))
