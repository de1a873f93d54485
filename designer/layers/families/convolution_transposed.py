"""Transposed convolutions, which enlarge: every input value adds a weighted window to the output."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Count,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    Size,
    SizeFrom0,
    Triple,
    TripleFrom0,
    show,
    spatial,
)
from designer.layers.families.convolution import (
    DILATION,
    KERNEL,
    Groups,
    OneOrMore,
    OutChannels,
    _AnyConv,
    _FreeChannels,
    check_groups,
)
from designer.layers.windows import spread

STRIDE = Meta(title="Stride", description="Distance of the windows; 2 doubles the size.")
PADDING = Meta(title="Padding", description="Rows and columns cut off on each side of the output.")
OUTPUT_PADDING = Meta(
    title="Output padding",
    description="Rows and columns added at the bottom and right of the output; less than stride or dilation.",
)


class _ConvTransposeNd(_AnyConv, frozen=True, kw_only=True):
    """What transposed convolutions over any number of directions share."""

    stem: ClassVar[str] = "deconv"
    fan: ClassVar[str] = "fan_out"
    output_axis: ClassVar[int] = 1
    step_sign: ClassVar[str] = "×"

    padding: OneOrMore
    output_padding: OneOrMore

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, ...) and the enlarged sizes."""
        channels, *sizes = spatial(inputs, type(self).__name__, self.axes)
        out_channels, groups = self.split(channels)
        check_groups(groups, channels, out_channels)
        self._check_output_padding()
        found = tuple(self._size(axis, size) for axis, size in enumerate(sizes))
        if min(found) < 1:
            padding = spread(self.padding, self.axes)
            uncut = tuple(size + 2 * cut for size, cut in zip(found, padding, strict=True))
            raise ShapeError("padding-too-large", message(
                "The padding {padding} cuts everything off: without it only {size} come out.",
                padding=show(padding), size=show(uncut)), data={"padding": padding})  # fmt: skip
        return (out_channels, *found)

    def _size(self, axis: int, size: int) -> int:
        kernel, stride, padding, extra, dilation = (
            spread(value, self.axes)[axis]
            for value in (self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation)
        )
        return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + extra + 1

    def _check_output_padding(self) -> None:
        extra = spread(self.output_padding, self.axes)
        limit = tuple(map(max, spread(self.stride, self.axes), spread(self.dilation, self.axes)))
        if any(more >= most for more, most in zip(extra, limit, strict=True)):
            raise ShapeError("output-padding", message(
                "The output padding {extra} must be smaller than the stride or the dilation, here {limit}.",
                extra=show(extra), limit=show(limit)),
                data={"output_padding": extra, "limit": limit})  # fmt: skip

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (channels, out_channels / groups, kernel sizes) and bias."""
        out_channels, groups = self.split(inputs[0][0])
        weight = (inputs[0][0], out_channels // groups, *self.kernel)
        return self.tensors(weight, (out_channels,))

    def module(self, *inputs: Shape) -> str:
        """nn.ConvTranspose2d(...)."""
        padding, output_padding = spread(self.padding, self.axes), spread(self.output_padding, self.axes)
        return self._construct(
            f"nn.ConvTranspose{self.axes}d", inputs[0][0], code.square(padding), code.square(output_padding)
        )


class _ConvTranspose(_FreeChannels, _ConvTransposeNd, frozen=True, kw_only=True):
    """A transposed convolution with a free number of output channels and of groups."""


class ConvTranspose2d(_ConvTranspose, frozen=True, kw_only=True):
    """Transposed convolution: every input value adds a weighted window to the output; stride 2 doubles the size.

    Output size: (H - 1) stride - 2 padding + dilation (kernel - 1) + output padding + 1 (torch.nn.ConvTranspose2d).
    Kernel 4, stride 2, padding 1 double the size exactly, and so do kernel 2, stride 2.
    """

    title: ClassVar[str] = "ConvTranspose2d"
    aliases: ClassVar[tuple[str, ...]] = (
        "Deconvolution",
        "transposed convolution",
        "upconv",
        "逆畳み込み",
        "転置畳み込み",
    )

    out_channels: OutChannels = 16
    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair, STRIDE] = 2
    padding: Annotated[PairFrom0, PADDING] = 0
    output_padding: Annotated[PairFrom0, OUTPUT_PADDING] = 0
    dilation: Annotated[Pair, DILATION] = 1
    groups: Groups = 1


class DepthwiseConvTranspose2d(_ConvTransposeNd, frozen=True, kw_only=True):
    """Depthwise transposed convolution: every channel has a kernel of its own, and neighbours may be added up.

    With divisor 1 as many channels come out as go in; with divisor 2 every two of them become one
    (torch.nn.ConvTranspose2d with groups).
    """

    title: ClassVar[str] = "DepthwiseConvTranspose2d"
    aliases: ClassVar[tuple[str, ...]] = ("DepthwiseDeconvolution", "depthwise transposed convolution")

    divisor: Annotated[
        Count, Meta(title="Divisor", description="Input channels for every output channel; divides their number.")
    ] = 1
    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair, STRIDE] = 2
    padding: Annotated[PairFrom0, PADDING] = 0
    output_padding: Annotated[PairFrom0, OUTPUT_PADDING] = 0
    dilation: Annotated[Pair, DILATION] = 1

    def split(self, channels: int) -> tuple[int, int]:
        """A group for every output channel."""
        if channels % self.divisor:
            raise ShapeError("divisor", message(
                "The divisor {divisor} does not divide the {channels} channels from {from0}.",
                divisor=self.divisor, channels=channels),
                data={"divisor": self.divisor, "channels": channels})  # fmt: skip
        return channels // self.divisor, channels // self.divisor

    def summary(self) -> str:
        """'2x2, ×2', and the divisor ':2' where it is not 1."""
        return self._summary(*([f":{self.divisor}"] if self.divisor != 1 else []))


class ConvTranspose1d(_ConvTranspose, frozen=True, kw_only=True):
    """Transposed convolution over a sequence (channels x length), which makes it longer (torch.nn.ConvTranspose1d)."""

    axes: ClassVar[int] = 1
    title: ClassVar[str] = "ConvTranspose1d"
    aliases: ClassVar[tuple[str, ...]] = ("Deconvolution 1D",)

    out_channels: OutChannels = 16
    kernel_size: Annotated[Size, KERNEL] = 2
    stride: Annotated[Size, STRIDE] = 2
    padding: Annotated[SizeFrom0, PADDING] = 0
    output_padding: Annotated[SizeFrom0, OUTPUT_PADDING] = 0
    dilation: Annotated[Size, DILATION] = 1
    groups: Groups = 1


class ConvTranspose3d(_ConvTranspose, frozen=True, kw_only=True):
    """Transposed convolution over a volume (channels x depth x height x width) (torch.nn.ConvTranspose3d)."""

    axes: ClassVar[int] = 3
    title: ClassVar[str] = "ConvTranspose3d"
    aliases: ClassVar[tuple[str, ...]] = ("Deconvolution 3D",)

    out_channels: OutChannels = 16
    kernel_size: Annotated[Triple, KERNEL] = 2
    stride: Annotated[Triple, STRIDE] = 2
    padding: Annotated[TripleFrom0, PADDING] = 0
    output_padding: Annotated[TripleFrom0, OUTPUT_PADDING] = 0
    dilation: Annotated[Triple, DILATION] = 1
    groups: Groups = 1
