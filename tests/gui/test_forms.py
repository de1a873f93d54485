"""Forms of fields: typing, stepping, mistakes, defaults, and values from outside while someone types."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app.panels.controls import ComboBox, NumberEdit, Switch
from designer.app.panels.forms import MIXED, FieldForm
from designer.app.panels.rows import PATIENCE
from designer.layers.fields import Field
from tests.gui.conftest import Mouse, press_keys

FIELDS = (
    Field("channels", "int", 16, 1, 1_000_000, (), False, "Output channels", "How many feature maps come out."),
    Field("big", "int", 0, 0, 10**15, (), False, "Seed", ""),
    Field("rate", "float", 0.5, 0.0, 1.0, (), False, "Rate", "Share of values dropped."),
    Field("kernel", "pair", 3, 1, 10_000, (), False, "Kernel size", "Height and width of the window."),
    Field("padding", "padding", 0, 0, 10_000, ("same", "valid"), False, "Padding", ""),
    Field("bias", "bool", True, None, None, (), False, "Bias", ""),
    Field("initial", "choice", "default", None, None, ("default", "glorot", "he"), False, "Initial weights", ""),
    Field("shape", "shape", (3, 32, 32), 1, None, (), False, "Shape", "", (1, 8)),
    Field("scale", "float", None, 0.0, None, (), True, "Scale", ""),
)


class Recorded:
    """A form on the screen with what it emitted."""

    def __init__(self, form: FieldForm) -> None:
        self.form = form
        self.changes: list[tuple[str, Any]] = []
        self.finished: list[str] = []
        form.valueChanged.connect(lambda name, value: self.changes.append((name, value)))
        self.abandoned: list[str] = []
        form.editingFinished.connect(self.finished.append)
        form.editingAbandoned.connect(self.abandoned.append)

    def type(self, name: str, *keys: str | Qt.Key) -> None:
        """Replace the whole text of a field."""
        editor = self.form.editor(name)
        editor.setFocus()
        press_keys(editor, Qt.Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
        press_keys(editor, *keys)

    def text(self, name: str) -> str:
        editor = self.form.editor(name)
        line = editor if isinstance(editor, QLineEdit) else editor.findChild(QLineEdit)
        return line.text()

    def reason(self, name: str) -> str:
        label = self.form.findChild(QLabel, f"reason_{name}")
        return label.text() if label.isVisible() else ""


@pytest.fixture
def form(qtbot: QtBot) -> Recorded:
    made = FieldForm(FIELDS)
    qtbot.addWidget(made)
    made.resize(280, 500)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return Recorded(made)


def test_every_field_has_an_editor_with_a_name_for_screen_readers_and_a_tooltip(form: Recorded) -> None:
    for field in FIELDS:
        editor = form.form.findChild(QWidget, f"field_{field.name}")
        assert editor is form.form.editor(field.name)
        assert editor.accessibleName() == field.title
        assert "default" in editor.toolTip()
    assert "How many feature maps" in form.form.editor("channels").toolTip()
    assert "from 1 to 1" in form.form.editor("channels").toolTip()


def test_each_valid_keystroke_is_a_change_and_enter_ends_the_edit(form: Recorded) -> None:
    form.type("channels", "64")
    assert form.changes == [("channels", 6), ("channels", 64)]
    assert form.finished == []
    press_keys(form.form.editor("channels"), Qt.Key.Key_Return)
    assert form.finished == ["channels"]


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rate", "1e-4", 1e-4),
        ("kernel", "3x5", [3, 5]),
        ("kernel", "5,7", [5, 7]),
        ("padding", "same", "same"),
        ("padding", "1x2", [1, 2]),
        ("shape", "1,28,28", [1, 28, 28]),
        ("big", "123456789012", 123456789012),
    ],
)
def test_what_is_typed_arrives_as_json_has_it(form: Recorded, name: str, text: str, value: Any) -> None:
    form.type(name, text)
    assert form.changes[-1] == (name, value)
    assert form.form.values()[name] == value


def test_a_mistake_is_marked_with_its_reason_and_keeps_the_value_from_before_the_typing(form: Recorded) -> None:
    form.type("channels", "64", "x")
    assert form.text("channels") == "64x"
    assert form.reason("channels") == "Must be a whole number from 1 to 1000000. It stays 16."
    assert form.form.values()["channels"] == 16, "1e9 would otherwise mean 1"
    assert form.abandoned == ["channels"], "what was emitted on the way is void"
    press_keys(form.form.editor("channels"), Qt.Key.Key_Backspace)
    assert form.reason("channels") == ""
    assert form.changes[-1] == ("channels", 64)
    assert form.form.values()["channels"] == 64


@pytest.mark.parametrize("text", ["1e9", "9" * 12, "1.5", "12 apples"])
def test_a_valid_beginning_of_a_mistake_is_not_kept(form: Recorded, text: str) -> None:
    form.form.set_values({"channels": 20})
    form.type("channels", text)
    assert form.form.values()["channels"] == 20
    form.form.editor("kernel").setFocus()
    assert form.text("channels") == "20"
    assert form.reason("channels").endswith("It stays 20."), "what was typed does not go without a word"


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_a_mistake_is_told_of_whether_the_field_is_left_with_return_or_tab(form: Recorded, key: Qt.Key) -> None:
    form.type("channels", "3x", key)  # at once, before a beginning such as this counts as a mistake
    told = "Must be a whole number from 1 to 1000000. It stays 16."
    assert form.reason("channels") == told
    form.form.editor("kernel").setFocus()
    assert form.reason("channels") == told
    assert form.text("channels") == "16"
    form.type("channels", "32", key)
    assert form.reason("channels") == ""


def test_a_refusal_stays_when_the_field_is_left(form: Recorded) -> None:
    form.form.valueChanged.connect(lambda name, value: form.form.set_reason(name, "Too many." if value > 20 else None))
    form.type("channels", "64", Qt.Key.Key_Tab)
    assert form.text("channels") == "16"
    assert form.reason("channels") == "Too many. It stays 16."
    form.form.set_values({"channels": 8})
    assert form.reason("channels") == ""


def test_a_mistake_in_a_field_of_several_values_leaves_them_as_they_are(form: Recorded) -> None:
    form.form.set_values({"channels": MIXED})
    form.type("channels", "3q")
    form.form.set_values({"channels": MIXED})  # what the document answers
    assert form.text("channels") == "3q"
    assert form.reason("channels").endswith("The values stay as they are.")
    assert form.form.values()["channels"] is MIXED


def test_typed_text_stays_until_the_focus_leaves_then_the_valid_value_returns(form: Recorded) -> None:
    form.type("kernel", "5x7x9")
    assert form.reason("kernel")
    form.form.set_values({"kernel": 3})  # the document's answer to the beginnings that were taken back
    assert form.text("kernel") == "5x7x9"
    form.form.editor("channels").setFocus()
    assert form.text("kernel") == "3"
    assert form.reason("kernel").endswith("It stays 3.")
    assert form.finished[-1] == "kernel"


def test_escape_gives_up_a_mistake(form: Recorded) -> None:
    form.type("rate", "2")
    assert form.reason("rate")
    press_keys(form.form.editor("rate"), Qt.Key.Key_Escape)
    assert form.text("rate") == "0.5"
    assert form.changes == []


def test_escape_brings_back_the_value_from_before_the_editing(form: Recorded) -> None:
    form.type("channels", "64", Qt.Key.Key_Return)
    form.type("channels", "128")
    press_keys(form.form.editor("channels"), Qt.Key.Key_Escape)
    assert form.text("channels") == "64"
    assert form.form.values()["channels"] == 64
    assert form.abandoned == ["channels"]
    press_keys(form.form.editor("channels"), Qt.Key.Key_Escape)
    assert form.abandoned == ["channels"], "there is nothing left to take back"


def test_a_beginning_is_called_a_mistake_only_when_nothing_follows_it(form: Recorded, qtbot: QtBot) -> None:
    form.type("kernel", "3x")
    assert form.reason("kernel") == ""
    qtbot.wait(PATIENCE + 100)
    assert form.reason("kernel").startswith("Must be")
    press_keys(form.form.editor("kernel"), "5")
    assert form.reason("kernel") == ""
    assert form.changes[-1] == ("kernel", [3, 5])


def test_arrows_step_within_the_bounds(form: Recorded) -> None:
    editor = form.form.editor("channels")
    editor.setFocus()
    press_keys(editor, Qt.Key.Key_Up)
    assert form.changes == [("channels", 17)]
    press_keys(editor, Qt.Key.Key_PageDown, Qt.Key.Key_PageDown)
    assert form.changes[-1] == ("channels", 1)
    form.type("rate", Qt.Key.Key_Up)
    assert form.changes[-1] == ("rate", 0.51)
    form.type("rate", "1", Qt.Key.Key_Up)
    assert form.form.values()["rate"] == 1.0
    form.type("rate", "1e-4", Qt.Key.Key_Down)
    assert form.form.values()["rate"] == 9.9e-5


def test_the_wheel_turns_a_number_only_where_the_focus_is(form: Recorded) -> None:
    editor = form.form.editor("channels")
    form.form.editor("kernel").setFocus()
    Mouse(editor).wheel(QPoint(5, 5), 120)
    Mouse(form.form.editor("initial")).wheel(QPoint(5, 5), -120)
    assert form.changes == []
    editor.setFocus()
    Mouse(editor).wheel(QPoint(5, 5), 120)
    assert form.changes == [("channels", 17)]


def test_a_switch_is_clicked_or_toggled_by_space(form: Recorded) -> None:
    switch = form.form.editor("bias")
    assert isinstance(switch, Switch)
    Mouse(switch).click(QPoint(12, 10))
    switch.setFocus()
    press_keys(switch, Qt.Key.Key_Space)
    assert form.changes == [("bias", False), ("bias", True)]


def test_a_choice_is_made_with_the_keyboard(form: Recorded) -> None:
    combo = form.form.editor("initial")
    assert isinstance(combo, ComboBox)
    combo.setFocus()
    press_keys(combo, Qt.Key.Key_Down)
    assert form.changes == [("initial", "glorot")]


def test_an_empty_optional_field_is_automatic(form: Recorded) -> None:
    line = form.form.editor("scale").findChild(QLineEdit)
    assert (line.text(), line.placeholderText()) == ("", "automatic")
    form.type("scale", "0.1")
    form.type("scale", Qt.Key.Key_Delete)
    assert form.changes[-1] == ("scale", None)
    assert form.reason("scale") == ""


def test_values_that_differ_from_the_default_can_be_reset(form: Recorded) -> None:
    form.form.set_values({"channels": 64})
    button = form.form.findChild(QToolButton, "reset_channels")
    other = form.form.findChild(QToolButton, "reset_kernel")
    assert button.isVisible() and not other.isVisible()
    assert "16" in button.toolTip()
    Mouse(button).click(button.rect().center())
    assert form.changes == [("channels", 16)]
    assert form.text("channels") == "16"
    assert not button.isVisible()


def test_mixed_values_are_shown_as_such_until_one_is_entered(form: Recorded) -> None:
    form.form.set_values(dict.fromkeys((field.name for field in FIELDS), MIXED))
    assert form.text("channels") == ""
    assert form.form.editor("channels").findChild(QLineEdit).placeholderText() == "(several)"
    combo, switch = form.form.editor("initial"), form.form.editor("bias")
    assert isinstance(combo, ComboBox) and isinstance(switch, Switch)
    assert combo.currentIndex() == -1
    assert switch.checkState() == Qt.CheckState.PartiallyChecked
    assert form.reason("channels") == ""
    Mouse(switch).click(QPoint(12, 10))
    form.type("channels", "8")
    assert form.changes == [("bias", True), ("channels", 8)]


def test_a_value_that_a_file_should_not_hold_is_shown_as_it_is_with_the_reason(form: Recorded) -> None:
    form.form.set_values({"channels": -3, "initial": "magic", "kernel": "wide", "bias": "yes"})
    assert form.text("channels") == "-3"
    assert form.text("kernel") == "wide"
    for name in ("channels", "initial", "kernel", "bias"):
        assert form.reason(name).startswith("Must be")
    form.form.set_values({})
    assert form.reason("channels") == form.reason("initial") == ""


def test_values_from_outside_reach_the_other_editors_but_not_text_being_typed(form: Recorded) -> None:
    form.type("rate", "0.1")
    press_keys(form.form.editor("rate"), "0")  # 0.10 is 0.1
    form.form.set_values({"rate": 0.1, "channels": 128})
    assert form.text("rate") == "0.10"
    assert form.text("channels") == "128"
    form.form.set_values({"rate": 0.5, "channels": 128})  # undo: it really became another one
    assert form.text("rate") == "0.5"


def test_tab_goes_from_editor_to_editor(form: Recorded) -> None:
    form.form.set_values({"channels": 64})
    editors = [form.form.editor(field.name) for field in FIELDS]
    editors[0].setFocus()
    for editor in editors[1:]:
        press_keys(form.form.focusWidget(), Qt.Key.Key_Tab)
        assert form.form.focusWidget() is editor
    press_keys(form.form.focusWidget(), Qt.Key.Key_Tab)
    assert form.form.focusWidget().objectName() == "reset_channels"


def test_a_reason_can_come_from_outside(form: Recorded) -> None:
    form.form.set_reason("channels", "Must be divisible by the groups.")
    assert form.reason("channels") == "Must be divisible by the groups."
    number = form.form.editor("channels")
    assert isinstance(number, NumberEdit) and number.invalid
    form.form.set_reason("channels", None)
    assert not number.invalid


def test_a_value_refused_from_outside_goes_back_to_the_one_from_before(form: Recorded) -> None:
    form.form.valueChanged.connect(lambda name, value: form.form.set_reason(name, "Too many." if value > 9 else None))
    form.type("channels", "12")
    assert form.reason("channels") == "Too many. It stays 16."
    assert form.form.values()["channels"] == 16


def test_a_narrow_form_stays_within_its_width(form: Recorded) -> None:
    form.form.resize(216, 500)
    assert form.form.minimumSizeHint().width() <= 216


GROUPED = (
    Field("channels", "int", 16, 1, 1_000_000, (), False, "Output channels", ""),
    Field("weight_lr", "float", 1.0, 0.0, 1000.0, (), False, "Learning rate ×", "", group="Training"),
    Field("frozen", "bool", False, None, None, (), False, "Frozen", "", group="Training"),
)


def heading(form: FieldForm) -> QToolButton:
    return form.findChild(QToolButton, "group_Training")


def test_a_group_is_folded_at_first_and_tells_how_much_in_it_was_changed(qtbot: QtBot) -> None:
    form = FieldForm(GROUPED)
    qtbot.addWidget(form)
    form.show()
    assert form.editor("channels").isVisible()
    assert not form.editor("weight_lr").isVisible()
    form.set_values({"weight_lr": 0.1, "frozen": True})
    assert heading(form).text() == "Training (2 changed)"
    form.set_values({})
    assert heading(form).text() == "Training"
    Mouse(heading(form)).click(QPoint(5, 5))
    assert form.editor("weight_lr").isVisible()
    Mouse(heading(form)).click(QPoint(5, 5))
    assert not form.editor("weight_lr").isVisible()


def test_forms_that_share_their_groups_open_them_together(qtbot: QtBot) -> None:
    unfolded: set[str] = set()
    first, second = FieldForm(GROUPED, unfolded=unfolded), FieldForm(GROUPED[1:], unfolded=unfolded)
    for form in (first, second):
        qtbot.addWidget(form)
    first.show()
    Mouse(heading(first)).click(QPoint(5, 5))
    first.hide()
    second.show()
    assert second.editor("weight_lr").isVisible()


def test_a_group_with_a_refused_value_opens(qtbot: QtBot) -> None:
    form = FieldForm(GROUPED)
    qtbot.addWidget(form)
    form.show()
    form.set_reason("weight_lr", "Too large.")
    assert form.editor("weight_lr").isVisible()
