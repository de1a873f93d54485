"""The inspector: name, properties, facts and documentation of what is selected, or the totals of the drawing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.panels import inspector_facts as facts
from designer.app.panels.captions import category_title, documentation_paragraphs
from designer.app.panels.forms import FieldForm
from designer.app.panels.formulas import Surroundings
from designer.app.panels.inspector_parts import FactsTable, Fold, Header, Rule, quiet
from designer.app.panels.names import Arguments, BlockUse, Variables
from designer.app.panels.problem_card import ProblemCard
from designer.app.panels.property_menu import PropertyMenu
from designer.app.panels.refresh import Refresh
from designer.app.panels.values import same
from designer.errors import NetDesignerError
from designer.graph import Graph, Node, edits
from designer.graph.blocks import rename_block
from designer.graph.model import BLOCK, NOTE, block_name
from designer.layers.base import Layer, Missing, ShapeError
from designer.layers.fields import Field
from designer.layers.registry import title_of

_NARROWEST = 60 * theme.GRID
"""Forms are made to fit into this."""
_OF_PROPERTIES = ("bad-property", "formula")
"""Codes of errors that are about one property, which `data` names."""


class InspectorPanel(QWidget):
    """Forms for what is selected; every valid keystroke is in the drawing at once."""

    mended = Signal()
    """A mend was applied, and its button is gone."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName(tr("Properties"))
        self._document = document
        self._ids: tuple[str, ...] = ()
        self._forms: dict[tuple[Field, ...], FieldForm] = {}
        self._form: FieldForm | None = None
        self._unfolded: set[str] = set()
        """The groups of properties that are open, in whichever form."""
        self._cards: list[ProblemCard] = []
        self._header = Header()
        self._header.name.renamed.connect(self._rename)
        self._header.name.abandoned.connect(partial(self._abandon, "@name"))
        self._header.name.finished.connect(self._finish_name)
        self._hint = quiet(QLabel(), theme.TEXT_SIZE)
        self._hint.setObjectName("inspectorHint")
        self._hint.setWordWrap(True)
        self._form_place, self._card_place = QVBoxLayout(), QVBoxLayout()
        self._variables, self._arguments = Variables(document), Arguments(document)
        self.block_use = BlockUse(document)
        self.level: Callable[[], str | None] = lambda: None
        """Tells whose drawing is open: the document's own (None), or that of a block, whose arguments are shown."""
        self._kept_title = quiet(QLabel(tr("Kept from the file, without effect here")))
        self._kept_title.setWordWrap(True)
        self._kept = FactsTable()
        self._kept.setObjectName("keptProperties")
        self._facts = FactsTable()
        self._about = Fold("documentation")
        self._rules = [Rule() for _ in range(3)]
        self._lay_out()
        self._refresh = Refresh(self, self._update)
        document.changed.connect(self._refresh.request)
        document.selectionChanged.connect(self._refresh.request)
        self._refresh.request()

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(3 * theme.GRID, 3 * theme.GRID, 3 * theme.GRID, 3 * theme.GRID)
        column.setSpacing(3 * theme.GRID)
        self._card_place.setSpacing(theme.GRID)
        first, second, third = self._rules
        for part in (self._header, self._hint, self._arguments, self._variables, first, self.block_use,
                     self._form_place, self._kept_title, self._kept, self._card_place,
                     second, self._facts, third, self._about):  # fmt: skip
            column.addLayout(part) if isinstance(part, QVBoxLayout) else column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setMinimumWidth(_NARROWEST)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what changed while the panel was hidden."""
        super().showEvent(event)
        self._refresh.flush()

    def sizeHint(self) -> QSize:
        """A column beside the canvas."""
        return QSize(75 * theme.GRID, 150 * theme.GRID)

    def focus_name(self) -> None:
        """Put the cursor into the name, its text selected."""
        self._refresh.flush()
        self._header.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._header.name.selectAll()

    def follow_level(self) -> None:
        """Another drawing was opened."""
        self._refresh.request()

    # ---- showing

    def _update(self) -> None:
        self._ids = self._document.selection
        self._show_names()
        nodes = [self._document.graph.node(i) for i in self._ids]
        self.block_use.setVisible(len(nodes) == 1 and nodes[0].type == BLOCK)
        if not nodes:
            self._show_graph()
        elif len(nodes) == 1:
            self._show_node(nodes[0])
        else:
            self._show_nodes(nodes)
        self._rules[0].setVisible(self._form is not None or not self._hint.isHidden())
        self._rules[1].setVisible(any(not part.isHidden() for part in (*self._cards, self._kept, self._form) if part))
        self._rules[2].setVisible(not self._about.isHidden() and bool(self._facts.texts()))

    @property
    def _block(self) -> str | None:
        """The block whose drawing is open."""
        name = block_name(self.level())
        return name if name in self._document.graph.blocks else None

    def _show_names(self) -> None:
        """The variables, and the open block's arguments, while no node is selected."""
        block = self._block
        self._variables.setVisible(not self._ids and block is None)
        self._arguments.setVisible(not self._ids and block is not None)
        if not self._ids and block is not None:
            self._arguments.show_block(block)
        elif not self._ids:
            self._variables.update_list()

    def _show_block(self, block: str) -> None:
        """The page of a block whose drawing is open."""
        self._header.show_one("control", block, tr("block"), tr("Block"))
        self._header.name.setAccessibleName(tr("Name of the block"))
        self._show_hint("")
        self._show_form(())
        self._show_kept({})
        self._show_problems("")
        self._facts.show_facts(facts.facts_of_block(self._document.analysis, block))
        self._about.hide()

    def _show_graph(self) -> None:
        if (block := self._block) is not None:
            self._show_block(block)
            return
        graph = self._document.graph
        self._header.show_one(None, graph.name, tr("untitled"), tr("Network"))
        self._header.name.setAccessibleName(tr("Name of the network"))
        self._show_hint(tr("Select a node to see and change its properties."))
        self._show_form(())
        self._show_kept({})
        self._show_problems("")
        self._facts.show_facts(facts.facts_of_graph(self._document.analysis))
        self._about.hide()

    def _show_node(self, node: Node) -> None:
        cls = facts.layer_class(node)
        kind = node.type if cls is Missing else f"{tr(title_of(cls))} · {category_title(cls.category)}"
        self._header.show_one(None if cls is Missing else cls.category, node.name, node.id, kind)
        self._header.name.setAccessibleName(tr("Name of the node"))
        self._show_hint(
            tr("This layer is not installed here. It is kept in the file as it is.") if cls is Missing else ""
        )
        shown = facts.common_fields([cls])
        if node.type == BLOCK:
            self.block_use.show_node(node)
            shown = ()
        self._show_form(shown)
        if self._form is not None:
            self._form.set_surroundings(Surroundings.of(self._document.analysis, [node.id]))
            self._form.set_values(facts.shared_values([node], shown))
            self._mark_fault(node)
        self._show_kept(facts.kept_params(node))
        self._show_problems(node.id)
        analysis = self._document.analysis
        about = [] if node.type == NOTE else facts.facts_of_node(analysis, analysis.facts(node.id))
        self._facts.show_facts(about)
        self._show_documentation(cls)

    def _mark_fault(self, node: Node) -> None:
        """What is wrong with a property stands there too."""
        result = self._document.analysis.facts(node.id).result
        if self._form is not None and isinstance(result, ShapeError) and result.code in _OF_PROPERTIES:
            self._form.mark(str(result.data.get("field", "")), render(result.message))

    def _show_nodes(self, nodes: list[Node]) -> None:
        classes = list(dict.fromkeys(facts.layer_class(node) for node in nodes))
        categories = {cls.category for cls in classes}
        names = [
            node.type if cls is Missing else tr(title_of(cls)) for node in nodes for cls in [facts.layer_class(node)]
        ]
        listed = list(dict.fromkeys(names))
        kinds = ", ".join(listed[:4]) + (", ..." if len(listed) > 4 else "")
        category = categories.pop() if len(categories) == 1 and Missing not in classes else None
        self._header.show_several(category, tr("{count} nodes", count=len(nodes)), kinds)
        shown = facts.common_fields(classes)
        self._show_hint("" if shown else tr("These layers have no property in common."))
        self._show_form(shown)
        if self._form is not None:
            self._form.set_surroundings(Surroundings.of(self._document.analysis, [node.id for node in nodes]))
            self._form.set_values(facts.shared_values(nodes, shown))
        self._show_kept({})
        self._show_problems("")
        analysis = self._document.analysis
        self._facts.show_facts(facts.facts_of_several([analysis.facts(node.id) for node in nodes]))
        self._about.setVisible(len(classes) == 1 and classes[0] is not Missing)
        if len(classes) == 1:
            self._show_documentation(classes[0])

    def _show_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    def _show_form(self, shown: tuple[Field, ...]) -> None:
        """Put the form for these fields in place; forms are made once, and kept."""
        form = self._forms.get(shown) if shown else None
        if shown and form is None:
            form = self._forms[shown] = FieldForm(shown, unfolded=self._unfolded)
            form.valueChanged.connect(self._set)
            form.editingAbandoned.connect(self._abandon)
            form.menuRequested.connect(self._show_menu)
            form.editingFinished.connect(lambda _: self._document.end_merge())
            self._form_place.addWidget(form)
        if form is not self._form:
            if self._form is not None:
                self._form.hide()
            self._form = form
            if form is not None:
                form.show()

    def _show_kept(self, params: dict[str, Any]) -> None:
        self._kept.show_facts(facts.kept_lines(params))
        self._kept.setVisible(bool(params))
        self._kept_title.setVisible(bool(params))

    def _show_problems(self, node_id: str) -> None:
        found = [problem for problem in self._document.problems if problem.node == node_id] if node_id else []
        while len(self._cards) < len(found):
            card = ProblemCard(self._document, named=False)
            card.stale.connect(self._refresh.request)
            card.mended.connect(self.mended)
            self._cards.append(card)
            self._card_place.addWidget(card)
        for card, problem in zip(self._cards, found, strict=False):
            card.show_problem(problem)
        for number, card in enumerate(self._cards):
            card.setVisible(number < len(found))

    def _show_documentation(self, cls: type[Layer]) -> None:
        self._about.setVisible(cls is not Missing)
        if cls is not Missing:
            self._about.show_text(tr("About {layer}", layer=tr(title_of(cls))), documentation_paragraphs(cls))

    # ---- editing

    def _rename(self, name: str) -> None:
        change: Callable[[Graph], Graph]
        if not self._ids and self._block is not None:
            return  # when it is whole: beginnings of it may be the names of other blocks
        if not self._ids:
            change = partial(_with_name, name=name)
            label = tr("Rename the network")
        elif self._ids[0] in self._document.graph.owners:
            change = partial(edits.rename, node_id=self._ids[0], name=name)
            label = tr("Rename {name}", name=self._document.graph.node(self._ids[0]).label)
        else:
            return
        self._document.edit(label, change, merge=self._merge_key("@name"))

    def _finish_name(self) -> None:
        self._document.end_merge()
        block, name = self._block, self._header.name.text().strip()
        if self._ids or block is None or name == block:
            return
        try:
            label = tr("Rename the block {name}", name=block)
            self._document.edit(label, partial(rename_block, old=block, new=name))
        except NetDesignerError as error:
            self._show_hint(render(error.message))

    def _set(self, name: str, value: object) -> None:
        ids = tuple(i for i in self._ids if i in self._document.graph.owners)
        if not ids or self._form is None:
            return
        field = next(field for field in self._form.fields if field.name == name)
        if len(ids) == 1:
            label = tr("{property} of {node}", property=tr(field.title), node=self._document.graph.node(ids[0]).label)
        else:
            label = tr("{property} of {count} nodes", property=tr(field.title), count=len(ids))
        change = partial(_with_value, ids=ids, field=field, value=value)
        self._document.edit(label, change, merge=self._merge_key(name))

    def _show_menu(self, name: str, at: QPoint) -> None:
        if self._form is None or not self._ids:
            return
        field = next(field for field in self._form.fields if field.name == name)
        menu = PropertyMenu(self, self._document, self._ids, self._form, field)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def _abandon(self, name: str) -> None:
        self._document.abandon(self._merge_key(name))

    def _merge_key(self, name: str) -> str:
        return f"{','.join(self._ids)}:{name}"

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            for card in self._cards:
                card.restyle()


def _with_name(graph: Graph, name: str) -> Graph:
    return msgspec.structs.replace(graph, name=name)


def _with_value(graph: Graph, ids: tuple[str, ...], field: Field, value: Any) -> Graph:
    """Set a property; where it is the layer's own default, the file need not say it."""
    default = {i: same(field, value, facts.default_of(graph.node(i), field.name)) for i in ids}
    plain = [i for i in ids if default[i]]
    graph = edits.set_params(graph, plain, {field.name: None}) if plain else graph
    others = [i for i in ids if not default[i]]
    return edits.set_params(graph, others, {field.name: value}) if others else graph
