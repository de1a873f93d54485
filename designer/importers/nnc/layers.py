"""Which layer of ours each layer of NNC becomes, and with what properties.

`convert` looks a type up in `CONVERTERS`; what nobody there asked for is kept under `nnc.NAME`, where problems name it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from designer.importers.nnc.values import Number, Properties, combined, same
from designer.importers.nnc.weights import Fans, bias, conv_fans, initial, linear_fans

KEPT = "nnc."
"""What the names of properties begin with that have no counterpart here."""

Params = dict[str, Any]


class Made(NamedTuple):
    """A layer of ours."""

    type: str
    params: Params


Converter = Callable[[Properties], Made]

NEUTRAL: dict[str, frozenset[str]] = {
    "ParameterScope": frozenset({"*Name", ""}),
    "InPlace": frozenset({"*AutoInPlace", "*AutoInPlaceOnce", "True", "False"}),
    "BaseAxis": frozenset({"0"}),
    "ChannelLast": frozenset({"False"}),
    "Seed": frozenset({"-1"}),
    "SkipAtTest": frozenset({"True"}),
    "SkipAtInspection": frozenset({"True", "False"}),
    "IsLossFunction": frozenset({"True", "False"}),
    "STEFineGrained": frozenset({"True"}),
    "Order": frozenset({"-1"}),
    "ArgName": frozenset({""}),
    "Search": frozenset({"False"}),
    "ValueType": frozenset({"Text", "Int", "Float"}),
    "BatchAxis": frozenset({"-1"}),
    "ChannelAxis": frozenset({"0"}),
    "WithIndex": frozenset({"False"}),
    "VariableName": frozenset({"y"}),
}
"""Values of properties that change nothing here, by name; every '...File' that is empty is one too."""


def convert(type_: str, properties: dict[str, str]) -> Made:
    """The layer for one of NNC's; `nnc:TYPE`, which is not in the catalogue, where there is none.

    Equal layers, of which a project's networks have many, share what is made of them: never change it in place.
    """
    return _converted(type_, tuple(properties.items()))


@lru_cache(maxsize=1024)
def _converted(type_: str, items: tuple[tuple[str, str], ...]) -> Made:
    properties = dict(items)
    given = Properties(properties)
    from designer.importers.nnc.table import CONVERTERS  # which is made with the makers below

    converter = CONVERTERS.get(type_)
    if converter is None:
        return Made(f"nnc:{type_}", {f"{KEPT}{name}": value for name, value in properties.items() if value})
    made = converter(given)
    kept = {f"{KEPT}{name}": value for name, value in given.leftovers().items() if not _is_neutral(name, value)}
    return Made(made.type, made.params | kept)


def _is_neutral(name: str, value: str) -> bool:
    if name.endswith("File") and not value:
        return True
    return value.strip() in NEUTRAL.get(name, frozenset())


# ---- makers of converters: each reader takes one property


Reader = Callable[[Properties], Any]


def num(name: str, default: str) -> Reader:
    """A number."""
    return lambda p: p.number(name, default)


def nums(name: str, default: str) -> Reader:
    """A list of numbers."""
    return lambda p: p.numbers(name, default)


def pair(name: str, default: str) -> Reader:
    """A list, or one number where all are equal."""
    return lambda p: same(p.numbers(name, default))


def flag(name: str, default: str = "False") -> Reader:
    """A truth value."""
    return lambda p: p.flag(name, default)


def word(name: str, default: str, **words: str) -> Reader:
    """One of NNC's options, by our name for it."""
    return lambda p: words.get(text := p.text(name, default) or default, text.lower())


def layer(type_: str, **readers: Reader) -> Converter:
    """A converter to a layer whose properties are read one by one."""
    return lambda p: Made(type_, {field: reader(p) for field, reader in readers.items()})


# ---- layers that take more than one reader for each property


def convolution(type_: str, kernel: str = "3,3", border: str = "same") -> Converter:
    """Convolutions with NNC's border mode; padding that it works out becomes a number."""

    def convert_(p: Properties) -> Made:
        sizes, strides = p.numbers("KernelShape", kernel), p.numbers("Strides", "1,1")
        dilation = p.numbers("Dilation", "1,1")
        params: Params = {"kernel_size": same(sizes), "stride": same(strides)}
        if dilation != [1, 1]:
            params["dilation"] = same(dilation)
        params["padding"] = _padding(p, sizes, strides, dilation, border)
        if type_ in ("DepthwiseConv2d",):
            params["multiplier"] = p.number("Multiplier", "1")
            p.text("OutMaps")
            p.text("Group")
            outputs = combined("in.channels * {0}", f"={params['multiplier']}".replace("==", "="))
        else:
            outputs = params["out_channels"] = p.number("OutMaps", "16")
            if (groups := p.number("Group", "1")) != 1:
                params["groups"] = groups
            if type_ == "DeformConv2d":
                params["offset_groups"] = p.number("DeformableGroup", "1")
        if type_.startswith("Binary"):
            _no_binary_tensor(p)
        params |= _weight_norm(p)
        return Made(
            _of_rank(type_, len(sizes)), params | _weights(p, conv_fans(sizes, outputs), "NormalConvolutionGlorot")
        )

    return convert_


def _padding(p: Properties, sizes: list[Number], strides: list[Number], dilation: list[Number], border: str) -> Any:
    mode = p.text("BorderMode", border) or border
    if p.text("Padding", "*ConvolutionPaddingSize") not in ("*ConvolutionPaddingSize", ""):
        return same(p.numbers("Padding", "0,0"))
    if mode == "valid":
        return 0
    if mode == "full":
        return same([combined("({0} - 1) * {1}", k, d) for k, d in zip(sizes, dilation, strict=False)])
    odd = all(isinstance(k, int) and k % 2 for k in sizes)
    if odd and all(stride == 1 for stride in strides):
        return "same"
    return same([combined("(({0} - 1) * {1} + 1) // 2", k, d) for k, d in zip(sizes, dilation, strict=False)])


def _of_rank(type_: str, axes: int) -> str:
    """Its one- or three-dimensional relative, where there is one."""
    return type_.replace("2d", f"{axes}d") if type_.startswith(("Conv", "MaxPool", "AvgPool")) and axes != 2 else type_


def _weights(p: Properties, fans: Fans, default: str, *, with_bias: bool = True) -> Params:
    params = initial(p, "W", fans, default)
    return params | bias(p) if with_bias else params


def _no_binary_tensor(p: Properties) -> None:
    """The signs of the weights are made anew in every pass: nothing begins with them or trains them."""
    for part in ("Initializer", "InitializerMultiplier", "LRateMultiplier"):
        p.text(f"Wb.{part}")


def _weight_norm(p: Properties) -> Params:
    """What `wiring` found between a Parameter and the layer's weight."""
    kinds = {"WeightNormalization": "weight", "WeightStandardization": "standardized", "SpectralNorm": "spectral"}
    kind = kinds.get(p.text("WeightNorm"))
    return {"weight_norm": kind} if kind else {}


def deconvolution(type_: str) -> Converter:
    """Transposed convolutions."""

    def convert_(p: Properties) -> Made:
        sizes = p.numbers("KernelShape", "5,5")
        params: Params = {"kernel_size": same(sizes), "stride": same(p.numbers("Strides", "1,1"))}
        params["padding"] = same(p.numbers("Padding", "0,0"))
        if (dilation := p.numbers("Dilation", "1,1")) != [1, 1]:
            params["dilation"] = same(dilation)
        outputs: Number
        if type_ == "DepthwiseConvTranspose2d":
            params["divisor"] = p.number("Divisor", "1")
            p.text("OutMaps")
            p.text("Group")
            outputs = "=in.channels"
        else:
            outputs = params["out_channels"] = p.number("OutMaps", "16")
            if (groups := p.number("Group", "1")) != 1:
                params["groups"] = groups
        params |= _weight_norm(p)
        type_here = _of_rank(type_, len(sizes))
        return Made(type_here, params | _weights(p, conv_fans(sizes, outputs), "NormalConvolutionHeForward"))

    return convert_


def affine(type_: str, default: str) -> Converter:
    """Fully connected layers; an output shape of several axes is kept."""

    def convert_(p: Properties) -> Made:
        shape = p.numbers("OutShape", "100")
        params: Params
        if len(shape) == 1:
            params, outputs = {"out_features": shape[0]}, shape[0]
        else:
            params, outputs = (
                {"out_features": shape},
                combined(" * ".join(f"{{{i}}}" for i in range(len(shape))), *shape),
            )
        if type_.startswith("Binary"):
            _no_binary_tensor(p)
        params |= _weight_norm(p)
        return Made(type_, params | _weights(p, linear_fans(outputs), default))

    return convert_


def pooling(type_: str) -> Converter:
    """Poolings; the stride is the kernel's size unless it is given.

    Without IgnoreBorder nnabla's output has ceil((size + 2 padding) / stride) windows (base_pooling.hpp).
    """

    def convert_(p: Properties) -> Made:
        sizes = p.numbers("KernelShape", "2,2")
        params: Params = {"kernel_size": same(sizes)}
        if p.text("Strides", "*KernelShape") not in ("*KernelShape", ""):
            params["stride"] = same(p.numbers("Strides", "2,2"))
        padding = p.numbers("Padding", "0,0")
        if padded := any(side != 0 for side in padding):
            params["padding"] = same(padding)
        if (ignore := p.flag("IgnoreBorder", "True")) is False and not padded:
            params["padding"] = "end"
        elif ignore is not True:  # here windows over the end do not go with padding on all sides
            params["ceil_mode"] = True
            p.give_back("IgnoreBorder")
        if type_ == "AvgPool2d" and p.flag("IncludingPad", "True") is not True:
            params["count_include_pad"] = False
        return Made(_of_rank(type_, len(sizes)), params)

    return convert_
