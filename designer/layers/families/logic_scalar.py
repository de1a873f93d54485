"""Comparisons and logic of one input: with a constant, or with nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Costs, Shape
from designer.layers.elementwise import Elementwise
from designer.layers.families.logic import as_number
from designer.layers.saved import STOPS, Saved


class _One(Elementwise, frozen=True, kw_only=True):
    """A condition of one input."""

    category: ClassVar[Category] = "logic"
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    condition: ClassVar[str]
    """In Python, of {x}."""
    saves: ClassVar[Saved] = STOPS

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """(x == 0).to(x.dtype)."""
        return as_number(self.condition.format(x=args[0]), args[0])


class LogicalNot(_One, frozen=True, kw_only=True):
    """Gives 1 where the input is 0, and 0 elsewhere."""

    aliases: ClassVar[tuple[str, ...]] = ("not", "!")
    condition: ClassVar[str] = "{x} == 0"


class IsNaN(_One, frozen=True, kw_only=True):
    """Gives 1 where the input is not a number (0 / 0, the logarithm of -1), else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("not a number",)
    condition: ClassVar[str] = "{x}.isnan()"


class IsInf(_One, frozen=True, kw_only=True):
    """Gives 1 where the input is infinite, plus or minus (1 / 0, an overflow), else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("infinite",)
    condition: ClassVar[str] = "{x}.isinf()"


class _Compared(_One, frozen=True, kw_only=True):
    """A comparison with a constant."""

    sign: ClassVar[str]
    """What the node shows."""

    value: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="What the input is compared with.")] = 0.0

    def summary(self) -> str:
        """'≥ 0.5'."""
        return f"{self.sign} {self.value:.3g}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """(x >= 0.5).to(x.dtype)."""
        return as_number(self.condition.format(x=args[0], value=repr(self.value)), args[0])


class EqualScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input equals a constant, else 0."""

    condition: ClassVar[str] = "{x} == {value}"
    sign: ClassVar[str] = "="


class NotEqualScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input differs from a constant, else 0."""

    condition: ClassVar[str] = "{x} != {value}"
    sign: ClassVar[str] = "≠"


class GreaterScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input is greater than a constant, else 0."""

    condition: ClassVar[str] = "{x} > {value}"
    sign: ClassVar[str] = ">"


class GreaterEqualScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input is greater than a constant or equal to it, else 0."""

    aliases: ClassVar[tuple[str, ...]] = ("binarize", "二値化")
    condition: ClassVar[str] = "{x} >= {value}"
    sign: ClassVar[str] = "≥"


class LessScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input is less than a constant, else 0."""

    condition: ClassVar[str] = "{x} < {value}"
    sign: ClassVar[str] = "<"


class LessEqualScalar(_Compared, frozen=True, kw_only=True):
    """Gives 1 where the input is less than a constant or equal to it, else 0."""

    condition: ClassVar[str] = "{x} <= {value}"
    sign: ClassVar[str] = "≤"


class _Joined(_One, frozen=True, kw_only=True):
    """Logic with a constant, of which only matters whether it is 0."""

    if_true: ClassVar[str]
    if_false: ClassVar[str]
    sign: ClassVar[str]

    value: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Value", description="0 is false, everything else is true.")
    ] = 0.0

    def summary(self) -> str:
        """'∧ 1'."""
        return f"{self.sign} {int(self.value != 0)}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """(x != 0).to(x.dtype), or a constant."""
        expression = (self.if_true if self.value else self.if_false).format(x=args[0])
        return expression if expression.startswith("torch.") else as_number(expression, args[0])


class LogicalAndScalar(_Joined, frozen=True, kw_only=True):
    """Gives 1 where neither the input nor a constant is 0, else 0."""

    if_true: ClassVar[str] = "{x} != 0"
    if_false: ClassVar[str] = "torch.zeros_like({x})"
    sign: ClassVar[str] = "∧"


class LogicalOrScalar(_Joined, frozen=True, kw_only=True):
    """Gives 1 where the input or a constant is not 0, else 0."""

    if_true: ClassVar[str] = "torch.ones_like({x})"
    if_false: ClassVar[str] = "{x} != 0"
    sign: ClassVar[str] = "∨"


class LogicalXorScalar(_Joined, frozen=True, kw_only=True):
    """Gives 1 where exactly one of the input and a constant is not 0, else 0."""

    if_true: ClassVar[str] = "{x} == 0"
    if_false: ClassVar[str] = "{x} != 0"
    sign: ClassVar[str] = "⊻"
