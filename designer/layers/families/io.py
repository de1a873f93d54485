"""Where data enters the network."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers.base import Category, Layer, Ports, Shape, show


class Input(Layer, frozen=True, kw_only=True):
    """The pictures that enter the network, one batch at a time.

    The shape has no batch axis: channels, height, width. Pixels are floats; `pixels` says whether they run from 0 to 1
    (the stored bytes divided by 255) or from 0 to 255.
    """

    category: ClassVar[Category] = "io"
    stem: ClassVar[str] = "input"
    aliases: ClassVar[tuple[str, ...]] = ("data", "image", "placeholder", "入力")
    ports: ClassVar[Ports] = Ports(())
    is_input: ClassVar[bool] = True

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1_000_000)], ...],
        Meta(title="Shape", description="Channels, height, width; without the batch axis.", min_length=1, max_length=8),
    ] = (3, 32, 32)
    pixels: Annotated[
        Literal["0..1", "0..255"], Meta(title="Pixel values", description="The range that stored bytes are mapped to.")
    ] = "0..1"

    def output(self, *inputs: Shape) -> Shape:
        """The shape itself."""
        return self.shape

    def summary(self) -> str:
        """3x32x32."""
        return show(self.shape)
