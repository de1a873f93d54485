"""Layers that add a border along any axes, or shift values towards one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Layer, Shape, ShapeError, show
from designer.layers.saved import NOTHING, VIEW, Saved

_Mode = Annotated[
    Literal["constant", "reflect", "replicate", "circular"],
    Meta(
        title="Filled with",
        description="constant: a value; reflect: mirrored at the edge; replicate: the edge; circular: the other end.",
    ),
]
_Width = Annotated[int, Meta(ge=0, le=10_000)]
_Shift = Annotated[int, Meta(ge=-10_000, le=10_000)]
Sides = tuple[tuple[int, ...], tuple[int, ...]]
"""What is added before and after each axis."""


def check_border(name: str, mode: str, shape: Shape, sides: Sides) -> None:
    """Whether F.pad can add this border. Raises ShapeError."""
    if mode == "constant":
        return
    for size, *both in zip(shape, *sides, strict=True):
        limit = {"reflect": size - 1, "circular": size}.get(mode, 10_000)
        if max(both) > limit:
            raise ShapeError("padding-too-large", message(
                "{layer} with '{mode}' takes a border of {limit} at most along an axis of {size}, not {found}.",
                layer=name, mode=mode, limit=limit, size=size, found=max(both)),
                data={"limit": limit, "size": size})  # fmt: skip
    if _axes(shape, sides) > 3:
        raise ShapeError("border-axes", message(
            "{layer} with '{mode}' takes the last 3 axes; {from0} gives {shape}. Use 'constant', or a Reshape before.",
            layer=name, mode=mode, shape=show(shape)), data={"shape": shape})  # fmt: skip


def _axes(shape: Shape, sides: Sides) -> int:
    """How many of the last axes F.pad must name: all but the batch and, where nothing is added, the channels."""
    channels = sides[0][0] or sides[1][0]
    return len(shape) if channels or len(shape) == 1 else len(shape) - 1


def padded(x: str, mode: str, value: float, shape: Shape, sides: Sides) -> str:
    """F.pad(x, (1, 1, 1, 1), mode="reflect")."""
    around = code.sides(*sides)
    if not any(around):
        return x
    if mode == "constant":
        while not any(around[-2:]):
            around = around[:-2]
        filled = f", value={value!r}" if value else ""
        return f"F.pad({x}, {around}{filled})"
    return f'F.pad({x}, {around[: 2 * _axes(shape, sides)]}, mode="{mode}")'


class PadNd(Layer, frozen=True, kw_only=True):
    """Adds a border along any axes: before and after each of the last ones.

    Two numbers for each axis, the last axis last: 1, 2, 3, 4 adds 1 above and 2 below, 3 at the left, 4 at the right.
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "PadNd"
    stem: ClassVar[str] = "pad"
    aliases: ClassVar[tuple[str, ...]] = ("pad axes", "border of any axes", "F.pad")
    saves: ClassVar[Saved] = NOTHING

    widths: Annotated[
        tuple[_Width, ...],
        Meta(
            title="Widths",
            description="Before and after each of the last axes: two numbers for each.",
            min_length=2,
            max_length=16,
        ),
    ] = (1, 1)
    mode: _Mode = "constant"
    value: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="What the mode 'constant' fills in.")] = (
        0.0
    )

    def _sides(self, shape: Shape) -> Sides:
        count = len(self.widths) // 2
        if len(self.widths) % 2 or count > len(shape):
            raise ShapeError("bad-property", message(
                "{shape} from {from0} takes two widths for each axis, {most} at most, but there are {found}.",
                shape=show(shape), most=2 * len(shape), found=len(self.widths)), data={"field": "widths"})  # fmt: skip
        rest = (0,) * (len(shape) - count)
        return rest + self.widths[::2], rest + self.widths[1::2]

    def output(self, *inputs: Shape) -> Shape:
        """Every size with what is added before and after."""
        sides = self._sides(inputs[0])
        check_border("PadNd", self.mode, inputs[0], sides)
        return tuple(before + size + after for size, before, after in zip(inputs[0], *sides, strict=True))

    def summary(self) -> str:
        """'1,2,3,4'."""
        return ",".join(map(str, self.widths))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.pad(x, (3, 4, 1, 2)): F.pad counts from the last axis."""
        return padded(args[0], self.mode, self.value, inputs[0], self._sides(inputs[0]))


class Shift(Layer, frozen=True, kw_only=True):
    """Moves all values along the last axes by so many places; what leaves at one end is lost.

    Positive numbers move down and to the right. RandomShift does it at random while training.
    """

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("translate", "roll", "move", "ずらし")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = VIEW

    shift: Annotated[
        tuple[_Shift, ...],
        Meta(title="Places", description="For each of the last axes how far values move.", min_length=1, max_length=3),
    ] = (0, 0)
    mode: _Mode = "replicate"

    def _shifts(self, shape: Shape) -> tuple[int, ...]:
        if len(self.shift) > len(shape):
            raise ShapeError("shift-axes", message(
                "This Shift moves along {axes} axes, but {from0} gives {shape}.",
                axes=len(self.shift), shape=show(shape)), data={"axes": len(shape)})  # fmt: skip
        return (0,) * (len(shape) - len(self.shift)) + self.shift

    def _sides(self, shape: Shape) -> Sides:
        shifts = self._shifts(shape)
        return tuple(max(shift, 0) for shift in shifts), tuple(max(-shift, 0) for shift in shifts)

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        check_border("Shift", self.mode, inputs[0], self._sides(inputs[0]))
        return inputs[0]

    def summary(self) -> str:
        """'0,2'."""
        return ",".join(map(str, self.shift))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.pad(x, (2, 0, 0, 0), mode="replicate")[:, :, :, :28]: a border at one end, cut off at the other."""
        shape = inputs[0]
        moved = padded(args[0], self.mode, 0.0, shape, self._sides(shape))
        if moved == args[0]:
            return moved
        cuts = [
            f":{size}" if shift > 0 else f"{-shift}:" if shift < 0 else ":"
            for size, shift in zip(shape, self._shifts(shape), strict=True)
        ]
        while cuts[-1] == ":":
            cuts.pop()
        return f"{moved}[:, {', '.join(cuts)}]"
