"""The palette: every layer there is, by category, searched while typing, dragged onto the canvas."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from designer.app import icons, theme
from designer.app.canvas.shelf import block_of, key_of
from designer.app.document import Document
from designer.app.i18n import tr
from designer.app.panels.ask_name import ask_name
from designer.app.panels.controls import LineEdit
from designer.app.panels.palette_view import LayerModel, LayerTree
from designer.graph import blocks

_TO_LIST: Final = (Qt.Key.Key_Down, Qt.Key.Key_PageDown)
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PalettePanel(QWidget):
    """The catalogue with its search field."""

    layerActivated = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """A layer was chosen with a double-click or Enter: its type name."""
    insertRequested = Signal(str)  # noqa: N815
    """A layer is to go behind the selected node: its type name."""
    openRequested = Signal(str)  # noqa: N815
    """The drawing of a block is to be shown: its key."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setAccessibleName(tr("Layers"))
        self._document = document
        self._search = LineEdit()
        self._search.setObjectName("paletteSearch")
        self._search.setAccessibleName(tr("Search layers"))
        self._search.setPlaceholderText(tr("Search layers"))
        self._search.setToolTip(tr("Names of PyTorch and of Neural Network Console are both found."))
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._search.installEventFilter(self)
        self._magnifier = QAction(self._icon(), "", self)
        self._search.addAction(self._magnifier, QLineEdit.ActionPosition.LeadingPosition)
        self._model = LayerModel(self)
        self.tree = LayerTree(self._model)
        self.tree.layerActivated.connect(self.layerActivated)
        self.tree.installEventFilter(self)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        self._hint = QLabel()
        self._hint.setObjectName("paletteHint")
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._hint.setForegroundRole(self._hint.palette().ColorRole.PlaceholderText)
        self._hint.setContentsMargins(4 * theme.GRID, 6 * theme.GRID, 4 * theme.GRID, 0)
        self._hint.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 0)
        layout.setSpacing(2 * theme.GRID)
        layout.addWidget(self._search)
        layout.addWidget(self.tree, 1)
        layout.addWidget(self._hint, 1)
        self._blocks: tuple[str, ...] = ()
        self._filter("")
        document.changed.connect(self._show_blocks)

    def sizeHint(self) -> QSize:
        """A column beside the canvas."""
        return QSize(55 * theme.GRID, 150 * theme.GRID)

    def focus_search(self) -> None:
        """Put the cursor into the search field, its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    @property
    def current_layer(self) -> str | None:
        """The type name of the layer that is chosen in the list, if any."""
        return self._model.layer_at(self.tree.currentIndex())

    # ---- searching

    def _filter(self, text: str) -> None:
        self._blocks = tuple(self._document.graph.blocks)
        best = self._model.fill(text.strip(), self._blocks)
        self.tree.show_categories(everything=bool(text.strip()))
        self.tree.setCurrentIndex(best)
        found = self._model.rowCount() > 0
        self.tree.setVisible(found)
        self._hint.setVisible(not found)
        if best.isValid():
            self.tree.scrollToTop()
            self.tree.scrollTo(best)
        elif not found:
            self._hint.setText(tr("No layer matches '{text}'.\nTry a shorter word, such as 'conv', 'pool' or 'norm'.",
                                  text=text.strip()))  # fmt: skip

    def _show_blocks(self) -> None:
        """List the blocks that the drawing has now."""
        if self._blocks != tuple(self._document.graph.blocks):
            chosen, place = self.current_layer, self.tree.verticalScrollBar().value()
            self._filter(self._search.text())
            if chosen is not None and not self._search.text():
                self.tree.setCurrentIndex(self._model.find(chosen))
            self.tree.verticalScrollBar().setValue(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys lead from the search field into the list and back."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if watched is self._search:
                return self._key_in_search(event)
            if watched is self.tree:
                return self._key_in_list(event)
        return False

    def _key_in_search(self, event: QKeyEvent) -> bool:
        if event.key() in _TO_LIST and self.tree.isVisible():
            if not self.tree.currentIndex().isValid():
                self.tree.setCurrentIndex(self._model.first_layer())
            self.tree.setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in _ENTER:
            if self.current_layer is not None and self._search.text():
                self.layerActivated.emit(self.current_layer)
        elif event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
        else:
            return False
        return True

    def _key_in_list(self, event: QKeyEvent) -> bool:
        text = event.text()
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
        own = self._own_block(self.current_layer)
        above: QModelIndex = self.tree.indexAbove(self.tree.currentIndex())
        if plain and text.isprintable() and text.strip() and text != "/":
            self.focus_search()
            self._search.insert(text)
        elif event.key() == Qt.Key.Key_Backspace and self._search.text():
            self._search.setFocus(Qt.FocusReason.OtherFocusReason)
            self._search.backspace()
        elif event.key() == Qt.Key.Key_Up and not above.isValid():
            self.focus_search()
        elif event.key() == Qt.Key.Key_F2 and own is not None:
            self._rename(own)
        elif event.key() == Qt.Key.Key_Delete and own is not None:
            self._delete(own)
        else:
            return False
        return True

    # ---- what can be done with a layer or block

    def _own_block(self, key: str | None) -> str | None:
        """The name of the drawing's block that a row stands for, if it stands for one."""
        name = block_of(key) if key is not None else None
        return name if name in self._document.graph.blocks else None

    def _open_menu(self, at: QPoint) -> None:
        key = self._model.layer_at(self.tree.indexAt(at))
        if key is None:
            return
        menu = QMenu(self)
        menu.setObjectName("paletteMenu")
        menu.addAction(tr("Add below the selected node"), lambda: self.layerActivated.emit(key))
        menu.addAction(tr("Insert behind the selected node"), lambda: self.insertRequested.emit(key))
        own = self._own_block(key)
        if own is not None:
            user = blocks.user_of(self._document.graph, own)
            menu.addSeparator()
            menu.addAction(tr("Open its drawing"), lambda: self.openRequested.emit(key))
            menu.addAction(tr("Rename..."), lambda: self._rename(own))
            text = tr("Delete") if user is None else tr("Delete (used by {name})", name=user.label)
            menu.addAction(text, lambda: self._delete(own)).setEnabled(user is None)
        elif block_of(key) is not None:
            menu.addSeparator()
            menu.addAction(tr("Take over into the drawing and open it"), lambda: self.openRequested.emit(key))
        menu.popup(self.tree.viewport().mapToGlobal(at))
        menu.aboutToHide.connect(menu.deleteLater)

    def _rename(self, name: str) -> None:
        graph = self._document.graph
        new = ask_name(self, tr("Rename the block"), tr("What {name} is called, in every place:", name=name), name,
                       lambda wanted: blocks.rename_block(graph, name, wanted))  # fmt: skip
        if new is not None and new != name:
            label = tr("Call the block {name}", name=new)
            self._document.edit(label, lambda graph: blocks.rename_block(graph, name, new))
            self.tree.setCurrentIndex(self._model.find(key_of(new)))

    def _delete(self, name: str) -> None:
        """Remove a block's definition; where it is used, the uses are shown instead."""
        user = blocks.user_of(self._document.graph, name)
        if user is None:
            label = tr("Delete the block {name}", name=name)
            self._document.edit(label, lambda graph: blocks.remove_unused(graph, name))
        else:
            self._document.reveal(user.id)

    # ---- look

    def _icon(self) -> QIcon:
        return icons.icon("search", theme.palette().muted)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ThemeChange):
            self._magnifier.setIcon(self._icon())
