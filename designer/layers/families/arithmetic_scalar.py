"""Arithmetic between every value and one constant; Scale, in `arithmetic`, adds and multiplies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Costs, Shape
from designer.layers.elementwise import Elementwise
from designer.layers.saved import BOTH, NOTHING, Saved

Constant = Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="The constant.")]


class _Scalar(Elementwise, frozen=True, kw_only=True):
    """An expression of x and the constant `value`."""

    category: ClassVar[Category] = "arithmetic"
    expression: ClassVar[str]
    shown: ClassVar[str]
    """The summary, with {value} in it."""

    value: Constant = 0.0

    def summary(self) -> str:
        """The expression, with x for the input."""
        return self.shown.format(value=f"{self.value:.3g}")

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The expression."""
        return self.expression.format(x=args[0], value=repr(self.value))


class PowScalar(_Scalar, frozen=True, kw_only=True):
    """Every value to the power of a constant: 2 squares, 0.5 takes square roots."""

    stem: ClassVar[str] = "pow"
    aliases: ClassVar[tuple[str, ...]] = ("power", "square", "sqrt", "square root", "2乗", "平方根", "べき乗")
    value_costs: ClassVar[Costs] = Costs(multiplies=1, exps=2)
    expression: ClassVar[str] = "{x}**{value}"
    shown: ClassVar[str] = "x^{value}"

    value: Constant = 2.0


class RPowScalar(_Scalar, frozen=True, kw_only=True):
    """A constant to the power of every value."""

    stem: ClassVar[str] = "rpow"
    aliases: ClassVar[tuple[str, ...]] = ("constant to the power of x", "exp2")
    value_costs: ClassVar[Costs] = Costs(multiplies=1, exps=2)
    expression: ClassVar[str] = "{value}**{x}"
    shown: ClassVar[str] = "{value}^x"
    saves: ClassVar[Saved] = BOTH

    value: Constant = 1.0

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """2.0**x; a negative constant in brackets, since ** binds closer than its sign."""
        return super().call(module, args, inputs) if self.value >= 0 else f"({self.value!r}) ** {args[0]}"


class RSubScalar(_Scalar, frozen=True, kw_only=True):
    """A constant minus every value: 1 - x."""

    stem: ClassVar[str] = "rsub"
    aliases: ClassVar[tuple[str, ...]] = ("constant minus x", "subtract from", "negative")
    value_costs: ClassVar[Costs] = Costs(adds=1)
    expression: ClassVar[str] = "{value} - {x}"
    shown: ClassVar[str] = "{value} - x"
    saves: ClassVar[Saved] = NOTHING


class RDivScalar(_Scalar, frozen=True, kw_only=True):
    """A constant divided by every value: 1 / x."""

    stem: ClassVar[str] = "rdiv"
    aliases: ClassVar[tuple[str, ...]] = ("constant divided by x", "reciprocal", "逆数")
    value_costs: ClassVar[Costs] = Costs(divisions=1)
    expression: ClassVar[str] = "{value} / {x}"
    shown: ClassVar[str] = "{value} / x"
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)

    value: Constant = 1.0


class MaximumScalar(_Scalar, frozen=True, kw_only=True):
    """The larger of every value and a constant, below which no value comes out."""

    stem: ClassVar[str] = "maximum"
    aliases: ClassVar[tuple[str, ...]] = ("at least", "clamp min")
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    expression: ClassVar[str] = "{x}.clamp(min={value})"
    shown: ClassVar[str] = "≥ {value}"


class MinimumScalar(_Scalar, frozen=True, kw_only=True):
    """The smaller of every value and a constant, above which no value comes out."""

    stem: ClassVar[str] = "minimum"
    aliases: ClassVar[tuple[str, ...]] = ("at most", "clamp max")
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    expression: ClassVar[str] = "{x}.clamp(max={value})"
    shown: ClassVar[str] = "≤ {value}"

    value: Constant = 1.0
