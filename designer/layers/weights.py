"""What layers with a weight and a bias share: the properties of their initial values and the code that sets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers.base import Layer, Shape

Initializer = Literal[
    "default", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform",
    "normal", "truncated_normal", "uniform", "constant",
]  # fmt: skip


class Weighted(Layer, frozen=True, kw_only=True):
    """A layer whose module has a `weight` and, with `bias`, a `bias`."""

    fan: ClassVar[str] = "fan_in"
    """What PyTorch calls the number of inputs that one output sums over."""

    bias: Annotated[bool, Meta(title="Bias", description="Adds a trainable constant to every output channel.")] = True
    weight_init: Annotated[
        Initializer,
        Meta(
            title="Initial weights",
            description="default: PyTorch's own; he: variance 2 / inputs, for ReLU; glorot: variance "
            "2 / (inputs + outputs); the rest take the scale below. Truncated: nothing beyond twice the scale.",
        ),
    ] = "default"
    weight_init_scale: Annotated[
        float,
        Meta(
            ge=0,
            le=1000,
            title="Scale of initial weights",
            description="Standard deviation of normal, bound of uniform, value of constant; not used by the others.",
        ),
    ] = 0.01
    bias_init: Annotated[
        Annotated[float, Meta(ge=-1000, le=1000)] | None,
        Meta(title="Initial bias", description="Value that every bias starts with; empty: PyTorch's own, random."),
    ] = None

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """Statements that set weight and bias, where they are not PyTorch's own."""
        statements = []
        if self.weight_init != "default":
            statements.append(self._initial_weight(f"{module}.weight"))
        if self.bias and self.bias_init is not None:
            bias = f"{module}.bias"
            statements.append(
                f"nn.init.constant_({bias}, {self.bias_init!r})" if self.bias_init else f"nn.init.zeros_({bias})"
            )
        return statements

    def _initial_weight(self, weight: str) -> str:
        rule, _, kind = self.weight_init.partition("_")
        if rule == "he":
            mode = "" if self.fan == "fan_in" else f', mode="{self.fan}"'
            return f'nn.init.kaiming_{kind}_({weight}{mode}, nonlinearity="relu")'
        if rule == "glorot":
            return f"nn.init.xavier_{kind}_({weight})"
        scale = self.weight_init_scale
        if not scale:  # trunc_normal_ would divide by it
            return f"nn.init.zeros_({weight})"
        texts = {
            "normal": f"normal_({weight}, std={scale!r})",
            "truncated_normal": f"trunc_normal_({weight}, std={scale!r}, a={-2 * scale!r}, b={2 * scale!r})",
            "uniform": f"uniform_({weight}, {-scale!r}, {scale!r})",
            "constant": f"constant_({weight}, {scale!r})",
        }
        return f"nn.init.{texts[self.weight_init]}"
