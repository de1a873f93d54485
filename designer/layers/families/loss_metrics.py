"""Metrics: what training reports beside the loss, but does not minimise."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Count, Shape
from designer.layers.losses import Answer, ClassAxis, Judge, class_output, class_places, without_classes


class BinaryError(Judge, frozen=True, kw_only=True):
    """The share of values on the wrong side of 0.5; training reports it and does not minimise it.

    Where there are several metrics, the first in the drawing becomes the error of the run.
    """

    title: ClassVar[str] = "BinaryError"
    stem: ClassVar[str] = "error"
    aliases: ClassVar[tuple[str, ...]] = ("accuracy", "metric", "validation", "正解率", "評価")
    is_metric: ClassVar[bool] = True
    answer: ClassVar[Answer] = "binary"

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """((output >= 0.5) != (target >= 0.5)).float().mean()."""
        return f"(({score} >= 0.5) != ({target} >= 0.5)).float().mean()"


class TopNError(Judge, frozen=True, kw_only=True):
    """The share of pictures whose class is not among the n highest scores; reported by training, not minimised.

    Where there are several metrics, the first in the drawing becomes the error of the run.
    """

    title: ClassVar[str] = "TopNError"
    stem: ClassVar[str] = "error"
    aliases: ClassVar[tuple[str, ...]] = ("top-k", "accuracy", "metric", "validation", "正解率", "評価")
    is_metric: ClassVar[bool] = True
    answer: ClassVar[Answer] = "classes"
    argument: ClassVar[str] = "logits"

    axis: ClassAxis = 0
    n: Annotated[
        Count, Meta(title="Highest scores", description="How many of the highest scores may hold the right class.")
    ] = 1

    def target_shape(self, *inputs: Shape) -> Shape:
        """The input's shape without the axis of the classes."""
        return without_classes(self.axis, inputs[0])

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape with 1 in place of the classes."""
        return class_output(self.axis, inputs)

    def summary(self) -> str:
        """'top 5'."""
        return f"top {self.n} {Judge.summary(self)}".rstrip()

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """Whether the right class is among the n highest, or is the very highest."""
        score, target, soft = class_places(self.axis, score, target, inputs)
        target = f"{target}.argmax(dim=1)" if soft else target
        classes = inputs[0][self.axis]
        if self.n == 1:
            return f"({score}.argmax(dim=1) != {target}).float().mean()"
        highest = f"{score}.topk({min(self.n, classes)}, dim=1).indices"
        return f"({highest} != {target}.unsqueeze(1)).all(dim=1).float().mean()"
