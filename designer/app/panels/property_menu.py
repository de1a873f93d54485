"""What can be done with a property besides typing a value: a formula, a variable, an argument of the block around."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QMenu, QWidget

from designer.app.document import Document
from designer.app.i18n import tr
from designer.app.panels import formulas
from designer.app.panels.ask_name import ask_name, question_of_argument, question_of_variable
from designer.app.panels.forms import MIXED, FieldForm
from designer.graph import edits, naming
from designer.graph.expressions import SIGN, ExpressionError, is_formula
from designer.layers.fields import Field


class PropertyMenu(QMenu):
    """The menu of one property of the nodes that are selected."""

    def __init__(self, parent: QWidget, document: Document, ids: Sequence[str], form: FieldForm, field: Field) -> None:
        super().__init__(parent)
        self.setObjectName("propertyMenu")
        self._document = document
        self._ids = tuple(ids)
        self._field = field
        self._form = form
        value = form.values()[field.name]
        single = self._single_value(value)
        typed = field.kind in formulas.KINDS
        if typed and not is_formula(value):
            self._add("menuFormula", tr("Write a formula"), partial(form.begin_formula, field.name))
        if is_formula(value) and single is not None:
            shown = formulas.shown([single], field)
            self._add("menuValue", tr("Put in the value, {value}", value=shown), partial(self._set, single))
        if single is not None and (typed or is_formula(value)):
            self._add("menuVariable", tr("Make it a variable..."), partial(self._make_variable, single))
            block = self._block
            if block is not None:
                self._add("menuArgument", tr("Make it an argument of {block}...", block=block),
                          partial(self._make_argument, block, single))  # fmt: skip

    def _add(self, name: str, text: str, run: Any) -> None:
        action = self.addAction(text)
        action.setObjectName(name)
        action.triggered.connect(lambda *_: run())

    def _single_value(self, value: Any) -> Any:
        """What the property is in all places alike; None where it differs or is nothing."""
        if value is MIXED or value is None:
            return None
        if not is_formula(value):
            return value
        try:
            surroundings = formulas.Surroundings.of(self._document.analysis, self._ids)
            found = surroundings.values(formulas.as_text(value))
        except ExpressionError:
            return None
        return found[0] if len(found) == 1 else None

    @property
    def _block(self) -> str | None:
        """The block that all of the nodes lie in."""
        found = {naming.block_around(self._document.graph, node_id) for node_id in self._ids}
        return found.pop() if len(found) == 1 else None

    def _set(self, value: Any) -> None:
        self._form.valueChanged.emit(self._field.name, value)
        self._form.editingFinished.emit(self._field.name)

    def _make_variable(self, value: Any) -> None:
        graph = self._document.graph
        wanted = edits.fresh(self._field.name, graph.variables)
        name = ask_name(self._form, *question_of_variable(), wanted,
                        partial(naming.check_name, taken=graph.variables))  # fmt: skip
        if name is not None:
            self._document.edit(tr("Make {name} a variable", name=name),
                                partial(naming.make_variable, ids=self._ids, field=self._field.name, name=name,
                                        value=_plain(value)))  # fmt: skip

    def _make_argument(self, block: str, value: Any) -> None:
        taken = [argument.name for argument in self._document.graph.blocks[block].arguments]
        wanted = edits.fresh(self._field.name, taken)
        name = ask_name(self._form, *question_of_argument(block), wanted,
                        partial(naming.check_name, taken=taken))  # fmt: skip
        if name is not None:
            self._document.edit(tr("Make {name} an argument", name=name),
                                partial(naming.make_argument, ids=self._ids, field=self._field.name, name=name,
                                        value=_plain(value)))  # fmt: skip


def _plain(value: Any) -> Any:
    """A value as a variable can have it: lists are formulas."""
    return SIGN + str(list(value)) if isinstance(value, list | tuple) else value
