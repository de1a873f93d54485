"""The window: start page, files, titles, recovery, colours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QMimeData, QPoint, QSettings, Qt, QTimer, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from designer.app import create_main_window, main_window, recent, recovery, style, theme
from designer.app.main_window import MainWindow
from designer.app.start_page import Card
from designer.graph import Graph, edits, io
from tests.gui.conftest import Mouse, click_card


def answer(button: QMessageBox.StandardButton) -> None:
    """Press a button of the question that is about to open."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        box.button(button).click()

    QTimer.singleShot(200, press)


def test_the_start_page_shows_every_sample_and_opens_it_as_a_new_drawing(qtbot: QtBot, window: MainWindow) -> None:
    assert window.centre.currentWidget() is window.start_page
    assert not window.workbench.docks["palette"].isVisible()
    click_card(window, "card_cntk_resnet20")
    assert window.centre.currentWidget() is window.workbench.canvas
    assert window.workbench.docks["palette"].isVisible()
    assert "272,474 parameters" in window.workbench.totals.text()
    assert window.document.path is None
    assert not window.document.is_modified


def test_the_first_window_of_all_fits_the_screen_and_its_samples_stand_in_rows(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    fresh = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr(main_window, "settings", lambda: fresh)
    window = MainWindow()
    with qtbot.waitExposed(window):
        window.show()
    screen = window.screen().availableSize()
    wanted = main_window.FIRST_SIZE.boundedTo(screen)
    assert window.size() == wanted
    assert window.workbench  # built behind the start page that is in sight
    QTest.qWait(100)
    assert window.size() == wanted, "the panels may not widen the window"
    cards = window.start_page.findChildren(Card)
    room = window.start_page.viewport().width()
    assert all(card.mapTo(window.start_page, card.rect().topRight()).x() < room for card in cards)
    assert len({card.y() for card in cards if card.path}) > 1
    window.close()


def test_panels_built_behind_a_visible_start_page_are_there_once_a_drawing_is_open(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    window = MainWindow()
    with qtbot.waitExposed(window):
        window.show()
    docks = window.workbench.docks
    assert not docks["palette"].isVisible(), "the start page has the window to itself"
    click_card(window, "newDrawing")
    QTest.qWait(50)
    assert docks["palette"].isVisible()
    assert docks["inspector"].isVisible()
    assert docks["problems"].isVisible()
    window.close()


def test_a_window_made_smaller_leaves_room_for_the_drawing(qtbot: QtBot, window: MainWindow) -> None:
    click_card(window, "newDrawing")
    window.resize(1400, 1000)
    docks, canvas = window.workbench.docks, window.workbench.canvas

    def enlarged() -> bool:
        docks["problems"].raise_()
        window.resizeDocks([docks["problems"]], [500], Qt.Orientation.Vertical)
        return docks["problems"].height() > 450

    qtbot.waitUntil(enlarged)
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: docks["problems"].height() <= 0.45 * window.height())
    assert canvas.height() > 200


def test_the_title_tells_the_file_and_unsaved_changes(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    click_card(window, "newDrawing")
    assert not window.isWindowModified()
    window.workbench.canvas.add_layer("Input")
    assert window.isWindowModified()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(tmp_path / "mine"), ""))
    QTest.keyClick(window.workbench.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("mine")
    window.document.select([])
    name = window.workbench.inspector.findChild(QLineEdit, "nodeName")
    assert name is not None
    qtbot.waitUntil(lambda: name.text() == "mine")
    assert "untitled" not in {label.text() for label in window.workbench.problems.findChildren(QLabel)}
    assert io.load(tmp_path / "mine.json") == window.document.graph
    window.show_start_page()
    assert window.start_page.findChild(Card, "card_mine") is not None, "it is among the recent files now"


def test_a_recent_file_that_is_no_graph_any_more_leaves_the_start_page(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for name in ("good", "spoilt"):
        io.save(window.document.graph, tmp_path / f"{name}.json")
        recent.remember(tmp_path / f"{name}.json")
    (tmp_path / "spoilt.json").write_text("{")
    window.show_start_page()
    qtbot.waitUntil(lambda: window.start_page.findChild(Card, "card_spoilt") is None)
    good = window.start_page.findChild(Card, "card_good")
    assert good is not None
    assert good.isVisible()


def test_closing_with_unsaved_work_asks_and_cancel_keeps_the_window(qtbot: QtBot, window: MainWindow) -> None:
    click_card(window, "newDrawing")
    window.workbench.canvas.add_layer("Input")
    answer(QMessageBox.StandardButton.Cancel)
    assert not window.close()
    assert window.isVisible()
    answer(QMessageBox.StandardButton.Discard)
    assert window.close()


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_lost(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    click_card(window, "card_cntk_basic")
    graph = window.document.graph
    bad = tmp_path / "bad.json"
    bad.write_text('{"format": "netdesigner-graph"')
    said: list[str] = []

    def read_and_close() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        said.append(box.informativeText())
        box.button(QMessageBox.StandardButton.Ok).click()

    QTimer.singleShot(200, read_and_close)
    window.files.open(bad)
    assert "bad.json" in said[0]
    assert "complete" in said[0]
    assert window.document.graph is graph


def test_a_crashed_windows_drawing_is_offered_and_restored(qtbot: QtBot, window: MainWindow) -> None:
    folder = recovery.folder()
    folder.mkdir(parents=True, exist_ok=True)
    sample = io.load(Path(__file__).parents[2] / "graphs" / "scratch_mnist.json")
    raw = {"path": None, "graph": io.to_builtins(sample)}
    (folder / "gone.json").write_text(json.dumps(raw))
    window.show_start_page()
    button = window.start_page.findChild(QWidget, "restoreDrawing")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.document.graph.owners == sample.owners
    assert window.document.is_modified
    while (folder / "gone.json").exists():
        QTest.qWait(10)
    assert list(folder.glob("*.json")), "at no time would a second crash lose it"


def test_without_a_folder_for_recovery_one_can_draw_all_the_same_and_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("a file")
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    window = MainWindow()
    with qtbot.waitExposed(window):
        window.show()
    click_card(window, "newDrawing")
    assert window.shows_drawing
    window.workbench.canvas.add_layer("Input")
    qtbot.waitUntil(lambda: "in case of a crash" in window.statusBar().currentMessage())
    window.document.replace(window.document.graph, None)
    assert window.close()


def test_of_dropped_files_the_first_that_can_be_opened_is(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no network")
    io.save(Graph(name="dropped"), tmp_path / "net.json")
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("notes.txt", "net.json")])
    assert Mouse(window).drop(files, [QPoint(700, 500)])
    qtbot.waitUntil(lambda: window.document.path == tmp_path / "net.json")
    files.setUrls([QUrl.fromLocalFile(str(tmp_path / "notes.txt"))])
    assert not Mouse(window).drop(files, [QPoint(700, 500)])


def test_a_window_that_is_deleted_at_once_leaves_nothing_behind(qtbot: QtBot) -> None:
    window = create_main_window()
    window.show()
    window.files.new()
    window.workbench.close()
    with capture_exceptions() as raised:
        shiboken6.delete(window)
        QTest.qWait(100)
    assert not raised


def test_undo_is_named_in_the_menu_and_goes_by_key(qtbot: QtBot, window: MainWindow) -> None:
    click_card(window, "newDrawing")
    assert not window.workbench.actions["edit.undo"].isEnabled()
    window.workbench.canvas.add_layer("Input")
    assert "input" in window.workbench.actions["edit.undo"].text().lower()
    QTest.keyClick(window.workbench.canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.graph.owners == {}


def test_the_status_bar_teaches_counts_and_tells_of_problems(qtbot: QtBot, window: MainWindow) -> None:
    click_card(window, "newDrawing")
    bench = window.workbench
    qtbot.waitUntil(lambda: bench.health.text() == "Drag an Input onto the canvas to begin")
    assert bench.docks["problems"].windowTitle() == "Problems"
    bench.canvas.add_layer("Input")
    assert bench.totals.text().startswith("1 layer ")
    qtbot.waitUntil(lambda: "look at" in bench.health.text())  # there is no loss yet
    bench.canvas.add_layer("Linear")
    assert bench.totals.text().startswith("2 layers ")


def test_a_window_started_on_a_file_counts_at_once(qtbot: QtBot) -> None:
    window = create_main_window(Path(__file__).parents[2] / "graphs" / "cntk_resnet20.json")
    qtbot.addWidget(window)
    assert "272,474 parameters" in window.workbench.totals.text()
    window.workbench.close()


def test_a_copy_of_the_statistics_is_told_in_the_status_bar(qtbot: QtBot, window: MainWindow) -> None:
    click_card(window, "card_cntk_basic")
    window.workbench.raise_panel("statistics")
    QTest.qWait(100)
    button = window.findChild(QToolButton, "copyCSV")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    rows = window.workbench.statistics.model.rowCount()
    assert window.statusBar().currentMessage() == f"Copied {rows} rows"
    assert len(QApplication.clipboard().text().splitlines()) == rows + 1


def open_with_a_rest(qtbot: QtBot, window: MainWindow) -> Graph:
    """A sample whose first pooling does not come out even: a warning with mends."""
    click_card(window, "card_cntk_basic")
    pool = next(n.id for _, n in window.document.graph.walk() if n.type == "MaxPool2d")
    window.document.edit("Kernel", lambda g: edits.set_params(g, [pool], {"kernel_size": 6, "padding": 0}))
    window.workbench.raise_panel("problems")
    QTest.qWait(100)  # docks are put into place
    with qtbot.waitActive(window):
        window.activateWindow()
    return window.document.graph


def press_ctrl_z() -> None:
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


@pytest.mark.parametrize("panel", ["problems", "inspector"])
def test_ctrl_z_takes_a_mend_back(qtbot: QtBot, window: MainWindow, panel: str) -> None:
    broken = open_with_a_rest(qtbot, window)
    if panel == "inspector":
        window.document.select([next(p.node for p in window.document.problems if p.fixes)])
    place = getattr(window.workbench, panel)
    qtbot.waitUntil(lambda: any(b.isVisible() for b in place.findChildren(QPushButton, "fix")))
    button = next(b for b in place.findChildren(QPushButton, "fix") if b.isVisible())
    button.setFocus()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.document.graph is not broken
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.workbench.canvas)
    QTest.qWait(80)  # the button is gone by then
    press_ctrl_z()
    assert window.document.graph is broken


def test_ctrl_z_in_the_search_takes_back_its_typing_first_and_then_the_drawings_step(
    qtbot: QtBot, window: MainWindow
) -> None:
    before = open_with_a_rest(qtbot, window)
    window.workbench.palette.focus_search()
    search = QApplication.focusWidget()
    assert isinstance(search, QLineEdit)
    QTest.keyClicks(search, "conv")
    press_ctrl_z()
    assert search.text() == ""
    assert window.document.graph is before
    QTest.keyClick(search, Qt.Key.Key_Escape)
    search.setText("")  # a search begun anew has no typing to take back
    press_ctrl_z()
    assert window.document.graph is not before


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_light_and_dark_reach_the_canvas_and_the_panels(
    qtbot: QtBot, window: MainWindow, scheme: Qt.ColorScheme
) -> None:
    click_card(window, "card_cntk_basic")
    try:
        style.choose(scheme)
        QTest.qWait(50)
        image = window.workbench.canvas.grab().toImage()
        corner = image.pixelColor(3, 3)
        assert corner.name() == theme.palette().canvas
        assert window.palette().window().color().name() == theme.palette().window
    finally:
        style.choose(Qt.ColorScheme.Unknown)


def test_every_command_has_a_text_and_no_two_share_a_shortcut(qtbot: QtBot, window: MainWindow) -> None:
    seen: dict[str, str] = {}
    for action in window.workbench.actions:
        assert action.text()
        for keys in action.shortcuts():
            assert keys.toString() not in seen, (keys.toString(), action.objectName(), seen)
            seen[keys.toString()] = action.objectName()


@pytest.mark.parametrize(
    "name",
    [
        "canvas",
        "palette",
        "paletteSearch",
        "inspector",
        "problems",
        "code",
        "trainButton",
        "stopButton",
        "curves",
        "runs",
    ],
)
def test_widgets_of_the_contract_have_names_for_tests_and_screen_readers(
    qtbot: QtBot, window: MainWindow, name: str
) -> None:
    click_card(window, "newDrawing")
    window.workbench.raise_panel("training")
    QTest.qWait(50)
    widget = window.findChild(QWidget, name)
    assert widget is not None
    assert widget.accessibleName()
