"""Layers around attention: where a step stands in its sequence, the class token, and attention to channels."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Category, Costs, Count, Layer, Shape, numel, picture
from designer.layers.rates import OwnRate, OwnRates
from designer.layers.saved import NOTHING, Saved
from designer.layers.sequences import sequence


class SinusoidalPositionalEncoding(Layer, frozen=True, kw_only=True):
    """Adds sines and cosines of the step's number to a sequence, so that attention knows what comes where.

    Feature 2i of step t gets sin(t / base^(2i / features)), feature 2i + 1 the cosine (Vaswani et al., 2017).
    """

    category: ClassVar[Category] = "attention"
    title: ClassVar[str] = "Sinusoidal positional encoding"
    stem: ClassVar[str] = "positions"
    aliases: ClassVar[tuple[str, ...]] = ("position embedding", "位置エンコーディング")
    saves: ClassVar[Saved] = NOTHING

    base: Annotated[
        float, Meta(ge=1, le=1e9, title="Base", description="The slowest waves are about base times 2 pi steps long.")
    ] = 10000.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return sequence(inputs, "Positional encoding")

    def costs(self, *inputs: Shape) -> Costs:
        """One addition a value."""
        return Costs(adds=numel(inputs[0]))

    def module(self, *inputs: Shape) -> str:
        """SinusoidalPositionalEncoding(16, 64)."""
        return code.construct("SinusoidalPositionalEncoding", *inputs[0], base=(self.base, 10000.0))

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("SinusoidalPositionalEncoding",)


class LearnedPositionalEncoding(OwnRate, frozen=True, kw_only=True):
    """Adds a trained value to every place: to each feature of each step of a sequence, or to each value of a picture.

    The network is then bound to this length.
    """

    category: ClassVar[Category] = "attention"
    title: ClassVar[str] = "Learned positional encoding"
    stem: ClassVar[str] = "positions"
    aliases: ClassVar[tuple[str, ...]] = ("position embedding", "学習型位置エンコーディング")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = NOTHING

    std: Annotated[
        float, Meta(ge=0, le=1000, title="Initial deviation", description="Standard deviation of the initial values.")
    ] = 0.02

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """position, of the input's shape."""
        return {"position": inputs[0]}

    def costs(self, *inputs: Shape) -> Costs:
        """One addition a value."""
        return Costs(adds=numel(inputs[0]))

    def module(self, *inputs: Shape) -> str:
        """LearnedPositionalEncoding(16, 64)."""
        return code.construct("LearnedPositionalEncoding", *inputs[0], std=(self.std, 0.02))

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("LearnedPositionalEncoding",)


class ClassToken(OwnRate, frozen=True, kw_only=True):
    """Puts one trained step before a sequence; what attention gathers there stands for the whole (BERT, ViT).

    Behind the last attention, step 0 is taken out and classified.
    """

    category: ClassVar[Category] = "attention"
    title: ClassVar[str] = "Class token"
    stem: ClassVar[str] = "token"
    aliases: ClassVar[tuple[str, ...]] = ("CLS token", "クラストークン")
    saves: ClassVar[Saved] = NOTHING

    def output(self, *inputs: Shape) -> Shape:
        """(time + 1, features)."""
        steps, features = sequence(inputs, "Class token")
        return (steps + 1, features)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """token (1, 1, features)."""
        return {"token": (1, 1, inputs[0][1])}

    def module(self, *inputs: Shape) -> str:
        """ClassToken(64)."""
        return code.construct("ClassToken", inputs[0][1])

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("ClassToken",)


class SqueezeExcitation(OwnRates, frozen=True, kw_only=True):
    """Squeeze and excitation: weighs every channel of a picture by a factor worked out from all channels' means.

    The means go through two layers, with fewer values between them (Hu et al., 2018; torchvision's weights fit).
    """

    category: ClassVar[Category] = "attention"
    title: ClassVar[str] = "SqueezeExcitation"
    stem: ClassVar[str] = "se"
    aliases: ClassVar[tuple[str, ...]] = ("SE block", "channel attention", "チャネル注意")
    keeps_shape: ClassVar[bool] = True

    reduction: Annotated[
        Count, Meta(title="Reduction", description="How many times fewer values than channels lie between the layers.")
    ] = 16
    activation: Annotated[
        Literal["ReLU", "SiLU"], Meta(title="Activation", description="Between the layers; EfficientNet takes SiLU.")
    ] = "ReLU"
    gate: Annotated[
        Literal["Sigmoid", "Hardsigmoid"],
        Meta(title="Gate", description="What turns the last sums into factors; MobileNetV3 takes Hardsigmoid."),
    ] = "Sigmoid"

    def _squeezed(self, channels: int) -> int:
        return max(1, channels // self.reduction)

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return picture(inputs, "SqueezeExcitation")

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """fc1 and fc2, convolutions of 1x1."""
        channels = inputs[0][0]
        squeezed = self._squeezed(channels)
        return {
            "fc1.weight": (squeezed, channels, 1, 1), "fc1.bias": (squeezed,),
            "fc2.weight": (channels, squeezed, 1, 1), "fc2.bias": (channels,),
        }  # fmt: skip

    def multiply_adds(self, *inputs: Shape) -> int:
        """Those of the two layers."""
        return 2 * inputs[0][0] * self._squeezed(inputs[0][0])

    def costs(self, *inputs: Shape) -> Costs:
        """Means, the two layers with their activations, and one multiplication a value."""
        channels, squeezed = inputs[0][0], self._squeezed(inputs[0][0])
        return Costs(
            adds=numel(inputs[0]) + squeezed + 2 * channels,
            multiplies=numel(inputs[0]),
            multiply_adds=self.multiply_adds(*inputs),
            divisions=2 * channels,
            exps=channels,
            ifs=squeezed,
        )

    def summary(self) -> str:
        """The reduction: '/16'."""
        return f"/{self.reduction}"

    def module(self, *inputs: Shape) -> str:
        """SqueezeExcitation(64, 4, nn.ReLU(), nn.Sigmoid())."""
        channels = inputs[0][0]
        return f"SqueezeExcitation({channels}, {self._squeezed(channels)}, nn.{self.activation}(), nn.{self.gate}())"

    def helpers(self) -> tuple[str, ...]:
        """The class itself."""
        return ("SqueezeExcitation",)
