"""From a node to its layer: the catalogue by type name, and the conversion of a node's params to a layer's fields."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib import metadata
from typing import Any

import msgspec

from designer.errors import message
from designer.graph.model import Node
from designer.layers import families
from designer.layers.base import Invalid, Layer, Missing, ShapeError

ENTRY_POINT = "netdesigner.layers"

_interned: dict[tuple[str, bytes], Layer] = {}


@cache
def catalogue() -> dict[str, type[Layer]]:
    """Every layer there is, by type name, in the palette's order: our families, then those of other packages."""
    found: dict[str, type[Layer]] = {}
    for module in sorted(pkgutil.iter_modules(families.__path__), key=lambda m: families.ORDER.index(m.name)):
        _collect(importlib.import_module(f"{families.__name__}.{module.name}"), found)
    for entry in metadata.entry_points(group=ENTRY_POINT):
        _collect(entry.load(), found)
    return found


def _collect(module: Any, found: dict[str, type[Layer]]) -> None:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Layer) and value.__module__ == module.__name__:
            if not value.__name__.startswith("_"):
                found[value.__name__] = value


def layer_of(node: Node) -> Layer:
    """The node's layer, memoised on the node (which never changes); `Missing` or `Invalid` where there is none."""
    found: Layer | None = node.__dict__.get("layer")
    if found is None:
        found = node.__dict__["layer"] = make(node.type, node.params)
    return found


def make(type_: str, params: dict[str, Any]) -> Layer:
    """The layer of that type with these properties. Equal ones are one object, so that their results are shared."""
    key = (type_, msgspec.json.encode(params))
    layer = _interned.get(key)
    if layer is None:
        if len(_interned) > 20_000:  # an evening of dragging sliders
            _interned.clear()
        layer = _interned[key] = _make(type_, params)
    return layer


def _make(type_: str, params: dict[str, Any]) -> Layer:
    cls = catalogue().get(type_)
    if cls is None:
        return Missing(kind=type_)
    try:
        return msgspec.convert(params, cls)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`").partition("[")[0]
        text = message("{field} of a {layer} cannot be {value}: {reason}.", layer=type_, field=field or "a property",
                       value=repr(params.get(field)), reason=reason)  # fmt: skip
        return Invalid(error=ShapeError("bad-property", text, data={"field": field}))
