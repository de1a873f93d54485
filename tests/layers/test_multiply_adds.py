"""Multiply-adds as NNC counts them: its figures for its samples, and the published parameter counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designer.layers import Facts, make

NNC = Path(__file__).resolve().parents[3] / "shared" / "nnc" / "expected.json"

LENET = [  # NNC's LeNet: layer, properties, input, output, trainable values, multiply-adds
    ("Conv2d", {"out_channels": 16, "kernel_size": 7}, (1, 28, 28), (16, 22, 22), 800, 379_456),
    ("MaxPool2d", {"kernel_size": 2}, (16, 22, 22), (16, 11, 11), 0, 0),
    ("Conv2d", {"out_channels": 30, "kernel_size": 3}, (16, 11, 11), (30, 9, 9), 4_350, 349_920),
    ("MaxPool2d", {"kernel_size": 2}, (30, 9, 9), (30, 4, 4), 0, 0),
    ("Tanh", {}, (30, 4, 4), (30, 4, 4), 0, 0),
    ("Linear", {"out_features": 150}, (30, 4, 4), (150,), 72_150, 72_000),
    ("ReLU", {}, (150,), (150,), 0, 0),
    ("Linear", {"out_features": 10}, (150,), (10,), 1_510, 1_500),
    ("Softmax", {}, (10,), (10,), 0, 0),
]
OTHERS = [
    ("ConvTranspose2d", {"out_channels": 8, "kernel_size": 6, "padding": 2}, (8, 7, 7), (8, 14, 14), 2_312, 451_584),
    ("ConvTranspose2d", {"out_channels": 1, "kernel_size": 6, "padding": 2}, (8, 14, 14), (1, 28, 28), 289, 225_792),
    ("Conv2d", {"out_channels": 96, "kernel_size": 3, "stride": 2, "padding": 1, "groups": 96, "bias": False},
     (96, 56, 56), (96, 28, 28), 864, 677_376),
    ("BatchNorm", {}, (64, 32, 32), (64, 32, 32), 128, 0),
    ("Conv2d", {"out_channels": 64, "kernel_size": 5, "padding": "same", "bias": False},
     (1, 32, 32), (64, 32, 32), 1_600, 1_638_400),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "shape", "output", "parameters", "multiply_adds"), LENET + OTHERS)
def test_counts_are_nncs(kind: str, properties: dict[str, object], shape: tuple[int, ...], output: tuple[int, ...],
                         parameters: int, multiply_adds: int) -> None:  # fmt: skip
    facts = make(kind, properties).facts((shape,))
    assert isinstance(facts, Facts)
    assert (facts.outputs, facts.parameters, facts.multiply_adds) == ((output,), parameters, multiply_adds)


def test_lenet_adds_up_to_nncs_totals() -> None:
    assert sum(row[4] for row in LENET) == 78_810
    assert sum(row[5] for row in LENET) == 802_876


@pytest.mark.skipif(not NNC.exists(), reason="the reference material of NNC lies beside the repository, not in it")
def test_the_lenet_above_is_the_one_in_the_reference() -> None:
    names = {
        "Convolution": "Conv2d",
        "MaxPooling": "MaxPool2d",
        "Affine": "Linear",
        "Tanh": "Tanh",
        "ReLU": "ReLU",
        "Softmax": "Softmax",
    }
    layers = json.loads(NNC.read_text())["LeNet"]["layers"]["Main"]
    found = {
        (names[layer["type"]], layer["Input"], layer["Output"],
         int(layer.get("CostParameter", 0)), int(layer.get("CostMultiplyAdd", 0)))
        for layer in layers if layer["type"] in names
    }  # fmt: skip
    ours = {
        (kind, ",".join(map(str, shape)), ",".join(map(str, out)), values, count)
        for kind, _, shape, out, values, count in LENET
    }
    assert ours <= found
