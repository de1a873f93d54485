"""Inference over graphs: right after every edit, equal to a fresh one, and no more work than needed."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, GraphError, Node, edits
from designer.layers.base import Facts, Layer, ShapeError
from designer.shapes import Analysis, analyze


def build(*nodes: tuple[str, str, dict[str, Any]], wires: list[tuple[str, str, int]] | None = None) -> Graph:
    """Nodes as (id, type, params), wired as a chain unless `wires` (from, to, port) are given."""
    made = [Node(id=i, type=t, name=i, params=p) for i, t, p in nodes]
    chain = [(a.id, b.id, 0) for a, b in pairwise(made)]
    return edits.add(Graph(), made, [Edge((a, 0), (b, port)) for a, b, port in (chain if wires is None else wires)])


def outputs(analysis: Analysis) -> dict[str, Any]:
    """What is known of every node, in a form that compares."""
    found: dict[str, Any] = {}
    for facts in analysis.walk():
        result = facts.result
        found[facts.node.id] = (facts.inputs, result.code if isinstance(result, ShapeError) else result, facts.repeat)
    return found


LENET = (
    ("x", "Input", {"shape": [1, 28, 28]}),
    ("c1", "Conv2d", {"out_channels": 6, "kernel_size": 5, "padding": 2}),
    ("p1", "MaxPool2d", {"kernel_size": 2}),
    ("c2", "Conv2d", {"out_channels": 16, "kernel_size": 5}),
    ("p2", "MaxPool2d", {"kernel_size": 2}),
    ("f1", "Linear", {"out_features": 120}),
    ("f2", "Linear", {"out_features": 84}),
    ("f3", "Linear", {"out_features": 10}),
)


def test_lenet5_has_its_published_sizes_and_61706_parameters() -> None:
    analysis = analyze(build(*LENET))
    shapes = [f.output for f in analysis.walk()]
    assert shapes == [(1, 28, 28), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)]
    parameters, tensors, _ = analysis.totals
    assert (parameters, tensors) == (61_706, 10)


def test_an_error_stops_only_what_lies_behind_it() -> None:
    graph = edits.set_params(build(*LENET), ["c2"], {"kernel_size": 99})
    analysis = analyze(graph)
    assert isinstance(analysis.facts("c2").result, ShapeError)
    assert analysis.facts("p1").output == (6, 14, 14)
    assert analysis.facts("p2").result is None


def test_an_edit_evaluates_no_formula_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = build(*LENET)
    before = analyze(graph)
    asked: list[str] = []
    original = Layer.facts

    def facts(self: Layer, inputs: Any) -> Any:
        asked.append(type(self).__name__)
        return original(self, inputs)

    monkeypatch.setattr(Layer, "facts", facts)
    after = analyze(edits.set_params(graph, ["f2"], {"out_features": 50}), before)
    assert asked == ["Linear", "Linear"]
    assert after.facts("f3").result.parameters == 510  # type: ignore[union-attr]
    asked.clear()
    analyze(edits.move(graph, {"c1": (3.0, 4.0)}), before)
    assert len(asked) <= 1, "moving a node changes no shape"


def repeat_graph(times: int = 3, channels: int = 8, inner: int = 8) -> Graph:
    body = Body(
        (Node(id="c", type="Conv2d", name="c", params={"out_channels": inner, "padding": "same"}),),
        (Edge((INPUT, 0), ("c", 0)), Edge(("c", 0), (OUTPUT, 0))),
    )
    nodes = [
        Node(id="x", type="Input", params={"shape": [channels, 6, 6]}),
        Node(id="r", type="Repeat", params={"times": times}, body=body),
        Node(id="g", type="GlobalAveragePool"),
    ]
    return edits.add(Graph(), nodes, [Edge(("x", 0), ("r", 0)), Edge(("r", 0), ("g", 0))])


def test_a_repeat_counts_its_body_as_often_as_it_runs() -> None:
    analysis = analyze(repeat_graph(times=3))
    one = 8 * 8 * 9 + 8
    assert analysis.facts("c").result.parameters == one  # type: ignore[union-attr]
    assert analysis.facts("c").repeat == 3
    assert analysis.totals == (3 * one, 6, 3 * 8 * 8 * 9 * 36)
    assert analysis.facts("g").output == (8,)


def test_a_body_that_changes_the_shape_is_an_error_of_the_frame() -> None:
    result = analyze(repeat_graph(inner=9)).facts("r").result
    assert isinstance(result, ShapeError)
    assert result.code == "frame-shape"
    assert "8x6x6" in str(result.message.values)


def test_nested_repeats_multiply() -> None:
    graph = repeat_graph(times=3)
    graph = edits.wrap_in_frame(graph, ["r"], Node(id="outer", type="Repeat", params={"times": 5}))
    analysis = analyze(graph)
    assert analysis.facts("c").repeat == 15
    assert analysis.totals[0] == 15 * (8 * 8 * 9 + 8)


def test_unknown_layers_are_errors_that_name_them() -> None:
    result = analyze(build(("x", "Input", {}), ("q", "Quux", {}))).facts("q").result
    assert isinstance(result, ShapeError)
    assert "Quux" in str(result.message)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("pcrwmu"), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=15))
def test_after_any_edits_the_incremental_result_equals_a_fresh_one(steps: list[tuple[str, int, int]]) -> None:
    graph = build(*LENET)
    analysis = analyze(graph)
    for step, i, j in steps:
        ids = sorted(graph.owners)
        a, b = ids[i % len(ids)], ids[j % len(ids)]
        try:
            graph = _edit(graph, step, a, b, j)
        except GraphError:
            continue
        analysis = analyze(graph, analysis)
        fresh = analyze(graph)
        assert outputs(analysis) == outputs(fresh)
        assert analysis.totals == fresh.totals


def _edit(graph: Graph, step: str, a: str, b: str, j: int) -> Graph:
    owner = graph.owners[a]
    match step:
        case "p":
            return edits.set_params(graph, [a], {"out_channels": j + 1, "kernel_size": j % 7 + 1, "times": j % 4 + 1})
        case "c":
            return edits.connect(graph, [Edge((a, 0), (b, j % 2))], owner)
        case "r":
            return edits.remove_and_join(graph, [a]) if len(graph.owners) > 2 else graph
        case "w":
            return edits.wrap_in_frame(graph, [a], Node(id=edits.fresh("r1", graph.owners), type="Repeat"))
        case "u":
            return edits.unwrap_frame(graph, a)
        case _:
            return edits.move(graph, {a: (float(j), 0.0)})


def test_facts_of_a_node_name_its_inputs() -> None:
    facts = analyze(build(*LENET)).facts("f1")
    assert facts.inputs == ((16, 5, 5),)
    assert isinstance(facts.result, Facts)
    with pytest.raises(KeyError):
        analyze(Graph()).facts("nobody")
