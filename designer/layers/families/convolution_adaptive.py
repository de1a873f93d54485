"""Convolutions whose windows or weights the network itself works out for every place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Category,
    Costs,
    Count,
    Layer,
    Pair,
    PairFrom0,
    Ports,
    Shape,
    ShapeError,
    numel,
    picture,
    show,
)
from designer.layers.families.convolution import (
    DILATION,
    KERNEL,
    PADDING,
    STRIDE,
    Border,
    Groups,
    OutChannels,
    _Conv,
)
from designer.layers.windows import spread


class DeformConv2d(_Conv, frozen=True, kw_only=True):
    """Deformable convolution: a second input shifts every place that a window looks at, a third may weigh it.

    The offsets have 2 x offset groups x kernel height x kernel width channels (rows before columns) and the output's
    height and width, mostly from a convolution beside this one; the mask half as many (torchvision's DeformConv2d, but
    the code needs torch alone).
    """

    title: ClassVar[str] = "DeformConv2d"
    aliases: ClassVar[tuple[str, ...]] = ("DeformableConvolution", "deformable convolution", "変形可能畳み込み")
    ports: ClassVar[Ports] = Ports(("input", "offset"), optional=("mask",))

    out_channels: OutChannels = 16
    kernel_size: Annotated[Pair, KERNEL] = 3
    stride: Annotated[Pair, STRIDE] = 1
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    dilation: Annotated[Pair, DILATION] = 1
    groups: Groups = 1
    offset_groups: Annotated[
        Count, Meta(title="Offset groups", description="The channels are split into as many groups with own offsets.")
    ] = 1

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, H', W'); offsets and mask must have the same height and width."""
        found = super().output(inputs[0])
        channels = inputs[0][0]
        if channels % self.offset_groups:
            raise ShapeError("offset-groups", message(
                "{groups} offset groups cannot share the {channels} channels from {from0} evenly.",
                groups=self.offset_groups, channels=channels),
                data={"groups": self.offset_groups, "channels": channels})  # fmt: skip
        places = self.offset_groups * numel(spread(self.kernel_size, 2))
        for port, (shape, planes) in enumerate(zip(inputs[1:], (2 * places, places), strict=False), start=1):
            wanted = (planes, *found[1:])
            if shape != wanted:
                raise ShapeError("offset-shape", message(
                    "The input '{port}' of DeformConv2d must be {wanted} here, but it is {shape}.",
                    port=("offset", "mask")[port - 1], wanted=show(wanted), shape=show(shape)),
                    port=port, data={"wanted": wanted})  # fmt: skip
        return found

    def costs(self, *inputs: Shape) -> Costs:
        """The convolution's own, and four multiplications and three additions for each value between pixels."""
        plain = super().costs(*inputs)
        values = inputs[0][0] * numel(spread(self.kernel_size, 2)) * numel(self.output(*inputs)[1:])
        masked = values if len(inputs) == 3 else 0
        return plain._replace(adds=plain.adds + 3 * values, multiplies=4 * values + masked)

    def helpers(self) -> tuple[str, ...]:
        """DeformConv2d, which torch does not have."""
        return (*super().helpers(), "DeformConv2d")

    def _before_and_after(self, shape: Shape) -> tuple[tuple[int, ...], tuple[int, ...]]:
        if self._window.same:
            return self._window.same_padding(shape)
        return self._window.padding, self._window.padding

    def module(self, *inputs: Shape) -> str:
        """DeformConv2d(...). Padding at the end needs no word: what lies outside counts as 0 anyway."""
        before, _ = self._before_and_after(inputs[0])
        return code.construct(
            "DeformConv2d",
            inputs[0][0],
            self.out_channels,
            spread(self.kernel_size, 2),
            stride=(spread(self.stride, 2), (1, 1)),
            padding=(before, (0, 0)),
            dilation=(spread(self.dilation, 2), (1, 1)),
            groups=(self.groups, 1),
            offset_groups=(self.offset_groups, 1),
            bias=(self.bias, True),
        )

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call with offsets and mask."""
        return f"{module}({', '.join(args)})"


class AdaptiveSeparableConv2d(Layer, frozen=True, kw_only=True):
    """Filters every place of a picture with a kernel of its own: a column and a row that other layers work out.

    The second input (K, H', W') has a column of K weights for every place of the output, the third (K', H', W') a row;
    all channels share them. H' = H - K + 1 and W' = W - K' + 1; columns and rows for more places than that are cut.
    Used to interpolate frames of films.
    """

    category: ClassVar[Category] = "convolution"
    title: ClassVar[str] = "AdaptiveSeparableConv2d"
    stem: ClassVar[str] = "sepconv"
    aliases: ClassVar[tuple[str, ...]] = ("AdaptiveSeparableConvolution", "adaptive separable convolution")
    ports: ClassVar[Ports] = Ports(("input", "vertical", "horizontal"))

    def output(self, *inputs: Shape) -> Shape:
        """(C, H - K + 1, W - K' + 1)."""
        channels, height, width = picture(inputs, "AdaptiveSeparableConv2d")
        vertical, horizontal = inputs[1], inputs[2]
        for port, shape in ((1, vertical), (2, horizontal)):
            if len(shape) != 3:
                raise self._refusal(port, shape, "K x H' x W'")
        out = (height - vertical[0] + 1, width - horizontal[0] + 1)
        if min(out) < 1:
            raise ShapeError("kernel-too-large", message(
                "A window of {window} does not fit into {size}: {from0} gives {shape}. Make the kernel smaller, or add "
                "padding.", window=f"{vertical[0]}x{horizontal[0]}", size=f"{height}x{width}",
                shape=show(inputs[0])))  # fmt: skip
        for port, shape in ((1, vertical), (2, horizontal)):
            if not (out[0] <= shape[1] <= height and out[1] <= shape[2] <= width):
                raise self._refusal(port, shape, show((shape[0], *out)))
        return (channels, *out)

    def _refusal(self, port: int, shape: Shape, wanted: str) -> ShapeError:
        return ShapeError("kernel-shape", message(
            "The input '{port}' of AdaptiveSeparableConv2d must be {wanted} here, but it is {shape}.",
            port=self.ports.names[port], wanted=wanted, shape=show(shape)), port=port)  # fmt: skip

    def multiply_adds(self, *inputs: Shape) -> int:
        """For every output value one for each value in its window."""
        return numel(self.output(*inputs)) * inputs[1][0] * inputs[2][0]

    def costs(self, *inputs: Shape) -> Costs:
        """Multiply-adds, and the product of column and row at every place."""
        places = numel(self.output(*inputs)[1:])
        return Costs(multiplies=places * inputs[1][0] * inputs[2][0], multiply_adds=self.multiply_adds(*inputs))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """A sum over the windows of the picture, weighed by columns and rows."""
        _, height, width = self.output(*inputs)
        kernels = [
            arg if shape[1:] == (height, width) else f"{arg}[:, :, :{height}, :{width}]"
            for arg, shape in zip(args[1:], inputs[1:], strict=True)
        ]
        windows = f"{args[0]}.unfold(2, {inputs[1][0]}, 1).unfold(3, {inputs[2][0]}, 1)"
        return f'torch.einsum("nchwij,nihw,njhw->nchw", {windows}, {", ".join(kernels)})'
