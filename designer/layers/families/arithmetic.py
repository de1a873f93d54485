"""Arithmetic: values of several inputs joined place by place, or scaled by a constant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Layer, Ports, Shape, ShapeError, show


class Add(Layer, frozen=True, kw_only=True):
    """Adds two or more inputs of equal shape, value by value: where a shortcut meets its main path."""

    category: ClassVar[Category] = "arithmetic"
    aliases: ClassVar[tuple[str, ...]] = (
        "Add2",
        "AddN",
        "plus",
        "sum",
        "residual",
        "shortcut",
        "skip",
        "加算",
        "足し算",
    )
    ports: ClassVar[Ports] = Ports(("a", "b"), variadic=True)

    def output(self, *inputs: Shape) -> Shape:
        """The shape that all inputs share."""
        for port, shape in enumerate(inputs):
            if shape != inputs[0]:
                raise _unequal("Add", "add-shapes", inputs, port)
        return inputs[0]

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a + b."""
        return code.infix("+", args)


class Multiply(Layer, frozen=True, kw_only=True):
    """Multiplies two or more inputs, value by value.

    The shapes are equal, or 1 along some axes, where the one value counts for the whole axis: a gate of Cx1x1 weighs
    the channels of a picture.
    """

    category: ClassVar[Category] = "arithmetic"
    aliases: ClassVar[tuple[str, ...]] = ("Mul2", "MulN", "times", "product", "gate", "乗算", "掛け算")
    ports: ClassVar[Ports] = Ports(("a", "b"), variadic=True)

    def output(self, *inputs: Shape) -> Shape:
        """The larger size along every axis."""
        largest = inputs[0]
        for port, shape in enumerate(inputs):
            if len(shape) != len(largest) or any(
                a not in (b, 1) and b != 1 for a, b in zip(largest, shape, strict=True)
            ):
                raise _unequal("Multiply", "multiply-shapes", inputs, port)
            largest = tuple(map(max, largest, shape))
        return largest

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """a * b."""
        return code.infix("*", args)


class Scale(Layer, frozen=True, kw_only=True):
    """Multiplies every value by a constant, then adds one: x multiply + add.

    Pixels from 0 to 255 become values from 0 to 1 by 0.00390625 (1 / 256) or 0.0039216 (1 / 255).
    """

    category: ClassVar[Category] = "arithmetic"
    aliases: ClassVar[tuple[str, ...]] = ("MulScalar", "AddScalar", "SubScalar", "multiply", "constant", "定数倍")
    keeps_shape: ClassVar[bool] = True

    multiply: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Multiply", description="Factor of every value, before the addition.")
    ] = 1.0
    add: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Add", description="Constant added to every value, after the factor.")
    ] = 0.0

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def summary(self) -> str:
        """'×0.5, +1'."""
        parts = [f"×{self.multiply:.3g}"] if self.multiply != 1 or self.add == 0 else []
        return ", ".join(parts + ([f"{self.add:+.3g}"] if self.add else []))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """x * 0.5 + 1.0."""
        text = args[0] if self.multiply == 1 else f"{args[0]} * {self.multiply!r}"
        if not self.add:
            return text
        return f"{text} {'-' if self.add < 0 else '+'} {abs(self.add)!r}"


def _unequal(layer: str, code: str, inputs: tuple[Shape, ...], port: int) -> ShapeError:
    """The error about the first input whose shape does not go with the first input's."""
    values = {"layer": layer, "first": show(inputs[0]), "other": show(inputs[port])}
    if port == 1:
        text = message("{layer} needs equal shapes: {first} from {from0}, {other} from {from1}.", **values)
    else:
        text = message("{layer} needs equal shapes: {first} from {from0}, {other} at its input {number}.",
                       number=port + 1, **values)  # fmt: skip
    return ShapeError(code, text, port=port, data={"shapes": inputs})
