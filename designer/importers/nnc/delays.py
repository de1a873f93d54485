"""Delays whose size NNC takes from what enters them, which lies in the loop that they close."""

from __future__ import annotations

import msgspec

from designer.graph import edits
from designer.graph.model import Graph, Node
from designer.graph.topology import DELAY
from designer.layers.base import Shape
from designer.shapes import Analysis, analyze

SIZE = "nnc.Size"
"""What the converter keeps where the size is NNC's `*Input`."""
ROUNDS = 4
"""So often is looked what enters if the delays are as large as found before."""


def with_sized_delays(graph: Graph) -> Graph:
    """The graph with the sizes of such delays; those that cannot be found stay kept and named."""
    for _ in range(ROUNDS):
        open_ = [node for _, node in graph.walk() if node.type == DELAY and SIZE in node.params]
        if not open_:
            return graph
        analysis = analyze(graph)
        entering = {node.id: _entering(analysis, node.id) for node in open_}
        settled = all(entering[node.id] == tuple(node.params["shape"]) for node in open_)
        changed = {node.id: _sized(node, shape, settled=settled) for node in open_ if (shape := entering[node.id])}
        graph = edits.replace_nodes(graph, changed)
        if settled:
            return graph
    return graph


def _entering(analysis: Analysis, node_id: str) -> Shape | None:
    scope = analysis.scope(analysis.graph.owners[node_id])
    wires = scope.topology.inputs[scope.topology.index[node_id]] if scope is not None else ()
    if scope is None or not wires or wires[0] is None:
        return None
    return scope.shape_at(wires[0].node, wires[0].port)


def _sized(node: Node, shape: Shape, *, settled: bool) -> Node:
    params = {name: value for name, value in node.params.items() if not (settled and name == SIZE)}
    return msgspec.structs.replace(node, params=params | {"shape": list(shape)})
