"""Layers in which every output sees every input, and the table of vectors that a class is looked up in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers import code
from designer.layers.base import Category, Costs, Count, Shape, numel, show
from designer.layers.saved import Saved
from designer.layers.weights import Weighted, WeightOnly


class Linear(Weighted, frozen=True, kw_only=True):
    """Fully connected layer: every output is a weighted sum of all inputs, plus a bias.

    Takes any shape: a picture is flattened first, row by row within each channel. Several output sizes give an output
    of that shape, 1x28x28 for instance (torch.nn.Linear, NNC's Affine).
    """

    category: ClassVar[Category] = "linear"
    stem: ClassVar[str] = "fc"
    aliases: ClassVar[tuple[str, ...]] = (
        "Affine", "Dense", "fully connected", "fc", "perceptron", "WeightNormalization", "WeightStandardization",
        "SpectralNorm", "全結合",
    )  # fmt: skip

    out_features: Annotated[
        Count | Annotated[tuple[Count, ...], Meta(min_length=1, max_length=8)],
        Meta(title="Outputs", description="How many values come out, or the shape of what comes out."),
    ] = 100

    @property
    def _shape(self) -> Shape:
        return (self.out_features,) if isinstance(self.out_features, int) else self.out_features

    def output(self, *inputs: Shape) -> Shape:
        """(out_features,), or the shape itself."""
        return self._shape

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (outputs, inputs) and bias."""
        outputs = numel(self._shape)
        return self.tensors((outputs, numel(inputs[0])), (outputs,))

    def saved(self, *inputs: Shape) -> Saved:
        """What enters it, as a vector."""
        return Saved(flattens=len(inputs[0]) == 3)

    def multiply_adds(self, *inputs: Shape) -> int:
        """Inputs times outputs."""
        return numel(inputs[0]) * numel(self._shape)

    def costs(self, *inputs: Shape) -> Costs:
        """Multiply-adds, and one addition of the bias for every output."""
        return Costs(adds=numel(self._shape) if self.bias else 0, multiply_adds=self.multiply_adds(*inputs))

    def summary(self) -> str:
        """The outputs: '64', '1x28x28'."""
        return show(self._shape)

    def module(self, *inputs: Shape) -> str:
        """nn.Linear(...)."""
        return code.construct("nn.Linear", numel(inputs[0]), numel(self._shape), bias=(self.bias, True))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call on the flattened input."""
        flat = f"{module}({args[0]})" if len(inputs[0]) == 1 else f"{module}(torch.flatten({args[0]}, 1))"
        return flat if len(self._shape) == 1 else f"{flat}.unflatten(1, {self._shape})"


class Embedding(WeightOnly, frozen=True, kw_only=True):
    """Looks up a trained vector for every class number: words, users, products (torch.nn.Embedding, NNC's Embed).

    The input's values are class numbers from 0 up; what comes out has the input's shape and that of the vectors behind
    it. The table's values are drawn from a normal distribution unless another one is chosen.
    """

    category: ClassVar[Category] = "linear"
    stem: ClassVar[str] = "embed"
    aliases: ClassVar[tuple[str, ...]] = ("Embed", "lookup table", "word vectors", "埋め込み")
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=2)

    num_embeddings: Annotated[Count, Meta(title="Classes", description="How many vectors the table has.")] = 100
    embedding_dim: Annotated[
        Count | Annotated[tuple[Count, ...], Meta(min_length=1, max_length=7)],
        Meta(title="Vector size", description="How many values a vector has, or the shape of what stands for a class."),
    ] = 32

    @property
    def _shape(self) -> Shape:
        return (self.embedding_dim,) if isinstance(self.embedding_dim, int) else self.embedding_dim

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape with that of the vectors behind it."""
        return (*inputs[0], *self._shape)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight (num_embeddings, values of a vector)."""
        return {"weight": (self.num_embeddings, numel(self._shape))}

    def summary(self) -> str:
        """'100 → 32'."""
        return f"{self.num_embeddings} → {show(self._shape)}"

    def module(self, *inputs: Shape) -> str:
        """nn.Embedding(100, 32)."""
        return code.construct("nn.Embedding", self.num_embeddings, numel(self._shape))

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call on whole numbers."""
        found = f"{module}({args[0]}.long())"
        return found if len(self._shape) == 1 else f"{found}.unflatten(-1, {self._shape})"
