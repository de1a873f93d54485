"""Layers that order values by size, keep the largest, or spread class numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers.base import (
    Axis,
    Category,
    Costs,
    Count,
    Layer,
    Shape,
    ShapeError,
    axis_of,
    numel,
    show,
    show_axis,
)
from designer.layers.saved import STOPS, Saved


class TopK(Layer, frozen=True, kw_only=True):
    """Keeps the k largest values of every sample: alone, largest first, or at their places with 0 around them.

    All axes from the one set count as one; with axis 1 the largest are looked for in each channel apart.
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "TopK"
    stem: ClassVar[str] = "topk"
    aliases: ClassVar[tuple[str, ...]] = ("TopKData", "largest values", "最大k個")
    saves: ClassVar[Saved] = Saved(per_output=2)

    k: Annotated[Count, Meta(title="Values kept", description="How many of the largest values are kept: k.")] = 1
    largest_by: Annotated[
        Literal["value", "magnitude"],
        Meta(title="Largest by", description="value: 2 is larger than -3; magnitude: -3 is larger than 2."),
    ] = "value"
    reduce: Annotated[
        bool, Meta(title="Alone", description="Only the k values come out; off: all places, 0 but for those k.")
    ] = True
    axis: Annotated[
        Axis, Meta(title="First axis", description="This axis and all behind it count as one, without the batch axis.")
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """(..., k), or the input's shape."""
        shape = inputs[0]
        axis = axis_of(self.axis, shape)
        values = numel(shape[axis:])
        if self.k > values:
            raise ShapeError("top-k", message(
                "{k} values cannot be taken out of {values}: {from0} gives {shape}.",
                k=self.k, values=values, shape=show(shape)), data={"k": self.k, "values": values})  # fmt: skip
        return (*shape[:axis], self.k) if self.reduce else shape

    def costs(self, *inputs: Shape) -> Costs:
        """A comparison for every value."""
        return Costs(ifs=numel(inputs[0]))

    def summary(self) -> str:
        """The number: '5'."""
        return str(self.k)

    def helpers(self) -> tuple[str, ...]:
        """The function that does it."""
        return ("top_k",)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """top_k(x, 5)."""
        options = [f"axis={axis}"] if (axis := axis_of(self.axis, inputs[0]) + 1) != 1 else []
        options += ["magnitude=True"] if self.largest_by == "magnitude" else []
        options += [] if self.reduce else ["reduce=False"]
        return f"top_k({', '.join([args[0], str(self.k), *options])})"


class Sort(Layer, frozen=True, kw_only=True):
    """Puts the values along an axis in order, or tells the places they come from (torch.sort)."""

    category: ClassVar[Category] = "shape"
    aliases: ClassVar[tuple[str, ...]] = ("argsort", "order", "並べ替え")
    keeps_shape: ClassVar[bool] = True
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=2)

    axis: Annotated[
        Axis, Meta(title="Axis", description="Without the batch axis: 0 is the channels; -1 is the last one.")
    ] = 0
    descending: Annotated[bool, Meta(title="Descending", description="The largest comes first.")] = False
    only_index: Annotated[
        bool, Meta(title="Places", description="Instead of the values the places where they were come out.")
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def costs(self, *inputs: Shape) -> Costs:
        """Comparisons: n log2 n for n values in a row, rounded up."""
        size = inputs[0][axis_of(self.axis, inputs[0])]
        return Costs(ifs=numel(inputs[0]) * (size - 1).bit_length())

    def summary(self) -> str:
        """The axis, where it is not 0, and an arrow where it is descending."""
        return ", ".join(filter(None, (show_axis(self.axis), "↓" if self.descending else "")))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.sort(dim=1).values."""
        options = f"dim={axis_of(self.axis, inputs[0]) + 1}" + (", descending=True" if self.descending else "")
        if self.only_index:
            return f"{args[0]}.argsort({options}, stable=True).to({args[0]}.dtype)"
        return f"{args[0]}.sort({options}).values"


class OneHot(Layer, frozen=True, kw_only=True):
    """Makes of every class number a row of zeros with a 1 at its place; numbers beyond the classes give zeros only.

    The input's last axis holds the number, so (1,) becomes (100,); with a shape such as 10x20 it holds one number for
    each of its axes.
    """

    category: ClassVar[Category] = "shape"
    title: ClassVar[str] = "OneHot"
    stem: ClassVar[str] = "onehot"
    aliases: ClassVar[tuple[str, ...]] = ("one hot", "indicator", "ワンホット")
    saves: ClassVar[Saved] = STOPS

    shape: Annotated[
        tuple[Count, ...],
        Meta(title="Classes", description="How many classes there are, or the shape that the 1 is put in.",
             min_length=1, max_length=7),
    ] = (100,)  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape, the last axis replaced by the classes."""
        if inputs[0][-1] != len(self.shape):
            raise ShapeError("one-hot", message(
                "OneHot needs a last axis of {numbers}, one number for each axis of its classes, but {from0} gives "
                "{shape}.", numbers=len(self.shape), shape=show(inputs[0])), data={"shape": inputs[0]})  # fmt: skip
        return (*inputs[0][:-1], *self.shape)

    def costs(self, *inputs: Shape) -> Costs:
        """A comparison for every output value."""
        return Costs(ifs=numel(self.output(*inputs)))

    def summary(self) -> str:
        """The classes: '100'."""
        return show(self.shape)

    def helpers(self) -> tuple[str, ...]:
        """The function that does it."""
        return ("one_hot",)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """one_hot(x, 100)."""
        return f"one_hot({args[0]}, {', '.join(map(str, self.shape))})"
