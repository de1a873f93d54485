"""Damaged .nntxt and .nnp files: each is refused with a place, none crashes the reader or fills the memory."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from nnc_reference import project_text
from nnp_files import archive, field, floats, function, network, parameter, variable, varint

from designer.graph.io import dumps, loads
from designer.importers import open_source
from designer.importers.errors import ForeignError
from designer.importers.nnc import archive as archives
from designer.importers.nnc import graph_of, weights_of
from designer.importers.nnc.archive import unpack
from designer.importers.nnc.parameters import from_protobuf
from designer.importers.nnc.project import Network, Project, RawLayer, RawLink
from designer.importers.nnc.project import parse as parse_project
from designer.importers.nnc.table import CONVERTERS
from designer.importers.nnc.textproto import parse
from designer.importers.nnc.trained import of_archive, of_text
from designer.importers.nnc.values import Properties
from designer.shapes import analyze, problems

TEXT = network(
    "n", variable("x", (-1, 3)), variable("a/affine/W", (3, 2), "Parameter"),
    '  repeat_info { id: "R" times: 2 }\n',
    function("RepeatStart", "R", ["x", "t"], 'repeat_param { repeat_id: "R" }'), function("Tanh", "t", ["R"]),
    function("RepeatEnd", "e", ["t"]), function("Affine", "a", ["e", "a/affine/W"], "affine_param { base_axis: 1 }"),
) + 'optimizer { network_name: "n" solver { type: "Adam" adam_param { alpha: 1e-3 } } }\n'  # fmt: skip
WEIGHTS = parameter("a/affine/W", (3, 2), floats(*range(6)))
GOOD = archive(TEXT, WEIGHTS)


def everything(project: Project) -> None:
    """All that an import does."""
    for name in project.networks:
        graph = graph_of(project, name)
        assert loads(dumps(graph)) == graph
        list(problems(analyze(graph)))
        weights_of(project, name)


def test_the_file_is_good_as_it_is() -> None:
    project = of_archive(unpack(GOOD, "n.nnp"), "n.nnp", "n")
    everything(project)
    weights = weights_of(project)
    assert weights is not None
    np.testing.assert_array_equal(weights.tensors["a.weight"], [[0, 2, 4], [1, 3, 5]])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no network"),
        ('network {\n name: "n"', "line 2: expected 'name: value' or 'name { ... }', found the end of the file"),
        ("network {\n\n  name: ]", "line 3: .* found '\\]'"),
        ("network { a: \x01 }", "line 1: expected"),
        ('network { name: "a\n" }', "line 1: expected"),
        ("network {" * 40, "line 1: messages are nested too deeply"),
        ("network { function { name: 'f' } }", "line 1: this function has no type or no output"),
        (TEXT.replace("dim: -1 dim: 3", "dim: -1 dim: 3000000000000"), "variable 'x' has the shape"),
        (TEXT.replace('"RepeatEnd"', '"Tanh"'), "the RepeatStart 'R' has no RepeatEnd"),
        (TEXT.replace('input: "x"', 'input: "a"'), "these layers form a cycle"),
    ],
)
def test_a_damaged_text_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        everything(of_text(text, "n.nntxt", "n"))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (WEIGHTS[:-9], "w.protobuf is damaged at byte"),
        (b"\xff" * 20, "is damaged at byte"),
        (parameter("W", (3, 3), floats(1, 2)), "'W' should have the shape 3x3, but there are 2 values"),
        (parameter("W", (1 << 39, 1 << 39), floats(1)), "'W' should have the shape 549755813888x"),
        (parameter("W", (1,), floats(1) + b"a"), "is damaged at byte"),
        (parameter("W", (1,), floats(float("nan"))), "'W' holds values that are no numbers"),
        (parameter("W", (1,), floats(float("inf"))), "'W' holds values that are no numbers"),
        (parameter("W", (1,), floats(1)) * 2, "'W' is there twice"),
        (field(200, b"\x0b"), "is damaged at byte"),
        (varint(200 << 3 | 2) + varint(1 << 60), "is damaged at byte"),
    ],
)
def test_damaged_weights_are_refused_with_their_place(data: bytes, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        from_protobuf(data, "w.protobuf")


def test_weights_of_another_size_are_refused() -> None:
    data = archive(TEXT, parameter("a/affine/W", (2, 2), floats(*range(4))))
    with pytest.raises(ForeignError, match="'a/affine/W' of a has 4 values \\(2x2\\), but the layer needs 6"):
        everything(of_archive(unpack(data, "n.nnp"), "n.nnp", "n"))


def zipped(files: dict[str, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is no complete .nnp"),
        (GOOD[:-30], "is no complete .nnp .* Was it cut off\\?"),
        (GOOD[:40] + b"\0" * 20 + GOOD[60:], "is no complete .nnp|expected"),
        (zipped({"a.txt": ""}), "should hold one network"),
        (zipped({"0.nntxt": TEXT, "1.nntxt": TEXT}), "there are 2 and 0"),
        (zipped({str(i): "" for i in range(1001)}), "holds 1001 files"),
        (zipped({"n.nntxt": b"\xff"}), "n.nntxt is not text in UTF-8"),
        (zipped({"n.nntxt": TEXT}, zipfile.ZIP_LZMA), "n.nntxt is packed in a way that is not known here"),
    ],
)
def test_a_damaged_archive_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        unpack(data, "n.nnp")


def test_a_file_that_unpacks_to_far_more_than_it_is_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({"n.nntxt": TEXT, "p.protobuf": b"\0" * 1_000_000})
    monkeypatch.setattr(archives, "MANY", 100_000)
    with pytest.raises(ForeignError, match=r"p\.protobuf is too large"):
        unpack(bomb, "n.nnp")


def test_paths_in_an_archive_lead_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "in" / "evil.nnp"
    path.parent.mkdir()
    path.write_bytes(zipped({"../../out.nntxt": TEXT}))
    assert list(open_source(path).networks) == ["n"]
    assert [each.name for each in tmp_path.rglob("*")] == ["in", "evil.nnp"]


def test_weights_in_hdf5_ask_for_h5py(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    data = archive(TEXT, b"\x89HDF\r\n", "parameter.h5")
    project = of_archive(unpack(data, "n.nnp"), "n.nnp", "n")
    assert len(graph_of(project).nodes) == 3
    with pytest.raises(ForeignError, match="pip install h5py"):
        weights_of(project)


@given(st.binary(max_size=60), st.integers(0, len(TEXT)), st.integers(0, 40))
@settings(max_examples=150)
def test_no_damage_of_a_text_gives_a_traceback(noise: bytes, place: int, cut: int) -> None:
    text = TEXT[:place] + noise.decode("utf-8", "replace") + TEXT[place + cut :]
    try:
        everything(of_text(text, "n.nntxt", "n"))
    except ForeignError as error:
        assert "n" in str(error)


TOKENS = ["{", "}", "[", "]", ":", "network", "function", '"x"', "'", "-", "1e9", "nan", "0x", "dim", "\n", "#"]


@given(st.lists(st.sampled_from(TOKENS), max_size=40))
@settings(max_examples=150)
@example(["network", "{", "function", "{", "shape", ":", "[", "1e9", "]"])
def test_any_order_of_words_is_read_or_refused(words: list[str]) -> None:
    try:
        parse(" ".join(words), "n")
    except ForeignError as error:
        assert "line" in str(error)


@given(st.integers(0, len(WEIGHTS) - 1), st.integers(0, 255), st.integers(0, len(WEIGHTS)))
@settings(max_examples=150)
def test_no_damage_of_weights_gives_a_traceback(place: int, byte: int, end: int) -> None:
    data = (WEIGHTS[:place] + bytes([byte]) + WEIGHTS[place + 1 :])[: end or None]
    try:
        everything(of_archive(unpack(archive(TEXT, data), "n.nnp"), "n.nnp", "n"))
    except ForeignError as error:
        assert str(error)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=8))
@settings(max_examples=150)
def test_no_damage_of_an_archive_gives_a_traceback(place: int, noise: bytes) -> None:
    data = GOOD[:place] + noise + GOOD[place + len(noise) :]
    try:
        everything(of_archive(unpack(data, "n.nnp"), "n.nnp", "n"))
    except ForeignError as error:
        assert str(error)


VALUES = [
    "", "0", "-1", "1e400", "9" * 5000, "²", "=", "*Input", "Input[0]", ",", "x" * 300, "[", "1,1,1,1,1,1,1,1,1",
    "True", "RepeatStart", "Delay", "Unit", "9999999999999999999", "-0.5", "Affine",
]  # fmt: skip
LOOP = project_text(
    [
        ("Input", "x", {"Size": "3,4", "Order": "1"}),
        ("Argument", "n", {"Value": "2"}),
        ("RecurrentInput", "i", {}),
        ("Delay", "d", {"Size": "4"}),
        ("Add2", "a", {}),
        ("RecurrentOutput", "o", {}),
        ("RepeatStart", "r", {"Times": "*n"}),
        ("Convolution", "c", {"KernelShape": "3", "OutMaps": "3"}),
        ("RepeatEnd", "e", {}),
        ("Affine", "f", {"OutShape": "n*2"}),
        ("SquaredError", "l", {}),
    ],
    [
        ("x", "i", 0),
        ("i", "a", 0),
        ("a", "d", 0),
        ("d", "a", 0),
        ("a", "o", 0),
        ("o", "r", 0),
        ("r", "c", 0),
        ("c", "e", 0),
        ("e", "f", 0),
        ("f", "l", 0),
    ],
    more="[Config]\nMaxEpoch=3\n[Optimizer_0]\nSolverName=Adam\nLearningRateMultiplier=0.5\n",
).splitlines()


def test_the_project_is_good_as_it_is() -> None:
    graph = graph_of(parse_project("\n".join(LOOP), "x", "x"))
    assert [p for p in problems(analyze(graph)) if p.severity == "error"] == []


@given(st.lists(st.tuples(st.sampled_from(range(len(LOOP))), st.sampled_from(VALUES)), min_size=1, max_size=4))
@settings(max_examples=200)
@example([(LOOP.index("Property_1_Value=4"), "x x")])
@example([(LOOP.index("Property_2_Value=1"), "first")])
@example([(LOOP.index("DestPinIndex=0"), "-1")])
def test_no_value_of_a_project_gives_a_traceback(changes: list[tuple[int, str]]) -> None:
    lines = list(LOOP)
    for place, value in changes:
        lines[place] = f"{lines[place].partition('=')[0]}={value}"
    try:
        everything(parse_project("\n".join(lines), "x", "x"))
    except ForeignError as error:
        assert str(error)


def nested(loops: int) -> str:
    """A project of so many loops in each other."""
    starts = [("RepeatStart", f"s{i}", {"Times": "2"}) for i in range(loops)]
    ends = [("RepeatEnd", f"e{i}", {}) for i in range(loops)]
    layers = [("Input", "x", {"Size": "4"}), *starts, ("Tanh", "t", {}), *ends]
    return project_text(layers, [(one[1], other[1], 0) for one, other in pairwise(layers)])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[Global]\nNumNetwork=1000000000\nNetwork_0=a\n", "line 1: there should be 1000000000 networks, but 1 are"),
        ("[Layer_0]\nID=1\nType=Tanh\n[Layer_1]\nID=1\nType=ReLU\n", "has two layers with the ID 1"),
        (nested(300), "more than 32 loops are nested"),
    ],
)
def test_a_damaged_project_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        everything(parse_project(text, "x", "x"))


def test_a_comment_may_hold_any_kind_of_space() -> None:
    text = project_text([("Comment", "c", {"Comment": "one\u2028two\x0cthree"})], [])
    assert graph_of(parse_project(text, "x", "x")).nodes[0].params["text"] == "one\u2028two\x0cthree"


@pytest.mark.parametrize("value", ["", ",", "²", "9" * 5000, "1e308", "1e-320", "1/0", "1e309", "abc", "[", "-1"])
def test_every_property_of_every_layer_takes_any_text(value: str) -> None:
    for type_, convert in CONVERTERS.items():
        asked = Asked()
        convert(Properties(asked))
        for name in asked.names:
            text = project_text(
                [("Input", "x", {"Size": "3,8,8"}), (type_, "l", {name: value}), ("SquaredError", "e", {})],
                [("x", "l", 0), ("l", "e", 0)],
            )
            graph = graph_of(parse_project(text, "x", "x"))
            assert loads(dumps(graph)) == graph
            list(problems(analyze(graph)))


class Asked(dict[str, str]):
    """Properties of which none is given; remembers which were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def get(self, name: str, default: Any = None) -> Any:
        self.names[name] = None
        return default


@pytest.mark.parametrize("axis", ['"²"', '"9' + "9" * 5000 + '"', '"x"', "-1"])
def test_an_axis_that_is_no_number_gives_no_traceback(axis: str) -> None:
    everything(of_text(TEXT.replace("base_axis: 1", f"base_axis: {axis}"), "n.nntxt", "n"))


def test_a_unit_that_uses_itself_is_refused_whatever_is_said_of_it() -> None:
    inlet = RawLayer("i", "Input", "x", 0, 0, {"Size": "4"})
    unit = RawLayer("u", "Unit", "u", 0, 50, {"Network": "B"})
    said = replace(unit, properties={"Network": "B", "u." * 3000 + "z": "1"})
    wire = (RawLink("i", "u", 0),)
    project = Project("p", {"A": Network("A", (inlet, said), wire), "B": Network("B", (inlet, unit), wire)})
    list(problems(analyze(graph_of(project, "A"))))
