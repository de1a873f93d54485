"""Comparisons and logic: 1 where something holds, 0 elsewhere, as floats; no gradient passes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from designer.layers.base import Category, Costs, Layer, Ports, Shape, numel
from designer.layers.elementwise import stretched
from designer.layers.saved import STOPS, Saved


def as_number(condition: str, like: str) -> str:
    """A tensor of booleans as 0 and 1 of the type that the tensor `like` has."""
    return f"{condition if condition.endswith(')') else f'({condition})'}.to({like}.dtype)"


class _Two(Layer, frozen=True, kw_only=True):
    """A condition of two inputs, place by place."""

    category: ClassVar[Category] = "logic"
    ports: ClassVar[Ports] = Ports(("a", "b"))
    condition: ClassVar[str]
    """In Python, of {a} and {b}."""
    sign: ClassVar[str]
    """What the node shows."""
    saves: ClassVar[Saved] = STOPS

    def output(self, *inputs: Shape) -> Shape:
        """The larger size along every axis."""
        return stretched(type(self).__name__, "broadcast-shapes", inputs)

    def costs(self, *inputs: Shape) -> Costs:
        """One comparison for each value of the output."""
        return Costs(ifs=numel(self.output(*inputs)))

    def summary(self) -> str:
        """The operator: '>='."""
        return self.sign

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """(a >= b).to(a.dtype)."""
        return as_number(self.condition.format(a=args[0], b=args[1]), args[0])


class Equal(_Two, frozen=True, kw_only=True):
    """Gives 1 where both inputs are equal, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("==",)
    condition: ClassVar[str] = "{a} == {b}"
    sign: ClassVar[str] = "="


class NotEqual(_Two, frozen=True, kw_only=True):
    """Gives 1 where the inputs differ, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("!=", "different")
    condition: ClassVar[str] = "{a} != {b}"
    sign: ClassVar[str] = "≠"


class Greater(_Two, frozen=True, kw_only=True):
    """Gives 1 where the first input is greater than the second, else 0."""

    aliases: ClassVar[tuple[str, ...]] = (">", "larger")
    condition: ClassVar[str] = "{a} > {b}"
    sign: ClassVar[str] = ">"


class GreaterEqual(_Two, frozen=True, kw_only=True):
    """Gives 1 where the first input is greater than the second or equal to it, else 0."""

    aliases: ClassVar[tuple[str, ...]] = (">=", "at least")
    condition: ClassVar[str] = "{a} >= {b}"
    sign: ClassVar[str] = "≥"


class Less(_Two, frozen=True, kw_only=True):
    """Gives 1 where the first input is less than the second, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("<", "smaller")
    condition: ClassVar[str] = "{a} < {b}"
    sign: ClassVar[str] = "<"


class LessEqual(_Two, frozen=True, kw_only=True):
    """Gives 1 where the first input is less than the second or equal to it, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("<=", "at most")
    condition: ClassVar[str] = "{a} <= {b}"
    sign: ClassVar[str] = "≤"


class LogicalAnd(_Two, frozen=True, kw_only=True):
    """Gives 1 where neither input is 0, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("both", "&")
    condition: ClassVar[str] = "torch.logical_and({a}, {b})"
    sign: ClassVar[str] = "∧"


class LogicalOr(_Two, frozen=True, kw_only=True):
    """Gives 1 where at least one input is not 0, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("any", "|")
    condition: ClassVar[str] = "torch.logical_or({a}, {b})"
    sign: ClassVar[str] = "∨"


class LogicalXor(_Two, frozen=True, kw_only=True):
    """Gives 1 where exactly one of both inputs is not 0, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("exclusive or", "^")
    condition: ClassVar[str] = "torch.logical_xor({a}, {b})"
    sign: ClassVar[str] = "⊻"
