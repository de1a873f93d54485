"""Activations made of exponentials, logarithms and their like, one value at a time."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Costs, Shape
from designer.layers.families.activation import _Activation
from designer.layers.saved import Saved

_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772


class CELU(_Activation, frozen=True, kw_only=True):
    """Continuously differentiable ELU: negative values x become alpha (exp(x / alpha) - 1).

    NNC's layer of this name is another one: ConcatenatedELU.
    """

    value_costs: ClassVar[Costs] = Costs(ifs=1, adds=1, multiplies=1, divisions=1, exps=1)

    alpha: Annotated[
        float, Meta(ge=1e-6, le=1000, title="Alpha", description="Negative values tend to minus this value.")
    ] = 1.0

    def summary(self) -> str:
        """Alpha, where it is not 1."""
        return "" if self.alpha == 1.0 else f"{self.alpha:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.CELU(alpha=0.5)."""
        return code.construct("nn.CELU", alpha=(self.alpha, 1.0))


class SELU(_Activation, frozen=True, kw_only=True):
    """Scaled ELU: scale times an ELU whose constants keep the values at mean 0 and variance 1 from layer to layer."""

    value_costs: ClassVar[Costs] = Costs(ifs=1, adds=1, multiplies=2, exps=1)

    scale: Annotated[float, Meta(ge=0, le=1000, title="Scale", description="Factor of every value.")] = _SELU_SCALE
    alpha: Annotated[
        float, Meta(ge=0, le=1000, title="Alpha", description="Negative values tend to minus scale times this value.")
    ] = _SELU_ALPHA

    def _usual(self) -> bool:
        """Whether the constants are those of the paper, to more places than a float32 has."""
        return isclose(self.scale, _SELU_SCALE, rel_tol=1e-9) and isclose(self.alpha, _SELU_ALPHA, rel_tol=1e-9)

    def summary(self) -> str:
        """Scale and alpha, where they are not the usual ones."""
        return "" if self._usual() else f"×{self.scale:.3g}, {self.alpha:.3g}"

    def module(self, *inputs: Shape) -> str | None:
        """nn.SELU(), which has the usual constants only."""
        return "nn.SELU()" if self._usual() else None

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """1.1 * F.elu(x, 1.5)."""
        return f"{module}({args[0]})" if module else f"{self.scale!r} * F.elu({args[0]}, {self.alpha!r})"


class LogSigmoid(_Activation, frozen=True, kw_only=True):
    """The logarithm of a sigmoid: -log(1 + exp(-x))."""

    value_costs: ClassVar[Costs] = Costs(adds=1, exps=2)
    saves: ClassVar[Saved] = Saved(per_input=1)


class Tanhshrink(_Activation, frozen=True, kw_only=True):
    """Values less their tanh, x - tanh(x): near 0 almost nothing is left."""

    aliases: ClassVar[tuple[str, ...]] = ("TanhShrink",)
    value_costs: ClassVar[Costs] = Costs(adds=3, divisions=1, exps=1)
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)


class Softplus(_Activation, frozen=True, kw_only=True):
    """A smooth ReLU: log(1 + exp(beta x)) / beta, always above 0."""

    aliases: ClassVar[tuple[str, ...]] = ("SoftPlus",)
    value_costs: ClassVar[Costs] = Costs(adds=1, exps=2)

    beta: Annotated[float, Meta(ge=1e-6, le=1e6, title="Beta", description="The larger, the nearer to ReLU.")] = 1.0
    threshold: Annotated[
        float, Meta(ge=0, le=1e6, title="Threshold", description="Where beta x is larger, the result is x itself.")
    ] = 20.0

    def summary(self) -> str:
        """Beta, where it is not 1."""
        return "" if self.beta == 1.0 else f"{self.beta:.3g}"

    def module(self, *inputs: Shape) -> str:
        """nn.Softplus(beta=2.0)."""
        return code.construct("nn.Softplus", beta=(self.beta, 1.0), threshold=(self.threshold, 20.0))


class Softsign(_Activation, frozen=True, kw_only=True):
    """Values between -1 and 1, x / (1 + |x|), which tend there more slowly than those of tanh."""

    aliases: ClassVar[tuple[str, ...]] = ("SoftSign",)
    value_costs: ClassVar[Costs] = Costs(adds=1, divisions=1, ifs=1)
    saves: ClassVar[Saved] = Saved(per_input=1)


class Mish(_Activation, frozen=True, kw_only=True):
    """Smooth, and a little below 0 for negative values, as Swish: x tanh(softplus(x))."""

    value_costs: ClassVar[Costs] = Costs(adds=3, multiplies=1, divisions=1, exps=3)


class _Function(_Activation, frozen=True, kw_only=True):
    """A function that torch has, but no module."""

    def module(self, *inputs: Shape) -> None:
        """None is needed."""


class Abs(_Function, frozen=True, kw_only=True):
    """The absolute value: negative values become positive."""

    aliases: ClassVar[tuple[str, ...]] = ("absolute", "絶対値")
    value_costs: ClassVar[Costs] = Costs(ifs=1)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x.abs()."""
        return f"{args[0]}.abs()"


class Sinc(_Function, frozen=True, kw_only=True):
    """Sinus cardinalis sin(x) / x, which is 1 at 0; normalized: sin(pi x) / (pi x)."""

    value_costs: ClassVar[Costs] = Costs(divisions=1, exps=1, ifs=1)

    normalized: Annotated[
        bool,
        Meta(title="Normalized", description="With pi x for x, so that the zeros are at whole numbers, as torch.sinc."),
    ] = True

    def summary(self) -> str:
        """What is divided, where x is meant as it is."""
        return "" if self.normalized else "sin(x)/x"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.sinc(x)."""
        return f"torch.sinc({args[0]}" + (")" if self.normalized else " / torch.pi)")
