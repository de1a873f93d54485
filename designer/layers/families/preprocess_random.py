"""Augmentation of NNC's kind: rectangles that are erased, and one layer for all that a camera might do."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Layer, Pair, PairFrom0, Shape, ShapeError, pair, picture, show, show_pair
from designer.layers.families.preprocess import Always
from designer.layers.saved import NOTHING, Saved


class RandomErasing(Layer, frozen=True, kw_only=True):
    """Fills random rectangles of every picture with random values, so that none is relied on; in training only.

    Each rectangle is there with the probability given; area and form are drawn evenly from their ranges. A rectangle
    that does not fit is cut to the picture's height or width.
    """

    category: ClassVar[Category] = "preprocess"
    saves: ClassVar[Saved] = NOTHING
    title: ClassVar[str] = "RandomErasing"
    stem: ClassVar[str] = "erase"
    aliases: ClassVar[tuple[str, ...]] = ("RandomErase", "cutout", "occlusion", "augmentation", "消去", "データ拡張")
    keeps_shape: ClassVar[bool] = True

    p: Annotated[float, Meta(ge=0, le=1, title="Probability", description="How likely each rectangle is there.")] = 0.5
    min_area: Annotated[float, Meta(ge=0, le=1, title="Smallest area", description="As a share of the picture's.")] = (
        0.02
    )
    max_area: Annotated[float, Meta(ge=0, le=1, title="Largest area", description="As a share of the picture's.")] = 0.4
    min_ratio: Annotated[
        float, Meta(ge=0.001, le=1000, title="Smallest height : width", description="Below 1: wider than high.")
    ] = 0.3
    max_ratio: Annotated[
        float, Meta(ge=0.001, le=1000, title="Largest height : width", description="Above 1: higher than wide.")
    ] = 3.3333
    min_value: Annotated[
        float, Meta(ge=-1000, le=1000, title="Smallest value", description="Values are drawn anew for every pixel.")
    ] = 0.0
    max_value: Annotated[
        float, Meta(ge=-1000, le=1000, title="Largest value", description="Values are drawn anew for every pixel.")
    ] = 1.0
    count: Annotated[
        int, Meta(ge=1, le=100, title="Rectangles", description="How many there may be in each picture.")
    ] = 1
    shared: Annotated[
        bool, Meta(title="Same place in all channels", description="Else every channel has rectangles of its own.")
    ] = True
    always: Always = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        for name in ("area", "ratio", "value"):
            least, most = getattr(self, f"min_{name}"), getattr(self, f"max_{name}")
            if least > most:
                raise turned_range(least, most, f"min_{name}")
        return picture(inputs, "RandomErasing")

    def summary(self) -> str:
        """'50 %', and how many."""
        return f"{self.p:.0%}" + (f", {self.count}" if self.count > 1 else "")

    def module(self, *inputs: Shape) -> str:
        """RandomErasing(0.5, (0.02, 0.4), (0.3, 3.3333))."""
        return code.construct(
            "RandomErasing", self.p, (self.min_area, self.max_area), (self.min_ratio, self.max_ratio),
            values=((self.min_value, self.max_value), (0.0, 1.0)), count=(self.count, 1), shared=(self.shared, True),
            always=(self.always, False),
        )  # fmt: skip

    def helpers(self) -> tuple[str, ...]:
        """The class of the same name."""
        return ("RandomErasing",)


class ImageAugmentation(Layer, frozen=True, kw_only=True):
    """Turns, scales, stretches, bends, moves, mirrors and tints every picture at random, all in one step.

    First a window of the size asked for is taken, at a random place wherever the scaled picture is larger than it; what
    lies outside of the picture is 0. Then it is mirrored, made brighter or darker, and gets more or less contrast and
    noise. After training it is the middle of the picture at the middle scale, with nothing else done.
    """

    category: ClassVar[Category] = "preprocess"
    saves: ClassVar[Saved] = NOTHING
    title: ClassVar[str] = "ImageAugmentation"
    stem: ClassVar[str] = "augment"
    aliases: ClassVar[tuple[str, ...]] = (
        "RandomAffine", "rotate", "rotation", "scale", "zoom", "distortion", "color jitter", "augmentation", "回転",
        "データ拡張",
    )  # fmt: skip

    size: Annotated[
        Pair | None, Meta(title="Size", description="Height and width of what comes out; empty: as it comes in.")
    ] = None
    pad: Annotated[PairFrom0, Meta(title="Padding", description="Zeros put around first, on every side.")] = 0
    min_scale: Annotated[
        float, Meta(ge=0.01, le=100, title="Smallest scale", description="0.5: the picture at half its size.")
    ] = 1.0
    max_scale: Annotated[
        float, Meta(ge=0.01, le=100, title="Largest scale", description="2: the picture at twice its size.")
    ] = 1.0
    angle: Annotated[
        float, Meta(ge=0, le=180, title="Angle", description="Turned by up to so many degrees either way.")
    ] = 0.0
    aspect_ratio: Annotated[
        float,
        Meta(ge=1, le=100, title="Aspect ratio", description="Stretched by up to this factor, in width or in height."),
    ] = 1.0
    distortion: Annotated[
        float,
        Meta(ge=0, le=10, title="Distortion", description="Bent like a barrel or a cushion: the share by which places "
             "at the edges move at most."),
    ] = 0.0  # fmt: skip
    flip_lr: Annotated[bool, Meta(title="Mirror left-right", description="With a probability of 1/2.")] = False
    flip_ud: Annotated[bool, Meta(title="Mirror top-bottom", description="With a probability of 1/2.")] = False
    brightness: Annotated[
        float, Meta(ge=0, le=1000, title="Brightness", description="The largest constant that is added or subtracted.")
    ] = 0.0
    brightness_each: Annotated[
        bool, Meta(title="Brightness by channel", description="Every channel has a constant of its own.")
    ] = False
    contrast: Annotated[
        float,
        Meta(ge=1, le=1000, title="Contrast", description="The largest factor by which contrast is raised or lowered."),
    ] = 1.0
    contrast_center: Annotated[
        float, Meta(ge=-1000, le=1000, title="Centre of contrast", description="The value that contrast leaves alone.")
    ] = 0.5
    contrast_each: Annotated[
        bool, Meta(title="Contrast by channel", description="Every channel has a factor of its own.")
    ] = False
    noise: Annotated[
        float, Meta(ge=0, le=1000, title="Noise", description="Standard deviation of what is added to every value.")
    ] = 0.0
    always: Always = False

    @property
    def warps(self) -> bool:
        """Whether the picture is more than cut."""
        return (self.min_scale, self.max_scale, self.aspect_ratio) != (1, 1, 1) or bool(self.angle or self.distortion)

    def output(self, *inputs: Shape) -> Shape:
        """(C, height, width)."""
        channels, height, width = picture(inputs, "ImageAugmentation")
        if self.min_scale > self.max_scale:
            raise turned_range(self.min_scale, self.max_scale, "min_scale")
        size, rows_columns = self._size(inputs[0]), pair(self.pad)
        padded = (height + 2 * rows_columns[0], width + 2 * rows_columns[1])
        if not self.warps and (size[0] > padded[0] or size[1] > padded[1]):
            raise ShapeError("crop-size", message("A crop of {size} is larger than the picture: {from0} gives {shape}.",
                                                  size=show_pair(size), shape=show(inputs[0])),
                             data={"size": size, "shape": inputs[0]})  # fmt: skip
        return (channels, *size)

    def _size(self, shape: Shape) -> tuple[int, int]:
        return (shape[1], shape[2]) if self.size is None else pair(self.size)

    def summary(self) -> str:
        """The size, the angle and the directions of mirroring: '24x24, 15°, ↔'."""
        arrows = ("↔" if self.flip_lr else "") + ("↕" if self.flip_ud else "")
        parts = [
            show_pair(self.size) if self.size is not None else "",
            f"×{self.min_scale:.3g}..{self.max_scale:.3g}" if (self.min_scale, self.max_scale) != (1, 1) else "",
            f"{self.angle:.3g}°" if self.angle else "", arrows,
        ]  # fmt: skip
        return ", ".join(filter(None, parts))

    def module(self, *inputs: Shape) -> str:
        """ImageAugmentation(24, 24, angle=15.0): what is as usual is left out."""
        flip = (*([3] if self.flip_lr else []), *([2] if self.flip_ud else []))
        return code.construct(
            "ImageAugmentation", *self._size(inputs[0]), pad=(pair(self.pad), (0, 0)),
            scale=((float(self.min_scale), float(self.max_scale)), (1.0, 1.0)), angle=(self.angle, 0),
            aspect_ratio=(self.aspect_ratio, 1), distortion=(self.distortion, 0), flip=(flip, ()),
            brightness=(self.brightness, 0), brightness_each=(self.brightness_each, False),
            contrast=(self.contrast, 1), contrast_center=(self.contrast_center, 0.5),
            contrast_each=(self.contrast_each, False), noise=(self.noise, 0), always=(self.always, False),
        )  # fmt: skip

    def helpers(self) -> tuple[str, ...]:
        """Random windows, and the class of the same name."""
        return ("random_windows", "ImageAugmentation")


def turned_range(least: float, most: float, field: str) -> ShapeError:
    """The error about a range whose ends are the wrong way round."""
    return ShapeError("bad-property", message("The smallest value {least} is larger than the largest one, {most}.",
                                              least=f"{least:g}", most=f"{most:g}"), data={"field": field})  # fmt: skip
