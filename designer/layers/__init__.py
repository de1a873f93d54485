"""The catalogue of layers: one class per layer, one file per family. No Qt, no torch."""

from designer.layers.base import Facts, Layer, Note, Ports, Shape, ShapeError
from designer.layers.registry import catalogue, layer_of, make

__all__ = ["Facts", "Layer", "Note", "Ports", "Shape", "ShapeError", "catalogue", "layer_of", "make"]
