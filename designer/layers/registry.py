"""From a node to its layer: the catalogue by type name, and the conversion of a node's params to a layer's fields."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from designer.errors import message
from designer.graph.expressions import Env, ExpressionError, is_formula, resolve
from designer.graph.model import Node
from designer.layers import families
from designer.layers.base import Category, Invalid, Layer, Missing, Shape, ShapeError
from designer.layers.fields import expected, fields

ENTRY_POINT = "netdesigner.layers"

_interned: dict[tuple[str, bytes], Layer] = {}


@cache
def catalogue() -> dict[str, type[Layer]]:
    """Every layer there is, by type name, in the palette's order: our families, then those of other packages."""
    found: dict[str, type[Layer]] = {}
    for name in sorted(_modules(), key=lambda name: (families.ORDER.index(family_of(name)), name)):
        _collect(importlib.import_module(f"{families.__name__}.{name}"), found)
    return found | {name: cls for name, cls in _foreign().items() if name not in found}


def class_of(type_: str) -> type[Layer] | None:
    """The layer of that type name, or None. Loads only the module that it lies in, while `catalogue` loads all.

    100 ms less for whoever reads a file with a dozen types of layers.
    """
    found = _known.get(type_)
    if found is None:
        found = _found(type_)
        if found is not None:
            _known[type_] = found
    return found


_known: dict[str, type[Layer]] = {}


def _found(type_: str) -> type[Layer] | None:
    home = _homes().get(type_)
    if home is not None:
        own: dict[str, type[Layer]] = {}
        _collect(importlib.import_module(f"{families.__name__}.{home}"), own)
        if type_ in own:
            return own[type_]
    return _foreign().get(type_) if _homes() else catalogue().get(type_)  # installed without its sources


def _modules() -> Iterator[str]:
    """The names of the modules of our families."""
    for folder in families.__path__:
        for path in Path(folder).iterdir():  # pkgutil takes 5 ms to load
            if path.suffix in (".py", ".pyc") and not path.name.startswith("_"):
                yield path.stem


@cache
def _homes() -> dict[str, str]:
    """For each class at the beginning of a line in our families, the module that it lies in: read, not run."""
    homes: dict[str, str] = {}
    for folder in families.__path__:
        for path in Path(folder).iterdir():
            if path.suffix == ".py":
                for part in path.read_text(encoding="utf-8").split("\nclass ")[1:]:
                    homes[part[: part.find("(")]] = path.stem
    return homes


@cache
def _foreign() -> dict[str, type[Layer]]:
    """The layers of other packages."""
    from importlib import metadata  # 30 ms, and nothing but the palette and unknown layers needs it

    found: dict[str, type[Layer]] = {}
    for entry in metadata.entry_points(group=ENTRY_POINT):
        _collect(entry.load(), found)
    return found


def family_of(module: str) -> str:
    """The family that a module of `families` belongs to: shape_order -> shape."""
    return module.partition("_")[0]


def _collect(module: Any, found: dict[str, type[Layer]]) -> None:
    for value in vars(module).values():
        if not isinstance(value, type) or not issubclass(value, Layer) or value.__name__.startswith("_"):
            continue
        if value.__module__ == module.__name__:  # not what it imports
            found[value.__name__] = value


def layer_of(node: Node) -> Layer:
    """The node's layer, memoised on the node (which never changes); `Missing` or `Invalid` where there is none.

    Properties with formulas have their defaults here: what a formula gives depends on where the node stands.
    """
    found: Layer | None = node.__dict__.get("layer")
    if found is None:
        params = node.params
        if node.names is not None:
            texts = _texts(node.type)
            params = {name: value for name, value in params.items() if name in texts or not is_formula(value)}
        found = node.__dict__["layer"] = make(node.type, params)
    return found


def layers_of(nodes: Sequence[Node]) -> list[Layer]:
    """`layer_of` for many nodes, with a call for each only if it has not seen them all."""
    try:
        return list(map(_layer, nodes))
    except AttributeError:
        return list(map(layer_of, nodes))


_layer: Callable[[Node], Layer] = attrgetter("layer")


def resolved_layer(node: Node, env: Env, inputs: Sequence[Shape] = ()) -> Layer:
    """The layer of a node with its formulas evaluated for these names and input shapes.

    Unlike `layer_of`, which puts the defaults where there are formulas.
    """
    if node.names is None:
        return layer_of(node)
    params = {}
    texts = _texts(node.type)
    for name, value in node.params.items():
        try:
            params[name] = value if name in texts else resolve(value, env, inputs)
        except ExpressionError as error:
            return Invalid(error=ShapeError("formula", error.message, data={"field": name}))
    return make(node.type, params)


@cache
def _texts(type_: str) -> frozenset[str]:
    """The properties of a layer that are texts: a '=' at their beginning means nothing."""
    cls = class_of(type_)
    if cls is None or not _may_have_texts(cls):
        return frozenset()
    return frozenset(field.name for field in fields(cls) if field.kind in ("text", "code"))


def _may_have_texts(cls: type[Layer]) -> bool:
    """Whether any annotation, as it is written, speaks of texts: 3 ms less for each layer that has none."""
    hints = [vars(base).get("__annotations__", {}) for base in cls.__mro__]
    written = [hint for each in hints for name, hint in each.items() if name in cls.__struct_fields__]
    return any(not isinstance(hint, str) or re.search(r"\b(str|Text)\b", hint) for hint in written)


def unknown_properties(node: Node) -> list[str]:
    """The properties in a node's params that its layer does not have; none where the layer itself is not there."""
    cls = class_of(node.type)
    return [name for name in node.params if name not in cls.__struct_fields__] if cls else []


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
    cls = class_of(type_)
    if cls is None:
        return Missing(kind=type_)
    try:
        return msgspec.convert(params, cls)
    except msgspec.ValidationError as error:
        return Invalid(error=_bad_property(cls, params, str(error)))


def _bad_property(cls: type[Layer], params: dict[str, Any], reason: str) -> ShapeError:
    """The error about the property that msgspec names at the end of its text: '... - at `$.kernel_size[0]`'."""
    name = reason.rpartition(" - at `$.")[2].rstrip("`").partition("[")[0]
    field = next((field for field in fields(cls) if field.name == name), None)
    if field is None:
        text = message("The properties of this {layer} cannot be used: {reason}.", layer=title_of(cls), reason=reason)
        return ShapeError("bad-property", text, data={"field": ""})
    value = msgspec.json.encode(params.get(name)).decode()
    text = message("{property} of this {layer} must be {expected}, but it is {value}.",
                   property=message(field.title), layer=title_of(cls), expected=expected(field),
                   value=value if len(value) <= 60 else f"{value[:60]}...")  # fmt: skip
    return ShapeError("bad-property", text, data={"field": name})


# ---- what the palette and the search show


@cache
def by_category() -> dict[Category, tuple[type[Layer], ...]]:
    """The palette: the layers of each category that has any, both in the catalogue's order."""
    found: dict[Category, list[type[Layer]]] = {}
    for cls in catalogue().values():
        found.setdefault(cls.category, []).append(cls)
    return {category: tuple(layers) for category, layers in found.items()}


def title_of(cls: type[Layer]) -> str:
    """What the palette calls a layer: 'Global average pool'."""
    return cls.title or cls.__name__


def stem_of(cls: type[Layer]) -> str:
    """What new nodes are called, without their number: 'conv'."""
    return cls.stem or cls.__name__.lower()


def documentation(cls: type[Layer]) -> str:
    """The layer's documentation; its first sentence says what it does."""
    import inspect  # which nothing before the palette needs

    return inspect.cleandoc(cls.__doc__ or "")


def search(text: str) -> list[type[Layer]]:
    """The layers that people may mean, best first: a name that starts so, a word in it that does, then any part of it.

    Looks at titles, class names, aliases and categories; upper and lower case and spaces make no difference.
    """
    wanted = _squeezed(text)
    ranked = [(_rank(wanted, cls), cls) for cls in catalogue().values()]
    return [cls for rank, cls in sorted(ranked, key=lambda pair: pair[0]) if rank < _NO_MATCH]


_NO_MATCH = 100


def _rank(wanted: str, cls: type[Layer]) -> int:
    """Smaller is better: how well a name matches counts first, then whether it is a title, an alias or a category.

    Of the aliases, names that other programs use ('SigmoidCrossEntropy') go before words about the layer.
    """
    names = [alias for alias in cls.aliases if " " not in alias]
    words = [alias for alias in cls.aliases if " " in alias]
    groups = ((title_of(cls), cls.__name__), names, words, (cls.category,))
    ranks = (_match(wanted, name) + place for place, names in enumerate(groups) for name in names)
    return min(ranks, default=_NO_MATCH)


def _match(wanted: str, name: str) -> int:
    squeezed = _squeezed(name)
    if squeezed == wanted:
        return 0
    if squeezed.startswith(wanted):
        return 10
    starts = (m.start() for m in re.finditer(r"(?<=[a-z0-9])[A-Z]|\b\w", name))
    if any(_squeezed(name[start:]).startswith(wanted) for start in starts):
        return 20
    return 30 if wanted in squeezed else _NO_MATCH


def _squeezed(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.casefold())
