"""Losses as functions: for networks that go on calculating with what a loss gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Category, Costs, Layer, Ports, Shape, ShapeError, numel, show
from designer.layers.losses import ClassAxis, check_share, class_output, class_places, generated_like, log_probabilities
from designer.layers.saved import Saved

_FUNCTIONS = {
    "mse": "F.mse_loss", "l1": "F.l1_loss", "huber": "F.huber_loss", "smooth_l1": "F.smooth_l1_loss",
    "bce": "F.binary_cross_entropy", "bce_with_logits": "F.binary_cross_entropy_with_logits",
}  # fmt: skip
_WIDTHS = {"huber": "delta", "smooth_l1": "beta"}
_OF_CLASSES = ("cross_entropy", "categorical_cross_entropy")


class LossValues(Layer, frozen=True, kw_only=True):
    """What a loss gives for every single value, to go on calculating with: no mean is taken, nothing is minimised.

    A variational autoencoder sums such values over the pixels of a picture. End the calculation in Minimize. Losses of
    classes take the number of the class, or a probability for each, and give one value in place of the classes.
    """

    saves: ClassVar[Saved] = Saved(inputs=False, per_input=2)
    category: ClassVar[Category] = "loss"
    title: ClassVar[str] = "LossValues"
    stem: ClassVar[str] = "values"
    aliases: ClassVar[tuple[str, ...]] = (
        "reduction none",
        "elementwise loss",
        "reconstruction error",
        "画素ごとの損失",
    )
    ports: ClassVar[Ports] = Ports(optional=("target",))

    loss: Annotated[
        Literal[
            "mse", "l1", "huber", "smooth_l1", "epsilon_insensitive", "bce", "bce_with_logits", "cross_entropy",
            "categorical_cross_entropy",
        ],
        Meta(title="Loss", description="As the layers MSELoss, L1Loss, ..., SoftmaxCrossEntropy (cross_entropy)."),
    ] = "mse"  # fmt: skip
    width: Annotated[
        float,
        Meta(ge=1e-6, le=1_000_000, title="Width", description="delta of huber, beta of smooth_l1, epsilon of "
             "epsilon_insensitive; not used by the others."),
    ] = 1.0  # fmt: skip
    axis: ClassAxis = 0
    generator: Annotated[
        Literal["constant", "normal", "uniform"],
        Meta(
            title="Generated target", description="What it is compared with as long as nothing is wired to the target."
        ),
    ] = "constant"
    generator_scale: Annotated[
        float,
        Meta(
            ge=-1_000_000, le=1_000_000, title="Generated value",
            description="The constant, the standard deviation, or the largest absolute value of uniform ones.",
        ),
    ] = 0.0  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape, with 1 in place of classes."""
        if self.loss in _OF_CLASSES:
            if len(inputs) < 2:
                raise ShapeError("target-shape", message("Losses of classes need a target: wire the classes to it."),
                                 port=1)  # fmt: skip
            return class_output(self.axis, inputs)
        if len(inputs) > 1 and inputs[1] != inputs[0]:
            raise ShapeError("target-shape", message(
                "What is compared must have one shape: {from0} gives {shape}, but the target, {from1}, gives {target}.",
                shape=show(inputs[0]), target=show(inputs[1])), port=1)  # fmt: skip
        if self.loss == "bce" and len(inputs) < 2:
            check_share(self.generator, self.generator_scale)
        return inputs[0]

    def costs(self, *inputs: Shape) -> Costs:
        """NNC counts a softmax and a sigmoid, and nothing else."""
        size = numel(inputs[0])
        has_exps = self.loss in ("bce_with_logits", "cross_entropy")
        return Costs(adds=size, exps=size, divisions=size) if has_exps else Costs()

    def summary(self) -> str:
        """'mse'."""
        return self.loss

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.mse_loss(x, target, reduction="none")."""
        score = args[0]
        if self.loss in _OF_CLASSES:
            return self._class_call(score, args[1], inputs)
        target = args[1] if len(args) > 1 else generated_like(score, self.generator, self.generator_scale)
        if self.loss == "epsilon_insensitive":
            return f"F.relu(({score} - {target}).abs() - {self.width!r})"
        width = f", {_WIDTHS[self.loss]}={self.width!r}" if self.loss in _WIDTHS and self.width != 1 else ""
        return f'{_FUNCTIONS[self.loss]}({score}, {target}{width}, reduction="none")'

    def _class_call(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        score, target, soft = class_places(self.axis, score, target, inputs)
        axis = self.axis % len(inputs[0]) + 1
        if self.loss == "cross_entropy":
            value = f'F.cross_entropy({score}, {target}, reduction="none")'
        elif soft:
            value = f"-({target} * {score}.clamp(min=1e-12).log()).sum(dim=1)"
        else:
            value = f'F.nll_loss({log_probabilities(score, inputs)}, {target}, reduction="none")'
        return f"({value}).unsqueeze({axis})" if value.startswith("-") else f"{value}.unsqueeze({axis})"
