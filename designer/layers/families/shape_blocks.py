"""Layers that exchange places for channels: small blocks of a picture become channels, and back."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Count, Layer, Pair, PairFrom0, Shape, ShapeError, numel, picture, show_pair
from designer.layers.saved import NOTHING, Saved
from designer.layers.windows import Window, spread

Factor = Annotated[int, Meta(ge=1, le=1000)]


class PixelShuffle(Layer, frozen=True, kw_only=True):
    """Makes a picture larger by spreading channels out: r x r channels become blocks of r x r pixels.

    The last step of many networks that enlarge pictures (torch.nn.PixelShuffle).
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "PixelShuffle"
    stem: ClassVar[str] = "shuffle"
    aliases: ClassVar[tuple[str, ...]] = ("depth to space", "sub-pixel convolution", "super resolution")
    saves: ClassVar[Saved] = NOTHING

    upscale_factor: Annotated[Factor, Meta(title="Factor", description="How many times larger it becomes.")] = 2

    def output(self, *inputs: Shape) -> Shape:
        """(C / r / r, r H, r W)."""
        channels, height, width = picture(inputs, "PixelShuffle")
        r = self.upscale_factor
        if channels % (r * r):
            raise ShapeError("shuffle-channels", message(
                "The factor {factor} needs a number of channels that {square} divides, but {from0} gives {channels}.",
                factor=r, square=r * r, channels=channels), data={"channels": channels})  # fmt: skip
        return (channels // (r * r), r * height, r * width)

    def summary(self) -> str:
        """'×2'."""
        return f"×{self.upscale_factor}"

    def module(self, *inputs: Shape) -> str:
        """nn.PixelShuffle(2)."""
        return f"nn.PixelShuffle({self.upscale_factor})"


class PixelUnshuffle(Layer, frozen=True, kw_only=True):
    """Makes a picture smaller without losing a value: blocks of r x r pixels become channels.

    The opposite of PixelShuffle (torch.nn.PixelUnshuffle).
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "PixelUnshuffle"
    stem: ClassVar[str] = "unshuffle"
    aliases: ClassVar[tuple[str, ...]] = ("space to depth", "reorg", "focus")
    saves: ClassVar[Saved] = NOTHING

    downscale_factor: Annotated[Factor, Meta(title="Factor", description="How many times smaller it becomes.")] = 2

    def output(self, *inputs: Shape) -> Shape:
        """(r r C, H / r, W / r)."""
        channels, height, width = picture(inputs, "PixelUnshuffle")
        r = self.downscale_factor
        if height % r or width % r:
            raise ShapeError("unshuffle-size", message(
                "The factor {factor} must divide height and width, but {from0} gives {size}.",
                factor=r, size=f"{height}x{width}"), data={"size": (height, width)})  # fmt: skip
        return (channels * r * r, height // r, width // r)

    def summary(self) -> str:
        """'/2'."""
        return f"/{self.downscale_factor}"

    def module(self, *inputs: Shape) -> str:
        """nn.PixelUnshuffle(2)."""
        return f"nn.PixelUnshuffle({self.downscale_factor})"


class Unfold(Layer, frozen=True, kw_only=True):
    """Lists all windows of a picture, each as one long column: what a convolution multiplies its weights with.

    With a stride as large as the kernel it cuts the picture into patches, as vision transformers do (torch.nn.Unfold).
    """

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("im2col", "patches", "windows")
    saves: ClassVar[Saved] = NOTHING

    kernel_size: Annotated[Pair, Meta(title="Kernel size", description="Height and width of the window.")] = 3
    stride: Annotated[Pair, Meta(title="Stride", description="Step of the window.")] = 1
    padding: Annotated[PairFrom0, Meta(title="Padding", description="Zeros added on each side.")] = 0
    dilation: Annotated[Pair, Meta(title="Dilation", description="Distance between the values of a window.")] = 1

    def output(self, *inputs: Shape) -> Shape:
        """(C x kernel values, windows)."""
        channels, _, _ = picture(inputs, "Unfold")
        window = Window.of(self.kernel_size, self.stride, self.padding, self.dilation)
        return (channels * numel(spread(self.kernel_size, 2)), numel(window.sizes(inputs[0])))

    def summary(self) -> str:
        """'3x3'."""
        return show_pair(self.kernel_size)

    def module(self, *inputs: Shape) -> str:
        """nn.Unfold(3)."""
        return code.construct(
            "nn.Unfold",
            code.square(spread(self.kernel_size, 2)),
            dilation=(code.square(spread(self.dilation, 2)), 1),
            padding=(code.square(spread(self.padding, 2)), 0),
            stride=(code.square(spread(self.stride, 2)), 1),
        )


class ChannelShuffle(Layer, frozen=True, kw_only=True):
    """Mixes the channels of groups: the first of every group come first, then the second ones.

    Between grouped convolutions it lets the groups see each other, as in ShuffleNet (torch.nn.ChannelShuffle).
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "ChannelShuffle"
    stem: ClassVar[str] = "shuffle"
    aliases: ClassVar[tuple[str, ...]] = ("ShuffleNet", "mix channels")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = NOTHING

    groups: Annotated[Count, Meta(title="Groups", description="How many groups; divides the channels.")] = 2

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        channels, _, _ = picture(inputs, "ChannelShuffle")
        if channels % self.groups:
            raise ShapeError("norm-groups", message(
                "{groups} groups cannot share the {channels} channels from {from0} evenly.",
                groups=self.groups, channels=channels), data={"groups": self.groups})  # fmt: skip
        return inputs[0]

    def summary(self) -> str:
        """'g2'."""
        return f"g{self.groups}"

    def module(self, *inputs: Shape) -> str:
        """nn.ChannelShuffle(2)."""
        return f"nn.ChannelShuffle({self.groups})"
