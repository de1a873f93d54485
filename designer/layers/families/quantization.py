"""Quantization: values as few bits can hold them, with gradients that pass as if nothing were rounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Costs, Layer, Shape, ShapeError, Training, numel
from designer.layers.saved import Saved
from designer.layers.weights import WeightDecay, WeightFrozen, WeightRate, training_of

Signed = Annotated[bool, Meta(title="Signed", description="One bit is the sign; without it negative values become 0.")]
ClipGradient = Annotated[
    bool,
    Meta(
        title="Clip gradient",
        description="Values out of range get the gradient 0 (NNC's STEFineGrained); else every gradient passes.",
    ),
]


class _Quantizer(Layer, frozen=True, kw_only=True):
    """A quantizer keeps the shape; a helper class of its own name does the work. NNC counts no operations."""

    category: ClassVar[Category] = "quantization"
    keeps_shape: ClassVar[bool] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def module(self, *inputs: Shape) -> str:
        """FixedPointQuantize(8, 0.0625) and its like."""
        return f"{type(self).__name__}()"

    def helpers(self) -> tuple[str, ...]:
        """The class itself and what passes the gradient."""
        return ("straight_through", type(self).__name__)


class FixedPointQuantize(_Quantizer, frozen=True, kw_only=True):
    """Rounds values to multiples of a step that so many bits can hold; larger ones become the largest of these.

    With a sign, 8 bits hold the multiples from -127 to 127. Halves are rounded away from 0.
    """

    stem: ClassVar[str] = "quantize"
    aliases: ClassVar[tuple[str, ...]] = ("fixed point", "quantization", "固定小数点", "量子化")
    saves: ClassVar[Saved] = Saved(per_input=3.25)

    bits: Annotated[int, Meta(ge=1, le=32, title="Bits", description="Bits for one value, its sign among them.")] = 8
    delta: Annotated[
        float, Meta(ge=1e-12, le=1e6, title="Step", description="Distance of neighbouring values, 1/16 by default.")
    ] = 0.0625
    signed: Signed = True
    clip_gradient: ClipGradient = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        _check_bits(self.bits, self.bits - self.signed)
        return inputs[0]

    def summary(self) -> str:
        """Bits and step: '8, 0.0625'."""
        return f"{self.bits}, {self.delta:.3g}"

    def module(self, *inputs: Shape) -> str:
        """FixedPointQuantize(8, 0.0625)."""
        return code.construct(
            "FixedPointQuantize",
            self.bits,
            self.delta,
            signed=(self.signed, True),
            clip_gradient=(self.clip_gradient, True),
        )


class Pow2Quantize(_Quantizer, frozen=True, kw_only=True):
    """Rounds values to powers of 2, of which so many bits can tell the largest ones: products become shifts.

    The sign takes one bit, and 0 another. With both, 4 bits hold 0, 2, 1, 1/2, 1/4 and their negatives.
    """

    stem: ClassVar[str] = "pow2"
    aliases: ClassVar[tuple[str, ...]] = ("power of two", "quantization", "2のべき乗", "量子化")
    saves: ClassVar[Saved] = Saved(per_input=0.25)

    bits: Annotated[
        int, Meta(ge=1, le=10, title="Bits", description="Bits for one value, sign and zero among them.")
    ] = 8
    exponent: Annotated[
        int, Meta(ge=-30, le=30, title="Largest exponent", description="The largest value is 2 to the power of it.")
    ] = 1
    signed: Signed = True
    with_zero: Annotated[
        bool, Meta(title="Zero", description="One bit tells whether the value is 0; without it none becomes 0.")
    ] = True
    clip_gradient: ClipGradient = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        _check_bits(self.bits, self.bits - self.signed - self.with_zero)
        return inputs[0]

    def summary(self) -> str:
        """Bits and largest value: '8, 2^1'."""
        return f"{self.bits}, 2^{self.exponent}"

    def module(self, *inputs: Shape) -> str:
        """Pow2Quantize(8, 1)."""
        return code.construct(
            "Pow2Quantize",
            self.bits,
            self.exponent,
            signed=(self.signed, True),
            with_zero=(self.with_zero, True),
            clip_gradient=(self.clip_gradient, True),
        )


def _check_bits(bits: int, left: int) -> None:
    if left < 1:
        raise ShapeError("bad-property", message(
            "{bits} bits are too few: with the sign, and with 0 where that takes a bit too, none is left for the "
            "size of a value.", bits=bits), data={"field": "bits"})  # fmt: skip


class MinMaxQuantize(_Quantizer, frozen=True, kw_only=True):
    """Rounds values to evenly spaced levels between two ends, as integer arithmetic will (quantization-aware training).

    The ends are trained, or follow the least and largest values seen. They are moved a little, so that 0 is one of
    the levels (as in TensorFlow).
    """

    stem: ClassVar[str] = "minmax"
    aliases: ClassVar[tuple[str, ...]] = ("fake quantization", "QAT", "量子化")
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=0.5)

    levels: Annotated[
        int, Meta(ge=2, le=65536, title="Levels", description="How many values are told apart; 256 are 8 bits.")
    ] = 256
    ends: Annotated[
        Literal["trained", "average", "batch"],
        Meta(
            title="Ends",
            description="trained: two weights; average: moving averages of the least and largest values of the "
            "batches, kept after training; batch: those of the batch itself.",
        ),
    ] = "trained"
    low: Annotated[float, Meta(ge=-1e6, le=1e6, title="Initial low end", description="Not used with 'batch'.")] = -6.0
    high: Annotated[float, Meta(ge=-1e6, le=1e6, title="Initial high end", description="Not used with 'batch'.")] = 6.0
    decay: Annotated[
        float, Meta(ge=0, le=1, title="Decay", description="Share that the moving averages keep at every batch.")
    ] = 0.999
    eps: Annotated[
        float, Meta(ge=1e-12, le=1e6, title="Epsilon", description="The ends are at least so far apart.")
    ] = 0.01
    clip_gradient: ClipGradient = True
    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of the ends."""
        return training_of(self, inputs)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """low and high, one value each, where they are trained."""
        return {"low": (), "high": ()} if self.ends == "trained" else {}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """low and high where they are averages."""
        return {"low": (), "high": ()} if self.ends == "average" else {}

    def summary(self) -> str:
        """The levels, and where the ends come from: '256, average'."""
        return str(self.levels) if self.ends == "trained" else f"{self.levels}, {self.ends}"

    def module(self, *inputs: Shape) -> str:
        """MinMaxQuantize(256)."""
        return code.construct(
            "MinMaxQuantize",
            self.levels,
            low=(self.low, -6.0),
            high=(self.high, 6.0),
            ends=(self.ends, "trained"),
            decay=(self.decay, 0.999),
            eps=(self.eps, 0.01),
            clip_gradient=(self.clip_gradient, True),
        )


class BinaryTanh(_Quantizer, frozen=True, kw_only=True):
    """Gives 1 for positive values, -1 for the others; the gradient is 1 between -1 and 1, and 0 beyond."""

    aliases: ClassVar[tuple[str, ...]] = ("sign", "binarize", "binary activation", "二値化")

    def costs(self, *inputs: Shape) -> Costs:
        """NNC's figures."""
        values = numel(inputs[0])
        return Costs(adds=2 * values, multiplies=2 * values, ifs=values)

    def helpers(self) -> tuple[str, ...]:
        """The class itself and what it calls."""
        return ("straight_through", "signs", "BinaryTanh")


class BinarySigmoid(_Quantizer, frozen=True, kw_only=True):
    """Gives 1 for positive values, 0 for the others; the gradient is 1/2 between -1 and 1, and 0 beyond."""

    aliases: ClassVar[tuple[str, ...]] = ("step function", "binarize", "binary activation", "二値化")

    def costs(self, *inputs: Shape) -> Costs:
        """NNC's figures."""
        values = numel(inputs[0])
        return Costs(adds=values, multiplies=values, ifs=values)
