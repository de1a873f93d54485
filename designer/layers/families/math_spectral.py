"""Fourier transforms of complex numbers, whose real and imaginary parts are the two values of the last axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Category, Costs, Layer, Shape, ShapeError, numel, show
from designer.layers.saved import NOTHING, Saved


class FFT(Layer, frozen=True, kw_only=True):
    """Discrete Fourier transform of complex values, along the axes before the last.

    The last axis has size 2: real and imaginary part, in the input and in the output.
    """

    category: ClassVar[Category] = "math"
    aliases: ClassVar[tuple[str, ...]] = ("Fourier", "spectrum", "フーリエ変換")
    keeps_shape: ClassVar[bool] = False
    function: ClassVar[str] = "fftn"
    saves: ClassVar[Saved] = NOTHING

    signal_ndim: Annotated[
        int, Meta(ge=1, le=3, title="Signal axes", description="How many axes are transformed: 2 for pictures.")
    ] = 2
    normalized: Annotated[
        bool,
        Meta(
            title="Normalized",
            description="Divides by the square root of the number of values, both ways; off: the inverse divides by "
            "the number.",
        ),
    ] = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        shape = inputs[0]
        if shape[-1] != 2:
            raise ShapeError("not-complex", message(
                "{layer} needs a last axis of size 2, real and imaginary part, but {from0} gives {shape}.",
                layer=type(self).__name__, shape=show(shape)), data={"shape": shape})  # fmt: skip
        if len(shape) <= self.signal_ndim:
            raise ShapeError("too-few-axes", message(
                "{layer} transforms {axes} axes before the last, but {from0} gives {shape}.",
                layer=type(self).__name__, axes=self.signal_ndim, shape=show(shape)),
                data={"shape": shape, "axes": self.signal_ndim})  # fmt: skip
        return shape

    def costs(self, *inputs: Shape) -> Costs:
        """Those of the radix-2 algorithm: 2 multiplications and 3 additions for each complex value and power of 2."""
        shape = self.output(*inputs)
        levels = (numel(shape[-1 - self.signal_ndim : -1]) - 1).bit_length()
        return Costs(adds=3 * (numel(shape) // 2) * levels, multiplies=numel(shape) * levels)

    def summary(self) -> str:
        """'2d', and 'ortho' where it is normalized."""
        return f"{self.signal_ndim}d" + (", ortho" if self.normalized else "")

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """torch.fft.fftn(x, dim=(2, 3)) of complex numbers."""
        last = len(inputs[0]) - 1
        dim = tuple(axis + 1 for axis in range(last - self.signal_ndim, last))
        norm = ', norm="ortho"' if self.normalized else ""
        transformed = f"torch.fft.{self.function}(as_complex({args[0]}), dim={dim}{norm})"
        return f"torch.view_as_real({transformed}).to({args[0]}.dtype)"

    def helpers(self) -> tuple[str, ...]:
        """Pairs as complex numbers."""
        return ("as_complex",)


class IFFT(FFT, frozen=True, kw_only=True):
    """Inverse of the discrete Fourier transform of complex values, along the axes before the last.

    The last axis has size 2: real and imaginary part, in the input and in the output.
    """

    aliases: ClassVar[tuple[str, ...]] = ("inverse Fourier", "逆フーリエ変換")
    function: ClassVar[str] = "ifftn"
    saves: ClassVar[Saved] = NOTHING
