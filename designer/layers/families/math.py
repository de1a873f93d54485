"""Mathematical functions of every value, and sums and products that run along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Axis, Category, Costs, Shape, axis_of, show_axis
from designer.layers.elementwise import Elementwise
from designer.layers.saved import BOTH, NOTHING, OUTPUT, Saved


class _Function(Elementwise, frozen=True, kw_only=True):
    """A function of every value, which is a method of tensors."""

    category: ClassVar[Category] = "math"
    value_costs: ClassVar[Costs] = Costs(exps=1)
    function: ClassVar[str] = ""
    """The method's name; the class name in lower case if empty."""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.exp()."""
        return f"{args[0]}.{self.function or type(self).__name__.lower()}()"


class Exp(_Function, frozen=True, kw_only=True):
    """The exponential e^x."""

    aliases: ClassVar[tuple[str, ...]] = ("exponential", "指数")
    saves: ClassVar[Saved] = OUTPUT


class Log(_Function, frozen=True, kw_only=True):
    """The natural logarithm; 0 gives minus infinity, and negative values are none (NaN)."""

    aliases: ClassVar[tuple[str, ...]] = ("logarithm", "ln", "対数")


class Sqrt(_Function, frozen=True, kw_only=True):
    """The square root; negative values have none (NaN)."""

    aliases: ClassVar[tuple[str, ...]] = ("square root", "平方根")
    saves: ClassVar[Saved] = OUTPUT


class Erf(_Function, frozen=True, kw_only=True):
    """The error function, an S-shaped curve from -1 to 1: how much of a normal distribution lies near its mean."""

    aliases: ClassVar[tuple[str, ...]] = ("error function", "誤差関数")


# ---- steps


class _Step(_Function, frozen=True, kw_only=True):
    """A function whose gradient is 0 wherever it has one."""

    value_costs: ClassVar[Costs] = Costs(ifs=1)

    straight_through: Annotated[
        bool,
        Meta(
            title="Straight-through gradient",
            description="Gradients pass as if nothing had been done, as in NNC; off: they are 0, so nothing before "
            "this layer is trained.",
        ),
    ] = False

    def summary(self) -> str:
        """That the gradient passes."""
        return "STE" if self.straight_through else ""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.round(), or straight_through(x.round(), x)."""
        stepped = self._stepped(args[0])
        return f"straight_through({stepped}, {args[0]})" if self.straight_through else stepped

    def _stepped(self, x: str) -> str:
        return f"{x}.{type(self).__name__.lower()}()"

    def helpers(self) -> tuple[str, ...]:
        """How gradients pass, where they do."""
        return ("straight_through",) if self.straight_through else ()


class Sign(_Step, frozen=True, kw_only=True):
    """Gives 1 for positive values, -1 for negative ones."""

    aliases: ClassVar[tuple[str, ...]] = ("signum", "符号")
    saves: ClassVar[Saved] = NOTHING

    alpha: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value at 0", description="What 0 becomes.")] = 0.0

    def _stepped(self, x: str) -> str:
        return f"torch.where({x} == 0, {self.alpha!r}, {x}.sign())" if self.alpha else f"{x}.sign()"


class Round(_Step, frozen=True, kw_only=True):
    """The nearest whole number; halves go to the even one."""

    aliases: ClassVar[tuple[str, ...]] = ("nearest", "四捨五入")
    saves: ClassVar[Saved] = NOTHING


class Ceil(_Step, frozen=True, kw_only=True):
    """The next whole number above, or the value itself if it is one."""

    aliases: ClassVar[tuple[str, ...]] = ("round up", "切り上げ")
    saves: ClassVar[Saved] = NOTHING


class Floor(_Step, frozen=True, kw_only=True):
    """The next whole number below, or the value itself if it is one."""

    aliases: ClassVar[tuple[str, ...]] = ("round down", "切り捨て")
    saves: ClassVar[Saved] = NOTHING


# ---- values that are none


class _Reset(Elementwise, frozen=True, kw_only=True):
    """Puts a value where another cannot be used; no gradient passes there."""

    category: ClassVar[Category] = "math"
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    test: ClassVar[str]

    value: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="What stands there instead.")] = 0.0

    def summary(self) -> str:
        """The value, where it is not 0."""
        return f"{self.value:.3g}" if self.value else ""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.where(x.isnan(), 0.0, x)."""
        return f"torch.where({args[0]}.{self.test}(), {self.value!r}, {args[0]})"


class ResetNaN(_Reset, frozen=True, kw_only=True):
    """Puts a value, usually 0, where the input is not a number (0 / 0, the logarithm of -1)."""

    stem: ClassVar[str] = "reset_nan"
    aliases: ClassVar[tuple[str, ...]] = ("nan_to_num",)
    test: ClassVar[str] = "isnan"
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=0.25)


class ResetInf(_Reset, frozen=True, kw_only=True):
    """Puts a value, usually 0, where the input is infinite, plus or minus (1 / 0, an overflow)."""

    stem: ClassVar[str] = "reset_inf"
    aliases: ClassVar[tuple[str, ...]] = ("infinite",)
    test: ClassVar[str] = "isinf"
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=0.25)


# ---- running along an axis


class _Running(Elementwise, frozen=True, kw_only=True):
    """At every place, the sum or product of what comes before it along an axis."""

    category: ClassVar[Category] = "math"
    start: ClassVar[float]
    """The sum or product of nothing."""

    axis: Annotated[Axis, Meta(title="Axis", description="Without the batch axis: 0 is the channels.")] = 0
    exclusive: Annotated[bool, Meta(title="Exclusive", description="Each place is left out of its own result.")] = False
    reverse: Annotated[bool, Meta(title="Reverse", description="Runs from the end to the beginning.")] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """'axis 1, excl, ←', as far as it applies."""
        parts = (show_axis(self.axis), "excl" if self.exclusive else "", "←" if self.reverse else "")
        return ", ".join(filter(None, parts))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.cumsum(dim=1), of what is turned around or shifted before."""
        dim = axis_of(self.axis, inputs[0]) + 1
        text = f"{args[0]}.flip({dim})" if self.reverse else args[0]
        text = f"shifted({text}, {dim}, {self.start})" if self.exclusive else text
        text = f"{text}.{type(self).__name__.lower()}(dim={dim})"
        return f"{text}.flip({dim})" if self.reverse else text

    def helpers(self) -> tuple[str, ...]:
        """The shift."""
        return ("shifted",) if self.exclusive else ()


class CumSum(_Running, frozen=True, kw_only=True):
    """Running sum: at every place, the sum of the values up to it along an axis."""

    aliases: ClassVar[tuple[str, ...]] = ("cumulative sum", "running sum", "prefix sum", "累積和")
    value_costs: ClassVar[Costs] = Costs(adds=1)
    start: ClassVar[float] = 0.0
    saves: ClassVar[Saved] = NOTHING


class CumProd(_Running, frozen=True, kw_only=True):
    """Running product: at every place, the product of the values up to it along an axis."""

    aliases: ClassVar[tuple[str, ...]] = ("cumulative product", "running product", "累積積")
    value_costs: ClassVar[Costs] = Costs(multiplies=1)
    start: ClassVar[float] = 1.0
    saves: ClassVar[Saved] = BOTH
