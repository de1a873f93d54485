"""Inference through frames with several ports, numbered repetitions, recurrent loops, blocks and formulas."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from designer.graph import edits
from designer.graph.io import dumps, loads
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body, Edge, Graph, Node, block_owner
from designer.layers import Facts, ShapeError
from designer.shapes import analyze, problems


def node(id_: str, type_: str, body: Body | None = None, **params: Any) -> Node:
    if type_ == "Conv2d":
        params.setdefault("padding", "same")
    return Node(id=id_, type=type_, name=id_, params=params, body=body)


def chain(*nodes: Node, framed: bool = False) -> Body:
    """Nodes one after the other, from the frame's input to its output if framed."""
    ids = [n.id for n in nodes]
    if framed:
        ids = [INPUT, *ids, OUTPUT]
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise(ids)))


def graph_of(*nodes: Node, **more: Any) -> Graph:
    return Graph(root=chain(node("x", "Input", shape=[3, 8, 8]), *nodes), **more)


def outputs(graph: Graph, node_id: str) -> tuple[tuple[int, ...], ...]:
    result = analyze(graph).facts(node_id).result
    assert isinstance(result, Facts), result
    return result.outputs


def error(graph: Graph, node_id: str) -> ShapeError:
    result = analyze(graph).facts(node_id).result
    assert isinstance(result, ShapeError), result
    return result


# ---- formulas


def test_a_property_follows_variables_and_the_shape_that_enters() -> None:
    conv = node("c", "Conv2d", out_channels="=width * in.channels", kernel_size=["=1 + 2", 3])
    assert outputs(graph_of(conv, variables={"width": 4}), "c") == ((12, 8, 8),)
    assert outputs(graph_of(conv, variables={"base": 1, "width": "=base * 5"}), "c") == ((15, 8, 8),)


def test_an_error_in_a_formula_belongs_to_its_property() -> None:
    found = error(graph_of(node("c", "Conv2d", out_channels="=width")), "c")
    assert (found.code, found.data) == ("formula", {"field": "out_channels"})
    found = error(graph_of(node("c", "Conv2d", out_channels="=in.height / 3")), "c")
    assert (found.code, found.data) == ("bad-property", {"field": "out_channels"})


def test_a_fault_in_a_variable_is_a_problem_of_the_graph() -> None:
    found = problems(analyze(graph_of(node("c", "ReLU"), variables={"a": "=b", "b": "=a"})))
    assert "variable" in {p.code for p in found if p.severity == "error"}


def test_an_edit_upstream_changes_what_a_formula_gives() -> None:
    graph = graph_of(node("a", "Conv2d", out_channels=4), node("b", "Conv2d", out_channels="=in.channels * 2"))
    before = analyze(graph)
    edited = edits.set_params(graph, ["a"], {"out_channels": 6})
    after = analyze(edited, before)
    assert after.facts("b").output == (12, 8, 8)
    assert after.totals == analyze(edited).totals
    varied = msgspec.structs.replace(edited, variables={"n": 1})
    assert analyze(varied, after).totals == after.totals


# ---- frames


def two_way(**params: Any) -> Graph:
    """A Repeat with two values that are exchanged in every repetition."""
    body = Body(
        (node("c", "Conv2d", out_channels=3),),
        (Edge((INPUT, 0), ("c", 0)), Edge(("c", 0), (OUTPUT, 1)), Edge((INPUT, 1), (OUTPUT, 0))),
    )
    frame = node("r", "Repeat", body, times=4, **params)
    x, y = node("x", "Input", shape=[3, 8, 8]), node("y", "Conv2d", out_channels=3)
    return Graph(
        root=Body((x, y, frame), (Edge(("x", 0), ("y", 0)), Edge(("x", 0), ("r", 0)), Edge(("y", 0), ("r", 1))))
    )


def test_a_repeat_takes_and_gives_several_values() -> None:
    assert outputs(two_way(), "r") == ((3, 8, 8), (3, 8, 8))
    assert analyze(two_way()).totals[0] == 5 * 84


def test_shared_weights_count_once_but_run_every_time() -> None:
    own, shared = analyze(two_way()).totals, analyze(two_way(shared=True)).totals
    assert shared[:2] == (2 * 84, 4)
    assert shared[2] == own[2]
    assert analyze(two_way(shared=True)).facts("c").repeat == 4
    assert analyze(two_way(shared=True)).facts("c").copies == 1


def test_shared_weights_are_one_set_also_where_nothing_is_known_of_what_enters() -> None:
    inner = node("inner", "Repeat", chain(node("c", "ReLU"), framed=True), times=3, shared=True)
    outer = node("outer", "Repeat", chain(inner, framed=True), times=2)
    facts = analyze(graph_of(node("wrong", "Conv2d", kernel_size=0), outer)).facts("c")
    assert (facts.repeat, facts.copies) == (6, 2)


def test_more_outputs_than_inputs_cannot_be_repeated() -> None:
    body = Body(
        (node("c", "ReLU"),), (Edge((INPUT, 0), ("c", 0)), Edge(("c", 0), (OUTPUT, 0)), Edge(("c", 0), (OUTPUT, 1)))
    )
    assert error(graph_of(node("r", "Repeat", body)), "r").code == "frame-shape"


def test_an_extra_input_enters_every_repetition() -> None:
    body = Body(
        (node("a", "Add"),), (Edge((INPUT, 0), ("a", 0)), Edge((INPUT, 1), ("a", 1)), Edge(("a", 0), (OUTPUT, 0)))
    )
    x = node("x", "Input", shape=[3])
    graph = Graph(root=Body((x, node("r", "Repeat", body)), (Edge(("x", 0), ("r", 0)), Edge(("x", 0), ("r", 1)))))
    assert outputs(graph, "r") == ((3,),)


def test_the_number_of_the_repetition_makes_each_its_own() -> None:
    body = chain(node("c", "Conv2d", out_channels="=4 * (i + 1)", bias=False), framed=True)
    analysis = analyze(graph_of(node("r", "Repeat", body, times=3)))
    assert analysis.facts("r").output == (12, 8, 8)
    assert analysis.totals[0] == 9 * (3 * 4 + 4 * 8 + 8 * 12)


def test_what_is_wrong_in_a_later_repetition_is_an_error_of_the_frame() -> None:
    body = chain(node("c", "Conv2d", out_channels="=2 - i", padding=1), framed=True)
    frame = node("r", "Repeat", body, times=3)
    assert error(graph_of(frame), "r").code == "in-repetition"
    outer = chain(node("outer", "Repeat", chain(frame, framed=True)), framed=True)
    graph = graph_of(node("u", "Block", block="B"), blocks={"B": Block(body=outer)})
    (text,) = [str(p.text) for p in problems(analyze(graph)) if p.code == "in-block"]
    assert text.startswith("In the block B, r: In repetition 2 (i = 2), c: ")


def test_a_numbered_repeat_cannot_give_more_than_it_takes() -> None:
    body = Body(
        (node("c", "Conv2d", out_channels="=3 + i"),),
        (Edge((INPUT, 0), ("c", 0)), Edge(("c", 0), (OUTPUT, 0)), Edge(("c", 0), (OUTPUT, 1))),
    )
    assert error(graph_of(node("r", "Repeat", body)), "r").code == "frame-shape"


def test_nested_frames_see_both_numbers() -> None:
    inner = chain(node("c", "Conv2d", out_channels="=in.channels + 10 * j + i"), framed=True)
    outer = chain(node("inner", "Repeat", inner, times=2), framed=True)
    assert outputs(graph_of(node("outer", "Repeat", outer, times=2)), "outer") == ((3 + 1 + 10 + 11, 8, 8),)


def recurrent(shape: list[int]) -> Graph:
    body = Body(
        (
            node("cat", "Concatenate"),
            node("fc", "Linear", out_features=5),
            node("d", "Delay", shape=shape),
        ),
        (
            Edge((INPUT, 0), ("cat", 0)), Edge(("d", 0), ("cat", 1)), Edge(("cat", 0), ("fc", 0)),
            Edge(("fc", 0), ("d", 0)), Edge(("fc", 0), (OUTPUT, 0)),
        ),
    )  # fmt: skip
    x = node("x", "Input", shape=[7, 4])
    return Graph(root=chain(x, node("r", "Recurrent", body)))


def test_a_recurrent_frame_runs_over_its_axis_with_one_set_of_weights() -> None:
    graph = recurrent([5])
    analysis = analyze(graph)
    assert analysis.facts("r").output == (7, 5)
    assert analysis.totals == (9 * 5 + 5, 2, 7 * 9 * 5)
    assert [p.code for p in problems(analysis) if p.severity == "error"] == []


def test_a_delay_of_another_shape_says_what_enters_it() -> None:
    found = error(recurrent([6]), "d")
    assert (found.code, found.data) == ("delay-shape", {"shape": (5,)})
    (problem,) = [p for p in problems(analyze(recurrent([6]))) if p.severity == "error"]
    assert analyze(problem.fixes[0].apply(recurrent([6]))).facts("r").output == (7, 5)


def test_a_recurrent_frame_over_an_axis_that_is_not_there_is_an_error() -> None:
    graph = graph_of(node("r", "Recurrent", chain(node("c", "ReLU"), framed=True), axis=3))
    assert "axis" in {p.code for p in problems(analyze(graph))}


def test_a_delay_outside_of_a_recurrent_frame_is_an_error() -> None:
    found = problems(analyze(graph_of(node("d", "Delay", shape=[3, 8, 8]))))
    assert "delay-outside" in {p.code for p in found}


def test_edits_in_a_loop_give_what_a_new_analysis_gives() -> None:
    graph = recurrent([5])
    before = analyze(graph)
    for size in (6, 5):
        graph = edits.set_params(graph, ["fc"], {"out_features": size})
        after, fresh = analyze(graph, before), analyze(graph)
        assert [str(f.result) for f in after.walk()] == [str(f.result) for f in fresh.walk()]
        before = after


# ---- blocks


def fire() -> Block:
    body = Body(
        (
            node("squeeze", "Conv2d", out_channels="=maps", kernel_size=1),
            node("expand", "Conv2d", out_channels="=maps * 4"),
        ),
        (Edge((INPUT, 0), ("squeeze", 0)), Edge(("squeeze", 0), ("expand", 0)), Edge(("expand", 0), (OUTPUT, 0))),
    )
    return Block(body=body, arguments=(Argument("maps", 2),))


def with_blocks(**blocks: Block) -> Graph:
    return graph_of(
        node("a", "Block", block="Fire"),
        node("b", "Block", block="Fire", arguments={"maps": "=width"}),
        blocks={"Fire": fire(), **blocks},
        variables={"width": 16},
    )


def test_every_use_of_a_block_has_its_own_arguments_and_weights() -> None:
    graph = with_blocks()
    assert outputs(graph, "a") == ((8, 8, 8),)
    assert outputs(graph, "b") == ((64, 8, 8),)
    assert analyze(graph).totals[0] == (3 * 2 + 2 + 9 * 2 * 8 + 8) + (8 * 16 + 16 + 9 * 16 * 64 + 64)


def test_a_blocks_inside_looks_as_in_its_first_use() -> None:
    analysis = analyze(with_blocks())
    assert analysis.graph.owners["squeeze"] == block_owner("Fire")
    assert analysis.facts("squeeze").output == (2, 8, 8)


def test_an_edit_in_a_block_reaches_every_use() -> None:
    graph = with_blocks()
    before = analyze(graph)
    edited = edits.set_params(graph, ["expand"], {"out_channels": "=maps * 2"})
    after = analyze(edited, before)
    assert after.facts("b").output == (32, 8, 8)
    assert after.totals == analyze(edited).totals != before.totals


def test_equal_uses_share_their_results() -> None:
    graph = graph_of(node("a", "Block", block="Same"), node("b", "Block", block="Same"),
                     blocks={"Same": Block(body=chain(node("c", "Conv2d", out_channels=3), framed=True))})  # fmt: skip
    root = analyze(graph).root
    assert root.children[1] is root.children[2]


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ({"block": "Nothing"}, "unknown-block"),
        ({"block": "Fire", "arguments": {"depth": 1}}, "no-such-argument"),
        ({"block": "Fire", "arguments": {"maps": 0}}, "in-block"),
        ({"block": "Fire", "arguments": {"maps": "=nothing"}}, "formula"),
        ({"block": "Loop"}, "in-block"),
    ],
)
def test_what_is_wrong_with_a_use_is_said_there(use: dict[str, Any], code: str) -> None:
    loop = Block(body=chain(node("again", "Block", block="Loop"), framed=True))
    graph = graph_of(node("u", "Block", **use), blocks={"Fire": fire(), "Loop": loop})
    assert error(graph, "u").code == code


def test_what_is_wrong_in_a_block_is_said_with_the_names_of_its_nodes() -> None:
    body = Body(
        (node("a", "Flatten"), node("conv", "Conv2d")),
        (Edge((INPUT, 0), ("a", 0)), Edge(("a", 0), ("conv", 0)), Edge(("conv", 0), (OUTPUT, 0))),
    )
    found = problems(analyze(graph_of(node("u", "Block", block="B"), blocks={"B": Block(body=body)})))
    (text,) = [str(p.text) for p in found if p.code == "in-block"]
    assert text.startswith("In the block B, conv: Conv2d needs a picture")
    assert "a gives 192" in text


def test_blocks_too_deep_in_blocks_are_an_error() -> None:
    def inside(depth: int) -> Block:
        inner = node(f"n{depth}", "Block", block=f"B{depth + 1}") if depth < 300 else node("last", "ReLU")
        return Block(body=Body((inner,), (Edge((INPUT, 0), (inner.id, 0)), Edge((inner.id, 0), (OUTPUT, 0)))))

    blocks = {f"B{depth}": inside(depth) for depth in range(301)}
    found = problems(analyze(graph_of(node("u", "Block", block="B0"), blocks=blocks)))
    assert "block-depth" in {p.code for p in found}
    assert "more than 64 deep" in next(str(p.text) for p in found if p.code == "block-depth")


def test_two_shapes_are_told_apart_where_an_input_between_them_is_free() -> None:
    nodes = (node("x", "Input", shape=[3, 8, 8]), node("c", "Conv2d", out_channels=4, padding=1), node("add", "Add"))
    edges = (Edge(("x", 0), ("c", 0)), Edge(("x", 0), ("add", 0)), Edge(("c", 0), ("add", 2)))
    assert "add-shapes" in {p.code for p in problems(analyze(Graph(root=Body(nodes, edges))))}


def test_a_block_with_several_ports_and_none() -> None:
    source = Block(body=Body((node("k", "Input", shape=[3, 8, 8]),), (Edge(("k", 0), (OUTPUT, 0)),)))
    assert outputs(Graph(root=Body((node("s", "Block", block="S"),)), blocks={"S": source}), "s") == ((3, 8, 8),)


def test_blocks_survive_saving_and_keep_unknown_fields() -> None:
    graph = with_blocks()
    assert loads(dumps(graph)) == graph
    text = dumps(graph).replace(b'"id": "squeeze"', b'"id": "squeeze", "later": 1')
    assert b'"later"' in dumps(loads(text))


def test_ids_differ_across_blocks() -> None:
    with pytest.raises(Exception, match="Two nodes have the id 'squeeze'"):
        loads(dumps(with_blocks(Twice=fire())))


def test_nodes_in_blocks_can_be_edited_like_others() -> None:
    graph = with_blocks()
    graph = edits.add(graph, [node("n", "ReLU")], owner=block_owner("Fire"))
    graph = edits.remove(graph, ["n", "expand"])
    assert [n.id for n in graph.blocks["Fire"].body.nodes] == ["squeeze"]


def test_a_value_that_nothing_in_a_frame_reads_is_said_with_a_mend() -> None:
    frame = node("r", "Repeat", chain(node("c", "ReLU"), framed=True))
    graph = Graph(
        root=Body((node("x", "Input", shape=[3]), frame), (Edge(("x", 0), ("r", 0)), Edge(("x", 0), ("r", 1))))
    )
    (found,) = [p for p in problems(analyze(graph)) if p.severity == "error"]
    assert (found.node, found.code, found.port) == ("r", "unread-input", 1)
    assert analyze(found.fixes[0].apply(graph)).facts("r").output == (3,)


def test_a_default_without_a_value_does_not_keep_an_unused_block_from_being_drawn() -> None:
    block = Block(body=fire().body, arguments=(Argument("maps", "=nothing"),))
    analysis = analyze(graph_of(node("c", "ReLU"), blocks={"Fire": block}))
    assert [p.code for p in problems(analysis)] == ["no-loss"]
    scope = analysis.scope(block_owner("Fire"))
    assert scope is not None
    assert scope.body is block.body


def test_a_name_that_is_not_there_is_mended_by_the_likest_or_a_new_variable() -> None:
    graph = graph_of(node("c", "Conv2d", out_channels="=wdth * 2"), variables={"width": 8})
    found = next(p for p in problems(analyze(graph)) if p.code == "formula")
    like, new = (fix.apply(graph) for fix in found.fixes)
    assert like.node("c").params["out_channels"] == "=width * 2"
    assert new.variables == {"width": 8, "wdth": 16}
    assert outputs(new, "c") == ((32, 8, 8),)


@pytest.mark.parametrize(("wire", "code"), [
    (Edge(("c", 1), (OUTPUT, 0)), "no-such-port"), (Edge(("c", 0), (OUTPUT, 1)), "block-open"),
])  # fmt: skip
def test_a_block_with_a_wire_from_or_to_nowhere_is_an_error(wire: Edge, code: str) -> None:
    body = Body((node("c", "ReLU"),), (Edge((INPUT, 0), ("c", 0)), wire))
    graph = graph_of(node("use", "Block", block="B"), blocks={"B": Block(body=body)})
    assert error(graph, "use").code == code
    assert [problem.node for problem in problems(analyze(graph)) if problem.severity == "error"] == ["use"]


def test_a_frame_whose_property_becomes_wrong_forgets_what_was_inside() -> None:
    frame = node("r", "Repeat", chain(node("c", "Conv2d", out_channels=3), framed=True), times=2)
    before = analyze(graph_of(frame))
    wrong = edits.set_params(before.graph, ["r"], {"times": "=nowhere"})
    after = analyze(wrong, before)
    assert after.facts("c").result is None
    assert after.totals == analyze(wrong).totals == (0, 0, 0)
    added = edits.add(wrong, [node("d", "ReLU")], owner="r")
    assert analyze(added, after).facts("d").result is None
