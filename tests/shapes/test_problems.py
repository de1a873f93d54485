"""Problems: the words name both shapes, both nodes and the cause; every fix offered does mend what it promises."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from designer.graph import Edge, Graph, Node, edits
from designer.shapes import Problem, analyze, problems
from tests.shapes.test_analysis import LENET, build, repeat_graph


def only(graph: Graph, code: str) -> Problem:
    found = [p for p in problems(analyze(graph)) if p.code == code]
    assert len(found) == 1, [(p.node, p.code) for p in problems(analyze(graph))]
    return found[0]


def titles(problem: Problem) -> list[str]:
    return [str(fix.title) for fix in problem.fixes]


def residual(main: dict[str, Any], channels: int = 16) -> Graph:
    """x -> bn2 -> conv3 -> add, with the shortcut bn2 -> add."""
    nodes = (
        ("x", "Input", {"shape": [channels, 32, 32]}),
        ("bn2", "BatchNorm", {}),
        ("conv3", "Conv2d", main),
        ("add", "Add", {}),
    )
    wires = [("x", "bn2", 0), ("bn2", "conv3", 0), ("conv3", "add", 0), ("bn2", "add", 1)]
    return build(*nodes, wires=wires)


def test_add_of_unequal_shapes_names_both_and_the_stride_that_caused_it() -> None:
    problem = only(residual({"out_channels": 32, "kernel_size": 3, "stride": 2, "padding": 1}), "add-shapes")
    text = str(problem.text)
    for words in (
        "16x32x32",
        "32x16x16",
        "bn2",
        "conv3",
        "main path",
        "divides the size by 2",
        "the shortcut does not",
    ):
        assert words in text


def test_the_offered_projection_on_the_shortcut_mends_the_addition() -> None:
    graph = residual({"out_channels": 32, "kernel_size": 3, "stride": 2, "padding": 1})
    problem = only(graph, "add-shapes")
    assert titles(problem)[0] == "Put a 1x1 convolution (32, /2) on the wire from bn2"
    mended = problem.fixes[0].apply(graph)
    assert analyze(mended).facts("add").output == (32, 16, 16)
    assert not [p for p in problems(analyze(mended)) if p.severity == "error"]


def test_mends_go_by_what_formulas_give() -> None:
    params = {"out_channels": "=2 * n", "kernel_size": 3, "stride": "=n // 8", "padding": 1}
    graph = msgspec.structs.replace(residual(params), variables={"n": 16})
    problem = only(graph, "add-shapes")
    assert "divides the size by 2" in str(problem.text)
    assert titles(problem)[0] == "Put a 1x1 convolution (32, /2) on the wire from bn2"
    shared = edits.set_params(graph, ["conv3"], {"out_channels": "=n + 1", "groups": "=n // 4"})
    assert titles(only(shared, "groups")) == ["Put out 20 channels", "Use one group"]


def test_lost_borders_are_mended_by_padding() -> None:
    graph = residual({"out_channels": 16, "kernel_size": 3})
    problem = only(graph, "add-shapes")
    assert "Set the padding of conv3 to 'same'" in titles(problem)
    mended = problem.fixes[titles(problem).index("Set the padding of conv3 to 'same'")].apply(graph)
    assert analyze(mended).facts("add").output == (16, 32, 32)


def test_lost_borders_of_default_properties_are_mended_too() -> None:
    problem = only(residual({}), "add-shapes")
    assert "Set the padding of conv3 to 'same'" in titles(problem)


def test_too_little_padding_is_mended_like_none() -> None:
    problem = only(residual({"out_channels": 16, "kernel_size": 5, "padding": 1}), "add-shapes")
    assert "loses its borders in conv3 (too little padding)" in str(problem.text)
    assert titles(problem)[0] == "Set the padding of conv3 to 'same'"


def test_other_channels_are_mended_where_they_come_from() -> None:
    graph = residual({"out_channels": 20, "kernel_size": 3, "padding": 1})
    problem = only(graph, "add-shapes")
    assert titles(problem) == [
        "Set conv3 to 16 channels",
        "Put a 1x1 convolution (20, /1) on the wire from bn2",
        "Put a 1x1 convolution (16, /1) on the wire from conv3",
    ]
    assert analyze(problem.fixes[0].apply(graph)).facts("add").output == (16, 32, 32)


def two_convolutions(first: dict[str, Any], second: dict[str, Any], shortcut: list[int]) -> Graph:
    """x -> a -> b -> add, with the shortcut x -> add."""
    nodes = (("x", "Input", {"shape": shortcut}), ("a", "Conv2d", first), ("b", "Conv2d", second), ("add", "Add", {}))
    return build(*nodes, wires=[("x", "a", 0), ("a", "b", 0), ("b", "add", 0), ("x", "add", 1)])


def test_the_borders_of_several_convolutions_are_mended_together() -> None:
    window = {"out_channels": 16, "kernel_size": 3}
    problem = only(two_convolutions(window, window, [16, 32, 32]), "add-shapes")
    assert "loses its borders in a, b (too little padding)" in str(problem.text)
    assert titles(problem) == ["Pad a, b ('same')"], "one alone is not enough, and no projection is needed"
    mended = problem.fixes[0].apply(two_convolutions(window, window, [16, 32, 32]))
    assert analyze(mended).facts("add").output == (16, 32, 32)


def test_where_borders_and_channels_differ_both_are_mended_in_one_click() -> None:
    graph = two_convolutions({"kernel_size": 3}, {"out_channels": 24, "kernel_size": 5}, [3, 32, 32])
    problem = only(graph, "add-shapes")
    assert titles(problem) == [
        "Pad a, b ('same') and put a 1x1 convolution (24, /1) on the wire from x",
        "Pad a, b ('same') and put a 1x1 convolution (3, /1) on the wire from b",
    ]
    for fix in problem.fixes:
        assert analyze(fix.apply(graph)).facts("add").output in ((24, 32, 32), (3, 32, 32))


def test_branches_that_all_lose_borders_are_padded_together() -> None:
    nodes = (
        ("x", "Input", {"shape": [8, 16, 16]}),
        ("one", "Conv2d", {"kernel_size": 1}),
        ("three", "Conv2d", {"kernel_size": 3}),
        ("five", "Conv2d", {"kernel_size": 5}),
        ("cat", "Concatenate", {}),
    )
    wires = [("x", name, 0) for name in ("one", "three", "five")]
    graph = build(*nodes, wires=[*wires, ("one", "cat", 0), ("three", "cat", 1), ("five", "cat", 2)])
    problem = only(graph, "concat-shapes")
    assert titles(problem) == ["Pad three, five ('same')"]
    assert analyze(problem.fixes[0].apply(graph)).facts("cat").output == (48, 16, 16)


def test_other_channels_are_the_cause_where_the_sizes_agree() -> None:
    problem = only(residual({"out_channels": 24, "kernel_size": 3, "padding": 1}), "add-shapes")
    assert "The main path has 24 channels, the shortcut has 16." in str(problem.text)


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        (residual({"out_channels": 32, "kernel_size": 3, "stride": 2, "padding": 1}), "add-shapes"),
        (residual({"out_channels": 16, "kernel_size": 5}), "add-shapes"),
        (build(("x", "Input", {"shape": [3, 4, 4]}), ("c", "Conv2d", {"kernel_size": 7})), "kernel-too-large"),
        (
            build(("x", "Input", {"shape": [3, 32, 32]}), ("p", "MaxPool2d", {"kernel_size": 3, "stride": 2})),
            "remainder",
        ),
        (build(("x", "Input", {"shape": [3, 8, 8]}), ("l", "SoftmaxCrossEntropy", {})), "needs-vector"),
        (build(("x", "Input", {"shape": [4, 8, 8]}), ("c", "Conv2d", {"out_channels": 6, "groups": 4})), "groups"),
        (repeat_graph(inner=9), "frame-shape"),
    ],
)
def test_every_offered_fix_takes_its_problem_away(graph: Graph, code: str) -> None:
    problem = only(graph, code)
    assert problem.fixes
    for fix in problem.fixes:
        after = problems(analyze(fix.apply(graph)))
        assert not [p for p in after if p.code == code and p.node == problem.node], str(fix.title)


def test_a_rest_that_is_dropped_is_a_warning_with_rows_and_columns() -> None:
    problem = only(
        build(("x", "Input", {"shape": [3, 32, 31]}), ("p", "MaxPool2d", {"kernel_size": 3, "stride": 2})), "remainder"
    )
    assert problem.severity == "warning"
    assert "Rows dropped at the bottom: 1, columns dropped at the right: 0" in str(problem.text)


def test_a_free_input_offers_the_nearest_node_above() -> None:
    graph = edits.add(
        Graph(),
        [Node(id="x", type="Input", name="x"), Node(id="r", type="ReLU", name="r", position=(0.0, 50.0))],
    )
    problem = only(graph, "unconnected")
    assert titles(problem) == ["Wire x to r"]
    assert problem.fixes[0].apply(graph).edges == (Edge(("x", 0), ("r", 0)),)


def test_a_network_without_loss_or_input_says_so() -> None:
    assert {p.code for p in problems(analyze(Graph()))} == {"empty"}
    assert "no-loss" in {p.code for p in problems(analyze(build(*LENET)))}


def test_a_missing_loss_is_added_behind_the_scores_and_not_behind_pictures() -> None:
    graph = build(("x", "Input", {}), ("fc", "Linear", {"out_features": 10}))
    problem = only(graph, "no-loss")
    assert titles(problem) == ["Add SoftmaxCrossEntropy behind fc"]
    mended = problem.fixes[0].apply(graph)
    assert problems(analyze(mended)) == []
    assert mended.nodes[-1].position[1] > mended.node("fc").position[1]
    assert titles(only(build(("x", "Input", {}), ("conv", "Conv2d", {})), "no-loss")) == []
    assert "no-input" in {p.code for p in problems(analyze(build(("r", "ReLU", {}))))}


def test_errors_come_before_warnings() -> None:
    graph = edits.set_params(build(*LENET), ["c2"], {"kernel_size": 99})
    severities = [p.severity for p in problems(analyze(graph))]
    assert severities == sorted(severities)


def test_two_nodes_of_one_name_are_pointed_out_and_one_gets_another() -> None:
    graph = build(*LENET)
    first, second = graph.nodes[1:3]
    graph = edits.rename(graph, second.id, first.label)
    problem = only(edits.rename(graph, first.id, first.label), "same-name")
    assert (problem.node, problem.severity) == (second.id, "warning")
    mended = problem.fixes[0].apply(edits.rename(graph, first.id, first.label))
    names = [node.label for node in mended.nodes]
    assert len(set(names)) == len(names)
    assert "same-name" not in {p.code for p in problems(analyze(mended))}


def test_one_name_in_two_frames_is_no_problem() -> None:
    graph = repeat_graph()
    inside = next(node for owner, node in graph.walk() if owner is not None)
    graph = edits.rename(edits.rename(graph, inside.id, "conv"), graph.nodes[0].id, "conv")
    assert "same-name" not in {p.code for p in problems(analyze(graph))}
