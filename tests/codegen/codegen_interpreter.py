"""Runs a drawing node by node, every value under its own name: what the compiled code must agree with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from designer.graph import Graph
from designer.graph.topology import BOUNDARY, DELAY, Wire
from designer.layers.helpers import HELPERS
from designer.shapes import analyze
from designer.shapes.analysis import Scope
from designer.shapes.reach import dead_nodes, ends

Values = dict[Wire, torch.Tensor]


def interpret(graph: Graph, module: nn.Module, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """The outputs of a graph whose node names are attributes of `module`, which has the weights."""
    root = analyze(graph).root
    named = iter(inputs)
    fed = {Wire(i, 0): next(named) for i, layer in enumerate(root.layers) if layer.is_input}
    values = _run(root, module, fed)
    return [values[wire] for wire in ends(root.topology, root.layers)]


def _run(scope: Scope, module: nn.Module, values: Values) -> Values:
    dead = dead_nodes(scope.topology, scope.layers)
    for i in scope.topology.order:
        layer, node = scope.layers[i], scope.body.nodes[i]
        if layer.is_input or layer.is_end or i in dead or node.type == DELAY:
            continue
        args = [values[wire] for wire in scope.topology.inputs[i] if wire is not None]
        own = getattr(module, node.name, None)
        found = _frame(scope, i, own, args) if i in scope.children else [_call(scope, i, own, args)]
        values |= {Wire(i, port): value for port, value in enumerate(found)}
    return values


def _inside(scope: Scope, module: Any, args: list[torch.Tensor], states: Values | None = None) -> Values:
    return _run(scope, module, {Wire(BOUNDARY, port): value for port, value in enumerate(args)} | (states or {}))


def _leaving(scope: Scope, values: Values) -> list[torch.Tensor]:
    return [values[wire] for wire in scope.topology.outputs if wire is not None]


def _frame(scope: Scope, i: int, module: Any, args: list[torch.Tensor]) -> list[torch.Tensor]:
    node, child = scope.body.nodes[i], scope.children[i]
    if node.type == "Block":
        return _leaving(child, _inside(child, module, args))
    if node.type == "Recurrent":
        return _steps(scope, i, module, args)
    for number in range(scope.times(i)):
        inner = scope.iterations[i][number] if i in scope.iterations else child
        block = module[number] if isinstance(module, nn.ModuleList) else module
        leaving = _leaving(inner, _inside(inner, block, args))
        args = [*leaving, *args[len(leaving) :]]
    return args[: len(leaving)]


def _steps(scope: Scope, i: int, module: Any, args: list[torch.Tensor]) -> list[torch.Tensor]:
    layer: Any = scope.layers[i]
    child = scope.children[i]
    delays = [d for d, node in enumerate(child.body.nodes) if node.type == DELAY]
    states = {
        Wire(d, 0): args[0].new_ones(len(args[0]), *child.layers[d].shape) * child.layers[d].initial  # type: ignore[attr-defined]
        for d in delays
    }
    axes = [layer.axis % len(shape) + 1 for shape in scope.inputs[i] or ()]
    order = list(range(scope.times(i)))
    found: dict[int, list[torch.Tensor]] = {}
    for number in reversed(order) if layer.backwards else order:
        taken = [arg.select(axis, number) for arg, axis in zip(args, axes, strict=True)]
        values = _inside(child, module, [t.unsqueeze(1) if t.dim() == 1 else t for t in taken], states)
        found[number] = _leaving(child, values)
        entering = ((d, child.topology.inputs[d][0]) for d in delays)
        states = {Wire(d, 0): values[wire] for d, wire in entering if wire in values}
    columns = zip(*(found[number] for number in order), strict=True)
    shapes = scope.results[i].outputs  # type: ignore[union-attr]
    return [torch.stack(column, layer.axis % len(shape) + 1) for column, shape in zip(columns, shapes, strict=True)]


def _call(scope: Scope, i: int, module: Any, args: list[torch.Tensor]) -> torch.Tensor:
    layer, shapes = scope.layers[i], scope.inputs[i] or ()
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional, "m": module}
    for name in layer.helpers():
        exec(HELPERS[name], names)
    names |= {f"v{port}": value for port, value in enumerate(args)}
    expression = layer.call("m" if layer.module(*shapes) else "", [f"v{port}" for port in range(len(args))], shapes)
    value: torch.Tensor = eval(expression, names)
    return value
