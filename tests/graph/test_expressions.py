"""Formulas: what they give, compared with Python itself, and that nothing else can be reached through them."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.graph.expressions import ExpressionError, evaluate, is_formula, names_in, parse, resolve, variables

numbers = st.integers(-50, 50)


@st.composite
def arithmetic(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["a", "b", "3", "0.5", "7"]))
    left, right = draw(arithmetic(depth - 1)), draw(arithmetic(depth - 1))
    operator = draw(st.sampled_from(["+", "-", "*", "/", "//", "%"]))
    return draw(
        st.sampled_from(
            [f"({left} {operator} {right})", f"max({left}, {right})", f"({left} if a > b else {right})", f"-{left}"]
        )
    )


@given(arithmetic(), numbers, numbers)
def test_arithmetic_gives_what_python_gives(text: str, a: int, b: int) -> None:
    try:
        expected = eval(text, {"a": a, "b": b, "max": max})
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="has no value"):
            evaluate(f"={text}", {"a": a, "b": b})
    else:
        assert evaluate(f"={text}", {"a": a, "b": b}) == expected


@pytest.mark.parametrize(
    ("text", "inputs", "value"),
    [
        ("=in.channels * 2", [(3, 8, 9)], 6),
        ("=in.height", [(3, 8, 9)], 8),
        ("=in.width / 2", [(3, 8, 9)], 4.5),
        ("=in.size", [(3, 8, 9)], 216),
        ("=in[1] + in2[0]", [(3, 8, 9), (5,)], 13),
        ("=[in.channels, 1, 1]", [(3, 8, 9)], [3, 1, 1]),
        ("=in.shape", [(3, 8)], [3, 8]),
        ("=sum(in) // in.axes", [(3, 8)], 5),
        ("=sqrt(16)", [], 4),
        ("=1 if in.height > 4 and not in.width == 9 else 2", [(3, 8, 9)], 2),
    ],
)
def test_inputs_are_shapes(text: str, inputs: list[tuple[int, ...]], value: object) -> None:
    found = evaluate(text, {}, inputs)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("=", "is no formula"),
        ("=3 +", "is no formula"),
        ("=width", "There is no variable 'width'; there are: depth"),
        ("=i * 2", "inside a Repeat only"),
        ("=1 / 0", "division by zero"),
        ("=in.channels", "There is no input 1 here: 0 are wired"),
        ("=9 ** 9 ** 9", "too large"),
        ("=10 ** 12 * 10 ** 12", "too large"),
        ("=[1] * 10 ** 9", "cannot be calculated with"),
        ("=" + "1+" * 400 + "1", "500 characters"),
        ("=__import__('os')", "cannot stand"),
        ("=().__class__", "cannot stand"),
        ("=depth.real", "cannot stand"),
        ("=[x for x in [1]]", "is no formula|cannot stand"),
        ("=(lambda: 1)()", "cannot stand"),
        ("=print(1)", "cannot stand"),
        ("='a'", "cannot stand"),
        ("=(-8) ** 0.5", "negative numbers have no roots"),
    ],
)
def test_whatever_else_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        evaluate(text, {"depth": 3})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("=many + many", "500 entries at most"),
        ("=[many, many]", "A list cannot stand in a list"),
        ("=word * 10 ** 9", "a text cannot be calculated with"),
    ],
)
def test_lists_and_texts_do_not_grow(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason):
        evaluate(text, {"many": [1] * 400, "word": "same"})


@given(st.text(max_size=40))
def test_no_text_does_anything_but_give_a_value_or_an_error(text: str) -> None:
    with suppress(ExpressionError):
        evaluate(text, {"width": 16}, [(3, 4)])


def test_a_shape_too_short_for_what_is_asked_is_named() -> None:
    with pytest.raises(ExpressionError, match="An input of shape 3 has no width"):
        evaluate("=in.width", {}, [(3,)])


def test_names_leave_out_inputs_and_functions() -> None:
    assert names_in("=max(width, in.channels) * i") == {"width", "i"}
    assert parse("=2").names == frozenset()
    assert names_in("=3 +") == frozenset()


def test_values_are_resolved_within_lists_and_dicts() -> None:
    env = {"n": 4}
    value: Any = {"a": ["=n", 1], "b": "same", "c": 2}
    assert resolve(value, env) == {"a": [4, 1], "b": "same", "c": 2}
    assert is_formula(["=n"])
    assert not is_formula("same")


def test_variables_may_use_each_other_in_any_order() -> None:
    values, faults = variables({"a": "=b * 2", "b": 4, "c": "=a + b"})
    assert values == {"a": 8, "b": 4, "c": 12}
    assert not faults


def test_a_variable_that_cannot_be_worked_out_leaves_the_others() -> None:
    values, faults = variables({"a": "=b", "b": "=a", "c": 1, "d": "=1/0", "e": math.pi})
    assert values == {"c": 1, "e": math.pi}
    assert set(faults) >= {"a", "d"}


def test_variables_in_a_circle_are_named_and_so_is_nothing_that_only_leads_into_it() -> None:
    _, faults = variables({"x": "=a", "a": "=b", "b": "=c", "c": "=a"})
    assert str(faults["a"]) == str(faults["b"]) == str(faults["c"]) == "a, b, c are defined by each other."
    assert "no variable 'a'" in str(faults["x"])


def test_a_long_chain_of_variables_is_followed_to_its_end() -> None:
    chain = {f"v{i}": f"=v{i - 1} + 1" for i in range(3000, 0, -1)}
    values, faults = variables({**chain, "v0": 0})
    assert values["v3000"] == 3000
    assert not faults


def test_lists_that_hold_each_other_do_not_fill_the_memory() -> None:
    values, faults = variables({"v0": [1], **{f"v{i}": [f"=v{i - 1}"] * 2 for i in range(1, 60)}})
    assert values == {"v0": [1]}
    assert "A list cannot stand in a list" in str(faults["v1"])
