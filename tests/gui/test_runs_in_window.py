"""Runs and training in one window: a run resumed or renamed in one panel is followed by the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from designer.app import create_main_window
from designer.app.main_window import MainWindow
from designer.app.panels.run_table import NAME
from designer.graph import Edge, Graph
from designer.graph.model import Body, Node
from designer.graph.recipe import Recipe
from designer.training.launch import Launcher
from designer.training.runs import Run
from tests.gui.conftest import Mouse, press_keys
from tests.gui.training_runs import epochs, finished, started, write_run


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the runs of the window lie."""
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NETDESIGNER_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def window(qtbot: QtBot, root: Path) -> Iterator[MainWindow]:
    """The app's window with an empty drawing, and the Runs tab in front."""
    made = create_main_window()
    made.resize(1500, 950)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.files.new()
    made.workbench.raise_panel("runs")
    qtbot.waitUntil(made.workbench.runs.isVisible)
    yield made
    made.document.replace(Graph(), None)
    made.close()


def select(window: MainWindow, qtbot: QtBot, name: str) -> None:
    """Click on a run's name."""
    runs = window.workbench.runs
    qtbot.waitUntil(lambda: name in {row.name for row in runs.model.rows}, timeout=5000)
    at = next(i for i in range(runs.sorted.rowCount()) if runs.sorted.index(i, NAME).data() == name)
    runs.table.setFocus()
    Mouse(runs.table).click(runs.table.visualRect(runs.sorted.index(at, NAME)).center())


def press_resume(window: MainWindow, qtbot: QtBot) -> None:
    button = window.findChild(QToolButton, "runs_resume")
    assert isinstance(button, QToolButton)
    qtbot.waitUntil(button.isEnabled, timeout=5000)
    Mouse(button).click(button.rect().center())


def said(window: MainWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def train_for_a_while(folder: Path, root: Path, qtbot: QtBot) -> Run:
    """A real training that was stopped at a checkpoint."""
    pictures = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 3), dtype=np.uint8)
    path = folder / "pictures.npz"
    np.savez(path, x_train=pictures, y_train=np.arange(60) % 3, x_test=pictures, y_test=np.arange(60) % 3)
    nodes = (
        Node(id="in", type="Input", name="in", params={"shape": [3, 8, 8]}),
        Node(id="fc", type="Linear", name="fc", params={"out_features": 3}),
        Node(id="loss", type="SoftmaxCrossEntropy", name="loss"),
    )
    graph = Graph(root=Body(nodes, (Edge(("in", 0), ("fc", 0)), Edge(("fc", 0), ("loss", 0)))), name="net")
    launcher = Launcher()
    run = launcher.start(graph, Recipe(data=str(path), epochs=100_000, batch_size=20), root)
    qtbot.waitUntil(lambda: run.events.exists() and b"Epoch" in run.events.read_bytes().title(), timeout=120_000)
    (run.folder / "stop").touch()
    qtbot.waitUntil(lambda: run.state() == "stopped" and run.resume_point.exists(), timeout=60_000)
    launcher.close()
    return run


def test_a_run_resumed_in_the_runs_tab_is_one_of_this_window(
    qtbot: QtBot, root: Path, tmp_path: Path, window: MainWindow
) -> None:
    run = train_for_a_while(tmp_path, root, qtbot)
    select(window, qtbot, run.folder.name)
    press_resume(window, qtbot)
    training = window.workbench.training
    qtbot.waitUntil(training.isVisible)
    qtbot.waitUntil(lambda: run.state() == "running" and training.is_running)
    asked: list[str] = []

    def stop() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        asked.append(box.objectName())
        next(button for button in box.buttons() if button.objectName() == "stopTraining").click()

    QTimer.singleShot(200, stop)
    assert window.close()
    assert asked == ["closeQuestion"], "it was begun here"
    qtbot.waitUntil(lambda: run.state() == "stopped", timeout=60_000)


def test_a_run_that_cannot_go_on_says_why_beside_its_curves(qtbot: QtBot, root: Path, window: MainWindow) -> None:
    run = write_run(root, [started(), *epochs(1, 2), finished("stopped")], "short", outcome="stopped")
    run.resume_point.touch()
    window.workbench.runs.refresh()
    select(window, qtbot, "short")
    press_resume(window, qtbot)
    qtbot.waitUntil(window.workbench.training.isVisible)
    assert said(window, "runProblem") == "This run cannot be resumed"
    assert window.workbench.training.monitor.run == run


def test_the_run_that_is_shown_is_followed_to_its_new_name(qtbot: QtBot, root: Path, window: MainWindow) -> None:
    run = write_run(root, [started(), *epochs(1, 2), finished("stopped")], "short", outcome="stopped")
    run.resume_point.touch()
    window.workbench.runs.refresh()
    select(window, qtbot, "short")
    press_keys(window.workbench.runs.table, Qt.Key.Key_Return)
    training = window.workbench.training
    qtbot.waitUntil(training.isVisible)
    assert training.can_resume
    window.workbench.raise_panel("runs")
    select(window, qtbot, "short")
    press_keys(window.workbench.runs.table, Qt.Key.Key_F2)
    editor = window.workbench.runs.table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    press_keys(editor, "renamed", Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: training.monitor.run == Run(root / "renamed"))
    assert training.can_resume
