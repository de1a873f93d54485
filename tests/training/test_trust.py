"""Graphs with functions on the command line: nothing of them runs without --trust, which holds this once."""

from __future__ import annotations

from pathlib import Path

import pytest
from training_cases import CLASSES, SIZE, chain, save_data

from designer import cli
from designer.codegen import consent
from designer.graph import io
from designer.training.runs import Run, list_runs


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(consent.VARIABLE, "")
    save_data(tmp_path / "tiny.npz")
    layers = [
        ("Input", {"shape": [3, SIZE, SIZE]}), ("PythonFunction", {"code": "def half(x):\n    return x / 2\n"}),
        ("Linear", {"out_features": CLASSES}), ("SoftmaxCrossEntropy", {}),
    ]  # fmt: skip
    io.save(chain(*layers), tmp_path / "net.json")
    return tmp_path


def run(folder: Path, *more: str) -> int:
    return cli.main(["train", str(folder / "net.json"), "--data", str(folder / "tiny.npz"), "--epochs", "1",
                     "--device", "cpu", "--run-dir", str(folder / "runs"), *more])  # fmt: skip


def test_training_and_evaluating_need_trust_each_time(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(folder) != 0
    assert "--trust" in capsys.readouterr().err
    assert run(folder, "--trust") == 0
    assert not consent.file().exists(), "it holds this once"
    monkeypatch.setenv(consent.VARIABLE, "")
    trained = next(r for r in (Run(row.folder) for row in list_runs(folder / "runs")) if r.state() == "completed")
    capsys.readouterr()
    assert cli.main(["evaluate", str(trained.folder)]) != 0
    assert cli.main(["evaluate", str(trained.folder), "--trust"]) == 0


def test_exporting_shows_the_function_without_running_it(folder: Path) -> None:
    assert cli.main(["export", str(folder / "net.json"), "-o", str(folder / "net.py")]) == 0
    assert "def half_" in (folder / "net.py").read_text()
    assert cli.main(["export", str(folder / "net.json"), "-o", str(folder / "net.py"), "--trust"]) == 0
