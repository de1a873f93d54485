"""Layers that change the shape and leave the values as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Axis,
    Category,
    Layer,
    Ports,
    Shape,
    ShapeError,
    axis_of,
    numel,
    picture,
    show,
    show_axis,
)
from designer.layers.saved import NOTHING, VIEW, Saved


class Flatten(Layer, frozen=True, kw_only=True):
    """Makes one long vector of a picture: channel after channel, row after row."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("vector", "平坦化")

    def saved(self, *inputs: Shape) -> Saved:
        """Nothing: the same memory, read as a vector."""
        return Saved(inputs=False, view=True, flattens=len(inputs[0]) == 3)

    def output(self, *inputs: Shape) -> Shape:
        """(number of values,)."""
        return (numel(inputs[0]),)

    def module(self, *inputs: Shape) -> str:
        """nn.Flatten()."""
        return "nn.Flatten()"


class Reshape(Layer, frozen=True, kw_only=True):
    """Gives the values another shape; their number and order stay the same."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("view", "変形")
    saves: ClassVar[Saved] = VIEW

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=-1, le=1_000_000)], ...],
        Meta(
            title="Shape",
            description="Without the batch axis; -1, once at most, stands for whatever is left.",
            min_length=1,
            max_length=8,
        ),
    ] = (-1,)

    def output(self, *inputs: Shape) -> Shape:
        """The shape, with -1 worked out."""
        total = numel(inputs[0])
        if self.shape.count(-1) > 1 or 0 in self.shape:
            raise ShapeError("bad-property", message(
                "The shape {shape} of this Reshape must be sizes of 1 or more, and -1 once at most.",
                shape=self._shown()), data={"field": "shape"})  # fmt: skip
        fixed = numel(tuple(size for size in self.shape if size != -1))
        free = -1 in self.shape
        if total % fixed if free else total != fixed:
            raise ShapeError("reshape-size", message(
                "{shape} from {from0} holds {total} values; they cannot be laid out as {wanted}.",
                shape=show(inputs[0]), total=total, wanted=self._shown()),
                data={"total": total, "shape": self.shape})  # fmt: skip
        return tuple(total // fixed if size == -1 else size for size in self.shape)

    def _shown(self) -> str:
        return "x".join("?" if size == -1 else str(size) for size in self.shape)

    def summary(self) -> str:
        """'16x?'; the question mark is worked out."""
        return self._shown()

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.reshape(x.shape[0], 16, 64)."""
        sizes = ", ".join(map(str, self.output(*inputs)))
        return f"{args[0]}.reshape({args[0]}.shape[0], {sizes})"


class Concatenate(Layer, frozen=True, kw_only=True):
    """Puts two or more inputs one behind the other along an axis, by default that of the channels."""

    category: ClassVar[Category] = "shape"
    stem: ClassVar[str] = "concat"
    aliases: ClassVar[tuple[str, ...]] = ("cat", "concat", "join", "連結", "結合")
    ports: ClassVar[Ports] = Ports(("a", "b"), variadic=True)
    saves: ClassVar[Saved] = NOTHING

    axis: Annotated[
        Axis, Meta(title="Axis", description="Without the batch axis: 0 is the channels; -1 is the last one.")
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """The sum of the sizes along the axis; all other sizes must agree."""
        first = inputs[0]
        axis = axis_of(self.axis, first)
        rest = first[:axis] + first[axis + 1 :]
        for port, shape in enumerate(inputs):
            if len(shape) != len(first) or shape[:axis] + shape[axis + 1 :] != rest:
                raise self._unequal(inputs, port)
        return (*first[:axis], sum(shape[axis] for shape in inputs), *first[axis + 1 :])

    def _unequal(self, inputs: tuple[Shape, ...], port: int) -> ShapeError:
        values = {"axis": self.axis, "first": show(inputs[0]), "other": show(inputs[port])}
        if port == 1:
            text = message("Concatenate needs equal sizes but along axis {axis}: {first} from {from0}, {other} from "
                           "{from1}.", **values)  # fmt: skip
        else:
            text = message("Concatenate needs equal sizes but along axis {axis}: {first} from {from0}, {other} at its "
                           "input {number}.", number=port + 1, **values)  # fmt: skip
        return ShapeError("concat-shapes", text, port=port, data={"shapes": inputs, "axis": self.axis})

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.cat((a, b), dim=1)."""
        return f"torch.cat(({', '.join(args)}), dim={axis_of(self.axis, inputs[0]) + 1})"


_Side = Annotated[int, Meta(ge=0, le=10_000)]


class Pad(Layer, frozen=True, kw_only=True):
    """Adds rows and columns around a picture."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("padding", "border", "ZeroPad2d", "余白")
    saves: ClassVar[Saved] = NOTHING

    top: Annotated[_Side, Meta(title="Top", description="Rows added above.")] = 1
    bottom: Annotated[_Side, Meta(title="Bottom", description="Rows added below.")] = 1
    left: Annotated[_Side, Meta(title="Left", description="Columns added at the left.")] = 1
    right: Annotated[_Side, Meta(title="Right", description="Columns added at the right.")] = 1
    mode: Annotated[
        Literal["constant", "reflect", "replicate"],
        Meta(
            title="Filled with",
            description="constant: the value below; reflect: the picture mirrored at its edge; replicate: its edge.",
        ),
    ] = "constant"
    value: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="What the mode 'constant' fills in.")] = (
        0.0
    )

    def output(self, *inputs: Shape) -> Shape:
        """(C, top + H + bottom, left + W + right)."""
        channels, height, width = picture(inputs, "Pad")
        rows, columns = max(self.top, self.bottom), max(self.left, self.right)
        if self.mode == "reflect" and (rows >= height or columns >= width):
            raise ShapeError("padding-too-large", message(
                "A mirrored border must be smaller than the picture: {rows} rows and {columns} columns are asked for, "
                "{from0} gives {shape}.", rows=rows, columns=columns, shape=show(inputs[0])),
                data={"padding": (rows, columns), "size": (height, width)})  # fmt: skip
        return channels, self.top + height + self.bottom, self.left + width + self.right

    def summary(self) -> str:
        """One number for all sides, or top, bottom, left, right."""
        sides = (self.top, self.bottom, self.left, self.right)
        return str(self.top) if len(set(sides)) == 1 else ",".join(map(str, sides))

    def module(self, *inputs: Shape) -> str:
        """nn.ZeroPad2d((left, right, top, bottom)) and its like."""
        sides = (self.left, self.right, self.top, self.bottom)
        width = sides[0] if len(set(sides)) == 1 else sides
        if self.mode == "constant":
            return code.construct("nn.ConstantPad2d", width, self.value) if self.value else f"nn.ZeroPad2d({width})"
        return f"nn.{'ReflectionPad2d' if self.mode == 'reflect' else 'ReplicationPad2d'}({width})"
