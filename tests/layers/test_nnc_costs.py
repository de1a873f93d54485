"""Operation counts and parameters of layers with windows, weights or another order, as NNC's engine gives them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from designer.layers import make
from designer.layers.base import Costs

NNC = Path(__file__).resolve().parents[3] / "shared" / "nnc" / "expected.json"
Row = tuple[str, str, dict[str, object], tuple[int, ...], tuple[int, ...], int, Costs]

CONV7 = {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False}
ROWS: list[Row] = [  # NNC's name, ours, properties, input, output, CostParameter, the other costs
    ("Convolution", "Conv2d", {"kernel_size": 5}, (1, 28, 28), (16, 24, 24), 416,
     Costs(adds=9_216, multiply_adds=230_400)),
    ("Convolution", "Conv2d", CONV7, (3, 224, 224), (64, 112, 112), 9_408, Costs(multiply_adds=118_013_952)),
    ("DepthwiseConvolution", "DepthwiseConv2d", {"stride": 2, "padding": 1, "bias": False}, (96, 56, 56), (96, 28, 28),
     864, Costs(multiply_adds=677_376)),
    ("Deconvolution", "ConvTranspose2d", {"out_channels": 8, "kernel_size": 6, "padding": 2}, (8, 7, 7), (8, 14, 14),
     2_312, Costs(adds=1_568, multiply_adds=451_584)),
    ("Affine", "Linear", {"out_features": 1}, (1, 28, 28), (1,), 785, Costs(adds=1, multiply_adds=784)),
    ("Affine", "Linear", {"out_features": [1, 28, 28]}, (256,), (1, 28, 28), 201_488,
     Costs(adds=784, multiply_adds=200_704)),
    ("BatchNormalization", "BatchNorm", {}, (64, 32, 32), (64, 32, 32), 256, Costs(adds=65_536, multiplies=65_536)),
    ("BatchNormalization", "BatchNorm", {"weight_lr": 0, "bias_lr": 0}, (512,), (512,), 2_048,
     Costs(adds=512, multiplies=512)),
    ("MaxPooling", "MaxPool2d", {}, (16, 24, 24), (16, 12, 12), 0, Costs(ifs=9_216)),
    ("MaxPooling", "MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (64, 112, 112), (64, 56, 56), 0,
     Costs(ifs=1_806_336)),
    ("MaxPooling", "MaxPool2d", {"kernel_size": 3, "stride": 2, "padding": "end"}, (96, 55, 55), (96, 28, 28), 0,
     Costs(ifs=677_376)),
    ("AveragePooling", "AvgPool2d", {"kernel_size": 5, "stride": 3}, (512, 14, 14), (512, 4, 4), 0,
     Costs(adds=100_352, multiplies=8_192)),
    ("AveragePooling", "AvgPool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (24, 56, 56), (24, 28, 28), 0,
     Costs(adds=75_264, multiplies=18_816)),
    ("SumPooling", "SumPool2d", {"kernel_size": [1, 5], "stride": 1, "padding": [0, 2]}, (55, 55, 96), (55, 55, 96), 0,
     Costs(adds=290_400)),
    ("Unpooling", "Upsample", {}, (64, 7, 7), (64, 14, 14), 0, Costs()),
    ("Slice", "Slice", {"start": [0, 46, 46], "stop": [3, 273, 273]}, (3, 320, 320), (3, 227, 227), 0, Costs()),
    ("Slice", "Slice", {"start": [0, 27, 0]}, (1, 28, 28), (1, 1, 28), 0, Costs()),
    ("Transpose", "Permute", {"axes": [1, 2, 0]}, (96, 55, 55), (55, 55, 96), 0, Costs()),
    ("Transpose", "Permute", {"axes": [1, 0, 2, 3]}, (8, 12, 28, 28), (12, 8, 28, 28), 0, Costs()),
    ("Reshape", "Reshape", {"shape": [8, 12, 28, 28]}, (96, 28, 28), (8, 12, 28, 28), 0, Costs()),
]  # fmt: skip
IDS = [f"{nnc}-{shape}" for nnc, _, _, shape, *_ in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_figures_are_nncs(row: Row) -> None:
    _, kind, properties, shape, output, parameters, costs = row
    layer = make(kind, properties)
    assert layer.output(shape) == output
    assert layer.costs(shape) == costs
    assert layer.parameters_nnc(shape) == parameters


@pytest.mark.skipif(not NNC.exists(), reason="the reference material of NNC lies beside the repository, not in it")
@pytest.mark.parametrize("row", ROWS, ids=IDS)
def test_the_figures_above_are_in_the_reference(row: Row) -> None:
    nnc, _, _, shape, output, parameters, costs = row
    figures = ("CostAdd", "CostMultiply", "CostMultiplyAdd", "CostDivision", "CostExp", "CostIf")
    found = [
        (int(layer.get("CostParameter", 0)), *(int(layer.get(name, 0)) for name in figures))
        for sample in json.loads(NNC.read_text()).values()
        for layers in sample["layers"].values()
        for layer in layers
        if (layer["type"], layer.get("Input"), layer.get("Output"))
        == (nnc, ",".join(map(str, shape)), ",".join(map(str, output)))
    ]
    assert (parameters, *costs) in found
