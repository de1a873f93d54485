"""Runs a drawing node by node, every value under its own name: what the compiled code must agree with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from designer.graph import Graph
from designer.graph.topology import BOUNDARY
from designer.layers.helpers import HELPERS
from designer.shapes import analyze
from designer.shapes.analysis import Scope
from designer.shapes.reach import dead_nodes, ends


def interpret(graph: Graph, module: nn.Module, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """The outputs of a graph whose node names are attributes of `module`, which has the weights."""
    root = analyze(graph).root
    named = iter(inputs)
    fed = {i: next(named) for i, layer in enumerate(root.layers) if layer.is_input}
    return _run(root, module, fed)


def _run(scope: Scope, module: nn.Module, values: dict[int, torch.Tensor]) -> list[torch.Tensor]:
    dead = dead_nodes(scope.topology, scope.layers)
    for i in scope.topology.order:
        layer, node = scope.layers[i], scope.body.nodes[i]
        if layer.is_input or layer.is_loss or i in dead:
            continue
        args = [values[wire.node] for wire in scope.topology.inputs[i] if wire is not None]
        if i in scope.children:
            value = args[0]
            for block in getattr(module, node.name):
                (value,) = _run(scope.children[i], block, {BOUNDARY: value})
            values[i] = value
            continue
        names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "m": getattr(module, node.name, None)}
        for name in layer.helpers():
            exec(HELPERS[name], names)
        names |= {f"v{port}": value for port, value in enumerate(args)}
        shapes = scope.inputs[i] or ()
        expression = layer.call("m" if layer.module(*shapes) else "", [f"v{port}" for port in range(len(args))], shapes)
        values[i] = eval(expression, names)
    return [values[wire.node] for wire in ends(scope.topology, scope.layers)]
