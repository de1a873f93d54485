"""Edits: each gives a valid new graph, leaves the old one alone, and keeps the wires a user expects to keep."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, GraphError, Node, edits, io


def chain(*ids: str) -> Graph:
    nodes = [Node(id=i, type="ReLU", name=i, position=(0.0, 40.0 * k)) for k, i in enumerate(ids)]
    wires = [Edge((a, 0), (b, 0)) for a, b in pairwise(ids)]
    return edits.add(Graph(), nodes, wires)


def wires(graph: Graph, owner: str | None = None) -> set[str]:
    return {f"{e.source[0]}>{e.target[0]}" for e in graph.body(owner).edges}


def test_adding_a_taken_id_is_refused() -> None:
    with pytest.raises(GraphError, match="already"):
        edits.add(chain("a"), [Node(id="a", type="ReLU")])


def test_removing_a_node_removes_its_wires() -> None:
    assert wires(edits.remove(chain("a", "b", "c"), ["b"])) == set()


def test_delete_and_join_heals_the_wire() -> None:
    graph = chain("a", "b", "c", "d")
    assert wires(edits.remove_and_join(graph, ["b", "c"])) == {"a>d"}
    assert wires(graph) == {"a>b", "b>c", "c>d"}


def test_a_wire_into_an_occupied_input_replaces_the_one_there() -> None:
    graph = edits.connect(chain("a", "b", "c"), [Edge(("a", 0), ("c", 0))])
    assert wires(graph) == {"a>b", "a>c"}


def test_a_wire_that_closes_a_cycle_is_refused_and_names_it() -> None:
    with pytest.raises(GraphError, match="cycle"):
        edits.connect(chain("a", "b", "c"), [Edge(("c", 0), ("a", 0))])


def test_inserting_on_a_wire_keeps_both_ends() -> None:
    graph = chain("a", "b")
    graph = edits.insert_on_edge(graph, Node(id="x", type="ReLU"), graph.edges[0])
    assert wires(graph) == {"a>x", "x>b"}


def test_none_brings_a_property_back_to_its_default() -> None:
    graph = edits.set_params(chain("a"), ["a"], {"p": 3, "q": 4})
    assert edits.set_params(graph, ["a"], {"p": None}).node("a").params == {"q": 4}


def test_numbers_that_json_cannot_hold_are_refused() -> None:
    for value in (float("nan"), float("inf"), [1.0, float("-inf")]):
        with pytest.raises(GraphError, match="finite"):
            edits.set_params(chain("a"), ["a"], {"p": value})


def test_an_edit_shares_what_it_does_not_touch() -> None:
    graph = chain("a", "b", "c")
    topology = graph.root.topology
    edited = edits.set_params(graph, ["b"], {"p": 1})
    assert edited.root.topology is topology
    assert edited.node("a") is graph.node("a")


def test_wrap_and_unwrap_are_inverse_up_to_order() -> None:
    graph = chain("a", "b", "c", "d")
    wrapped = edits.wrap_in_frame(graph, ["b", "c"], Node(id="r", type="Repeat", position=(10.0, 20.0)))
    assert wires(wrapped) == {"a>r", "r>d"}
    assert wires(wrapped, "r") == {f"{INPUT}>b", "b>c", f"c>{OUTPUT}"}
    assert wrapped.owners["b"] == "r"
    again = edits.unwrap_frame(wrapped, "r")
    assert wires(again) == wires(graph)
    assert {n.id: n.position for n in again.nodes} == {n.id: n.position for n in graph.nodes}


def test_a_selection_with_two_inputs_becomes_a_frame_with_two() -> None:
    graph = edits.add(chain("a", "b"), [Node(id="x", type="Input"), Node(id="add", type="Add")])
    graph = edits.connect(graph, [Edge(("b", 0), ("add", 0)), Edge(("x", 0), ("add", 1))])
    wrapped = edits.wrap_in_frame(graph, ["add"], Node(id="r", type="Repeat"))
    assert set(wrapped.edges) == {*graph.edges[:1], Edge(("b", 0), ("r", 0)), Edge(("x", 0), ("r", 1))}
    assert wrapped.body("r").inlets == 2
    swapped = edits.wrap_in_frame(graph, ["add"], Node(id="r", type="Repeat"), [("x", 0), ("b", 0)])
    assert Edge(("x", 0), ("r", 0)) in swapped.edges
    assert Edge((INPUT, 1), ("add", 0)) in swapped.body("r").edges


def test_moving_a_frame_and_a_node_in_it_together_keeps_both() -> None:
    graph = edits.wrap_in_frame(chain("a", "b", "c"), ["b"], Node(id="r", type="Repeat"))
    graph = edits.move(graph, {"r": (5.0, 6.0), "b": (7.0, 8.0)})
    assert graph.node("r").position == (5.0, 6.0)
    assert graph.node("b").position == (7.0, 8.0)
    assert graph.owners == {"a": None, "r": None, "b": "r", "c": None}


def test_pasting_renames_and_keeps_inner_wires_and_feeds() -> None:
    graph = chain("conv1", "conv2")
    fragment = edits.extract(graph, ["conv2"])
    graph, ids = edits.paste(graph, fragment, offset=(10.0, 0.0), feeds=[Edge(("conv1", 0), ("conv2", 0))])
    assert ids == ["conv3"]
    assert graph.node("conv3").name == "conv3"
    assert wires(graph) == {"conv1>conv2", "conv1>conv3"}


def test_pasting_a_frame_gives_its_inside_new_ids_too() -> None:
    graph = edits.wrap_in_frame(chain("a", "b", "c"), ["b"], Node(id="r", type="Repeat", name="r"))
    graph, (copy,) = edits.paste(graph, edits.extract(graph, ["r"]))
    body = graph.body(copy)
    assert {n.id for n in body.nodes}.isdisjoint({"b"})
    assert wires(graph, copy) == {f"{INPUT}>{body.nodes[0].id}", f"{body.nodes[0].id}>{OUTPUT}"}


def test_fresh_names_count_on() -> None:
    assert edits.fresh("conv1", {"conv1"}) == "conv2"
    assert edits.fresh("conv", {"conv", "conv7"}) == "conv8"
    assert edits.fresh("12", {"12"}) == "13" or edits.fresh("12", {"12"}).startswith("12")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("armcwudp"), st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_any_sequence_of_edits_leaves_a_graph_that_saves_and_loads(steps: list[tuple[str, int, int]]) -> None:
    graph = chain("n0", "n1", "n2", "n3")
    for step, i, j in steps:
        ids = sorted(graph.owners)
        if not ids:
            return
        a, b = ids[i % len(ids)], ids[j % len(ids)]
        before = io.dumps(graph)
        try:
            graph = _edit(graph, step, a, b)
        except GraphError:
            assert io.dumps(graph) == before
        assert io.loads(io.dumps(graph)) == graph


def _edit(graph: Graph, step: str, a: str, b: str) -> Graph:
    owner = graph.owners[a]
    match step:
        case "a":
            return edits.add(graph, [Node(id=edits.fresh("x1", graph.owners), type="ReLU")], owner=owner)
        case "r":
            return edits.remove(graph, [a, b])
        case "m":
            return edits.move(graph, {a: (1.0, 2.0), b: (3.0, 4.0)})
        case "c":
            return edits.connect(graph, [Edge((a, 0), (b, 0))], owner)
        case "w":
            return edits.wrap_in_frame(graph, list({a, b}), Node(id=edits.fresh("r1", graph.owners), type="Repeat"))
        case "u":
            return edits.unwrap_frame(graph, a)
        case "d":
            return edits.remove_and_join(graph, [a])
        case _:
            return edits.paste(graph, edits.extract(graph, [a, b]), owner)[0]


def test_body_lookup_of_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        Graph().node("a")
    assert Graph().find("a") is None
    assert Body().get("a") is None
