"""Noise against overfitting."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Axis, Category, Costs, Layer, Ports, Shape, ShapeError, axis_of, numel, show
from designer.layers.saved import NOTHING, Saved


class VATNoise(Layer, frozen=True, kw_only=True):
    """Noise for virtual adversarial training: the small change of the input that would raise the loss most.

    The length of the noise is `eps` for every sample. Its direction is the slope of the loss with respect to this noise
    in the last backward pass, and random in the first; wired to `direction`, it is that value's. Add the noise to the
    input and compare the outputs with and without it.
    """

    category: ClassVar[Category] = "regularization"
    stem: ClassVar[str] = "noise"
    aliases: ClassVar[tuple[str, ...]] = ("virtual adversarial training", "adversarial", "敵対的", "ノイズ")
    ports: ClassVar[Ports] = Ports(optional=("direction",))
    saves: ClassVar[Saved] = NOTHING

    eps: Annotated[float, Meta(ge=0, le=1_000_000, title="Length", description="The length of the noise.")] = 0.0001
    axis: Annotated[
        Axis, Meta(title="First axis", description="From this axis on, values together have that length.")
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if len(inputs) > 1 and inputs[1] != inputs[0]:
            raise ShapeError("direction-shape", message(
                "The direction must have the input's shape: {from0} gives {shape}, but {from1} gives {found}.",
                shape=show(inputs[0]), found=show(inputs[1])), port=1)  # fmt: skip
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def multiply_adds(self, *inputs: Shape) -> int:
        """Those of the squares' sum."""
        return numel(inputs[0])

    def costs(self, *inputs: Shape) -> Costs:
        """The squares, their sum, and the quotients."""
        size = numel(inputs[0])
        return Costs(multiplies=size, multiply_adds=size, divisions=size)

    def summary(self) -> str:
        """'0.0001'."""
        return f"{self.eps:.3g}"

    def module(self, *inputs: Shape) -> str:
        """VATNoise(0.0001)."""
        return code.construct("VATNoise", self.eps, axis=(axis_of(self.axis, inputs[0]) + 1, 1))

    def helpers(self) -> tuple[str, ...]:
        """The class of the same name."""
        return ("VATNoise",)
