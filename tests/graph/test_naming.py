"""Variables and arguments as edits: what they are called and worth everywhere that formulas use them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from designer.graph import naming
from designer.graph.errors import GraphError
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body, Edge, Graph, Node
from designer.shapes import analyze


def node(id_: str, type_: str, body: Body | None = None, **params: Any) -> Node:
    return Node(id=id_, type=type_, name=id_, params=params, body=body)


def chain(*nodes: Node, framed: bool = False) -> Body:
    ids = [INPUT, *(n.id for n in nodes), OUTPUT] if framed else [n.id for n in nodes]
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise(ids)))


INSIDE = chain(node("r", "Conv2d", out_channels="=width + in.width * 0", padding="same"), framed=True)
DEEP = chain(node("frame", "Repeat", INSIDE, times=2), framed=True)
GRAPH = Graph(
    root=chain(
        node("x", "Input", shape=[8, 8, 8]), node("c", "Conv2d", out_channels="=width", kernel_size=["=1 + 2", 3]),
        node("rep", "Repeat", chain(node("n", "Conv2d", out_channels="=8 if i < width else 8", padding="same"),
                                    framed=True), times=2),
        node("b", "Block", block="B", arguments={"width": "=width"}), node("d", "Block", block="B"),
        node("e", "Block", block="E"),
    ),
    blocks={
        "B": Block(body=DEEP, arguments=(Argument("width", 8), Argument("other", "=width * 2"))),
        "E": Block(body=chain(node("k", "Conv2d", out_channels="=width", padding="same"), framed=True)),
    },
    variables={"width": 8, "double": "=width * 2"},
)  # fmt: skip


def shapes(graph: Graph) -> list[object]:
    return [facts.result for facts in analyze(graph).walk()]


def test_the_example_has_no_errors() -> None:
    assert all(facts.output is not None for facts in analyze(GRAPH).walk())


def test_a_variable_is_renamed_wherever_formulas_mean_it() -> None:
    renamed = naming.rename_variable(GRAPH, "width", "channels")
    assert renamed.variables == {"channels": 8, "double": "=channels * 2"}
    assert renamed.node("c").params["out_channels"] == "=channels"
    assert renamed.node("n").params["out_channels"] == "=8 if i < channels else 8"
    assert renamed.node("b").params["arguments"] == {"width": "=channels"}
    assert renamed.node("k").params["out_channels"] == "=channels"
    assert renamed.node("r").params == GRAPH.node("r").params, "there the name is the block's argument"
    assert shapes(renamed) == shapes(GRAPH)


def test_an_argument_is_renamed_in_its_block_and_where_it_is_given() -> None:
    renamed = naming.rename_argument(GRAPH, "B", "width", "w")
    assert renamed.blocks["B"].arguments == (Argument("w", 8), Argument("other", "=w * 2"))
    assert renamed.node("r").params["out_channels"] == "=w + in.width * 0"
    assert renamed.node("b").params["arguments"] == {"w": "=width"}
    assert renamed.variables == GRAPH.variables
    assert shapes(renamed) == shapes(GRAPH)


def test_a_value_takes_the_place_of_what_is_removed() -> None:
    removed = naming.remove_variable(GRAPH, "width", 8)
    assert removed.variables == {"double": 16}
    assert removed.node("c").params["out_channels"] == 8
    assert shapes(removed) == shapes(GRAPH)
    removed = naming.remove_argument(GRAPH, "B", "width", 8)
    assert [a.name for a in removed.blocks["B"].arguments] == ["other"]
    assert "arguments" not in removed.node("b").params
    assert shapes(removed) == shapes(GRAPH)


def test_users_are_known() -> None:
    assert set(naming.users_of_variable(GRAPH, "width")) == {"double", "c", "n", "b", "k"}
    assert naming.users_of_variable(GRAPH, "double") == []
    assert naming.users_of_argument(GRAPH, "B", "width") == ["other", "r"]


@pytest.mark.parametrize("name", ["", "2x", "a b", "in", "in2", "i", "min", "lambda", "width"])
def test_names_that_formulas_cannot_use_are_refused(name: str) -> None:
    with pytest.raises(GraphError):
        naming.rename_variable(GRAPH, "double", name)


def test_a_variable_does_not_slip_under_an_argument() -> None:
    graph = naming.add_argument(GRAPH, "E", Argument("free", 1))
    with pytest.raises(GraphError, match="argument of that name"):
        naming.rename_variable(graph, "width", "free")


def test_a_property_becomes_a_variable_or_an_argument_of_the_same_value() -> None:
    made = naming.make_variable(GRAPH, ["n"], "kernel_size", "size", 3)
    assert made.variables["size"] == 3 and made.node("n").params["kernel_size"] == "=size"
    made = naming.make_argument(GRAPH, ["r"], "kernel_size", "size", 3)
    assert made.blocks["B"].arguments[-1] == Argument("size", 3)
    assert made.node("r").params["kernel_size"] == "=size"
    assert shapes(made) == shapes(GRAPH)
    with pytest.raises(GraphError):
        naming.make_argument(GRAPH, ["r", "c"], "kernel_size", "size", 3)


def test_a_use_gives_a_value_and_takes_it_back() -> None:
    given = naming.give_argument(GRAPH, "d", "width", 4)
    assert given.node("d").params["arguments"] == {"width": 4}
    assert naming.give_argument(given, "d", "width", None).node("d").params == GRAPH.node("d").params


def test_a_variable_does_not_slip_under_an_argument_that_it_is_the_default_of() -> None:
    block = Block(body=chain(node("k", "Linear", out_features="=n"), framed=True), arguments=(Argument("n", "=v"),))
    graph = Graph(blocks={"B": block}, variables={"v": 7})
    with pytest.raises(GraphError, match="argument of that name"):
        naming.rename_variable(graph, "v", "n")


def test_an_argument_does_not_take_the_place_of_a_variable() -> None:
    block = Block(body=chain(node("k", "Linear", out_features="=n + v"), framed=True), arguments=(Argument("n", 3),))
    graph = Graph(blocks={"B": block}, variables={"v": 7})
    with pytest.raises(GraphError, match="uses a variable of that name"):
        naming.rename_argument(graph, "B", "n", "v")
    with pytest.raises(GraphError, match="uses a variable of that name"):
        naming.make_argument(graph, ["k"], "bias", "v", True)


def test_an_argument_called_as_an_index_is_not_that_of_frames_in_the_block() -> None:
    frame = node("q", "Repeat", chain(node("u", "Scale", add="=i * 10 + j"), framed=True), times=2)
    block = Block(body=chain(node("p", "Scale", add="=i"), frame, framed=True), arguments=(Argument("i", 5),))
    use = node("use", "Block", block="B", arguments={"i": 6})
    graph = Graph(root=chain(node("x", "Input", shape=[4]), use), blocks={"B": block})
    assert naming.users_of_argument(graph, "B", "i") == ["p", "u"]
    renamed = naming.rename_argument(graph, "B", "i", "step")
    assert renamed.node("p").params["add"] == "=step"
    assert renamed.node("u").params["add"] == "=i * 10 + step"
    removed = naming.remove_argument(graph, "B", "i", 5)
    assert (removed.node("p").params["add"], removed.node("u").params["add"]) == (5, "=i * 10 + 5")
    assert shapes(renamed) == shapes(removed) == shapes(graph)
