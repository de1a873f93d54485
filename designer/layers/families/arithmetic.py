"""Arithmetic: values of several inputs joined place by place, or scaled by a constant."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Category, Costs, Layer, Ports, Shape, numel
from designer.layers.elementwise import Elementwise, stretched, times
from designer.layers.saved import BOTH, NOTHING, Saved


class _Joined(Layer, frozen=True, kw_only=True):
    """Values of several inputs joined place by place, the first two first."""

    category: ClassVar[Category] = "arithmetic"
    ports: ClassVar[Ports] = Ports(("a", "b"), variadic=True)
    value_costs: ClassVar[Costs]
    """What joining two values costs."""
    error_code: ClassVar[str] = "broadcast-shapes"

    def output(self, *inputs: Shape) -> Shape:
        """The larger size along every axis."""
        return stretched(self.title or type(self).__name__, self.error_code, inputs)

    def costs(self, *inputs: Shape) -> Costs:
        """One operation less than there are inputs, for every value of the output."""
        return times(self.value_costs, (len(inputs) - 1) * numel(self.output(*inputs)))


class Add(_Joined, frozen=True, kw_only=True):
    """Adds two or more inputs, value by value: where a shortcut meets its main path.

    The shapes are equal, or 1 along some axes, where the one value counts for the whole axis.
    """

    aliases: ClassVar[tuple[str, ...]] = (
        "Add2", "AddN", "plus", "sum", "residual", "shortcut", "skip", "加算", "足し算",
    )  # fmt: skip
    value_costs: ClassVar[Costs] = Costs(adds=1)
    error_code: ClassVar[str] = "add-shapes"
    saves: ClassVar[Saved] = NOTHING

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a + b."""
        return code.infix("+", args)


class Multiply(_Joined, frozen=True, kw_only=True):
    """Multiplies two or more inputs, value by value.

    The shapes are equal, or 1 along some axes, where the one value counts for the whole axis: a gate of Cx1x1 weighs
    the channels of a picture.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Mul2", "MulN", "times", "product", "gate", "乗算", "掛け算")
    value_costs: ClassVar[Costs] = Costs(multiplies=1)
    error_code: ClassVar[str] = "multiply-shapes"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a * b."""
        return code.infix("*", args)


class Scale(Elementwise, frozen=True, kw_only=True):
    """Multiplies every value by a constant, then adds one: x multiply + add.

    Pixels from 0 to 255 become values from 0 to 1 by 0.00390625 (1 / 256) or 0.0039216 (1 / 255).
    """

    category: ClassVar[Category] = "arithmetic"
    aliases: ClassVar[tuple[str, ...]] = ("MulScalar", "AddScalar", "SubScalar", "multiply", "constant", "定数倍")
    saves: ClassVar[Saved] = NOTHING

    multiply: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Multiply", description="Factor of every value, before the addition.")
    ] = 1.0
    add: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Add", description="Constant added to every value, after the factor.")
    ] = 0.0

    @property
    def _multiplies(self) -> bool:
        """Whether there is a factor to speak of; a Scale that does nothing counts as a factor of 1."""
        return self.multiply != 1 or self.add == 0

    def costs(self, *inputs: Shape) -> Costs:
        """A multiplication for each value, an addition, or both."""
        count = numel(inputs[0])
        return Costs(multiplies=count if self._multiplies else 0, adds=count if self.add else 0)

    def summary(self) -> str:
        """'×0.5, +1'."""
        parts = [f"×{self.multiply:.3g}"] if self._multiplies else []
        return ", ".join(parts + ([f"{self.add:+.3g}"] if self.add else []))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x * 0.5 + 1.0."""
        text = args[0] if self.multiply == 1 else f"{args[0]} * {self.multiply!r}"
        if not self.add:
            return text
        return f"{text} {'-' if self.add < 0 else '+'} {abs(self.add)!r}"


class Maximum(_Joined, frozen=True, kw_only=True):
    """The largest of two or more inputs, value by value; an axis of size 1 stretches to the others' size.

    Max is the largest value along axes of one input.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Maximum2", "最大値")
    value_costs: ClassVar[Costs] = Costs(ifs=1)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.maximum(a, b)."""
        return reduce("torch.maximum({}, {})".format, args)


class Minimum(_Joined, frozen=True, kw_only=True):
    """The smallest of two or more inputs, value by value; an axis of size 1 stretches to the others' size.

    Min is the smallest value along axes of one input.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Minimum2", "最小値")
    value_costs: ClassVar[Costs] = Costs(ifs=1)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.minimum(a, b)."""
        return reduce("torch.minimum({}, {})".format, args)


class _Binary(_Joined, frozen=True, kw_only=True):
    """An operator between two inputs whose order matters."""

    ports: ClassVar[Ports] = Ports(("a", "b"))
    operator: ClassVar[str]

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a - b."""
        return code.infix(self.operator, args)


class Subtract(_Binary, frozen=True, kw_only=True):
    """The first input minus the second, value by value; an axis of size 1 stretches to the other's size."""

    aliases: ClassVar[tuple[str, ...]] = ("Sub2", "minus", "difference", "引き算", "減算")
    value_costs: ClassVar[Costs] = Costs(adds=1)
    operator: ClassVar[str] = "-"
    saves: ClassVar[Saved] = NOTHING


class Divide(_Binary, frozen=True, kw_only=True):
    """The first input divided by the second, value by value; an axis of size 1 stretches to the other's size."""

    aliases: ClassVar[tuple[str, ...]] = ("Div2", "quotient", "割り算", "除算")
    value_costs: ClassVar[Costs] = Costs(divisions=1)
    operator: ClassVar[str] = "/"


class Power(_Binary, frozen=True, kw_only=True):
    """The first input to the power of the second, value by value; an axis of size 1 stretches to the other's size."""

    aliases: ClassVar[tuple[str, ...]] = ("Pow2", "pow", "exponent", "べき乗")
    value_costs: ClassVar[Costs] = Costs(multiplies=1, exps=2)
    saves: ClassVar[Saved] = BOTH

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a**b, which is written without spaces."""
        return f"{args[0]}**{args[1]}"
