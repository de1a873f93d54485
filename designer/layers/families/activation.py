"""Activations: one function applied to every value, or along one axis."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Axis, Category, Layer, Shape, axis_of, show_axis


class _Activation(Layer, frozen=True, kw_only=True):
    """An activation keeps the shape; torch.nn has a class of the same name."""

    category: ClassVar[Category] = "activation"
    keeps_shape: ClassVar[bool] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def module(self, *inputs: Shape) -> str:
        """nn.ReLU() and its like."""
        return f"nn.{type(self).__name__}()"


class ReLU(_Activation, frozen=True, kw_only=True):
    """Rectified linear unit: negative values become 0, the others stay as they are."""

    aliases: ClassVar[tuple[str, ...]] = ("rectifier", "活性化")


class LeakyReLU(_Activation, frozen=True, kw_only=True):
    """Leaky ReLU: negative values are multiplied by a small slope instead of becoming 0."""

    stem: ClassVar[str] = "leaky"

    negative_slope: Annotated[
        float, Meta(ge=0, le=1000, title="Negative slope", description="Factor for negative values.")
    ] = 0.01

    def summary(self) -> str:
        """The slope: '0.01'."""
        return f"{self.negative_slope:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.LeakyReLU(0.1)."""
        return "nn.LeakyReLU()" if self.negative_slope == 0.01 else f"nn.LeakyReLU({self.negative_slope!r})"


class ELU(_Activation, frozen=True, kw_only=True):
    """Exponential linear unit: negative values x become alpha (exp(x) - 1)."""

    alpha: Annotated[
        float, Meta(ge=0, le=1000, title="Alpha", description="Negative values tend to minus this value.")
    ] = 1.0

    def summary(self) -> str:
        """Alpha, where it is not 1."""
        return "" if self.alpha == 1.0 else f"{self.alpha:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.ELU(alpha=0.5)."""
        return code.construct("nn.ELU", alpha=(self.alpha, 1.0))


class GELU(_Activation, frozen=True, kw_only=True):
    """Gaussian error linear unit: x times the probability that a standard normal value is below x."""

    approximate: Annotated[
        Literal["none", "tanh"],
        Meta(title="Approximation", description="none: exact; tanh: the formula of the first GPT and BERT models."),
    ] = "none"

    def summary(self) -> str:
        """The approximation, where there is one."""
        return "" if self.approximate == "none" else self.approximate

    def module(self, *inputs: Shape) -> str:
        """nn.GELU(approximate="tanh")."""
        return code.construct("nn.GELU", approximate=(self.approximate, "none"))


class SiLU(_Activation, frozen=True, kw_only=True):
    """Sigmoid linear unit, or Swish: x sigmoid(x)."""

    aliases: ClassVar[tuple[str, ...]] = ("Swish",)


class Sigmoid(_Activation, frozen=True, kw_only=True):
    """Logistic function 1 / (1 + exp(-x)): values between 0 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("logistic", "シグモイド")


class Tanh(_Activation, frozen=True, kw_only=True):
    """Hyperbolic tangent: values between -1 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("hyperbolic tangent",)


class Softmax(_Activation, frozen=True, kw_only=True):
    """Turns scores into probabilities that add up to 1 along an axis.

    A network that ends in SoftmaxCrossEntropy needs none: that loss takes the scores themselves.
    """

    aliases: ClassVar[tuple[str, ...]] = ("probabilities", "ソフトマックス")

    axis: Annotated[
        Axis, Meta(title="Axis", description="Without the batch axis: 0 is the channels; -1 is the last one.")
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def module(self, *inputs: Shape) -> str:
        """nn.Softmax(dim=1)."""
        return f"nn.Softmax(dim={axis_of(self.axis, inputs[0]) + 1})"
