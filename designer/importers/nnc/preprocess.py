"""What NNC's preprocessing layers become."""

from __future__ import annotations

from math import degrees

from designer.importers.nnc.layers import Converter, Made, Params, Reader, layer, pair
from designer.importers.nnc.values import Number, Properties, combined, same

_LARGER_OF_BOTH = "max({0}, 1 / ({0}))"


def _always(p: Properties) -> bool:
    """Whether it goes on after training."""
    return p.flag("SkipAtTest", "True") is False


def _flip(p: Properties) -> Made:
    axes = p.numbers("Axes", "0")
    params: Params = {"horizontal": 2 in axes, "vertical": 1 in axes, "always": _always(p)}
    if others := [axis for axis in axes if axis not in (1, 2)]:
        params["axes"] = others
    return Made("RandomFlip", params)


def _crop(p: Properties) -> Made:
    if p.text("Shape", "*Input") in ("*Input", ""):
        return Made("RandomCrop", {"size": ["=in[1]", "=in[2]"]})
    return Made("RandomCrop", {"size": p.numbers("Shape", "1,24,24")[-2:]})


def _shift(p: Properties) -> Made:
    amounts = p.numbers("Shift", "0,0")
    if len(amounts) > 2 and amounts[0] != 0:
        p.give_back("Shift")
    border = p.text("BorderMode", "nearest") or "nearest"
    return Made("RandomShift", {"pixels": same(amounts[-2:]), "border": border, "always": _always(p)})


def _end(name: str, place: int, default: str) -> Reader:
    """The first or last of the two numbers of a range."""
    return lambda p: p.numbers(name, default)[place]


def _erase(p: Properties) -> Made:
    params: Params = {"p": p.number("Prob", "0.5"), "count": p.number("N", "1"), "shared": p.flag("Share", "True")}
    for name, default, field in (
        ("AreaRatios", "0.02,0.4", "area"), ("AspectRatios", "0.3,3.3333", "ratio"), ("Replacements", "0,1", "value"),
    ):  # fmt: skip
        params[f"min_{field}"], params[f"max_{field}"] = (_end(name, place, default)(p) for place in (0, -1))
    return Made("RandomErasing", params | {"always": _always(p)})


def _at_least_one(value: Number) -> Number:
    """A factor or its inverse, whichever is larger: NNC takes both for the same range."""
    if isinstance(value, str):
        return combined(_LARGER_OF_BOTH, value)
    return value if value >= 1 or value <= 0 else 1 / value


def _augmentation(p: Properties) -> Made:
    keeps_size = p.text("Shape", "*Input") in ("*Input", "")
    angle = p.number("Angle", "0.0")
    params: Params = {} if keeps_size else {"size": same(p.numbers("Shape", "Input[1],Input[2]")[-2:])}
    skips = p.flag("SkipAtTest", "True")
    params |= {
        "pad": pair("Pad", "0,0")(p),
        "min_scale": p.number("MinScale", "1.0"), "max_scale": p.number("MaxScale", "1.0"),
        "angle": combined("{0} * 57.29577951308232", angle) if isinstance(angle, str) else degrees(angle),
        "aspect_ratio": _at_least_one(p.number("AspectRatio", "1.0")), "distortion": p.number("Distortion", "0.0"),
        "flip_lr": p.flag("FlipLR"), "flip_ud": p.flag("FlipUD"), "brightness": p.number("Brightness", "0.0"),
        "brightness_each": p.flag("BrightnessEach"), "contrast": _at_least_one(p.number("Contrast", "1.0")),
        "contrast_center": p.number("ContrastCenter", "0.5"), "contrast_each": p.flag("ContrastEach"),
        "noise": p.number("Noise", "0.0"),
        # Where the size changes, it must after training too: that is all that NNC's users mean by it.
        "always": keeps_size and skips is False,
    }  # fmt: skip
    return Made("ImageAugmentation", params)


def _mean(p: Properties) -> Made:
    if p.text("UpdateRunningMean", "True") not in ("True", ""):
        p.give_back("UpdateRunningMean")
    for name in ("mean", "t"):
        for part in ("Initializer", "InitializerMultiplier", "LRateMultiplier"):
            p.text(f"{name}.{part}")
    return Made("MeanSubtraction", {})


PREPROCESS: dict[str, Converter] = {
    "RandomFlip": _flip,
    "OneHot": layer("OneHot", shape=lambda p: p.numbers("Shape", "100")),
    "RandomCrop": _crop,
    "RandomShift": _shift,
    "RandomErase": _erase,
    "ImageAugmentation": _augmentation,
    "MeanSubtraction": _mean,
}
"""NNC's type -> how it becomes a layer of ours."""
