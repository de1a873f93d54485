"""Figures of a network for tables: operation counts, parameters as NNC counts them, values that come out.

They are worked out when asked for, unlike the shapes and main costs that stand on every node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from designer.graph.model import BLOCK, NOTE, Node
from designer.layers.base import Costs, Facts, Layer, Shape, numel
from designer.shapes.analysis import Scope
from designer.shapes.reach import dead_nodes


class Figures(NamedTuple):
    """What one node costs for one sample and one repetition, or a whole network for one sample."""

    outputs: int = 0
    """Values that come out."""
    parameters: int = 0
    """Trainable values."""
    parameters_nnc: int = 0
    """Values as NNC counts them: with running means and variances."""
    costs: Costs = Costs()
    weights: int = 0
    """Values in all parameters, frozen ones too."""

    def times(self, runs: int, copies: int) -> Figures:
        """The figures of all repetitions: operations count for every run, weights for every copy of them.

        NNC counts weights for every run, also where a loop has one set of them.
        """
        costs = Costs(*(cost * runs for cost in self.costs))
        return Figures(self.outputs * runs, self.parameters * copies, self.parameters_nnc * runs, costs,
                       self.weights * copies)  # fmt: skip

    def plus(self, other: Figures) -> Figures:
        """Both together."""
        costs = Costs(*(a + b for a, b in zip(self.costs, other.costs, strict=True)))
        return Figures(self.outputs + other.outputs, self.parameters + other.parameters,
                       self.parameters_nnc + other.parameters_nnc, costs, self.weights + other.weights)  # fmt: skip


class Row(NamedTuple):
    """One node of a network, in every place where it runs."""

    path: tuple[Node, ...]
    """The node, behind the frames and blocks around it."""
    layer: Layer
    shapes: tuple[Shape, ...]
    """The shapes at its outputs."""
    figures: Figures
    """For one repetition."""
    runs: int
    """How often it runs for one sample."""
    copies: int
    """How many sets of its weights there are."""

    @property
    def node(self) -> Node:
        """The node itself."""
        return self.path[-1]


def rows(scope: Scope, around: tuple[Node, ...] = (), runs: int = 1, copies: int = 1) -> Iterator[Row]:
    """Every node below a scope that has shapes and is built, block by block and use by use; frames have no row."""
    dead = dead_nodes(scope.topology, scope.layers)
    for i, (node, layer, result) in enumerate(zip(scope.body.nodes, scope.layers, scope.results, strict=True)):
        path = (*around, node)
        if i in dead:
            continue
        if i in scope.iterations:
            for repetition in scope.iterations[i]:
                yield from rows(repetition, path, runs, copies)
        elif i in scope.children:
            yield from rows(scope.children[i], path, runs * scope.times(i), copies * scope.copies(i))
        elif isinstance(result, Facts) and node.type != NOTE:
            yield Row(path, layer, result.outputs, _figures(layer, scope.inputs[i] or (), result), runs, copies)


def _figures(layer: Layer, inputs: tuple[Shape, ...], facts: Facts) -> Figures:
    weights = sum(map(numel, layer.weights(*inputs).values()))
    outputs = sum(map(numel, facts.outputs))
    return Figures(outputs, facts.parameters, layer.parameters_nnc(*inputs), layer.costs(*inputs), weights)


def total(found: Iterator[Row]) -> Figures:
    """All rows together, repetitions multiplied in."""
    sum_ = Figures()
    for row in found:
        sum_ = sum_.plus(row.figures.times(row.runs, row.copies))
    return sum_


def figures_of(scope: Scope, i: int) -> Figures:
    """The figures of the node at a position for one repetition: all that is in it for a block, none for a frame."""
    result = scope.results[i]
    if i in scope.children:
        return total(rows(scope.children[i])) if scope.body.nodes[i].type == BLOCK else Figures()
    return _figures(scope.layers[i], scope.inputs[i] or (), result) if isinstance(result, Facts) else Figures()
