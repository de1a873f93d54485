"""What NNC's preprocessing layers become."""

from __future__ import annotations

from designer.importers.nnc.layers import Converter, Made, layer, pair
from designer.importers.nnc.values import Properties


def _flip(p: Properties) -> Made:
    axes = p.numbers("Axes", "0")
    if any(axis not in (1, 2) for axis in axes):
        p.give_back("Axes")
    return Made("RandomFlip", {"horizontal": 2 in axes, "vertical": 1 in axes})


PREPROCESS: dict[str, Converter] = {
    "RandomFlip": _flip,
    "OneHot": layer("OneHot", shape=lambda p: p.numbers("Shape", "100")),
    "RandomCrop": layer("RandomCrop", size=lambda p: p.numbers("Shape", "1,24,24")[-2:]),
    "RandomShift": layer("RandomShift", pixels=pair("Shift", "0,0")),
}
"""NNC's type -> how it becomes a layer of ours."""
