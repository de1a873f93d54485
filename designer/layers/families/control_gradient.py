"""Layers that let values pass as they are; some do something to the gradients on their way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.axes import Axes, axes_of, show_axes
from designer.layers.base import Axis, Category, Count, Shape, ShapeError, axis_of, numel, show, show_axis
from designer.layers.elementwise import Elementwise
from designer.layers.saved import VIEW, Saved


class _Passing(Elementwise, frozen=True, kw_only=True):
    """The output is the input."""

    category: ClassVar[Category] = "control"


class Identity(_Passing, frozen=True, kw_only=True):
    """Does nothing: a place to name, to look at, or to put something else later."""

    aliases: ClassVar[tuple[str, ...]] = ("pass", "nothing", "恒等")
    saves: ClassVar[Saved] = VIEW

    def module(self, *inputs: Shape) -> str:
        """nn.Identity()."""
        return "nn.Identity()"


class Detach(_Passing, frozen=True, kw_only=True):
    """Lets values pass but no gradient: what lies before is not trained from here."""

    aliases: ClassVar[tuple[str, ...]] = ("Unlink", "stop gradient", "勾配停止")
    saves: ClassVar[Saved] = Saved(inputs=False, view=True, stops=True)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.detach()."""
        return f"{args[0]}.detach()"


class _Changed(_Passing, frozen=True, kw_only=True):
    """The gradient passes through a function of g."""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """ChangeGradient.apply(x, lambda g: g.clamp(-1.0, 1.0))."""
        return f"ChangeGradient.apply({args[0]}, lambda g: {self._gradient(inputs[0])})"

    def _gradient(self, shape: Shape) -> str:
        raise NotImplementedError

    def helpers(self) -> tuple[str, ...]:
        """What lets values pass."""
        return ("ChangeGradient",)


class ClipGradByValue(_Changed, frozen=True, kw_only=True):
    """Lets values pass; on the way back, gradients are cut off at a smallest and a largest value."""

    stem: ClassVar[str] = "clip_grad"
    aliases: ClassVar[tuple[str, ...]] = ("gradient clipping", "勾配クリップ")
    saves: ClassVar[Saved] = VIEW

    min: Annotated[float, Meta(ge=-1e9, le=1e9, title="Minimum", description="Of the gradients.")] = -1.0
    max: Annotated[float, Meta(ge=-1e9, le=1e9, title="Maximum", description="Of the gradients.")] = 1.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if self.min > self.max:
            raise ShapeError("bad-property", message(
                "The minimum {low} is larger than the maximum {high}.", low=f"{self.min:g}", high=f"{self.max:g}"),
                data={"field": "min"})  # fmt: skip
        return inputs[0]

    def summary(self) -> str:
        """'-1..1'."""
        return f"{self.min:.3g}..{self.max:.3g}"

    def _gradient(self, shape: Shape) -> str:
        return f"g.clamp({self.min!r}, {self.max!r})"


class ClipGradByNorm(_Changed, frozen=True, kw_only=True):
    """Lets values pass; on the way back, gradients longer than a limit are scaled down to it.

    Their length is the Euclidean norm along the axes.
    """

    stem: ClassVar[str] = "clip_grad"
    aliases: ClassVar[tuple[str, ...]] = ("gradient clipping", "勾配クリップ")
    saves: ClassVar[Saved] = VIEW

    clip_norm: Annotated[
        float,
        Meta(ge=1e-9, le=1e9, title="Length", description="The largest length (Euclidean norm) of the gradients."),
    ] = 1.0
    axes: Axes = (0,)
    always: Annotated[
        bool, Meta(title="Always", description="Scales shorter gradients up to the length as well, as NNC does.")
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axes_of(self.axes, inputs[0])
        return inputs[0]

    def summary(self) -> str:
        """'1', and the axes where they are not the first."""
        return ", ".join(filter(None, (f"{self.clip_norm:.3g}", show_axes(self.axes))))

    def _gradient(self, shape: Shape) -> str:
        dim = tuple(axis + 1 for axis in axes_of(self.axes, shape))
        always = ", always=True" if self.always else ""
        return f"clipped_by_norm(g, {self.clip_norm!r}, {dim}{always})"

    def helpers(self) -> tuple[str, ...]:
        """The scaling, and what lets values pass."""
        return ("clipped_by_norm", *super().helpers())


class TopKGrad(_Changed, frozen=True, kw_only=True):
    """Lets values pass; on the way back, only the k largest gradients of a sample are kept, the others become 0."""

    stem: ClassVar[str] = "top_grad"
    saves: ClassVar[Saved] = VIEW

    k: Annotated[Count, Meta(title="Gradients kept", description="How many gradients are kept.")] = 1
    absolute: Annotated[bool, Meta(title="By size", description="Large negative gradients count as large.")] = False
    axis: Annotated[
        Axis,
        Meta(title="First axis", description="The k are chosen among all values from this axis on; 0: of a sample."),
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        shape = inputs[0]
        size = numel(shape[axis_of(self.axis, shape) :])
        if self.k > size:
            raise ShapeError("too-few", message(
                "{from0} gives {shape}: there are {size} values to choose the {k} largest from.",
                shape=show(shape), size=size, k=self.k), data={"k": self.k, "size": size})  # fmt: skip
        return shape

    def summary(self) -> str:
        """'k 10', and the axis where it is not 0."""
        return ", ".join(filter(None, (f"k {self.k}", show_axis(self.axis))))

    def _gradient(self, shape: Shape) -> str:
        absolute = ", absolute=True" if self.absolute else ""
        return f"top_k_only(g, {self.k}, {axis_of(self.axis, shape) + 1}{absolute})"

    def helpers(self) -> tuple[str, ...]:
        """The choice, and what lets values pass."""
        return ("top_k_only", *super().helpers())
