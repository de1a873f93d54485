"""The code panel: follows edits and the selection, keeps the last valid code, copies and saves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from designer.app import theme
from designer.app.document import Document
from designer.app.panels.code import CodePanel
from designer.app.panels.code_view import CodeView
from designer.app.panels.problem_card import ProblemCard
from designer.app.resources import resource
from designer.codegen.source import generate
from designer.graph import Graph, edits, io
from tests.gui.conftest import Mouse, press_keys

Show = Callable[[Graph], CodePanel]
RESNET = "cntk_resnet20.json"


@pytest.fixture
def graph() -> Graph:
    return io.load(resource("..", "graphs", RESNET))


@pytest.fixture
def panel(graph: Graph, qtbot: QtBot) -> CodePanel:
    document = Document(graph)
    made = CodePanel(document)
    document.setParent(made)
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.view.toPlainText() != "")
    return made


def document_of(panel: CodePanel) -> Document:
    return panel.findChild(Document)


def code_of(document: Document) -> str:
    return generate(document.graph).text


def conv_of(graph: Graph) -> str:
    return next(n.id for n in graph.nodes if n.type == "Conv2d")


def cut(graph: Graph) -> Graph:
    """Without a wire the first convolution has no input."""
    edge = next(e for e in graph.edges if e.target == (conv_of(graph), 0))
    return edits.disconnect(graph, [edge])


def line_place(view: CodeView, line: int) -> QPoint:
    cursor = QTextCursor(view.document().findBlockByNumber(line - 1))
    view.setTextCursor(cursor)
    view.ensureCursorVisible()
    return view.cursorRect(cursor).center() + QPoint(20, 0)


def test_it_shows_the_code_that_the_compiler_gives(panel: CodePanel) -> None:
    assert panel.view.toPlainText() == code_of(document_of(panel))
    assert "class CntkResnet20" in panel.findChild(QLabel, "codeStatus").text()


def test_it_follows_an_edit_and_an_undo_without_scrolling_away(panel: CodePanel, qtbot: QtBot) -> None:
    document = document_of(panel)
    bar = panel.view.verticalScrollBar()
    bar.setValue(60)
    assert bar.value() == 60
    document.edit("Rename", lambda g: edits.rename(g, conv_of(g), "first_of_all"))
    qtbot.waitUntil(lambda: "first_of_all" in panel.view.toPlainText())
    assert panel.view.toPlainText() == code_of(document)
    assert bar.value() == 60
    document.undo()
    qtbot.waitUntil(lambda: "first_of_all" not in panel.view.toPlainText())
    assert panel.view.toPlainText() == code_of(document)


def test_the_lines_of_selected_nodes_are_marked_and_scrolled_into_view(panel: CodePanel) -> None:
    document = document_of(panel)
    lines = generate(document.graph).lines
    last = max((n.id for n in document.graph.nodes if lines.get(n.id)), key=lambda i: min(lines[i]))
    document.select([last])
    assert panel.view.marked == frozenset(lines[last])
    first = panel.view.firstVisibleBlock().blockNumber() + 1
    shown = panel.view.viewport().height() // panel.view.fontMetrics().lineSpacing()
    assert any(first <= line < first + shown for line in lines[last])
    document.select([])
    assert panel.view.marked == frozenset()


def test_a_click_on_a_line_selects_its_node(panel: CodePanel, qtbot: QtBot) -> None:
    document = document_of(panel)
    conv = conv_of(document.graph)
    line = min(generate(document.graph).lines[conv])
    with qtbot.waitSignal(document.revealRequested) as caught:
        Mouse(panel.view).click(line_place(panel.view, line))
    assert caught.args == [conv]
    assert document.selection == (conv,)


def test_selecting_text_with_the_mouse_leaves_the_selection_of_nodes_alone(panel: CodePanel, qtbot: QtBot) -> None:
    document = document_of(panel)
    line = min(generate(document.graph).lines[conv_of(document.graph)])
    start = line_place(panel.view, line)
    with qtbot.assertNotEmitted(document.selectionChanged):
        Mouse(panel.view).drag(start, start + QPoint(120, 0))
    assert panel.view.textCursor().hasSelection()


def test_with_errors_the_last_valid_code_stays_and_the_first_error_is_named(panel: CodePanel, qtbot: QtBot) -> None:
    document = document_of(panel)
    before = code_of(document)
    card = panel.findChild(ProblemCard, "codeProblem")
    document.edit("Cut", cut)
    qtbot.waitUntil(card.isVisible)
    assert panel.view.toPlainText() == before
    assert "before the last valid edit" in panel.findChild(QLabel, "codeStatus").text()
    assert not panel.findChild(QPushButton, "copyCode").isEnabled()
    with qtbot.waitSignal(document.revealRequested) as caught:
        Mouse(card).click(QPoint(6, 6))
    assert caught.args == [conv_of(document.graph)]
    document.undo()
    qtbot.waitUntil(lambda: not card.isVisible())
    assert panel.findChild(QPushButton, "copyCode").isEnabled()


def test_a_drawing_that_was_never_valid_has_no_code(qtbot: QtBot) -> None:
    panel = CodePanel(document := Document(Graph()))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(panel.findChild(ProblemCard, "codeProblem").isVisible)
    assert panel.view.toPlainText() == ""
    assert panel.findChild(QLabel, "codeStatus").text() == "No code yet."
    assert document.problems


def test_a_hidden_panel_generates_nothing_until_it_is_shown(panel: CodePanel, qtbot: QtBot) -> None:
    document = document_of(panel)
    panel.hide()
    before = panel.view.toPlainText()
    document.edit("Rename", lambda g: edits.rename(g, conv_of(g), "unseen"))
    document.select([conv_of(document.graph)])
    qtbot.wait(150)
    assert panel.view.toPlainText() == before
    panel.show()
    assert panel.view.toPlainText() == code_of(document)
    assert panel.view.marked == frozenset(generate(document.graph).lines[conv_of(document.graph)])


def test_copy_puts_the_code_on_the_clipboard(panel: CodePanel) -> None:
    button = panel.findChild(QPushButton, "copyCode")
    Mouse(button).click(button.rect().center())
    assert QGuiApplication.clipboard().text() == code_of(document_of(panel))
    assert button.text() == "Copied"


def test_save_writes_a_file_that_python_can_compile(panel: CodePanel, tmp_path: Path, qtbot: QtBot) -> None:
    document_of(panel).path = tmp_path / "my net.json"
    seen: list[str] = []

    def accept() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        seen.append(name.text())
        press_keys(name, Qt.Key.Key_Return)

    QTimer.singleShot(300, accept)
    button = panel.findChild(QPushButton, "saveCode")
    Mouse(button).click(button.rect().center())
    assert seen == ["my_net.py"]
    saved = (tmp_path / "my_net.py").read_text(encoding="utf-8")
    assert saved == code_of(document_of(panel))
    compile(saved, "my_net.py", "exec")


def test_a_folder_that_is_not_there_is_told_in_words(panel: CodePanel, tmp_path: Path) -> None:
    said: list[str] = []

    def choose() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QFileDialog)
        QTimer.singleShot(200, panel, read)
        press_keys(dialog.findChild(QLineEdit, "fileNameEdit"), str(tmp_path / "nowhere" / "net.py"), Qt.Key.Key_Return)

    def read() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        said.append(box.text())
        box.accept()

    QTimer.singleShot(200, panel, choose)
    button = panel.findChild(QPushButton, "saveCode")
    Mouse(button).click(button.rect().center())
    assert "cannot be written" in said[0]


@pytest.mark.parametrize(
    "texts",
    [
        ["", "a\nb\nc", "a\nB\nc", "a\nc", "a\nx\ny\nc", ""],
        ["a\nb\n", "a\nb\nc\n", "b\nc\n", "c", "z\nc", "z\nc\nd"],
        ["a\na\na", "a\na", "a\na\na\na", "b"],
    ],
)
def test_replacing_only_the_changed_lines_gives_the_whole_new_text(qtbot: QtBot, texts: list[str]) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    for text in texts:
        view.set_code(text)
        assert view.toPlainText() == text


def test_docstrings_strings_comments_and_keywords_are_coloured(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.set_code('"""One\ntwo"""\ndef run(x):  # why\n    return "a" + x\n')
    view.show()

    def colours(line: int) -> list[tuple[int, int]]:
        formats = view.document().findBlockByNumber(line).layout().formats()
        return [(f.start, f.length) for f in formats]  # type: ignore[attr-defined]

    assert colours(0) == [(0, 6)]
    assert colours(1) == [(0, 6)]
    assert colours(2) == [(0, 3), (4, 3), (13, 5)]
    assert (4, 6) in colours(3) and (11, 3) in colours(3)
    assert colours(4) == []


def test_the_colours_follow_the_scheme(panel: CodePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's offscreen platform has no dark scheme to switch to, so the switch itself is made by hand."""

    def colour_of_class() -> str:
        block = panel.view.document().find("class CntkResnet20").block()
        formats = block.layout().formats()  # PySide frees them with the list
        return formats[0].format.foreground().color().name()

    light = colour_of_class()
    monkeypatch.setattr(theme, "is_dark", lambda: True)
    QApplication.sendEvent(panel.view, QEvent(QEvent.Type.PaletteChange))
    dark = colour_of_class()
    assert (light, dark) == theme.CATEGORY_COLOURS["control"]
