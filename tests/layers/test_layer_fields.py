"""Fields for the inspector: complete, typed, with words for what a property takes."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import pytest
from msgspec import Meta

from designer.errors import Message
from designer.layers import Field, Layer, ShapeError, catalogue, expected, fields, make, visible_fields
from designer.layers.families.arithmetic import Scale
from designer.layers.families.control import Repeat
from designer.layers.families.convolution import Conv1d, Conv2d, Conv3d
from designer.layers.families.io import Input
from designer.layers.families.pooling import MaxPool2d
from designer.layers.families.pooling_sizes import Upsample

EVERY_FIELD = [(cls, field) for cls in catalogue().values() for field in fields(cls)]
IDS = [f"{cls.__name__}.{field.name}" for cls, field in EVERY_FIELD]


def field_of(cls: type[Layer], name: str) -> Field:
    return next(field for field in fields(cls) if field.name == name)


@pytest.mark.parametrize(("cls", "field"), EVERY_FIELD, ids=IDS)
def test_every_field_has_title_description_bounds_and_a_default_within_them(cls: type[Layer], field: Field) -> None:
    assert field.title
    assert field.title != field.name
    assert field.description.endswith(".")
    assert getattr(make(cls.__name__, {}), field.name) == field.default
    if field.kind in ("int", "float", "pair", "padding", "shape"):
        assert field.minimum is not None
        assert field.maximum is not None
        default = field.default if isinstance(field.default, tuple) else (field.default,)
        assert all(field.minimum <= n <= field.maximum for n in default if n is not None)
    if field.kind in ("choice", "padding"):
        assert field.choices
    if field.optional:
        assert field.default is None  # so that taking the value away is the same as setting it to nothing


@pytest.mark.parametrize(("cls", "field"), EVERY_FIELD, ids=IDS)
def test_bounds_are_what_the_layer_takes(cls: type[Layer], field: Field) -> None:
    if field.kind not in ("int", "float", "pair", "padding"):
        return
    low, high = field.minimum or 0, field.maximum or 0
    for value in (low, high):
        assert getattr(make(cls.__name__, {field.name: value}), field.name) == value
    for value in (low - 1, high + 1):
        found = make(cls.__name__, {field.name: value}).facts(((3, 8, 8),))
        assert isinstance(found, ShapeError)
        assert (found.code, found.data["field"]) == ("bad-property", field.name)


def test_kinds() -> None:
    assert field_of(Conv2d, "out_channels")[:4] == ("out_channels", "int", 16, 1)
    assert field_of(Conv2d, "kernel_size").kind == "pair"
    assert field_of(Conv2d, "padding").kind == "padding"
    assert field_of(Conv2d, "padding").choices == ("same", "valid", "full")
    assert field_of(Conv2d, "bias").kind == "bool"
    assert field_of(Conv2d, "weight_init").choices[:2] == ("default", "he_normal")
    assert (field_of(Conv2d, "bias_init").kind, field_of(Conv2d, "bias_init").optional) == ("float", True)
    assert (field_of(MaxPool2d, "stride").kind, field_of(MaxPool2d, "stride").optional) == ("pair", True)
    assert (field_of(Input, "shape").kind, field_of(Input, "shape").length) == ("shape", (1, 8))
    assert field_of(Scale, "multiply").kind == "float"


def test_a_layers_own_fields_come_before_inherited_ones() -> None:
    names = [field.name for field in fields(Conv2d)]
    assert names[:3] == ["out_channels", "kernel_size", "stride"]
    assert names[6:9] == ["bias", "weight_norm", "weight_init"]


def test_training_properties_stand_under_a_heading_of_their_own() -> None:
    groups = {field.name: field.group for field in fields(Conv2d)}
    assert {name for name, group in groups.items() if group == "Training"} == {
        "weight_init", "weight_init_scale", "weight_lr", "weight_decay", "weight_frozen",
        "bias_init", "bias_init_kind", "bias_lr", "bias_decay", "bias_frozen",
    }  # fmt: skip
    assert {group for name, group in groups.items() if name in ("bias", "kernel_size", "weight_norm")} == {""}


def test_hidden_fields_are_left_out_of_forms_only() -> None:
    assert {field.name for field in fields(Repeat)} == {"times", "shared", "folded"}
    assert [field.name for field in visible_fields(Repeat)] == ["times", "shared"]


@pytest.mark.parametrize(
    ("cls", "name", "words"),
    [
        (Conv2d, "out_channels", "a whole number from 1 to 1000000"),
        (Conv2d, "kernel_size", "a whole number from 1 to 10000, or two such numbers (height, width)"),
        (
            Conv2d,
            "padding",
            "'same', 'valid', 'full', a whole number from 0 to 10000, or two such numbers (height, width)",
        ),
        (Conv1d, "padding", "'same', 'valid', 'full', or a whole number from 0 to 10000"),
        (Conv3d, "kernel_size", "a whole number from 1 to 10000, or three such numbers (depth, height, width)"),
        (Upsample, "scale_factor", "a whole number from 1 to 10000, or a list of up to 3 such numbers"),
        (Conv2d, "bias", "true or false"),
        (Conv2d, "bias_init", "a number from -1000 to 1000, or nothing"),
        (Input, "shape", "a list of 1 to 8 numbers, each a whole number from 1 to 1000000"),
        (Input, "pixels", "one of '0..1', '0..255'"),
        (Input, "dataset", "a text of 1 to 200 characters"),
    ],
)
def test_expected_says_what_a_property_takes(cls: type[Layer], name: str, words: str) -> None:
    assert str(expected(field_of(cls, name))) == words


@pytest.mark.parametrize(
    "value", [0, -1, 1.5, "3", True, None, [3], [3, 3, 3], [0, 3], {"a": 1}, 10**30, math.pi, [[3, 3]], "x" * 1000]
)
def test_a_bad_value_is_named_with_what_was_expected(value: object) -> None:
    found = make("Conv2d", {"kernel_size": value}).facts(((3, 8, 8),))
    assert isinstance(found, ShapeError)
    assert found.code == "bad-property"
    assert found.data == {"field": "kernel_size"}
    text = str(found.message)
    assert text.startswith("Kernel size of this Conv2d must be a whole number from 1 to 10000, or two such numbers")
    assert len(text) < 250
    assert isinstance(found.message.values["property"], Message)  # so that it can be translated


def test_properties_of_a_newer_program_are_no_error() -> None:
    assert make("Conv2d", {"from_the_future": 1}) == Conv2d()


class Odd(Layer, frozen=True, kw_only=True):
    """A layer with a property that no form can show."""

    category: ClassVar = "shape"
    number: Annotated[complex, Meta(title="Number")] = 0j


def test_a_type_without_a_form_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"Odd\.number"):
        fields(Odd)
