"""Convolutions: weighted sums over small windows, with the same weights at every place."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Category,
    Count,
    Note,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    numel,
    pair,
    picture,
    show_pair,
)
from designer.layers.weights import Weighted
from designer.layers.windows import Window

OutChannels = Annotated[Count, Meta(title="Output channels", description="How many feature maps come out.")]
KernelSize = Annotated[Pair, Meta(title="Kernel size", description="Height and width of the window.")]
Dilation = Annotated[
    Pair, Meta(title="Dilation", description="Distance between the values that a window looks at; 1: side by side.")
]
Groups = Annotated[
    Count,
    Meta(
        title="Groups",
        description="Channels are split into this many groups that do not see each other; with as many groups as "
        "input channels it is a depthwise convolution.",
    ),
]


class Conv2d(Weighted, frozen=True, kw_only=True):
    """Convolution: every output channel is a weighted sum over a small window of all input channels.

    Output size: floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1 (torch.nn.Conv2d). With 'same' padding
    it is ceil(H / stride); an odd row or column of that padding goes to the bottom or the right, as in TensorFlow.
    """

    category: ClassVar[Category] = "convolution"
    title: ClassVar[str] = "Conv2d"
    stem: ClassVar[str] = "conv"
    aliases: ClassVar[tuple[str, ...]] = ("Convolution", "DepthwiseConvolution", "conv", "filter", "畳み込み")

    out_channels: OutChannels = 16
    kernel_size: KernelSize = 3
    stride: Annotated[Pair, Meta(title="Stride", description="Step of the window; 2 halves the size.")] = 1
    padding: Annotated[
        PairFrom0 | Literal["same", "valid"],
        Meta(
            title="Padding",
            description="Zeros added on each side. 'same': as many as keep the size at stride 1, and halve it at "
            "stride 2, rounded up; 'valid': none.",
        ),
    ] = 0
    dilation: Dilation = 1
    groups: Groups = 1

    @cached_property
    def _window(self) -> Window:
        return Window.of(self.kernel_size, self.stride, self.padding, self.dilation)

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, H', W')."""
        channels, _, _ = picture(inputs, "Conv2d")
        _check_groups(self.groups, channels, self.out_channels)
        return (self.out_channels, *self._window.sizes(inputs[0]))

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (out_channels, channels / groups, kernel height, kernel width) and bias."""
        weight = (self.out_channels, inputs[0][0] // self.groups, *pair(self.kernel_size))
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def multiply_adds(self, *inputs: Shape) -> int:
        """For every output value, one for each value in its window."""
        kernel_h, kernel_w = pair(self.kernel_size)
        return numel(self.output(*inputs)) * (inputs[0][0] // self.groups) * kernel_h * kernel_w

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """Rows and columns that the last window does not reach."""
        return self._window.notes(inputs[0])

    def summary(self) -> str:
        """'3x3, 64, /2'; 'same', dilation 'd2' and groups 'g4' where they are not the defaults."""
        parts = [show_pair(self.kernel_size), str(self.out_channels)]
        parts += [f"/{step}"] if (step := _step(self.stride)) else []
        parts += ["same"] if self.padding == "same" else []
        parts += [f"d{step}"] if (step := _step(self.dilation)) else []
        parts += [f"g{self.groups}"] if self.groups != 1 else []
        return ", ".join(parts)

    def module(self, *inputs: Shape) -> str:
        """nn.Conv2d(...)."""
        return code.construct(
            "nn.Conv2d",
            inputs[0][0],
            self.out_channels,
            code.square(pair(self.kernel_size)),
            stride=(code.square(pair(self.stride)), 1),
            padding=(self._module_padding(inputs[0]), 0),
            dilation=(code.square(pair(self.dilation)), 1),
            groups=(self.groups, 1),
            bias=(self.bias, True),
        )

    def _module_padding(self, shape: Shape) -> int | str | tuple[int, int]:
        """The module's own padding, which is the same on both sides, and 'same' only at stride 1."""
        window = self._window
        if not window.same:
            return code.square(window.padding)
        before, after = window.same_padding(shape)
        if before != after:
            return 0  # see call()
        return "same" if window.stride == (1, 1) and any(before) else code.square(before)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, behind an explicit padding where 'same' needs more on one side."""
        if self._window.same:
            before, after = self._window.same_padding(inputs[0])
            if before != after:
                return f"{module}({code.zero_padded(args[0], before, after)})"
        return f"{module}({args[0]})"


class ConvTranspose2d(Weighted, frozen=True, kw_only=True):
    """Transposed convolution: every input value adds a weighted window to the output; stride 2 doubles the size.

    Output size: (H - 1) stride - 2 padding + dilation (kernel - 1) + output padding + 1 (torch.nn.ConvTranspose2d).
    Kernel 4, stride 2, padding 1 double the size exactly, and so do kernel 2, stride 2.
    """

    category: ClassVar[Category] = "convolution"
    title: ClassVar[str] = "ConvTranspose2d"
    stem: ClassVar[str] = "deconv"
    aliases: ClassVar[tuple[str, ...]] = (
        "Deconvolution",
        "transposed convolution",
        "upconv",
        "逆畳み込み",
        "転置畳み込み",
    )
    fan: ClassVar[str] = "fan_out"

    out_channels: OutChannels = 16
    kernel_size: KernelSize = 2
    stride: Annotated[Pair, Meta(title="Stride", description="Distance of the windows; 2 doubles the size.")] = 2
    padding: Annotated[
        PairFrom0, Meta(title="Padding", description="Rows and columns cut off on each side of the output.")
    ] = 0
    output_padding: Annotated[
        PairFrom0,
        Meta(
            title="Output padding",
            description="Rows and columns added at the bottom and right of the output; less than stride or dilation.",
        ),
    ] = 0
    dilation: Dilation = 1
    groups: Groups = 1

    def output(self, *inputs: Shape) -> Shape:
        """(out_channels, H', W')."""
        channels, height, width = picture(inputs, "ConvTranspose2d")
        _check_groups(self.groups, channels, self.out_channels)
        self._check_output_padding()
        size = (self._size(0, height), self._size(1, width))
        if min(size) < 1:
            raise ShapeError("padding-too-large", message(
                "The padding {padding} cuts everything off: without it only {size} come out.",
                padding=show_pair(self.padding),
                size=show_pair((size[0] + 2 * pair(self.padding)[0], size[1] + 2 * pair(self.padding)[1]))),
                data={"padding": pair(self.padding)})  # fmt: skip
        return (self.out_channels, *size)

    def _size(self, axis: int, size: int) -> int:
        """Output height (axis 0) or width (axis 1)."""
        kernel, stride, padding, dilation = (
            pair(value)[axis] for value in (self.kernel_size, self.stride, self.padding, self.dilation)
        )
        return (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + pair(self.output_padding)[axis] + 1

    def _check_output_padding(self) -> None:
        limit = tuple(map(max, pair(self.stride), pair(self.dilation)))
        if any(extra >= most for extra, most in zip(pair(self.output_padding), limit, strict=True)):
            raise ShapeError("output-padding", message(
                "The output padding {extra} must be smaller than the stride or the dilation, here {limit}.",
                extra=show_pair(self.output_padding), limit=show_pair(limit)),
                data={"output_padding": pair(self.output_padding), "limit": limit})  # fmt: skip

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (channels, out_channels / groups, kernel height, kernel width) and bias."""
        weight = (inputs[0][0], self.out_channels // self.groups, *pair(self.kernel_size))
        return {"weight": weight, "bias": (self.out_channels,)} if self.bias else {"weight": weight}

    def multiply_adds(self, *inputs: Shape) -> int:
        """As NNC counts it: for every output value one for each channel and each value of the kernel."""
        kernel_h, kernel_w = pair(self.kernel_size)
        return numel(self.output(*inputs)) * (inputs[0][0] // self.groups) * kernel_h * kernel_w

    def summary(self) -> str:
        """'2x2, 64, x2'; dilation 'd2' and groups 'g4' where they are not the defaults."""
        parts = [show_pair(self.kernel_size), str(self.out_channels)]
        parts += [f"×{step}"] if (step := _step(self.stride)) else []
        parts += [f"d{step}"] if (step := _step(self.dilation)) else []
        parts += [f"g{self.groups}"] if self.groups != 1 else []
        return ", ".join(parts)

    def module(self, *inputs: Shape) -> str:
        """nn.ConvTranspose2d(...)."""
        return code.construct(
            "nn.ConvTranspose2d",
            inputs[0][0],
            self.out_channels,
            code.square(pair(self.kernel_size)),
            stride=(code.square(pair(self.stride)), 1),
            padding=(code.square(pair(self.padding)), 0),
            output_padding=(code.square(pair(self.output_padding)), 0),
            groups=(self.groups, 1),
            bias=(self.bias, True),
            dilation=(code.square(pair(self.dilation)), 1),
        )


def _check_groups(groups: int, channels: int, out_channels: int) -> None:
    if channels % groups or out_channels % groups:
        raise ShapeError("groups", message(
            "{groups} groups cannot share the channels evenly: {from0} gives {channels}, and {out_channels} are to "
            "come out. The number of groups must divide both.",
            groups=groups, channels=channels, out_channels=out_channels),
            data={"groups": groups, "channels": channels, "out_channels": out_channels})  # fmt: skip


def _step(value: int | tuple[int, ...]) -> str:
    """A stride or dilation on the canvas: '2', '2x1', nothing for 1."""
    step = code.square(pair(value))
    if step == 1:
        return ""
    return show_pair(step) if isinstance(step, tuple) else str(step)
