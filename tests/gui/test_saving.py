"""Saving asks before it overwrites, and files get the suffix under which Open shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.files import Files
from designer.graph import Graph, Node, edits, io
from tests.gui.conftest import press_keys

CTRL = Qt.KeyboardModifier.ControlModifier


class User:
    """Answers one modal dialog after the other, each with real keys, and remembers what they said."""

    def __init__(self, parent: QWidget, *answers: str | QMessageBox.StandardButton) -> None:
        self.said: list[str] = []
        self._answers = list(answers)
        self._seen: set[QWidget] = set()
        self._timer = QTimer(parent, interval=50)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is None or dialog in self._seen or not self._answers:
            return
        self._seen.add(dialog)
        answer = self._answers.pop(0)
        if isinstance(answer, str):
            assert isinstance(dialog, QFileDialog)
            line = dialog.findChild(QLineEdit, "fileNameEdit")
            self.said.append(line.text())
            press_keys(line, Qt.Key.Key_A, modifiers=CTRL)
            press_keys(line, answer, Qt.Key.Key_Return)
        else:
            assert isinstance(dialog, QMessageBox)
            self.said.append(dialog.text())
            QTest.keyClick(dialog.button(answer), Qt.Key.Key_Space)

    @property
    def is_done(self) -> bool:
        return not self._answers


@pytest.fixture
def files(qtbot: QtBot, tmp_path: Path) -> Iterator[Files]:
    """A drawing in a folder of its own that holds nothing else."""
    window = QWidget()
    document = Document(Graph(name="net"), window)
    document.path = tmp_path / "first.json"
    qtbot.addWidget(window)
    window.show()
    yield Files(window, document)


@pytest.fixture
def user(files: Files) -> Callable[..., User]:
    return lambda *answers: User(files._window, *answers)


@pytest.mark.parametrize(("typed", "written"), [("x", "x.json"), ("resnet.v2", "resnet.v2.json"), ("X.JSON", "X.JSON")])
def test_a_drawing_gets_the_suffix_that_open_looks_for(
    files: Files, user: Callable[..., User], tmp_path: Path, typed: str, written: str
) -> None:
    answers = user(typed)
    assert files.save_as()
    assert answers.said == ["first.json"]
    assert [path.name for path in tmp_path.iterdir()] == [written]


def test_a_name_without_its_suffix_does_not_overwrite_silently(
    files: Files, user: Callable[..., User], tmp_path: Path
) -> None:
    io.save(Graph(name="precious"), tmp_path / "x.json")
    button = QMessageBox.StandardButton
    answers = user("x", button.No, "y")
    assert files.save_as()
    assert answers.said == ["first.json", "x.json exists already. Replace it?", "x.json"]
    assert io.load(tmp_path / "x.json").name == "precious"
    assert (tmp_path / "y.json").exists()
    answers = user("x", button.Yes)
    assert files.save_as()
    assert answers.is_done
    assert io.load(tmp_path / "x.json").name == "net"


def test_exported_code_gets_its_suffix_and_asks_too(files: Files, user: Callable[..., User], tmp_path: Path) -> None:
    sample = io.load(Path(__file__).parents[2] / "graphs" / "scratch_mnist.json")
    files._document.replace(sample, tmp_path / "my net.json")
    (tmp_path / "net.py").write_text("mine")
    answers = user("net", QMessageBox.StandardButton.Yes)
    files.export_code()
    assert answers.said == ["my_net.py", "net.py exists already. Replace it?"]
    assert "import torch" in (tmp_path / "net.py").read_text()


# ---- two windows on one file


def drawn(document: Document, name: str) -> None:
    """An edit, as another window might make it."""
    document.edit("Add", lambda graph: edits.add(graph, [Node(id=name, type="ReLU")]))


@pytest.fixture
def overtaken(files: Files, tmp_path: Path) -> Path:
    """The file of the drawing, with unsaved work here, and saved from another window meanwhile."""
    path = tmp_path / "net.json"
    io.save(Graph(name="net"), path)
    files.open(path)
    other = Document()
    other.open(path)
    drawn(files._document, "here")
    drawn(other, "there")
    other.save(path)
    return path


def nodes_in(path: Path) -> set[str]:
    return set(io.load(path).owners)


def test_another_windows_work_is_not_overwritten_without_a_question(
    files: Files, user: Callable[..., User], overtaken: Path
) -> None:
    button = QMessageBox.StandardButton
    answers = user(button.Cancel)
    assert not files.save()
    assert "'net.json' was changed by another window or program." in answers.said
    assert nodes_in(overtaken) == {"there"}
    assert files._document.is_modified
    answers = user(button.Save)
    assert files.save()
    assert nodes_in(overtaken) == {"here"}
    drawn(files._document, "more")
    assert files.save(), "what was saved here is no news"
    assert nodes_in(overtaken) == {"here", "more"}


def test_both_works_can_be_kept(files: Files, user: Callable[..., User], overtaken: Path) -> None:
    answers = user(QMessageBox.StandardButton.SaveAll, "mine")
    assert files.save()
    assert answers.is_done
    assert nodes_in(overtaken) == {"there"}
    assert nodes_in(overtaken.with_name("mine.json")) == {"here"}


def test_a_file_that_was_deleted_is_written_anew(files: Files, overtaken: Path) -> None:
    overtaken.unlink()
    assert files.save()
    assert nodes_in(overtaken) == {"here"}
