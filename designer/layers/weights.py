"""What layers with weights share: how each tensor begins and is trained, as properties and as code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers.base import Layer, Shape, Training

Initializer = Literal[
    "default", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform",
    "normal", "truncated_normal", "uniform", "constant",
]  # fmt: skip

GROUP = {"group": "Training"}
"""The heading in the form under which these properties stand."""

InitialScale = Annotated[
    float,
    Meta(
        ge=0,
        le=1000,
        title="Scale of initial weights",
        description="Standard deviation of normal, bound of uniform, value of constant; not used by the others.",
        extra=GROUP,
    ),
]
WeightRate = Annotated[
    float,
    Meta(
        ge=0,
        le=1000,
        title="Weights: learning rate ×",
        description="Multiplies the recipe's learning rate for the weights; 0: not trained.",
        extra=GROUP,
    ),
]
WeightDecay = Annotated[
    Annotated[float, Meta(ge=0, le=1000)] | None,
    Meta(
        title="Weights: weight decay",
        description="A weight decay for these weights instead of the recipe's; empty: the recipe's.",
        extra=GROUP,
    ),
]
WeightFrozen = Annotated[
    bool, Meta(title="Weights: frozen", description="The weights keep their initial values.", extra=GROUP)
]
BiasRate = Annotated[
    float,
    Meta(
        ge=0,
        le=1000,
        title="Bias: learning rate ×",
        description="Multiplies the recipe's learning rate for the bias; 0: not trained.",
        extra=GROUP,
    ),
]
BiasDecay = Annotated[
    Annotated[float, Meta(ge=0, le=1000)] | None,
    Meta(
        title="Bias: weight decay",
        description="A weight decay for the bias instead of the recipe's; empty: the recipe's.",
        extra=GROUP,
    ),
]
BiasFrozen = Annotated[bool, Meta(title="Bias: frozen", description="The bias keeps its initial values.", extra=GROUP)]


def training_of(layer: Layer, inputs: tuple[Shape, ...]) -> Mapping[str, Training]:
    """What a layer's properties weight_lr, weight_decay, weight_frozen and bias_... say of its tensors.

    A tensor with 'bias' in its name is a bias, every other one a weight; those trained as the recipe says are left out.
    """
    kinds: tuple[Training, Training] | None = layer.__dict__.get("training_options")
    if kinds is None:
        kinds = layer.__dict__["training_options"] = _options(layer, "weight"), _options(layer, "bias")
    weight, bias = kinds
    if weight is bias is _PLAIN:
        return {}
    found = {name: bias if "bias" in name else weight for name in layer.weights(*inputs)}
    return {name: how for name, how in found.items() if how != _PLAIN}


_PLAIN = Training()


def _options(layer: Layer, kind: str) -> Training:
    found = Training(
        getattr(layer, f"{kind}_lr", 1.0),
        getattr(layer, f"{kind}_decay", None),
        getattr(layer, f"{kind}_frozen", False),
    )
    return _PLAIN if found == _PLAIN else found


class WeightOnly(Layer, frozen=True, kw_only=True):
    """A layer whose module has a `weight` and no bias."""

    fan: ClassVar[str] = "fan_in"
    """What PyTorch calls the number of inputs that one output sums over."""

    weight_init: Annotated[
        Initializer,
        Meta(
            title="Initial weights",
            description="default: PyTorch's own; he: variance 2 / inputs, for ReLU; glorot: variance "
            "2 / (inputs + outputs); the rest take the scale below. Truncated: nothing beyond twice the scale.",
            extra=GROUP,
        ),
    ] = "default"
    weight_init_scale: InitialScale = 0.01
    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of each tensor."""
        return training_of(self, inputs)

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """The statement that sets the weight, where it is not PyTorch's own."""
        return [] if self.weight_init == "default" else [self._initial_weight(f"{module}.weight")]

    def _initial_weight(self, weight: str) -> str:
        rule, _, kind = self.weight_init.partition("_")
        if rule == "he":
            mode = "" if self.fan == "fan_in" else f', mode="{self.fan}"'
            return f'nn.init.kaiming_{kind}_({weight}{mode}, nonlinearity="relu")'
        if rule == "glorot":
            return f"nn.init.xavier_{kind}_({weight})"
        return drawn(weight, self.weight_init, self.weight_init_scale)


def drawn(tensor: str, kind: str, scale: float) -> str:
    """The statement that fills a tensor: normal and truncated_normal take the deviation, uniform the bound."""
    if not scale:  # trunc_normal_ would divide by it
        return f"nn.init.zeros_({tensor})"
    if kind == "constant":
        return f"nn.init.constant_({tensor}, {scale!r})"
    scale = abs(scale)
    texts = {
        "normal": f"normal_({tensor}, std={scale!r})",
        "truncated_normal": f"trunc_normal_({tensor}, std={scale!r}, a={-2 * scale!r}, b={2 * scale!r})",
        "uniform": f"uniform_({tensor}, {-scale!r}, {scale!r})",
    }
    return f"nn.init.{texts[kind]}"


class Weighted(WeightOnly, frozen=True, kw_only=True):
    """A layer whose module has a `weight` and, with `bias`, a `bias`; the weight may be normalized whenever it is used.

    torch.nn.utils.parametrizations then keeps what is trained under other names.
    """

    output_axis: ClassVar[int] = 0
    """The axis of the weight that counts the outputs."""

    bias: Annotated[bool, Meta(title="Bias", description="Adds a trainable constant to every output channel.")] = True
    weight_norm: Annotated[
        Literal["none", "weight", "spectral", "standardized"],
        Meta(
            title="Weight normalization",
            description="weight: length and direction of every output's weights are trained apart; spectral: the "
            "weights are divided by their largest singular value; standardized: every output's weights have mean 0 and "
            "variance 1.",
        ),
    ] = "none"
    bias_init: Annotated[
        Annotated[float, Meta(ge=-1000, le=1000)] | None,
        Meta(
            title="Initial bias",
            description="Value that every bias starts with; empty: PyTorch's own, random.",
            extra=GROUP,
        ),
    ] = None
    bias_init_kind: Annotated[
        Literal["constant", "normal", "uniform"],
        Meta(
            title="Initial bias is",
            description="constant: the value above; normal, uniform: random, with it as deviation or bound.",
            extra=GROUP,
        ),
    ] = "constant"
    bias_lr: BiasRate = 1.0
    bias_decay: BiasDecay = None
    bias_frozen: BiasFrozen = False

    @cached_property
    def is_plain(self) -> bool:
        """Whether weight and bias are just what the module trains: as the recipe says, not normalized."""
        return self.weight_norm == "none" and _options(self, "weight") is _options(self, "bias") is _PLAIN

    def tensors(self, weight: Shape, bias: Shape) -> dict[str, Shape]:
        """The module's parameters, given the shapes of what it calls weight and bias."""
        found = self._weight_tensors(weight)
        if self.bias:
            found["bias"] = bias
        return found

    def _weight_tensors(self, weight: Shape) -> dict[str, Shape]:
        if self.weight_norm == "none":
            return {"weight": weight}
        prefix = "parametrizations.weight.original"
        if self.weight_norm != "weight":
            return {prefix: weight}
        lengths = tuple(size if axis == self.output_axis else 1 for axis, size in enumerate(weight))
        return {f"{prefix}0": lengths, f"{prefix}1": weight}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Spectral normalization keeps an estimate of a singular vector."""
        if self.weight_norm != "spectral":
            return {}
        weight = self.weights(*inputs)["parametrizations.weight.original"]
        return {"parametrizations.weight.0._u": (weight[self.output_axis],)}

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """Statements that set weight and bias, where they are not PyTorch's own, and then normalize the weight."""
        statements = list(super().initialize(module, *inputs))
        if self.bias and self.bias_init is not None:
            statements.append(drawn(f"{module}.bias", self.bias_init_kind, self.bias_init))
        axis = f", dim={self.output_axis}" if self.output_axis else ""
        if self.weight_norm == "weight":
            statements.append(f"nn.utils.parametrizations.weight_norm({module}{axis})")
        elif self.weight_norm == "spectral":
            statements.append(f"nn.utils.parametrizations.spectral_norm({module})")
        elif self.weight_norm == "standardized":
            rule = f"WeightStandardization({self.output_axis or ''})"
            statements.append(f'nn.utils.parametrize.register_parametrization({module}, "weight", {rule})')
        return statements

    def helpers(self) -> tuple[str, ...]:
        """WeightStandardization, which torch does not have."""
        return ("WeightStandardization",) if self.weight_norm == "standardized" else ()
