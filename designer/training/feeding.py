"""What a network is fed with: arguments of `forward` and targets of losses, made of the data's columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from designer.layers.base import Shape
from designer.shapes.analysis import NodeFacts
from designer.training.columns import LABELS, PICTURES, Wanted, read_by

Targets = Tensor | dict[str, Tensor]
"""What the generated method `loss` takes: a tensor, or one for each column where there are several."""


@dataclass(frozen=True)
class Source:
    """Where one argument of `forward` comes from."""

    shape: Shape
    column: str | None
    """None: its values are generated."""
    pixels: str
    generator: str
    scale: float

    def of(self, x: Tensor, y: Tensor, pixels: str) -> Tensor:
        """The argument for pictures (N, C, H, W) in this range of pixels, and their labels (N,)."""
        if self.column is None:
            return generated(self.generator, self.scale, (len(x), *self.shape), x)
        if self.column == LABELS:
            return y.to(x.dtype).reshape(-1, *self.shape)
        factor = {("0..255", "0..1"): 255.0, ("0..1", "0..255"): 1 / 255}.get((self.pixels, pixels), 1.0)
        values = x if x.shape[1:] == self.shape else x.reshape(-1, *self.shape)
        return values if factor == 1 else values * factor


def source_of(facts: NodeFacts) -> Source:
    """Where an Input's values come from."""
    layer = facts.layer
    return Source(
        facts.output or (),
        read_by(layer),
        getattr(layer, "pixels", "0..1"),
        getattr(layer, "generator", "none"),
        getattr(layer, "generator_scale", 1.0),
    )


def generated(kind: str, scale: float, size: Sequence[int], like: Tensor) -> Tensor:
    """Values from nothing, with the type and on the device of another tensor; a range runs along the last axis."""
    match kind:
        case "normal":
            return torch.randn(*size, dtype=like.dtype, device=like.device) * scale
        case "uniform":
            return torch.empty(*size, dtype=like.dtype, device=like.device).uniform_(-abs(scale), abs(scale))
        case "range":
            return (torch.arange(size[-1], dtype=like.dtype, device=like.device) * scale).expand(*size)
        case _:
            return torch.full(size, scale, dtype=like.dtype, device=like.device)


def targets_of(wants: Iterable[Wanted], x: Tensor, y: Tensor) -> Targets:
    """The targets of losses that want this of the columns; the labels where none wants anything."""
    found = {want.column: _target(want, x, y) for want in wants}
    return found if len(found) > 1 else next(iter(found.values()), y)


def _target(want: Wanted, x: Tensor, y: Tensor) -> Tensor:
    if want.answer == "classes":
        return y
    values = x if want.column == PICTURES else y.to(x.dtype)
    return values if values.shape[1:] == want.shape else values.reshape(-1, *want.shape)
