"""Wires that the canvas does not let anyone draw, but a file can have, are errors with their node."""

from __future__ import annotations

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.shapes import analyze, problems


def errors(body: Body) -> list[tuple[str, str, str]]:
    return [(p.node, p.code, str(p.text)) for p in problems(analyze(Graph(root=body))) if p.severity == "error"]


IN = Node(id="in", type="Input", params={"shape": [4]})
RELU = Node(id="relu", type="ReLU")


def test_a_wire_from_an_output_that_is_not_there() -> None:
    assert errors(Body((IN, RELU), (Edge(("in", 1), ("relu", 0)),))) == [
        ("relu", "no-such-port", "A wire comes from output 1 of in, which is not there.")
    ]


def test_a_frames_output_comes_from_an_output_that_is_there() -> None:
    frame = Node(
        id="r", type="Repeat", body=Body((RELU,), (Edge((INPUT, 0), ("relu", 0)), Edge(("relu", 3), (OUTPUT, 0))))
    )
    found = errors(Body((IN, frame), (Edge(("in", 0), ("r", 0)),)))
    assert found == [("r", "no-such-port", "A wire comes from output 3 of relu, which is not there.")]


def test_a_frame_whose_body_reads_a_second_input_wants_it_wired() -> None:
    frame = Node(
        id="r", type="Repeat", body=Body((RELU,), (Edge((INPUT, 1), ("relu", 0)), Edge(("relu", 0), (OUTPUT, 0))))
    )
    found = errors(Body((IN, frame), (Edge(("in", 0), ("r", 0)),)))
    assert [(node, code) for node, code, _ in found] == [("r", "unconnected")]


def test_a_frame_without_its_first_output_says_so() -> None:
    frame = Node(
        id="r", type="Repeat", body=Body((RELU,), (Edge((INPUT, 0), ("relu", 0)), Edge(("relu", 0), (OUTPUT, 1))))
    )
    found = errors(Body((IN, frame), (Edge(("in", 0), ("r", 0)),)))
    assert [(node, code) for node, code, _ in found] == [("r", "frame-open")]


def test_nothing_reads_a_loss() -> None:
    loss = Node(id="loss", type="SoftmaxCrossEntropy")
    wires = (Edge(("in", 0), ("loss", 0)), Edge(("loss", 0), ("relu", 0)))
    assert errors(Body((IN, loss, RELU), wires)) == [("relu", "reads-loss", "This reads loss, which ends the network.")]
