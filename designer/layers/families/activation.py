"""Activations: one function applied to every value, or along one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Axis, Category, Costs, Shape, Training, axis_of, numel, show_axis
from designer.layers.elementwise import Elementwise
from designer.layers.saved import OUTPUT, Saved
from designer.layers.weights import GROUP, WeightDecay, WeightFrozen, WeightRate, drawn, training_of

AxisField = Annotated[
    Axis, Meta(title="Axis", description="Without the batch axis: 0 is the channels; -1 is the last one.")
]


class _Activation(Elementwise, frozen=True, kw_only=True):
    """An activation keeps the shape; torch.nn has a class of the same name."""

    category: ClassVar[Category] = "activation"

    def module(self, *inputs: Shape) -> str | None:
        """nn.ReLU() and its like."""
        return f"nn.{type(self).__name__}()"


class ReLU(_Activation, frozen=True, kw_only=True):
    """Rectified linear unit: negative values become 0, the others stay as they are."""

    aliases: ClassVar[tuple[str, ...]] = ("rectifier", "活性化")
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    saves: ClassVar[Saved] = OUTPUT


class LeakyReLU(_Activation, frozen=True, kw_only=True):
    """Leaky ReLU: negative values are multiplied by a small slope instead of becoming 0."""

    stem: ClassVar[str] = "leaky"
    value_costs: ClassVar[Costs] = Costs(ifs=1, multiplies=1)

    negative_slope: Annotated[
        float, Meta(ge=0, le=1000, title="Negative slope", description="Factor for negative values.")
    ] = 0.01

    def summary(self) -> str:
        """The slope: '0.01'."""
        return f"{self.negative_slope:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.LeakyReLU(0.1)."""
        return "nn.LeakyReLU()" if self.negative_slope == 0.01 else f"nn.LeakyReLU({self.negative_slope!r})"


class PReLU(_Activation, frozen=True, kw_only=True):
    """Parametric ReLU: negative values are multiplied by a slope that is trained, one for every channel or one for all.

    Weight decay pulls the slopes to 0, which makes a plain ReLU of it.
    """

    aliases: ClassVar[tuple[str, ...]] = ("parametric",)
    value_costs: ClassVar[Costs] = Costs(ifs=1, multiply_adds=1)

    shared: Annotated[
        bool, Meta(title="One slope for all", description="Off: every size of the axis has a slope of its own.")
    ] = False
    axis: AxisField = 0
    init: Annotated[
        float, Meta(ge=-1000, le=1000, title="Initial slope", description="Before training.", extra=GROUP)
    ] = 0.25
    init_kind: Annotated[
        Literal["constant", "normal", "uniform"],
        Meta(
            title="Initial slope is",
            description="constant: the value above; normal, uniform: random, with it as deviation or bound.",
            extra=GROUP,
        ),
    ] = "constant"
    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        self._slopes(inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The slopes."""
        return {"weight": (self._slopes(inputs[0]),)}

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of the slopes."""
        return training_of(self, inputs)

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """The statement that draws the slopes, where they are random."""
        return [] if self.init_kind == "constant" else [drawn(f"{module}.weight", self.init_kind, self.init)]

    def _slopes(self, shape: Shape) -> int:
        return 1 if self.shared else shape[axis_of(self.axis, shape)]

    def summary(self) -> str:
        """The axis, where it is not 0, or that there is one slope."""
        return "1" if self.shared else show_axis(self.axis)

    def module(self, *inputs: Shape) -> str:
        """nn.PReLU(16)."""
        slopes = self._slopes(inputs[0])
        return code.construct(
            "nn.PReLU",
            *([slopes] if slopes > 1 else []),
            init=(self.init if self.init_kind == "constant" else 0.25, 0.25),
        )

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """self.prelu(x); torch's slopes belong to axis 0, so another one is moved there and back."""
        axis = 0 if self.shared else axis_of(self.axis, inputs[0])
        if axis == 0:
            return f"{module}({args[0]})"
        return f"{module}({args[0]}.movedim({axis + 1}, 1)).movedim(1, {axis + 1})"


class ELU(_Activation, frozen=True, kw_only=True):
    """Exponential linear unit: negative values x become alpha (exp(x) - 1)."""

    value_costs: ClassVar[Costs] = Costs(ifs=1, adds=1, multiplies=1, exps=1)

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

    value_costs: ClassVar[Costs] = Costs(adds=1, multiplies=3, exps=1)

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
    value_costs: ClassVar[Costs] = Costs(adds=1, multiplies=1, divisions=1, exps=1)


class Sigmoid(_Activation, frozen=True, kw_only=True):
    """Logistic function 1 / (1 + exp(-x)): values between 0 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("logistic", "シグモイド")
    value_costs: ClassVar[Costs] = Costs(adds=1, divisions=1, exps=1)
    saves: ClassVar[Saved] = OUTPUT


class Tanh(_Activation, frozen=True, kw_only=True):
    """Hyperbolic tangent: values between -1 and 1."""

    aliases: ClassVar[tuple[str, ...]] = ("hyperbolic tangent",)
    value_costs: ClassVar[Costs] = Costs(adds=2, divisions=1, exps=1)
    saves: ClassVar[Saved] = OUTPUT


class _AlongAxis(_Activation, frozen=True, kw_only=True):
    """Turns the values along an axis into shares of 1."""

    value_costs: ClassVar[Costs] = Costs(adds=1, divisions=1, exps=1)

    axis: AxisField = 0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def module(self, *inputs: Shape) -> str:
        """nn.Softmax(dim=1)."""
        return f"nn.{type(self).__name__}(dim={axis_of(self.axis, inputs[0]) + 1})"


class Softmax(_AlongAxis, frozen=True, kw_only=True):
    """Turns scores into probabilities that add up to 1 along an axis.

    A network that ends in SoftmaxCrossEntropy needs none: that loss takes the scores themselves.
    """

    aliases: ClassVar[tuple[str, ...]] = ("probabilities", "Softmax2d", "ソフトマックス")
    saves: ClassVar[Saved] = OUTPUT


class LogSoftmax(_AlongAxis, frozen=True, kw_only=True):
    """The logarithm of a softmax along an axis: exact where its probabilities would be too small for a float."""

    value_costs: ClassVar[Costs] = Costs(adds=2, exps=1)
    saves: ClassVar[Saved] = OUTPUT

    def costs(self, *inputs: Shape) -> Costs:
        """Those of every value, and one logarithm for each sum."""
        sums = numel(inputs[0]) // inputs[0][axis_of(self.axis, inputs[0])]
        found = super().costs(*inputs)
        return found._replace(exps=found.exps + sums)


class Softmin(_AlongAxis, frozen=True, kw_only=True):
    """A softmax of the negative values: the smallest value along an axis gets the largest probability."""

    saves: ClassVar[Saved] = OUTPUT
