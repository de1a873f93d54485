"""Convolutions: weighted sums over small windows, with the same weights at every place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Category,
    Costs,
    Count,
    Facts,
    Note,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    Size,
    SizeFrom0,
    Triple,
    TripleFrom0,
    numel,
    show,
    spatial,
)
from designer.layers.saved import INPUTS, Saved
from designer.layers.weights import Weighted
from designer.layers.windows import Sizes, Window, spread

OutChannels = Annotated[Count, Meta(title="Output channels", description="How many feature maps come out.")]
Groups = Annotated[
    Count,
    Meta(
        title="Groups",
        description="Channels are split into this many groups that do not see each other; with as many groups as "
        "input channels it is a depthwise convolution.",
    ),
]
KERNEL = Meta(title="Kernel size", description="Size of the window, one number for each direction.")
STRIDE = Meta(title="Stride", description="Step of the window; 2 halves the size.")
PADDING = Meta(
    title="Padding",
    description="Zeros added on each side. 'same': as many as keep the size at stride 1, and halve it at stride 2, "
    "rounded up; 'valid': none; 'full': all with which a window still touches the input.",
)
DILATION = Meta(title="Dilation", description="Distance between the values that a window looks at; 1: side by side.")
Border = Literal["same", "valid", "full"]
OneOrMore = int | tuple[int, ...]


class _AnyConv(Weighted, frozen=True, kw_only=True):
    """What convolutions and transposed ones over any number of directions share."""

    category: ClassVar[Category] = "convolution"
    axes: ClassVar[int] = 2
    step_sign: ClassVar[str] = "/"
    """What stands before the stride on the canvas."""

    kernel_size: OneOrMore
    stride: OneOrMore
    padding: OneOrMore | Border
    dilation: OneOrMore

    @cached_property
    def kernel(self) -> Sizes:
        """The kernel's size in each direction."""
        return spread(self.kernel_size, self.axes)

    def split(self, channels: int) -> tuple[int, int]:
        """(output channels, groups) for that many input channels. Raises ShapeError."""
        raise NotImplementedError

    def multiply_adds(self, *inputs: Shape) -> int:
        """As NNC counts it: for every output value one for each channel of its group and each value of the kernel."""
        _, groups = self.split(inputs[0][0])
        return numel(self.output(*inputs)) * (inputs[0][0] // groups) * numel(self.kernel)

    def costs(self, *inputs: Shape) -> Costs:
        """Multiply-adds, and one addition of the bias for every output value."""
        adds = numel(self.output(*inputs)) if self.bias else 0
        return Costs(adds=adds, multiply_adds=self.multiply_adds(*inputs))

    def _summary(self, *middle: str) -> str:
        """'3x3, 64, /2'; border mode and dilation 'd2' where they are not the defaults."""
        parts = [show(self.kernel), *middle]
        parts += [f"{self.step_sign}{step}"] if (step := step_text(self.stride)) else []
        parts += [str(self.padding)] if self.padding in ("same", "full") else []
        parts += [f"d{step}"] if (step := step_text(self.dilation)) else []
        return ", ".join(parts)

    def _construct(self, name: str, channels: int, padding: int | str | Sizes, output_padding: int | Sizes = 0) -> str:
        """The construction of torch's module of that name for so many input channels."""
        out_channels, groups = self.split(channels)
        return code.construct(
            name,
            channels,
            out_channels,
            code.square(self.kernel),
            stride=(code.square(spread(self.stride, self.axes)), 1),
            padding=(padding, 0),
            output_padding=(output_padding, 0),
            dilation=(code.square(spread(self.dilation, self.axes)), 1),
            groups=(groups, 1),
            bias=(self.bias, True),
        )


class _FreeChannels(_AnyConv, frozen=True, kw_only=True):
    """What has a free number of output channels and of groups; stands before the other base of such a class."""

    if TYPE_CHECKING:  # fields of the subclasses: of several bases of a Struct only one may have fields of its own
        out_channels: int
        groups: int

    def split(self, channels: int) -> tuple[int, int]:
        """As the properties say."""
        return self.out_channels, self.groups

    def summary(self) -> str:
        """'3x3, 64, /2'; 'same', dilation 'd2' and groups 'g4' where they are not the defaults."""
        text = self._summary(str(self.out_channels))
        return text if self.groups == 1 else f"{text}, g{self.groups}"


class _ConvNd(_AnyConv, frozen=True, kw_only=True):
    """What convolutions over any number of directions share; `_window` may be built from other properties."""

    stem: ClassVar[str] = "conv"

    @cached_property
    def _window(self) -> Window:
        return Window.of(self.kernel_size, self.stride, self.padding, self.dilation, axes=self.axes)

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, ...) and the sizes that the window gives."""
        shape = spatial(inputs, type(self).__name__, self.axes)
        out_channels, groups = self.split(shape[0])
        if groups > 1:
            check_groups(groups, shape[0], out_channels)
        return (out_channels, *self._window.sizes(shape))

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (out_channels, channels / groups, kernel sizes) and bias."""
        out_channels, groups = self.split(inputs[0][0])
        weight = (out_channels, inputs[0][0] // groups, *self.kernel)
        return self.tensors(weight, (out_channels,))

    def saved(self, *inputs: Shape) -> Saved:
        """What enters it; where 'same' takes a padding of its own, the padded copy instead."""
        if self._window.same:
            before, after = self._window.same_padding(inputs[0])
            if before != after:
                sizes = map(sum, zip(inputs[0][1:], before, after, strict=True))
                return Saved(inputs=False, inside=numel((inputs[0][0], *sizes)))
        return INPUTS

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """Rows and columns that the last window does not reach."""
        return self._window.notes(inputs[0])

    def module(self, *inputs: Shape) -> str:
        """nn.Conv2d(...)."""
        return self._construct(f"nn.Conv{self.axes}d", inputs[0][0], self._module_padding(inputs[0]))

    def _module_padding(self, shape: Shape) -> int | str | Sizes:
        """The module's own padding, which is the same on both sides, and 'same' only at stride 1."""
        window = self._window
        if not window.same:
            return code.square(window.padding)
        before, after = window.same_padding(shape)
        if before != after:
            return 0  # see call()
        return "same" if set(window.stride) == {1} and any(before) else code.square(before)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, behind an explicit padding where 'same' needs more on one side."""
        if self._window.same:
            before, after = self._window.same_padding(inputs[0])
            if before != after:
                return f"{module}({code.zero_padded(args[0], before, after)})"
        return f"{module}({args[0]})"


class _Conv(_FreeChannels, _ConvNd, frozen=True, kw_only=True):
    """A convolution with a free number of output channels and of groups."""


class Conv2d(_Conv, frozen=True, kw_only=True):
    """Convolution: every output channel is a weighted sum over a small window of all input channels.

    Output size: floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 (torch.nn.Conv2d). With 'same' padding
    it is ceil(H / stride); an odd row or column of that padding goes to the bottom or the right, as in TensorFlow.
    """

    title: ClassVar[str] = "Conv2d"
    aliases: ClassVar[tuple[str, ...]] = (
        "Convolution", "conv", "filter", "WeightNormalization", "WeightStandardization", "SpectralNorm", "畳み込み",
    )  # fmt: skip

    out_channels: OutChannels = 16
    kernel_size: Annotated[Pair, KERNEL] = 3
    stride: Annotated[Pair, STRIDE] = 1
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    dilation: Annotated[Pair, DILATION] = 1
    groups: Groups = 1

    def _facts(self, inputs: tuple[Shape, ...]) -> Facts | ShapeError:
        """What every layer's own gives, in half the time: convolutions take most of a network's inference."""
        if type(self) is not Conv2d or not self.is_plain:  # who derives from it may count otherwise
            return super()._facts(inputs)
        try:
            output = self.output(*inputs)
        except ShapeError as error:
            return error
        sums = output[0] * (inputs[0][0] // self.groups) * numel(self.kernel)
        biases = output[0] if self.bias else 0
        multiply_adds = sums * numel(output[1:])
        return Facts((output,), sums + biases, 2 if biases else 1, multiply_adds, self._window.notes(inputs[0]))


class DepthwiseConv2d(_ConvNd, frozen=True, kw_only=True):
    """Depthwise convolution: every channel is filtered on its own, by as many filters as the multiplier says.

    The channels that come from one input channel lie side by side. A Conv2d of kernel 1 behind it mixes them: together
    they are a separable convolution (torch.nn.Conv2d with groups).
    """

    title: ClassVar[str] = "DepthwiseConv2d"
    aliases: ClassVar[tuple[str, ...]] = ("DepthwiseConvolution", "separable convolution", "深さ方向畳み込み")

    multiplier: Annotated[Count, Meta(title="Multiplier", description="Output channels for every input channel.")] = 1
    kernel_size: Annotated[Pair, KERNEL] = 3
    stride: Annotated[Pair, STRIDE] = 1
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    dilation: Annotated[Pair, DILATION] = 1

    def split(self, channels: int) -> tuple[int, int]:
        """A group for every channel."""
        return channels * self.multiplier, channels

    def summary(self) -> str:
        """'3x3, ×2'."""
        return self._summary(f"×{self.multiplier}")


class Conv1d(_Conv, frozen=True, kw_only=True):
    """Convolution over a sequence (channels x length): for sound, text and time series (torch.nn.Conv1d)."""

    axes: ClassVar[int] = 1
    title: ClassVar[str] = "Conv1d"
    aliases: ClassVar[tuple[str, ...]] = ("Convolution 1D", "temporal convolution", "sequence")

    out_channels: OutChannels = 16
    kernel_size: Annotated[Size, KERNEL] = 3
    stride: Annotated[Size, STRIDE] = 1
    padding: Annotated[SizeFrom0 | Border, PADDING] = 0
    dilation: Annotated[Size, DILATION] = 1
    groups: Groups = 1


class Conv3d(_Conv, frozen=True, kw_only=True):
    """Convolution over a volume (channels x depth x height x width): for films and scans (torch.nn.Conv3d)."""

    axes: ClassVar[int] = 3
    title: ClassVar[str] = "Conv3d"
    aliases: ClassVar[tuple[str, ...]] = ("Convolution 3D", "video", "voxel")

    out_channels: OutChannels = 16
    kernel_size: Annotated[Triple, KERNEL] = 3
    stride: Annotated[Triple, STRIDE] = 1
    padding: Annotated[TripleFrom0 | Border, PADDING] = 0
    dilation: Annotated[Triple, DILATION] = 1
    groups: Groups = 1


def check_groups(groups: int, channels: int, out_channels: int) -> None:
    """Whether the channels can be split. Raises ShapeError."""
    if channels % groups or out_channels % groups:
        raise ShapeError("groups", message(
            "{groups} groups cannot share the channels evenly: {from0} gives {channels}, and {out_channels} are to "
            "come out. The number of groups must divide both.",
            groups=groups, channels=channels, out_channels=out_channels),
            data={"groups": groups, "channels": channels, "out_channels": out_channels})  # fmt: skip


def step_text(value: OneOrMore) -> str:
    """A stride or dilation on the canvas: '2', '2x1', nothing for 1."""
    sizes = set(spread(value, 1))
    if sizes == {1}:
        return ""
    return str(sizes.pop()) if len(sizes) == 1 else show(spread(value, 1))
