"""Layers that repeat values: along axes of size 1, to the shape of another input, or as tiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Axis, Category, Layer, Ports, Shape, ShapeError, show
from designer.layers.saved import NOTHING, VIEW, Saved

_Times = Annotated[int, Meta(ge=1, le=10_000)]


class Expand(Layer, frozen=True, kw_only=True):
    """Repeats values along axes of size 1, until the input has the shape that is set (torch.Tensor.expand).

    Costs no memory: the values are not copied.
    """

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("Broadcast", "stretch", "ブロードキャスト")
    saves: ClassVar[Saved] = VIEW

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=-1, le=1_000_000)], ...],
        Meta(title="Shape", description="Without the batch axis; -1 keeps the size of the input.",
             min_length=1, max_length=8),
    ] = (-1,)  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """The shape, with -1 worked out."""
        found = inputs[0]
        if len(self.shape) != len(found) or any(
            wanted not in (-1, size) and (size != 1 or not wanted)
            for wanted, size in zip(self.shape, found, strict=False)
        ):
            raise ShapeError("expand-shape", message(
                "{shape} from {from0} cannot be expanded to {wanted}: it needs as many axes, each of the same size or "
                "of size 1.", shape=show(found), wanted=self._shown()), data={"shape": self.shape})  # fmt: skip
        return tuple(size if wanted == -1 else wanted for wanted, size in zip(self.shape, found, strict=True))

    def _shown(self) -> str:
        return "x".join("?" if size == -1 else str(size) for size in self.shape)

    def summary(self) -> str:
        """'16x?x32'; a question mark stays as it is."""
        return self._shown()

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.expand(-1, 16, 32, 32)."""
        return f"{args[0]}.expand(-1, {', '.join(map(str, self.output(*inputs)))})"


class ExpandAs(Layer, frozen=True, kw_only=True):
    """Repeats an input until it has the shape of a second one, whose values do not matter.

    The input's axes are matched with those of the second input from the axis that is set, or with its last ones: a
    vector of 16 with axis 0 becomes 16x8x8, the same value all over each channel.
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "ExpandAs"
    aliases: ClassVar[tuple[str, ...]] = ("BroadcastTo", "expand_as")
    ports: ClassVar[Ports] = Ports(("input", "like"))
    saves: ClassVar[Saved] = VIEW

    axis: Annotated[
        Axis,
        Meta(title="First axis", description="The axis of the second input that the input begins at; -1: its last "
             "axes are the input's."),
    ] = -1  # fmt: skip

    def _begin(self, shape: Shape, like: Shape) -> int:
        begin = len(like) - len(shape) if self.axis == -1 else self.axis
        fits = 0 <= begin <= len(like) - len(shape) and all(
            size in (1, wanted) for size, wanted in zip(shape, like[begin:], strict=False)
        )
        if not fits:
            raise ShapeError("expand-as", message(
                "{shape} from {from0} does not fit into {like} from {from1} at axis {axis}.",
                shape=show(shape), like=show(like), axis=self.axis), data={"axis": self.axis})  # fmt: skip
        return begin

    def output(self, *inputs: Shape) -> Shape:
        """The second input's shape."""
        self._begin(inputs[0], inputs[1])
        return inputs[1]

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x[:, :, None, None].expand_as(like)."""
        begin = self._begin(inputs[0], inputs[1])
        behind = len(inputs[1]) - begin - len(inputs[0])
        if not begin and not behind:
            return f"{args[0]}.expand_as({args[1]})"
        index = [":", *["None"] * begin, *[":"] * len(inputs[0]), *["None"] * behind]
        while index[-1] == ":":
            index.pop()
        return f"{args[0]}[{', '.join(index)}].expand_as({args[1]})"


class Tile(Layer, frozen=True, kw_only=True):
    """Lays copies of its input side by side: so many along each axis (torch.tile).

    The numbers stand for the last axes; those before them are not repeated.
    """

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("copies", "タイル")
    saves: ClassVar[Saved] = NOTHING

    reps: Annotated[
        tuple[_Times, ...],
        Meta(title="Copies", description="How many copies, for each of the last axes.", min_length=1, max_length=8),
    ] = (2,)

    def _reps(self, shape: Shape) -> tuple[int, ...]:
        if len(self.reps) > len(shape):
            raise ShapeError("tile-axes", message(
                "This Tile names {axes} axes, but {from0} gives {shape}.", axes=len(self.reps), shape=show(shape)),
                data={"axes": len(shape)})  # fmt: skip
        return (1,) * (len(shape) - len(self.reps)) + self.reps

    def output(self, *inputs: Shape) -> Shape:
        """Each size times its number of copies."""
        return tuple(size * times for size, times in zip(inputs[0], self._reps(inputs[0]), strict=True))

    def summary(self) -> str:
        """'×2', '×1x2'."""
        return f"×{show(self.reps)}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.tile(1, 1, 1, 2)."""
        return f"{args[0]}.tile({', '.join(map(str, (1, *self._reps(inputs[0]))))})"
