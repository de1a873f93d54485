"""Layers that act against overfitting; they do something in training only."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Layer, Shape


class Dropout(Layer, frozen=True, kw_only=True):
    """Sets values to 0 at random while training, so that the network does not come to rely on single ones.

    The others are multiplied by 1 / (1 - p), so that the sum stays the same on average; after training nothing is done.
    """

    category: ClassVar[Category] = "regularization"
    aliases: ClassVar[tuple[str, ...]] = ("ドロップアウト",)
    keeps_shape: ClassVar[bool] = True

    p: Annotated[float, Meta(ge=0, le=1, title="Probability", description="The share of the values that become 0.")] = (
        0.5
    )

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def summary(self) -> str:
        """The probability: '0.25'."""
        return f"{self.p:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Dropout(0.25)."""
        return f"nn.Dropout({self.p!r})"
