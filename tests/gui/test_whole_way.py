"""The whole way, with mouse and keyboard: from an empty canvas to a trained network, saved and opened again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QProgressBar, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app import theme
from designer.app.main_window import MainWindow
from designer.graph import Edge
from designer.graph.recipe import read
from tests.gui.conftest import Mouse, click_card, press_keys

CONTROL = Qt.KeyboardModifier.ControlModifier
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "cifar10_5000_1000.npz"
LAYERS = ("Input", "Conv2d", "ReLU", "MaxPool2d", "Linear", "SoftmaxCrossEntropy")


@pytest.mark.timeout(240)
def test_from_an_empty_canvas_to_a_trained_network_and_back(
    qtbot: QtBot,
    window: MainWindow,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pictures: tuple[Path, tuple[int, int, int]],
) -> None:
    path, shape = pictures
    window.workbench.raise_panel("problems")
    click_card(window, "newDrawing")
    QTest.qWait(100)
    ids = put_layers(window)
    assert window.document.graph.edges == (), "nothing is wired yet"
    wire_up(window, ids)
    assert {(e.source[0], e.target[0]) for e in window.document.graph.edges} == set(pairwise(ids))
    set_field(window, ids[0], "shape", "x".join(map(str, shape)))
    set_field(window, ids[4], "out_features", "10")
    assert not [p for p in window.document.problems if p.severity == "error"]
    assert window.document.analysis.facts(ids[4]).output == (10,)

    window.workbench.raise_panel("training")
    QTest.qWait(50)
    activate(qtbot, window)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    choose_last_but_one(window, "recipe_data")  # 'Open .npz...' stands above 'Open folder of images...'
    for name, text in (("epochs", "2"), ("batch_size", "50"), ("learning_rate", "0.01")):
        fill_in(window, f"recipe_{name}", text)
    chosen = read(window.document.graph.recipe)
    assert (chosen.data, chosen.epochs, chosen.batch_size, chosen.learning_rate) == (str(path), 2, 50, 0.01)
    train(qtbot, window)
    check_curves(window)
    save_and_open_again(qtbot, window, tmp_path / "first.json", monkeypatch)


def activate(qtbot: QtBot, window: MainWindow) -> None:
    """Give the window the keys."""
    with qtbot.waitActive(window):
        window.activateWindow()


def put_layers(window: MainWindow) -> list[str]:
    """Add each of the layers below the one before, by typing its name."""
    canvas = window.workbench.canvas
    top = canvas.mapToScene(QPoint(420, 80))
    return [put(window, name, canvas.mapFromScene(top + QPointF(0, 62 * row))) for row, name in enumerate(LAYERS)]


def wire_up(window: MainWindow, ids: list[str]) -> None:
    """Drag a wire from every node to the next one."""
    canvas = window.workbench.canvas
    canvas.document.select([])
    press_keys(canvas, Qt.Key.Key_F)
    canvas.camera.finish()  # a busy machine is still on its way there
    QTest.qWait(100)
    for source, target in pairwise(ids):
        Mouse(canvas).drag(canvas.port_position(source, "out"), canvas.port_position(target, "in"))


def train(qtbot: QtBot, window: MainWindow) -> None:
    """Press Train and wait for the end."""
    button = window.findChild(QToolButton, "trainButton")
    assert button is not None
    qtbot.waitUntil(button.isEnabled, timeout=5000)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.workbench.training.is_running, timeout=20_000)
    qtbot.waitUntil(lambda: not window.workbench.training.is_running, timeout=200_000)


def save_and_open_again(qtbot: QtBot, window: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save to a file by key, open it by key, and compare."""
    canvas = window.workbench.canvas
    canvas.setFocus()
    activate(qtbot, window)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), ""))
    press_keys(canvas, Qt.Key.Key_S, modifiers=CONTROL)
    saved = window.document.graph
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    press_keys(canvas, Qt.Key.Key_O, modifiers=CONTROL)
    assert window.document.graph == saved
    assert window.document.graph is not saved
    assert read(window.document.graph.recipe).epochs == 2
    assert isinstance(window.document.graph.edges[0], Edge)


@pytest.fixture
def pictures(tmp_path: Path) -> tuple[Path, tuple[int, int, int]]:
    """Real CIFAR-10 pictures where they are beside the checkout, otherwise small made ones of the same kind."""
    if SHARED.is_file():
        return SHARED, (3, 32, 32)
    rng = np.random.default_rng(0)
    y = rng.integers(0, 10, 600)
    x = (rng.random((600, 12, 12, 3)) * 60 + y[:, None, None, None] * 18).astype(np.uint8)
    path = tmp_path / "made.npz"
    np.savez(path, x_train=x[:500], y_train=y[:500], x_test=x[500:], y_test=y[500:])
    return path, (3, 12, 12)


def put(window: MainWindow, text: str, at: QPoint) -> str:
    """Click an empty place, type a layer's name, press Enter: the node stands there, wired to nothing."""
    Mouse(window.workbench.canvas).click(at)
    before = set(window.document.graph.owners)
    adding, typed = window.workbench.canvas.commands.adding, 0
    while adding.popup is None and typed < 2:  # L alone would tidy up; with a second letter it is a word
        press_keys(window.workbench.canvas, text[typed])
        typed += 1
    assert adding.popup is not None, "typing on the canvas opens the search"
    press_keys(adding.popup.line, text[typed:], Qt.Key.Key_Return)
    (new,) = set(window.document.graph.owners) - before
    return new


def set_field(window: MainWindow, node: str, field: str, text: str) -> None:
    window.document.select([node])
    QTest.qWait(20)
    editor = window.workbench.inspector.findChild(QWidget, f"field_{field}")
    assert editor is not None
    editor.setFocus()
    QTest.keyClick(editor, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(editor, text)
    QTest.keyClick(editor, Qt.Key.Key_Return)


def shown_in_form(window: MainWindow, name: str) -> QWidget:
    """The recipe's editor of that name, scrolled into sight."""
    form = window.workbench.training.form
    editor = form.findChild(QWidget, name)
    assert editor is not None
    form.ensureWidgetVisible(editor)
    QTest.qWait(20)
    return editor


def choose_last_but_one(window: MainWindow, name: str) -> None:
    """Open a list with the mouse, and choose its last but one entry with the keyboard."""
    combo = shown_in_form(window, name)
    assert isinstance(combo, QComboBox)
    QTest.mouseClick(combo, Qt.MouseButton.LeftButton)
    QTest.qWait(50)
    for key in (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_Return):
        QTest.keyClick(combo.view(), key)
    QTest.qWait(50)


def fill_in(window: MainWindow, name: str, text: str) -> None:
    """Click into a field, select what stands in it, type over it and press Enter."""
    field = shown_in_form(window, name)
    line = field.findChild(QLineEdit)
    assert line is not None
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(8, line.height() // 2))
    QTest.keyClick(line, Qt.Key.Key_A, CONTROL)
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


def check_curves(window: MainWindow) -> None:
    """Both epochs are in the run, drawn, and the panel tells the test accuracy."""
    from designer.training.events import Epoch, EventReader, Finished, Steps
    from designer.training.runs import app_root, list_runs

    (run,) = list_runs(app_root())
    events = EventReader(Path(run.folder) / "events.jsonl").poll()
    epochs = [e for e in events if isinstance(e, Epoch)]
    losses = [loss for e in events if isinstance(e, Steps) for loss in e.losses]
    (finished,) = [e for e in events if isinstance(e, Finished)]
    assert finished.outcome == "completed", finished
    assert len(epochs) == 2
    assert np.isfinite(losses).all()
    assert epochs[1].training_loss < epochs[0].training_loss
    assert finished.test_accuracy is not None
    assert finished.test_accuracy > 0.15, "a network that learned nothing would be at 0.10"
    bar = window.workbench.training.findChild(QProgressBar)
    assert bar is not None
    assert bar.value() == bar.maximum()
    curves = window.workbench.training.findChild(QWidget, "curves")
    assert curves is not None
    image = curves.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}
    assert theme.palette().curves[0] in colours, "the training loss is drawn"
