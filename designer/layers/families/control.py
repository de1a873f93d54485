"""Frames that say how often what lies in them runs."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Layer, Shape


class Repeat(Layer, frozen=True, kw_only=True):
    """Runs what is drawn in its frame several times in a row, each time with weights of its own.

    What enters the frame and what leaves it must have the same shape, because each repetition feeds the next.
    """

    category: ClassVar[Category] = "control"
    stem: ClassVar[str] = "repeat"
    aliases: ClassVar[tuple[str, ...]] = ("RepeatStart", "RepeatEnd", "loop", "frame", "繰り返し")
    is_frame: ClassVar[bool] = True
    hidden_fields: ClassVar[frozenset[str]] = frozenset({"folded"})

    times: Annotated[
        int,
        Meta(ge=1, le=10_000, title="Times", description="How often the body runs, each time with its own weights."),
    ] = 2
    folded: Annotated[bool, Meta(title="Folded", description="Drawn as one node instead of a frame.")] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape; inference checks that the body keeps it."""
        return inputs[0]

    def summary(self) -> str:
        """The repetitions: x18."""
        return f"x{self.times}"
