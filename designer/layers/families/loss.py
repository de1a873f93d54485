"""Losses: where the network's output meets the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Category, Count, Layer, Shape, ShapeError, show


class SoftmaxCrossEntropy(Layer, frozen=True, kw_only=True):
    """Softmax and cross-entropy for pictures of one class each; the input is one score for every class.

    The loss is -log of the probability that the softmax gives to the right class (torch.nn.CrossEntropyLoss). The error
    is the share of pictures whose class does not have the highest score; the top-k error counts the k highest.
    """

    category: ClassVar[Category] = "loss"
    title: ClassVar[str] = "SoftmaxCrossEntropy"
    stem: ClassVar[str] = "loss"
    aliases: ClassVar[tuple[str, ...]] = (
        "CategoricalCrossEntropy", "CrossEntropyLoss", "classification", "output", "損失", "交差エントロピー",
    )  # fmt: skip
    is_loss: ClassVar[bool] = True

    label_smoothing: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            title="Label smoothing",
            description="Share of the answer that is spread evenly over all classes, against overconfidence.",
        ),
    ] = 0.0
    top_k: Annotated[
        Count,
        Meta(title="Top k", description="The top-k error that is reported: right is a picture whose class is among "
             "the k highest scores."),
    ] = 5  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """One number."""
        if len(inputs[0]) != 1:
            raise ShapeError("needs-vector", message(
                "SoftmaxCrossEntropy needs one score for each class, a vector, but {from0} gives {shape}.",
                shape=show(inputs[0])), data={"shape": inputs[0]})  # fmt: skip
        return (1,)

    def summary(self) -> str:
        """'top 5', and the label smoothing where there is one."""
        return f"top {self.top_k}" + (f", ε{self.label_smoothing:.3g}" if self.label_smoothing else "")

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.cross_entropy(scores, target): scores (N, classes), target (N) with the right classes; the batch's mean."""
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"F.cross_entropy({', '.join(args)}{smoothing})"
