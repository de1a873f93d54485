"""Graph files: what is written is read back, what is no graph is refused with one clear word, nothing is lost."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.graph import Body, Edge, Graph, GraphFileError, Node, io, schema
from designer.graph.model import Block

HEAD = '{"format": "netdesigner-graph", "version": 1'
NODE = '{"id": "a", "type": "ReLU"}'

names = st.text(max_size=12)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=6
)


@st.composite
def bodies(draw: st.DrawFn, prefix: str = "", depth: int = 2) -> Body:
    ids = [f"{prefix}n{i}" for i in range(draw(st.integers(0, 5)))]
    nodes = []
    for node_id in ids:
        inner = draw(bodies(f"{node_id}.", depth - 1)) if depth and draw(st.integers(0, 4)) == 0 else None
        position = draw(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)))
        params = draw(st.dictionaries(names, values, max_size=3))
        nodes.append(Node(id=node_id, type=draw(names), name=draw(names), params=params, position=position, body=inner))
    edges = []
    for j in range(1, len(ids)):
        for port in range(draw(st.integers(0, 2))):
            edges.append(Edge((ids[draw(st.integers(0, j - 1))], draw(st.integers(0, 1))), (ids[j], port)))
    order = draw(st.permutations(range(len(nodes))))
    return Body(tuple(nodes[i] for i in order), tuple(edges))


@settings(max_examples=60, deadline=None)
@given(bodies(), names, st.dictionaries(names, values, max_size=2))
def test_what_is_saved_is_read_back_equal(body: Body, name: str, recipe: dict[str, Any]) -> None:
    graph = Graph(name=name, root=body, recipe=recipe)
    assert io.loads(io.dumps(graph)) == graph


def test_unknown_fields_and_layers_survive_a_round_trip() -> None:
    raw = json.loads(HEAD + ', "nodes": [' + NODE + '], "future": {"x": [1, 2]}}')
    raw["nodes"][0] |= {"type": "FromTheFuture", "colour": "red", "params": {"p": {"q": 1}}}
    raw["nodes"][0]["body"] = {"nodes": [{"id": "b", "type": "X", "note": 3}], "edges": []}
    again = json.loads(io.dumps(io.loads(json.dumps(raw))))
    assert again["future"] == {"x": [1, 2]}
    assert again["nodes"][0]["colour"] == "red"
    assert again["nodes"][0]["params"] == {"p": {"q": 1}}
    assert again["nodes"][0]["body"]["nodes"][0]["note"] == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not complete JSON"),
        (HEAD, "not complete JSON"),
        ("[1, 2]", "one JSON object, not list"),
        ('{"format": "other"}', "'format' is 'other'"),
        ('{"format": "netdesigner-graph"}', "'version' is None"),
        ('{"format": "netdesigner-graph", "version": 99}', "Update Net Designer"),
        ('{"format": "netdesigner-graph", "version": "1"}', "whole number"),
        (HEAD + ', "nodes": 3}', "'nodes' must be a list"),
        (HEAD + ', "nodes": [{"id": 3, "type": "ReLU"}]}', "$.nodes[0].id"),
        (HEAD + ', "nodes": [{"type": "ReLU"}]}', "missing required field `id`"),
        (HEAD + ', "nodes": [{"id": "", "type": "ReLU"}]}', "may not be empty"),
        (HEAD + ', "nodes": [{"id": "@in", "type": "ReLU"}]}', "begin with '@'"),
        (HEAD + ', "nodes": [{"id": "a", "type": "ReLU", "position": [1, "x"]}]}', "position"),
        (HEAD + ', "nodes": [{"id": "a", "type": "ReLU", "params": {"x": NaN}}]}', "invalid character"),
        (HEAD + f', "nodes": [{NODE}, {NODE}]}}', "Two nodes have the id 'a'"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["zz", 0], "to": ["a", 0]}}]}}', "leads to 'zz'"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["a", 0], "to": ["a", 0]}}]}}', "form a cycle: a -> a"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["a", -1], "to": ["a", 0]}}]}}', "edges[0].from[1]"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["a", 0]}}]}}', "missing required field `to`"),
        ("[" * 100_000, "nested too deeply"),
        ('"\ud800"', "not text in UTF-8"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["@in", 0], "to": ["a", 0]}}]}}', "lies in no frame"),
        (HEAD + f', "nodes": [{NODE}], "edges": [{{"from": ["a", 0], "to": ["@out", 0]}}]}}', "lies in no frame"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_graph_gives_one_clear_error(text: str, says: str) -> None:
    with pytest.raises(GraphFileError) as caught:
        io.loads(text, "x.json")
    assert "x.json" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_at_sign_may_stand_anywhere_but_in_front() -> None:
    graph = Graph(root=Body((Node(id="a@", type="ReLU"), Node(id="b\n@b", type="ReLU"))))
    assert io.loads(io.dumps(graph)) == graph


@pytest.mark.parametrize("text", [HEAD + "}", HEAD])
def test_the_garbage_collector_runs_again_after_reading(text: str) -> None:
    with contextlib.suppress(GraphFileError):
        io.loads(text)
    assert gc.isenabled()


def test_ids_must_differ_across_frames_too() -> None:
    frame = Node(id="r", type="Repeat", body=Body((Node(id="a", type="ReLU"),)))
    with pytest.raises(GraphFileError, match="inside frames too"):
        io.loads(io.dumps(Graph(root=Body((Node(id="a", type="ReLU"), frame)))))


def test_two_wires_into_one_port_are_refused() -> None:
    nodes = tuple(Node(id=i, type="ReLU") for i in "abc")
    edges = (Edge(("a", 0), ("c", 0)), Edge(("b", 0), ("c", 0)))
    with pytest.raises(GraphFileError, match="Two wires end at input 0 of 'c'"):
        io.loads(io.dumps(Graph(root=Body(nodes, edges))))


def test_frames_nested_beyond_reason_are_refused() -> None:
    body = Body()
    for depth in range(io.MAX_DEPTH + 2):
        body = Body((Node(id=f"r{depth}", type="Repeat", body=body),))
    with pytest.raises(GraphFileError, match="nested more than"):
        io.loads(io.dumps(Graph(root=body)))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_damaged_files_never_give_anything_but_a_graph_file_error(data: st.DataObject) -> None:
    text = bytearray(io.dumps(Graph(root=data.draw(bodies(depth=1)))))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        match data.draw(st.sampled_from(["cut", "flip", "drop"])):
            case "cut":
                del text[at:]
            case "flip":
                text[at] = data.draw(st.integers(0, 255))
            case _:
                del text[at]
        if not text:
            break
    try:
        io.loads(bytes(text))
    except GraphFileError as error:
        assert str(error)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    with path.open("wb") as file:
        file.truncate(io.MAX_BYTES + 1)
    with pytest.raises(GraphFileError, match="64 MiB at most"):
        io.load(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(GraphFileError, match=r"nothing\.json cannot be read"):
        io.load(tmp_path / "nothing.json")
    with pytest.raises(GraphFileError, match="is a folder"):
        io.load(tmp_path)


def test_saving_replaces_the_file_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    io.save(Graph(name="one"), path)
    io.save(Graph(name="two"), path)
    assert io.load(path).name == "two"
    assert [p.name for p in tmp_path.iterdir()] == ["g.json"]


def test_a_save_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "g.json"
    io.save(Graph(name="old"), path)
    with pytest.raises(GraphFileError, match="cannot be written"):
        io.save(Graph(name="new"), tmp_path / "missing" / "g.json")
    assert io.load(path).name == "old"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_saved_files_can_be_read_by_others(tmp_path: Path) -> None:
    io.save(Graph(), tmp_path / "g.json")
    assert stat.S_IMODE((tmp_path / "g.json").stat().st_mode) == 0o644


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="POSIX permissions")
def test_saving_leaves_links_and_permissions_as_they_are(tmp_path: Path) -> None:
    file, link = tmp_path / "g.json", tmp_path / "link.json"
    io.save(Graph(name="one"), file)
    file.chmod(0o600)
    link.symlink_to(file)
    io.save(Graph(name="two"), link)
    assert link.is_symlink()
    assert io.load(file).name == "two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_name_as_long_as_the_file_system_allows_can_be_saved(tmp_path: Path) -> None:
    path = tmp_path / f"{'網' * 83}.json"  # 254 bytes
    io.save(Graph(name="one"), path)
    assert io.load(path).name == "one"


def test_the_clipboard_text_round_trips_and_refuses_other_text() -> None:
    body = Body((Node(id="a", type="ReLU"), Node(id="b", type="ReLU")), (Edge(("a", 0), ("b", 0)),))
    assert io.fragment_loads(io.fragment_dumps(body)).root == body
    blocks = {"B": Block(body=Body((Node(id="inner", type="ReLU"),)))}
    assert io.fragment_loads(io.fragment_dumps(body, blocks)).blocks == blocks
    for text in ("", "hello", "\ud800", "[]", '{"format": "netdesigner-fragment", "nodes": 3}'):
        with pytest.raises(GraphFileError, match="The clipboard holds no nodes"):
            io.fragment_loads(text)


def test_the_shipped_schema_is_the_readers_own() -> None:
    assert msgspec.json.decode(schema.PATH.read_bytes()) == schema.schema(), "run: python -m designer.graph.schema"
