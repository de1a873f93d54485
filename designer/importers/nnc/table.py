"""The table of NNC's layer types and what each of them becomes."""

from __future__ import annotations

from designer.importers.nnc.layers import (
    Converter,
    Made,
    Params,
    Reader,
    affine,
    convolution,
    deconvolution,
    flag,
    layer,
    num,
    nums,
    pair,
    pooling,
    word,
)
from designer.importers.nnc.preprocess import PREPROCESS
from designer.importers.nnc.tensors import (
    batch_norm,
    clip_by_value,
    delay,
    embedding,
    kl_divergence,
    lstm,
    memory,
    min_max_quantize,
    norm,
    normalize,
    note,
    parameter,
    separable,
    slope,
    vat_noise,
)
from designer.importers.nnc.values import Properties


def _loss(type_: str, **readers: Reader) -> Converter:
    """A loss whose target may also be generated: a constant 1 for a GAN's real pictures."""

    def convert(p: Properties) -> Made:
        made = layer(type_, **readers)(p)
        made.params["target"] = p.text("T.Dataset", "y") or "y"
        made.params.update(_generated(p, "T."))
        return made

    return convert


def _generated(p: Properties, pin: str = "") -> Params:
    """What makes an input's values; nothing where they are data."""
    generator = (p.text(f"{pin}Generator", "None") or "None").lower()
    scale = p.number(f"{pin}GeneratorMultiplier", "1.0")
    return {} if generator == "none" else {"generator": generator, "generator_scale": scale}


def _input(p: Properties) -> Made:
    made = Made("Input", {"shape": p.numbers("Size", "1,28,28")})
    if (dataset := p.text("Dataset", "x")) not in ("x", ""):
        made.params["dataset"] = dataset
    made.params.update(_generated(p))
    return made


def _pad(p: Properties) -> Made:
    widths = p.numbers("PadWidth", "0,0,0,0")
    mode = word("Mode", "constant", repeat="replicate")(p)
    if len(widths) > 4:
        p.give_back("PadWidth")
    top, bottom, left, right = [0, 0, 0, 0, *widths][-4:]
    params = {"top": top, "bottom": bottom, "left": left, "right": right, "mode": mode}
    return Made("Pad", params | {"value": p.number("ConstantValue", "0.0")})


def _slice(p: Properties) -> Made:
    params = {"start": p.numbers("Start", "0,0,0"), "step": p.numbers("Step", "1,1,1")}
    if p.text("Stop", "*Input") not in ("*Input", ""):
        params["stop"] = p.numbers("Stop", "1")
    return Made("Slice", params)


def _interpolate(p: Properties) -> Made:
    if p.text("Mode", "linear") not in ("linear", ""):
        p.give_back("Mode")
    return layer("Interpolate", size=pair("OutputSize", "32,32"), align_corners=flag("AlignCorners", "True"))(p)


def _unless(name: str, macro: str, instead: object) -> Reader:
    """A list of numbers, or something else where the file has a macro of NNC."""
    return lambda p: instead if p.text(name, macro) in (macro, "") else p.numbers(name, "1")


def _reduce(type_: str) -> Converter:
    return layer(type_, axes=nums("Axes", "0"), keep_dims=flag("KeepDims"))


def _scale(field: str, name: str, default: str) -> Converter:
    return layer("Scale", **{field: num(name, default)})


CONVERTERS: dict[str, Converter] = {
    # IO, parameters
    "Input": _input,
    "Constant": layer("Constant", value=num("Value", "0")),
    "Parameter": parameter,
    "WorkingMemory": memory,
    "Comment": layer("Comment", text=lambda p: p.text("Comment")),
    "Output": layer("Output"),
    # losses and metrics
    "SquaredError": _loss("MSELoss"),
    "HuberLoss": _loss("HuberLoss", delta=num("Delta", "1.0")),
    "AbsoluteError": _loss("L1Loss"),
    "EpsilonInsensitiveLoss": _loss("EpsilonInsensitiveLoss", epsilon=num("Epsilon", "0.0")),
    "BinaryCrossEntropy": _loss("BCELoss"),
    "SigmoidCrossEntropy": _loss("BCEWithLogitsLoss"),
    "CategoricalCrossEntropy": _loss("CategoricalCrossEntropy", axis=num("Axis", "0")),
    "SoftmaxCrossEntropy": _loss("SoftmaxCrossEntropy", axis=num("Axis", "0")),
    "KLMultinomial": kl_divergence,
    "BinaryError": _loss("BinaryError"),
    "TopNError": _loss("TopNError", axis=num("Axis", "0"), n=num("N", "1")),
    # layers with weights
    "Affine": affine("Linear", "NormalAffineGlorot"),
    "Convolution": convolution("Conv2d"),
    "DepthwiseConvolution": convolution("DepthwiseConv2d", "5,5", "valid"),
    "Deconvolution": deconvolution("ConvTranspose2d"),
    "DepthwiseDeconvolution": deconvolution("DepthwiseConvTranspose2d"),
    "BinaryConnectAffine": affine("BinaryConnectLinear", "UniformAffineGlorot"),
    "BinaryConnectConvolution": convolution("BinaryConnectConv2d", "5,5", "valid"),
    "BinaryWeightAffine": affine("BinaryWeightLinear", "UniformAffineGlorot"),
    "BinaryWeightConvolution": convolution("BinaryWeightConv2d", "5,5", "valid"),
    "PReLU": slope,
    "Embed": embedding,
    "LSTM": lstm,
    "BatchNormalization": batch_norm,
    "LayerNormalization": norm("LayerNorm"),
    "InstanceNormalization": norm("InstanceNorm", affine=True),
    "GroupNormalization": norm("GroupNorm"),
    "NormNormalization": normalize,
    # pooling
    "MaxPooling": pooling("MaxPool2d"),
    "AveragePooling": pooling("AvgPool2d"),
    "SumPooling": pooling("SumPool2d"),
    "GlobalAveragePooling": layer("GlobalAveragePool", keepdim=lambda p: True),
    "Unpooling": layer("Upsample", scale_factor=pair("KernelShape", "2,2")),
    # activations
    **{name: layer(name) for name in ("Tanh", "Sigmoid", "LogSigmoid", "Abs", "ReLU", "ReLU6", "Mish")},
    "GELU": layer("GELU", approximate=lambda p: "tanh"),
    "Sinc": layer("Sinc", normalized=lambda p: False),
    "HardTanh": layer("Hardtanh"),
    "TanhShrink": layer("Tanhshrink"),
    "HardSigmoid": layer("Hardsigmoid", slope=lambda p: 0.2),
    "CReLU": layer("CReLU", axis=num("Axis", "0")),
    "LeakyReLU": layer("LeakyReLU", negative_slope=num("Alpha", "0.1")),
    "ELU": layer("ELU", alpha=num("Alpha", "1.0")),
    "CELU": layer("ConcatenatedELU", alpha=num("Alpha", "1.0"), axis=num("Axis", "0")),
    "SELU": layer("SELU", scale=num("Scale", "1.05070098735548"), alpha=num("Alpha", "1.673263242354377")),
    "SoftPlus": layer("Softplus"),
    "SoftSign": layer("Softsign"),
    "Swish": layer("SiLU"),
    "Softmax": layer("Softmax", axis=num("Axis", "0")),
    "LogSoftmax": layer("LogSoftmax", axis=num("Axis", "0")),
    # loops
    "Delay": delay,
    # quantization
    "FixedPointQuantize": layer("FixedPointQuantize", signed=flag("Sign", "True"), bits=num("N", "8"),
                                delta=num("Delta", "0.0625"), clip_gradient=flag("STEFineGrained", "True")),
    "Pow2Quantize": layer("Pow2Quantize", signed=flag("Sign", "True"), with_zero=flag("WithZero", "True"),
                          bits=num("N", "8"), exponent=num("M", "1"), clip_gradient=flag("STEFineGrained", "True")),
    "MinMaxQuantize": min_max_quantize,
    "BinaryTanh": layer("BinaryTanh"),
    "BinarySigmoid": layer("BinarySigmoid"),
    # functions
    **{name: layer(name) for name in ("Log", "Exp", "Sin", "Cos", "Tan", "Sinh", "Cosh",
                                      "ResetNaN", "ResetInf")},
    **{name: layer(name, straight_through=lambda p: True) for name in ("Round", "Ceil", "Floor")},
    "Sign": layer("Sign", alpha=num("Alpha", "0.0"), straight_through=lambda p: True),
    "ASin": layer("Asin"), "ACos": layer("Acos"), "ATan": layer("Atan"), "ATan2": layer("Atan2"),
    "ASinh": layer("Asinh"), "ACosh": layer("Acosh"), "ATanh": layer("Atanh"),
    "BatchMatmul": layer("MatMul"), "BatchInv": layer("Inverse"),
    "BatchDet": layer("Determinant"), "BatchLogdet": layer("LogDeterminant"),
    "FFT": layer("FFT", signal_ndim=num("SignalNDim", "2"), normalized=flag("Normalized")),
    "IFFT": layer("IFFT", signal_ndim=num("SignalNDim", "2"), normalized=flag("Normalized")),
    "CumSum": layer("CumSum", axis=num("Axis", "0"), exclusive=flag("Exclusive"), reverse=flag("Reverse")),
    "CumProd": layer("CumProd", axis=num("Axis", "0"), exclusive=flag("Exclusive"), reverse=flag("Reverse")),
    # reductions
    "Sum": _reduce("Sum"), "Mean": _reduce("Mean"), "Prod": _reduce("Prod"),
    "Max": layer("Max", axes=nums("Axes", "0"), keep_dims=flag("KeepDims"), only_index=flag("OnlyIndex")),
    "Min": layer("Min", axes=nums("Axes", "0"), keep_dims=flag("KeepDims"), only_index=flag("OnlyIndex")),
    "Norm": layer("Norm", p=num("P", "2"), axes=nums("Axes", "0"), keep_dims=flag("KeepDims")),
    # arithmetic
    "AddScalar": _scale("add", "Value", "0.0"),
    "MulScalar": _scale("multiply", "Value", "1.0"),
    **{name: layer(name, value=num("Value", default)) for name, default in (
        ("RSubScalar", "0.0"), ("RDivScalar", "1.0"), ("PowScalar", "2.0"), ("RPowScalar", "1.0"),
        ("MaximumScalar", "0.0"), ("MinimumScalar", "1.0"), ("LogicalAndScalar", "0.0"), ("LogicalOrScalar", "0.0"),
        ("LogicalXorScalar", "0.0"), ("EqualScalar", "0.0"), ("NotEqualScalar", "0.0"), ("GreaterEqualScalar", "0.0"),
        ("GreaterScalar", "0.0"), ("LessEqualScalar", "0.0"), ("LessScalar", "0.0"))},
    "Add2": layer("Add"), "AddN": layer("Add"), "Mul2": layer("Multiply"), "MulN": layer("Multiply"),
    "Sub2": layer("Subtract"), "Div2": layer("Divide"), "Pow2": layer("Power"),
    "Maximum2": layer("Maximum"), "Minimum2": layer("Minimum"),
    **{name: layer(name) for name in ("LogicalAnd", "LogicalOr", "LogicalXor", "LogicalNot", "Equal", "NotEqual",
                                      "GreaterEqual", "Greater", "LessEqual", "Less", "IsNaN", "IsInf")},
    # the rest
    "Dropout": layer("Dropout", p=num("P", "0.5"), always=lambda p: p.flag("SkipAtTest", "True") is False),
    "Concatenate": layer("Concatenate", axis=num("Axis", "0")),
    "Reshape": layer("Reshape", shape=nums("OutShape", "100")),
    "Broadcast": layer("Expand", shape=_unless("OutShape", "*Input", [-1])),
    "BroadcastTo": layer("ExpandAs", axis=num("Axis", "-1")),
    "Tile": layer("Tile", reps=nums("Reps", "2")),
    "Pad": _pad,
    "Flip": layer("Flip", axes=nums("Axes", "0")),
    "Shift": layer("Shift", shift=nums("Shift", "0,0"), mode=word("BorderMode", "nearest", nearest="replicate")),
    "Transpose": layer("Permute", axes=nums("Axes", "0,1,2")),
    "Slice": _slice,
    "Stack": layer("Stack", axis=num("Axis", "0")),
    "MatrixDiag": layer("DiagEmbed"),
    "MatrixDiagPart": layer("Diagonal"),
    "TopKData": layer("TopK", k=num("K", "1"), largest_by=lambda p: "magnitude" if p.flag("Abs") is True else "value",
                      reduce=flag("Reduce", "True"), axis=num("BaseAxis", "0")),
    "Sort": layer("Sort", axis=num("Axis", "0"), descending=flag("Reverse"), only_index=flag("OnlyIndex")),
    "Interpolate": _interpolate,
    "DeformableConvolution": convolution("DeformConv2d"),
    "AdaptiveSeparableConvolution": separable,
    "ClipGradByValue": clip_by_value,
    "ClipGradByNorm": layer("ClipGradByNorm", clip_norm=num("ClipNorm", "1.0"), axes=nums("Axes", "0"),
                            always=lambda p: True),
    "TopKGrad": layer("TopKGrad", k=num("K", "1"), absolute=flag("Abs"), axis=num("BaseAxis", "0")),
    "Prune": layer("Prune", rate=num("Rate", "0.9")),
    "Unlink": layer("Detach"),
    "Identity": layer("Identity"),
    "VATNoise": vat_noise,
    "TestNetwork": note("TestNetwork"), "StructureSearch": note("StructureSearch"),
    **PREPROCESS,
}  # fmt: skip
"""NNC's type -> how it becomes a layer of ours."""
