"""Unroll and roll up, blocks made and dissolved: what a drawing computes stays the same."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from designer.graph import GraphError, edits, io
from designer.graph.blocks import dissolve, make_block, needed, refuse_recursion, rename_block, with_definitions
from designer.graph.formulas import into_frame, out_of_frame, replaced
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body, Edge, Graph, Node, block_owner
from designer.graph.runs import canonical
from designer.graph.structure import roll_up, unroll
from designer.shapes import analyze

GRAPHS = Path(__file__).parents[2] / "graphs"


def node(id_: str, type_: str = "Conv2d", body: Body | None = None, **params: Any) -> Node:
    if type_ == "Conv2d":
        params = {"padding": "same", **params}
    return Node(id=id_, type=type_, name=id_, params=params, body=body)


def wires(*ends: str) -> tuple[Edge, ...]:
    """Edges from 'a b', 'a b:1', '@in:1 b'."""

    def end(text: str) -> tuple[str, int]:
        name, _, port = text.partition(":")
        return name, int(port or 0)

    return tuple(Edge(end(text.split()[0]), end(text.split()[1])) for text in ends)


def chain(*nodes: Node, framed: bool = False) -> Body:
    ids = [n.id for n in nodes]
    ids = [INPUT, *ids, OUTPUT] if framed else ids
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise(ids)))


def shapes_of(graph: Graph, owner: str | None = None):
    scope = analyze(graph).scope(owner)
    assert scope is not None
    return lambda end: scope.shape_at(scope.topology.index.get(end[0], -1), end[1])


def rolled(graph: Graph, **more: Any) -> tuple[Graph, list[tuple[int, int]]]:
    ids = [n.id for n in graph.nodes if n.type != "Input"]
    after, found = roll_up(graph, ids=ids, shape_of=shapes_of(graph), **more)
    assert analyze(after).totals == analyze(graph).totals
    return after, [(run.times, run.nodes) for run in found]


# ---- roll up


@pytest.mark.parametrize(
    ("name", "runs"), [("mini_resnet34", [(5, 7), (3, 7), (3, 7), (2, 7)]), ("cntk_resnet20", [(3, 7), (2, 7), (2, 7)])]
)
def test_residual_blocks_of_the_samples_are_found(name: str, runs: list[tuple[int, int]]) -> None:
    graph = io.load(GRAPHS / f"{name}.json")
    after, found = rolled(graph, least=3)
    assert sorted(found, reverse=True) == sorted(runs, reverse=True)
    assert len(after.owners) < len(graph.owners)


def test_frames_are_numbered_as_the_data_flows_through_them() -> None:
    graph = io.load(GRAPHS / "mini_resnet34.json")
    after, found = roll_up(graph, shape_of=shapes_of(graph), least=3)
    body = after.root
    frames = [node for i in body.topology.order if (node := body.nodes[i]).type == "Repeat"]
    assert [(n.id, n.name) for n in frames] == [(f"repeat{i}", f"repeat{i}") for i in range(1, 5)]
    assert [run.frame for run in found] == [n.id for n in frames]
    assert [run.times for run in found] == [n.params["times"] for n in frames]


def test_frames_in_frames_are_numbered_behind_the_frame_around_them() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8])]
    for i in range(3):
        nodes += [node(f"r{i}{j}", "ReLU") for j in range(4)] + [node(f"t{i}", "Tanh")]
    nodes += [node(f"s{j}", "Sigmoid") for j in range(9)]
    after, found = rolled(Graph(root=chain(*nodes)))
    outer = [n for n in after.nodes if n.type == "Repeat"]
    inner = [n for _, n in after.walk() if n.type == "Repeat" and n not in outer]
    assert ([n.name for n in outer], [n.name for n in inner]) == (["repeat1", "repeat3"], ["repeat2"])
    assert found == [(3, 5), (4, 1), (9, 1)]


def test_parts_begin_with_the_convolution_and_end_with_what_follows_it() -> None:
    graph = io.load(GRAPHS / "cntk_resnet20.json")
    after, found = roll_up(graph, shape_of=shapes_of(graph), least=3)
    body = after.node(found[0].frame).body
    assert body is not None
    assert [n.type for n in body.nodes] == ["Conv2d", "BatchNorm", "ReLU", "Conv2d", "BatchNorm", "Add", "ReLU"]


def test_a_first_part_of_another_shape_stays_out() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8]), *(node(f"c{i}", out_channels=16) for i in range(4))]
    after, found = rolled(Graph(root=chain(*nodes)))
    assert found == [(3, 1)]
    assert [n.id for n in after.nodes] == ["x", "c0", "repeat1"]


def test_a_value_that_is_read_in_between_ends_the_run() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8]), *(node(f"c{i}", out_channels=3) for i in range(5)), node("a", "Add")]
    body = chain(*nodes[:-1])
    graph = Graph(root=Body((*body.nodes, nodes[-1]), body.edges + wires("c4 a", "c2 a:1")))
    _, found = rolled(graph)
    assert sorted(found) == [(2, 1), (3, 1)]


def test_a_value_that_enters_every_part_becomes_an_extra_input() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8]), node("y", "Input", shape=[3, 8, 8])]
    edges, last = [], "x"
    for i in range(3):
        nodes += [node(f"c{i}", out_channels=3), node(f"a{i}", "Add")]
        edges += wires(f"{last} c{i}", f"c{i} a{i}", f"y a{i}:1")
        last = f"a{i}"
    after, found = rolled(Graph(root=Body(tuple(nodes), tuple(edges))))
    assert found == [(3, 2)]
    assert set(after.edges) == set(wires("x repeat1", "y repeat1:1"))


def test_two_values_may_go_from_part_to_part() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8]), node("y", "Input", shape=[3, 8, 8])]
    edges, a, b = [], "x", "y"
    for i in range(3):
        nodes += [node(f"p{i}", out_channels=3), node(f"q{i}", "Add")]
        edges += wires(f"{a} p{i}", f"p{i} q{i}", f"{b} q{i}:1")
        a, b = f"q{i}", f"p{i}"
    nodes.append(node("end", "Concatenate"))
    edges += wires(f"{a} end", f"{b} end:1")
    after, found = rolled(Graph(root=Body(tuple(nodes), tuple(edges))))
    assert found == [(3, 2)]
    assert analyze(after).facts("end").output == (6, 8, 8)


def test_equal_branches_side_by_side_are_no_repetition() -> None:
    nodes = (node("x", "Input", shape=[3, 8, 8]), node("a"), node("b"), node("add", "Add"))
    graph = Graph(root=Body(nodes, wires("x a", "x b", "a add", "b add:1")))
    assert rolled(graph) == (graph, [])


def test_equal_repeats_are_rolled_up_again() -> None:
    nodes = [node("x", "Input", shape=[3, 8, 8])]
    for i in range(2):
        nodes += [node(f"c{i}{j}", out_channels=3) for j in range(3)]
        nodes.append(node(f"r{i}", "ReLU"))
    after, _ = rolled(Graph(root=chain(*nodes)))
    outer = after.nodes[-1]
    assert outer.params == {"times": 2}
    assert outer.body is not None
    assert sorted(n.type for n in outer.body.nodes) == ["ReLU", "Repeat"]


# ---- unroll


@st.composite
def repeats(draw: st.DrawFn) -> Graph:
    """x -> conv -> Repeat(body) -> conv, the body of one or two values, all its layers different."""
    count = draw(st.integers(1, 4))
    inner = [node(f"n{i}", out_channels=4 if i == count - 1 else 5 + i) for i in range(count)]
    edges = list(wires(f"{INPUT} n0", *(f"n{i} n{i + 1}" for i in range(count - 1))))
    last = f"n{count - 1}"
    if draw(st.booleans()):
        inner.append(node("skip", "Add"))
        extra = f"{INPUT}:1" if draw(st.booleans()) else INPUT
        edges += wires(f"{last} skip", f"{extra} skip:1")
        last = "skip"
    edges += wires(f"{last} {OUTPUT}")
    frame = node("r", "Repeat", Body(tuple(inner), tuple(edges)), times=draw(st.integers(2, 4)))
    outer = (node("x", "Input", shape=[4, 6, 6]), node("first", out_channels=4, kernel_size=1), frame,
             node("last", out_channels=2))  # fmt: skip
    more = wires("x r:1") if any(e.source == (INPUT, 1) for e in edges) else ()
    return Graph(root=Body(outer, wires("x first", "first r", "r last") + more))


@settings(max_examples=60, deadline=None)
@given(repeats())
def test_unrolled_and_rolled_up_again_is_the_same_drawing(graph: Graph) -> None:
    flat, ids = unroll(graph, "r", graph.node("r").params["times"], 100.0)
    assert len(ids) == graph.node("r").params["times"] * len(graph.node("r").body.nodes)  # type: ignore[union-attr]
    assert analyze(flat).totals == analyze(graph).totals
    again, _ = rolled(flat)
    assert canonical(again.root) == canonical(graph.root)


def test_an_index_becomes_its_number_and_the_outer_ones_move_up() -> None:
    inner = node("inner", "Repeat", chain(node("c", out_channels="=4 * (j + 1) + i + k"), framed=True), times=2)
    outer = node("outer", "Repeat", chain(inner, node("d", out_channels="=in.channels + i * j"), framed=True), times=3)
    nodes = [out_of_frame(n, 2) for n in (inner, node("d", out_channels="=in.channels + i * j + width"))]
    assert nodes[0].body is not None
    assert nodes[0].body.nodes[0].params["out_channels"] == "=4 * (2 + 1) + i + j"
    assert nodes[1].params["out_channels"] == "=in.channels + 2 * i + width"
    graph = Graph(root=chain(node("x", "Input", shape=[3, 4, 4]), outer))
    with_first = edits.set_params(graph, ["d"], {"out_channels": "=8 * (i + 1)"})
    with_first = edits.set_params(with_first, ["c"], {"out_channels": "=4 * (j + 1) + i"})
    flat, _ = unroll(with_first, "outer", 3)
    assert analyze(flat).totals == analyze(with_first).totals
    assert [n.params["out_channels"] for n in flat.nodes if n.type == "Conv2d"] == [8, 16, 24]


def test_a_frame_more_renames_the_index() -> None:
    assert into_frame(node("c", out_channels="=2 * i + in.channels")).params["out_channels"] == "=2 * j + in.channels"
    with pytest.raises(GraphError, match="fourth frame"):
        into_frame(node("c", out_channels="=k"))


def test_names_in_formulas_are_replaced_together() -> None:
    assert replaced("=i + j", {"i": "=j", "j": 4}) == "=j + 4"
    assert replaced(["=a * 2", 3], {"a": 5}) == [10, 3]
    assert replaced("=max(a, in.channels)", {"a": "=b + 1"}) == "=max(b + 1, in.channels)"
    assert replaced("= not a formula", {"not": 1}) == "= not a formula"


def test_too_much_is_not_unrolled() -> None:
    graph = Graph(root=chain(node("x", "Input"), node("r", "Repeat", chain(node("c"), framed=True))))
    with pytest.raises(GraphError, match="2000 at most"):
        unroll(graph, "r", 3000)
    with pytest.raises(GraphError, match="no Repeat"):
        unroll(graph, "c", 2)


# ---- blocks


def drawn() -> Graph:
    nodes = (node("x", "Input", shape=[8, 6, 6]), node("a", out_channels=8), node("b", "ReLU"), node("add", "Add"),
             node("z", out_channels=3))  # fmt: skip
    return Graph(root=Body(nodes, wires("x a", "a b", "b add", "x add:1", "add z")))


def made(graph: Graph | None = None, *ids: str) -> Graph:
    return make_block(graph or drawn(), ids or ("a", "b", "add"), "Unit", Node(id="u", type="Block", name="u"))


def test_a_selection_becomes_a_block_that_computes_the_same() -> None:
    graph = made()
    assert graph.node("u").params == {"block": "Unit"}
    assert set(graph.edges) == set(wires("x u", "u z"))
    assert graph.owners["a"] == block_owner("Unit")
    assert analyze(graph).totals == analyze(drawn()).totals
    assert io.loads(io.dumps(graph)) == graph


def test_a_block_of_several_values() -> None:
    graph = made(None, "b", "add")
    assert graph.blocks["Unit"].body.inlets == 2
    graph = make_block(drawn(), ["x", "a"], "Source", Node(id="s", type="Block", name="s"), ())
    assert len(graph.blocks["Source"].body.topology.outputs) == 2
    assert analyze(graph).facts("z").output == (3, 6, 6)


def test_dissolving_a_block_gives_the_drawing_back() -> None:
    after, ids = dissolve(made(), "u", {})
    assert canonical(after.root) == canonical(drawn().root)
    assert len(ids) == 3
    assert "Unit" in after.blocks


def test_indices_and_arguments_become_arguments_of_the_new_block() -> None:
    body = chain(node("c", out_channels="=4 * (i + 1) * width"), node("d", "ReLU"), framed=True)
    frame = node("r", "Repeat", body, times=3)
    graph = Graph(root=chain(node("x", "Input", shape=[4, 6, 6]), frame), variables={"width": 2})
    with_block = made(graph, "c", "d")
    assert with_block.node("u").params["arguments"] == {"i": "=i"}
    assert analyze(with_block).totals == analyze(graph).totals
    nested = make_block(with_block, ["c"], "Inner", Node(id="v", type="Block", name="v"))
    assert nested.node("v").params["arguments"] == {"i": "=i"}
    assert analyze(nested).totals == analyze(graph).totals
    flat, _ = dissolve(with_block, "u", {})
    assert canonical(flat.root) == canonical(graph.root)


def test_arguments_over_the_input_are_dissolved_with_their_values() -> None:
    graph = edits.set_params(made(), ["a"], {"out_channels": "=maps"})
    block = graph.blocks["Unit"]
    graph = replace(
        graph, blocks={"Unit": replace(block, arguments=(Argument("maps", 8), Argument("more", "=maps + 1")))}
    )
    graph = edits.set_params(graph, ["u"], {"arguments": {"maps": "=in.channels"}})
    after, ids = dissolve(graph, "u", {"maps": 8})
    assert after.node(ids[0]).params["out_channels"] == 8


def test_an_argument_that_is_a_text_stands_for_itself_where_its_block_is_dissolved() -> None:
    body = chain(node("c", padding="=border"), framed=True)
    block = Block(body=body, arguments=(Argument("border", "same"),))
    use = node("u", "Block", block="Unit")
    graph = Graph(root=chain(node("x", "Input", shape=[4, 6, 6]), use), blocks={"Unit": block})
    after, ids = dissolve(graph, "u", {})
    assert after.node(ids[0]).params["padding"] == "same"
    assert analyze(after).totals == analyze(graph).totals


def test_renaming_a_block_reaches_every_use() -> None:
    graph = rename_block(made(), "Unit", "Residual")
    assert graph.node("u").params["block"] == "Residual"
    assert list(graph.blocks) == ["Residual"]
    for bad in ("", "  "):
        with pytest.raises(GraphError, match="needs a name"):
            rename_block(graph, "Residual", bad)
    again = make_block(graph, ["z"], "Unit", Node(id="v", type="Block", name="v"))
    with pytest.raises(GraphError, match="already"):
        rename_block(again, "Unit", "Residual")


def test_a_block_cannot_be_put_into_itself() -> None:
    graph = made()
    use = Body((Node(id="again", type="Block", params={"block": "Unit"}),))
    with pytest.raises(GraphError, match="contain itself"):
        refuse_recursion(graph, block_owner("Unit"), use)
    refuse_recursion(graph, None, use)


def test_definitions_from_elsewhere_keep_apart_what_differs() -> None:
    graph = made()
    same, names = with_definitions(graph, graph.blocks)
    assert same is graph
    assert names == {"Unit": "Unit"}
    other = edits.set_params(graph, ["a"], {"out_channels": 9})
    both, names = with_definitions(graph, other.blocks)
    assert names == {"Unit": "Unit2"}
    assert list(both.blocks) == ["Unit", "Unit2"]
    assert io.loads(io.dumps(both)) == both
    assert needed(both.blocks, graph.root).keys() == {"Unit"}
