"""The commands train, evaluate and runs, as people and scripts call them."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from training_cases import save_data, tiny, wait_until, weights

from designer import cli
from designer.graph import io
from designer.training.runs import Run, list_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("commands")
    save_data(found / "tiny.npz")
    io.save(tiny(), found / "tiny.json")
    return found


def train(folder: Path, root: Path, *more: str) -> int:
    return cli.main(["train", str(folder / "tiny.json"), "--data", str(folder / "tiny.npz"), "--run-dir", str(root),
                     "--device", "cpu", *more])  # fmt: skip


def newest(root: Path) -> Run:
    return Run(list_runs(root)[0].folder)


def test_train_ends_with_the_test_accuracy(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(folder, tmp_path, "--epochs", "2", "--batch-size", "16", "--seed", "3", "--accumulate", "2") == 0
    lines = capsys.readouterr().out.splitlines()
    run = newest(tmp_path)
    assert lines[0] == f"Run {run.folder}"
    assert lines[2].startswith("epoch 1/2  iteration 5  loss ")
    assert re.fullmatch(r"Test accuracy: \d+\.\d\d%", lines[-1])
    assert lines[-1] == f"Test accuracy: {run.summary().test_accuracy:.2%}"
    recipe = run.recipe()
    assert (recipe.epochs, recipe.batch_size, recipe.seed, recipe.device) == (2, 16, 3, "cpu")
    assert recipe.accumulate == 2


def test_evaluate_and_runs_speak_json(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(folder, tmp_path, "--epochs", "1")
    run = newest(tmp_path)
    capsys.readouterr()
    assert cli.main(["evaluate", str(run.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["accuracy"] == run.summary().test_accuracy
    assert {"accuracy", "loss", "top_k", "per_class", "confusion_matrix"} <= found.keys()
    assert (sum(map(sum, found["confusion_matrix"])), len(found["per_class"])) == (30, 3)
    assert cli.main(["runs", "--json", "--run-dir", str(tmp_path)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["state"], row["epochs_done"]) == (run.name, "completed", 1)


def test_evaluate_and_runs_speak_to_people(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(folder, tmp_path, "--epochs", "1")
    capsys.readouterr()
    assert cli.main(["evaluate", str(tmp_path), "--data", str(folder / "tiny.npz")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Test accuracy: ")
    assert cli.main(["runs", "--run-dir", str(tmp_path)]) == 0
    assert newest(tmp_path).name in capsys.readouterr().out
    assert cli.main(["runs", "--run-dir", str(tmp_path / "empty")]) == 0
    assert "No runs" in capsys.readouterr().out


def test_names_of_classes_and_files_reach_the_terminal_as_text(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "[bold].npz"
    arrays = dict(np.load(folder / "tiny.npz"))
    np.savez(path, **arrays, classes=np.array(["[/b]", "red\x1b[31m", ":cat:"]))
    train(folder, tmp_path, "--epochs", "1", "--data", str(path))
    assert cli.main(["evaluate", str(newest(tmp_path).folder)]) == 0
    assert cli.main(["runs", "--run-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("[/b]", "red\\x1b[31m", ":cat:", "[bold].npz"))


def test_a_completed_run_is_extended(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train(folder, tmp_path, "--epochs", "1")
    run = newest(tmp_path)
    assert cli.main(["train", "--resume", str(run.folder)]) == 2
    assert "more epochs" in capsys.readouterr().err
    assert cli.main(["train", "--resume", str(run.folder), "--epochs", "2"]) == 0
    assert "epoch 2/2" in capsys.readouterr().out
    assert cli.main(["train", "--resume", str(run.folder), "--seed", "4"]) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "Name the graph"),
        (["train", "nowhere.json"], "nowhere.json"),
        (["train", "--resume", "nowhere"], "no run 'nowhere'"),
        (["evaluate", "nowhere"], "no run 'nowhere'"),
    ],
)
def test_mistakes_are_said_in_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


def test_a_training_that_fails_says_why_and_what_to_try(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = io.load(folder / "tiny.json")
    raw = {**io.to_builtins(graph), "recipe": {"learning_rate": 1e30}}
    (tmp_path / "wild.json").write_text(json.dumps(raw))
    arguments = ["train", str(tmp_path / "wild.json"), "--data", str(folder / "tiny.npz"), "--run-dir", str(tmp_path)]
    assert cli.main(arguments) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert "Try a learning rate of 1e+29" in said
    assert "Traceback" in newest(tmp_path).log.read_text()


def test_ctrl_c_leaves_a_usable_network_and_says_where(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "designer.cli", "train", str(folder / "tiny.json"), "--epochs", "100000",
               "--data", str(folder / "tiny.npz"), "--run-dir", str(tmp_path)]  # fmt: skip
    states = set()

    def has_trained() -> bool:
        rows = list_runs(tmp_path)
        states.update(row.state for row in rows if (Path(row.folder) / "recipe.json").exists())
        return bool(rows) and rows[0].epochs_done > 0

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        wait_until(has_trained)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    run = newest(tmp_path)
    assert states <= {"running"}
    assert process.returncode == 130
    assert (run.state(), bool(weights(run))) == ("stopped", True)
    assert str(run.checkpoints) in out and f"--resume {run.folder}" in out
    assert cli.main(["evaluate", str(run.folder)]) == 0
