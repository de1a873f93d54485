"""Training asks before it runs functions that are written in a drawing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.panels.consent_dialog import may_run_functions
from designer.app.panels.training import TrainingPanel
from designer.codegen import consent
from designer.graph.model import Body, Edge, Graph, Node
from designer.training.launch import Launcher

NODES = (
    Node(id="x", type="Input", params={"shape": [3, 32, 32]}),
    Node(id="f", type="PythonFunction", params={"code": "def twice(x):\n    return x * 2\n"}),
    Node(id="fc", type="Linear", params={"out_features": 10}),
    Node(id="loss", type="SoftmaxCrossEntropy"),
)
GRAPH = Graph(root=Body(NODES, tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(NODES))))


@pytest.fixture(autouse=True)
def nothing_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path))
    monkeypatch.setenv(consent.VARIABLE, "")


def press(parent: QWidget, name: str, seen: list[str]) -> None:
    """Press a button of the dialog that comes up next."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            return
        view = dialog.findChild(QPlainTextEdit, "consentFunctions")
        seen.append(view.toPlainText())
        buttons = {button.objectName() or "cancel": button for button in dialog.findChildren(QPushButton)}
        buttons[name].click()

    QTimer.singleShot(50, parent, answer)


def test_a_no_starts_no_training(qtbot: QtBot, tmp_path: Path) -> None:
    launcher = Launcher()
    panel = TrainingPanel(Document(GRAPH), launcher, tmp_path / "runs")
    qtbot.addWidget(panel)
    panel.show()
    seen: list[str] = []
    press(panel, "cancel", seen)
    panel.train()
    launcher.close()
    assert "return x * 2" in seen[0]
    assert not (tmp_path / "runs").exists()
    assert not panel.is_running


def test_a_yes_is_remembered_for_this_text(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    seen: list[str] = []
    press(parent, "allowFunctions", seen)
    assert may_run_functions(parent, GRAPH)
    assert may_run_functions(parent, GRAPH), "no second question"
    assert len(seen) == 1
    assert not consent.missing(consent.functions(GRAPH))
