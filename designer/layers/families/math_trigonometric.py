"""Trigonometric and hyperbolic functions of every value; angles are radians."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from designer.layers.base import Category, Costs, Layer, Ports, Shape, numel
from designer.layers.elementwise import stretched, times
from designer.layers.families.math import _Function
from designer.layers.saved import OUTPUT, Saved


class Sin(_Function, frozen=True, kw_only=True):
    """The sine of an angle in radians."""

    aliases: ClassVar[tuple[str, ...]] = ("sine", "正弦")


class Cos(_Function, frozen=True, kw_only=True):
    """The cosine of an angle in radians."""

    aliases: ClassVar[tuple[str, ...]] = ("cosine", "余弦")


class Tan(_Function, frozen=True, kw_only=True):
    """The tangent of an angle in radians."""

    aliases: ClassVar[tuple[str, ...]] = ("tangent", "正接")
    saves: ClassVar[Saved] = OUTPUT


class Sinh(_Function, frozen=True, kw_only=True):
    """The hyperbolic sine: (exp(x) - exp(-x)) / 2."""

    value_costs: ClassVar[Costs] = Costs(adds=1, divisions=1, exps=2)


class Cosh(_Function, frozen=True, kw_only=True):
    """The hyperbolic cosine: (exp(x) + exp(-x)) / 2."""

    value_costs: ClassVar[Costs] = Costs(adds=1, divisions=1, exps=2)


class Asin(_Function, frozen=True, kw_only=True):
    """The angle in radians that has this sine; there is one for values from -1 to 1."""

    aliases: ClassVar[tuple[str, ...]] = ("ASin", "arcsin")


class Acos(_Function, frozen=True, kw_only=True):
    """The angle in radians that has this cosine; there is one for values from -1 to 1."""

    aliases: ClassVar[tuple[str, ...]] = ("ACos", "arccos")


class Atan(_Function, frozen=True, kw_only=True):
    """The angle in radians that has this tangent, between -pi/2 and pi/2."""

    aliases: ClassVar[tuple[str, ...]] = ("ATan", "arctan")


class Atan2(Layer, frozen=True, kw_only=True):
    """The angle of the point (x, y) in radians, between -pi and pi; the first input is y, the second x.

    The shapes are equal, or 1 along some axes, where the one value counts for the whole axis.
    """

    category: ClassVar[Category] = "math"
    aliases: ClassVar[tuple[str, ...]] = ("ATan2", "arctan2", "angle")
    ports: ClassVar[Ports] = Ports(("y", "x"))

    def output(self, *inputs: Shape) -> Shape:
        """The larger size along every axis."""
        return stretched("Atan2", "broadcast-shapes", inputs)

    def costs(self, *inputs: Shape) -> Costs:
        """A division and an arc tangent for every value."""
        return times(Costs(divisions=1, exps=1), numel(self.output(*inputs)))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.atan2(y, x)."""
        return f"torch.atan2({args[0]}, {args[1]})"


class Asinh(_Function, frozen=True, kw_only=True):
    """The value that has this hyperbolic sine."""

    aliases: ClassVar[tuple[str, ...]] = ("ASinh", "arcsinh")


class Acosh(_Function, frozen=True, kw_only=True):
    """The value that has this hyperbolic cosine; there is one from 1 on."""

    aliases: ClassVar[tuple[str, ...]] = ("ACosh", "arccosh")


class Atanh(_Function, frozen=True, kw_only=True):
    """The value that has this hyperbolic tangent; there is one between -1 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("ATanh", "arctanh")
