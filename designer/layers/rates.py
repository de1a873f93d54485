"""Layers whose weights may be trained otherwise than the recipe says: other learning rate, other decay, not at all."""

from __future__ import annotations

from collections.abc import Mapping

from designer.layers.base import Layer, Shape, Training
from designer.layers.weights import (
    BiasDecay,
    BiasFrozen,
    BiasRate,
    WeightDecay,
    WeightFrozen,
    WeightRate,
    training_of,
)


class OwnRate(Layer, frozen=True, kw_only=True):
    """A layer with weights and no biases."""

    weight_lr: WeightRate = 1.0
    weight_decay: WeightDecay = None
    weight_frozen: WeightFrozen = False

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """What the properties say of each tensor."""
        return training_of(self, inputs)


class OwnRates(OwnRate, frozen=True, kw_only=True):
    """A layer with weights and biases."""

    bias_lr: BiasRate = 1.0
    bias_decay: BiasDecay = None
    bias_frozen: BiasFrozen = False
