"""The inspector's parts about names: the graph's variables, a block's arguments, and what its uses give them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMessageBox, QToolButton, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.panels.controls import ComboBox
from designer.app.panels.forms import FieldForm
from designer.app.panels.formulas import Place, Surroundings
from designer.app.panels.inspector_parts import quiet
from designer.app.panels.name_list import Entry, NameList
from designer.app.panels.value_rows import ValueRow, field_of
from designer.errors import NetDesignerError
from designer.graph import Graph, edits, naming
from designer.graph.expressions import Env
from designer.graph.model import Argument, Node
from designer.layers.fields import Field

_NAMED = 4
"""So many users of a name are named."""


class _Names(NameList):
    """What both lists share: edits of the document, and the question before something in use is deleted."""

    def __init__(self, document: Document, prefix: str, title: str, hint: str, add: str) -> None:
        super().__init__(prefix, title, hint, add)
        self.document = document
        self._prefix_key = prefix
        self.valueChanged.connect(self._set)
        self.editingFinished.connect(document.end_merge)
        self.abandoned.connect(lambda name: document.abandon(self._key(name)))
        self.renamed.connect(self._rename)
        self.removed.connect(self._remove)

    def _key(self, name: str) -> str:
        return f"@{self._prefix_key}:{name}"

    def _edit(self, label: str, change: Callable[[Graph], Graph], name: str, *, merge: bool = False) -> bool:
        try:
            self.document.edit(label, change, merge=self._key(name) if merge else None)
        except NetDesignerError as error:
            self.refuse_name(name, render(error.message))
            return False
        return True

    def _set(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def _rename(self, old: str, new: str) -> None:
        raise NotImplementedError

    def _remove(self, name: str) -> None:
        raise NotImplementedError

    def may_delete(self, name: str, users: list[str], value: Any) -> tuple[bool, Any]:
        """Whether to delete, and the value to put into the formulas that use the name."""
        if not users:
            return True, None
        listed = ", ".join(users[:_NAMED])
        if len(users) > _NAMED:
            listed = tr("{names} and {count} more", names=listed, count=len(users) - _NAMED)
        box = QMessageBox(self)
        box.setObjectName("deleteName")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Delete {name}", name=name))
        box.setText(tr("{name} is used by {users}.", name=name, users=listed))
        box.setInformativeText(tr("Its value can take its place there; without, these formulas will be wrong."))
        put = box.addButton(tr("Put in the value, {value}", value=value), QMessageBox.ButtonRole.AcceptRole)
        put.setObjectName("putValue")
        put.setEnabled(value is not None)
        delete = box.addButton(tr("Delete only"), QMessageBox.ButtonRole.DestructiveRole)
        delete.setObjectName("deleteOnly")
        cancel = box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(put)
        box.setEscapeButton(cancel)
        box.exec()
        return box.clickedButton() in (put, delete), value if box.clickedButton() is put else None


class Variables(_Names):
    """The variables of the whole drawing."""

    def __init__(self, document: Document) -> None:
        super().__init__(
            document, "variable", tr("Variables"),
            tr("A number with a name, such as width = 16, that formulas everywhere can use: =width * 2."),
            tr("Add a variable"),
        )  # fmt: skip
        self.added.connect(self._add)

    def update_list(self) -> None:
        """Show the variables of the document."""
        analysis = self.document.analysis
        env, faults = analysis.root.env, analysis.faults
        self.show_entries([
            Entry(name, value, _but(env, name), render(faults[name].message) if name in faults else "")
            for name, value in analysis.graph.variables.items()
        ])  # fmt: skip

    def _add(self) -> None:
        name = edits.fresh("width", self.document.graph.variables)
        self.document.edit(tr("Add the variable {name}", name=name), partial(naming.set_variable, name=name, value=16))
        self.update_list()
        self.focus_name(name)

    def _set(self, name: str, value: Any) -> None:
        self._edit(tr("{name} = {value}", name=name, value=value),
                   partial(naming.set_variable, name=name, value=value), name, merge=True)  # fmt: skip

    def _rename(self, old: str, new: str) -> None:
        self._edit(tr("Rename {name}", name=old), partial(naming.rename_variable, old=old, new=new), old)

    def _remove(self, name: str) -> None:
        value = self.document.analysis.root.env.get(name)
        confirmed, put = self.may_delete(name, naming.users_of_variable(self.document.graph, name), value)
        if confirmed:
            change = partial(naming.remove_variable, name=name, value=put)
            self.document.edit(tr("Delete {name}", name=name), change)


class Arguments(_Names):
    """The arguments that a block asks for, with their defaults."""

    def __init__(self, document: Document) -> None:
        super().__init__(
            document, "argument", tr("Arguments"),
            tr("What may differ from place to place where this block is used. Formulas in it use the names."),
            tr("Add an argument"),
        )  # fmt: skip
        self._block = ""
        self.added.connect(self._add)
        self.described.connect(self._describe)

    def show_block(self, block: str) -> None:
        """Show the arguments of a block."""
        self._block = block
        analysis = self.document.analysis
        env = analysis.block(block).env
        self.show_entries([
            Entry(argument.name, argument.default, _but(env, argument.name), description=argument.description)
            for argument in analysis.graph.blocks[block].arguments
        ])  # fmt: skip

    def _add(self) -> None:
        taken = [argument.name for argument in self.document.graph.blocks[self._block].arguments]
        name = edits.fresh("channels", taken)
        self.document.edit(tr("Add the argument {name}", name=name),
                           partial(naming.add_argument, block=self._block, argument=Argument(name, 16)))  # fmt: skip
        self.show_block(self._block)
        self.focus_name(name)

    def _set(self, name: str, value: Any) -> None:
        change = partial(naming.change_argument, block=self._block, name=name, default=value)
        self._edit(tr("{name} = {value}", name=name, value=value), change, name, merge=True)

    def _describe(self, name: str, text: str) -> None:
        change = partial(naming.change_argument, block=self._block, name=name, description=text)
        self._edit(tr("Describe {name}", name=name), change, f"{name}:about", merge=True)

    def _rename(self, old: str, new: str) -> None:
        change = partial(naming.rename_argument, block=self._block, old=old, new=new)
        self._edit(tr("Rename {name}", name=old), change, old)

    def _remove(self, name: str) -> None:
        graph = self.document.graph
        argument = next(a for a in graph.blocks[self._block].arguments if a.name == name)
        users = naming.users_of_argument(graph, self._block, name)
        confirmed, put = self.may_delete(name, users, argument.default)
        if confirmed:
            self.document.edit(tr("Delete {name}", name=name),
                               partial(naming.remove_argument, block=self._block, name=name, value=put))  # fmt: skip


class BlockUse(QWidget):
    """Which block a node uses, and what it gives the block's arguments; what it does not give has the default."""

    openRequested = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """Emits the id of the node whose block's drawing is to be opened."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.setObjectName("blockUse")
        self._document = document
        self._node = ""
        self._forms: dict[tuple[Field, ...], FieldForm] = {}
        self._form: FieldForm | None = None
        self.choice = ComboBox()
        self.choice.setObjectName("blockChoice")
        self.choice.setAccessibleName(tr("Block"))
        self.choice.activated.connect(self._choose)
        label = QLabel(tr("Block"))
        label.setBuddy(self.choice)
        self.open = QToolButton()
        self.open.setObjectName("openBlock")
        self.open.setText(tr("Open its drawing"))
        self.open.clicked.connect(lambda: self.openRequested.emit(self._node))
        self._about = quiet(QLabel())
        self._about.setWordWrap(True)
        self._about.setTextFormat(Qt.TextFormat.PlainText)
        self._place = QVBoxLayout()
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GRID)
        grid.setColumnStretch(0, 5)
        grid.setColumnStretch(1, 6)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.choice, 0, 1)
        grid.addWidget(self.open, 1, 1, Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.GRID)
        column.addLayout(grid)
        column.addWidget(self._about)
        column.addLayout(self._place)

    def show_node(self, node: Node) -> None:
        """Show a use of a block."""
        self._node = node.id
        graph, name = self._document.graph, str(node.params.get("block", ""))
        names = list(graph.blocks) if name in graph.blocks else [*graph.blocks, name]
        if names != [self.choice.itemText(i) for i in range(self.choice.count())]:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setCurrentText(name)
        block = graph.blocks.get(name)
        self.open.setEnabled(block is not None)
        self._about.setText(block.description if block is not None else "")
        self._about.setVisible(bool(self._about.text()))
        self._show_form(tuple(map(field_of, block.arguments)) if block is not None else ())
        if self._form is not None:
            self._form.set_surroundings(Surroundings.of(self._document.analysis, [node.id]))
            self._form.set_values(node.params.get("arguments", {}))

    def _show_form(self, shown: tuple[Field, ...]) -> None:
        key = tuple(field._replace(default=repr(field.default)) for field in shown)  # a default may be a list
        form = self._forms.get(key) if shown else None
        if shown and form is None:
            form = self._forms[key] = FieldForm(shown, make=ValueRow)
            form.setObjectName("blockArguments")
            form.valueChanged.connect(self._give)
            form.editingAbandoned.connect(lambda name: self._document.abandon(self._key(name)))
            form.editingFinished.connect(lambda _: self._document.end_merge())
            self._place.addWidget(form)
        if form is not self._form:
            if self._form is not None:
                self._form.hide()
            self._form = form
            if form is not None:
                form.show()

    def _key(self, name: str) -> str:
        return f"{self._node}:argument:{name}"

    def _give(self, name: str, value: Any) -> None:
        node = self._document.graph.node(self._node)
        block = self._document.graph.blocks[str(node.params.get("block", ""))]
        default = next(argument.default for argument in block.arguments if argument.name == name)
        same = type(value) is type(default) and value == default
        label = tr("{property} of {node}", property=name, node=node.label)
        change = partial(naming.give_argument, node_id=node.id, name=name, value=None if same else value)
        self._document.edit(label, change, merge=self._key(name))

    def _choose(self, index: int) -> None:
        name = self.choice.itemText(index)
        node = self._document.graph.node(self._node)
        if name != node.params.get("block"):
            change = partial(_use_block, node_id=node.id, block=name)
            self._document.edit(tr("{node} uses {block}", node=node.label, block=name), change)


def _use_block(graph: Graph, node_id: str, block: str) -> Graph:
    """Let a node use another block; values for arguments that this one has too stay."""
    node = graph.node(node_id)
    known = {argument.name for argument in graph.blocks[block].arguments}
    given = {name: value for name, value in node.params.get("arguments", {}).items() if name in known}
    params = {name: value for name, value in node.params.items() if name != "arguments"} | {"block": block}
    changed = msgspec.structs.replace(node, params={**params, "arguments": given} if given else params)
    return edits.replace_nodes(graph, {node_id: changed})


def _but(env: Env, name: str) -> Surroundings:
    """All names but one, which cannot be made of itself."""
    return Surroundings((Place({other: value for other, value in env.items() if other != name}, ()),))
