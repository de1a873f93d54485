"""Between which bounds the values at a wire lie, told from the layers above it; only what is certain is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign, exp, inf, isinf, tanh
from typing import Any, NamedTuple

from designer.graph.model import BLOCK
from designer.graph.topology import BOUNDARY, Wire
from designer.layers.base import Layer
from designer.shapes.analysis import Scope


class Range(NamedTuple):
    """Bounds that values come close to, both ends included; infinite where there are none."""

    low: float
    high: float

    @property
    def is_probability(self) -> bool:
        """Whether no value lies outside of 0..1."""
        return self.low >= 0 and self.high <= 1


ANY = Range(-inf, inf)
PROBABILITY = Range(0.0, 1.0)

_FREE_CATEGORIES = frozenset({"convolution", "linear"})
_FREE = frozenset({
    "BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "MultiheadAttention", "TransformerDecoderLayer",
    "TransformerEncoderLayer", "BinaryConnectConv2d", "BinaryConnectLinear", "BinaryWeightConv2d", "BinaryWeightLinear",
})  # fmt: skip
"""Layers, besides those of the categories above, whose weights can give any value."""

_OWN = {
    **dict.fromkeys(("Sigmoid", "Hardsigmoid", "Softmax", "Softmin", "BinarySigmoid", "OneHot"), PROBABILITY),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), Range(-1.0, 1.0)),
    **dict.fromkeys(("LogSigmoid", "LogSoftmax"), Range(-inf, 0.0)),
    "Softplus": Range(0.0, inf),
}
"""What layers put out whatever enters them."""

_LIKE_FREE = frozenset({
    "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Hardswish", "Hardshrink",
    "Softshrink", "Tanhshrink", "LayerScale", "GaussianNoise", "CumSum", "Sum", "Sin", "Cos",
})  # fmt: skip
"""Layers that leave 0..1, upwards at least, where any value can enter."""

_KEEPING = frozenset({
    "Identity", "Detach", "ClipGradByNorm", "ClipGradByValue", "TopKGrad", "MaxPool1d", "MaxPool2d", "MaxPool3d",
    "AvgPool1d", "AvgPool2d", "AvgPool3d", "AdaptiveAvgPool2d", "AdaptiveMaxPool2d", "GlobalAveragePool",
    "GlobalMaxPool", "Mean", "Max", "Min", "Prune",
})  # fmt: skip
"""Layers, besides those of shapes, that put out nothing beyond what enters, but zeros."""

_UNTOLD = frozenset({"Sort", "TopK"})
"""Layers of shapes that may put out positions."""


def _kept_share(layer: Any, x: float) -> float:
    """What Dropout makes of the values that stay, in training."""
    return x / (1 - layer.p) if layer.p < 1 else 0.0


Rule = Callable[[Any, float], float]
_RULES: dict[str, Rule] = {
    "ReLU": lambda _, x: max(x, 0.0),
    "ReLU6": lambda _, x: min(max(x, 0.0), 6.0),
    "Hardtanh": lambda layer, x: min(max(x, layer.min_val), layer.max_val),
    "Clamp": lambda layer, x: min(max(x, layer.min), layer.max),
    "MaximumScalar": lambda layer, x: max(x, layer.value),
    "MinimumScalar": lambda layer, x: min(x, layer.value),
    "Scale": lambda layer, x: (layer.multiply * x if layer.multiply else 0.0) + layer.add,
    "RSubScalar": lambda layer, x: layer.value - x,
    "Exp": lambda _, x: exp(min(x, 700.0)),
    "Tanh": lambda _, x: tanh(x),
    "Softsign": lambda _, x: copysign(1.0, x) if isinf(x) else x / (1 + abs(x)),
    "BinaryTanh": lambda _, x: 1.0 if x > 0 else -1.0,
    "Dropout": _kept_share,
    "Dropout2d": _kept_share,
}
"""Functions that rise all along, or fall all along, by the layer's properties."""


def range_at(scope: Scope, wire: Wire) -> Range | None:
    """The bounds of the values at a wire of a body; None where they cannot be told."""
    known: dict[Wire, Range | None] = {}
    order = [wire]
    while order:  # not by recursion: networks are deeper than Python's stack
        at = order[-1]
        missing = [above for above in _above(scope, at) if above not in known]
        if at in known or not missing:
            known[order.pop()] = known[at] if at in known else _told(scope, at, known)
        else:
            order += missing
    return known[wire]


def _above(scope: Scope, wire: Wire) -> list[Wire]:
    """The wires whose values decide: none of those into a layer that says all by itself."""
    if wire.node == BOUNDARY or wire.node in scope.children:
        return []
    layer = scope.layers[wire.node]
    if layer.is_input or _by_itself(layer) is not None:
        return []
    return [source for source in scope.topology.inputs[wire.node] if source is not None]


def _told(scope: Scope, wire: Wire, known: dict[Wire, Range | None]) -> Range | None:
    if wire.node == BOUNDARY:
        return None
    layer = scope.layers[wire.node]
    if layer.is_frame:
        return _of_frame(scope, wire)
    if layer.is_input:
        given = tuple(getattr(layer, name, "") for name in ("pixels", "dataset", "generator"))
        return PROBABILITY if given == ("0..1", "x", "none") else None
    return _by_itself(layer) or _of_inputs(layer, [known[source] for source in _above(scope, wire)])


def _of_frame(scope: Scope, wire: Wire) -> Range | None:
    """What the last layer inside a block or Repeat puts out."""
    child = scope.children.get(wire.node)
    if child is None or scope.body.nodes[wire.node].type not in (BLOCK, "Repeat"):
        return None
    outputs = child.topology.outputs
    inner = outputs[wire.port] if wire.port < len(outputs) else None
    return None if inner is None else range_at(child, inner)


def _by_itself(layer: Layer) -> Range | None:
    """The bounds of what a layer puts out whatever enters."""
    name = type(layer).__name__
    if layer.category in _FREE_CATEGORIES or name in _FREE:
        return ANY
    return PROBABILITY if layer.category == "logic" else _OWN.get(name)


def _of_inputs(layer: Layer, inputs: Sequence[Range | None]) -> Range | None:
    name = type(layer).__name__
    if layer.category == "arithmetic" and name not in _RULES:
        return _joined(name, inputs)
    if name in {"Concatenate", "Stack"}:
        return _any_of(inputs)
    first = inputs[0] if inputs else None
    return None if first is None else _of_one(layer, name, first)


def _of_one(layer: Layer, name: str, entering: Range) -> Range | None:
    low, high = entering
    if name in _RULES:
        ends = [_RULES[name](layer, end) for end in entering]
        return Range(min(ends), max(ends))
    if name == "Abs":
        return Range(max(low, -high, 0.0), max(-low, high))
    if name in _KEEPING or (layer.category == "shape" and name not in _UNTOLD):
        filling = float(getattr(layer, "value", 0.0))
        return Range(min(low, 0.0, filling), max(high, 0.0, filling))
    return ANY if name in _LIKE_FREE and entering == ANY else None


def _joined(name: str, inputs: Sequence[Range | None]) -> Range | None:
    """Sums, products and the like. Their inputs may depend on each other, as in x / sum(x): only little is certain."""
    if name in ("Multiply", "Maximum", "Minimum") and all(each is not None and each.is_probability for each in inputs):
        return PROBABILITY
    return ANY if name in ("Add", "Subtract", "Multiply") and ANY in inputs else None


def _any_of(inputs: Sequence[Range | None]) -> Range | None:
    """All inputs side by side; those that are not known matter only where the others stay in 0..1."""
    known = [each for each in inputs if each is not None]
    if not known:
        return None
    hull = Range(min(each.low for each in known), max(each.high for each in known))
    return None if hull.is_probability and len(known) < len(inputs) else hull
