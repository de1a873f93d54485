"""Whether two drawings compute the same: layers, properties, wires, blocks and variables, not how they are drawn."""

from __future__ import annotations

from typing import Any

from designer.graph.model import NOTE, Body, Graph


def computes_like(one: Graph, other: Graph) -> bool:
    """Whether two drawings are the same network, whatever their names, positions, notes and recipes."""
    return one is other or _essence(one) == _essence(other)


def _essence(graph: Graph) -> tuple[Any, ...]:
    blocks = {
        name: (_wired(block.body), [(argument.name, argument.default) for argument in block.arguments])
        for name, block in graph.blocks.items()
    }
    return _wired(graph.root), blocks, graph.variables


def _wired(body: Body) -> tuple[Any, ...]:
    """A body's layers by their ids and its wires, in no order."""
    layers = {
        node.id: (node.type, node.params, node.body and _wired(node.body)) for node in body.nodes if node.type != NOTE
    }
    return layers, {(edge.source, edge.target) for edge in body.edges}
