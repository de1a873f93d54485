"""Panels behind tabs: they do nothing until they are seen, wherever they have been moved to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from designer.app import create_main_window, main_window
from designer.app.main_window import MainWindow
from designer.codegen.source import source
from designer.graph import edits

BELOW = ("problems", "code", "statistics", "training", "runs")


@pytest.fixture
def open_window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], MainWindow]]:
    """Opens windows, one after the other, that keep their layout for the next one; each shows a sample."""
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NETDESIGNER_RUNS", str(tmp_path / "runs"))
    kept = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr(main_window, "settings", lambda: kept)
    opened: list[MainWindow] = []

    def show() -> MainWindow:
        window = create_main_window()
        opened.append(window)
        window.resize(1500, 950)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        sample = window.start_page.findChild(QWidget, "card_cntk_basic")
        assert sample is not None
        QTest.mouseClick(sample, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(window.workbench.docks["palette"].isVisible)
        return window

    yield show
    for window in opened:
        window.document.replace(window.document.graph, None)  # nothing unsaved: closing asks nothing
        window.close()


def seen(window: MainWindow) -> set[str]:
    """The panels below the canvas that take themselves for seen."""
    return {name for name in BELOW if getattr(window.workbench, name).isVisible()}


def click_tab(window: MainWindow, name: str) -> None:
    title = window.workbench.docks[name].windowTitle()
    bars = [bar for bar in window.findChildren(QTabBar) if bar.isVisible()]
    bar, at = next((bar, at) for bar in bars for at in range(bar.count()) if bar.tabText(at) == title)
    QTest.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.tabRect(at).center())


def widen_first_convolution(window: MainWindow, kernel_size: int) -> None:
    conv = next(node.id for _, node in window.document.graph.walk() if node.type == "Conv2d")
    window.document.edit("Kernel", lambda g: edits.set_params(g, [conv], {"kernel_size": kernel_size}))


def test_only_the_tab_in_front_is_seen(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    qtbot.waitUntil(lambda: seen(window) == {"problems"})
    height = window.workbench.docks["problems"].height()
    for name in (*BELOW, "problems"):
        click_tab(window, name)
        qtbot.waitUntil(lambda name=name: seen(window) == {name})
        assert window.workbench.docks[name].height() == height, "a tab less full needs no less room"


def test_panels_behind_the_tab_in_front_do_not_work(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    bench = window.workbench
    widen_first_convolution(window, 3)
    QTest.qWait(400)  # longer than any panel waits
    assert bench.code.view.toPlainText() == ""
    assert bench.statistics.model.rowCount() == 0
    assert bench.training.form.data.preview is None
    assert bench.training.form.data.progress.isHidden()
    assert not bench.runs.findChild(QWidget, "runsFolder").toolTip()  # type: ignore[union-attr]
    click_tab(window, "code")
    qtbot.waitUntil(lambda: bench.code.view.toPlainText() == source(window.document.graph))
    assert bench.statistics.model.rowCount() == 0
    click_tab(window, "statistics")
    qtbot.waitUntil(lambda: bench.statistics.model.rowCount() > 0)
    shown = bench.code.view.toPlainText()
    widen_first_convolution(window, 7)
    QTest.qWait(400)
    assert bench.code.view.toPlainText() == shown
    click_tab(window, "code")
    qtbot.waitUntil(lambda: bench.code.view.toPlainText() == source(window.document.graph))


@pytest.mark.parametrize("in_front", [True, False])
def test_a_panel_torn_off_is_seen_beside_the_tab_in_front(
    qtbot: QtBot, open_window: Callable[[], MainWindow], in_front: bool
) -> None:
    window = open_window()
    dock = window.workbench.docks["code"]
    if in_front:
        click_tab(window, "code")
    dock.setFloating(True)
    dock.move(QPoint(-2000, 40))  # on a screen left of the first one
    qtbot.waitUntil(lambda: len(seen(window)) == 2)
    assert "code" in seen(window)
    window.show_start_page()
    qtbot.waitUntil(lambda: not seen(window))
    window.files.new()
    qtbot.waitUntil(lambda: len(seen(window)) == 2)
    assert "code" in seen(window)
    dock.setFloating(False)
    QTest.qWait(300)  # Qt moves docks by an animation
    click_tab(window, "runs")
    qtbot.waitUntil(lambda: seen(window) == {"runs"})
    click_tab(window, "code")
    qtbot.waitUntil(lambda: seen(window) == {"code"})


def test_code_beside_the_canvas_is_seen_together_with_a_tab(
    qtbot: QtBot, open_window: Callable[[], MainWindow]
) -> None:
    window = open_window()
    window.workbench.actions["view.code_beside"].trigger()
    qtbot.waitUntil(lambda: seen(window) == {"problems", "code"})
    window.workbench.actions["view.code_beside"].trigger()
    qtbot.waitUntil(lambda: seen(window) == {"code"})


def test_the_layout_of_the_last_window_is_seen_again(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    first = open_window()
    click_tab(first, "statistics")
    first.workbench.docks["runs"].setFloating(True)
    qtbot.waitUntil(lambda: seen(first) == {"statistics", "runs"})
    first.close()
    second = open_window()
    qtbot.waitUntil(lambda: seen(second) == {"statistics", "runs"})
    qtbot.waitUntil(lambda: second.workbench.statistics.model.rowCount() > 0)


def test_tab_leads_through_what_is_seen_only(qtbot: QtBot, open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    click_tab(window, "code")
    click_tab(window, "problems")
    qtbot.waitUntil(lambda: seen(window) == {"problems"})
    window.workbench.palette.focus_search()
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        if not isinstance(focused, QTabBar):  # Qt keeps those it has no use for out of sight, and leads there
            place = QRect(focused.mapTo(window, QPoint()), focused.size())
            assert place.intersects(window.rect()), f"{focused.objectName()} is not in sight"
        QTest.keyClick(focused, Qt.Key.Key_Tab)


def test_the_canvas_takes_the_keys_of_a_panel_that_another_tab_covers(
    qtbot: QtBot, open_window: Callable[[], MainWindow]
) -> None:
    window = open_window()
    click_tab(window, "statistics")
    qtbot.waitUntil(lambda: seen(window) == {"statistics"})
    window.workbench.statistics.filter.setFocus()
    click_tab(window, "code")
    qtbot.waitUntil(lambda: seen(window) == {"code"})
    assert QApplication.focusWidget() is window.workbench.canvas
