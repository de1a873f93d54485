"""nnabla's functions (.nntxt) in the terms of Neural Network Console's layers, which the rest of the importer knows.

The two differ in names (pad, Padding), in axes (nnabla counts the batch's), and in that nnabla leaves out what is 0.
Sizes that a layer has as properties (OutMaps) are those of its weights in a .nntxt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from designer.importers.nnc.textproto import Message
from designer.importers.nnc.values import whole

Shape = Sequence[int]

NAMES = {
    "pad": "Padding", "kernel": "KernelShape", "stride": "Strides", "val": "Value", "eps": "Epsilon",
    "shifts": "Shift", "inplace": "InPlace", "ste_fine_grained": "STEFineGrained", "ema": "EMA",
    "flip_lr": "FlipLR", "flip_ud": "FlipUD", "signal_ndim": "SignalNDim", "nms": "NMS", "nms_per_class": "NMSPerClass",
}  # fmt: skip
"""Arguments of nnabla whose names are not simply those of NNC in another spelling."""
OWN_NAMES = {
    ("Reshape", "shape"): "OutShape", ("Broadcast", "shape"): "OutShape", ("ImageAugmentation", "pad"): "Pad",
    ("Constant", "val"): "Value",
}  # fmt: skip
"""The same for one type of function."""
ONE_AXIS = frozenset({"axis", "base_axis", "batch_axis", "channel_axis", "axes"})
"""Arguments that count axes with the batch's."""
WHOLE_SHAPES = {"Reshape": ("shape",), "Broadcast": ("shape",), "Tile": ("reps",), "Slice": ("start", "stop", "step")}
"""Arguments that have a value for every axis; the batch's goes."""
LEFT_OUT: Mapping[str, Mapping[str, str]] = {
    "MaxPooling": {"IgnoreBorder": "False"}, "SumPooling": {"IgnoreBorder": "False"},
    "AveragePooling": {"IgnoreBorder": "False", "IncludingPad": "False"},
    "BatchNormalization": {"BatchStat": "False", "DecayRate": "0"},
    "FusedBatchNormalization": {"BatchStat": "False", "DecayRate": "0"},
    "Dropout": {"P": "0"}, "LeakyReLU": {"Alpha": "0"}, "ELU": {"Alpha": "0"}, "CELU": {"Alpha": "0"},
    "SELU": {"Alpha": "0", "Scale": "0"}, "MulScalar": {"Value": "0"}, "RDivScalar": {"Value": "0"},
    "PowScalar": {"Value": "0"}, "RPowScalar": {"Value": "0"}, "MinimumScalar": {"Value": "0"},
    "FixedPointQuantize": {"Sign": "False", "STEFineGrained": "False"},
    "Pow2Quantize": {"Sign": "False", "WithZero": "False", "M": "0", "STEFineGrained": "False"},
    "MinMaxQuantize": {"STEFineGrained": "False", "Decay": "0"}, "Norm": {"P": "0"}, "NormNormalization": {"P": "0"},
    "Interpolate": {"AlignCorners": "False"}, "TopKData": {"Reduce": "False"},
    "RandomErase": {"Share": "False", "Prob": "0", "STEFineGrained": "False"}, "Prune": {"Rate": "0"},
    "ImageAugmentation": {"MinScale": "0", "MaxScale": "0", "AspectRatio": "0", "Contrast": "0", "ContrastCenter": "0"},
    "MeanSubtraction": {"UpdateRunningMean": "False"},
}  # fmt: skip
"""What a property is that the text leaves out, for it leaves out 0 and false, where NNC's own default is another."""
DENSE = ("Affine", "BinaryConnectAffine", "BinaryWeightAffine")


def properties(type_: str, arguments: Message | None, rank: int | None, tensors: Mapping[str, Shape]) -> dict[str, str]:
    """NNC's properties of a function.

    `rank` is the number of axes of its first input, batch included, and None where the text does not say it; `tensors`
    are the shapes of its parameters by what NNC calls them ('W', 'b').
    """
    found = dict(LEFT_OUT.get(type_, {})) if arguments is not None else {}
    for name in arguments or ():
        values = _values(arguments, name) if arguments is not None else []
        if name == "pad_width" and rank is not None and len(values) == 2 * rank:
            values = values[2:]
        elif name in WHOLE_SHAPES.get(type_, ()) and (rank is None or len(values) >= rank or type_ == "Reshape"):
            values = values[1:]
        elif type_ == "Transpose" and values[:1] == ["0"]:
            values = [without_batch(value) for value in values[1:]]
        elif name in ONE_AXIS:
            values = [without_batch(value) for value in values]
        found[_name(type_, name)] = ",".join(values)
    return found | _sizes(type_, tensors, found)


def _values(arguments: Message, name: str) -> list[str]:
    """The values of an argument: its own, or those of the shape that it is."""
    shapes = arguments.messages(name)
    found = [text for shape in shapes for text in shape.texts("dim")] if shapes else arguments.texts(name)
    return [{"true": "True", "false": "False"}.get(text, text) for text in found]


def without_batch(axis: str) -> str:
    """An axis counted without the batch's; one counted from the end stays."""
    number = whole(axis)
    return axis if number is None or number < 0 else str(number - 1)


def _name(type_: str, argument: str) -> str:
    camel = "".join(part[:1].upper() + part[1:] for part in argument.split("_"))
    return OWN_NAMES.get((type_, argument)) or NAMES.get(argument, camel)


def _sizes(type_: str, tensors: Mapping[str, Shape], given: Mapping[str, str]) -> dict[str, str]:
    """What the weights' shapes say of a layer."""
    if type_ == "PReLU":
        return {"Shared": str(prod(tensors.get("slope", ())) == 1)}
    weight = tensors.get("W")
    if not weight:
        return {}
    if type_ == "Embed":
        return {"NumClass": str(weight[0]), "Shape": _joined(weight[1:])}
    found = {"WithBias": str("b" in tensors)}
    if type_ in DENSE:
        found["OutShape"] = _joined(weight[1:])
    elif type_ in ("DepthwiseConvolution", "DepthwiseDeconvolution"):
        found["KernelShape"] = _joined(weight[1:])
    elif type_.endswith("Convolution"):
        found |= {"OutMaps": str(weight[0]), "KernelShape": _joined(weight[2:])}
    elif type_ == "Deconvolution":
        outputs = sum(weight[1:2]) * (whole(given.get("Group", "1")) or 1)
        found |= {"OutMaps": str(outputs), "KernelShape": _joined(weight[2:])}
    return found


def _joined(sizes: Shape) -> str:
    return ",".join(map(str, sizes))
