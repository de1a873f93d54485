"""Layers that put values into another order: axes exchanged or mirrored, parts taken out, inputs stacked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.axes import Axes, axes_of, dims, show_axes
from designer.layers.base import Axis, Category, Layer, Ports, Shape, ShapeError, axis_of, show, show_axis
from designer.layers.elementwise import unequal
from designer.layers.saved import NOTHING, VIEW, Saved

_Place = Annotated[int, Meta(ge=-1_000_000, le=1_000_000)]
_Step = Annotated[int, Meta(ge=1, le=1_000_000)]


class Permute(Layer, frozen=True, kw_only=True):
    """Exchanges axes: 1, 2, 0 makes height x width x channels of channels x height x width (torch.permute)."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("Transpose", "swap axes", "channels last", "転置")
    saves: ClassVar[Saved] = VIEW

    axes: Annotated[
        tuple[Axis, ...],
        Meta(
            title="Axes",
            description="For each axis of the output the one of the input that it is; without the batch axis.",
            min_length=1,
            max_length=8,
        ),
    ] = (0, 1, 2)

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        found = tuple(axis_of(axis, shape) for axis in self.axes)
        if sorted(found) != list(range(len(shape))):
            raise ShapeError("permute-axes", message(
                "The axes {axes} must name each axis of {shape} from {from0} once.",
                axes=", ".join(map(str, self.axes)), shape=show(shape)),
                data={"field": "axes", "axes": len(shape)})  # fmt: skip
        return found

    def output(self, *inputs: Shape) -> Shape:
        """The sizes in their new order."""
        return tuple(inputs[0][axis] for axis in self._axes(inputs[0]))

    def summary(self) -> str:
        """'1,2,0'."""
        return ",".join(map(str, self.axes))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.permute(0, 2, 3, 1)."""
        return f"{args[0]}.permute(0, {', '.join(str(axis + 1) for axis in self._axes(inputs[0]))})"


class Flip(Layer, frozen=True, kw_only=True):
    """Mirrors along axes, always: axis 2 of a picture is left-right. RandomFlip does it at random while training."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("mirror", "reverse", "反転")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = NOTHING

    axes: Axes = (0,)

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axes_of(self.axes, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """The axes."""
        return show_axes(self.axes)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.flip(3)."""
        found = dims(axes_of(self.axes, inputs[0]))
        return f"{args[0]}.flip({found})"


class Slice(Layer, frozen=True, kw_only=True):
    """Takes a part out of its input: from start up to stop, exclusive, along each axis, in steps.

    Each list has a number for each axis, from the channels on; axes it does not reach are taken whole. Negative
    numbers count from the end, and a stop of 0 is the end.
    """

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("crop", "cut", "part", "切り出し")
    saves: ClassVar[Saved] = VIEW

    start: Annotated[
        tuple[_Place, ...],
        Meta(title="Start", description="The first value taken, for each axis.", min_length=1, max_length=8),
    ] = (0, 0, 0)
    stop: Annotated[
        tuple[_Place, ...],
        Meta(title="Stop", description="The first value not taken any more; 0: the end.", min_length=1, max_length=8),
    ] = (0, 0, 0)
    step: Annotated[
        tuple[_Step, ...],
        Meta(title="Step", description="2 takes every second value.", min_length=1, max_length=8),
    ] = (1, 1, 1)

    def _ranges(self, shape: Shape) -> list[range]:
        most = max(len(self.start), len(self.stop), len(self.step))
        used = max((n + 1 for n in range(most) if not self._is_whole(n)), default=0)
        if used > len(shape):
            raise ShapeError("slice-axes", message(
                "This Slice cuts {used} axes, but {from0} gives {shape}.", used=used, shape=show(shape)),
                data={"axes": len(shape)})  # fmt: skip
        return [self._range(axis, size, shape) for axis, size in enumerate(shape)]

    def _is_whole(self, axis: int) -> bool:
        return (_at(self.start, axis, 0), _at(self.stop, axis, 0), _at(self.step, axis, 1)) == (0, 0, 1)

    def _range(self, axis: int, size: int, shape: Shape) -> range:
        start, stop = _at(self.start, axis, 0), _at(self.stop, axis, 0)
        first = start + size if start < 0 else start
        last = stop + size if stop <= 0 else stop
        if not 0 <= first < last <= size:
            raise ShapeError("slice-range", message(
                "Axis {axis} of {shape} from {from0} has {size} values: nothing reaches from {start} to {stop}.",
                axis=axis, shape=show(shape), size=size, start=first, stop=last),
                data={"axis": axis, "size": size})  # fmt: skip
        return range(first, last, _at(self.step, axis, 1))

    def output(self, *inputs: Shape) -> Shape:
        """For each axis how many values are taken."""
        return tuple(map(len, self._ranges(inputs[0])))

    def summary(self) -> str:
        """':, 20:300, 20:300', with the steps where there are any."""
        axes = range(max(len(self.start), len(self.stop), len(self.step)))
        texts = [
            ":" if self._is_whole(axis)
            else _slice_text(_at(self.start, axis, 0), _at(self.stop, axis, 0), _at(self.step, axis, 1))
            for axis in axes
        ]  # fmt: skip
        return "" if set(texts) == {":"} else ", ".join(texts)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x[:, :, 20:300, 20:300]."""
        ranges = zip(self._ranges(inputs[0]), inputs[0], strict=True)
        texts = [_slice_text(r.start, r.stop if r.stop != size else 0, r.step) for r, size in ranges]
        while texts and texts[-1] == ":":
            texts.pop()
        return f"{args[0]}[:, {', '.join(texts)}]" if texts else args[0]


def _at(numbers: tuple[int, ...], axis: int, otherwise: int) -> int:
    return numbers[axis] if axis < len(numbers) else otherwise


def _slice_text(start: int, stop: int, step: int) -> str:
    """'20:300', ':-1', '::2'; a stop of 0 is the end."""
    return f"{start or ''}:{stop or ''}" + (f":{step}" if step != 1 else "")


class Stack(Layer, frozen=True, kw_only=True):
    """Puts two or more inputs of equal shape behind each other along a new axis (torch.stack)."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("new axis", "pile", "積み重ね")
    ports: ClassVar[Ports] = Ports(("a", "b"), variadic=True)
    saves: ClassVar[Saved] = NOTHING

    axis: Annotated[
        Axis, Meta(title="Axis", description="Where the new axis lies in what comes out, without the batch axis.")
    ] = 0

    def _axis(self, shape: Shape) -> int:
        return axis_of(self.axis, (1, *shape))

    def output(self, *inputs: Shape) -> Shape:
        """The shape with the number of inputs put in at the axis."""
        for port, shape in enumerate(inputs):
            if shape != inputs[0]:
                raise unequal("Stack", "stack-shapes", inputs, port)
        axis = self._axis(inputs[0])
        return (*inputs[0][:axis], len(inputs), *inputs[0][axis:])

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.stack((a, b), dim=1)."""
        return f"torch.stack(({', '.join(args)}), dim={self._axis(inputs[0]) + 1})"


class DiagEmbed(Layer, frozen=True, kw_only=True):
    """Makes a diagonal matrix of every vector along the last axis: n becomes n x n (torch.diag_embed)."""

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "DiagEmbed"
    stem: ClassVar[str] = "diag"
    aliases: ClassVar[tuple[str, ...]] = ("MatrixDiag", "diagonal matrix", "対角行列")
    saves: ClassVar[Saved] = NOTHING

    def output(self, *inputs: Shape) -> Shape:
        """(..., n, n)."""
        return (*inputs[0], inputs[0][-1])

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.diag_embed(x)."""
        return f"torch.diag_embed({args[0]})"


class Diagonal(Layer, frozen=True, kw_only=True):
    """Takes the diagonal out of every matrix of the last two axes (torch.diagonal)."""

    category: ClassVar[Category] = "shape"
    stem: ClassVar[str] = "diag"
    aliases: ClassVar[tuple[str, ...]] = ("MatrixDiagPart", "対角成分")
    saves: ClassVar[Saved] = VIEW

    def output(self, *inputs: Shape) -> Shape:
        """(..., the smaller of the last two sizes)."""
        if len(inputs[0]) < 2:
            raise ShapeError("needs-matrix", message(
                "Diagonal needs a matrix, that is two axes or more, but {from0} gives {shape}.",
                shape=show(inputs[0])), data={"shape": inputs[0]})  # fmt: skip
        return (*inputs[0][:-2], min(inputs[0][-2:]))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.diagonal(dim1=-2, dim2=-1)."""
        return f"{args[0]}.diagonal(dim1=-2, dim2=-1)"
