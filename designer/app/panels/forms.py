"""Forms made of fields: the inspector's properties of a layer, the training panel's properties of an optimizer.

    form = FieldForm(visible_fields(Conv2d))
    form.set_values({"out_channels": 64, "kernel_size": MIXED})   # what is not given has its default
    form.valueChanged.connect(lambda name, value: ...)            # every valid value, while it is being typed
    form.editingFinished.connect(lambda name: ...)                # Enter, or the focus went elsewhere
    form.editingAbandoned.connect(lambda name: ...)               # Escape, or the text is no value: take back what came

Only valid values are emitted, as JSON has them: lists for pairs and shapes, one number for an equal pair, None for
'automatic'. Typed text that is no value stays, marked red with the reason below it, until the focus leaves; the
value is the one from before the typing, as `1e9` is no way to mean 1.
`set_values` may be called after every change of the document, also in answer to `valueChanged`: an editor in use
keeps its text unless its value really became another one (undo). Editors are called `field_<name>`, the buttons
back to the default `reset_<name>`, the reasons `reason_<name>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.app import theme
from designer.app.panels.rows import MIXED, FieldRow, make_row
from designer.layers.fields import Field

__all__ = ["MIXED", "FieldForm"]


class FieldForm(QWidget):
    """One row per field: label, button back to the default, editor."""

    valueChanged = Signal(str, object)  # noqa: N815 - Qt's spelling of signals
    """The field's name and its new, valid value."""
    editingFinished = Signal(str)  # noqa: N815
    """The field's name: what is entered next is another edit."""

    editingAbandoned = Signal(str)  # noqa: N815
    """The field's name: its value is the one from before the editing, and what was emitted since is void."""

    def __init__(self, fields: Iterable[Field], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields = tuple(fields)
        self._rows: dict[str, FieldRow] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.GRID)
        grid.setVerticalSpacing(theme.GRID)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(2, 6)
        for field in self.fields:
            self._add(grid, field)
        self._order_tabs()

    def _add(self, grid: QGridLayout, field: Field) -> None:
        row = self._rows[field.name] = make_row(field)
        row.edited.connect(partial(self.valueChanged.emit, field.name))
        row.abandoned.connect(partial(self.editingAbandoned.emit, field.name))
        row.finished.connect(partial(self.editingFinished.emit, field.name))
        at = grid.rowCount()
        grid.addWidget(row.label, at, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(row.reset, at, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(row.control, at, 2, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(row.reason, at + 1, 0, 1, 3)

    def _order_tabs(self) -> None:
        """Tab goes from editor to editor, and through the buttons back to the defaults after the last one."""
        order = [row.control for row in self._rows.values()] + [row.reset for row in self._rows.values()]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; a field that is not among them has its default, MIXED stands for several values."""
        for name, row in self._rows.items():
            row.set_value(values.get(name, row.field.default))

    def values(self) -> dict[str, Any]:
        """The last valid value of every field."""
        return {name: row.value for name, row in self._rows.items()}

    def editor(self, name: str) -> QWidget:
        """The editor of a field; KeyError if there is no such field."""
        return self._rows[name].control

    def set_reason(self, name: str, reason: str | None) -> None:
        """Mark a field whose value someone else refuses, and say why; None takes the mark away."""
        self._rows[name].refuse(reason)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            for row in self._rows.values():
                row.restyle()
