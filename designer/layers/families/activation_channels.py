"""Activations that double or halve the size of an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Costs, Shape, ShapeError, axis_of, show, show_axis
from designer.layers.families.activation import AxisField, _Activation
from designer.layers.saved import OUTPUT, Saved


def _resized(shape: Shape, axis: int, size: int) -> Shape:
    return (*shape[:axis], size, *shape[axis + 1 :])


class _Concatenated(_Activation, frozen=True, kw_only=True):
    """A function of x and of -x, one behind the other along an axis."""

    keeps_shape: ClassVar[bool] = False

    axis: AxisField = 0

    def output(self, *inputs: Shape) -> Shape:
        """The axis is twice as long."""
        axis = axis_of(self.axis, inputs[0])
        return _resized(inputs[0], axis, 2 * inputs[0][axis])

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def module(self, *inputs: Shape) -> None:
        """torch.nn has none."""

    def _both(self, name: str, shape: Shape) -> str:
        return f"torch.cat(({name}, -{name}), dim={axis_of(self.axis, shape) + 1})"


class CReLU(_Concatenated, frozen=True, kw_only=True):
    """Concatenated ReLU: ReLU of x and of -x, one behind the other along an axis, which becomes twice as long."""

    aliases: ClassVar[tuple[str, ...]] = ("concatenated",)
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    saves: ClassVar[Saved] = OUTPUT

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.relu(torch.cat((x, -x), dim=1))."""
        return f"F.relu({self._both(args[0], inputs[0])})"


class ConcatenatedELU(_Concatenated, frozen=True, kw_only=True):
    """ELU of x and of -x, one behind the other along an axis, which becomes twice as long; NNC calls it CELU."""

    aliases: ClassVar[tuple[str, ...]] = ("CELU",)
    value_costs: ClassVar[Costs] = Costs(ifs=1, adds=1, multiplies=1, exps=1)
    saves: ClassVar[Saved] = Saved(inputs=False, per_output=1)

    alpha: Annotated[
        float, Meta(ge=0, le=1000, title="Alpha", description="Negative values tend to minus this value.")
    ] = 1.0

    def summary(self) -> str:
        """Alpha and the axis, where they are not 1 and 0."""
        return ", ".join(filter(None, ("" if self.alpha == 1.0 else f"{self.alpha:.3g}", show_axis(self.axis))))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.elu(torch.cat((x, -x), dim=1), alpha=0.5)."""
        alpha = "" if self.alpha == 1.0 else f", alpha={self.alpha!r}"
        return f"F.elu({self._both(args[0], inputs[0])}{alpha})"


class GLU(_Activation, frozen=True, kw_only=True):
    """Gated linear unit: one half of the values along an axis, times the sigmoid of the other half."""

    aliases: ClassVar[tuple[str, ...]] = ("gated linear unit",)
    keeps_shape: ClassVar[bool] = False
    value_costs: ClassVar[Costs] = Costs(adds=1, multiplies=1, divisions=1, exps=1)

    axis: AxisField = 0

    def output(self, *inputs: Shape) -> Shape:
        """The axis is half as long."""
        axis = axis_of(self.axis, inputs[0])
        size = inputs[0][axis]
        if size % 2:
            raise ShapeError("odd-size", message(
                "GLU cuts axis {axis} in two halves, but {from0} gives {shape}, where its size is {size}.",
                axis=axis, shape=show(inputs[0]), size=size), data={"axis": axis, "size": size})  # fmt: skip
        return _resized(inputs[0], axis, size // 2)

    def summary(self) -> str:
        """The axis, where it is not 0."""
        return show_axis(self.axis)

    def module(self, *inputs: Shape) -> str:
        """nn.GLU(dim=1)."""
        return f"nn.GLU(dim={axis_of(self.axis, inputs[0]) + 1})"
