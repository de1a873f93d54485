"""Nothing is lost: unsaved work is on disk soon after an edit and offered after a crash, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from designer.app import recovery
from designer.app.autosave import Autosave
from designer.app.document import Document
from designer.graph import Graph, Node, edits, io


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path))


def test_an_edit_is_on_disk_within_seconds_and_gone_once_saved(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document()
    autosave = Autosave(document)
    document.edit("Add", lambda g: edits.add(g, [Node(id="a", type="ReLU")]))
    qtbot.waitUntil(lambda: bool(list(recovery.folder().glob("*.json"))), timeout=5000)
    assert recovery.left_behind() == [], "its window is still open"
    document.save(tmp_path / "g.json")
    qtbot.waitUntil(lambda: not list(recovery.folder().glob("*.json")), timeout=5000)
    autosave.close()


def test_a_window_that_died_leaves_its_drawing_to_the_next(tmp_path: Path) -> None:
    code = """
import os, sys
from PySide6.QtCore import QCoreApplication
from pathlib import Path
from designer.app import recovery
from designer.app.autosave import Autosave
from designer.app.document import Document
from designer.graph import Node, edits
app = QCoreApplication([])
document = Document()
document.path = Path("my.json")
autosave = Autosave(document)
document.edit("Add", lambda g: edits.add(g, [Node(id="a", type="ReLU")]))
autosave.flush().result()
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    (item,) = recovery.left_behind()
    assert item.path == Path("my.json")
    assert item.graph.owners == {"a": None}
    recovery.discard(item)
    assert recovery.left_behind() == []


def test_closing_in_order_leaves_nothing(qtbot: QtBot) -> None:
    document = Document()
    autosave = Autosave(document)
    document.apply("x", Graph(name="other"))
    autosave.flush().result()
    autosave.close()
    assert list(recovery.folder().iterdir()) == []


def test_a_recovered_drawing_stays_on_disk_until_the_new_window_has_written_it(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery.folder().mkdir(parents=True)
    left = recovery.folder() / "left.json"
    graph = Graph(name="precious")
    left.write_bytes(msgspec.json.encode({"path": None, "graph": io.to_builtins(graph)}))
    (item,) = recovery.left_behind()
    document = Document()
    monkeypatch.setenv("NETDESIGNER_STATE", str(left))  # a file, in which nothing can be written
    failing = Autosave(document)
    document.replace(item.graph, None, modified=True)
    with qtbot.waitSignal(failing.failed, timeout=5000) as told:
        failing.take_over(item)
    assert "in case of a crash" in told.args[0]
    failing.close()
    assert left.exists()
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path))
    autosave = Autosave(document)
    autosave.take_over(item)
    autosave.flush().result()
    (kept,) = recovery.folder().glob("*.json")
    assert kept != left
    assert io.loads(msgspec.json.encode(msgspec.json.decode(kept.read_bytes())["graph"])) == graph
    autosave.close()


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_recovered_drawing_knows_whether_its_file_was_written_since(
    qtbot: QtBot, tmp_path: Path, *, overtaken: bool
) -> None:
    path = tmp_path / "net.json"
    io.save(Graph(name="net"), path)
    crashed = Document()
    crashed.open(path)
    crashed.edit("Add", lambda g: edits.add(g, [Node(id="a", type="ReLU")]))
    autosave = Autosave(crashed)
    autosave.flush().result()
    autosave._lock.unlock()  # as when its process ends
    if overtaken:
        io.save(Graph(name="another"), path)
    (item,) = recovery.left_behind()
    document = Document()
    document.recover(item.graph, item.path, item.stamp)
    assert document.is_modified
    assert document.is_overtaken == overtaken
    autosave.close()


def test_damaged_recovery_files_are_passed_over(tmp_path: Path) -> None:
    recovery.folder().mkdir(parents=True)
    (recovery.folder() / "x.json").write_text("{")
    (recovery.folder() / "y.json").write_text('{"path": 3, "graph": []}')
    assert recovery.left_behind() == []
