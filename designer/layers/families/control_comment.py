"""Text in the drawing."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Layer, Ports, Shape


class Comment(Layer, frozen=True, kw_only=True):
    """A note for whoever reads the drawing. It has no wires and does nothing."""

    category: ClassVar[Category] = "control"
    aliases: ClassVar[tuple[str, ...]] = ("note", "text", "label", "remark", "コメント", "メモ")
    ports: ClassVar[Ports] = Ports(())
    is_end: ClassVar[bool] = True

    text: Annotated[str, Meta(max_length=100_000, title="Text", description="What the note says.")] = ""

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        """None."""
        return ()

    def summary(self) -> str:
        """The first line."""
        return self.text.strip().partition("\n")[0]
