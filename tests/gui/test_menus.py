"""The menus: their sections, the choice of colours, the cheat sheet and what the app says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from designer.app import create_main_window, style, theme
from designer.app.main_window import MainWindow
from designer.app.menu_titles import menu_titles
from designer.app.recent import settings


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The app's window with an empty drawing."""
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NETDESIGNER_RUNS", str(tmp_path / "runs"))
    made = create_main_window()
    with qtbot.waitExposed(made):
        made.show()
    made.files.new()
    yield made
    made.document.replace(made.document.graph, None)
    made.close()


@pytest.fixture
def own_colours() -> Iterator[None]:
    """The choice of colours is the system's again afterwards."""
    yield
    settings().remove("colours")
    style.choose(Qt.ColorScheme.Unknown)


def menu(window: MainWindow, name: str) -> QMenu:
    found = window.findChild(QMenu, f"menu_{name}")
    assert isinstance(found, QMenu)
    return found


def choose(window: MainWindow, menu_name: str, text: str) -> QAction:
    """Open a menu and press Enter on one of its entries."""
    opened = menu(window, menu_name)
    opened.popup(window.mapToGlobal(window.rect().center()))
    action = next(a for a in opened.actions() if a.text().replace("&", "") == text)
    opened.setActiveAction(action)
    QTest.keyClick(opened, Qt.Key.Key_Return)
    return action


def test_menus_have_sections_that_are_never_empty(window: MainWindow) -> None:
    for name, _ in menu_titles():
        separates = [action.isSeparator() for action in menu(window, name).actions()]
        assert not separates[0]
        assert not separates[-1]
        assert (True, True) not in pairwise(separates)
    assert sum(action.isSeparator() for action in menu(window, "edit").actions()) >= 3


@pytest.mark.usefixtures("own_colours")
def test_the_choice_of_colours_is_ticked_and_kept_for_the_next_start(qtbot: QtBot, window: MainWindow) -> None:
    ticks = {name: window.workbench.actions[f"view.theme_{name}"] for name in ("system", "light", "dark")}
    assert [name for name, action in ticks.items() if action.isChecked()] == ["system"]
    choose(window, "view", "Dark colours")
    assert [name for name, action in ticks.items() if action.isChecked()] == ["dark"]
    assert theme.palette() is theme.DARK
    theme.choose(Qt.ColorScheme.Unknown)  # as in a process that has just begun
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply(app)
    assert theme.palette() is theme.DARK
    again = create_main_window()
    qtbot.addWidget(again)
    assert again.workbench.actions["view.theme_dark"].isChecked()
    again.close()
    choose(window, "view", "Colours of the system")
    style.apply(app)
    assert theme.chosen() == Qt.ColorScheme.Unknown


@pytest.mark.usefixtures("own_colours")
def test_settings_that_nobody_wrote_are_the_systems_colours(qtbot: QtBot) -> None:
    settings().setValue("colours", "mauve")
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply(app)
    assert theme.chosen() == Qt.ColorScheme.Unknown


def test_the_cheat_sheet_is_grouped_and_names_each_shortcut_once(window: MainWindow) -> None:
    window.workbench.canvas.add_layer("Input")
    choose(window, "help", "Gestures and shortcuts")
    browser = window.findChild(QTextBrowser, "cheatSheetText")
    assert isinstance(browser, QTextBrowser)
    lines = browser.toPlainText().split("\n")
    headings = ["On the canvas", "File", "Edit", "Graph", "Train", "View", "Help"]
    places = [lines.index(heading) for heading in headings]
    assert places == sorted(places)
    assert lines[lines.index("Undo") + 1] == "Ctrl+Z", "without what it would take back"
    for action in window.workbench.actions:
        for keys in action.shortcuts():
            assert keys.toString()
            assert any(keys.toString() in line for line in lines), keys.toString()


def test_about_tells_the_versions(window: MainWindow) -> None:
    choose(window, "help", "About Net Designer")
    box = window.findChild(QMessageBox, "about")
    assert isinstance(box, QMessageBox)
    assert metadata.version("netdesigner") in box.text()
    assert f"PyTorch {metadata.version('torch')}" in box.informativeText()
    assert "http" not in box.informativeText()
    box.close()


def test_train_is_as_large_whether_or_not_it_can_be_pressed(window: MainWindow) -> None:
    button = window.findChild(object, "trainButton")
    hints = set()
    for enabled in (True, False):
        window.workbench.actions["train.start"].setEnabled(enabled)
        QTest.qWait(20)
        hints.add(button.sizeHint().toTuple())  # type: ignore[attr-defined]
    assert len(hints) == 1


def test_insert_takes_the_palettes_layer_also_while_the_palette_has_the_focus(window: MainWindow) -> None:
    bench = window.workbench
    bench.canvas.add_layer("Input")
    bench.canvas.setFocus()
    QTest.keyClick(bench.canvas, Qt.Key.Key_Insert)
    assert QApplication.focusWidget() is bench.palette.findChild(QWidget, "paletteSearch"), "nothing is chosen yet"
    search = QApplication.focusWidget()
    QTest.keyClicks(search, "relu")
    QTest.keyClick(search, Qt.Key.Key_Insert)
    QTest.keyClick(search, Qt.Key.Key_Down)
    QTest.keyClick(bench.palette.tree, Qt.Key.Key_Insert)
    assert [node.type for node in window.document.graph.nodes] == ["Input", "ReLU", "ReLU"]
    assert len(window.document.graph.root.edges) == 2
