"""Runs the code that a layer writes, so that tests can compare what the layer says with what PyTorch does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from designer.layers.base import Layer, Shape, ShapeError
from designer.layers.helpers import HELPERS

TORCH_ERRORS = (RuntimeError, ValueError, IndexError, TypeError)


def namespace(helpers: Sequence[str] = tuple(HELPERS)) -> dict[str, object]:
    """The names generated code may use, with these helpers defined in this order."""
    names: dict[str, object] = {"torch": torch, "nn": nn, "F": nn.functional}
    for name in helpers:
        exec(HELPERS[name], names)
    return names


class Written(nn.Module):
    """A module made of a layer's own expressions: module(), initialize() and call()."""

    def __init__(self, layer: Layer, *inputs: Shape) -> None:
        super().__init__()
        self.names = namespace(layer.helpers())
        for text in layer.functions().values():
            exec(text, self.names)
        expression = layer.module(*inputs)
        self.m = nn.Identity() if expression is None else eval(expression, self.names)
        for statement in layer.set_up("self.m", *inputs):
            exec(statement, self.names, {"self": self})
        self.arguments = ["batch"] if layer.makes_values else [f"x{i}" for i in range(len(inputs))]
        self.expression = layer.call("" if expression is None else "self.m", self.arguments, inputs)

    def forward(self, *args: torch.Tensor) -> torch.Tensor:
        values = dict(zip(self.arguments, args, strict=True))
        return eval(self.expression, {**self.names, "self": self}, values)


def written(layer: Layer, *inputs: Shape, seed: int = 0) -> Written:
    torch.manual_seed(seed)
    return Written(layer, *inputs)


def on_meta(layer: Layer, *inputs: Shape, training: bool = True) -> tuple[Shape, dict[str, Shape], set[str]]:
    """Output shape (no batch axis) and parameters, and which of them are trained; raises what torch raises.

    An output without any values counts as an error: torch lets some of them pass, no layer after them does.
    """
    with torch.device("meta"):
        module = Written(layer, *inputs).train(training)
        out = module(*(torch.empty(4, *shape) for shape in inputs))
    if out.numel() == 0:
        raise ValueError("empty output")
    assert out.shape[0] == 4
    parameters = dict(module.m.named_parameters())
    trained = {name for name, p in parameters.items() if p.requires_grad}
    return tuple(out.shape[1:]), {name: tuple(p.shape) for name, p in parameters.items()}, trained


def agrees_with_torch(layer: Layer, *inputs: Shape) -> None:
    """Shape, weights, or that there is an error, are what torch says of the layer's own code, in training and after."""
    facts = layer.facts(inputs)
    for training in (True, False):
        try:
            shape, weights, trained = on_meta(layer, *inputs, training=training)
        except (*TORCH_ERRORS, ShapeError) as error:
            assert isinstance(facts, ShapeError), f"{layer} takes {inputs}, torch does not: {error}"
            continue
        assert not isinstance(facts, ShapeError), f"{layer} refuses {inputs}, torch gives {shape}"
        assert facts.outputs == (shape,), (layer, inputs)
        assert layer.weights(*inputs) == weights
        assert layer.trained(*inputs).keys() == trained
        assert facts.tensors == len(trained)
        assert facts.parameters == sum(torch.Size(weights[name]).numel() for name in trained)


def keeps_the_dtype(layer: Layer, *inputs: Shape) -> None:
    """What comes out has the float type of what goes in."""
    for dtype in (torch.float32, torch.float64):
        with torch.device("meta"):
            module = Written(layer, *inputs).to(dtype)
            assert module(*(torch.zeros(2, *shape, dtype=dtype) for shape in inputs)).dtype == dtype


def gradients_agree(
    layer: Layer, reference: Callable[..., torch.Tensor], *inputs: Shape, positive: bool = False
) -> None:
    """Values, and gradients of inputs and parameters, are those of a reference that takes inputs, then parameters."""
    module = written(layer, *inputs).double()
    generator = torch.Generator().manual_seed(1)
    args = [torch.randn(2, *shape, dtype=torch.float64, generator=generator) for shape in inputs]
    args = [(arg.abs() if positive else arg).requires_grad_() for arg in args]
    values = [*args, *module.m.parameters()]
    ours, theirs = module(*args), reference(*values)
    torch.testing.assert_close(ours, theirs)
    weights = torch.randn(ours.shape, dtype=torch.float64, generator=generator)
    for found, expected in zip(
        torch.autograd.grad((ours * weights).sum(), values, materialize_grads=True),
        torch.autograd.grad((theirs * weights).sum(), values, materialize_grads=True),
        strict=True,
    ):
        torch.testing.assert_close(found, expected)
