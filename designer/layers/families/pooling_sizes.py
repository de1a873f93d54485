"""Pooling to a given size, and its opposite: making pictures larger by repeating or interpolating values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Category,
    Costs,
    Layer,
    Pair,
    Shape,
    ShapeError,
    Size,
    no_picture,
    numel,
    picture,
    show,
    show_pair,
)
from designer.layers.saved import BOTH, NOTHING, Saved
from designer.layers.windows import Sizes, spread


class _GlobalPool(Layer, frozen=True, kw_only=True):
    """One value for every channel; the subclass names torch's function."""

    category: ClassVar[Category] = "pooling"
    function: ClassVar[str]

    keepdim: Annotated[
        bool, Meta(title="Keep the axes", description="Height and width stay as axes of size 1: Cx1x1 instead of C.")
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """(C,), or (C, 1, 1) with keepdim."""
        if len(inputs[0]) < 2:
            raise no_picture(inputs[0], type(self).__name__)
        return (inputs[0][0], *(1 for _ in inputs[0][1:] if self.keepdim))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.mean(dim=(2, 3))."""
        keep = ", keepdim=True" if self.keepdim else ""
        return f"{args[0]}.{self.function}(dim={tuple(range(2, len(inputs[0]) + 1))}{keep})"


class GlobalAveragePool(_GlobalPool, frozen=True, kw_only=True):
    """Global average pooling: one value for every channel, its mean over the whole picture."""

    title: ClassVar[str] = "GlobalAveragePool"
    stem: ClassVar[str] = "gap"
    aliases: ClassVar[tuple[str, ...]] = ("GlobalAveragePooling", "gap", "mean", "大域平均プーリング")
    function: ClassVar[str] = "mean"
    saves: ClassVar[Saved] = NOTHING

    def costs(self, *inputs: Shape) -> Costs:
        """Every input value is added once, every output value multiplied once."""
        return Costs(adds=numel(inputs[0]), multiplies=inputs[0][0])


class GlobalMaxPool(_GlobalPool, frozen=True, kw_only=True):
    """Global max pooling: one value for every channel, the largest of the whole picture."""

    title: ClassVar[str] = "GlobalMaxPool"
    stem: ClassVar[str] = "gmp"
    aliases: ClassVar[tuple[str, ...]] = ("GlobalMaxPooling", "gmp", "大域最大プーリング")
    function: ClassVar[str] = "amax"
    saves: ClassVar[Saved] = BOTH

    def costs(self, *inputs: Shape) -> Costs:
        """Every input value is compared once."""
        return Costs(ifs=numel(inputs[0]))


class _AdaptivePool(Layer, frozen=True, kw_only=True):
    """Pooling to a given size."""

    category: ClassVar[Category] = "pooling"
    stem: ClassVar[str] = "pool"

    output_size: Annotated[Pair, Meta(title="Output size", description="Height and width of what comes out.")] = 1

    def output(self, *inputs: Shape) -> Shape:
        """(C, output height, output width)."""
        channels, _, _ = picture(inputs, type(self).__name__)
        return (channels, *spread(self.output_size, 2))

    def summary(self) -> str:
        """'→ 7x7'."""
        return f"→ {show_pair(self.output_size)}"

    def module(self, *inputs: Shape) -> str:
        """nn.AdaptiveAvgPool2d(7)."""
        return code.construct(f"nn.{type(self).__name__}", code.square(spread(self.output_size, 2)))


class AdaptiveAvgPool2d(_AdaptivePool, frozen=True, kw_only=True):
    """Average pooling to a given size, whatever the picture's: windows are as large as they must be.

    A window of row i reaches from floor(i H / H') to ceil((i + 1) H / H') (torch.nn.AdaptiveAvgPool2d).
    """

    title: ClassVar[str] = "AdaptiveAvgPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("adaptive average pool", "spatial pyramid")
    saves: ClassVar[Saved] = NOTHING

    def costs(self, *inputs: Shape) -> Costs:
        """Every input value is added once, every output value multiplied once."""
        return Costs(adds=numel(inputs[0]), multiplies=numel(self.output(*inputs)))


class AdaptiveMaxPool2d(_AdaptivePool, frozen=True, kw_only=True):
    """Max pooling to a given size, whatever the picture's: windows are as large as they must be."""

    title: ClassVar[str] = "AdaptiveMaxPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("adaptive max pool",)
    saves: ClassVar[Saved] = Saved(per_output=2, reorders=True)

    def costs(self, *inputs: Shape) -> Costs:
        """Every input value is compared once."""
        return Costs(ifs=numel(inputs[0]))


Mode = Annotated[
    Literal["nearest", "linear", "bicubic"],
    Meta(
        title="Mode",
        description="nearest: values are repeated; linear: between neighbours on a straight line; bicubic: on a "
        "smooth curve (pictures only).",
    ),
]
AlignCorners = Annotated[
    bool,
    Meta(
        title="Align corners",
        description="The values at the corners stay at the corners, as NNC does it; off: the outer edges of the "
        "pixels stay in place. Of no meaning to nearest.",
    ),
]
_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


class _Resize(Layer, frozen=True, kw_only=True):
    """What changes of the size share."""

    category: ClassVar[Category] = "pooling"

    mode: Mode
    align_corners: AlignCorners

    def _check(self, shape: Shape) -> None:
        name, axes = type(self).__name__, len(shape) - 1
        if not 1 <= axes <= 3 or (self.mode == "bicubic" and axes != 2):
            raise no_picture(shape, name)

    def _spread(self, value: int | tuple[int, ...], shape: Shape, title: str) -> Sizes:
        """One number for each axis after the channels."""
        numbers = spread(value, len(shape) - 1)
        if len(numbers) != len(shape) - 1:
            raise ShapeError("axes", message(
                "{from0} gives {shape}, which takes {axes} numbers here: one for each axis after the channels, not "
                "{found}.", shape=show(shape), axes=len(shape) - 1, found=len(numbers)),
                data={"field": title, "axes": len(shape) - 1})  # fmt: skip
        return numbers

    def _options(self, shape: Shape) -> dict[str, tuple[object, object]]:
        mode = _LINEAR[len(shape) - 1] if self.mode == "linear" else self.mode
        aligned = self.align_corners and self.mode != "nearest"
        return {"mode": (mode, "nearest"), "align_corners": (aligned, False)}

    def multiply_adds(self, *inputs: Shape) -> int:
        """For every output value one for each neighbour that it is made of."""
        neighbours = {"nearest": 0, "linear": 1 << (len(inputs[0]) - 1), "bicubic": 16}[self.mode]
        return neighbours * numel(self.output(*inputs))


class Upsample(_Resize, frozen=True, kw_only=True):
    """Makes a sequence, picture or volume larger by a whole factor, by repeating values or interpolating.

    The mode 'nearest' is NNC's Unpooling (torch.nn.Upsample).
    """

    aliases: ClassVar[tuple[str, ...]] = ("Unpooling", "upsampling", "nearest neighbour", "拡大", "アップサンプリング")
    saves: ClassVar[Saved] = NOTHING

    scale_factor: Annotated[
        Size | Annotated[tuple[Size, ...], Meta(min_length=1, max_length=3)],
        Meta(title="Factor", description="How many times larger; one number for each axis after the channels, or one "
             "for all."),
    ] = 2  # fmt: skip
    mode: Mode = "nearest"
    align_corners: AlignCorners = False

    def output(self, *inputs: Shape) -> Shape:
        """(C, factor H, factor W)."""
        shape = inputs[0]
        self._check(shape)
        factors = self._spread(self.scale_factor, shape, "scale_factor")
        return (shape[0], *(size * factor for size, factor in zip(shape[1:], factors, strict=True)))

    def summary(self) -> str:
        """'×2', and the mode where it is not nearest."""
        factor = self.scale_factor if isinstance(self.scale_factor, int) else show(self.scale_factor)
        return f"×{factor}" + ("" if self.mode == "nearest" else f", {self.mode}")

    def module(self, *inputs: Shape) -> str:
        """nn.Upsample(scale_factor=2)."""
        factor = code.square(self._spread(self.scale_factor, inputs[0], "scale_factor"))
        return code.construct("nn.Upsample", scale_factor=(factor, None), **self._options(inputs[0]))


class Interpolate(_Resize, frozen=True, kw_only=True):
    """Brings a sequence, picture or volume to a given size by interpolation (torch.nn.functional.interpolate)."""

    aliases: ClassVar[tuple[str, ...]] = ("resize", "bilinear", "scale picture", "補間")
    saves: ClassVar[Saved] = NOTHING

    size: Annotated[
        Size | Annotated[tuple[Size, ...], Meta(min_length=1, max_length=3)],
        Meta(title="Output size", description="One number for each axis after the channels, or one for all."),
    ] = 32
    mode: Mode = "linear"
    align_corners: AlignCorners = False

    def output(self, *inputs: Shape) -> Shape:
        """(C, output height, output width)."""
        self._check(inputs[0])
        return (inputs[0][0], *self._spread(self.size, inputs[0], "size"))

    def summary(self) -> str:
        """'→ 32x32'."""
        return f"→ {self.size if isinstance(self.size, int) else show(self.size)}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.interpolate(x, size=(32, 32), mode="bilinear")."""
        sizes = code.square(self._spread(self.size, inputs[0], "size"))
        options = {"size": (sizes, None), **self._options(inputs[0])}
        text = code.construct("F.interpolate", **options)
        return text.replace("(", f"({args[0]}, ", 1)
