"""Windows that slide over sequences, pictures and volumes: the sizes that come out, and what is left out.

Formulas: torch.nn.Conv2d and torch.nn.MaxPool2d; 'same' padding: TensorFlow's, tf.nn.convolution.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from designer.errors import message
from designer.layers.base import Note, Shape, ShapeError, show

Padding = int | tuple[int, ...] | Literal["same", "valid", "full", "end"]
Sizes = tuple[int, ...]
"""One number for each direction: (height, width) of a picture."""


def spread(value: int | tuple[int, ...], axes: int) -> Sizes:
    """A property that is one number for all directions, or one for each."""
    return (value,) * axes if isinstance(value, int) else value


class Window(NamedTuple):
    """How a window slides: everything has one number for each direction, (height, width) for pictures."""

    span: Sizes
    """Rows and columns from the first to the last value that a window looks at: the kernel's, but for dilation."""
    stride: Sizes
    padding: Sizes
    """Rows and columns added on each side; of no meaning where `same`."""
    same: bool = False
    """As much padding as makes the output the input's size divided by the stride, rounded up."""
    round_up: bool = False
    at_end: bool = False
    """The padding of `same` is all at the end of each direction."""

    @classmethod
    def of(
        cls,
        kernel: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: Padding,
        dilation: int | tuple[int, ...] = 1,
        *,
        round_up: bool = False,
        axes: int = 2,
    ) -> Window:
        """From a layer's properties; `axes` is the number of directions."""
        kernels, dilations = spread(kernel, axes), spread(dilation, axes)
        span = tuple(d * (k - 1) + 1 for k, d in zip(kernels, dilations, strict=True))
        if isinstance(padding, str):
            sides = tuple(size - 1 if padding == "full" else 0 for size in span)
        else:
            sides = spread(padding, axes)
        return cls(span, spread(stride, axes), sides, padding in ("same", "end"), round_up, padding == "end")

    def sizes(self, shape: Shape) -> Sizes:
        """Output sizes, (H', W') for a picture (C, H, W).

        Raises:
            ShapeError: the window is larger than the padded picture.
        """
        if self.same:
            found = tuple([-(-size // step) for size, step in zip(shape[1:], self.stride, strict=True)])
        elif self.round_up:
            found = tuple([self._size_rounded_up(axis, size) for axis, size in enumerate(shape[1:])])
        else:
            found = tuple(map(_size, shape[1:], self.span, self.stride, self.padding))
        if min(found) < 1:
            size = tuple(size + 2 * pad for size, pad in zip(shape[1:], self.padding, strict=True))
            raise ShapeError("kernel-too-large", message(
                "A window of {window} does not fit into {size}: {from0} gives {shape}. Make the kernel smaller, or add "
                "padding.", window=show(self.span), size=show(size), shape=show(shape)),
                data={"kernel": self.span, "size": size})  # fmt: skip
        return found

    def _size_rounded_up(self, axis: int, size: int) -> int:
        step, pad = self.stride[axis], self.padding[axis]
        count = -(-(size + 2 * pad - self.span[axis]) // step) + 1
        # A window that would begin beyond the picture, in the padding at its end, is left out.
        return count - 1 if (count - 1) * step >= size + pad else count

    def same_padding(self, shape: Shape) -> tuple[Sizes, Sizes]:
        """What 'same' adds before and after a picture (C, H, W), as (rows, columns) each; an odd one goes behind."""
        sides = [self._both_sides(axis, size) for axis, size in enumerate(shape[1:])]
        return tuple(before for before, _ in sides), tuple(after for _, after in sides)

    def _both_sides(self, axis: int, size: int) -> tuple[int, int]:
        step = self.stride[axis]
        total = max((-(-size // step) - 1) * step + self.span[axis] - size, 0)
        return (0, total) if self.at_end else (total // 2, total - total // 2)

    def notes(self, shape: Shape) -> tuple[Note, ...]:
        """A note if the steps do not come out even, so that rows or columns at the picture's end are never looked at.

        A rest that lies in the padding loses nothing, and gaps as wide as those between the windows are no rest.
        """
        if max(self.stride) == 1 or self.same or self.round_up:
            return ()
        lost = tuple(self._lost(axis, size) for axis, size in enumerate(shape[1:]))
        if not any(lost):
            return ()
        if len(lost) == 2:
            rows, columns = lost
            text = message(
                "The steps of the window do not come out even on {shape} from {from0}. Rows dropped at the bottom: "
                "{rows}, columns dropped at the right: {columns}.",
                shape=show(shape), rows=rows, columns=columns)  # fmt: skip
            return (Note("remainder", text, {"rows": rows, "columns": columns}),)
        text = message(
            "The steps of the window do not come out even on {shape} from {from0}. Values dropped at the ends: {lost}.",
            shape=show(shape), lost=show(lost))  # fmt: skip
        return (Note("remainder", text, {"lost": lost}),)

    def _lost(self, axis: int, size: int) -> int:
        span, step, pad = self.span[axis], self.stride[axis], self.padding[axis]
        return max((size + 2 * pad - span) % step - pad - max(step - span, 0), 0)


def _size(size: int, span: int, step: int, pad: int) -> int:
    """How many windows fit into one direction."""
    return (size + 2 * pad - span) // step + 1
