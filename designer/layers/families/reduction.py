"""Reductions: many values along some axes become one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.axes import Axes, axes_of, dims, show_axes
from designer.layers.base import Category, Costs, Layer, Shape, numel
from designer.layers.saved import BOTH, NOTHING, Saved


class _Reduction(Layer, frozen=True, kw_only=True):
    """One value for all along the axes; a sample of which nothing else is left is one value, (1,)."""

    category: ClassVar[Category] = "reduction"

    axes: Axes = (0,)
    keep_dims: Annotated[
        bool, Meta(title="Keep axes", description="The axes stay, with size 1; off: they are taken away.")
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """The shape without the axes, or with 1 there."""
        gone = axes_of(self.axes, inputs[0])
        if self.keep_dims:
            return tuple(1 if axis in gone else size for axis, size in enumerate(inputs[0]))
        return tuple(size for axis, size in enumerate(inputs[0]) if axis not in gone) or (1,)

    def summary(self) -> str:
        """'axes 1,2'."""
        return show_axes(self.axes)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.sum(dim=(2, 3)); of all axes, x.flatten(1).sum(dim=1, keepdim=True), which is (N, 1)."""
        axes, rank = axes_of(self.axes, inputs[0]), len(inputs[0])
        if len(axes) == rank and not self.keep_dims:
            return self._reduced(args[0] if rank == 1 else f"{args[0]}.flatten(1)", args[0], (0,), ", keepdim=True")
        return self._reduced(args[0], args[0], axes, ", keepdim=True" if self.keep_dims else "")

    def _reduced(self, values: str, x: str, axes: tuple[int, ...], keep: str) -> str:
        """The reduction of the expression `values`; `x` is the input's name, `keep` the option that keeps the axes."""
        return f"{values}.{type(self).__name__.lower()}(dim={dims(axes)}{keep})"


class Sum(_Reduction, frozen=True, kw_only=True):
    """The sum of all values along some axes."""

    aliases: ClassVar[tuple[str, ...]] = ("total", "合計")
    saves: ClassVar[Saved] = NOTHING

    def costs(self, *inputs: Shape) -> Costs:
        """An addition for every value of the input."""
        return Costs(adds=numel(inputs[0]))


class Mean(_Reduction, frozen=True, kw_only=True):
    """The mean of all values along some axes."""

    aliases: ClassVar[tuple[str, ...]] = ("平均",)
    saves: ClassVar[Saved] = NOTHING

    def costs(self, *inputs: Shape) -> Costs:
        """An addition for every value of the input, a division for every value of the output."""
        return Costs(adds=numel(inputs[0]), divisions=numel(self.output(*inputs)))


class Prod(_Reduction, frozen=True, kw_only=True):
    """The product of all values along some axes."""

    aliases: ClassVar[tuple[str, ...]] = ("product", "総乗")
    saves: ClassVar[Saved] = BOTH

    def costs(self, *inputs: Shape) -> Costs:
        """A multiplication for every value of the input."""
        return Costs(multiplies=numel(inputs[0]))

    def _reduced(self, values: str, x: str, axes: tuple[int, ...], keep: str) -> str:
        """x.prod(dim=3).prod(dim=2): torch takes one axis at a time."""
        return values + "".join(f".prod(dim={axis + 1}{keep})" for axis in reversed(axes))


class _Extreme(_Reduction, frozen=True, kw_only=True):
    """The largest or smallest value, or where it is."""

    only_index: Annotated[
        bool,
        Meta(
            title="Index only",
            description="Gives the place of the value, counted from 0, instead of the value; no gradient passes. "
            "Several axes are counted as one long one.",
        ),
    ] = False

    def costs(self, *inputs: Shape) -> Costs:
        """A comparison for every value of the input."""
        return Costs(ifs=numel(inputs[0]))

    def summary(self) -> str:
        """'axes 1,2, arg'."""
        return ", ".join(filter(None, (show_axes(self.axes), "arg" if self.only_index else "")))

    def _reduced(self, values: str, x: str, axes: tuple[int, ...], keep: str) -> str:
        """x.amax(dim=(2, 3)), or x.argmax(dim=1).to(x.dtype)."""
        name = type(self).__name__.lower()
        if not self.only_index:
            return f"{values}.a{name}(dim={dims(axes)}{keep})"
        if len(axes) == 1:
            return f"{values}.arg{name}(dim={axes[0] + 1}{keep}).to({x}.dtype)"
        return f"arg{name}_of({values}, {dims(axes)}{keep}).to({x}.dtype)"

    def helpers(self) -> tuple[str, ...]:
        """What counts several axes as one."""
        return (f"arg{type(self).__name__.lower()}_of",) if self.only_index and len(self.axes) > 1 else ()


class Max(_Extreme, frozen=True, kw_only=True):
    """The largest of all values along some axes, or the place where it is.

    Maximum takes the largest of several inputs, value by value.
    """

    aliases: ClassVar[tuple[str, ...]] = ("amax", "argmax", "最大")
    saves: ClassVar[Saved] = BOTH


class Min(_Extreme, frozen=True, kw_only=True):
    """The smallest of all values along some axes, or the place where it is.

    Minimum takes the smallest of several inputs, value by value.
    """

    aliases: ClassVar[tuple[str, ...]] = ("amin", "argmin", "最小")
    saves: ClassVar[Saved] = BOTH


class Norm(_Reduction, frozen=True, kw_only=True):
    """The length of all values along some axes: (sum of |x|^p)^(1/p), with p = 2 the Euclidean one."""

    aliases: ClassVar[tuple[str, ...]] = ("vector norm", "L2", "L1", "ノルム")
    saves: ClassVar[Saved] = BOTH

    p: Annotated[
        float, Meta(ge=0, le=1000, title="Order p", description="2: Euclidean length; 1: sum of the absolute values.")
    ] = 2.0

    def costs(self, *inputs: Shape) -> Costs:
        """A power and an addition for every value of the input, a root for every value of the output."""
        count, roots = numel(inputs[0]), numel(self.output(*inputs))
        return Costs(adds=count, multiplies=count + roots, exps=2 * (count + roots))

    def summary(self) -> str:
        """'L2, axes 1,2'."""
        return ", ".join(filter(None, (f"L{self.p:.3g}", show_axes(self.axes))))

    def _reduced(self, values: str, x: str, axes: tuple[int, ...], keep: str) -> str:
        """torch.linalg.vector_norm(x, dim=1)."""
        order = "" if self.p == 2 else f", ord={self.p!r}"
        return f"torch.linalg.vector_norm({values}{order}, dim={dims(axes)}{keep})"
