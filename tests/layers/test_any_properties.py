"""Whatever properties and shapes a layer gets, it says what it makes of them or gives a ShapeError, nothing else."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.layers import Facts, Field, Layer, Shape, ShapeError, by_category, fields, make
from designer.layers.base import Category

SHAPES = st.lists(st.sampled_from([1, 2, 3, 4, 6, 8]), min_size=1, max_size=5).map(tuple)


def values(field: Field) -> st.SearchStrategy[Any]:
    """What JSON may hold for a field: mostly small numbers, sometimes the bounds."""
    if field.kind == "bool":
        return st.booleans()
    if field.kind == "float":
        least = -10.0 if field.minimum is None else field.minimum
        most = 10.0 if field.maximum is None else field.maximum
        return st.sampled_from((least, most, max(least, min(most, 0.5)))) | st.floats(least, most)
    if field.kind not in ("int", "pair", "padding", "shape", "sizes"):
        return st.sampled_from(field.choices or (field.default,))
    low, high = int(field.minimum or 0), int(field.maximum or 0)
    number = st.integers(max(low, min(-3, high)), min(high, 6)) | st.sampled_from((low, high))
    several = st.lists(number, min_size=field.length[0], max_size=min(field.length[1], field.length[0] + 3))
    if field.kind in ("int", "shape"):
        return number if field.kind == "int" else several
    others = [several] if field.length[1] > 1 else []
    return st.one_of(number, *others, *map(st.just, field.choices))


@st.composite
def uses(draw: st.DrawFn, category: Category) -> tuple[Layer, tuple[Shape, ...]]:
    """A layer of that category with some of its properties set, and the shapes that it gets."""
    cls = draw(st.sampled_from(by_category()[category]))
    chosen = (
        draw(st.lists(st.sampled_from(fields(cls)), max_size=4, unique_by=lambda field: field.name))
        if fields(cls)
        else []
    )
    most = len(cls.ports.names) + len(cls.ports.optional) + (2 if cls.ports.variadic else 0)
    count = draw(st.integers(len(cls.ports.names), most))
    first = draw(SHAPES)
    shapes = tuple(draw(st.just(first) | SHAPES) for _ in range(count))
    return make(cls.__name__, {field.name: draw(values(field)) for field in chosen}), shapes


@pytest.mark.parametrize("category", get_args(Category))
def test_nothing_but_a_shape_error_comes_out(category: Category) -> None:
    @settings(max_examples=60)
    @given(uses(category))
    def check(use: tuple[Layer, tuple[Shape, ...]]) -> None:
        layer, shapes = use
        assert isinstance(layer.summary(), str)
        found = layer.facts(shapes)
        if isinstance(found, ShapeError):
            names = {f"from{port}": "it" for port in range(len(shapes))}
            assert found.message.template.format(**names, **found.message.values)
        else:
            agrees_with_itself(layer, shapes, found)

    check()


def agrees_with_itself(layer: Layer, shapes: tuple[Shape, ...], facts: Facts) -> None:
    """Whole sizes and counts, the same in every place, and code that can be read as Python."""
    assert all(shape and all(type(size) is int and size > 0 for size in shape) for shape in facts.outputs)
    costs = layer.costs(*shapes)
    assert all(type(count) is int and count >= 0 for count in costs)
    assert costs.multiply_adds == facts.multiply_adds
    assert layer.training(*shapes).keys() <= layer.weights(*shapes).keys()
    assert type(layer.parameters_nnc(*shapes)) is int
    layer.saved(*shapes)
    module = layer.module(*shapes)
    for statement in (*([module] if module else []), *layer.set_up("self.m", *shapes), *layer.functions().values()):
        compile(statement, "module", "exec")
    if not layer.is_frame and not (layer.is_end and not (layer.is_loss or layer.is_metric)):
        names = ["batch"] if layer.makes_values else [f"x{port}" for port in range(len(shapes))]
        if (layer.is_loss or layer.is_metric) and len(names) == 1:
            names.append("y")  # the target, which comes from the data
        compile(layer.call("self.m" if module else "", names, shapes), "call", "eval")
