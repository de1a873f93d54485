"""Normalization of activations within the network."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Count, Layer, Shape, ShapeError, no_picture, show


class BatchNorm(Layer, frozen=True, kw_only=True):
    """Batch normalization: every channel is brought to mean 0 and variance 1, then to a trained mean and variance.

    While training, mean and variance are those of the batch; afterwards the running averages that training kept.
    For pictures every channel counts as one, for vectors every value (torch.nn.BatchNorm2d and BatchNorm1d).
    """

    category: ClassVar[Category] = "normalization"
    title: ClassVar[str] = "BatchNorm"
    stem: ClassVar[str] = "bn"
    aliases: ClassVar[tuple[str, ...]] = ("BatchNormalization", "BatchNorm2d", "BatchNorm1d", "bn", "バッチ正規化")
    keeps_shape: ClassVar[bool] = True

    eps: Annotated[
        float, Meta(ge=1e-12, le=1, title="Epsilon", description="Added to the variance, so that nothing divides by 0.")
    ] = 1e-5
    momentum: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Momentum",
            description="Weight of the new batch in the running averages: 1 - NNC's decay rate.",
        ),
    ] = 0.1
    affine: Annotated[
        bool, Meta(title="Scale and shift", description="Trains a factor and a constant for every channel.")
    ] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if len(inputs[0]) > 4:
            raise ShapeError("too-many-axes", message("BatchNorm takes 4 axes at most, but {from0} gives {shape}.",
                                                      shape=show(inputs[0])))  # fmt: skip
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight and bias, one value for each channel."""
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def module(self, *inputs: Shape) -> str:
        """nn.BatchNorm2d(...) for pictures, nn.BatchNorm1d(...) for vectors and sequences."""
        return code.construct(
            f"nn.BatchNorm{max(len(inputs[0]) - 1, 1)}d",
            inputs[0][0],
            eps=(self.eps, 1e-5),
            momentum=(self.momentum, 0.1),
            affine=(self.affine, True),
        )


class LocalResponseNorm(Layer, frozen=True, kw_only=True):
    """Local response normalization: every value is divided by (k + alpha / size * sum of squares) ** beta.

    The sum runs over the same place in `size` neighbouring channels (torch.nn.LocalResponseNorm). TensorFlow does not
    divide alpha by the size: its depth_radius r and alpha a are size 2 r + 1 and alpha a (2 r + 1) here.
    """

    category: ClassVar[Category] = "normalization"
    title: ClassVar[str] = "LocalResponseNorm"
    stem: ClassVar[str] = "lrn"
    aliases: ClassVar[tuple[str, ...]] = ("LRN", "local response normalization", "局所応答正規化")
    keeps_shape: ClassVar[bool] = True

    size: Annotated[
        Count, Meta(title="Size", description="How many neighbouring channels the sum of squares runs over.")
    ] = 5
    alpha: Annotated[
        float, Meta(ge=0, le=1000, title="Alpha", description="Weight of the sum of squares; divided by the size.")
    ] = 1e-4
    beta: Annotated[float, Meta(ge=0, le=100, title="Beta", description="Exponent of the divisor.")] = 0.75
    k: Annotated[
        float, Meta(ge=0, le=1000, title="Constant k", description="Added to the sum of squares; TensorFlow's bias.")
    ] = 1.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if len(inputs[0]) < 2:
            raise no_picture(inputs[0], "LocalResponseNorm")
        return inputs[0]

    def summary(self) -> str:
        """The size: '5'."""
        return str(self.size)

    def module(self, *inputs: Shape) -> str:
        """nn.LocalResponseNorm(...)."""
        return code.construct(
            "nn.LocalResponseNorm",
            self.size,
            alpha=(self.alpha, 1e-4),
            beta=(self.beta, 0.75),
            k=(self.k, 1.0),
        )
