"""Networks of other programs in the window: dropped, opened, chosen among several, refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QTreeWidget
from pytestqt.qtbot import QtBot

from designer.app import create_main_window
from designer.app.importing import ChooseNetwork
from designer.app.main_window import MainWindow

LAYER = (
    "[{prefix}Layer_{n}]\nID={n}\nType={type}\nPosition_0=24\nPosition_1={y}\nProperty_0_Name=Name\n"
    "Property_0_Value={type}\nNumProperty=1\n"
)
LINK = "[{prefix}Link_{n}]\nSourceLayerID={n}\nSourcePinIndex=0\nDestLayerID={after}\nDestPinIndex=0\n"


def network(prefix: str, *types: str) -> str:
    layers = [LAYER.format(prefix=prefix, n=n, type=type_, y=48 * n) for n, type_ in enumerate(types)]
    links = [LINK.format(prefix=prefix, n=n, after=n + 1) for n in range(len(types) - 1)]
    return "".join([f"[{prefix}Network_Global]\n", *layers, *links])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two networks."""
    path = tmp_path / "two.sdcproj"
    head = "[Global]\nNumNetwork=2\nNetwork_0=First\nNetwork_1=Second\n[Optimizer_0]\nOptimizer_NetworkName=Second\n"
    path.write_text(head + network("First_", "Input", "Tanh") + network("Second_", "Input", "ReLU", "NmsDetection2d"))
    return path


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NETDESIGNER_RUNS", str(tmp_path / "runs"))
    made = create_main_window()
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.document.replace(made.document.graph, None)
    made.close()


def types(window: MainWindow) -> list[str]:
    return [node.type for node in window.document.graph.nodes]


def answer(window: MainWindow, *keys: Qt.Key) -> list[list[str]]:
    """Press keys in the dialog that comes up; returns what it lists."""
    shown: list[list[str]] = []

    def press() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ChooseNetwork)
        table = dialog.findChild(QTreeWidget, "networks")
        assert isinstance(table, QTreeWidget)
        items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
        shown.extend([item.text(0), item.text(1)] for item in items if item is not None)
        for key in keys:
            QTest.keyClick(table if key != Qt.Key.Key_Escape else dialog, key)

    QTimer.singleShot(10, window, press)
    return shown


def drop(window: MainWindow, mouse_over, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    assert mouse_over(window).drop(data, [QPoint(40, 40)])


def test_a_dropped_project_asks_for_the_network_and_offers_the_trained_one(qtbot, window, mouse_over, project) -> None:
    shown = answer(window, Qt.Key.Key_Return)
    drop(window, mouse_over, project)
    qtbot.waitUntil(lambda: len(types(window)) == 3)
    assert shown == [["First", "2"], ["Second", "3"]]
    assert types(window) == ["Input", "ReLU", "nnc:NmsDetection2d"]
    assert window.document.path is None
    assert window.shows_drawing
    assert "unknown-layer" in {problem.code for problem in window.document.problems}


def test_another_network_can_be_chosen(qtbot, window, mouse_over, project) -> None:
    answer(window, Qt.Key.Key_Up, Qt.Key.Key_Return)
    drop(window, mouse_over, project)
    qtbot.waitUntil(lambda: types(window) == ["Input", "Tanh"])


def test_nothing_changes_if_no_network_is_chosen(window, project) -> None:
    answer(window, Qt.Key.Key_Escape)
    window.files.open(project)
    assert types(window) == []
    assert not window.document.is_modified


def test_a_project_of_one_network_opens_at_once(window, tmp_path) -> None:
    path = tmp_path / "ONE.SDCPROJ"
    path.write_text(network("", "Input", "Tanh"))
    window.files.open(path)
    assert types(window) == ["Input", "Tanh"]


def test_only_an_edited_import_asks_to_be_saved(window, tmp_path) -> None:
    path = tmp_path / "one.sdcproj"
    path.write_text(network("", "Input", "Tanh"))
    asked: list[str] = []

    def cancel() -> None:
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            asked.append(box.text())
            box.button(QMessageBox.StandardButton.Cancel).click()

    window.files.open(path)
    assert not window.document.is_modified, "it can be imported again"
    assert not window.isWindowModified()
    QTimer.singleShot(20, window, cancel)
    window.files.open(path)
    QTest.qWait(40)
    assert asked == []
    window.document.select(window.document.graph.owners)
    window.findChild(QAction, "edit.delete").trigger()
    assert types(window) == []
    assert window.isWindowModified()
    QTimer.singleShot(20, window, cancel)
    window.files.open(path)
    assert asked == ["Save the changes to 'one'?"]
    assert types(window) == []


def test_weights_that_stay_behind_are_told_of(window, tmp_path) -> None:
    path = tmp_path / "net.nntxt"
    path.write_text(
        'network { name: "n" variable { name: "x" type: "Buffer" shape { dim: -1 dim: 4 } } '
        'function { name: "h" type: "Tanh" input: "x" output: "h" } } '
        'parameter { variable_name: "w" shape { dim: 1 } data: 0.5 }'
    )
    found: list[str] = []

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        found.append(box.text())
        box.accept()

    QTimer.singleShot(10, window, read)
    window.files.open(path)
    assert types(window) == ["Input", "Tanh"]
    assert found == ["net.nntxt also holds trained weights, which a drawing does not."]


def test_a_damaged_file_says_what_is_wrong(window, tmp_path) -> None:
    path = tmp_path / "cut.nnp"
    path.write_bytes(b"PK\x03\x04")
    found: list[str] = []

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        found.append(box.informativeText())
        box.accept()

    QTimer.singleShot(0, window, read)
    window.files.open(path)
    assert "is no complete .nnp" in found[0]
    assert types(window) == []
