"""Losses: where the network's output meets the answer, and what training minimises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Axis, Costs, Ports, Shape, axis_of, numel
from designer.layers.losses import (
    Answer,
    ClassLoss,
    ElementLoss,
    Loss,
    check_share,
    class_places,
    log_probabilities,
)


class SoftmaxCrossEntropy(ClassLoss, frozen=True, kw_only=True):
    """Softmax and cross-entropy for pictures of one class each; the input is one score for every class.

    The loss is -log of the probability that the softmax gives to the right class (torch.nn.CrossEntropyLoss). The error
    is the share of pictures whose class does not have the highest score; the top-k error counts the k highest.

    A target that comes from the network holds the number of the right class, or a probability for every class.
    """

    title: ClassVar[str] = "SoftmaxCrossEntropy"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = (
        "CrossEntropyLoss", "classification", "output", "損失", "交差エントロピー",
    )  # fmt: skip
    argument: ClassVar[str] = "logits"

    label_smoothing: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Label smoothing",
            description="Share of the answer that is spread evenly over all classes, against overconfidence.",
        ),
    ] = 0.0

    def costs(self, *inputs: Shape) -> Costs:
        """The softmax."""
        size = numel(inputs[0])
        return Costs(adds=size, exps=size, divisions=size)

    def summary(self) -> str:
        """'top 5', and the label smoothing and all else that is not as usual."""
        smoothing = f", ε{self.label_smoothing:.3g}" if self.label_smoothing else ""
        return f"top {self.top_k}{smoothing} {Loss.summary(self)}".rstrip()

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """F.cross_entropy(logits, target): logits (N, classes), target (N) with the right classes."""
        score, target, _ = class_places(self.axis, score, target, inputs)
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"F.cross_entropy({score}, {target}{smoothing})"


class CategoricalCrossEntropy(ClassLoss, frozen=True, kw_only=True):
    """Cross-entropy of probabilities: for networks that end in a Softmax of their own.

    The loss is -log of the probability of the right class, which is taken as 1e-12 where it is smaller. Where the
    network ends in plain scores, SoftmaxCrossEntropy does both and keeps more digits.
    """

    title: ClassVar[str] = "CategoricalCrossEntropy"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("NLLLoss", "negative log-likelihood", "確率", "交差エントロピー")
    argument: ClassVar[str] = "probabilities"

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """F.nll_loss of the logarithms, or the sum over all classes where the target holds probabilities."""
        score, target, soft = class_places(self.axis, score, target, inputs)
        if soft:
            return f"-({target} * {score}.clamp(min=1e-12).log()).sum(dim=1).mean()"
        return f"F.nll_loss({log_probabilities(score, inputs)}, {target})"


class BCEWithLogitsLoss(ElementLoss, frozen=True, kw_only=True):
    """Sigmoid and cross-entropy for answers of yes (1) or no (0), value by value; the input is scores of any size.

    A score above 0 means yes. The error is the share of values on the wrong side.
    """

    title: ClassVar[str] = "BCEWithLogitsLoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("SigmoidCrossEntropy", "binary classification", "logistic", "二値分類")
    answer: ClassVar[Answer] = "binary"
    threshold: ClassVar[float] = 0.0
    argument: ClassVar[str] = "logits"
    function: ClassVar[str] = "F.binary_cross_entropy_with_logits"

    def costs(self, *inputs: Shape) -> Costs:
        """The sigmoid."""
        size = numel(inputs[0])
        return Costs(adds=size, exps=size, divisions=size)


class BCELoss(ElementLoss, frozen=True, kw_only=True):
    """Cross-entropy of probabilities with answers of yes (1) or no (0), value by value; the input lies between 0 and 1.

    The usual end after a Sigmoid. The error is the share of values on the wrong side of 0.5.
    """

    title: ClassVar[str] = "BCELoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("BinaryCrossEntropy", "binary classification", "二値分類")
    answer: ClassVar[Answer] = "binary"
    function: ClassVar[str] = "F.binary_cross_entropy"

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if len(inputs) < 2:
            check_share(self.generator, self.generator_scale)
        return ElementLoss.output(self, *inputs)


class MSELoss(ElementLoss, frozen=True, kw_only=True):
    """The mean of the squared differences: for numbers that are to be predicted, and for autoencoders."""

    title: ClassVar[str] = "MSELoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("SquaredError", "mean squared error", "L2", "regression", "二乗誤差", "回帰")
    function: ClassVar[str] = "F.mse_loss"


class L1Loss(ElementLoss, frozen=True, kw_only=True):
    """The mean of the absolute differences, which single wild values sway less than squares."""

    title: ClassVar[str] = "L1Loss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("AbsoluteError", "mean absolute error", "regression", "絶対誤差")
    function: ClassVar[str] = "F.l1_loss"


class HuberLoss(ElementLoss, frozen=True, kw_only=True):
    """Half the square of small differences, and in proportion to large ones, so that wild values count less.

    Differences d up to delta cost d * d / 2, larger ones delta * (|d| - delta / 2). NNC's is twice as large.
    """

    title: ClassVar[str] = "HuberLoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("robust regression", "フーバー損失")
    function: ClassVar[str] = "F.huber_loss"

    delta: Annotated[
        float, Meta(ge=1e-6, le=1_000_000, title="Delta", description="From this difference on the loss is straight.")
    ] = 1.0

    def options(self) -> dict[str, tuple[object, object]]:
        """delta."""
        return {"delta": (self.delta, 1.0)}


class SmoothL1Loss(ElementLoss, frozen=True, kw_only=True):
    """The absolute difference with its corner rounded: as HuberLoss, but divided by the width of the rounding."""

    title: ClassVar[str] = "SmoothL1Loss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("robust regression", "bounding box")
    function: ClassVar[str] = "F.smooth_l1_loss"

    beta: Annotated[
        float, Meta(ge=0, le=1_000_000, title="Beta", description="Up to this difference the loss is rounded.")
    ] = 1.0

    def options(self) -> dict[str, tuple[object, object]]:
        """beta."""
        return {"beta": (self.beta, 1.0)}


class EpsilonInsensitiveLoss(ElementLoss, frozen=True, kw_only=True):
    """By how much the absolute differences exceed epsilon: smaller ones cost nothing (support vector regression)."""

    title: ClassVar[str] = "EpsilonInsensitiveLoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("support vector regression", "SVR", "hinge")

    epsilon: Annotated[
        float, Meta(ge=0, le=1_000_000, title="Epsilon", description="The largest difference that costs nothing.")
    ] = 0.0

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """F.relu((output - target).abs() - 0.1).mean()."""
        return f"F.relu(({score} - {target}).abs() - {self.epsilon!r}).mean()"


class KLDivLoss(Loss, frozen=True, kw_only=True):
    """Kullback-Leibler divergence from the target's distribution to the input's; both are probabilities that sum to 1.

    The sum of p * log(p / q) with the input p and the target q. Axes before `axis` hold distributions of their own,
    whose mean is taken.
    """

    title: ClassVar[str] = "KLDivLoss"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("KLMultinomial", "Kullback-Leibler", "divergence", "KLダイバージェンス")
    argument: ClassVar[str] = "probabilities"

    axis: Annotated[
        Axis, Meta(title="First axis", description="From this axis on the values make up one distribution.")
    ] = 0

    def output(self, *inputs: Shape) -> Shape:
        """One number."""
        Loss.output(self, *inputs)
        axis_of(self.axis, inputs[0])
        return (1,)

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """F.kl_div, which takes q's logarithm first and p second."""
        axis = axis_of(self.axis, inputs[0])
        flat = f".flatten(0, {axis})" if axis else ""
        logs = f"{target}{flat}.clamp(min=1e-12).log()"
        return f'F.kl_div({logs}, {score}{flat}, reduction="batchmean")'


class Minimize(Loss, frozen=True, kw_only=True):
    """Makes its input small: a loss that is drawn from arithmetic, as in variational autoencoders and GANs.

    What is minimised is the mean of all values times the weight; a negative weight makes them large. There is no
    target. NNC minimises the end of any network; here this layer says so.
    """

    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = ("loss of one's own", "mean loss", "custom", "maximize", "最小化")
    ports: ClassVar[Ports] = Ports()
    answer: ClassVar[Answer] = "none"
    hidden_fields: ClassVar[frozenset[str]] = frozenset({"target"})

    def output(self, *inputs: Shape) -> Shape:
        """One number."""
        return (1,)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The mean times the weight."""
        return Loss.call(self, module, args[:1], inputs)

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """output.mean()."""
        return f"{score}.mean()"
