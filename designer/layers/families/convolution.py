"""Convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers.base import (
    Category, Count, Layer, Note, Pair, PairFrom0, Shape, ShapeError, code_pair, pair, picture, show_pair,
)  # fmt: skip


class Conv2d(Layer, frozen=True, kw_only=True):
    """2-D convolution: every output channel is a weighted sum over a small window of all input channels.

    Output size: floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 (torch.nn.Conv2d).
    """

    category: ClassVar[Category] = "convolution"
    title: ClassVar[str] = "Conv2d"
    stem: ClassVar[str] = "conv"
    aliases: ClassVar[tuple[str, ...]] = ("Convolution", "conv")

    out_channels: Annotated[Count, Meta(title="Output channels", description="How many feature maps come out.")] = 16
    kernel_size: Annotated[Pair, Meta(title="Kernel size", description="Height and width of the window.")] = 3
    stride: Annotated[Pair, Meta(title="Stride", description="Step of the window; 2 halves the size.")] = 1
    padding: Annotated[
        PairFrom0 | Literal["same", "valid"],
        Meta(title="Padding", description="Zeros added on each side; 'same' keeps the size, 'valid' adds none."),
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, H', W')."""
        raise ShapeError("x", message("{x}", x=1))
