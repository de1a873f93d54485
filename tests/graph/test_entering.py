"""Nodes moved into a frame with their wires: what is computed follows from where the frame's ports are then."""

from __future__ import annotations

import pytest

from designer.graph import GraphError
from designer.graph.entering import enter
from designer.graph.model import Body, Edge, Graph, Node
from tests.graph.test_structure_edits import node, wires


def framed(outer: tuple[Edge, ...], *beside: Node, inner: tuple[Edge, ...] = (), times: int = 3) -> Graph:
    """x and other nodes beside a Repeat of c -> r."""
    body = Body((node("c", out_channels=3), node("r", "ReLU")), inner or wires("@in c", "c r", "r @out"))
    frame = node("f", "Repeat", body, times=times)
    return Graph(root=Body((node("x", "Input", shape=[3, 8, 8]), frame, *beside), outer))


def inside(graph: Graph) -> set[Edge]:
    return set(graph.body("f").edges)


def test_what_follows_a_frame_continues_its_body_and_takes_over_its_output() -> None:
    after = enter(framed(wires("x f", "f t", "t s"), node("t", "Tanh"), node("s", "Sigmoid")), ["t"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r t", "t @out"))
    assert set(after.edges) == set(wires("x f", "f s"))


def test_the_last_node_of_all_takes_over_the_output_as_well() -> None:
    after = enter(framed(wires("x f", "f t"), node("t", "Tanh")), ["t"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r t", "t @out"))


def test_what_stands_before_a_frame_begins_its_body() -> None:
    after = enter(framed(wires("x t", "t f", "f s"), node("t", "Tanh"), node("s", "ReLU")), ["t"], "f")
    assert inside(after) == set(wires("@in t", "t c", "c r", "r @out"))
    assert set(after.edges) == set(wires("x f", "f s"))


def test_an_addition_behind_a_frame_takes_its_skip_along() -> None:
    after = enter(framed(wires("x f", "f a", "x a:1", "a s"), node("a", "Add"), node("s", "ReLU")), ["a"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r a", "@in a:1", "a @out"))
    assert set(after.edges) == set(wires("x f", "f s"))


def test_another_value_comes_through_a_port_of_its_own() -> None:
    graph = framed(wires("x f", "f a", "y a:1"), node("y", "Input", shape=[3, 8, 8]), node("a", "Add"))
    after = enter(graph, ["a"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r a", "@in:1 a:1", "a @out"))
    assert set(after.edges) == set(wires("x f", "y f:1"))


def test_several_nodes_keep_the_wires_among_them() -> None:
    nodes = (node("a", "ReLU"), node("b", "Tanh"), node("s", "Sigmoid"))
    after = enter(framed(wires("x f", "f a", "a b", "b s"), *nodes), ["b", "a"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r a", "a b", "b @out"))
    assert set(after.edges) == set(wires("x f", "f s"))


def test_an_output_that_is_read_elsewhere_too_stays() -> None:
    after = enter(framed(wires("x f", "f a", "f s", "a s:1"), node("a", "ReLU"), node("s", "Add")), ["a"], "f")
    assert inside(after) == set(wires("@in c", "c r", "r a", "r @out", "a @out:1"))
    assert set(after.edges) == set(wires("x f", "f s", "f:1 s:1"))


def test_indices_in_formulas_follow_the_frame_around_them() -> None:
    outer = node("o", "Repeat", Body((*framed(()).nodes[1:], node("t", "Conv2d", out_channels="=8 + i")),
                                     wires("@in f", "f t", "t @out")))  # fmt: skip
    after = enter(Graph(root=Body((node("x", "Input"), outer), wires("x o"))), ["t"], "f")
    assert after.node("t").params["out_channels"] == "=8 + j"
    assert after.owners["t"] == "f"
    assert set(after.body("o").edges) == set(wires("@in f", "f @out"))


@pytest.mark.parametrize(
    ("outer", "ids"),
    [(wires("x f", "f a", "a b"), ["b"]), (wires("x f", "f a", "a b", "b c2"), ["f"]), (wires("x f"), ["c"])],
)
def test_what_would_lead_in_a_circle_or_lies_elsewhere_is_refused(outer: tuple[Edge, ...], ids: list[str]) -> None:
    graph = framed(outer, *(node(i, "ReLU") for i in ("a", "b", "c2")))
    with pytest.raises(GraphError):
        enter(graph, ids, "f")
