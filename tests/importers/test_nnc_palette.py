"""Every layer of NNC's palette: a layer of the catalogue with all properties, or in a table here with the reason."""

from __future__ import annotations

import re

import pytest
from nnc_reference import SHARED, project_text

from designer.graph.model import Graph
from designer.importers.nnc import graph_of
from designer.importers.nnc.project import parse
from designer.layers.base import Invalid, Missing
from designer.layers.registry import layer_of, unknown_properties
from designer.shapes import analyze, problems

PALETTE = SHARED / "palette.md"

STRUCTURE = {
    "RepeatStart": "with RepeatEnd a Repeat frame", "RepeatEnd": "with RepeatStart a Repeat frame",
    "RecurrentInput": "with RecurrentOutput a Recurrent frame",
    "RecurrentOutput": "with RecurrentInput a Recurrent frame",
    "Unit": "a block", "Argument": "a variable, or an argument of a block",
}  # fmt: skip
KEPT = {
    "WeightNormalization": "between a Parameter and a layer's W it is the layer's weight_norm; elsewhere it is kept",
    "WeightStandardization": "as WeightNormalization",
    "SpectralNorm": "as WeightNormalization",
    "NmsDetection2d": "not in the catalogue: its output has no fixed shape",
    "Unsupported": "stands for a layer that NNC does not know itself",
    "Import": "another project's file, which is not in this one",
}
"""Types that stay `nnc:TYPE`, and why."""
NAMED = {
    "NormNormalization": {"nnc.Axes"},  # the batch, -1, is among NNC's default axes
    "Parameter": {"nnc.Size"},  # *GraphOutput: NNC works it out from what reads it
    "Delay": {"nnc.Size"},  # *Input, in a loop
}
"""Properties whose default in NNC cannot be said here, and are named for it."""
SIDE = re.compile(r"side connectors: ([^—]*) —")


def palette() -> dict[str, tuple[dict[str, str], list[str]]]:
    """Every type with the defaults of its properties and those side connectors that take data."""
    found = {}
    for type_, rest in re.findall(r"^- \*\*(\w+)\*\* (.*)$", PALETTE.read_text() if PALETTE.exists() else "", re.M):
        listed = (re.match(r"([\w.]+):\w+=(.*)$", each) for each in rest.partition(" — ")[2].split("; "))
        defaults = {m[1]: re.sub(r"(\{[^}]*\})?(\(ro\))?$", "", m[2]) for m in listed if m}
        side = SIDE.search(rest)
        pins = side[1].strip().split(", ") if side else []
        found[type_] = defaults, pins
    return found


def drawn(type_: str, *, wires_data: bool) -> Graph:
    """A project with that layer between an input and a Tanh, with data wired to its side connectors or not."""
    defaults, pins = palette()[type_]
    layers = [("Input", "in", {"Size": "4,8,8"}), ("Input", "side", {"Size": "4,8,8"}), (type_, "it", defaults)]
    links = [("in", "it", 0)]
    if wires_data:
        data = [pin for pin, name in enumerate(pins, 1) if f"{name}.Dataset" in defaults]
        links += [("side", "it", pin) for pin in data if type_ != "Delay"]
    return graph_of(parse(project_text(layers, links), "t.sdcproj", "t"))


@pytest.mark.skipif(not PALETTE.exists(), reason="NNC's palette is not beside the repository")
@pytest.mark.parametrize("type_", sorted(palette().keys() - STRUCTURE.keys() - KEPT.keys()))
def test_every_layer_of_the_palette_has_a_counterpart_with_all_its_properties(type_: str) -> None:
    graph = drawn(type_, wires_data=True)
    made = [node for node in graph.nodes if node.id not in ("in", "side", "y", "loss")]
    assert made
    for node in made:
        assert not isinstance(layer_of(node), Missing | Invalid), node
        assert set(unknown_properties(node)) <= NAMED.get(type_, set()), node


@pytest.mark.skipif(not PALETTE.exists(), reason="NNC's palette is not beside the repository")
@pytest.mark.parametrize("type_", sorted(KEPT))
def test_what_has_none_is_kept_and_named(type_: str) -> None:
    graph = drawn(type_, wires_data=False)
    assert [node.type for node in graph.nodes if node.name == "it"] == [f"nnc:{type_}"]
    assert ("it", "unknown-layer") in {(p.node, p.code) for p in problems(analyze(graph))}


@pytest.mark.parametrize(
    ("type_", "ours", "params"),
    [("Sub2", "Scale", {"add": -0.5}), ("Pow2", "PowScalar", {"value": 0.5}), ("Less", "LessScalar", {"value": 0.5})],
)
def test_a_second_input_that_is_a_constant_becomes_a_number(type_: str, ours: str, params: dict[str, float]) -> None:
    given = {"R.Generator": "Constant", "R.GeneratorMultiplier": "0.5"}
    text = project_text([("Input", "in", {"Size": "4"}), (type_, "it", given)], [("in", "it", 0)])
    node = graph_of(parse(text, "t", "t")).nodes[1]
    assert node.type == ours
    layer = analyze(graph_of(parse(text, "t", "t"))).facts("it").layer
    assert {name: getattr(layer, name) for name in params} == params


def test_a_parameter_wired_to_a_weight_is_the_layers_own() -> None:
    layers = [
        ("Input", "in", {"Size": "4,8,8"}), ("Parameter", "w", {"Size": "16,4,3,3", "InitializerMultiplier": "0.2"}),
        ("WeightNormalization", "n", {}), ("Convolution", "c", {}),
    ]  # fmt: skip
    links = [("in", "c", 0), ("w", "n", 0), ("n", "c", 1)]
    graph = graph_of(parse(project_text(layers, links), "t", "t"))
    assert [node.name for node in graph.nodes] == ["in", "c"]
    params = graph.nodes[1].params
    assert (params["weight_norm"], params["weight_init"], params["weight_init_scale"]) == ("weight", "normal", 0.2)


def test_weights_of_one_name_are_named_as_not_shared() -> None:
    layers = [
        ("Input", "in", {"Size": "4"}), ("Affine", "a", {"OutShape": "4"}),
        ("Affine", "b", {"OutShape": "4", "ParameterScope": "a"}), ("Affine", "c", {"ParameterScope": "alone"}),
    ]  # fmt: skip
    graph = graph_of(parse(project_text(layers, [("in", "a", 0), ("a", "b", 0), ("b", "c", 0)]), "t", "t"))
    found = [(p.node, p.severity) for p in problems(analyze(graph)) if p.code == "not-shared"]
    assert found == [("a", "warning"), ("b", "warning")]


def test_inputs_that_are_the_other_way_round_are_turned() -> None:
    layers = [("Input", "in", {"Size": "4,8,8"}), ("Input", "v", {"Size": "4,1,1"}), ("BroadcastTo", "b", {})]
    graph = graph_of(parse(project_text(layers, [("in", "b", 0), ("v", "b", 1)]), "t", "t"))
    assert {(edge.source[0], edge.target) for edge in graph.edges} == {("v", ("b", 0)), ("in", ("b", 1))}
    assert analyze(graph).facts("b").output == (4, 8, 8)
