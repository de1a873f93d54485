"""Formulas in the inspector: typed, completed, evaluated where the node stands, made variables and arguments."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QLineEdit, QListView, QMainWindow, QMenu, QWidget
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.graph.model import INPUT, OUTPUT, Argument, Block, Body, Edge, Graph, Node, block_owner
from tests.gui.conftest import press_keys
from tests.gui.test_inspector import Shown

Show = Callable[[Graph], Shown]


def node(id_: str, type_: str, body: Body | None = None, **params: object) -> Node:
    return Node(id=id_, type=type_, name=id_, params=params, body=body)


def chain(*nodes: Node, framed: bool = False) -> Body:
    ids = [INPUT, *(n.id for n in nodes), OUTPUT] if framed else [n.id for n in nodes]
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise(ids)))


def same(id_: str, **params: object) -> Node:
    return node(id_, "Conv2d", padding="same", **params)


GRAPH = Graph(
    name="small",
    root=chain(
        node("x", "Input", shape=[4, 8, 8]),
        same("c", out_channels=4),
        node("rep", "Repeat", chain(same("n", out_channels="=4 * (i + 1)"), framed=True), times=3),
        node("use", "Block", block="B", arguments={"w": 8}),
    ),
    blocks={"B": Block(body=chain(same("inner", out_channels="=w"), framed=True), arguments=(Argument("w", 2),))},
    variables={"width": 16},
)


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def make(graph: Graph = GRAPH) -> Shown:
        window = QMainWindow()
        qtbot.addWidget(window)
        shown = Shown(Document(graph), window)
        window.resize(320, 900)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        QApplication.processEvents()
        return shown

    return make


def label(shown: Shown, name: str) -> str:
    """The text of a label of the inspector; '' while it is hidden."""
    found = [w for w in shown.panel.findChildren(QLabel, name) if w.isVisible()]
    return found[0].text() if found else ""


def line(shown: Shown, name: str) -> QLineEdit:
    editor = shown.editor(name)
    assert editor is not None
    found = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)
    assert found is not None
    return found


def test_a_formula_is_typed_where_a_number_stands(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", "=width * 2")
    assert shown.param("c", "out_channels") == "=width * 2"
    assert shown.document.analysis.facts("c").output == (32, 8, 8)
    assert label(shown, "result_out_channels") == "→ 32"
    shown.document.undo()
    assert shown.param("c", "out_channels") == 4, "typing it was one step"


def test_lists_and_inputs_can_be_formulas(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", "=in.channels * 3")
    shown.type("kernel_size", "=[1, 1 + 2]")
    assert shown.document.analysis.facts("c").output == (12, 8, 8)
    assert label(shown, "result_kernel_size") == "→ 1x3"


def test_a_mistake_says_what_names_there_are_and_leaves_the_value(show: Show, qtbot: QtBot) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", "=wdth")
    qtbot.waitUntil(lambda: "width" in label(shown, "reason_out_channels"), timeout=3000)
    assert shown.param("c", "out_channels") == 4
    press_keys(line(shown, "out_channels"), Qt.Key.Key_Escape)
    assert shown.text("out_channels") == "4"


@pytest.mark.parametrize(
    ("typed", "hinted"),
    [("width*2", True), ("width", True), ("wdth * 2", True), ("in.channels", True), ("max(3, width)", True),
     ("many", False), ("-3", False), ("1.5", False)],
)  # fmt: skip
def test_a_formula_without_its_sign_is_told_what_it_begins_with(
    show: Show, qtbot: QtBot, typed: str, hinted: bool
) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", typed, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: label(shown, "reason_out_channels") != "", timeout=3000)
    said = label(shown, "reason_out_channels")
    assert said.startswith("Must be a whole number")
    assert (f"A formula begins with '=': ={typed}." in said) == hinted
    assert shown.param("c", "out_channels") == 4


def test_a_formula_must_give_what_the_property_takes(show: Show, qtbot: QtBot) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", "=width / 3", Qt.Key.Key_Return)
    assert "5.3" in label(shown, "reason_out_channels")
    assert shown.param("c", "out_channels") == 4


def test_every_repetition_shows_its_value(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("n")
    assert shown.text("out_channels") == "=4 * (i + 1)"
    assert label(shown, "result_out_channels") == "→ 4, 8, 12"
    assert label(shown, "reason_out_channels") == ""


def test_a_formula_that_a_file_brings_is_wrong_at_its_property(show: Show) -> None:
    graph = Graph(root=chain(node("x", "Input", shape=[4, 8, 8]), same("c", out_channels="=gone")))
    shown = show(graph)
    shown.select("c")
    assert "gone" in label(shown, "reason_out_channels")
    assert shown.text("out_channels") == "=gone"


def test_names_are_completed(show: Show, qtbot: QtBot) -> None:
    shown = show(GRAPH)
    shown.select("c")
    shown.type("out_channels", "=wi")
    popup = next(w for w in QApplication.topLevelWidgets() if isinstance(w, QListView) and w.isVisible())
    offered = [popup.model().index(row, 0).data() for row in range(popup.model().rowCount())]
    assert offered == ["width"]
    press_keys(popup, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert shown.text("out_channels") == "=width"
    assert shown.param("c", "out_channels") == "=width"


def test_switches_and_choices_show_formulas_that_files_bring(show: Show) -> None:
    graph = Graph(root=chain(node("x", "Input", shape=[4, 8, 8]), same("c", bias="=1 == 1")))
    shown = show(graph)
    shown.select("c")
    assert label(shown, "result_bias") == "=1 == 1 → true"
    assert label(shown, "reason_bias") == ""


def menu_of(shown: Shown, name: str) -> QMenu:
    """The menu behind the sign in a field, opened as a click on it does."""
    line(shown, name).setFocus()
    QApplication.processEvents()
    action = line(shown, name).findChild(QAction, f"formula_{name}")
    assert action is not None and action.isVisible()
    action.trigger()
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible())


def chosen(menu: QMenu, name: str) -> QAction:
    action = menu.findChild(QAction, name)
    assert action is not None, [a.objectName() for a in menu.actions()]
    return action


def test_a_property_becomes_a_variable(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("c")
    menu = menu_of(shown, "out_channels")
    assert menu.findChild(QAction, "menuArgument") is None, "it lies in no block"
    said: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        edit, buttons = dialog.findChild(QLineEdit, "newName"), dialog.findChild(QDialogButtonBox)
        press_keys(edit, Qt.Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
        press_keys(edit, "width")
        said.append(dialog.findChild(QLabel, "newNameReason").text())
        assert not buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
        press_keys(edit, "2", Qt.Key.Key_Return)

    QTimer.singleShot(0, shown.panel, answer)
    chosen(menu, "menuVariable").trigger()
    QApplication.processEvents()
    assert "width" in said[0]
    assert shown.document.graph.variables == {"width": 16, "width2": 4}
    assert shown.param("c", "out_channels") == "=width2"
    shown.document.undo()
    assert shown.document.graph == GRAPH


def test_a_property_in_a_block_becomes_its_argument(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("inner")
    menu = menu_of(shown, "kernel_size")

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert dialog is not None
        press_keys(dialog.findChild(QLineEdit, "newName"), Qt.Key.Key_Return)

    QTimer.singleShot(0, shown.panel, answer)
    chosen(menu, "menuArgument").trigger()
    QApplication.processEvents()
    assert shown.document.graph.blocks["B"].arguments[-1] == Argument("kernel_size", 3)
    assert shown.param("inner", "kernel_size") == "=kernel_size"


def test_a_value_takes_the_place_of_a_formula(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("inner")
    chosen(menu_of(shown, "out_channels"), "menuValue").trigger()
    assert shown.param("inner", "out_channels") == 8


# ---- variables, arguments, uses of blocks


def part(shown: Shown, kind: type[QWidget], name: str) -> QWidget:
    QTest.qWait(10)
    found = [w for w in shown.panel.findChildren(kind, name) if w.isVisible()]
    assert found, name
    return found[0]


def value_line(shown: Shown, name: str) -> QLineEdit:
    found = part(shown, QWidget, name).findChild(QLineEdit)
    assert found is not None
    return found


def retype(edit: QLineEdit, *keys: str | Qt.Key) -> None:
    edit.setFocus()
    press_keys(edit, Qt.Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
    press_keys(edit, *keys)
    QApplication.processEvents()


def test_a_variable_changes_shapes_while_it_is_typed(show: Show) -> None:
    graph = Graph(root=chain(node("x", "Input", shape=[4, 8, 8]), same("c", out_channels="=width")),
                  variables={"width": 16})  # fmt: skip
    shown = show(graph)
    edit = value_line(shown, "variableValue_width")
    retype(edit, "24")
    assert shown.document.analysis.facts("c").output == (24, 8, 8)
    press_keys(edit, Qt.Key.Key_Up, Qt.Key.Key_Return)
    assert shown.document.graph.variables == {"width": 25}
    shown.document.undo()
    assert shown.document.graph.variables == {"width": 16}


def test_a_variable_is_added_renamed_and_deleted_with_its_value(show: Show) -> None:
    graph = Graph(root=chain(node("x", "Input", shape=[4, 8, 8]), same("c", out_channels="=width")),
                  variables={"width": 16})  # fmt: skip
    shown = show(graph)
    part(shown, QWidget, "variableAdd").click()  # type: ignore[attr-defined]
    QApplication.processEvents()
    assert shown.document.graph.variables == {"width": 16, "width2": 16}
    name = part(shown, QLineEdit, "variableName_width")
    assert isinstance(name, QLineEdit)
    retype(name, "width2", Qt.Key.Key_Return)
    assert "width2" in label(shown, "variableFault_width"), "the name is taken"
    retype(name, "channels", Qt.Key.Key_Return)
    assert shown.param("c", "out_channels") == "=channels"

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert box is not None and "c" in box.text()  # type: ignore[attr-defined]
        box.findChild(QWidget, "putValue").click()  # type: ignore[attr-defined]

    delete = part(shown, QWidget, "variableDelete_channels")
    QTimer.singleShot(0, shown.panel, answer)
    delete.click()  # type: ignore[attr-defined]
    assert shown.param("c", "out_channels") == 16
    assert shown.document.graph.variables == {"width2": 16}


def test_variables_that_define_each_other_say_so(show: Show) -> None:
    shown = show(Graph(root=GRAPH.root, blocks=GRAPH.blocks, variables={"a": "=b", "b": "=a"}))
    assert label(shown, "reason_variableValue_a") or label(shown, "reason_a") or label(shown, "variableFault_a")


def test_a_use_of_a_block_overrides_an_argument_and_takes_it_back(show: Show) -> None:
    shown = show(GRAPH)
    shown.select("use")
    assert shown.text("w") == "8"
    shown.type("w", "=width")
    assert shown.document.analysis.facts("use").output == (16, 8, 8)
    assert label(shown, "result_w") == "→ 16"
    reset = part(shown, QWidget, "reset_w")
    reset.click()  # type: ignore[attr-defined]
    assert shown.param("use", "arguments") is None
    assert shown.document.analysis.facts("use").output == (2, 8, 8)


def test_the_open_drawing_of_a_block_shows_its_arguments(show: Show) -> None:
    shown = show(GRAPH)
    shown.panel.level = lambda: block_owner("B")
    shown.panel.follow_level()
    QApplication.processEvents()
    edit = part(shown, QLineEdit, "argumentName_w")
    assert isinstance(edit, QLineEdit)
    retype(edit, "channels", Qt.Key.Key_Return)
    assert shown.param("inner", "out_channels") == "=channels"
    assert shown.param("use", "arguments") == {"channels": 8}
    retype(value_line(shown, "argumentValue_channels"), "6", Qt.Key.Key_Return)
    about = part(shown, QLineEdit, "argumentAbout_channels")
    assert isinstance(about, QLineEdit)
    retype(about, "Feature maps")
    assert shown.document.graph.blocks["B"].arguments == (Argument("channels", 6, "Feature maps"),)
    assert not shown.panel.findChild(QWidget, "variables").isVisible()


def typed(edit: QLineEdit, text: str) -> None:
    """Type with a pause after every key, long enough for all panels to follow; no key may go astray."""
    edit.setFocus()
    edit.selectAll()
    owner = edit.window().focusWidget()
    assert owner in (edit, edit.parentWidget()), "of a box with arrows, the box has the focus"
    for at in range(len(text)):
        QTest.keyClicks(edit.window().focusWidget(), text[at])
        QTest.qWait(20)
        assert edit.window().focusWidget() is owner
        assert edit.text() == text[: at + 1]


@pytest.mark.parametrize(("text", "value"), [("24", 24), ("=width * 3", "=width * 3"), ("true", True)])
def test_the_line_for_an_argument_keeps_the_focus_while_it_is_typed(show: Show, text: str, value: object) -> None:
    shown = show(Graph(root=Body((node("use", "Block", block="B"),)), blocks=GRAPH.blocks,
                                 variables=GRAPH.variables))  # fmt: skip
    document = shown.document
    document.select(["use"])
    QTest.qWait(20)
    edit = line(shown, "w")
    typed(edit, text)
    assert document.graph.node("use").params["arguments"] == {"w": value}
    press_keys(edit, Qt.Key.Key_Escape)
    QTest.qWait(20)
    assert edit.text() == "2"
    assert "arguments" not in document.graph.node("use").params and document.undo_label is None
    typed(edit, text)
    press_keys(edit, Qt.Key.Key_Return)
    press_keys(edit.window().focusWidget(), Qt.Key.Key_Z, modifiers=Qt.KeyboardModifier.ControlModifier)
    QTest.qWait(20)
    assert edit.text() == "2" and document.undo_label is None, "the whole typing is one step"
    document.select([])
    QTest.qWait(20)
    assert not shown.panel.block_use.isVisible(), "also with the focus in it"


@pytest.mark.parametrize(("name", "owner"), [("variableValue_width", None), ("argumentValue_w", "B")])
@pytest.mark.parametrize(("text", "value"), [("24", 24), ("=max(3, 4)", "=max(3, 4)")])
def test_the_line_for_a_names_value_keeps_the_focus_while_it_is_typed(
    show: Show, name: str, owner: str | None, text: str, value: object
) -> None:
    shown = show(GRAPH)
    shown.panel.level = lambda: owner and block_owner(owner)
    shown.panel.follow_level()
    QTest.qWait(20)
    edit = value_line(shown, name)
    typed(edit, text)
    assert [w for w in QApplication.topLevelWidgets() if w.isVisible()] == [shown.window], "nothing opens beside it"
    press_keys(edit, Qt.Key.Key_Return)
    graph = shown.document.graph
    assert value == (graph.variables["width"] if owner is None else graph.blocks[owner].arguments[0].default)
    press_keys(edit.window().focusWidget(), Qt.Key.Key_Z, modifiers=Qt.KeyboardModifier.ControlModifier)
    QTest.qWait(20)
    assert shown.document.graph == GRAPH and shown.document.undo_label is None


# ---- functions in Python


def test_a_function_is_written_in_an_editor_that_says_what_is_wrong(show: Show) -> None:
    graph = Graph(root=chain(node("x", "Input", shape=[4]), node("f", "PythonFunction")))
    shown = show(graph)
    shown.select("f")
    editor = shown.editor("code")
    assert editor is not None
    editor.setFocus()
    press_keys(editor, Qt.Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
    press_keys(editor, "def forward(x):", Qt.Key.Key_Return, "return x *")
    QApplication.processEvents()
    assert "Line 2" in label(shown, "reason_code")
    press_keys(editor, " 2")
    QApplication.processEvents()
    assert label(shown, "reason_code") == ""
    assert shown.param("f", "code") == "def forward(x):\n    return x * 2"
    shown.document.undo()
    assert shown.param("f", "code") is None
