"""Properties that are lists of axes."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Axis, Shape, ShapeError, axis_of

Axes = Annotated[
    tuple[Axis, ...],
    Meta(
        title="Axes",
        description="Without the batch axis: 0 is the channels, 1 and 2 are height and width; -1 is the last one.",
        min_length=1,
        max_length=8,
    ),
]


def axes_of(axes: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """The axes of a shape (no batch axis) that a property means, counted from 0, in ascending order.

    Raises:
        ShapeError: the shape has too few axes, or one is named twice.
    """
    found = sorted(axis_of(axis, shape) for axis in axes)
    for one, next_one in pairwise(found):
        if one == next_one:
            raise ShapeError("bad-property", message("Axis {axis} is named twice in {axes}.",
                             axis=one, axes=", ".join(map(str, axes))), data={"field": "axes"})  # fmt: skip
    return tuple(found)


def show_axes(axes: tuple[int, ...]) -> str:
    """Axes on the canvas; nothing for 0 alone, which is the usual one."""
    if axes == (0,):
        return ""
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {','.join(map(str, axes))}"


def dims(axes: tuple[int, ...]) -> int | tuple[int, ...]:
    """What torch takes as `dim` for axes without the batch axis."""
    return axes[0] + 1 if len(axes) == 1 else tuple(axis + 1 for axis in axes)
