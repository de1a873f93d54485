"""The menus: their sections, the choice of colours, the cheat sheet and what the app says of itself."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QMessageBox, QTextBrowser, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app import create_main_window, style, theme
from designer.app.canvas.shelf import key_of, ready_made
from designer.app.main_window import MainWindow
from designer.app.menu_titles import menu_titles
from designer.app.recent import settings
from designer.graph import edits
from designer.graph.model import block_owner


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


def colours_of(icon: QIcon) -> set[str]:
    """The colours in which an icon is drawn where it covers what is below."""
    image = icon.pixmap(16, 16).toImage()
    pixels = (image.pixelColor(x, y) for x in range(16) for y in range(16))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.usefixtures("own_colours")
@pytest.mark.parametrize("colours", ["Light colours", "Dark colours"])
def test_the_sign_of_train_can_be_seen_in_the_menu_and_on_its_button(window: MainWindow, colours: str) -> None:
    choose(window, "view", colours)
    window.files.open_sample(Path(__file__).parents[2] / "graphs" / "scratch_mnist.json")
    action, button = window.workbench.actions["train.start"], window.findChild(QToolButton, "trainButton")
    assert action.isEnabled() and action in menu(window, "train").actions()
    assert colours_of(action.icon()) == {theme.palette().text}
    assert colours_of(button.icon()) == {theme.palette().on_accent}


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


def palette_menu(window: MainWindow, key: str) -> QMenu:
    """The context menu of a layer or block in the palette."""
    tree = window.workbench.palette.tree
    index = tree.model().find(key)
    tree.scrollTo(index)
    at = tree.visualRect(index).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, tree.viewport().mapToGlobal(at))
    QApplication.sendEvent(tree.viewport(), event)
    found = window.workbench.palette.findChild(QMenu, "paletteMenu")
    assert isinstance(found, QMenu) and found.isVisible()
    return found


def press_entry(opened: QMenu, text: str) -> None:
    """Press Enter on an entry of an open menu."""
    action = next(a for a in opened.actions() if a.text() == text)
    opened.setActiveAction(action)
    QTest.keyClick(opened, Qt.Key.Key_Return)
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def test_the_palettes_menu_inserts_opens_renames_and_deletes_blocks(window: MainWindow) -> None:
    bench, document, key = window.workbench, window.document, key_of(next(iter(ready_made())))
    name = key.partition(":")[2]
    bench.canvas.add_layer("Input")
    bench.canvas.add_layer("ReLU")
    document.select([document.graph.nodes[0].id])
    press_entry(palette_menu(window, key), "Insert behind the selected node")
    use = document.graph.node(document.selection[0])
    assert use.params["block"] == name
    assert len(document.graph.root.edges) == 2, "it went into the wire"

    deletion = next(a for a in palette_menu(window, key).actions() if a.text().startswith("Delete"))
    assert not deletion.isEnabled() and use.label in deletion.text()
    press_entry(bench.palette.findChild(QMenu, "paletteMenu"), "Open its drawing")
    assert bench.canvas.levels.shown == block_owner(name)
    bench.canvas.leave()

    def type_name() -> None:
        line = QApplication.activeModalWidget().findChild(QLineEdit, "newName")
        QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(line, "Mine")
        QTest.keyClick(line, Qt.Key.Key_Return)

    QTimer.singleShot(200, bench, type_name)
    press_entry(palette_menu(window, key), "Rename...")
    assert set(document.graph.blocks) >= {"Mine"} and name not in document.graph.blocks
    assert document.graph.node(use.id).params["block"] == "Mine"
    assert bench.palette.current_layer == key_of("Mine")

    document.apply("remove the use", edits.remove(document.graph, [use.id]))
    press_entry(palette_menu(window, key_of("Mine")), "Delete")
    assert "Mine" not in document.graph.blocks
    document.undo()
    assert "Mine" in document.graph.blocks
    bench.palette.tree.setFocus()
    bench.palette.tree.setCurrentIndex(bench.palette.tree.model().find(key_of("Mine")))
    QTest.keyClick(bench.palette.tree, Qt.Key.Key_Delete)
    assert "Mine" not in document.graph.blocks


def test_a_ready_made_block_is_taken_over_and_opened(window: MainWindow) -> None:
    key = key_of(next(iter(ready_made())))
    texts = [a.text() for a in palette_menu(window, key).actions()]
    assert "Rename..." not in texts, "what comes with the app keeps its name"
    press_entry(window.workbench.palette.findChild(QMenu, "paletteMenu"), texts[-1])
    assert window.workbench.canvas.levels.shown == block_owner(key.partition(":")[2])
    assert window.document.undo_label and window.document.graph.nodes == ()
    window.document.undo()
    assert window.workbench.canvas.levels.shown is None
    assert not window.document.graph.blocks
    assert "Open its drawing" not in [a.text() for a in palette_menu(window, "Conv2d").actions()]
