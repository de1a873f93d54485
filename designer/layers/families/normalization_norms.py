"""Normalization without weights: by neighbouring channels, or by a norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.axes import Axes, axes_of, dims, show_axes
from designer.layers.base import Category, Costs, Count, Layer, Shape, no_picture, numel
from designer.layers.saved import Saved


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
    saves: ClassVar[Saved] = Saved(per_input=3.5)

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

    def costs(self, *inputs: Shape) -> Costs:
        """For every value: its square, the sum, scale, constant, power and division."""
        values = numel(inputs[0])
        return Costs(adds=2 * values, multiplies=2 * values, exps=values, divisions=values)

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


class Normalize(Layer, frozen=True, kw_only=True):
    """Divides by the norm, so that it becomes 1: vectors keep their direction and lose their length.

    The p-norm runs over the chosen axes of each sample: |x|_p = (sum |x|^p)^(1/p) (torch.nn.functional.normalize).
    """

    category: ClassVar[Category] = "normalization"
    stem: ClassVar[str] = "norm"
    aliases: ClassVar[tuple[str, ...]] = ("NormNormalization", "L2 norm", "unit length", "cosine")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = Saved(per_input=0.25)

    p: Annotated[float, Meta(ge=1, le=100, title="Power p", description="2: the usual length; 1: sum of amounts.")] = (
        2.0
    )
    axes: Axes = (0,)
    eps: Annotated[
        float, Meta(ge=1e-16, le=1, title="Epsilon", description="The smallest norm that is divided by.")
    ] = 1e-12

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axes_of(self.axes, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """The axes."""
        return show_axes(self.axes)

    def costs(self, *inputs: Shape) -> Costs:
        """For every value a multiplication (a power, where p is not 2), an addition and a division."""
        values = numel(inputs[0])
        square = self.p == 2
        return Costs(adds=values, multiplies=values * square, exps=values * (not square), divisions=values)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.normalize(x, dim=(1, 2, 3))."""
        options = [] if self.p == 2 else [f"p={self.p!r}"]
        dim = dims(axes_of(self.axes, inputs[0]))
        options += [] if dim == 1 else [f"dim={dim}"]
        options += [] if self.eps == 1e-12 else [f"eps={self.eps!r}"]
        return f"F.normalize({', '.join([args[0], *options])})"
