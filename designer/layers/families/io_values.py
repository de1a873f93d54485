"""Values that no data gives: constants, trained tensors, and random numbers drawn inside the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Category, Layer, Ports, Shape, Training, show
from designer.layers.weights import WeightDecay, WeightFrozen, WeightRate, drawn, training_of


class _Values(Layer, frozen=True, kw_only=True):
    """A layer without inputs; the helper class of the module gives (N, *shape) for the batch size N."""

    category: ClassVar[Category] = "io"
    ports: ClassVar[Ports] = Ports(())
    makes_values: ClassVar[bool] = True

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1_000_000)], ...],
        Meta(title="Shape", description="The shape for each sample; without the batch axis.", min_length=1,
             max_length=8),
    ] = (1,)  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """The shape itself."""
        return self.shape

    def summary(self) -> str:
        """3x32x32."""
        return show(self.shape)


class Constant(_Values, frozen=True, kw_only=True):
    """Gives one number in every place of a shape, the same for every sample."""

    aliases: ClassVar[tuple[str, ...]] = ("fill", "number", "zeros", "ones", "full", "定数")

    value: Annotated[float, Meta(ge=-1e9, le=1e9, title="Value", description="The number in every place.")] = 0.0

    def summary(self) -> str:
        """'1.5, 3x32x32'."""
        return f"{self.value:.6g}, {show(self.shape)}"

    def module(self, *inputs: Shape) -> str:
        """A buffer that is not saved: it follows the module to its device and type."""
        shape = f"({', '.join(map(str, self.shape))}{',' if len(self.shape) == 1 else ''})"
        return f"nn.Buffer(torch.full({shape}, {self.value!r}), persistent=False)"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The buffer for every sample."""
        return f"{module}.expand({args[0]}, {', '.join(['-1'] * len(self.shape))})"


class _Initial(_Values, frozen=True, kw_only=True):
    """A tensor `weight` in the module's state."""

    initializer: Annotated[
        Literal["normal", "uniform", "constant"],
        Meta(title="Initial values", description="How its values are drawn: normal, uniform, or all alike."),
    ] = "normal"
    initializer_scale: Annotated[
        float,
        Meta(
            ge=-1_000_000, le=1_000_000, title="Scale of initial values",
            description="Standard deviation of normal, largest absolute value of uniform, value of constant.",
        ),
    ] = 0.01  # fmt: skip

    def helpers(self) -> tuple[str, ...]:
        """The class of the same name."""
        return (type(self).__name__,)

    def module(self, *inputs: Shape) -> str:
        """Parameter(3, 32, 32)."""
        return code.construct(type(self).__name__, *self.shape)

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """One statement; they begin as zeros."""
        scale = self.initializer_scale
        return [drawn(f"{module}.weight", self.initializer, scale)] if scale else []


class Parameter(_Initial, frozen=True, kw_only=True):
    """A trained tensor of its own, the same for every sample: for layers that are drawn from arithmetic.

    Wired to an Add it is a bias, to a matrix product a weight.
    """

    stem: ClassVar[str] = "parameter"
    aliases: ClassVar[tuple[str, ...]] = ("weight", "bias", "variable", "trainable", "パラメータ", "重み")

    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The tensor."""
        return {"weight": self.shape}

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of the tensor."""
        return training_of(self, inputs)


class Buffer(_Initial, frozen=True, kw_only=True):
    """A tensor that is saved with the weights and not trained, the same for every sample."""

    stem: ClassVar[str] = "buffer"
    aliases: ClassVar[tuple[str, ...]] = ("WorkingMemory", "memory", "fixed", "frozen", "作業メモリ")

    initializer_scale: Annotated[
        float,
        Meta(
            ge=-1_000_000, le=1_000_000, title="Scale of initial values",
            description="Standard deviation of normal, largest absolute value of uniform, value of constant.",
        ),
    ] = 1.0  # fmt: skip

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """The tensor."""
        return {"weight": self.shape}


class Random(_Values, frozen=True, kw_only=True):
    """Gives new random numbers for every sample in every pass, in training and afterwards.

    For noise that belongs to the network, as between encoder and decoder of a variational autoencoder.
    """

    aliases: ClassVar[tuple[str, ...]] = ("noise", "randn", "rand", "Gaussian", "normal", "uniform", "乱数", "ノイズ")

    distribution: Annotated[
        Literal["normal", "uniform"],
        Meta(title="Distribution", description="normal: around 0; uniform: from minus the scale to the scale."),
    ] = "normal"
    scale: Annotated[
        float,
        Meta(
            ge=0, le=1_000_000, title="Scale",
            description="Standard deviation of normal, largest absolute value of uniform.",
        ),
    ] = 1.0  # fmt: skip

    def summary(self) -> str:
        """'normal, 10'."""
        return f"{self.distribution}{f' {self.scale:.3g}' if self.scale != 1 else ''}, {show(self.shape)}"

    def helpers(self) -> tuple[str, ...]:
        """RandomNormal or RandomUniform."""
        return (f"Random{self.distribution.capitalize()}",)

    def module(self, *inputs: Shape) -> str:
        """RandomNormal(10)."""
        return code.construct(self.helpers()[0], *self.shape, scale=(self.scale, 1.0))
