"""Rows for values of any kind: a graph's variables, and the arguments of blocks."""

from __future__ import annotations

import unicodedata
from typing import Any

from PySide6.QtWidgets import QWidget

from designer.app.i18n import tr
from designer.app.panels import values
from designer.app.panels.controls import NumberEdit, decimal_step
from designer.app.panels.rows import TextRow
from designer.app.tips import tip
from designer.errors import message
from designer.graph.expressions import SIGN, is_formula
from designer.graph.model import Argument
from designer.layers.fields import Field

_WORDS = {"true": True, "false": False}


def field_of(argument: Argument) -> Field:
    """An argument as a row shows it."""
    return Field(
        argument.name, "arguments", argument.default, None, None, (), False, argument.name, argument.description
    )


class ValueRow(TextRow):
    """A number, a truth value, a word where the default is one, or a formula."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        default = values.show(field, field.default)
        text = tr("A number or a formula such as =width * 2; by default {default}.", default=default)
        for part in (self.label, self.control):
            part.setToolTip(tip(f"{field.description}\n{text}" if field.description else text))

    def _make_control(self, field: Field) -> QWidget:
        control = NumberEdit(self._step)
        control.stepped.connect(self._read)
        return control

    def _step(self, text: str, steps: int) -> str | None:
        if is_formula(self.value) or isinstance(self.value, bool) or not isinstance(self.value, int | float):
            return None
        moved = self.value + steps if isinstance(self.value, int) else decimal_step(self.value, steps)
        return values.show(self.field, moved)

    def _parse(self, text: str) -> Any:
        typed = unicodedata.normalize("NFKC", text).strip()
        if typed.startswith(SIGN):
            return super()._parse(typed)
        if typed.lower() in _WORDS:
            return _WORDS[typed.lower()]
        try:
            number = float(typed)
        except ValueError:
            if typed and isinstance(self.field.default, str) and not is_formula(self.field.default):
                return typed
            expected = message("Must be a number, or a formula such as =width * 2.")
            raise values.UnreadableError(self.field, unfinished=typed in ("", "-", "."), text=expected) from None
        if number != number or abs(number) > 1e15:  # noqa: PLR0124 - NaN
            raise values.UnreadableError(self.field, text=message("This number is too large.")) from None
        return int(number) if number.is_integer() and "." not in typed else number
