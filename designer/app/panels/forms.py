"""Forms made of fields: the inspector's properties of a layer, the training panel's properties of an optimizer.

    form = FieldForm(visible_fields(Conv2d))
    form.set_values({"out_channels": 64, "kernel_size": MIXED})   # what is not given has its default
    form.valueChanged.connect(lambda name, value: ...)            # every valid value, while it is being typed
    form.editingFinished.connect(lambda name: ...)                # Enter, or the focus went elsewhere
    form.set_surroundings(Surroundings.of(analysis, ids))         # only then formulas can be typed
    form.editingAbandoned.connect(lambda name: ...)               # Escape, or the text is no value: take back what came

Only valid values are emitted, as JSON has them: lists for pairs and shapes, one number for an equal pair, None for
'automatic'. Typed text that is no value stays, marked red with the reason below it, until the focus leaves; then
only the reason stays. The value is the one from before the typing, as `1e9` is no way to mean 1.
`set_values` may be called after every change of the document, also in answer to `valueChanged`: an editor in use
keeps its text unless its value really became another one (undo). Editors are called `field_<name>`, the buttons
back to the default `reset_<name>`, the reasons `reason_<name>`. Fields with a group stand under its heading, folded
at first (`group_<name>`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from designer.app.panels.code_row import CodeRow
from designer.app.panels.field_group import FieldGroup, field_grid
from designer.app.panels.formulas import Surroundings
from designer.app.panels.lines_row import LinesRow
from designer.app.panels.rows import MIXED, FieldRow, make_row
from designer.app.panels.values import same
from designer.layers.fields import Field

__all__ = ["MIXED", "FieldForm"]

_ONE_LINE = 1000
"""A text that may be longer has lines."""


class FieldForm(QWidget):
    """One row per field: label, button back to the default, editor."""

    valueChanged = Signal(str, object)  # noqa: N815 - Qt's spelling of signals
    """The field's name and its new, valid value."""
    editingFinished = Signal(str)  # noqa: N815
    """The field's name: what is entered next is another edit."""

    editingAbandoned = Signal(str)  # noqa: N815
    """The field's name: its value is the one from before the editing, and what was emitted since is void."""

    menuRequested = Signal(str, object)  # noqa: N815
    """The field's name, and where on the screen its menu is to be shown."""

    def __init__(
        self,
        fields: Iterable[Field],
        parent: QWidget | None = None,
        *,
        unfolded: set[str] | None = None,
        make: Callable[[Field], FieldRow] | None = None,
    ) -> None:
        """`unfolded` has the names of the groups that are open; forms may share it. `make` makes a field's row."""
        self._make_row = make or _make_row
        super().__init__(parent)
        self.fields = tuple(fields)
        self._rows: dict[str, FieldRow] = {}
        self._groups: dict[str, FieldGroup] = {}
        self._unfolded = set() if unfolded is None else unfolded
        self._grid = field_grid(self)
        for field in self.fields:
            self._add(self._grid if not field.group else self._group(field.group).grid, field)
        self._order_tabs()

    def _group(self, name: str) -> FieldGroup:
        """The part of the form for a group, which is made at its first field."""
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = FieldGroup(name, self._unfolded)
            self._grid.addWidget(group, self._grid.rowCount(), 0, 1, 3)
        return group

    def _add(self, grid: QGridLayout, field: Field) -> None:
        row = self._rows[field.name] = self._make_row(field)
        row.edited.connect(partial(self.valueChanged.emit, field.name))
        row.abandoned.connect(partial(self.editingAbandoned.emit, field.name))
        row.finished.connect(partial(self.editingFinished.emit, field.name))
        at = grid.rowCount()
        grid.addWidget(row.label, at, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(row.reset, at, 1, Qt.AlignmentFlag.AlignVCenter)
        if isinstance(row, LinesRow):
            grid.addWidget(row.control, at + 1, 0, 1, 3)
        else:
            grid.addWidget(row.control, at, 2, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(row.result, at + 1, 2)
        grid.addWidget(row.reason, at + 2, 0, 1, 3)
        row.menuRequested.connect(partial(self.menuRequested.emit, field.name))

    def _order_tabs(self) -> None:
        """Tab goes from editor to editor, and through the buttons back to the defaults after the last one."""
        order: list[QWidget] = [row.control for row in self._rows.values() if not row.field.group]
        for name, group in self._groups.items():
            order += [group.heading, *(row.control for row in self._rows.values() if row.field.group == name)]
        order += [row.reset for row in self._rows.values()]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def set_surroundings(self, surroundings: Surroundings) -> None:
        """Take formulas where values are typed, and evaluate them there."""
        for row in self._rows.values():
            row.set_surroundings(surroundings)

    def begin_formula(self, name: str) -> None:
        """Turn the editor of a field into a line for a formula."""
        self._rows[name].begin_formula()

    def set_values(self, values: Mapping[str, Any]) -> None:
        """Show these values; a field that is not among them has its default, MIXED stands for several values."""
        for name, row in self._rows.items():
            row.set_value(values.get(name, row.field.default))
        for name, group in self._groups.items():
            rows = [row for row in self._rows.values() if row.field.group == name]
            group.show_changed(sum(not same(row.field, row.value, row.field.default) for row in rows))

    def values(self) -> dict[str, Any]:
        """The last valid value of every field."""
        return {name: row.value for name, row in self._rows.items()}

    def editor(self, name: str) -> QWidget:
        """The editor of a field; KeyError if there is no such field."""
        return self._rows[name].control

    def mark(self, name: str, reason: str) -> None:
        """Say below a field what is wrong with what it has; its value stays, and so does the text."""
        row = self._rows.get(name)
        if row is not None:
            if row.field.group:
                self._groups[row.field.group].unfold()
            row.say(reason)

    def set_reason(self, name: str, reason: str | None) -> None:
        """Mark a field whose value someone else refuses, and say why; None takes the mark away."""
        row = self._rows[name]
        if reason and row.field.group:
            self._groups[row.field.group].unfold()
        row.refuse(reason)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            for row in self._rows.values():
                row.restyle()


def _make_row(field: Field) -> FieldRow:
    if field.kind == "code":
        return CodeRow(field)
    has_lines = field.kind == "text" and field.length[1] > _ONE_LINE
    return LinesRow(field) if has_lines else make_row(field)
