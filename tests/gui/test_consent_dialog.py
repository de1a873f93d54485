"""Training asks before it runs functions that are written in a drawing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
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
    Node(id="f", type="PythonFunction", name="scaling", params={"code": "def twice(x):\n    return x * 2\n"}),
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
    assert seen[0] == "# in the node scaling\ndef twice(x):\n    return x * 2"
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


def test_every_function_names_its_nodes_and_enter_is_no_consent(qtbot: QtBot) -> None:
    def function(node_id: str, name: str, number: int) -> Node:
        code = f"def forward(x):\n    return x * {number}\n"
        return Node(id=node_id, type="PythonFunction", name=name, params={"code": code})

    functions = (function("f", "first", 2), function("g", "second\nexec('')", 2), function("h", "other", 3))
    nodes = (NODES[0], *functions, *NODES[2:])
    graph = Graph(root=Body(nodes, tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))))
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    seen: list[str] = []

    def press_enter() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        seen.append(dialog.findChild(QPlainTextEdit, "consentFunctions").toPlainText())  # type: ignore[union-attr]
        focused = dialog.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Return)

    QTimer.singleShot(100, parent, press_enter)
    assert not may_run_functions(parent, graph)
    body = "def forward(x):\n    return x * "
    assert seen == [f"# in the nodes first, second exec('')\n{body}2\n\n# in the node other\n{body}3"]
