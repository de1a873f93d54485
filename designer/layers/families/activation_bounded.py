"""Activations made of straight pieces, and those that cut values off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Costs, Shape, ShapeError, numel
from designer.layers.families.activation import _Activation
from designer.layers.saved import Saved

_TORCH_SLOPE = 1 / 6

Limit = Annotated[float, Meta(ge=-1e9, le=1e9)]
Shrinkage = Annotated[float, Meta(ge=0, le=1e9, title="Lambda", description="Half the width of the range that is 0.")]


class ReLU6(_Activation, frozen=True, kw_only=True):
    """ReLU that is cut off at 6: values between 0 and 6."""

    value_costs: ClassVar[Costs] = Costs(ifs=2)


class RReLU(_Activation, frozen=True, kw_only=True):
    """Randomized leaky ReLU: in training, each negative value is multiplied by a random slope.

    After training it is their mean.
    """

    value_costs: ClassVar[Costs] = Costs(ifs=1, multiplies=1)
    saves: ClassVar[Saved] = Saved(per_input=1)

    lower: Annotated[float, Meta(ge=0, le=1000, title="Smallest slope", description="Of negative values.")] = 0.125
    upper: Annotated[float, Meta(ge=0, le=1000, title="Largest slope", description="Of negative values.")] = 1 / 3

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if self.lower > self.upper:
            raise ShapeError("bad-property", message(
                "The smallest slope {lower} is larger than the largest one, {upper}.",
                lower=f"{self.lower:g}", upper=f"{self.upper:g}"), data={"field": "lower"})  # fmt: skip
        return inputs[0]

    def summary(self) -> str:
        """The slopes: '0.125..0.333'."""
        return f"{self.lower:.3g}..{self.upper:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.RReLU(lower=0.1)."""
        return code.construct("nn.RReLU", lower=(self.lower, 0.125), upper=(self.upper, 1 / 3))


class Hardtanh(_Activation, frozen=True, kw_only=True):
    """Values stay as they are between two limits and are cut off there: a tanh made of straight lines."""

    aliases: ClassVar[tuple[str, ...]] = ("HardTanh",)
    value_costs: ClassVar[Costs] = Costs(ifs=2)

    min_val: Annotated[Limit, Meta(title="Minimum", description="Smaller values become this one.")] = -1.0
    max_val: Annotated[Limit, Meta(title="Maximum", description="Larger values become this one.")] = 1.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if self.min_val >= self.max_val:
            raise ShapeError("bad-property", message(
                "The minimum {low} must be smaller than the maximum {high}.",
                low=f"{self.min_val:g}", high=f"{self.max_val:g}"), data={"field": "min_val"})  # fmt: skip
        return inputs[0]

    def summary(self) -> str:
        """The limits, where they are not -1 and 1."""
        return "" if (self.min_val, self.max_val) == (-1, 1) else f"{self.min_val:.3g}..{self.max_val:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Hardtanh(min_val=0.0)."""
        return code.construct("nn.Hardtanh", min_val=(self.min_val, -1.0), max_val=(self.max_val, 1.0))


class Hardsigmoid(_Activation, frozen=True, kw_only=True):
    """A sigmoid made of straight lines: slope x + 0.5, cut off at 0 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("HardSigmoid",)
    value_costs: ClassVar[Costs] = Costs(adds=1, multiplies=1, ifs=2)

    slope: Annotated[
        float, Meta(ge=0, le=1000, title="Slope", description="1/6 in PyTorch; 0.2 in NNC, Keras and Theano.")
    ] = _TORCH_SLOPE

    def summary(self) -> str:
        """The slope, where it is not PyTorch's."""
        return "" if self.slope == _TORCH_SLOPE else f"{self.slope:.3g}"

    def module(self, *inputs: Shape) -> str | None:
        """nn.Hardsigmoid(), which has one slope only."""
        return "nn.Hardsigmoid()" if self.slope == _TORCH_SLOPE else None

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """(x * 0.2 + 0.5).clamp(0, 1)."""
        if module:
            return f"{module}({args[0]})"
        return f"({args[0]} * {self.slope!r} + 0.5).clamp(0, 1)"


class Hardswish(_Activation, frozen=True, kw_only=True):
    """A Swish made of simple pieces: x times the hard sigmoid of x (MobileNetV3)."""

    value_costs: ClassVar[Costs] = Costs(adds=1, multiplies=2, ifs=2)


class Hardshrink(_Activation, frozen=True, kw_only=True):
    """Values between -lambda and lambda become 0, the others stay as they are."""

    value_costs: ClassVar[Costs] = Costs(ifs=2)

    lambd: Shrinkage = 0.5

    def summary(self) -> str:
        """Lambda: '0.5'."""
        return f"{self.lambd:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Hardshrink(0.1)."""
        return code.construct("nn.Hardshrink", lambd=(self.lambd, 0.5))


class Softshrink(_Activation, frozen=True, kw_only=True):
    """Values between -lambda and lambda become 0, the others come nearer to 0 by lambda."""

    value_costs: ClassVar[Costs] = Costs(adds=1, ifs=2)

    lambd: Shrinkage = 0.5

    def summary(self) -> str:
        """Lambda: '0.5'."""
        return f"{self.lambd:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Softshrink(0.1)."""
        return code.construct("nn.Softshrink", lambd=(self.lambd, 0.5))


class Threshold(_Activation, frozen=True, kw_only=True):
    """Values above a threshold stay as they are, all others become one value."""

    value_costs: ClassVar[Costs] = Costs(ifs=1)

    threshold: Annotated[Limit, Meta(title="Threshold", description="Values above it stay as they are.")] = 0.0
    value: Annotated[Limit, Meta(title="Value", description="What all other values become.")] = 0.0

    def summary(self) -> str:
        """'> 0.5 else 0'."""
        return f"> {self.threshold:.3g} else {self.value:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Threshold(0.5, 0.0)."""
        return f"nn.Threshold({self.threshold!r}, {self.value!r})"


class Clamp(_Activation, frozen=True, kw_only=True):
    """Cuts values off at a smallest and a largest one."""

    aliases: ClassVar[tuple[str, ...]] = ("clip", "limit", "クリップ")

    min: Annotated[Limit, Meta(title="Minimum", description="Smaller values become this one.")] = 0.0
    max: Annotated[Limit, Meta(title="Maximum", description="Larger values become this one.")] = 1.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if self.min > self.max:
            raise ShapeError("bad-property", message("The minimum of a Clamp may not lie above its maximum."),
                             data={"field": "min"})  # fmt: skip
        return inputs[0]

    def costs(self, *inputs: Shape) -> Costs:
        """Two comparisons for every value."""
        return Costs(ifs=2 * numel(inputs[0]))

    def summary(self) -> str:
        """'0..1'."""
        return f"{self.min:.3g}..{self.max:.3g}"

    def module(self, *inputs: Shape) -> None:
        """torch.nn has none."""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.clamp(0.0, 1.0)."""
        return f"{args[0]}.clamp({self.min!r}, {self.max!r})"
