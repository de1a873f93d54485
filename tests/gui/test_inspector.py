"""The inspector: names and properties of what is selected, its facts and problems, edits of many nodes at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.panels.captions import documentation_paragraphs
from designer.app.panels.inspector import InspectorPanel
from designer.app.panels.inspector_parts import FactsTable
from designer.graph import Body, Edge, Graph, Node, edits
from designer.layers.registry import catalogue
from designer.shapes import analyze, problems
from tests.gui.conftest import Mouse, press_keys

Show = Callable[..., "Shown"]


def node(node_id: str, type_: str, **params: object) -> Node:
    return Node(id=node_id, type=type_, name=node_id, params=params)


def wire(source: str, target: str, port: int = 0) -> Edge:
    return Edge((source, 0), (target, port))


def chain(*nodes: Node) -> Graph:
    edges = tuple(wire(a.id, b.id) for a, b in pairwise(nodes))
    return Graph(name="small", root=Body(nodes, edges))


SMALL = chain(
    node("input", "Input"),
    node("conv1", "Conv2d", out_channels=32, kernel_size=5, padding="same"),
    node("relu1", "ReLU"),
    node("conv2", "Conv2d", out_channels=64, kernel_size=3, padding="same"),
    node("fc", "Linear", out_features=10),
)


class Shown:
    """An inspector on the screen, beside the menu action for undo that the window has."""

    def __init__(self, document: Document, window: QMainWindow) -> None:
        self.document = document
        self.window = window
        self.panel = InspectorPanel(document)
        window.setCentralWidget(self.panel)
        undo = QAction("Undo", window)
        undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        undo.triggered.connect(document.undo)
        window.addAction(undo)

    def select(self, *ids: str) -> None:
        self.document.select(ids)
        QApplication.processEvents()

    def editor(self, name: str) -> QWidget | None:
        found = [w for w in self.panel.findChildren(QWidget, f"field_{name}") if w.isVisible()]
        return found[0] if found else None

    def type(self, name: str, *keys: str | Qt.Key) -> None:
        editor = self.editor(name)
        assert editor is not None
        editor.setFocus()
        press_keys(editor, Qt.Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
        press_keys(editor, *keys)
        QApplication.processEvents()

    def text(self, name: str) -> str:
        editor = self.editor(name)
        assert editor is not None
        line = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)
        return line.text()

    @property
    def name(self) -> QLineEdit:
        return self.panel.findChild(QLineEdit, "nodeName")

    @property
    def facts(self) -> dict[str, str]:
        return self.panel.findChild(FactsTable, "facts").texts()

    def param(self, node_id: str, name: str) -> object:
        return self.document.graph.node(node_id).params.get(name)


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def make(graph: Graph = SMALL, width: int = 300) -> Shown:
        window = QMainWindow()
        qtbot.addWidget(window)
        shown = Shown(Document(graph), window)
        window.resize(width, 800)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        QApplication.processEvents()
        return shown

    return make


def test_without_a_selection_it_shows_the_networks_name_and_totals(show: Show) -> None:
    shown = show()
    assert shown.name.text() == "small"
    assert shown.facts["Layers"] == "5"
    assert shown.facts["Parameters"] == "676,298 in 6 tensors"
    assert shown.panel.findChild(QLabel, "inspectorHint").isVisible()
    shown.name.setFocus()
    press_keys(shown.name, Qt.Key.Key_End, "er")
    assert shown.document.graph.name == "smaller"


def test_a_node_shows_its_fields_facts_and_documentation(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    assert shown.name.text() == "conv1"
    assert "Conv2d" in shown.panel.findChild(QLabel, "nodeType").text()
    assert (shown.text("out_channels"), shown.text("kernel_size"), shown.text("padding")) == ("32", "5", "same")
    assert shown.facts["Input"] == "3x32x32 from input"
    assert shown.facts["Output"] == "32x32x32"
    assert shown.facts["Parameters"] == "2,432 in 2 tensors"
    assert shown.facts["Multiply-adds"] == "2,457,600 (2.46 M)"
    assert "weighted sum" in shown.panel.findChild(QLabel, "documentationText").text()


def test_typing_changes_the_drawing_at_once_and_is_one_undo_step(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", "128")
    assert shown.param("conv1", "out_channels") == 128
    assert shown.facts["Output"] == "128x32x32"
    assert shown.document.undo_label == "Output channels of conv1"
    shown.document.undo()
    assert shown.document.graph is SMALL
    assert shown.document.undo_label is None


def test_enter_or_leaving_the_field_begins_another_undo_step(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", "48", Qt.Key.Key_Return)
    shown.type("out_channels", "64")
    shown.document.undo()
    assert shown.param("conv1", "out_channels") == 48


def test_ctrl_z_in_a_field_is_the_drawings_undo_and_the_field_shows_it(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", "7")
    press_keys(shown.editor("out_channels"), Qt.Key.Key_Z, modifiers=Qt.KeyboardModifier.ControlModifier)
    QApplication.processEvents()
    assert shown.document.graph is SMALL
    assert shown.text("out_channels") == "32"


def test_a_mistake_leaves_the_drawing_as_it_was_before_the_typing(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("kernel_size", "7x", "y")
    assert shown.document.graph is SMALL, "the 7 was only a beginning"
    assert shown.document.undo_label is None
    assert shown.text("kernel_size") == "7xy"
    reason = next(w for w in shown.panel.findChildren(QLabel, "reason_kernel_size") if w.isVisible())
    assert reason.text().startswith("Must be")
    assert reason.text().endswith("It stays 5.")
    press_keys(shown.editor("kernel_size"), Qt.Key.Key_Backspace, Qt.Key.Key_Backspace)
    assert shown.param("conv1", "kernel_size") == 7, "mended, it is live again"
    shown.document.undo()
    assert shown.document.graph is SMALL


def test_escape_takes_the_typing_back_without_an_undo_step(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", "64", Qt.Key.Key_Return)
    shown.type("out_channels", "128", Qt.Key.Key_Escape)
    assert shown.param("conv1", "out_channels") == 64
    assert shown.text("out_channels") == "64"
    shown.document.undo()
    assert shown.document.graph is SMALL


def test_a_mistake_in_many_nodes_gives_each_its_own_value_back(show: Show) -> None:
    shown = show()
    shown.select("conv1", "conv2")
    shown.type("out_channels", "1e9")
    assert shown.document.graph is SMALL
    assert shown.text("out_channels") == "1e9"


def test_escape_brings_the_name_back(show: Show) -> None:
    shown = show()
    shown.select("relu1")
    shown.panel.focus_name()
    press_keys(shown.name, "activation", Qt.Key.Key_Escape)
    assert shown.document.graph is SMALL
    QApplication.processEvents()
    assert shown.name.text() == "relu1"


def test_a_change_elsewhere_does_not_touch_what_is_being_typed(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("kernel_size", "3x")
    shown.document.edit("Elsewhere", lambda g: edits.set_params(g, ["conv1"], {"out_channels": 99}))
    QApplication.processEvents()
    assert shown.text("kernel_size") == "3x"
    assert shown.text("out_channels") == "99"
    assert QApplication.focusWidget() is shown.editor("kernel_size")


def test_the_default_is_left_out_of_the_file_and_the_button_goes_back_to_it(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    button = next(b for b in shown.panel.findChildren(QToolButton, "reset_padding") if b.isVisible())
    Mouse(button).click(button.rect().center())
    assert "padding" not in shown.document.graph.node("conv1").params
    QApplication.processEvents()
    assert shown.text("padding") == "0"


def test_an_edit_goes_to_all_selected_nodes_of_a_type(show: Show) -> None:
    shown = show()
    shown.select("conv1", "conv2")
    assert not shown.name.isVisible()
    assert shown.text("out_channels") == ""
    assert shown.text("padding") == "same"
    assert shown.facts["Parameters"] == "20,928 in 4 tensors"
    shown.type("out_channels", "24")
    assert (shown.param("conv1", "out_channels"), shown.param("conv2", "out_channels")) == (24, 24)
    assert shown.param("conv1", "kernel_size") == 5
    shown.document.undo()
    assert shown.document.graph is SMALL


def test_nodes_of_different_types_share_the_fields_of_equal_name_and_kind(show: Show) -> None:
    graph = chain(
        node("input", "Input"), node("conv", "Conv2d", padding=1), node("pool", "MaxPool2d"), node("relu", "ReLU")
    )
    shown = show(graph)
    shown.select("conv", "pool")
    assert shown.editor("kernel_size") is not None
    assert shown.editor("out_channels") is None
    shown.type("kernel_size", "2")
    assert shown.document.graph.node("conv").params == {"padding": 1, "kernel_size": 2}
    shown.select("conv", "relu")
    assert shown.editor("kernel_size") is None
    assert "no property in common" in shown.panel.findChild(QLabel, "inspectorHint").text()


def test_renaming_follows_every_keystroke_as_one_step(show: Show) -> None:
    shown = show()
    shown.select("relu1")
    shown.panel.focus_name()
    press_keys(shown.name, "activation", Qt.Key.Key_Return)
    assert shown.document.graph.node("relu1").name == "activation"
    assert shown.document.undo_label == "Rename relu1"
    shown.document.undo()
    assert shown.document.graph is SMALL
    QApplication.processEvents()
    assert shown.name.text() == "relu1"


def test_an_error_stands_with_its_node_and_its_mend_is_one_click(show: Show) -> None:
    pool = node("pool", "MaxPool2d", kernel_size=3, stride=2)
    shown = show(chain(node("input", "Input"), pool, node("fc", "Linear")))
    shown.select("pool")
    buttons = [b for b in shown.panel.findChildren(QPushButton, "fix") if b.isVisible()]
    assert buttons, "a division that leaves a rest has mends"
    Mouse(buttons[0]).click(buttons[0].rect().center())
    QApplication.processEvents()
    assert not [p for p in shown.document.problems if p.node == "pool"]
    assert not [b for b in shown.panel.findChildren(QPushButton, "fix") if b.isVisible()]


def test_a_frames_repetitions_are_multiplied_in(show: Show) -> None:
    body = Body((node("conv", "Conv2d", out_channels=3, padding="same"),), (wire("@in", "conv"), wire("conv", "@out")))
    repeat = Node(id="stage", type="Repeat", name="stage", params={"times": 18}, body=body)
    shown = show(chain(node("input", "Input"), repeat, node("fc", "Linear")))
    shown.select("conv")
    assert shown.facts["Input"] == "3x32x32 from the frame's input"
    large = edits.set_params(shown.document.graph, ["conv"], {"kernel_size": 99, "padding": 0})
    assert not [p for p in problems(analyze(large)) if "@in" in str(p.text)]
    assert any("the frame's input" in str(p.text) for p in problems(analyze(large)))
    assert shown.facts["Parameters"] == "18 × 84 = 1,512"
    assert shown.facts["Runs"] == "18 times"
    shown.select("stage")
    assert shown.facts["Parameters"] == "18 × 84 = 1,512"
    shown.type("times", "3")
    assert shown.facts["Parameters"] == "3 × 84 = 252"
    shown.document.edit("Share", lambda g: edits.set_params(g, ["stage"], {"shared": True}))
    QApplication.processEvents()
    assert shown.facts["Parameters"] == "84 in 2 tensors"
    assert shown.facts["Runs"] == "3 times"


def test_one_tensor_is_no_tensors_and_documentation_has_no_marks_of_code(show: Show) -> None:
    shown = show(chain(node("input", "Input"), node("conv", "Conv2d", bias=False)))
    shown.select("conv")
    assert shown.facts["Parameters"].endswith(" in 1 tensor")
    for name in catalogue():
        assert not any("`" in text for text in documentation_paragraphs(catalogue()[name])), name


def test_a_missing_layer_says_so_and_shows_its_properties_without_editors(show: Show) -> None:
    shown = show(chain(node("input", "Input"), node("odd", "Wibble", depth=3, mode="a<b")))
    shown.select("odd")
    assert "not installed" in shown.panel.findChild(QLabel, "inspectorHint").text()
    assert shown.panel.findChild(FactsTable, "keptProperties").texts() == {"depth": "3", "mode": '"a<b"'}
    assert shown.editor("depth") is None


def test_unknown_properties_of_a_file_are_listed_and_kept(show: Show) -> None:
    shown = show(chain(node("input", "Input"), node("relu", "ReLU", from_the_future=[1, 2])))
    shown.select("relu")
    kept = shown.panel.findChild(FactsTable, "keptProperties")
    assert kept.isVisible()
    assert kept.texts() == {"from_the_future": "[1, 2]"}


def test_a_value_that_the_layer_refuses_is_shown_with_its_reason(show: Show) -> None:
    shown = show(chain(node("input", "Input"), node("conv", "Conv2d", out_channels=-3)))
    shown.select("conv")
    assert shown.text("out_channels") == "-3"
    shown.type("out_channels", "3")
    assert shown.facts["Output"] == "3x30x30"


def test_a_deleted_nodes_form_goes_away_while_it_is_being_edited(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", "3")
    shown.document.edit("Delete", lambda g: edits.remove(g, ["conv1"]))
    QApplication.processEvents()
    assert shown.editor("out_channels") is None
    assert shown.name.text() == "small"


def test_the_documentation_folds_and_stays_folded(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    heading = shown.panel.findChild(QToolButton, "documentation")
    text = shown.panel.findChild(QLabel, "documentationText")
    Mouse(heading).click(QPoint(10, 10))
    assert not text.isVisible()
    shown.select("fc")
    assert not text.isVisible()
    assert heading.text() == "About Linear"


def test_every_layer_of_the_catalogue_has_a_form_that_fits_a_narrow_panel(show: Show) -> None:
    nodes = tuple(node(name.lower(), name) for name in catalogue())
    shown = show(Graph(root=Body(nodes)), width=240)
    for each in nodes:
        shown.select(each.id)
        form = next(
            (f for f in shown.panel.findChildren(QWidget) if f.objectName().startswith("field_") and f.isVisible()),
            None,
        )
        if form is not None:
            assert form.parentWidget().minimumSizeHint().width() <= 240 - 24, each.type


def test_values_can_be_stepped_with_the_arrow_keys(show: Show) -> None:
    shown = show()
    shown.select("conv1")
    shown.type("out_channels", Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert shown.param("conv1", "out_channels") == 34
    shown.document.undo()
    assert shown.document.graph is SMALL


def test_a_comment_is_typed_in_lines_and_has_no_figures(show: Show) -> None:
    shown = show(Graph(root=Body((node("note", "Comment"), node("conv1", "Conv2d")))))
    shown.select("note")
    editor = shown.editor("text")
    assert isinstance(editor, QPlainTextEdit)
    assert editor.height() > 3 * editor.fontMetrics().lineSpacing()
    assert shown.facts == {}
    shown.type("text", "= one", Qt.Key.Key_Return, "two")
    assert shown.param("note", "text") == "= one\ntwo"
    assert [w for w in QApplication.topLevelWidgets() if isinstance(w, QLabel) and w.isVisible()] == []
    press_keys(editor, Qt.Key.Key_Tab)
    assert not editor.hasFocus()
    shown.document.undo()
    QApplication.processEvents()
    assert editor.toPlainText() == "", "typing is one step"
    shown.select("conv1")
    assert "Output" in shown.facts
