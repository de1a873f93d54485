"""Pooling: one value for a window of values, without weights."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal, NamedTuple

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Category,
    Layer,
    Note,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    no_picture,
    picture,
    show_pair,
)
from designer.layers.windows import Two, Window

KernelSize = Annotated[Pair, Meta(title="Kernel size", description="Height and width of the window.")]
Stride = Annotated[Pair | None, Meta(title="Stride", description="Step of the window; empty: the kernel size.")]
CeilMode = Annotated[
    bool,
    Meta(
        title="Round up",
        description="Where the steps do not come out even, a last window reaches over the edge, instead of dropping "
        "what is left. 'same' padding always reaches it.",
    ),
]
Padding = Annotated[
    PairFrom0 | Literal["same", "valid"],
    Meta(
        title="Padding",
        description="Rows and columns added on each side. 'same': as many as make the output the input's size divided "
        "by the stride, rounded up; 'valid': none.",
    ),
]


class _Pooling(Layer, frozen=True, kw_only=True):
    """What max and average pooling share; each has the properties kernel_size, stride, padding and ceil_mode."""

    category: ClassVar[Category] = "pooling"

    @property
    def _window(self) -> Window:
        raise NotImplementedError

    def output(self, *inputs: Shape) -> Shape:
        """(C, H', W')."""
        channels, _, _ = picture(inputs, type(self).__name__)
        window = self._window
        (pad_h, pad_w), (kernel_h, kernel_w) = window.padding, window.span
        if 2 * pad_h > kernel_h or 2 * pad_w > kernel_w:
            raise ShapeError("padding-too-large", message(
                "The padding {padding} is more than half of the window {window}, so that some windows would see "
                "nothing but padding.", padding=show_pair(window.padding), window=show_pair(window.span)),
                data={"padding": window.padding, "kernel": window.span})  # fmt: skip
        return (channels, *window.sizes(inputs[0]))

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """Rows and columns that the last window does not reach."""
        return self._window.notes(inputs[0])

    def summary(self) -> str:
        """'3x3, /2'; 'same' where it is set."""
        window = self._window
        step = code.square(window.stride)
        parts = [show_pair(window.span), f"/{step}" if isinstance(step, int) else f"/{show_pair(step)}"]
        return ", ".join(parts + (["same"] if window.same else []))


class MaxPool2d(_Pooling, frozen=True, kw_only=True):
    """Max pooling: the largest value of every window, channel by channel.

    Output size: floor((H + 2 padding - kernel) / stride) + 1, or rounded up (torch.nn.MaxPool2d); with 'same' padding
    ceil(H / stride). The padding counts as minus infinity, so that it never is the largest value.
    """

    title: ClassVar[str] = "MaxPool2d"
    stem: ClassVar[str] = "pool"
    aliases: ClassVar[tuple[str, ...]] = ("MaxPooling", "max pool", "downsample", "プーリング", "最大プーリング")

    kernel_size: KernelSize = 2
    stride: Stride = None
    padding: Padding = 0
    ceil_mode: CeilMode = False

    @cached_property
    def _window(self) -> Window:
        stride = self.kernel_size if self.stride is None else self.stride
        return Window.of(self.kernel_size, stride, self.padding, round_up=self.ceil_mode)

    def module(self, *inputs: Shape) -> str:
        """nn.MaxPool2d(...)."""
        return _pool("nn.MaxPool2d", self._window, _Plan.of(self._window, inputs[0]))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, without the surplus first row and column that 'same' may need."""
        return f"{module}({args[0]}){_Plan.of(self._window, inputs[0]).cut}"


class AvgPool2d(_Pooling, frozen=True, kw_only=True):
    """Average pooling: the mean of every window, channel by channel.

    Output size: floor((H + 2 padding - kernel) / stride) + 1, or rounded up (torch.nn.AvgPool2d); with 'same' padding
    ceil(H / stride).
    """

    title: ClassVar[str] = "AvgPool2d"
    stem: ClassVar[str] = "pool"
    aliases: ClassVar[tuple[str, ...]] = ("AveragePooling", "average pool", "mean", "平均プーリング")

    kernel_size: KernelSize = 2
    stride: Stride = None
    padding: Padding = 0
    ceil_mode: CeilMode = False
    count_include_pad: Annotated[
        bool,
        Meta(
            title="Count the padding",
            description="The padding's zeros count as values of the mean; off: the mean is over the picture's own "
            "values only, as in TensorFlow.",
        ),
    ] = True

    @cached_property
    def _window(self) -> Window:
        stride = self.kernel_size if self.stride is None else self.stride
        return Window.of(self.kernel_size, stride, self.padding, round_up=self.ceil_mode)

    def module(self, *inputs: Shape) -> str:
        """nn.AvgPool2d(...)."""
        plan = _Plan() if self._padded_before(inputs[0]) else _Plan.of(self._window, inputs[0])
        counted = self.count_include_pad or plan.padding == (0, 0)
        return _pool("nn.AvgPool2d", self._window, plan, count_include_pad=(counted, True))

    def _padded_before(self, shape: Shape) -> bool:
        """Whether zeros must be put around the picture itself: PyTorch counts only padding that is even."""
        if not self._window.same or not self.count_include_pad:
            return False
        before, after = self._window.same_padding(shape)
        return before != after

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, with what an uneven 'same' padding needs before or after it."""
        if self._padded_before(inputs[0]):
            return f"{module}({code.zero_padded(args[0], *self._window.same_padding(inputs[0]))})"
        return f"{module}({args[0]}){_Plan.of(self._window, inputs[0]).cut}"


class GlobalAveragePool(Layer, frozen=True, kw_only=True):
    """Global average pooling: one value for every channel, its mean over the whole picture."""

    category: ClassVar[Category] = "pooling"
    title: ClassVar[str] = "GlobalAveragePool"
    stem: ClassVar[str] = "gap"
    aliases: ClassVar[tuple[str, ...]] = (
        "GlobalAveragePooling",
        "AdaptiveAvgPool2d",
        "gap",
        "mean",
        "大域平均プーリング",
    )

    def output(self, *inputs: Shape) -> Shape:
        """(C,)."""
        if len(inputs[0]) < 2:
            raise no_picture(inputs[0], "GlobalAveragePool")
        return inputs[0][:1]

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.mean(dim=(2, 3))."""
        return f"{args[0]}.mean(dim={tuple(range(2, len(inputs[0]) + 1))})"


class _Plan(NamedTuple):
    """How PyTorch's pooling, which pads both sides equally, does the padding that a window asks for.

    Where 'same' needs one row more at the end, rounding up gives it; at stride 1 rounding does nothing, so one row more
    goes to both sides and the first row of the output is cut off.
    """

    padding: Two = (0, 0)
    round_up: bool = False
    cut: str = ""
    """The index that takes the surplus away from the output."""

    @classmethod
    def of(cls, window: Window, shape: Shape) -> _Plan:
        if not window.same:
            return cls(window.padding, window.round_up)
        before, after = window.same_padding(shape)
        uneven = [a != b for a, b in zip(before, after, strict=True)]
        surplus = [odd and stride == 1 for odd, stride in zip(uneven, window.stride, strict=True)]
        rows, columns = (after[axis] if surplus[axis] else before[axis] for axis in (0, 1))
        round_up = any(odd and stride > 1 for odd, stride in zip(uneven, window.stride, strict=True))
        index = ", ".join("1:" if more else ":" for more in surplus)
        return cls((rows, columns), round_up, f"[:, :, {index}]" if any(surplus) else "")


def _pool(name: str, window: Window, plan: _Plan, **options: tuple[object, object]) -> str:
    stride = () if window.stride == window.span else (code.square(window.stride),)
    return code.construct(
        name,
        code.square(window.span),
        *stride,
        padding=(code.square(plan.padding), 0),
        ceil_mode=(plan.round_up, False),
        **options,
    )
