"""One row of a form: label, editor for the field's kind, button back to the default, and the reason of a mistake."""

from __future__ import annotations

import contextlib
import unicodedata
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import QLabel, QLineEdit, QSizePolicy, QToolButton, QWidget
from shiboken6 import isValid

from designer.app import icons, theme
from designer.app.i18n import render, tr
from designer.app.panels import formulas, values
from designer.app.panels.controls import ComboBox, LineEdit, NumberEdit, Switch, decimal_step, leaves_undo_to_document
from designer.app.panels.formulas import Surroundings
from designer.app.tips import tip
from designer.errors import message
from designer.graph.expressions import SIGN, ExpressionError, is_formula
from designer.layers.fields import Field, expected

PATIENCE: Final = 700
"""Milliseconds that a beginning such as '3x' may stand before it is called a mistake."""


class _Mixed:
    def __repr__(self) -> str:
        return "MIXED"


MIXED: Final = _Mixed()
"""The value of a field that the selected nodes do not share."""


_NOTHING: Final = object()


class FieldRow(QObject):
    """What the rows of all kinds have in common. The form places `label`, `control`, `reset` and `reason`."""

    edited = Signal(object)
    """A valid value was entered."""
    abandoned = Signal()
    """What was entered since the editing began is to be taken back; `value` is the one from before already."""
    finished = Signal()
    """Enter was pressed or the focus went elsewhere: the next change is another one."""

    menuRequested = Signal(object)  # noqa: N815 - Qt's spelling of signals
    """What else can be done with the property is asked for; emits where on the screen."""

    def __init__(self, field: Field, control: QWidget) -> None:
        super().__init__(control)
        self.field = field
        self.surroundings: Surroundings | None = None
        """What formulas may use here; None where none are taken."""
        self.value: Any = field.default
        """The last valid value, or MIXED."""
        self.control = control
        self.label = QLabel(tr(field.title))
        self.label.setWordWrap(True)
        self.label.setBuddy(control)
        self.label.setToolTip(tooltip(field))
        control.setObjectName(f"field_{field.name}")
        control.setAccessibleName(tr(field.title))
        control.setAccessibleDescription(tr(field.description) if field.description else "")
        control.setToolTip(tooltip(field))
        control.setMinimumHeight(6 * theme.GRID)
        self.reset = _ResetButton(field)
        self.reset.clicked.connect(self._reset)
        self.reason = QLabel()
        self.reason.setObjectName(f"reason_{field.name}")
        self.reason.setWordWrap(True)
        self.reason.setFont(theme.font(theme.SMALL_SIZE))
        self.reason.hide()
        self.result = QLabel()
        self.result.setObjectName(f"result_{field.name}")
        self.result.setFont(theme.font(theme.SMALL_SIZE))
        self.result.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.result.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.result.hide()
        self.restyle()

    # ---- formulas

    def set_surroundings(self, surroundings: Surroundings) -> None:
        """Take formulas, and evaluate them there."""
        if self.surroundings is None:
            self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            self.label.customContextMenuRequested.connect(
                lambda at: self.menuRequested.emit(self.label.mapToGlobal(at))
            )
        self.surroundings = surroundings
        self._show_result()

    def _show_result(self) -> None:
        """Say what a formula comes to, below it."""
        if not is_formula(self.value) or self.surroundings is None:
            self.result.hide()
            return
        text = formulas.as_text(self.value)
        found: list[Any] = []
        with contextlib.suppress(ExpressionError):  # what is wrong with it stands there already
            found = formulas.check(self.field, text, self.surroundings)
        shown = f"→ {formulas.shown(found, self.field)}" if found else ""
        self.result.setText(shown if isinstance(self, TextRow) else f"{text} {shown}")
        self.result.setVisible(bool(self.result.text()))

    def begin_formula(self) -> None:
        """Turn the editor into a line for a formula, beginning with the present value."""

    # ---- values

    def set_value(self, value: Any) -> None:
        """Show a value from outside. Text being typed stays where the value is the one it led to."""
        mixed = value is MIXED or self.value is MIXED
        same = value is self.value if mixed else values.same(self.field, value, self.value)
        if same and self._is_edited():
            return
        self.value = values.as_json(value)
        self.say(None)
        self._show()
        self._show_result()
        self._update_reset()

    def say(self, reason: str | None) -> None:
        """Mark the row as wrong and say why, or as right."""
        self.reason.setText(reason or "")
        self.reason.setVisible(reason is not None)
        if isinstance(self.control, LineEdit | NumberEdit | ComboBox):
            self.control.invalid = reason is not None
            self.control.update()

    def refuse(self, reason: str | None) -> None:
        """Someone else cannot use the value, and says why; None takes that back."""
        self.say(reason)

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        colours = theme.palette()
        self.reason.setStyleSheet(f"color: {colours.error};")
        self.reset.setIcon(icons.icon("reset", colours.muted))

    def _show(self) -> None:
        """Bring the control in line with `value`."""
        raise NotImplementedError

    def _is_edited(self) -> bool:
        """Whether the user is in the middle of typing here."""
        return False

    def _enter(self, value: Any) -> None:
        self.value = value
        self._show_result()
        self._update_reset()
        self.edited.emit(value)

    def _reset(self) -> None:
        self.value = values.as_json(self.field.default)
        self.say(None)
        self._show()
        self._show_result()
        self._update_reset()
        self.edited.emit(self.value)
        self.finished.emit()

    def _update_reset(self) -> None:
        differs = self.value is MIXED or not values.same(self.field, self.value, self.field.default)
        self.reset.setVisible(differs and self.control.isEnabled())


class _ResetButton(QToolButton):
    """An arrow back to the default; its place is kept free while it is hidden."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.setObjectName(f"reset_{field.name}")
        self.setAutoRaise(True)
        self.setIconSize(QSize(14, 14))
        self.setFixedSize(20, 20)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        text = tr("Back to the default: {value}", value=values.show(field, field.default) or tr("automatic"))
        self.setToolTip(text)
        self.setAccessibleName(f"{tr(field.title)}: {text}")
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()


class TextRow(FieldRow):
    """A field that is typed: numbers, pairs, paddings, shapes, texts."""

    def __init__(self, field: Field) -> None:
        super().__init__(field, self._make_control(field))
        self._line = self._find_line()
        self._line.setPlaceholderText(self._placeholder())
        self._line.textEdited.connect(self._read)
        self._completion: formulas.Completion | None = None
        self._menu = QAction(self._line)
        self._menu.setObjectName(f"formula_{field.name}")
        self._menu.setToolTip(tr("Formula, variable, argument"))
        self._menu.setVisible(False)
        self._menu.triggered.connect(self._ask_for_menu)
        self._line.addAction(self._menu, QLineEdit.ActionPosition.TrailingPosition)
        self._line.installEventFilter(self)
        self.control.installEventFilter(self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE)
        self._patience.timeout.connect(lambda: self._judge(patient=False, typed=True))
        self._before: Any = _NOTHING
        """The value from before the editing; _NOTHING while nothing was entered."""
        self.finished.connect(self._settle)
        self._show()

    def _make_control(self, field: Field) -> QWidget:
        if field.kind in ("int", "float"):
            number = NumberEdit(self._step)
            number.stepped.connect(self._read)
            return number
        if field.kind == "padding":
            combo = ComboBox()
            combo.setEditable(True)
            combo.setInsertPolicy(ComboBox.InsertPolicy.NoInsert)
            combo.setCompleter(None)  # type: ignore[arg-type]  # Qt takes a null pointer here
            combo.addItems([*field.choices, "0", "1"])
            combo.textActivated.connect(self._read)
            return combo
        return LineEdit()

    def _find_line(self) -> QLineEdit:
        if isinstance(self.control, QLineEdit):
            return self.control
        found = self.control.findChild(QLineEdit)
        if found is None:
            raise TypeError(f"no line edit in {self.control}")
        return found

    def _placeholder(self) -> str:
        if self.value is MIXED:
            return tr("(several)")
        return tr("automatic") if self.field.optional else ""

    # ---- formulas

    def set_surroundings(self, surroundings: Surroundings) -> None:
        """Take formulas, and evaluate them there."""
        if self._completion is None:
            self._completion = formulas.Completion(self._line)
        self._completion.surroundings = surroundings
        super().set_surroundings(surroundings)

    def _ask_for_menu(self) -> None:
        self.menuRequested.emit(self._line.mapToGlobal(self._line.rect().bottomLeft()))

    def restyle(self) -> None:
        """Take over the colours of the current scheme."""
        super().restyle()
        if hasattr(self, "_menu"):
            self._menu.setIcon(icons.icon("formula", theme.palette().muted))

    def begin_formula(self) -> None:
        """Turn the editor into a line for a formula, beginning with the present value."""
        self._line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self._line.text().startswith(SIGN):
            value = None if self.value is MIXED else self.value
            self._line.setText(formulas.as_text(value) if isinstance(value, list) else f"{SIGN}{self._line.text()}")
            self._line.textEdited.emit(self._line.text())
        self._line.setSelection(1, len(self._line.text()) - 1)

    def _parse(self, text: str) -> Any:
        """The value that was typed: one of the field's, or a formula that gives one. Raises UnreadableError."""
        formula = unicodedata.normalize("NFKC", text).strip()
        if self.surroundings is None:
            return values.parse(self.field, text)
        if not formula.startswith(SIGN):
            return self._parse_value(text, self.surroundings)
        try:
            formulas.check(self.field, formula, self.surroundings)
        except ExpressionError as error:
            raise values.UnreadableError(self.field, unfinished=True, text=error.message) from None
        return formula

    def _parse_value(self, text: str, surroundings: Surroundings) -> Any:
        """The value that was typed; where it looks like a formula the reason says what those begin with."""
        try:
            return values.parse(self.field, text)
        except values.UnreadableError as error:
            if not formulas.lacks_sign(text.strip(), surroundings):
                raise
            hint = message("{reason} A formula begins with '=': {formula}.", reason=error.message,
                           formula=SIGN + text.strip())  # fmt: skip
            raise values.UnreadableError(self.field, text=hint) from None

    def _update_menu(self, *, focused: bool) -> None:
        wanted = self.surroundings is not None and (focused or is_formula(self.value))
        if wanted != self._menu.isVisible():
            self._menu.setIcon(icons.icon("formula", theme.palette().muted))
            self._menu.setVisible(wanted)

    def _step(self, text: str, steps: int) -> str | None:
        if is_formula(self.value) or text.startswith(SIGN):
            return None
        try:
            value = values.parse(self.field, text)
        except values.UnreadableError:
            value = None
        if value is None:
            value = 0 if self.value is None or self.value is MIXED else self.value
        moved = value + steps if self.field.kind == "int" else decimal_step(float(value), steps)
        low, high = self.field.minimum, self.field.maximum
        moved = moved if low is None else max(moved, type(moved)(low))
        moved = moved if high is None else min(moved, type(moved)(high))
        return values.show(self.field, moved)

    # ---- typing

    def _is_edited(self) -> bool:
        return self._line.hasFocus() or self.control.hasFocus()

    def _show(self) -> None:
        text = "" if self.value is MIXED else values.show(self.field, self.value)
        if self.surroundings is not None and is_formula(self.value):
            text = formulas.as_text(self.value)
        self._update_menu(focused=self._line.hasFocus())
        self._line.setPlaceholderText(self._placeholder())
        if self._line.text() != text:
            self._line.setText(text)
        self._line.setCursorPosition(0) if not self._line.hasFocus() else None
        self._judge(patient=False, typed=False)  # a file can hold anything

    def _read(self) -> None:
        value = self._judge(patient=True, typed=True)
        if value is not MIXED and (self.value is MIXED or not values.same(self.field, value, self.value)):
            self._enter(value)

    def _enter(self, value: Any) -> None:
        if self._before is _NOTHING:
            self._before = self.value
        super()._enter(value)

    def _give_up(self) -> None:
        """Go back to the value from before the editing: a beginning such as the 1 of 1e9 was never meant."""
        if self._before is not _NOTHING:
            self.value, self._before = self._before, _NOTHING
            self._update_reset()
            self.abandoned.emit()

    def _settle(self) -> None:
        self._before = _NOTHING

    def set_value(self, value: Any) -> None:
        """Show a value from outside. Text being typed stays where the value is the one it led to."""
        known = self.value
        super().set_value(value)
        if self.value is not known:
            self._settle()

    def refuse(self, reason: str | None) -> None:
        """Someone else cannot use the value, and says why; None takes that back."""
        edited = self._before is not _NOTHING
        if reason is not None:
            self._give_up()
        self.say(f"{reason} {self._stays()}" if reason and edited else reason)

    def _stays(self) -> str:
        if self.value is MIXED:
            return tr("The values stay as they are.")
        return tr("It stays {value}.", value=values.show(self.field, self.value) or tr("automatic"))

    def _judge(self, *, patient: bool, typed: bool) -> Any:
        """Read the text and mark the row; MIXED where it is no value."""
        self._patience.stop()
        text = self._line.text()
        if self.value is MIXED and not text:
            self.say(None)
            return MIXED
        try:
            value = self._parse(text)
        except values.UnreadableError as error:
            if patient and error.unfinished and not self.reason.isVisible():
                self._patience.start()
            elif typed:
                self._give_up()
                self.say(f"{render(error.message)} {self._stays()}")
            else:
                self.say(render(error.message))
            return MIXED
        self.say(None)
        return value

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter and leaving end an edit; Escape takes it back; undo is the document's."""
        if not isValid(self._line):  # the window goes down, and the focus leaves what is half gone
            return False
        if event.type() == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            self._leave(event.reason())
            self._update_menu(focused=False)
        elif event.type() == QEvent.Type.FocusIn:
            self._update_menu(focused=True)
        elif event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        elif event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            return not self._is_wrong() and leaves_undo_to_document(event)
        return False

    def _leave(self, reason: Qt.FocusReason) -> None:
        if reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            return  # the user looks something up and comes back
        refused = self.reason.text() if self._line.isModified() else ""
        self._judge(patient=False, typed=True)
        mistake = self.reason.text() or refused
        self._show()
        if mistake:  # what was typed has gone: say why until something else is entered
            self.reason.setText(mistake)
            self.reason.show()
        self.finished.emit()

    def _key(self, event: QKeyEvent) -> bool:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._judge(patient=False, typed=True) is not MIXED:
                self._show()
                self._line.selectAll()
            self.finished.emit()
            return True
        if event.key() == Qt.Key.Key_Escape and (self._is_wrong() or self._before is not _NOTHING):
            self._give_up()
            self._show()
            self._line.selectAll()
            return True
        return False

    def _is_wrong(self) -> bool:
        return self.reason.isVisible() or self._patience.isActive()


class ChoiceRow(FieldRow):
    """A field with a fixed list of values."""

    control: ComboBox

    def __init__(self, field: Field) -> None:
        super().__init__(field, ComboBox())
        if field.optional:
            self.control.addItem(tr("automatic"), None)
        for choice in field.choices:
            self.control.addItem(tr(choice), choice)
        self.control.setPlaceholderText(tr("(several)"))
        self.control.activated.connect(self._choose)
        self._show()

    def _show(self) -> None:
        index = -1 if self.value is MIXED else self.control.findData(self.value)
        self.control.setCurrentIndex(index)
        unknown = index < 0 and self.value is not MIXED and not is_formula(self.value)
        self.control.setPlaceholderText(str(self.value) if unknown else tr("(several)"))
        if unknown:
            self.say(tr("Must be {expected}.", expected=render(expected(self.field))))

    def _choose(self, index: int) -> None:
        value = self.control.itemData(index)
        self.say(None)
        if self.value is MIXED or value != self.value:
            self._enter(value)
        self.finished.emit()


class SwitchRow(FieldRow):
    """A field that is on or off."""

    control: Switch

    def __init__(self, field: Field) -> None:
        super().__init__(field, Switch())
        self.control.clicked.connect(self._switch)
        self._show()

    def _show(self) -> None:
        mixed = self.value is MIXED or not isinstance(self.value, bool)
        self.control.setTristate(mixed)
        state = (
            Qt.CheckState.PartiallyChecked
            if mixed
            else Qt.CheckState.Checked
            if self.value
            else Qt.CheckState.Unchecked
        )
        self.control.setCheckState(state)
        if mixed and self.value is not MIXED and not is_formula(self.value):
            self.say(tr("Must be {expected}.", expected=render(expected(self.field))))

    def _switch(self) -> None:
        self.say(None)
        self._enter(self.control.isChecked())
        self.finished.emit()


def make_row(field: Field) -> FieldRow:
    """The row for a field's kind."""
    if field.kind == "bool":
        return SwitchRow(field)
    if field.kind == "choice":
        return ChoiceRow(field)
    return TextRow(field)


def tooltip(field: Field) -> str:
    """What a field does, what it takes and what it is by default."""
    default = values.show(field, field.default) or tr("automatic")
    taken = tr("Takes {expected}; by default {default}.", expected=render(expected(field)), default=default)
    return tip(f"{tr(field.description)}\n{taken}" if field.description else taken)
