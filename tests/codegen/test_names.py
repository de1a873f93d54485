"""Whatever people call their nodes becomes identifiers that Python, torch and the generated code can live with."""

from __future__ import annotations

import keyword
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from designer.codegen.names import (
    MAX_COLUMNS,
    MODULE_ATTRIBUTES,
    RESERVED,
    Namespace,
    class_name,
    identifier,
    in_docstring,
    shortened,
    width,
)
from designer.errors import printable

ANYTHING = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv1", "conv1"),
        ("Conv 1", "Conv_1"),
        ('a"b', "a_b"),
        ("stage1/conv-2", "stage1_conv_2"),
        ("1x1", "conv_1x1"),
        ("畳み込み", "畳み込み"),
        ("ｃｏｎｖ１", "conv1"),
        ("ﬁlter", "filter"),
        ("__init__", "init"),
        ("", "conv"),
        ("!?", "conv"),
        ("x'); import os #", "x_import_os"),
        ("línea\n2", "línea_2"),
    ],
)
def test_identifiers_stay_close_to_the_name(name: str, expected: str) -> None:
    assert identifier(name, "conv") == expected


@given(ANYTHING)
def test_every_name_gives_an_identifier_that_python_keeps_as_it_is(name: str) -> None:
    found = identifier(name, "conv")
    assert found.isidentifier()
    assert not found.startswith("_")
    assert unicodedata.normalize("NFKC", found) == found
    assert width(found) <= MAX_COLUMNS


@given(st.lists(ANYTHING | st.sampled_from(["a", "a_2", "class", "class_", "forward", "x", "ａ"]), max_size=12))
def test_claimed_names_differ_and_are_nobody_elses(names: list[str]) -> None:
    space = Namespace(["Helper"])
    found = [space.claim(identifier(name, "conv")) for name in names]
    assert len(set(found)) == len(found)
    assert not any(keyword.iskeyword(name) or name in RESERVED or name == "Helper" for name in found)


def test_a_free_name_is_given_as_it_is_and_a_taken_one_gets_a_suffix() -> None:
    space = Namespace()
    assert [space.claim(n) for n in ("conv", "conv", "conv", "class", "forward", "sum")] == [
        "conv", "conv_2", "conv_3", "class_", "forward_", "sum_",
    ]  # fmt: skip


def test_no_attribute_of_a_torch_module_can_be_hidden_by_a_node() -> None:
    own = {name for name in dir(nn.Module()) if not name.startswith("_")}
    assert own <= MODULE_ATTRIBUTES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cntk_resnet20", "CntkResnet20"),
        ("ResNet-34 (mini)", "ResNet34Mini"),
        ("畳み込みネット", "畳み込みネット"),
        ("3 layers", "Network3Layers"),
        ("", "Network"),
        ("true", "True"),
    ],
)
def test_class_names_are_in_cap_words(name: str, expected: str) -> None:
    assert class_name(name, "Network") == expected


@given(ANYTHING)
def test_every_name_gives_a_class_name(name: str) -> None:
    assert class_name(name, "Network").isidentifier()


@given(ANYTHING)
def test_no_text_can_leave_a_comment_or_a_docstring(text: str) -> None:
    assert len(f"# {printable(text)}".splitlines()) == 1
    names: dict[str, object] = {}
    exec(f'"""{in_docstring(text)}"""\nvalue = 1', names)
    assert names["value"] == 1
    assert names["__doc__"] == shortened(printable(text), 60).strip().replace('"', "'")


@given(ANYTHING, st.integers(0, 20))
def test_shortened_text_fits(text: str, columns: int) -> None:
    found = shortened(text, columns)
    assert text.startswith(found)
    assert width(found) <= columns


def test_wide_characters_count_twice() -> None:
    assert width("conv畳み") == 8
    assert shortened("畳み込み", 5) == "畳み"
