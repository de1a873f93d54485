"""The catalogue of layers: one class per layer, one file per family. No Qt, no torch."""

from designer.layers.base import Facts, Layer, Note, Ports, Shape, ShapeError
from designer.layers.fields import Field, expected, fields, visible_fields
from designer.layers.registry import (
    by_category,
    catalogue,
    documentation,
    layer_of,
    make,
    search,
    stem_of,
    title_of,
)

__all__ = [
    "Facts",
    "Field",
    "Layer",
    "Note",
    "Ports",
    "Shape",
    "ShapeError",
    "by_category",
    "catalogue",
    "documentation",
    "expected",
    "fields",
    "layer_of",
    "make",
    "search",
    "stem_of",
    "title_of",
    "visible_fields",
]
