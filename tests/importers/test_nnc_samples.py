"""Every network of NNC's sample projects, figure by figure against its own engine."""

from __future__ import annotations

import struct
from math import prod
from typing import Any

import pytest
from nnc_reference import expected, needs_samples, networks, sample

from designer.graph.model import BLOCK, block_name
from designer.importers import load, open_source
from designer.layers import Facts
from designer.shapes import Analysis, analyze, problems
from designer.shapes.analysis import Scope
from designer.shapes.statistics import figures_of, rows, total

COSTS = ("CostAdd", "CostMultiply", "CostMultiplyAdd", "CostDivision", "CostExp", "CostIf")
NO_NODE = {"Argument": "a variable or argument", "RepeatEnd": "a frame's output", "RecurrentOutput": "a frame's output"}
"""Layers of NNC that are no nodes here, and what they are."""

MADE = {"Input", "Minimize"}
"""What the importer adds: targets that NNC's losses read by themselves, and ends that NNC minimises unasked."""

pytestmark = needs_samples


def single(value: int) -> int:
    """A figure as NNC holds it, in single precision: of alexnet's 691,487,264 multiply-adds it shows 691,487,232."""
    return int(struct.unpack("f", struct.pack("f", value))[0])


def found_row(scope: Scope, i: int) -> dict[str, Any]:
    """What we say of a node, as expected.json says it."""
    node, result = scope.body.nodes[i], scope.results[i]
    assert isinstance(result, Facts), (node.name, result)
    figures = figures_of(scope, i)
    row: dict[str, Any] = {"Output": result.outputs[0] if result.outputs else None}
    row |= {cost: single(value) for cost, value in zip(COSTS, figures.costs, strict=True)}
    row["CostParameter"] = single(figures.parameters_nnc)
    if i in scope.children and node.type != BLOCK:  # NNC's row is that of the layer which begins the loop
        row = {"Output": scope.children[i].entering[0]}
    return row


def found_rows(analysis: Analysis) -> dict[str, dict[str, Any]]:
    """The rows of all nodes of the drawing and of frames in it, by name."""
    found = {}
    for _, node in analysis.graph.walk():
        owner = analysis.graph.owners[node.id]
        around: str | None = owner
        while around is not None and block_name(around) is None:
            around = analysis.graph.outer(around)
        if around is None:
            scope = analysis.scope(owner)
            assert scope is not None
            found[node.name] = found_row(scope, scope.topology.index[node.id])
    return found


def wanted_row(row: dict[str, str], *, loop: bool) -> dict[str, Any]:
    shape = tuple(map(int, row["Output"].split(","))) if "Output" in row else None
    if loop:
        return {"Output": shape}
    return {"Output": shape, **{cost: int(row.get(cost, 0)) for cost in (*COSTS, "CostParameter")}}


@pytest.mark.parametrize(("project", "network", "key"), networks())
def test_every_layer_has_the_shape_and_costs_that_nncs_engine_gives(project: str, network: str, key: str) -> None:
    analyzed = analyze(load(sample(project), network))
    found = found_rows(analyzed)
    wanted = {
        row["name"]: wanted_row(row, loop=row["type"] in ("RepeatStart", "RecurrentInput"))
        for row in expected()[project]["layers"][key]
        if row["type"] not in NO_NODE
    }
    assert {name: found[name] for name in wanted} == wanted
    assert {analyzed.facts(node.id).node.type for node in analyzed.graph.nodes if node.name not in wanted} <= MADE


@pytest.mark.parametrize(("project", "network", "key"), networks())
def test_totals_are_those_of_nncs_engine(project: str, network: str, key: str) -> None:
    analysis = analyze(load(sample(project), network))
    figures = total(rows(analysis.root))
    statistics = expected()[project]["statistics"][f"{key}Statistics" if key != "Main" else "Statistics"]
    found = dict(zip(COSTS, figures.costs, strict=True), CostParameter=figures.parameters_nnc)
    for cost, value in found.items():
        assert single(value) == statistics[cost]["sum"], cost
    nnc = {row["name"] for row in expected()[project]["layers"][key]}
    added = sum(prod(f.output or ()) for f in analysis.walk() if f.owner is None and f.node.name not in nnc)
    assert single(outputs_nnc(analysis.root) - added) == statistics["Output"]["sum"]


def outputs_nnc(scope: Scope) -> int:
    """Output values as NNC adds them up: a unit's own output only; of a loop also what enters and leaves it."""
    sum_ = 0
    for i, result in enumerate(scope.results):
        values = sum(map(prod, result.outputs)) if isinstance(result, Facts) else 0
        sum_ += values
        if i in scope.children and scope.body.nodes[i].type != BLOCK:
            child = scope.children[i]
            sum_ += scope.times(i) * (sum(map(prod, child.entering)) + outputs_nnc(child))
    return sum_


@pytest.mark.parametrize(("project", "network", "key"), networks())
def test_every_network_is_valid(project: str, network: str, key: str) -> None:
    del key
    found = problems(analyze(load(sample(project), network)))
    assert [(p.node, p.code) for p in found if p.severity == "error"] == []


@pytest.mark.parametrize("project", list(expected()))
def test_nothing_overlaps_at_the_places_that_nnc_has(project: str) -> None:
    from designer.layout.metrics import rect_of

    for network in open_source(sample(project)).networks:
        graph = load(sample(project), network)
        for body in [graph.root, *(block.body for block in graph.blocks.values())]:
            boxes = [(n.position[0] + r.x, n.position[1] + r.y, r) for n in body.nodes for r in [rect_of(n)]]
            for k, (x, y, rect) in enumerate(boxes):
                for u, v, other in boxes[k + 1 :]:
                    apart = x + rect.width <= u or u + other.width <= x or y + rect.height <= v or v + other.height <= y
                    assert apart, (project, network)
