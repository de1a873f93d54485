"""Functions that users wrote: they are part of the code, and no code with them runs before somebody agreed to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from codegen_graphs import Drawing

from designer.codegen import consent
from designer.codegen.build import build, instantiate
from designer.codegen.errors import CodegenError
from designer.codegen.source import generate, source
from designer.graph import Graph
from designer.graph.io import save

MIX = '''def mix(a, b):
    """The mean of two."""
    return (a + b) / 2  # of equal weight
'''


@pytest.fixture(autouse=True)
def _nothing_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(consent.VARIABLE, "")
    yield


def drawing(code: str = MIX, name: str = "net") -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("Linear", "fc1", out_features=6)
    net.add("PythonFunction", "mean", "fc1", "input", code=code)
    net.add("PythonFunction", "again", "mean", "input", code=code)
    return net.graph(name)


def test_the_function_stands_in_the_code_once_as_it_was_written() -> None:
    code = generate(drawing())
    assert code.text.count("def mix_") == 1
    assert "    return (a + b) / 2  # of equal weight\n" in code.text
    lines = code.text.splitlines()
    for node in ("mean", "again"):
        shown = [lines[number - 1] for number in code.lines[node]]
        assert shown[0].startswith("def mix_")
        assert "= mix_" in shown[-1]
    assert len(code.functions) == 1


def test_nothing_is_built_without_consent_and_the_error_says_what_to_do() -> None:
    for make in (lambda: build(drawing()), lambda: instantiate(generate(drawing()))):
        with pytest.raises(consent.ConsentError) as found:
            make()
        assert found.value.code == "needs-consent"
        assert isinstance(found.value, CodegenError)
        assert "(mix)" in str(found.value.message)
        assert "--trust" in str(found.value.message)
        assert found.value.functions == generate(drawing()).functions


def test_what_was_agreed_to_runs_and_does_what_it_says() -> None:
    consent.consent(drawing())
    model = build(drawing())
    x = torch.randn(3, 6)
    torch.testing.assert_close(model(x), ((model.fc1(x) + x) / 2 + x) / 2)


def test_agreement_is_to_the_text_and_not_to_the_drawing() -> None:
    consent.consent(drawing())
    build(drawing(name="another drawing"))
    with pytest.raises(consent.ConsentError):
        build(drawing(MIX.replace("2", "3")))


def test_agreement_is_remembered_beside_older_ones() -> None:
    other = drawing(MIX.replace("2", "3"))
    consent.consent(drawing())
    consent.consent(other)
    consent.consent(other)
    assert not consent.missing(consent.functions(drawing()))
    assert not consent.missing(consent.functions(other))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"sha256": 3}', '{"sha256": [null]}', "\x00"])
def test_a_broken_file_agrees_to_nothing_and_is_replaced(content: str) -> None:
    consent.file().parent.mkdir(parents=True)
    consent.file().write_text(content)
    with pytest.raises(consent.ConsentError):
        build(drawing())
    consent.consent(drawing())
    build(drawing())


def test_trust_holds_for_this_process_and_those_it_starts(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    save(drawing(), path)
    script = "import sys, designer; designer.build(designer.load(sys.argv[1]))"
    child = [sys.executable, "-c", script, str(path)]
    refused = subprocess.run(child, capture_output=True, text=True, check=False)
    assert "ConsentError" in refused.stderr
    consent.trust(drawing())
    build(drawing())
    assert subprocess.run(child, capture_output=True, check=False).returncode == 0
    assert not consent.file().exists()
    os.environ[consent.VARIABLE] = "all"
    with pytest.raises(consent.ConsentError):
        build(drawing())


def test_drawings_without_functions_need_nobody() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("Linear", "fc1", out_features=2)
    consent.consent(net.graph())
    assert not consent.file().exists()
    build(net.graph())


def test_functions_inside_frames_are_asked_for_too() -> None:
    inside = Drawing("@in", (6,))
    inside.add("PythonFunction", "fn", code="def forward(x): return x.tanh()")
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.repeat("loop", 2, inside)
    with pytest.raises(consent.ConsentError):
        build(net.graph())
    consent.consent(net.graph())
    x = torch.randn(2, 6)
    torch.testing.assert_close(build(net.graph())(x), x.tanh().tanh())


def test_source_text_is_shown_without_consent() -> None:
    assert "def mix_" in source(drawing())


def test_a_function_cannot_reach_out_of_its_place_in_the_code() -> None:
    """The text is one `def` or an error, so nothing of it stands at the module's own level."""
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("PythonFunction", "fn", code="def forward(x): return x\nimport os")
    with pytest.raises(CodegenError, match="one function"):
        build(net.graph())
