"""Windows that slide over pictures: the sizes that convolutions and pooling put out, and what they leave out.

Formulas: torch.nn.Conv2d and torch.nn.MaxPool2d; 'same' padding: TensorFlow's, tf.nn.convolution.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from designer.errors import message
from designer.layers.base import Note, Shape, ShapeError, pair, show, show_pair

Padding = int | tuple[int, ...] | Literal["same", "valid"]
Two = tuple[int, int]
"""(height, width)"""


class Window(NamedTuple):
    """How a window slides: everything for (height, width)."""

    span: Two
    """Rows and columns from the first to the last value that a window looks at: the kernel's, but for dilation."""
    stride: Two
    padding: Two = (0, 0)
    """Rows and columns added on each side; of no meaning where `same`."""
    same: bool = False
    """As much padding as makes the output the input's size divided by the stride, rounded up."""
    round_up: bool = False

    @classmethod
    def of(
        cls,
        kernel: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        padding: Padding,
        dilation: int | tuple[int, ...] = 1,
        *,
        round_up: bool = False,
    ) -> Window:
        """From a layer's properties."""
        (kernel_h, kernel_w), (dilation_h, dilation_w) = pair(kernel), pair(dilation)
        span = (dilation_h * (kernel_h - 1) + 1, dilation_w * (kernel_w - 1) + 1)
        sides = (0, 0) if isinstance(padding, str) else pair(padding)
        return cls(span, pair(stride), sides, padding == "same", round_up)

    def sizes(self, shape: Shape) -> Two:
        """Output height and width for a picture (C, H, W).

        Raises:
            ShapeError: the window is larger than the padded picture.
        """
        height, width = self._size(0, shape[1]), self._size(1, shape[2])
        if height < 1 or width < 1:
            size = (shape[1] + 2 * self.padding[0], shape[2] + 2 * self.padding[1])
            raise ShapeError("kernel-too-large", message(
                "A window of {window} does not fit into {size}: {from0} gives {shape}. Make the kernel smaller, or add "
                "padding.", window=show_pair(self.span), size=show_pair(size), shape=show(shape)),
                data={"kernel": self.span, "size": size})  # fmt: skip
        return height, width

    def _size(self, axis: int, size: int) -> int:
        span, stride, padding, same, round_up = self
        step, pad = stride[axis], padding[axis]
        if same:
            return -(-size // step)
        room = size + 2 * pad - span[axis]
        if not round_up:
            return room // step + 1
        count = -(-room // step) + 1
        # A window that would begin beyond the picture, in the padding at its end, is left out.
        return count - 1 if (count - 1) * step >= size + pad else count

    def same_padding(self, shape: Shape) -> tuple[Two, Two]:
        """What 'same' adds before and after a picture (C, H, W), as (rows, columns) each; an odd one goes behind."""
        (top, bottom), (left, right) = self._both_sides(0, shape[1]), self._both_sides(1, shape[2])
        return (top, left), (bottom, right)

    def _both_sides(self, axis: int, size: int) -> Two:
        step = self.stride[axis]
        total = max((-(-size // step) - 1) * step + self.span[axis] - size, 0)
        return total // 2, total - total // 2

    def notes(self, shape: Shape) -> tuple[Note, ...]:
        """A note if the steps do not come out even, so that rows or columns at the picture's end are never looked at.

        A rest that lies in the padding loses nothing, and gaps as wide as those between the windows are no rest.
        """
        if self.same or self.round_up or self.stride == (1, 1):
            return ()
        rows, columns = self._lost(0, shape[1]), self._lost(1, shape[2])
        if not rows and not columns:
            return ()
        text = message(
            "The steps of the window do not come out even on {shape} from {from0}. Rows dropped at the bottom: {rows}, "
            "columns dropped at the right: {columns}.", shape=show(shape), rows=rows, columns=columns)  # fmt: skip
        return (Note("remainder", text, {"rows": rows, "columns": columns}),)

    def _lost(self, axis: int, size: int) -> int:
        span, step, pad = self.span[axis], self.stride[axis], self.padding[axis]
        return max((size + 2 * pad - span) % step - pad - max(step - span, 0), 0)
