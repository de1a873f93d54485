"""Layers that make values sparse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from designer.layers.base import Category, Costs, Shape
from designer.layers.elementwise import Elementwise
from designer.layers.saved import Saved


class Prune(Elementwise, frozen=True, kw_only=True):
    """Sets a share of every sample's values to 0, those nearest to 0.

    The gradients pass as if nothing had been done, so that a value may come back.
    """

    category: ClassVar[Category] = "regularization"
    aliases: ClassVar[tuple[str, ...]] = ("sparse", "枝刈り")
    value_costs: ClassVar[Costs] = Costs(ifs=1)
    saves: ClassVar[Saved] = Saved(per_input=0.25)

    rate: Annotated[float, Meta(ge=0, le=1, title="Rate", description="The share of the values that become 0.")] = 0.9

    def summary(self) -> str:
        """The rate: '0.9'."""
        return f"{self.rate:.3g}"

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """pruned(x, 0.9)."""
        return f"pruned({args[0]}, {self.rate!r})"

    def helpers(self) -> tuple[str, ...]:
        """The choice of values, and how gradients pass it."""
        return ("straight_through", "pruned")
