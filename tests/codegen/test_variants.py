"""What differs between variants of a class: constants found in statements, parameters for them, rules over i."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structure_graphs import structures

from designer.codegen.construction import Construction, numbered
from designer.codegen.parameters import Given, Parameters
from designer.codegen.source import source
from designer.codegen.templates import aligned, template
from designer.shapes import analyze, problems


@pytest.mark.parametrize(
    ("text", "values", "roles"),
    [
        ("self.c = nn.Conv2d(3, 16, (3, 1), padding=1)", [3, 16, (3, 1), 1],
         ["in_channels", "out_channels", "kernel_size", "padding"]),
        ("x = x * -0.5", [-0.5], [""]),
        ("for _ in range(4):", [4], ["times"]),
        ('self.畳み込み = nn.Upsample(scale_factor=2, mode="nearest")', [2, "nearest"], ["scale_factor", "mode"]),
        ("x = x[:, 1:3]", [1, 3], ["", ""]),
        ("# Initial weights 3", [], []),
        ("def forward(self, x: torch.Tensor) -> torch.Tensor:", [], []),
        ("self.b = Stage(4 * (i + 1), True)", [4, 1, True], ["0", "0", "1"]),
    ],
)  # fmt: skip
def test_constants_of_a_statement_are_found_with_what_they_are(
    text: str, values: list[object], roles: list[str]
) -> None:
    found = template(text)
    assert [slot.value for slot in found.slots] == values
    assert [slot.role for slot in found.slots] == roles
    assert found.filled([slot.text for slot in found.slots]) == text


@given(structures())
def test_every_statement_is_its_template_filled_with_its_own_constants(graph: object) -> None:
    if any(p.severity == "error" for p in problems(analyze(graph))):  # type: ignore[arg-type]
        return
    text = source(graph)  # type: ignore[arg-type]
    for line in text[text.index("\nclass ") : text.index("\nif __name__")].splitlines():
        statement = line.partition("  #")[0].strip()
        if re.match(r"(self|x)\b", statement) and statement.endswith(")"):
            found = template(statement)
            assert found.filled([slot.text for slot in found.slots]) == statement


def test_arguments_that_some_leave_out_are_written_in_all() -> None:
    texts = ['self.c = nn.Conv2d(3, 4, 3, padding="same")', "self.c = nn.Conv2d(3, 4, (1, 3), stride=2)"]
    assert aligned(texts) == [
        'self.c = nn.Conv2d(3, 4, 3, stride=1, padding="same")',
        "self.c = nn.Conv2d(3, 4, (1, 3), stride=2, padding=0)",
    ]
    for other in ("self.c = nn.Conv1d(3, 4, 3)", "x = self.c(x)", "self.c = nn.Conv2d(3, 4, 3, padding_mode='zeros')"):
        assert aligned([texts[0], other]) == [texts[0], other]


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ((8, 32), "{}"),
        ((16, 64), "2 * {}"),
        ((4, 16), "{} // 2"),
        ((72, 128), "{} + {}"),
        ((80, 160), "{} + 2 * {}"),
        ((9, 31), "{}"),
    ],
)
def test_widths_are_arguments_multiples_of_them_or_sums_with_what_enters(values: tuple[int, int], written: str) -> None:
    known = [Given("growth", (8, 32), 8, is_argument=True), Given("in_channels", (64, 96))]
    assert Parameters(known, []).use(values, list(map(str, values)), "out_channels", "conv").text == written


def test_the_spread_of_initial_weights_follows_from_the_widths() -> None:
    known = [Given("maps", (8, 32), is_argument=True), Given("in_channels", (64, 96))]
    he = tuple((2 / (9 * width)) ** 0.5 for width in (64, 96))
    glorot = tuple(-((6 / (i + o)) ** 0.5) for i, o in ((64, 8), (96, 32)))
    other = (0.1, 0.2)
    found = [Parameters(known, []).use(v, list(map(str, v)), "std", "conv") for v in (he, glorot, other)]
    assert found[0] == ("(2 / (9 * {})) ** 0.5", ("in_channels",))
    assert found[1] == ("-(6 / ({} + {})) ** 0.5", ("maps", "in_channels"))
    assert found[2] == ("{}", ("std",))


def test_strides_are_no_fractions_of_widths_and_truth_is_no_number() -> None:
    parameters = Parameters(
        [Given("width", (16, 32), 16, is_argument=True), Given("flag", (1, 0), is_argument=True)], []
    )
    assert parameters.use((1, 2), ["1", "2"], "stride", "conv").names == ("stride",)
    assert parameters.use((True, False), ["True", "False"], "bias", "conv").names == ("bias",)
    assert parameters.use((8, 3), ["8", "3"], "out_channels", "conv1").names == ("out_channels",)
    assert parameters.use((9, 7), ["9", "7"], "out_channels", "conv2").names == ("conv2_out_channels",)
    assert [p.declaration for p in parameters.all] == [
        "stride: int", "bias: bool", "out_channels: int", "conv2_out_channels: int",
    ]  # fmt: skip


RULES: list[Callable[[int, int, int], int]] = [
    lambda i, a, b: a * (i + b), lambda i, a, b: a + b * i, lambda i, a, b: a * b**i, lambda i, a, b: 64 // 2**i,
    lambda i, a, b: (a * i * i + b) % 17, lambda i, a, b: a,
]  # fmt: skip


@given(st.sampled_from(RULES), st.integers(1, 9), st.integers(-9, 9), st.integers(1, 6))
def test_a_numbered_list_gives_the_values_whether_by_a_rule_or_one_by_one(
    rule: Callable[[int, int, int], int], a: int, b: int, times: int
) -> None:
    values = [int(rule(i, a, b)) for i in range(times)]
    text = numbered([Construction("Stage", (("width", str(value)),)) for value in values])
    nn = type("nn", (), {"ModuleList": list})
    assert eval(text, {"nn": nn, "Stage": lambda width: width}) == values


def test_more_than_two_arguments_are_named() -> None:
    assert str(Construction("Fire", (("in_channels", "3"), ("maps", "16")))) == "Fire(3, 16)"
    assert str(Construction("Fire", (("a", "1"), ("b", "2"), ("c", "3")))) == "Fire(1, b=2, c=3)"
