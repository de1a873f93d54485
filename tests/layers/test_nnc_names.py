"""The names that users of Neural Network Console know find the layer that does the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from designer.layers import catalogue, search

TABLE = Path(__file__).resolve().parents[2] / "designer" / "layers" / "README.md"
PALETTE = Path(__file__).resolve().parents[3] / "shared" / "nnc" / "palette.md"

SAME = re.findall(r"\w+", """
Input Constant HuberLoss EpsilonInsensitiveLoss CategoricalCrossEntropy SoftmaxCrossEntropy Parameter Tanh
Sigmoid LogSigmoid Abs ReLU CReLU LeakyReLU PReLU ReLU6 ELU SELU GELU Sinc Mish Softmax LogSoftmax Delay
FixedPointQuantize MinMaxQuantize Pow2Quantize BinaryTanh BinarySigmoid LSTM FFT IFFT Sum CumSum Mean Prod
CumProd Max Min Norm Log Exp Sign Round Ceil Floor Sin Cos Tan Sinh Cosh RSubScalar RDivScalar PowScalar
RPowScalar MaximumScalar MinimumScalar LogicalAnd LogicalOr LogicalXor Equal NotEqual GreaterEqual Greater
LessEqual Less LogicalAndScalar LogicalOrScalar LogicalXorScalar EqualScalar NotEqualScalar GreaterEqualScalar
GreaterScalar LessEqualScalar LessScalar LogicalNot IsNaN IsInf BinaryError TopNError Dropout Concatenate
Reshape Tile Pad Flip Shift Slice Stack ClipGradByValue ClipGradByNorm TopKGrad Sort Prune Interpolate ResetNaN
ResetInf VATNoise Identity Comment Output OneHot RandomCrop RandomFlip RandomShift MeanSubtraction
ImageAugmentation
""")  # fmt: skip
OTHER = {
    "SquaredError": "MSELoss", "AbsoluteError": "L1Loss", "BinaryCrossEntropy": "BCELoss",
    "SigmoidCrossEntropy": "BCEWithLogitsLoss", "KLMultinomial": "KLDivLoss", "WorkingMemory": "Buffer",
    "Affine": "Linear", "Convolution": "Conv2d", "DepthwiseConvolution": "DepthwiseConv2d",
    "Deconvolution": "ConvTranspose2d", "DepthwiseDeconvolution": "DepthwiseConvTranspose2d",
    "DeformableConvolution": "DeformConv2d", "AdaptiveSeparableConvolution": "AdaptiveSeparableConv2d",
    "Embed": "Embedding", "MaxPooling": "MaxPool2d", "AveragePooling": "AvgPool2d",
    "GlobalAveragePooling": "GlobalAveragePool", "SumPooling": "SumPool2d", "Unpooling": "Upsample",
    "HardTanh": "Hardtanh", "TanhShrink": "Tanhshrink", "HardSigmoid": "Hardsigmoid", "SoftPlus": "Softplus",
    "SoftSign": "Softsign", "Swish": "SiLU", "RepeatStart": "Repeat", "RepeatEnd": "Repeat",
    "RecurrentInput": "Recurrent", "RecurrentOutput": "Recurrent", "BinaryConnectAffine": "BinaryConnectLinear",
    "BinaryConnectConvolution": "BinaryConnectConv2d", "BinaryWeightAffine": "BinaryWeightLinear",
    "BinaryWeightConvolution": "BinaryWeightConv2d", "Unit": "Block", "BatchMatmul": "MatMul",
    "BatchInv": "Inverse", "BatchDet": "Determinant", "BatchLogdet": "LogDeterminant", "ASin": "Asin",
    "ACos": "Acos", "ATan": "Atan", "ATan2": "Atan2", "ASinh": "Asinh", "ACosh": "Acosh", "ATanh": "Atanh",
    "AddScalar": "Scale", "MulScalar": "Scale", "Add2": "Add", "Sub2": "Subtract", "Mul2": "Multiply",
    "Div2": "Divide", "Pow2": "Power", "Maximum2": "Maximum", "Minimum2": "Minimum", "AddN": "Add",
    "MulN": "Multiply", "BatchNormalization": "BatchNorm", "FusedBatchNormalization": "BatchNorm",
    "NormNormalization": "Normalize", "WeightStandardization": "Conv2d", "WeightNormalization": "Conv2d",
    "SpectralNorm": "Conv2d", "LayerNormalization": "LayerNorm", "InstanceNormalization": "InstanceNorm",
    "GroupNormalization": "GroupNorm", "Broadcast": "Expand", "BroadcastTo": "ExpandAs", "Transpose": "Permute",
    "MatrixDiag": "DiagEmbed", "MatrixDiagPart": "Diagonal", "TopKData": "TopK", "Unlink": "Detach",
    "RandomErase": "RandomErasing",
}  # fmt: skip
NONE = {"Argument", "NmsDetection2d", "Unsupported", "TestNetwork", "StructureSearch", "Import"}
"""Not in the catalogue: an argument is no layer here, the others are NNC's own settings, or left out for a reason."""


@pytest.mark.parametrize("name", SAME)
def test_a_name_that_both_have_is_found_first(name: str) -> None:
    assert search(name)[0].__name__ == name


@pytest.mark.parametrize(("name", "ours"), OTHER.items())
def test_nncs_name_finds_ours_first(name: str, ours: str) -> None:
    assert search(name)[0].__name__ == ours


def test_what_nnc_calls_celu_is_found_beside_pytorchs() -> None:
    assert [cls.__name__ for cls in search("CELU")] == ["CELU", "ConcatenatedELU"]


@pytest.mark.skipif(not PALETTE.exists(), reason="the reference material of NNC lies beside the repository, not in it")
def test_every_name_of_nncs_palette_is_among_these() -> None:
    names = set(re.findall(r"^- \*\*(\w+)\*\*", PALETTE.read_text(), re.M))
    assert names == {*SAME, *OTHER, *NONE, "CELU"}


def test_the_table_of_layers_names_all_of_nncs_and_all_of_ours() -> None:
    named = set(re.findall(r"\w+", TABLE.read_text(encoding="utf-8")))
    assert {*SAME, *OTHER, *NONE, "CELU", *catalogue()} <= named
