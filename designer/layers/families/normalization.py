"""Normalization of activations within the network, over the batch or within each sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import (
    Axis,
    Category,
    Costs,
    Count,
    Layer,
    Shape,
    ShapeError,
    Training,
    axis_of,
    no_picture,
    numel,
    show,
)
from designer.layers.saved import Saved
from designer.layers.weights import (
    GROUP,
    BiasDecay,
    BiasFrozen,
    BiasRate,
    WeightDecay,
    WeightFrozen,
    WeightRate,
    drawn,
    training_of,
)

Epsilon = Annotated[
    float, Meta(ge=1e-12, le=1, title="Epsilon", description="Added to the variance, so that nothing divides by 0.")
]
_Random = Literal["default", "normal", "uniform", "constant"]
_Value = Annotated[float, Meta(ge=-1000, le=1000)]


class _Normalization(Layer, frozen=True, kw_only=True):
    """What normalizations with a trained factor (`weight`) and constant (`bias`) share."""

    category: ClassVar[Category] = "normalization"
    stem: ClassVar[str] = "norm"
    keeps_shape: ClassVar[bool] = True

    weight_init: Annotated[
        _Random,
        Meta(
            title="Initial factors",
            description="default: 1; constant: the value below; normal, uniform: random, it is deviation or bound.",
            extra=GROUP,
        ),
    ] = "default"
    weight_init_scale: Annotated[
        _Value, Meta(title="Value of initial factors", description="Not used by 'default'.", extra=GROUP)
    ] = 1.0
    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False
    bias_init_kind: Annotated[
        _Random,
        Meta(
            title="Initial constants",
            description="default: 0; constant: the value below; normal, uniform: random, it is deviation or bound.",
            extra=GROUP,
        ),
    ] = "default"
    bias_init: Annotated[
        _Value, Meta(title="Value of initial constants", description="Not used by 'default'.", extra=GROUP)
    ] = 0.0
    bias_lr: BiasRate = 1.0
    bias_decay: BiasDecay = None
    bias_frozen: BiasFrozen = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of factors and constants."""
        return training_of(self, inputs)

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """Statements that set factors and constants, where they do not begin with 1 and 0."""
        names = self.weights(*inputs)
        statements = []
        if "weight" in names and self.weight_init != "default":
            statements.append(drawn(f"{module}.weight", self.weight_init, self.weight_init_scale))
        if "bias" in names and self.bias_init_kind != "default":
            statements.append(drawn(f"{module}.bias", self.bias_init_kind, self.bias_init))
        return statements

    def costs(self, *inputs: Shape) -> Costs:
        """As NNC counts batch normalization: an addition and a multiplication for every value."""
        return Costs(adds=numel(inputs[0]), multiplies=numel(inputs[0]))


class BatchNorm(_Normalization, frozen=True, kw_only=True):
    """Batch normalization: every channel is brought to mean 0 and variance 1, then to a trained mean and variance.

    While training, mean and variance are those of the batch; afterwards the running averages that training kept.
    For pictures every channel counts as one, for vectors every value (torch.nn.BatchNorm2d and BatchNorm1d).
    """

    title: ClassVar[str] = "BatchNorm"
    stem: ClassVar[str] = "bn"
    saves: ClassVar[Saved] = Saved(backward=1)
    aliases: ClassVar[tuple[str, ...]] = (
        "BatchNormalization", "FusedBatchNormalization", "BatchNorm2d", "BatchNorm1d", "BatchNorm3d", "bn",
        "バッチ正規化",
    )  # fmt: skip

    eps: Epsilon = 1e-5
    momentum: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Momentum",
            description="Weight of the new batch in the running averages: 1 - NNC's decay rate.",
        ),
    ] = 0.1
    affine: Annotated[
        bool, Meta(title="Scale and shift", description="Trains a factor and a constant for every channel.")
    ] = True
    batch_stats: Annotated[
        bool,
        Meta(
            title="Statistics of the batch",
            description="Training uses each batch's mean and variance and keeps running averages; off: it uses the "
            "running averages as they are, as after training, and leaves them alone.",
        ),
    ] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if len(inputs[0]) > 4:
            raise ShapeError("too-many-axes", message("BatchNorm takes 4 axes at most, but {from0} gives {shape}.",
                                                      shape=show(inputs[0])))  # fmt: skip
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight and bias, one value for each channel."""
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """The running mean and variance of each channel."""
        return {"running_mean": inputs[0][:1], "running_var": inputs[0][:1]}

    def module(self, *inputs: Shape) -> str:
        """nn.BatchNorm2d(...) for pictures, nn.BatchNorm1d(...) for vectors and sequences."""
        return code.construct(
            f"nn.BatchNorm{max(len(inputs[0]) - 1, 1)}d",
            inputs[0][0],
            eps=(self.eps, 1e-5),
            momentum=(self.momentum, 0.1),
            affine=(self.affine, True),
        )

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, or F.batch_norm with its running averages."""
        if self.batch_stats:
            return f"{module}({args[0]})"
        parts = [f"{module}.running_mean", f"{module}.running_var"]
        parts += [f"{module}.weight", f"{module}.bias"] if self.affine else []
        eps = "" if self.eps == 1e-5 else f", eps={self.eps!r}"
        return f"F.batch_norm({args[0]}, {', '.join(parts)}{eps})"


class LayerNorm(_Normalization, frozen=True, kw_only=True):
    """Layer normalization: every sample is brought to mean 0 and variance 1, then scaled and shifted value by value.

    Mean and variance run over the first axis chosen here and all behind it: over the whole sample by default, over the
    last axis alone, as in transformers, with -1 (torch.nn.LayerNorm).
    """

    title: ClassVar[str] = "LayerNorm"
    stem: ClassVar[str] = "ln"
    aliases: ClassVar[tuple[str, ...]] = ("LayerNormalization", "ln", "層正規化")

    axis: Annotated[
        Axis, Meta(title="First axis", description="Normalizes over this axis and all behind it; -1: the last alone.")
    ] = 0
    eps: Epsilon = 1e-5
    affine: Annotated[
        bool, Meta(title="Scale and shift", description="Trains a factor and a constant for every place.")
    ] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight and bias, of the shape that is normalized."""
        shape = inputs[0][axis_of(self.axis, inputs[0]) :]
        return {"weight": shape, "bias": shape} if self.affine else {}

    def module(self, *inputs: Shape) -> str:
        """nn.LayerNorm((3, 32, 32))."""
        shape = inputs[0][axis_of(self.axis, inputs[0]) :]
        size = shape[0] if len(shape) == 1 else shape
        return code.construct("nn.LayerNorm", size, eps=(self.eps, 1e-5), elementwise_affine=(self.affine, True))


class RMSNorm(_Normalization, frozen=True, kw_only=True):
    """Root mean square normalization: values are divided by the root of their mean square, then scaled.

    Cheaper than LayerNorm and as good in many transformers (torch.nn.RMSNorm); it has no constants.
    """

    title: ClassVar[str] = "RMSNorm"
    stem: ClassVar[str] = "rms"
    aliases: ClassVar[tuple[str, ...]] = ("root mean square norm", "rms")
    hidden_fields: ClassVar[frozenset[str]] = frozenset(
        {"bias_init_kind", "bias_init", "bias_lr", "bias_decay", "bias_frozen"}
    )
    saves: ClassVar[Saved] = Saved(per_input=1.08)

    axis: Annotated[
        Axis, Meta(title="First axis", description="Normalizes over this axis and all behind it; -1: the last alone.")
    ] = -1
    eps: Epsilon = 1e-6
    affine: Annotated[bool, Meta(title="Scale", description="Trains a factor for every place.")] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        axis_of(self.axis, inputs[0])
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight, of the shape that is normalized."""
        return {"weight": inputs[0][axis_of(self.axis, inputs[0]) :]} if self.affine else {}

    def module(self, *inputs: Shape) -> str:
        """nn.RMSNorm(64, eps=1e-06)."""
        shape = inputs[0][axis_of(self.axis, inputs[0]) :]
        size = shape[0] if len(shape) == 1 else shape
        return code.construct("nn.RMSNorm", size, eps=(self.eps, None), elementwise_affine=(self.affine, True))


class InstanceNorm(_Normalization, frozen=True, kw_only=True):
    """Instance normalization: every channel of every sample is brought to mean 0 and variance 1 on its own.

    Used for style transfer (torch.nn.InstanceNorm2d and its like); NNC trains a factor and a constant for each channel.
    """

    title: ClassVar[str] = "InstanceNorm"
    stem: ClassVar[str] = "norm"
    aliases: ClassVar[tuple[str, ...]] = ("InstanceNormalization", "InstanceNorm2d", "style", "インスタンス正規化")

    eps: Epsilon = 1e-5
    affine: Annotated[
        bool, Meta(title="Scale and shift", description="Trains a factor and a constant for every channel.")
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        shape = inputs[0]
        if not 2 <= len(shape) <= 4:
            raise no_picture(shape, "InstanceNorm")
        if numel(shape[1:]) == 1:
            raise ShapeError("single-value", message(
                "InstanceNorm needs more than one value in every channel, but {from0} gives {shape}.",
                shape=show(shape)), data={"shape": shape})  # fmt: skip
        return shape

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight and bias, one value for each channel."""
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def module(self, *inputs: Shape) -> str:
        """nn.InstanceNorm2d(64)."""
        name = f"nn.InstanceNorm{len(inputs[0]) - 1}d"
        return code.construct(name, inputs[0][0], eps=(self.eps, 1e-5), affine=(self.affine, False))


class GroupNorm(_Normalization, frozen=True, kw_only=True):
    """Group normalization: the channels of a sample are split into groups, and each is brought to mean 0, variance 1.

    Does not depend on the batch, so it suits small batches (torch.nn.GroupNorm).
    """

    title: ClassVar[str] = "GroupNorm"
    stem: ClassVar[str] = "gn"
    aliases: ClassVar[tuple[str, ...]] = ("GroupNormalization", "gn", "グループ正規化")

    num_groups: Annotated[Count, Meta(title="Groups", description="How many groups; divides the channels.")] = 4
    eps: Epsilon = 1e-5
    affine: Annotated[
        bool, Meta(title="Scale and shift", description="Trains a factor and a constant for every channel.")
    ] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        channels = inputs[0][0]
        if channels % self.num_groups:
            raise ShapeError("norm-groups", message(
                "{groups} groups cannot share the {channels} channels from {from0} evenly.",
                groups=self.num_groups, channels=channels),
                data={"groups": self.num_groups, "channels": channels})  # fmt: skip
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight and bias, one value for each channel."""
        channels = inputs[0][:1]
        return {"weight": channels, "bias": channels} if self.affine else {}

    def summary(self) -> str:
        """The groups: '4'."""
        return str(self.num_groups)

    def module(self, *inputs: Shape) -> str:
        """nn.GroupNorm(4, 64)."""
        return code.construct(
            "nn.GroupNorm", self.num_groups, inputs[0][0], eps=(self.eps, 1e-5), affine=(self.affine, True)
        )
