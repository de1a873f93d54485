"""Operations as NNC's engine counts them: every activation, sum and product of its samples, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from designer.layers import make
from designer.layers.base import Costs, Facts, numel

NNC = Path(__file__).resolve().parents[3] / "shared" / "nnc" / "expected.json"

COUNTS: list[tuple[str, str, dict[str, Any], list[tuple[int, ...]], tuple[int, ...], Costs]] = [
    # NNC's layer, ours, properties, inputs, output, operations
    ("ReLU", "ReLU", {}, [(160, 7, 7)], (160, 7, 7), Costs(ifs=7840)),
    ("LeakyReLU", "LeakyReLU", {}, [(32, 14, 14)], (32, 14, 14), Costs(ifs=6272, multiplies=6272)),
    ("PReLU", "PReLU", {}, [(8, 14, 14)], (8, 14, 14), Costs(ifs=1568, multiply_adds=1568)),
    ("ELU", "ELU", {}, [(500,)], (500,), Costs(ifs=500, adds=500, multiplies=500, exps=500)),
    ("Sigmoid", "Sigmoid", {}, [(1, 28)], (1, 28), Costs(adds=28, divisions=28, exps=28)),
    ("Tanh", "Tanh", {}, [(30, 4, 4)], (30, 4, 4), Costs(adds=960, divisions=480, exps=480)),
    ("Softmax", "Softmax", {}, [(1000,)], (1000,), Costs(adds=1000, divisions=1000, exps=1000)),
    ("Add2", "Add", {}, [(16, 32, 32)] * 2, (16, 32, 32), Costs(adds=16384)),
    ("Mul2", "Multiply", {}, [(50,)] * 2, (50,), Costs(multiplies=50)),
    ("Div2", "Divide", {}, [(96, 55, 55)] * 2, (96, 55, 55), Costs(divisions=290400)),
    ("AddScalar", "Scale", {"add": -1.99}, [(3, 32, 32)], (3, 32, 32), Costs(adds=3072)),
    ("MulScalar", "Scale", {"multiply": 0.01735}, [(196,)], (196,), Costs(multiplies=196)),
    ("PowScalar", "PowScalar", {}, [(96, 55, 55)], (96, 55, 55), Costs(multiplies=290400, exps=580800)),
    ("Exp", "Exp", {}, [(50,)], (50,), Costs(exps=50)),
    ("GreaterEqualScalar", "GreaterEqualScalar", {}, [(1, 28, 28)], (1, 28, 28), Costs(ifs=784)),
    ("Sum", "Sum", {"axes": [0]}, [(50,)], (1,), Costs(adds=50)),
    ("Sum", "Sum", {"axes": [1, 2]}, [(1, 28, 28)], (1,), Costs(adds=784)),
    ("Identity", "Identity", {}, [(1000,)], (1000,), Costs()),
]
FIGURES = {
    "CostAdd": "adds", "CostMultiply": "multiplies", "CostMultiplyAdd": "multiply_adds",
    "CostDivision": "divisions", "CostExp": "exps", "CostIf": "ifs",
}  # fmt: skip


@pytest.mark.parametrize(("nnc", "kind", "properties", "inputs", "output", "costs"), COUNTS)
def test_operations_are_nncs(nnc: str, kind: str, properties: dict[str, Any], inputs: list[tuple[int, ...]],
                             output: tuple[int, ...], costs: Costs) -> None:  # fmt: skip
    layer = make(kind, properties)
    facts = layer.facts(tuple(inputs))
    assert isinstance(facts, Facts)
    assert facts.outputs == (output,)
    assert layer.costs(*inputs) == costs
    assert facts.multiply_adds == costs.multiply_adds


@pytest.mark.skipif(not NNC.exists(), reason="the reference material of NNC lies beside the repository, not in it")
def test_every_such_layer_of_nncs_samples_has_its_figures() -> None:
    samples = json.loads(NNC.read_text())
    rows = [row for sample in samples.values() for network in sample["layers"].values() for row in network]
    ours = {(nnc, len(inputs[0]) == 3): (kind, properties) for nnc, kind, properties, inputs, _, _ in COUNTS}
    names = {nnc for nnc, *_ in COUNTS}
    compared = 0
    for row in rows:
        if row["type"] in names:
            inputs = shapes(row.get("Inputs") or f"({row['Input']})")
            inputs *= 2 if row["type"] == "Div2" else 1  # the divisor comes in at the side and is not listed
            found = ours.get((row["type"], len(inputs[0]) == 3)) or ours[row["type"], len(inputs[0]) != 3]
            layer = make(*found)
            expected = {ours: int(row.get(theirs, 0)) for theirs, ours in FIGURES.items()}
            assert layer.costs(*inputs)._asdict() == expected, row
            assert layer.output(*inputs) == shapes(f"({row['Output']})")[0], row
            assert layer.parameters_nnc(*inputs) == int(row.get("CostParameter", 0)), row
            compared += 1
    assert compared > 450


def shapes(text: str) -> list[tuple[int, ...]]:
    """'(16,32,32),(16,32,32)' as shapes."""
    return [tuple(map(int, part.split(","))) for part in text.strip("()").split("),(")]


@pytest.mark.parametrize(
    ("kind", "properties", "costs"),
    [
        ("Add", {}, Costs(adds=2)),
        ("Maximum", {}, Costs(ifs=2)),
        ("Multiply", {}, Costs(multiplies=2)),
    ],
)
def test_many_inputs_take_one_operation_less(kind: str, properties: dict[str, Any], costs: Costs) -> None:
    found = make(kind, properties).costs((4, 3), (4, 1), (1, 3))
    assert found == Costs(*(cost * 12 for cost in costs))


@pytest.mark.parametrize(
    ("properties", "costs"),
    [
        ({}, Costs(multiplies=6)),
        ({"multiply": 2, "add": 1}, Costs(multiplies=6, adds=6)),
        ({"multiply": 0}, Costs(multiplies=6)),
    ],
)
def test_scale_counts_what_it_does(properties: dict[str, Any], costs: Costs) -> None:
    assert make("Scale", properties).costs((2, 3)) == costs


def test_clamp_counts_its_limits() -> None:
    assert make("Clamp", {}).costs((5,)) == Costs(ifs=10)


def test_means_divide_once_for_each_result() -> None:
    assert make("Mean", {"axes": [1, 2]}).costs((3, 4, 5)) == Costs(adds=60, divisions=3)


@pytest.mark.parametrize("size", [2, 3, 8])
def test_determinants_count_the_elimination(size: int) -> None:
    adds = divisions = 0
    for column in range(size):
        for _ in range(column + 1, size):
            divisions += 1
            adds += size - column - 1
    assert make("Determinant", {}).costs((5, size, size)) == Costs(multiply_adds=5 * adds, divisions=5 * divisions)


def test_fourier_transforms_count_the_fast_algorithm() -> None:
    shape = (3, 8, 4, 2)  # 32 complex values, log2 of which is 5
    assert make("FFT", {}).costs(shape) == Costs(multiplies=2 * 96 * 5, adds=3 * 96 * 5)
    assert numel(shape) == 192
