"""Layers that act against overfitting; they do something in training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Axis, Category, Costs, Layer, Shape, axis_of, numel, picture, show_axis
from designer.layers.saved import NOTHING, Saved

Probability = Annotated[
    float, Meta(ge=0, le=1, title="Probability", description="The share of the values that become 0.")
]


class _Regularizer(Layer, frozen=True, kw_only=True):
    """A regularizer keeps the shape."""

    category: ClassVar[Category] = "regularization"
    keeps_shape: ClassVar[bool] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]


class Dropout(_Regularizer, frozen=True, kw_only=True):
    """Sets values to 0 at random while training, so that the network does not come to rely on single ones.

    The others are multiplied by 1 / (1 - p), so that the sum stays the same on average; after training nothing is done.
    """

    aliases: ClassVar[tuple[str, ...]] = ("MC dropout", "ドロップアウト")
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)

    p: Probability = 0.5
    always: Annotated[
        bool,
        Meta(
            title="Also after training",
            description="Goes on in evaluation, so that several answers show how sure the network is (Monte Carlo).",
        ),
    ] = False

    def costs(self, *inputs: Shape) -> Costs:
        """NNC's figures: one multiplication a value."""
        return Costs(multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The probability: '0.25'."""
        return f"{self.p:.3g}"

    def module(self, *inputs: Shape) -> str | None:
        """nn.Dropout(0.25)."""
        return None if self.always else f"nn.Dropout({self.p!r})"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call; the function where evaluation makes no difference."""
        return f"F.dropout({args[0]}, {self.p!r}, training=True)" if self.always else f"{module}({args[0]})"


class Dropout2d(_Regularizer, frozen=True, kw_only=True):
    """Sets whole channels of a picture to 0 at random while training: neighbouring values tell too much of each other.

    The other channels are multiplied by 1 / (1 - p); after training nothing is done.
    """

    title: ClassVar[str] = "Dropout2d"
    stem: ClassVar[str] = "dropout"
    aliases: ClassVar[tuple[str, ...]] = ("spatial dropout", "channel dropout", "チャネルドロップアウト")
    saves: ClassVar[Saved] = NOTHING

    p: Annotated[
        float, Meta(ge=0, le=1, title="Probability", description="The share of the channels that become 0.")
    ] = 0.5

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return picture(inputs, "Dropout2d")

    def costs(self, *inputs: Shape) -> Costs:
        """One multiplication a value."""
        return Costs(multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The probability: '0.25'."""
        return f"{self.p:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Dropout2d(0.25)."""
        return f"nn.Dropout2d({self.p!r})"


class AlphaDropout(_Regularizer, frozen=True, kw_only=True):
    """Dropout for networks with SELU: keeps mean 0 and variance 1, as the values that go become SELU's least, not 0."""

    stem: ClassVar[str] = "dropout"
    aliases: ClassVar[tuple[str, ...]] = ("SELU dropout", "アルファドロップアウト")
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)

    p: Annotated[float, Meta(ge=0, le=1, title="Probability", description="The share of the values that go.")] = 0.5

    def costs(self, *inputs: Shape) -> Costs:
        """One multiplication and one addition a value."""
        return Costs(adds=numel(inputs[0]), multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The probability: '0.25'."""
        return f"{self.p:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.AlphaDropout(0.25)."""
        return f"nn.AlphaDropout({self.p!r})"


class StochasticDepth(_Regularizer, frozen=True, kw_only=True):
    """Drops a branch for some samples while training: put it at the branch's end, before the Add with the shortcut.

    With probability p everything of a sample becomes 0, else it is multiplied by 1 / (1 - p) (Huang et al., 2016;
    torchvision's StochasticDepth with mode "row", timm's DropPath).
    """

    title: ClassVar[str] = "StochasticDepth"
    stem: ClassVar[str] = "droppath"
    aliases: ClassVar[tuple[str, ...]] = ("DropPath", "drop path", "確率的深さ")
    saves: ClassVar[Saved] = NOTHING

    p: Annotated[
        float, Meta(ge=0, le=1, title="Probability", description="The share of the samples whose branch is dropped.")
    ] = 0.1

    def costs(self, *inputs: Shape) -> Costs:
        """One multiplication a value."""
        return Costs(multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The probability: '0.1'."""
        return f"{self.p:.3g}"

    def module(self, *inputs: Shape) -> str:
        """StochasticDepth(0.1)."""
        return f"StochasticDepth({self.p!r})"

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("StochasticDepth",)


class GaussianNoise(_Regularizer, frozen=True, kw_only=True):
    """Adds normal random numbers to all values while training; afterwards it does nothing."""

    title: ClassVar[str] = "GaussianNoise"
    stem: ClassVar[str] = "noise"
    aliases: ClassVar[tuple[str, ...]] = ("normal noise", "ガウスノイズ")
    saves: ClassVar[Saved] = NOTHING

    std: Annotated[
        float, Meta(ge=0, le=1000, title="Deviation", description="Standard deviation of the random numbers.")
    ] = 0.1

    def costs(self, *inputs: Shape) -> Costs:
        """One multiplication and one addition a value."""
        return Costs(adds=numel(inputs[0]), multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The deviation: '0.1'."""
        return f"{self.std:.3g}"

    def module(self, *inputs: Shape) -> str:
        """GaussianNoise(0.1)."""
        return f"GaussianNoise({self.std!r})"

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("GaussianNoise",)


class LayerScale(_Regularizer, frozen=True, kw_only=True):
    """Multiplies every channel by a trained factor that starts near 0, so that a deep network starts as its shortcuts.

    The channels are a picture's, or a sequence's features (Touvron et al., 2021; in ConvNeXt and many ViTs).
    """

    title: ClassVar[str] = "LayerScale"
    stem: ClassVar[str] = "scale"
    aliases: ClassVar[tuple[str, ...]] = ("channel scale", "gamma", "レイヤースケール")

    initial: Annotated[
        float, Meta(ge=-1000, le=1000, title="Initial factor", description="What every factor starts with.")
    ] = 1e-4
    axis: Annotated[
        Axis | None,
        Meta(title="Axis", description="The axis of the channels; empty: 0 of a picture, else the last one."),
    ] = None

    def _shape(self, shape: Shape) -> Shape:
        axis = (0 if len(shape) == 3 else len(shape) - 1) if self.axis is None else axis_of(self.axis, shape)
        return (shape[axis], *[1] * (len(shape) - axis - 1))

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        self._shape(inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """factor (channels, 1, 1)."""
        return {"factor": self._shape(inputs[0])}

    def costs(self, *inputs: Shape) -> Costs:
        """One multiplication a value."""
        return Costs(multiplies=numel(inputs[0]))

    def summary(self) -> str:
        """The initial factor, and the axis where it is set: '0.0001, axis 1'."""
        axis = show_axis(self.axis) if self.axis is not None else ""
        return f"{self.initial:.3g}" + (f", {axis}" if axis else "")

    def module(self, *inputs: Shape) -> str:
        """LayerScale(64, 1, 1, initial=0.0001)."""
        return code.construct("LayerScale", *self._shape(inputs[0]), initial=(self.initial, None))

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("LayerScale",)
