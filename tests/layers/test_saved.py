"""What layers say torch keeps for the backward pass, against what autograd really keeps of their own code."""

from __future__ import annotations

import pytest
import torch
from layer_reference import written
from torch.autograd.graph import saved_tensors_hooks

from designer.layers import ShapeError, catalogue, make
from designer.layers.base import Layer, Shape, numel

BATCH = 4
PICTURE, SEQUENCE, VECTOR, VOLUME = (8, 12, 12), (8, 12), (48,), (8, 6, 6, 6)
CHOICES: list[tuple[Shape, ...]] = [
    (PICTURE,), (PICTURE, PICTURE), (SEQUENCE,), (SEQUENCE, SEQUENCE), (VECTOR,), (VECTOR, VECTOR), (VOLUME,),
]  # fmt: skip
ROUGH = {"LSTM": 0.25, "GRU": 0.25, "RNN": 0.25, "LocalResponseNorm": 0.15, "VATNoise": 1.0}
"""Layers of which torch keeps tensors that depend on more than shapes."""
SKIPPED = {"Delay", "PythonFunction"} | {f"Binary{k}{o}" for k in ("Connect", "Weight") for o in ("Linear", "Conv2d")}
"""Binary weights are kept once more, whatever the batch; what a function of the user's keeps, nobody knows."""


def taken(layer: Layer) -> tuple[Shape, ...] | None:
    """Inputs that suit the layer."""
    names, optional, variadic = len(layer.ports.names), len(layer.ports.optional), layer.ports.variadic
    for inputs in CHOICES:
        fits = names <= len(inputs) and (variadic or len(inputs) <= names + optional)
        if fits and not isinstance(layer.facts(inputs), ShapeError):
            return inputs
    return None


def estimated(layer: Layer, inputs: tuple[Shape, ...]) -> float:
    """Bytes kept, inputs and output each once."""
    facts = layer.facts(inputs)
    assert not isinstance(facts, ShapeError)
    saved, outputs = layer.saved(*inputs), sum(map(numel, facts.outputs))
    if saved.stops:
        return 0
    values = saved.inside + saved.per_input * numel(inputs[0]) + saved.per_output * outputs
    values += sum(map(numel, inputs)) if saved.inputs else 0
    return 4 * BATCH * (values + (outputs if saved.output else 0))


def really(layer: Layer, inputs: tuple[Shape, ...]) -> float:
    module = written(layer, *inputs).train()
    own = {p.untyped_storage().data_ptr() for p in module.m.parameters()}
    args = [(torch.rand(BATCH, *shape) + 0.1).requires_grad_() * 1 for shape in inputs]
    kept: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        module(*args)
    return sum(storage.nbytes() for storage in kept.values())


def shown() -> list[str]:
    plain = (n for n, c in catalogue().items() if not (c.is_input or c.is_frame or c.makes_values or c.is_end))
    return [name for name in plain if name not in SKIPPED and taken(make(name, {})) is not None]


@pytest.mark.parametrize("name", shown())
def test_torch_keeps_what_the_layer_says(name: str) -> None:
    layer = make(name, {})
    inputs = taken(layer)
    assert inputs is not None
    real, estimate = really(layer, inputs), estimated(layer, inputs)
    assert abs(estimate - real) <= ROUGH.get(name, 0.1) * max(real, estimate) + 1500, (inputs, estimate, real)
