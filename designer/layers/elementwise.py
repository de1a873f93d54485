"""What layers share that treat values one by one: the costs of each, and inputs that stretch to a common shape."""

from __future__ import annotations

from typing import ClassVar

from designer.errors import message
from designer.layers.base import Costs, Layer, Shape, ShapeError, numel, show


class Elementwise(Layer, frozen=True, kw_only=True):
    """One input, whose shape the output has; every value costs the same."""

    keeps_shape: ClassVar[bool] = True
    value_costs: ClassVar[Costs] = Costs()
    """What one value of the output costs."""

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def multiply_adds(self, *inputs: Shape) -> int:
        """Those of one value, times the values."""
        each = self.value_costs.multiply_adds
        return each and each * numel(self.output(*inputs))

    def costs(self, *inputs: Shape) -> Costs:
        """Those of one value, times the values."""
        return times(self.value_costs, numel(self.output(*inputs)))


def times(costs: Costs, count: int) -> Costs:
    """The same costs so many times."""
    return Costs(*(cost * count for cost in costs))


def stretched(layer: str, code: str, inputs: tuple[Shape, ...]) -> Shape:
    """The shape that inputs have together: an axis of size 1 stretches to the size that the others have there.

    Raises:
        ShapeError: with that code, for the layer of that name, about the first input that does not fit.
    """
    largest = inputs[0]
    if inputs.count(largest) == len(inputs):
        return largest
    for port, shape in enumerate(inputs):
        if len(shape) != len(largest) or any(a != b and 1 not in (a, b) for a, b in zip(largest, shape, strict=True)):
            raise unequal(layer, code, inputs, port)
        largest = tuple(map(max, largest, shape))
    return largest


def unequal(layer: str, code: str, inputs: tuple[Shape, ...], port: int) -> ShapeError:
    """The error about the shape of an input that is not that of the first."""
    values = {"layer": layer, "first": show(inputs[0]), "other": show(inputs[port])}
    if port == 1:
        text = message("{layer} needs equal shapes: {first} from {from0}, {other} from {from1}.", **values)
    else:
        text = message("{layer} needs equal shapes: {first} from {from0}, {other} at its input {number}.",
                       number=port + 1, **values)  # fmt: skip
    return ShapeError(code, text, port=port, data={"shapes": inputs})
