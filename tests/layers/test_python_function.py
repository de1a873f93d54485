"""The layer that runs a user's function: what it accepts, what it says is wrong, and that reading runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch

from designer.layers import Facts, ShapeError, make
from designer.layers.base import Shape

DOUBLE = "def forward(x):\n    return x * 2\n"


def facts(code: str, *inputs: Shape, output_shape: list[int] | None = None) -> Facts | ShapeError:
    return make("PythonFunction", {"code": code, "output_shape": output_shape}).facts(inputs or ((3, 4),))


def test_the_shape_is_the_first_inputs_or_the_one_given() -> None:
    assumed = facts(DOUBLE)
    assert isinstance(assumed, Facts) and assumed.outputs == ((3, 4),)
    assert facts(DOUBLE, output_shape=[7]) == Facts(((7,),))
    assert make("PythonFunction", {"output_shape": [7, 2]}).summary() == "7x2"


@pytest.mark.parametrize(
    ("code", "output_shape", "told"),
    [
        (DOUBLE, None, True), (DOUBLE, [3, 4], False), ("def forward(x):\n    return x\n", None, False),
        ("def forward(x): return x.T", None, True), ("@wrapped\ndef forward(x): return x", None, True),
        ("def forward(x, y=1): return y", None, True),
    ],
)  # fmt: skip
def test_a_shape_that_is_only_assumed_is_told(code: str, output_shape: list[int] | None, told: bool) -> None:
    found = facts(code, output_shape=output_shape)
    assert isinstance(found, Facts)
    assert [note.code for note in found.notes] == (["assumed-shape"] if told else [])
    assert all(note.text.values == {"shape": "3x4"} for note in found.notes)


@pytest.mark.parametrize(
    ("code", "wires"),
    [
        ("def forward(a, b): return a + b", 2),
        ("def forward(a, b, /, c): return a", 3),
        ("def forward(a, b=1): return a", 1),
        ("def forward(a, b=1): return a", 2),
        ("def forward(*all): return sum(all)", 5),
        ("def forward(a, *, scale=2): return a * scale", 1),
    ],
)
def test_a_function_takes_as_many_arguments_as_wires_enter(code: str, wires: int) -> None:
    assert isinstance(facts(code, *[(3,)] * wires), Facts)


@pytest.mark.parametrize(
    ("code", "wires", "text"),
    [
        (DOUBLE, 2, "The function takes 1 arguments (x), but 2 wires enter this node."),
        ("def forward(a, b): return a", 1, "The function takes 2 arguments (a, b), but 1 wires enter this node."),
        ("def forward(x, *, y): return x", 1, "The function has arguments without a default that no wire can give."),
        ("def forward(x:\n  return x", 1, "Line 1 of the function cannot be read: '(' was never closed."),
        ("def forward(x):\n    y = = 2\n", 1, "Line 2 of the function cannot be read: invalid syntax."),
        ("def forward(x): await x", 1, "Line 1 of the function cannot be read: 'await' outside async function."),
        ("", 1, "The text must be one function, `def forward(x): ...`, with nothing before or after it."),
        ("import os\n" + DOUBLE, 1,
         "The text must be one function, `def forward(x): ...`, with nothing before or after it."),
        (DOUBLE + "print('here')", 1,
         "The text must be one function, `def forward(x): ...`, with nothing before or after it."),
        ("async def forward(x): return x", 1,
         "The text must be one function, `def forward(x): ...`, with nothing before or after it."),
        ("def f(x): return " + "-" * 15_000 + "x", 1, "The function cannot be read: "),
        ("def f(x): return " + "(" * 3000, 1, "Line 1 of the function cannot be read: "),
        ("def f(x): return x\0", 1, "of the function cannot be read: "),
    ],
)  # fmt: skip
def test_errors_stand_at_the_property_and_say_what_is_wrong(code: str, wires: int, text: str) -> None:
    found = facts(code, *[(3,)] * wires)
    assert isinstance(found, ShapeError)
    assert (found.code, found.data) == ("bad-property", {"field": "code"})
    assert text in str(found.message)


def test_a_text_that_is_too_long_is_refused() -> None:
    found = facts(DOUBLE + "#" * 20_000)
    assert isinstance(found, ShapeError)
    assert found.code == "bad-property"


def test_reading_a_function_runs_nothing_of_it(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    write = f"open({str(trace)!r}, 'w')"
    for code in (
        f"@{write}\ndef forward(x): return x",
        f"def forward(x, y={write}): return x",
        f"def forward(x: {write}): return {write}",
    ):
        layer = make("PythonFunction", {"code": code})
        assert isinstance(layer.facts(((3,),)), Facts)
        assert layer.functions()
        assert not trace.exists()


@pytest.mark.parametrize(
    ("code", "shapes", "output_shape"),
    [
        (DOUBLE, [(3, 4)], None),
        ("def forward(a, b):\n    return torch.cat((a, b), dim=1)", [(3, 4), (2, 4)], [5, 4]),
        ("def forward(x): return F.relu(x).flatten(1)", [(3, 4)], [12]),
    ],
)
def test_the_layer_agrees_with_torch_where_the_user_says_the_right_shape(
    code: str, shapes: list[Shape], output_shape: list[int] | None
) -> None:
    agrees_with_torch(make("PythonFunction", {"code": code, "output_shape": output_shape}), *shapes)


def test_functions_get_names_of_their_own_in_the_code() -> None:
    first, other = make("PythonFunction", {"code": DOUBLE}), make("PythonFunction", {"code": DOUBLE.replace("2", "3")})
    (name,), (other_name,) = first.functions(), other.functions()
    assert name.startswith("forward_")
    assert name != other_name
    assert first.call("", ["a", "b"], ((3,), (3,))) == f"{name}(a, b)"
    assert first.functions()[name] == DOUBLE.replace("forward", name).strip("\n") + "\n"
    windows = make("PythonFunction", {"code": DOUBLE.replace("\n", "\r\n")})
    assert windows.functions() == first.functions()
    assert not make("PythonFunction", {"code": "nonsense("}).functions()


@pytest.mark.parametrize(
    "code",
    [
        "# def other(\n@staticmethod\ndef forward(x): return x",
        "def \\\n  forward(x): return x",
        "def ｆｏｒｗａｒｄ(x): return x",
        "def f(x):\n    def forward(y): return y\n    return forward(x)",
    ],
)
def test_only_the_functions_own_name_changes(code: str) -> None:
    layer = make("PythonFunction", {"code": code})
    ((name, text),) = layer.functions().items()
    names: dict[str, object] = {}
    exec(text, names)
    assert name in names
    assert ("# def other(" in text) == ("# def other(" in code)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("def f(x):\n return\\'\"#@", max_size=40).map(lambda text: "def f(x):" + text))
def test_no_text_crashes_the_reading(code: str) -> None:
    layer = make("PythonFunction", {"code": code})
    found = layer.facts(((3,),))
    assert isinstance(found, Facts) == bool(layer.functions()) or isinstance(found, ShapeError)
