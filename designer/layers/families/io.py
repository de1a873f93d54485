"""Where data enters the network, and what leaves it under a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.layers.base import Category, Layer, Ports, Shape, show


class Input(Layer, frozen=True, kw_only=True):
    """The pictures that enter the network, one batch at a time.

    The shape has no batch axis: channels, height, width. Pixels are floats; `pixels` says whether they run from 0 to 1
    (the stored bytes divided by 255) or from 0 to 255.

    A network may have several Inputs. Each reads a column of the data, or is fed with generated values in training,
    such as the noise that a GAN begins with.
    """

    category: ClassVar[Category] = "io"
    stem: ClassVar[str] = "input"
    aliases: ClassVar[tuple[str, ...]] = ("data", "image", "placeholder", "noise", "入力")
    ports: ClassVar[Ports] = Ports(())
    is_input: ClassVar[bool] = True

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1_000_000)], ...],
        Meta(title="Shape", description="Channels, height, width; without the batch axis.", min_length=1, max_length=8),
    ] = (3, 32, 32)
    pixels: Annotated[
        Literal["0..1", "0..255"], Meta(title="Pixel values", description="The range that stored bytes are mapped to.")
    ] = "0..1"
    dataset: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            title="Data column",
            description="What it reads: x is the pictures, y their answers; other data may have further columns.",
        ),
    ] = "x"
    generator: Annotated[
        Literal["none", "normal", "uniform", "constant", "range"],
        Meta(
            title="Generated values",
            description="none: it reads the data. Else training feeds random numbers, one constant, or 0, 1, 2, ... "
            "along the last axis.",
        ),
    ] = "none"
    generator_scale: Annotated[
        float,
        Meta(
            ge=-1_000_000, le=1_000_000, title="Scale of generated values",
            description="Standard deviation of normal, largest absolute value of uniform, value of constant, step of "
            "range.",
        ),
    ] = 1.0  # fmt: skip

    def output(self, *inputs: Shape) -> Shape:
        """The shape itself."""
        return self.shape

    def summary(self) -> str:
        """3x32x32, and where its values come from if it is not the pictures."""
        source = self.dataset if self.generator == "none" else self.generator
        return show(self.shape) + (f", {source}" if source != "x" else "")


class Output(Layer, frozen=True, kw_only=True):
    """Names a value that the network gives back beside what its losses need; the node's name is its name.

    In a drawing without a loss, the Outputs say what the network gives, in their order; without any Output it is
    whatever nothing reads.
    """

    category: ClassVar[Category] = "io"
    stem: ClassVar[str] = "output"
    aliases: ClassVar[tuple[str, ...]] = ("result", "return", "y", "出力")
    is_end: ClassVar[bool] = True

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The value itself."""
        return args[0]
