"""Layers in which every output sees every input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Category, Count, Shape, numel
from designer.layers.weights import Weighted


class Linear(Weighted, frozen=True, kw_only=True):
    """Fully connected layer: every output is a weighted sum of all inputs, plus a bias.

    Takes any shape: a picture is flattened first, row by row within each channel (torch.nn.Linear, NNC's Affine).
    """

    category: ClassVar[Category] = "linear"
    stem: ClassVar[str] = "fc"
    aliases: ClassVar[tuple[str, ...]] = ("Affine", "Dense", "fully connected", "fc", "perceptron", "全結合")

    out_features: Annotated[Count, Meta(title="Outputs", description="How many values come out.")] = 100

    def output(self, *inputs: Shape) -> Shape:
        """(out_features,)."""
        return (self.out_features,)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (out_features, inputs) and bias."""
        weight = (self.out_features, numel(inputs[0]))
        return {"weight": weight, "bias": (self.out_features,)} if self.bias else {"weight": weight}

    def multiply_adds(self, *inputs: Shape) -> int:
        """Inputs times outputs."""
        return numel(inputs[0]) * self.out_features

    def summary(self) -> str:
        """The outputs: '64'."""
        return str(self.out_features)

    def module(self, *inputs: Shape) -> str:
        """nn.Linear(...)."""
        return code.construct("nn.Linear", numel(inputs[0]), self.out_features, bias=(self.bias, True))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call on the flattened input."""
        return f"{module}({args[0]})" if len(inputs[0]) == 1 else f"{module}(torch.flatten({args[0]}, 1))"
