"""What people may type into a form's fields, and how values are shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designer.app.panels.values import UnreadableError, as_json, parse, same, show, show_number
from designer.layers.fields import Field, Kind, visible_fields
from designer.layers.registry import catalogue


def field(
    kind: Kind,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    optional: bool = False,
    length: tuple[int, int] = (0, 0),
) -> Field:
    return Field("p", kind, None, minimum, maximum, choices, optional, "P", "", length)


@pytest.mark.parametrize(
    ("kind", "length", "text", "value"),
    [
        ("pair", (3, 3), "2x3x3", [2, 3, 3]),
        ("pair", (3, 3), "3x3x3", 3),
        ("pair", (3, 3), "5", 5),
        ("sizes", (1, 8), "100", 100),
        ("sizes", (1, 8), "1x28x28", [1, 28, 28]),
        ("sizes", (1, 8), "3x3", [3, 3]),
        ("padding", (1, 1), "2", 2),
        ("shape", (0, 4), "", []),
    ],
)
def test_how_many_numbers_there_may_be_depends_on_the_field(
    kind: Kind, length: tuple[int, int], text: str, value: object
) -> None:
    one = field(kind, 0, 1000, length=length)
    assert parse(one, text) == value
    assert parse(one, show(one, value)) == value
    assert same(one, parse(one, text), value)


@pytest.mark.parametrize(
    ("kind", "length", "text", "unfinished"),
    [("pair", (3, 3), "2x3", True), ("pair", (3, 3), "2x3x4x5", False), ("padding", (1, 1), "1x2", False)],
)
def test_too_few_and_too_many_numbers_are_refused(
    kind: Kind, length: tuple[int, int], text: str, unfinished: bool
) -> None:
    with pytest.raises(UnreadableError) as caught:
        parse(field(kind, 0, 1000, length=length), text)
    assert caught.value.unfinished is unfinished


PADDING = field("padding", 0, 10_000, ("same", "valid"))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", " 64 ", 64),
        ("int", "６４", 64),
        ("float", "1e-4", 1e-4),
        ("float", ".5", 0.5),
        ("float", "1/256", 1 / 256),
        ("pair", "3", 3),
        ("pair", "3x5", [3, 5]),
        ("pair", "3,5", [3, 5]),
        ("pair", "3 5", [3, 5]),
        ("pair", "3×5", [3, 5]),
        ("pair", "３ｘ５", [3, 5]),
        ("pair", "3x3", 3),
        ("shape", "3x32x32", [3, 32, 32]),
        ("shape", "3, 32, 32", [3, 32, 32]),
        ("shape", "10", [10]),
        ("text", " as it is ", " as it is "),
    ],
)
def test_values_are_read_as_people_write_them(kind: Kind, text: str, value: Any) -> None:
    assert parse(field(kind), text) == value


@pytest.mark.parametrize(("text", "value"), [("same", "same"), ("Valid", "valid"), ("1", 1), ("1x2", [1, 2])])
def test_a_padding_is_a_word_or_numbers(text: str, value: Any) -> None:
    assert parse(PADDING, text) == value


@pytest.mark.parametrize(
    ("asked", "text", "unfinished"),
    [
        (field("int"), "", True),
        (field("int"), "-", True),
        (field("int"), "abc", False),
        (field("int"), "1.5", False),  # whoever deletes the rest gets a whole number
        (field("int", 2, 9), "1", True),
        (field("int", 2, 9), "10", False),
        (field("float"), "1e-", True),
        (field("float"), "1/", True),
        (field("float"), "1/0", False),
        (field("float"), "inf", False),
        (field("float"), "nan", False),
        (field("pair"), "3x", True),
        (field("pair"), "x3", False),
        (field("pair"), "3x5x7", False),
        (field("pair", 1, 9), "0x3", True),
        (PADDING, "sa", True),
        (PADDING, "some", False),
        (PADDING, "-1", False),
        (field("shape", 1, None, length=(2, 3)), "3", True),
        (field("shape", 1, None, length=(2, 3)), "1x2x3x4", False),
        (field("choice", choices=("relu", "tanh")), "sigmoid", False),
    ],
)
def test_what_is_no_value_is_told_from_a_beginning(asked: Field, text: str, unfinished: bool) -> None:
    with pytest.raises(UnreadableError) as error:
        parse(asked, text)
    assert error.value.unfinished == unfinished
    assert str(error.value).startswith("Must be ")


def test_nothing_typed_means_automatic_where_that_is_allowed() -> None:
    assert parse(field("int", optional=True), "  ") is None
    assert show(field("int", optional=True), None) == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.5, "0.5"), (20.0, "20"), (1e-4, "1e-4"), (0.0005, "5e-4"), (0.9, "0.9"), (1e-300, "1e-300"), (0.0, "0")],
)
def test_floats_are_shown_short(number: float, text: str) -> None:
    assert show_number(number) == text


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_is_shown_so_that_it_is_read_back_exactly(number: float) -> None:
    assert parse(field("float"), show_number(number)) == number


def test_every_default_of_the_catalogue_is_shown_so_that_it_is_read_back() -> None:
    for cls in catalogue().values():
        for each in visible_fields(cls):
            if each.kind != "bool":
                assert parse(each, show(each, each.default)) == as_json(each.default), (cls, each)


def test_equal_pairs_are_the_same_as_one_number_and_true_is_not_one() -> None:
    assert same(field("pair"), 3, (3, 3))
    assert same(PADDING, [1, 1], 1)
    assert not same(field("pair"), 3, (3, 5))
    assert not same(field("bool"), True, 1)
    assert same(field("shape"), (3, 32), [3, 32])
    assert not same(field("shape"), 3, [3, 3])
