"""Losses in the middle of a network: NNC calculates on with what a loss gives, and minimises every end of a network.

A loss whose values are read becomes `LossValues`, and what the calculation ends in gets a `Minimize`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from designer.graph.edits import fresh
from designer.graph.model import Body, Edge, Graph, Node
from designer.importers.nnc.placing import COLUMN, PITCH, beside
from designer.layers.base import Shape
from designer.shapes import analyze

KINDS = {
    "MSELoss": "mse", "L1Loss": "l1", "HuberLoss": "huber", "EpsilonInsensitiveLoss": "epsilon_insensitive",
    "BCELoss": "bce", "BCEWithLogitsLoss": "bce_with_logits", "SoftmaxCrossEntropy": "cross_entropy",
    "CategoricalCrossEntropy": "categorical_cross_entropy",
}  # fmt: skip
"""Our losses that NNC has, and what LossValues calls them."""
ONE_NUMBER = ("cross_entropy", "categorical_cross_entropy")
"""Losses whose target is the number of a class, not a value for every score."""


def with_losses_as_values(graph: Graph, taken: set[str]) -> Graph:
    """The drawing with every loss that is read as `LossValues`; unchanged where none is."""
    body = graph.root
    topology = body.topology
    read = {i for i, node in enumerate(body.nodes) if node.type in KINDS and topology.readers[i]}
    if not read:
        return graph
    scope = analyze(graph).root
    nodes, edges = list(body.nodes), list(body.edges)
    for i in read:
        node, entering = nodes[i], scope.inputs[i]
        nodes[i] = msgspec.structs.replace(node, type="LossValues", params=_params(node))
        if len(topology.inputs[i]) < 2 and node.params.get("generator", "none") == "none":
            target = _target(node, entering[0] if entering else (1,), nodes, taken)
            if target not in nodes:
                target = beside(target, nodes)
                nodes.append(target)
            edges.append(Edge((target.id, 0), (node.id, 1)))
    for i, node in enumerate(body.nodes):
        if not topology.readers[i] and (i in read or not scope.layers[i].is_end):
            loss = beside(_minimize(node, taken), nodes)
            nodes.append(loss)
            edges.append(Edge((node.id, 0), (loss.id, 0)))
    unsorted = Body(tuple(nodes), tuple(edges))
    root = Body(tuple(unsorted.nodes[i] for i in unsorted.topology.order), unsorted.edges)
    return msgspec.structs.replace(graph, root=root)


def _params(node: Node) -> dict[str, Any]:
    kept = {key: value for key, value in node.params.items() if key in ("axis", "generator_scale") or "." in key}
    if (generator := node.params.get("generator", "none")) != "none":
        kept["generator"] = generator
    for name in ("delta", "epsilon"):
        if name in node.params:
            kept["width"] = node.params[name]
    return {"loss": KINDS[node.type], **kept}


def _target(node: Node, score: Shape, nodes: Sequence[Node], taken: set[str]) -> Node:
    """The column of the data that NNC compares with: an Input that reads it already, or a new one."""
    column = str(node.params.get("target", "y"))
    shape = [1] if KINDS[node.type] in ONE_NUMBER else list(score)
    for other in nodes:
        params = other.params
        if other.type == "Input" and params.get("dataset", "x") == column and params.get("shape") == shape:
            return other
    id_ = _claim(column, taken)
    x, y = node.position
    params = {"shape": shape, "dataset": column}
    return Node(id=id_, type="Input", name=id_, params=params, position=(x + COLUMN, y - PITCH))


def _minimize(node: Node, taken: set[str]) -> Node:
    id_ = _claim("loss", taken)
    x, y = node.position
    return Node(id=id_, type="Minimize", name=id_, position=(x, y + PITCH))


def _claim(name: str, taken: set[str]) -> str:
    found = fresh(name, taken)
    taken.add(found)
    return found
