"""Preprocessing and augmentation, done on whole batches inside the network, on whatever device it runs."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Axis,
    Category,
    Layer,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    axis_of,
    pair,
    picture,
    show,
    show_pair,
)
from designer.layers.saved import NOTHING, Saved

Always = Annotated[
    bool, Meta(title="Also after training", description="Goes on being random in validation and evaluation.")
]


class _Preprocess(Layer, frozen=True, kw_only=True):
    """Pictures in, pictures of the same shape out; the helper class of the same name does it."""

    category: ClassVar[Category] = "preprocess"
    saves: ClassVar[Saved] = NOTHING
    keeps_shape: ClassVar[bool] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        picture(inputs, type(self).__name__)
        return inputs[0]

    def helpers(self) -> tuple[str, ...]:
        """The class that does it."""
        return (type(self).__name__,)


class RandomCrop(_Preprocess, frozen=True, kw_only=True):
    """Cuts a window out of every picture: in training at a random place, afterwards in the centre."""

    stem: ClassVar[str] = "crop"
    aliases: ClassVar[tuple[str, ...]] = ("crop", "augmentation", "切り抜き", "データ拡張")
    keeps_shape: ClassVar[bool] = False

    size: Annotated[Pair, Meta(title="Size", description="Height and width of what is cut out.")] = 24

    def output(self, *inputs: Shape) -> Shape:
        """(C, height, width)."""
        channels, height, width = picture(inputs, "RandomCrop")
        size = pair(self.size)
        if size[0] > height or size[1] > width:
            raise ShapeError("crop-size", message("A crop of {size} is larger than the picture: {from0} gives {shape}.",
                                                  size=show_pair(size), shape=show(inputs[0])),
                             data={"size": size, "shape": inputs[0]})  # fmt: skip
        return (channels, *size)

    def summary(self) -> str:
        """'24x24'."""
        return show_pair(self.size)

    def module(self, *inputs: Shape) -> str:
        """RandomCrop(24, 24)."""
        return code.construct("RandomCrop", *pair(self.size))

    def helpers(self) -> tuple[str, ...]:
        """Random windows, and the class that cuts them."""
        return ("random_windows", "RandomCrop")


class RandomResizedCrop(_Preprocess, frozen=True, kw_only=True):
    """Cuts out a part of every picture at a random place and resizes it back; in training only.

    The part's height and width are the picture's times `side`, rounded; it is resized bilinearly. This is CNTK's
    crop of a side ratio.
    """

    title: ClassVar[str] = "RandomResizedCrop"
    stem: ClassVar[str] = "crop"
    aliases: ClassVar[tuple[str, ...]] = ("random side crop", "zoom", "augmentation", "切り抜き", "データ拡張")

    side: Annotated[
        float,
        Meta(ge=0.01, le=1, title="Side", description="Height and width of the part, as a share of the picture's."),
    ] = 0.8

    def summary(self) -> str:
        """'0.8'."""
        return f"{self.side:.3g}"

    def module(self, *inputs: Shape) -> str:
        """RandomResizedCrop(0.8)."""
        return code.construct("RandomResizedCrop", self.side)

    def helpers(self) -> tuple[str, ...]:
        """Random windows, and the class that resizes them."""
        return ("random_windows", "RandomResizedCrop")


class RandomShift(_Preprocess, frozen=True, kw_only=True):
    """Shifts every picture by a random number of rows and columns; in training only.

    What moves in is 0, the nearest pixel of the picture (NNC's default), or the picture mirrored at its edge.
    """

    stem: ClassVar[str] = "shift"
    aliases: ClassVar[tuple[str, ...]] = (
        "translation",
        "random crop with padding",
        "augmentation",
        "平行移動",
        "データ拡張",
    )

    pixels: Annotated[
        PairFrom0, Meta(title="Pixels", description="Largest shift in each direction: rows, columns.")
    ] = 4
    border: Annotated[
        Literal["zero", "nearest", "reflect"],
        Meta(title="Border", description="What moves in: zeros, the nearest pixel, or the mirrored picture."),
    ] = "zero"
    always: Always = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        channels, height, width = picture(inputs, "RandomShift")
        rows, columns = pair(self.pixels)
        if self.border == "reflect" and (rows >= height or columns >= width):
            raise ShapeError("shift-size", message(
                "A picture can be mirrored only by less than its size: {from0} gives {shape}, the shift is {pixels}.",
                shape=show(inputs[0]), pixels=show_pair(self.pixels)))  # fmt: skip
        return channels, height, width

    def summary(self) -> str:
        """'±4'."""
        rows, columns = pair(self.pixels)
        return f"±{rows}" if rows == columns else f"±{rows}x{columns}"

    def module(self, *inputs: Shape) -> str:
        """RandomShift(4, 4)."""
        border = {"zero": "constant", "nearest": "replicate", "reflect": "reflect"}[self.border]
        return code.construct(
            "RandomShift", *pair(self.pixels), border=(border, "constant"), always=(self.always, False)
        )

    def helpers(self) -> tuple[str, ...]:
        """Random windows, and the class that takes them from the padded picture."""
        return ("random_windows", "RandomShift")


class RandomFlip(_Preprocess, frozen=True, kw_only=True):
    """Mirrors every picture with a probability of 1/2, left-right, top-bottom or both; in training only."""

    stem: ClassVar[str] = "flip"
    aliases: ClassVar[tuple[str, ...]] = ("mirror", "augmentation", "反転", "データ拡張")

    horizontal: Annotated[bool, Meta(title="Left-right", description="Mirrors left and right.")] = True
    vertical: Annotated[bool, Meta(title="Top-bottom", description="Mirrors top and bottom.")] = False
    axes: Annotated[
        tuple[Axis, ...],
        Meta(
            max_length=8, title="Other axes",
            description="Further axes to mirror, of inputs of any shape: 0 is channels, or steps of a sequence.",
        ),
    ] = ()  # fmt: skip
    always: Always = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        self._axes(inputs[0])
        return picture(inputs, "RandomFlip") if self.horizontal or self.vertical else inputs[0]

    def _axes(self, shape: Shape) -> list[int]:
        """The axes, batch axis included, each once."""
        own = {axis_of(axis, shape) + 1 for axis in self.axes}
        return sorted(own | ({2} if self.vertical else set()) | ({3} if self.horizontal else set()))

    def summary(self) -> str:
        """The directions: '↔', '↕', and the numbers of other axes."""
        arrows = ("↔" if self.horizontal else "") + ("↕" if self.vertical else "")
        return " ".join(filter(None, [arrows, ",".join(map(str, self.axes))]))

    def module(self, *inputs: Shape) -> str:
        """RandomFlip(3); the axes are those of (N, C, H, W)."""
        return code.construct("RandomFlip", *self._axes(inputs[0]), always=(self.always, False))


class RandomBrightness(_Preprocess, frozen=True, kw_only=True):
    """Adds one random constant to all values of a picture, another one for every picture; in training only."""

    stem: ClassVar[str] = "brightness"
    aliases: ClassVar[tuple[str, ...]] = ("augmentation", "明るさ", "データ拡張")

    delta: Annotated[
        float,
        Meta(ge=0, le=1000, title="Largest change", description="In units of the pixel values; 63/255 is about 0.25."),
    ] = 0.25

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def summary(self) -> str:
        """'±0.25'."""
        return f"±{self.delta:.3g}"

    def module(self, *inputs: Shape) -> str:
        """RandomBrightness(0.25)."""
        return code.construct("RandomBrightness", self.delta)


class RandomContrast(_Preprocess, frozen=True, kw_only=True):
    """Scales a picture's values around the mean of each channel by one random factor a picture; in training only."""

    stem: ClassVar[str] = "contrast"
    aliases: ClassVar[tuple[str, ...]] = ("augmentation", "コントラスト", "データ拡張")

    lower: Annotated[float, Meta(ge=0, le=1000, title="Smallest factor", description="Below 1: less contrast.")] = 0.2
    upper: Annotated[float, Meta(ge=0, le=1000, title="Largest factor", description="Above 1: more contrast.")] = 1.8

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if self.lower > self.upper:
            raise ShapeError("bad-property", message(
                "The smallest factor {lower} is larger than the largest one, {upper}.",
                lower=f"{self.lower:g}", upper=f"{self.upper:g}"), data={"field": "lower"})  # fmt: skip
        picture(inputs, "RandomContrast")
        return inputs[0]

    def summary(self) -> str:
        """'0.2..1.8'."""
        return f"{self.lower:.3g}..{self.upper:.3g}"

    def module(self, *inputs: Shape) -> str:
        """RandomContrast(0.2, 1.8)."""
        return code.construct("RandomContrast", self.lower, self.upper)


class ImageNormalization(_Preprocess, frozen=True, kw_only=True):
    """Brings every picture to mean 0 and variance 1, in training and afterwards.

    The standard deviation is taken as 1 / sqrt(number of values) where it is smaller, so that an even picture does not
    divide by 0 (TensorFlow's per_image_standardization).
    """

    stem: ClassVar[str] = "normalize"
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)
    aliases: ClassVar[tuple[str, ...]] = ("per_image_standardization", "contrast normalization", "whitening", "正規化")

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def module(self, *inputs: Shape) -> str:
        """ImageNormalization()."""
        return "ImageNormalization()"


class MeanSubtraction(_Preprocess, frozen=True, kw_only=True):
    """Subtracts the mean of the training pictures, in training and afterwards.

    The mean is measured before training, at this place in the network, and saved with the weights.
    """

    stem: ClassVar[str] = "mean"
    aliases: ClassVar[tuple[str, ...]] = ("mean image", "center", "平均画像", "平均減算")

    per: Annotated[
        Literal["pixel", "channel", "all"],
        Meta(
            title="One mean for",
            description="pixel: every value of the picture has a mean of its own (a mean image); channel: one for each "
            "channel; all: a single one.",
        ),
    ] = "pixel"

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def summary(self) -> str:
        """'pixel', 'channel' or 'all'."""
        return self.per

    def module(self, *inputs: Shape) -> str:
        """MeanSubtraction(3, 32, 32): the shape of the mean."""
        shape = inputs[0]
        kept = {"pixel": len(shape), "channel": 1, "all": 0}[self.per]
        return code.construct("MeanSubtraction", *shape[:kept], *([1] * (len(shape) - kept)))
