"""Which nodes count: those that an output depends on, in the root drawing and in frames."""

from __future__ import annotations

import pytest

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.graph.topology import BOUNDARY
from designer.layers import layer_of
from designer.shapes import analyze, problems
from designer.shapes.reach import dead_nodes, ends


def body(nodes: str, *wires: str) -> Body:
    """`nodes` are 'id:Type' pairs; a wire is 'source>target' or 'source>target:port'."""
    made = []
    for pair in nodes.split():
        name, type_ = pair.split(":")
        params = {"shape": [4]} if type_ == "Input" else {"out_features": 4} if type_ == "Linear" else {}
        made.append(Node(id=name, type=type_, name=name, params=params))
    edges = []
    for wire in wires:
        source, _, target = wire.partition(">")
        target, _, port = target.partition(":")
        edges.append(Edge((source, 0), (target, int(port or 0))))
    return Body(tuple(made), tuple(edges))


def names(found: Body) -> tuple[list[str], set[str]]:
    """The ends and the dead nodes of a body."""
    layers = [layer_of(node) for node in found.nodes]
    return (
        [INPUT if wire.node == BOUNDARY else found.nodes[wire.node].id for wire in ends(found.topology, layers)],
        {found.nodes[i].id for i in dead_nodes(found.topology, layers)},
    )


@pytest.mark.parametrize(
    ("found", "expected_ends", "expected_dead"),
    [
        (body("a:Input b:Linear l:SoftmaxCrossEntropy", "a>b", "b>l"), ["b"], set()),
        (body("a:Input b:Linear l:SoftmaxCrossEntropy c:Linear d:ReLU", "a>b", "b>l", "b>c", "c>d"), ["b"], {"c", "d"}),
        (body("a:Input b:Linear c:ReLU d:Tanh", "a>b", "b>c", "b>d"), ["c", "d"], set()),
        (body("a:Input b:Input c:ReLU", "a>c"), ["c"], {"b"}),
        (body("a:Input"), ["a"], set()),
        (body("a:Input b:Linear l:SoftmaxCrossEntropy", "a>b"), ["b", "l"], set()),
        (body("m:SoftmaxCrossEntropy a:Input b:Linear l:SoftmaxCrossEntropy", "a>b", "b>l", "a>m"), ["a", "b"], set()),
        (body("a:Linear b:ReLU", f"{INPUT}>a", f"{INPUT}>b", f"a>{OUTPUT}"), ["a"], {"b"}),
        (body("a:Linear l:SoftmaxCrossEntropy", f"{INPUT}>a", "a>l", f"{INPUT}>{OUTPUT}"), [INPUT], {"a", "l"}),
    ],
    ids=["all", "branch", "two outputs", "unread input", "only an input", "unwired loss", "losses in order", "frame",
         "loss in a frame"],
)  # fmt: skip
def test_ends_and_dead_nodes(found: Body, expected_ends: list[str], expected_dead: set[str]) -> None:
    assert names(found) == (expected_ends, expected_dead)


def test_dead_nodes_do_not_count_and_are_told_once_for_each_branch() -> None:
    inside = body("f:Linear g:Linear h:ReLU", f"{INPUT}>f", "f>g", "g>h", f"f>{OUTPUT}")
    root = body("a:Input l:SoftmaxCrossEntropy c:Linear d:ReLU", "a>r", "r>l", "r>c", "c>d")
    frame = Node(id="r", type="Repeat", params={"times": 3}, body=inside)
    analysis = analyze(Graph(root=Body((*root.nodes, frame), root.edges)))
    assert analysis.totals == (3 * 20, 3 * 2, 3 * 16)
    assert sorted(p.node for p in problems(analysis) if p.code == "unused") == ["d", "h"]


def test_inputs_and_losses_inside_a_frame_are_errors() -> None:
    inside = body("i:Input l:SoftmaxCrossEntropy", f"{INPUT}>l", f"i>{OUTPUT}")
    frame = Node(id="r", type="Repeat", body=inside)
    analysis = analyze(Graph(root=Body((*body("a:Input").nodes, frame), (Edge(("a", 0), ("r", 0)),))))
    assert [p.node for p in problems(analysis) if p.code == "in-frame"] == ["i", "l"]
