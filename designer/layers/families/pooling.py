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
    Costs,
    Layer,
    Note,
    Pair,
    PairFrom0,
    Shape,
    ShapeError,
    Size,
    SizeFrom0,
    Triple,
    TripleFrom0,
    numel,
    show,
    spatial,
)
from designer.layers.saved import Saved
from designer.layers.windows import Sizes, Window

KERNEL = Meta(title="Kernel size", description="Size of the window, one number for each direction.")
STRIDE = Meta(title="Stride", description="Step of the window; empty: the kernel size.")
PADDING = Meta(
    title="Padding",
    description="Rows and columns added on each side. 'same': as many as make the output the input's size divided "
    "by the stride, rounded up; 'valid': none; 'end': windows begin at the edge and may reach over the end, as in NNC "
    "without IgnoreBorder.",
)
CeilMode = Annotated[
    bool,
    Meta(
        title="Round up",
        description="Where the steps do not come out even, a last window reaches over the edge, instead of dropping "
        "what is left. 'same' padding always reaches it.",
    ),
]
CountIncludePad = Annotated[
    bool,
    Meta(
        title="Count the padding",
        description="The padding's zeros count as values of the mean; off: the mean is over the picture's own "
        "values only, as in TensorFlow.",
    ),
]
Border = Literal["same", "valid", "end"]
OneOrMore = int | tuple[int, ...]


class _Pooling(Layer, frozen=True, kw_only=True):
    """What pooling over any number of directions shares."""

    category: ClassVar[Category] = "pooling"
    stem: ClassVar[str] = "pool"
    axes: ClassVar[int] = 2
    border: ClassVar[str] = ""
    """What lies outside the picture, where it is not 0."""

    kernel_size: OneOrMore
    stride: OneOrMore | None
    ceil_mode: bool

    @property
    def _padding(self) -> OneOrMore | Border:
        return 0

    @cached_property
    def _window(self) -> Window:
        stride = self.kernel_size if self.stride is None else self.stride
        return Window.of(self.kernel_size, stride, self._padding, round_up=self.ceil_mode, axes=self.axes)

    def output(self, *inputs: Shape) -> Shape:
        """(C, ...) and the sizes that the window gives."""
        channels, *_ = spatial(inputs, type(self).__name__, self.axes)
        window = self._window
        if any(2 * padding > span for padding, span in zip(window.padding, window.span, strict=True)):
            raise ShapeError("padding-too-large", message(
                "The padding {padding} is more than half of the window {window}, so that some windows would see "
                "nothing but padding.", padding=show(window.padding), window=show(window.span)),
                data={"padding": window.padding, "kernel": window.span})  # fmt: skip
        return (channels, *window.sizes(inputs[0]))

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """Rows and columns that the last window does not reach."""
        return self._window.notes(inputs[0])

    def summary(self) -> str:
        """'3x3, /2'; 'same' where it is set."""
        window = self._window
        step = code.square(window.stride)
        parts = [show(window.span), f"/{step}" if isinstance(step, int) else f"/{show(step)}"]
        return ", ".join(parts + ([str(self._padding)] if window.same else []))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, behind a padding at the end, or without the surplus first row that 'same' may need."""
        if self._window.at_end:
            return f"{module}({self._with_end(args[0], inputs[0])})"
        return f"{module}({args[0]}){_Plan.of(self._window, inputs[0]).cut}"

    def _with_end(self, x: str, shape: Shape) -> str:
        """What windows that reach over the end see."""
        around = code.sides(*self._window.same_padding(shape))
        filled = f", value={self.border}" if self.border else ""
        return f"F.pad({x}, {around}{filled})" if any(around) else x


class _Padded(_Pooling, frozen=True, kw_only=True):
    """Pooling with a padding."""

    padding: OneOrMore | Border

    @property
    def _padding(self) -> OneOrMore | Border:
        return self.padding


class _MaxPool(_Padded, frozen=True, kw_only=True):
    """Max pooling over any number of directions."""

    border: ClassVar[str] = "-torch.inf"

    def costs(self, *inputs: Shape) -> Costs:
        """A comparison for every value of every window."""
        return Costs(ifs=numel(self.output(*inputs)) * numel(self._window.span))

    def module(self, *inputs: Shape) -> str:
        """nn.MaxPool2d(...)."""
        return _pool(f"nn.MaxPool{self.axes}d", self._window, _Plan.of(self._window, inputs[0]))


class MaxPool2d(_MaxPool, frozen=True, kw_only=True):
    """Max pooling: the largest value of every window, channel by channel.

    Output size: floor((H + 2 padding - kernel) / stride) + 1, or rounded up (torch.nn.MaxPool2d); with 'same' padding
    ceil(H / stride). The padding counts as minus infinity, so that it never is the largest value.
    """

    title: ClassVar[str] = "MaxPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("MaxPooling", "max pool", "downsample", "プーリング", "最大プーリング")
    saves: ClassVar[Saved] = Saved(per_output=2, reorders=True)

    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair | None, STRIDE] = None
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False


class _AvgPool(_Padded, frozen=True, kw_only=True):
    """Average pooling over any number of directions."""

    count_include_pad: bool

    def costs(self, *inputs: Shape) -> Costs:
        """As NNC counts: every input value is added once, every output value multiplied once."""
        return Costs(adds=numel(inputs[0]), multiplies=numel(self.output(*inputs)))

    def module(self, *inputs: Shape) -> str:
        """nn.AvgPool2d(...)."""
        plan = _Plan.none(self.axes) if self._padded_before(inputs[0]) else _Plan.of(self._window, inputs[0])
        counted = self.count_include_pad or not any(plan.padding)
        return _pool(f"nn.AvgPool{self.axes}d", self._window, plan, count_include_pad=(counted, True))

    def _padded_before(self, shape: Shape) -> bool:
        """Whether zeros must be put around the picture itself: PyTorch counts only padding that is even."""
        if not self._window.same or not (self.count_include_pad or self._window.at_end):
            return False
        before, after = self._window.same_padding(shape)
        return before != after

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, with what an uneven 'same' padding needs before or after it."""
        if self._window.at_end and self._padded_before(inputs[0]):
            # The mean is over what a window has inside the picture.
            inside = f"torch.ones_like({args[0]}[:1, :1])"
            return " / ".join(f"{module}({self._with_end(x, inputs[0])})" for x in (args[0], inside))
        if self._padded_before(inputs[0]):
            return f"{module}({code.zero_padded(args[0], *self._window.same_padding(inputs[0]))})"
        return super().call(module, args, inputs)


class AvgPool2d(_AvgPool, frozen=True, kw_only=True):
    """Average pooling: the mean of every window, channel by channel.

    Output size: floor((H + 2 padding - kernel) / stride) + 1, or rounded up (torch.nn.AvgPool2d); with 'same' padding
    ceil(H / stride).
    """

    title: ClassVar[str] = "AvgPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("AveragePooling", "average pool", "mean", "平均プーリング")

    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair | None, STRIDE] = None
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False
    count_include_pad: CountIncludePad = True


class SumPool2d(_Padded, frozen=True, kw_only=True):
    """Sum pooling: the sum of every window, channel by channel (torch.nn.AvgPool2d with a divisor of 1)."""

    title: ClassVar[str] = "SumPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("SumPooling", "sum pool", "合計プーリング")

    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair | None, STRIDE] = None
    padding: Annotated[PairFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False

    def costs(self, *inputs: Shape) -> Costs:
        """As NNC counts: every input value is added once."""
        return Costs(adds=numel(inputs[0]))

    def module(self, *inputs: Shape) -> str:
        """nn.AvgPool2d(..., divisor_override=1)."""
        plan = _Plan.of(self._window, inputs[0])
        return _pool("nn.AvgPool2d", self._window, plan, divisor_override=(1, None))


class LPPool2d(_Pooling, frozen=True, kw_only=True):
    """Power-average pooling: the p-th root of the sum of the p-th powers of every window (torch.nn.LPPool2d).

    With p = 1 it is sum pooling; the larger p, the closer it comes to max pooling. Negative values with an odd or
    broken p have no root: put a ReLU in front.
    """

    title: ClassVar[str] = "LPPool2d"
    aliases: ClassVar[tuple[str, ...]] = ("power pooling", "Lp pooling", "L2 pool")
    saves: ClassVar[Saved] = Saved(per_input=2)

    norm_type: Annotated[float, Meta(ge=1, le=100, title="Power p", description="The exponent.")] = 2.0
    kernel_size: Annotated[Pair, KERNEL] = 2
    stride: Annotated[Pair | None, STRIDE] = None
    ceil_mode: CeilMode = False

    def costs(self, *inputs: Shape) -> Costs:
        """A power for every value of every window and for every output."""
        values = numel(self.output(*inputs))
        return Costs(adds=values * numel(self._window.span), exps=values * (numel(self._window.span) + 1))

    def module(self, *inputs: Shape) -> str:
        """nn.LPPool2d(...)."""
        return _pool("nn.LPPool2d", self._window, _Plan.of(self._window, inputs[0]), self.norm_type)


class MaxPool1d(_MaxPool, frozen=True, kw_only=True):
    """Max pooling over a sequence (channels x length) (torch.nn.MaxPool1d)."""

    axes: ClassVar[int] = 1
    title: ClassVar[str] = "MaxPool1d"
    aliases: ClassVar[tuple[str, ...]] = ("MaxPooling 1D",)
    saves: ClassVar[Saved] = Saved(per_output=2, reorders=True)

    kernel_size: Annotated[Size, KERNEL] = 2
    stride: Annotated[Size | None, STRIDE] = None
    padding: Annotated[SizeFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False


class AvgPool1d(_AvgPool, frozen=True, kw_only=True):
    """Average pooling over a sequence (channels x length) (torch.nn.AvgPool1d)."""

    axes: ClassVar[int] = 1
    title: ClassVar[str] = "AvgPool1d"
    aliases: ClassVar[tuple[str, ...]] = ("AveragePooling 1D",)

    kernel_size: Annotated[Size, KERNEL] = 2
    stride: Annotated[Size | None, STRIDE] = None
    padding: Annotated[SizeFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False
    count_include_pad: CountIncludePad = True


class MaxPool3d(_MaxPool, frozen=True, kw_only=True):
    """Max pooling over a volume (channels x depth x height x width) (torch.nn.MaxPool3d)."""

    axes: ClassVar[int] = 3
    title: ClassVar[str] = "MaxPool3d"
    aliases: ClassVar[tuple[str, ...]] = ("MaxPooling 3D",)
    saves: ClassVar[Saved] = Saved(per_output=2, reorders=True)

    kernel_size: Annotated[Triple, KERNEL] = 2
    stride: Annotated[Triple | None, STRIDE] = None
    padding: Annotated[TripleFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False


class AvgPool3d(_AvgPool, frozen=True, kw_only=True):
    """Average pooling over a volume (channels x depth x height x width) (torch.nn.AvgPool3d)."""

    axes: ClassVar[int] = 3
    title: ClassVar[str] = "AvgPool3d"
    aliases: ClassVar[tuple[str, ...]] = ("AveragePooling 3D",)

    kernel_size: Annotated[Triple, KERNEL] = 2
    stride: Annotated[Triple | None, STRIDE] = None
    padding: Annotated[TripleFrom0 | Border, PADDING] = 0
    ceil_mode: CeilMode = False
    count_include_pad: CountIncludePad = True

    def output(self, *inputs: Shape) -> Shape:
        """(C, D', H', W'). Unlike its siblings torch's AvgPool3d wants the window to fit without the padding."""
        found, span, shape = super().output(*inputs), self._window.span, inputs[0]
        if any(window > size for window, size in zip(span, shape[1:], strict=True)) and not self._padded_before(shape):
            raise ShapeError("kernel-too-large", message(
                "AvgPool3d takes no window that is larger than the input without its padding: the window is {window}, "
                "{from0} gives {shape}.", window=show(span), shape=show(shape)),
                data={"kernel": span, "size": shape[1:]})  # fmt: skip
        return found


class _Plan(NamedTuple):
    """How PyTorch's pooling, which pads both sides equally, does the padding that a window asks for.

    Where 'same' needs one row more at the end, rounding up gives it; at stride 1 rounding does nothing, so one row more
    goes to both sides and the first row of the output is cut off.
    """

    padding: Sizes
    round_up: bool = False
    cut: str = ""
    """The index that takes the surplus away from the output."""

    @classmethod
    def none(cls, axes: int) -> _Plan:
        """No padding."""
        return cls((0,) * axes)

    @classmethod
    def of(cls, window: Window, shape: Shape) -> _Plan:
        """For an input (C, ...)."""
        if window.at_end:
            return cls.none(len(window.span))
        if not window.same:
            return cls(window.padding, window.round_up)
        before, after = window.same_padding(shape)
        uneven = [a != b for a, b in zip(before, after, strict=True)]
        surplus = [odd and stride == 1 for odd, stride in zip(uneven, window.stride, strict=True)]
        padding = tuple(b if more else a for a, b, more in zip(before, after, surplus, strict=True))
        round_up = any(odd and stride > 1 for odd, stride in zip(uneven, window.stride, strict=True))
        index = ", ".join("1:" if more else ":" for more in surplus)
        return cls(padding, round_up, f"[:, :, {index}]" if any(surplus) else "")


def _pool(name: str, window: Window, plan: _Plan, *first: object, **options: tuple[object, object]) -> str:
    stride = () if window.stride == window.span else (code.square(window.stride),)
    return code.construct(
        name,
        *first,
        code.square(window.span),
        *stride,
        padding=(code.square(plan.padding), 0),
        ceil_mode=(plan.round_up, False),
        **options,
    )
