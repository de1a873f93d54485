"""The table of runs: what it says, sorting, and every command on real folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from designer.app.panels.run_table import NAME
from designer.app.panels.runs import RunsPanel
from designer.graph import Graph, Node, io
from designer.graph.model import Body
from designer.training.runs import Run
from tests.gui.conftest import Mouse, press_keys
from tests.gui.training_runs import append, completed_run, epochs, finished, started, write_run

Show = Callable[[], RunsPanel]


@pytest.fixture
def show(qtbot: QtBot, tmp_path: Path) -> Show:
    """Shows the panel with the runs of `tmp_path / "runs"`."""

    def shown() -> RunsPanel:
        panel = RunsPanel(tmp_path / "runs")
        qtbot.addWidget(panel)
        panel.resize(1200, 400)
        panel.show()
        qtbot.waitExposed(panel)
        with qtbot.waitSignal(panel._reader.read, timeout=5000):
            panel.refresh()
        return panel

    return shown


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one run of every kind."""
    root = tmp_path / "runs"
    completed_run(root, "a-completed")
    write_run(root, [started(), *epochs(1, 2), finished("stopped")], "b-stopped", outcome="stopped", created=2e9,
              epochs_done=2, best_error=0.5, best_epoch=1, data="/home/me/pictures.npz")  # fmt: skip
    write_run(root, [started(), finished("failed")], "c-failed", outcome="failed", created=1.9e9, network="resnet")
    died = write_run(root, [started()], "d-died", created=1.8e9)
    (died.checkpoints / "resume.safetensors").touch()
    running = write_run(root, [started()], "e-running", created=1.7e9)
    (running.folder / "launched").touch()
    return root


def row(panel: RunsPanel, name: str) -> int:
    """Where a run stands."""
    rows = range(panel.sorted.rowCount())
    return next(i for i in rows if panel.sorted.index(i, NAME).data() == name)


def place(panel: RunsPanel, name: str, column: int = NAME) -> QPoint:
    """The pixel of a cell."""
    return panel.table.visualRect(panel.sorted.index(row(panel, name), column)).center()


def click(panel: RunsPanel, name: str) -> None:
    panel.activateWindow()
    panel.table.setFocus()
    Mouse(panel.table).click(place(panel, name))


def command(panel: RunsPanel, name: str) -> QToolButton:
    button = panel.findChild(QToolButton, f"runs_{name}")
    assert isinstance(button, QToolButton)
    return button


def press(panel: RunsPanel, name: str) -> None:
    button = command(panel, name)
    assert button.isEnabled()
    Mouse(button).click(button.rect().center())


def answer(qtbot: QtBot, object_name: str, text: str) -> list[str]:
    """Answers the next message box; the list holds what it said."""
    said: list[str] = []

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox) and box.objectName() == object_name
        said.append(f"{box.text()} {box.informativeText()}")
        next(b for b in box.buttons() if b.text().replace("&", "") == text).click()

    QTimer.singleShot(150, look)
    return said


# ---- what it says


def test_without_runs_it_says_what_they_will_be(show: Show) -> None:
    panel = show()
    empty = panel.findChild(QLabel, "runsEmpty")
    assert isinstance(empty, QLabel) and empty.isVisible()


def test_every_run_is_a_row_newest_first(show: Show, root: Path) -> None:
    panel = show()
    names = [panel.sorted.index(i, NAME).data() for i in range(5)]
    assert names == ["b-stopped", "c-failed", "d-died", "a-completed", "e-running"]
    texts = [panel.sorted.index(row(panel, "a-completed"), c).data() for c in range(9)]
    assert texts[:8] == ["Completed", "a-completed", "22.80 % (epoch 4)", "81.25 %", "4 / 4", "net",
                         "Shapes (embedded)", "8.0 s"]  # fmt: skip
    assert texts[8].startswith("2026-01-02")
    assert panel.sorted.index(row(panel, "b-stopped"), 6).data() == "pictures.npz"
    states = {n: panel.sorted.index(row(panel, n), 0).data() for n in names}
    assert states == {"a-completed": "Completed", "b-stopped": "Stopped", "c-failed": "Failed", "d-died": "Broke off",
                      "e-running": "Training"}  # fmt: skip


def test_a_click_on_a_heading_sorts_by_numbers_not_by_words(show: Show, root: Path) -> None:
    write_run(root, [], "f-nine", best_error=0.09, best_epoch=9, epochs_done=12)
    panel = show()
    panel.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert [panel.sorted.index(i, NAME).data() for i in range(3)] == ["f-nine", "a-completed", "b-stopped"]
    header = panel.table.horizontalHeader()
    x = header.sectionViewportPosition(4) + 20
    Mouse(header).click(QPoint(x, header.height() // 2))
    order = [panel.sorted.index(i, 4).data() for i in range(3)]
    assert order in (["12 / 4", "4 / 4", "2 / 4"], ["0 / 4", "0 / 4", "0 / 4"])


def test_a_run_under_way_is_followed_and_the_selection_stays(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    click(panel, "d-died")
    run = Run(root / "e-running")
    run.write_summary(type(run.summary())(network="net", epochs=4, epochs_done=3, created=1.7e9))
    (root / "a-completed").rename(root / "z-completed")
    qtbot.waitUntil(lambda: panel.sorted.index(row(panel, "e-running"), 4).data() == "3 / 4", timeout=5000)
    assert row(panel, "z-completed") >= 0
    assert [found.name for found in panel.selected] == ["d-died"]


def test_a_thousand_runs_do_not_hold_up_the_window(show: Show, tmp_path: Path, qtbot: QtBot) -> None:
    root = tmp_path / "runs"
    for number in range(1000):
        folder = root / f"run-{number:04}"
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(
            json.dumps({"network": "n", "created": 1e9 + number, "outcome": "completed"})
        )
    panel = show()
    assert panel.sorted.rowCount() == 1000
    ticks: list[bool] = []
    timer = QTimer(panel)
    timer.timeout.connect(lambda: ticks.append(True))
    timer.start(1)
    with qtbot.waitSignal(panel._reader.read, timeout=10_000):
        panel.refresh()
    assert ticks, "the window's own events are handled meanwhile"


# ---- commands


def test_a_double_click_or_enter_shows_the_curves(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    opened: list[Path] = []
    panel.openRequested.connect(opened.append)
    Mouse(panel.table).double_click(place(panel, "a-completed"))
    click(panel, "b-stopped")
    press_keys(panel.table, Qt.Key.Key_Return)
    assert opened == [root / "a-completed", root / "b-stopped"]


def test_its_network_opens_as_a_graph(show: Show, root: Path, qtbot: QtBot) -> None:
    graph = Graph(name="net", root=Body((Node(id="input", type="Input"),)))
    io.save(graph, root / "a-completed" / "graph.json")
    panel = show()
    click(panel, "a-completed")
    with qtbot.waitSignal(panel.graphRequested) as signal:
        press(panel, "graph")
    assert signal.args[0].nodes == graph.nodes


def test_a_run_without_a_network_says_so(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    click(panel, "b-stopped")
    said = answer(qtbot, "runProblemBox", "OK")
    press(panel, "graph")
    assert "graph.json" in said[0]


def test_stop_asks_the_trainer_to_stop(show: Show, root: Path) -> None:
    panel = show()
    click(panel, "b-stopped")
    assert not command(panel, "stop").isEnabled()
    click(panel, "e-running")
    assert not command(panel, "delete").isEnabled() and not command(panel, "rename").isEnabled()
    press(panel, "stop")
    assert (root / "e-running" / "stop").exists()


def test_resume_says_where_it_goes_on_and_is_not_offered_without_a_checkpoint(show: Show, root: Path) -> None:
    (root / "b-stopped" / "checkpoints" / "resume.safetensors").touch()
    panel = show()
    click(panel, "a-completed")
    assert not command(panel, "resume").isEnabled()
    click(panel, "b-stopped")
    assert command(panel, "resume").isEnabled()
    assert "2 of 4 epochs are done" in command(panel, "resume").toolTip()
    click(panel, "c-failed")
    assert not command(panel, "resume").isEnabled()
    assert "before its first checkpoint" in command(panel, "resume").toolTip()


def test_resume_asks_for_the_selected_run(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    click(panel, "d-died")
    with qtbot.waitSignal(panel.resumeRequested) as asked:
        press(panel, "resume")
    assert asked.args == [root / "d-died"]


def test_tab_leaves_the_table(show: Show, root: Path) -> None:
    panel = show()
    click(panel, "b-stopped")
    press_keys(panel.table, Qt.Key.Key_Tab)
    assert not panel.table.hasFocus()


def test_f2_renames_the_folder(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    click(panel, "a-completed")
    press_keys(panel.table, Qt.Key.Key_F2)
    editor = panel.table.findChild(QLineEdit)
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    press_keys(editor, "my best", Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: (root / "my best").is_dir() and not (root / "a-completed").exists())
    qtbot.waitUntil(lambda: any(r.name == "my best" for r in panel.model.rows), timeout=3000)


@pytest.mark.parametrize("name", ["b-stopped", "a/b", "  ", ".."])
def test_a_name_that_cannot_be_is_refused(show: Show, root: Path, qtbot: QtBot, name: str) -> None:
    panel = show()
    said = answer(qtbot, "runProblemBox", "OK")
    panel.rename(next(r for r in panel.model.rows if r.name == "a-completed"), name)
    assert said and (root / "a-completed").is_dir()


def test_delete_asks_and_moves_to_the_trash(
    show: Show, root: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share").mkdir()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    panel = show()
    click(panel, "a-completed")
    answer(qtbot, "deleteQuestion", "Cancel")
    press_keys(panel.table, Qt.Key.Key_Delete)
    assert (root / "a-completed").is_dir()
    Mouse(panel.table).click(place(panel, "c-failed"), modifiers=Qt.KeyboardModifier.ControlModifier)
    said = answer(qtbot, "deleteQuestion", "Move to trash")
    press(panel, "delete")
    assert "a-completed" in said[0] and "c-failed" in said[0]
    assert not (root / "a-completed").exists() and not (root / "c-failed").exists()
    assert (tmp_path / "share" / "Trash" / "files" / "c-failed" / "events.jsonl").exists()
    qtbot.waitUntil(lambda: len(panel.model.rows) == 3, timeout=3000)


def test_the_first_thing_ever_deleted_finds_its_trash(
    show: Show, root: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))  # there is no ~/.local/share in it yet
    panel = show()
    click(panel, "a-completed")
    answer(qtbot, "deleteQuestion", "Move to trash")
    press(panel, "delete")
    assert not (root / "a-completed").exists()
    trash = tmp_path / "home" / ".local" / "share" / "Trash"
    assert (trash / "files" / "a-completed" / "events.jsonl").exists()
    assert (trash / "info" / "a-completed.trashinfo").exists()


def test_where_there_is_no_trash_it_asks_again_before_deleting_for_good(
    show: Show, root: Path, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "share").touch()  # a file: no folder can be there
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    panel = show()
    for second, exists in (("Cancel", True), ("Delete for good", False)):
        click(panel, "a-completed")
        answer(qtbot, "deleteQuestion", "Move to trash")
        QTimer.singleShot(400, lambda text=second: answer(qtbot, "eraseQuestion", text))
        press(panel, "delete")
        assert (root / "a-completed").exists() == exists


def test_a_run_that_grows_more_events_is_no_other_row(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show()
    append(Run(root / "e-running"), epochs(1, 1))
    with qtbot.waitSignal(panel._reader.read, timeout=5000):
        panel.refresh()
    assert panel.sorted.rowCount() == 5
