"""The optimizers of `torch.optim` with their own properties, described as layers are: typed fields, titles, bounds.

The learning rate and the weight decay belong to the recipe, since every optimizer has them (Rprop has no weight decay).
Left out: LBFGS (steps need a closure that runs the network many times), SparseAdam (takes sparse gradients only), and
Muon (takes matrices only: convolution kernels, biases and batch norms would need a second optimizer beside it).
No torch is imported here; tests hold the defaults against torch's own.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from designer.errors import NetDesignerError, message
from designer.graph.recipe import Optimizer
from designer.layers.base import Shape, numel

# Bounds are inclusive, as forms have them: the largest fraction below 1, the smallest number above 0 that makes sense.
Fraction = Annotated[float, Meta(ge=0, le=0.999999)]
Small = Annotated[float, Meta(ge=1e-16, le=1)]

_BETA1 = Meta(title="Beta 1", description="How slowly the running mean of the gradient forgets, 0 to 1.")
_BETA2 = Meta(title="Beta 2", description="How slowly the running mean of the squared gradient forgets, 0 to 1.")
_EPS = Meta(title="Epsilon", description="Added to the denominator, so that it is never 0.")
_AMSGRAD = Meta(title="AMSGrad", description="Divide by the largest running mean so far instead of the present one.")
_DECOUPLED = Meta(
    title="Decoupled weight decay",
    description="Shrink the weights themselves, as AdamW does, not through the gradient.",
)


class OptimizerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all optimizers; the subclass's docstring is what users read."""

    torch_name: ClassVar[str]
    """The class in `torch.optim`."""
    default_rate: ClassVar[float] = 0.01
    """A learning rate to begin with; torch's own default."""
    has_weight_decay: ClassVar[bool] = True
    hidden_fields: ClassVar[frozenset[str]] = frozenset()
    tensors_kept: ClassVar[int] = 0
    """How many tensors of the size of the weights it keeps from step to step."""
    tensors_passing: ClassVar[int] = 0
    """How many tensors of the size of one it makes while it changes that, where torch has no single kernel for it."""
    pairs: ClassVar[dict[str, tuple[str, str]]] = {}
    """torch's arguments that are pairs, with the two fields they are made of."""

    def arguments(self) -> dict[str, Any]:
        """The keyword arguments of torch's class, without the parameters, the learning rate and the weight decay."""
        values = msgspec.structs.asdict(self)
        for name, (first, second) in self.pairs.items():
            values[name] = (values.pop(first), values.pop(second))
        return values

    def state_values(self, shape: Shape) -> int:
        """How many values it keeps from step to step for a tensor of weights of that shape."""
        return self.tensors_kept * numel(shape)


class SGD(OptimizerSettings, frozen=True, kw_only=True):
    """Plain gradient descent: each step goes against the batch's gradient."""

    torch_name: ClassVar[str] = "SGD"
    default_rate: ClassVar[float] = 0.001


class Momentum(OptimizerSettings, frozen=True, kw_only=True):
    """Descent with momentum: steps add up while the gradient keeps its direction (v = m v + g, w = w - lr v)."""

    torch_name: ClassVar[str] = "SGD"
    tensors_kept: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.001

    momentum: Annotated[Fraction, Meta(title="Momentum", description="How much of the last step is kept, 0 to 1.")] = (
        0.9
    )
    dampening: Annotated[
        float, Meta(ge=0, le=1, title="Dampening", description="The gradient's share is multiplied by 1 - dampening; "
                    "equal to the momentum it gives unit gain, as in CNTK.")
    ] = 0.0  # fmt: skip

    def state_values(self, shape: Shape) -> int:
        """The last step, unless it counts for nothing."""
        return numel(shape) if self.momentum else 0


class Nesterov(OptimizerSettings, frozen=True, kw_only=True):
    """Gradient descent with Nesterov's momentum: the gradient is taken as if the next step were already made."""

    torch_name: ClassVar[str] = "SGD"
    tensors_kept: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.001

    momentum: Annotated[
        float, Meta(ge=1e-6, le=0.999999, title="Momentum", description="How much of the last step is kept, 0 to 1.")
    ] = 0.9

    def arguments(self) -> dict[str, Any]:
        """torch's SGD does it with a switch."""
        return {"momentum": self.momentum, "nesterov": True}


class Adam(OptimizerSettings, frozen=True, kw_only=True):
    """Adaptive moments: each weight's step is scaled by running means of its gradient and of its square."""

    torch_name: ClassVar[str] = "Adam"
    tensors_kept: ClassVar[int] = 2
    default_rate: ClassVar[float] = 0.001
    pairs: ClassVar[dict[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}

    beta1: Annotated[Fraction, _BETA1] = 0.9
    beta2: Annotated[Fraction, _BETA2] = 0.999
    eps: Annotated[Small, _EPS] = 1e-8
    amsgrad: Annotated[bool, _AMSGRAD] = False

    def state_values(self, shape: Shape) -> int:
        """Two running means, and with AMSGrad the largest."""
        return (3 if self.amsgrad else 2) * numel(shape)


class AdamW(OptimizerSettings, frozen=True, kw_only=True):
    """Adam whose weight decay shrinks the weights themselves instead of passing through the gradient's scaling."""

    torch_name: ClassVar[str] = "AdamW"
    tensors_kept: ClassVar[int] = 2
    default_rate: ClassVar[float] = 0.001
    pairs: ClassVar[dict[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}

    beta1: Annotated[Fraction, _BETA1] = 0.9
    beta2: Annotated[Fraction, _BETA2] = 0.999
    eps: Annotated[Small, _EPS] = 1e-8
    amsgrad: Annotated[bool, _AMSGRAD] = False

    def state_values(self, shape: Shape) -> int:
        """Two running means, and with AMSGrad the largest."""
        return (3 if self.amsgrad else 2) * numel(shape)


class NAdam(OptimizerSettings, frozen=True, kw_only=True):
    """Adam with Nesterov's momentum."""

    torch_name: ClassVar[str] = "NAdam"
    tensors_kept: ClassVar[int] = 2
    tensors_passing: ClassVar[int] = 2
    default_rate: ClassVar[float] = 0.002
    pairs: ClassVar[dict[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}

    beta1: Annotated[Fraction, _BETA1] = 0.9
    beta2: Annotated[Fraction, _BETA2] = 0.999
    eps: Annotated[Small, _EPS] = 1e-8
    momentum_decay: Annotated[
        Fraction, Meta(title="Momentum decay", description="How fast the momentum reaches its full value.")
    ] = 0.004
    decoupled_weight_decay: Annotated[bool, _DECOUPLED] = False


class RAdam(OptimizerSettings, frozen=True, kw_only=True):
    """Adam that trusts its scaling only once enough steps were seen, a built-in warm-up."""

    torch_name: ClassVar[str] = "RAdam"
    tensors_kept: ClassVar[int] = 2
    tensors_passing: ClassVar[int] = 2
    default_rate: ClassVar[float] = 0.001
    pairs: ClassVar[dict[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}

    beta1: Annotated[Fraction, _BETA1] = 0.9
    beta2: Annotated[Fraction, _BETA2] = 0.999
    eps: Annotated[Small, _EPS] = 1e-8
    decoupled_weight_decay: Annotated[bool, _DECOUPLED] = False


class Adamax(OptimizerSettings, frozen=True, kw_only=True):
    """Adam with the largest gradient seen lately in place of the root of the mean square."""

    torch_name: ClassVar[str] = "Adamax"
    tensors_kept: ClassVar[int] = 2
    tensors_passing: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.002
    pairs: ClassVar[dict[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}

    beta1: Annotated[Fraction, _BETA1] = 0.9
    beta2: Annotated[
        Fraction, Meta(title="Beta 2", description="How slowly the largest gradient is forgotten, 0 to 1.")
    ] = 0.999
    eps: Annotated[Small, _EPS] = 1e-8


class Adagrad(OptimizerSettings, frozen=True, kw_only=True):
    """Steps shrink with the root of the sum of all squared gradients so far, weight by weight (AdaGrad)."""

    torch_name: ClassVar[str] = "Adagrad"
    tensors_kept: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.01

    lr_decay: Annotated[
        float, Meta(ge=0, le=1, title="Rate decay", description="The rate is divided by 1 + this times the iteration.")
    ] = 0.0
    initial_accumulator_value: Annotated[
        float, Meta(ge=0, le=1e6, title="Initial sum", description="What the sum of squares starts with.")
    ] = 0.0
    eps: Annotated[Small, _EPS] = 1e-10


class Adadelta(OptimizerSettings, frozen=True, kw_only=True):
    """Steps are scaled by the ratio of two running means: of past steps and of gradients. Works with a rate of 1."""

    torch_name: ClassVar[str] = "Adadelta"
    tensors_kept: ClassVar[int] = 2
    tensors_passing: ClassVar[int] = 2
    default_rate: ClassVar[float] = 1.0

    rho: Annotated[Fraction, Meta(title="Rho", description="How slowly the running means forget, 0 to 1.")] = 0.9
    eps: Annotated[Small, _EPS] = 1e-6


class RMSprop(OptimizerSettings, frozen=True, kw_only=True):
    """Steps are divided by the root of a running mean of the squared gradient."""

    torch_name: ClassVar[str] = "RMSprop"
    tensors_kept: ClassVar[int] = 1
    tensors_passing: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.01

    alpha: Annotated[Fraction, Meta(title="Alpha", description="How slowly the running mean forgets, 0 to 1.")] = 0.99
    eps: Annotated[Small, _EPS] = 1e-8
    momentum: Annotated[Fraction, Meta(title="Momentum", description="How much of the last step is kept, 0 to 1.")] = (
        0.0
    )
    centered: Annotated[
        bool, Meta(title="Centered", description="Divide by the gradient's variance instead of its mean square.")
    ] = False

    def state_values(self, shape: Shape) -> int:
        """A running mean of the squares, with momentum the last step, centered that of the gradient."""
        return (1 + bool(self.momentum) + self.centered) * numel(shape)


class Rprop(OptimizerSettings, frozen=True, kw_only=True):
    """Only the gradient's sign counts; each weight's step grows while the sign stays. Made for large batches."""

    torch_name: ClassVar[str] = "Rprop"
    tensors_kept: ClassVar[int] = 2
    tensors_passing: ClassVar[int] = 3
    default_rate: ClassVar[float] = 0.01
    has_weight_decay: ClassVar[bool] = False
    pairs: ClassVar[dict[str, tuple[str, str]]] = {
        "etas": ("eta_minus", "eta_plus"),
        "step_sizes": ("smallest_step", "largest_step"),
    }

    eta_minus: Annotated[
        float,
        Meta(ge=1e-6, le=0.999999, title="Shrink", description="A step is multiplied by this where the sign changed."),
    ] = 0.5
    eta_plus: Annotated[
        float, Meta(ge=1.000001, le=10, title="Grow", description="A step is multiplied by this where the sign stayed.")
    ] = 1.2
    smallest_step: Annotated[
        float, Meta(ge=1e-16, le=1, title="Smallest step", description="Steps never get smaller.")
    ] = 1e-6
    largest_step: Annotated[
        float, Meta(ge=1e-16, le=1e6, title="Largest step", description="Steps never get larger.")
    ] = 50.0


class ASGD(OptimizerSettings, frozen=True, kw_only=True):
    """Gradient descent that also averages the weights over time."""

    torch_name: ClassVar[str] = "ASGD"
    tensors_kept: ClassVar[int] = 1
    default_rate: ClassVar[float] = 0.01

    lambd: Annotated[float, Meta(ge=0, le=1, title="Lambda", description="How fast the rate decays.")] = 1e-4
    alpha: Annotated[float, Meta(ge=0, le=10, title="Alpha", description="The power of the rate's decay.")] = 0.75
    t0: Annotated[
        float, Meta(ge=0, le=1e12, title="Averaging from", description="The iteration averaging starts at.")
    ] = 1e6


class Adafactor(OptimizerSettings, frozen=True, kw_only=True):
    """Adam's idea with little memory: of each matrix's squared gradients only row and column means are kept."""

    torch_name: ClassVar[str] = "Adafactor"
    default_rate: ClassVar[float] = 0.01

    beta2_decay: Annotated[
        float, Meta(ge=-10, le=0, title="Beta 2 decay", description="The power of the iteration that sets beta 2.")
    ] = -0.8
    d: Annotated[
        float, Meta(ge=1e-6, le=1e6, title="Clipping", description="The largest root mean square of a step.")
    ] = 1.0
    eps2: Annotated[Small, Meta(title="Smallest scale", description="Weights count as at least this large.")] = 1e-3

    def arguments(self) -> dict[str, Any]:
        """torch's first epsilon stays as torch has it: the precision of the numbers."""
        return {"beta2_decay": self.beta2_decay, "d": self.d, "eps": (None, self.eps2)}

    def state_values(self, shape: Shape) -> int:
        """Of matrices the means of rows and columns, the last two axes; of vectors all squares."""
        if len(shape) < 2:
            return numel(shape)
        return numel(shape[:-1]) + numel((*shape[:-2], shape[-1]))


OPTIMIZERS: dict[str, type[OptimizerSettings]] = {
    cls.__name__: cls
    for cls in (
        SGD,
        Momentum,
        Nesterov,
        Adam,
        AdamW,
        NAdam,
        RAdam,
        Adamax,
        Adagrad,
        Adadelta,
        RMSprop,
        Rprop,
        ASGD,
        Adafactor,
    )
}
"""Every optimizer there is, by the name that recipes use, in the order of the panel's list."""


class OptimizerError(NetDesignerError):
    """A recipe names an optimizer or a property that there is not, or gives one a value it cannot have."""


def settings(optimizer: Optimizer) -> OptimizerSettings:
    """The typed properties of a recipe's optimizer; those it does not name keep their defaults.

    Raises:
        OptimizerError: no such optimizer, no such property, or a value out of bounds.
    """
    cls = OPTIMIZERS.get(optimizer.name)
    if cls is None:
        raise OptimizerError(message("There is no optimizer '{name}'; there are {known}.", name=optimizer.name,
                                     known=", ".join(OPTIMIZERS)))  # fmt: skip
    for name in optimizer.params:
        if name not in cls.__struct_fields__:
            raise OptimizerError(message("{optimizer} has no property '{name}'; it has {known}.",
                                         optimizer=optimizer.name, name=name,
                                         known=", ".join(cls.__struct_fields__) or "-"))  # fmt: skip
    try:
        return msgspec.convert(optimizer.params, cls)
    except msgspec.ValidationError as error:
        raise OptimizerError(message("{optimizer} cannot be used: {reason}.", optimizer=optimizer.name,
                                     reason=str(error))) from None  # fmt: skip
