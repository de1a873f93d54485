"""The palette's list: its model, how its rows are painted, and what a dragged layer looks like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QDrag,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from designer.app import theme
from designer.app.canvas.mime import layer_mime
from designer.app.canvas.shelf import block_of, class_of, key_of, ready_made
from designer.app.i18n import tr
from designer.app.panels import glyphs
from designer.app.panels.captions import category_title, first_sentence
from designer.app.tips import tip
from designer.layers.base import Category, Layer
from designer.layers.registry import catalogue, search, title_of
from designer.layout.metrics import NODE_HEIGHT, NODE_WIDTH

CategoryRole: Final = Qt.ItemDataRole.UserRole
TypeRole: Final = Qt.ItemDataRole.UserRole + 1
"""The layer's type name; None in a category's header."""
AliasRole: Final = Qt.ItemDataRole.UserRole + 2
"""The name by which the search found the layer, where it is not the title."""
_ROW: Final = 7 * theme.GRID
_CHIP: Final = 20

Index = QModelIndex | QPersistentModelIndex


class LayerModel(QStandardItemModel):
    """Categories with their layers below them, or what is left of them by a search."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: dict[str, QStandardItem] = {}

    def fill(self, text: str, blocks: Iterable[str] = ()) -> QModelIndex:
        """Show what a search finds (everything for an empty text); returns the best match.

        The drawing's own blocks come first, ready-made ones last.
        """
        self.clear()
        self._items.clear()
        mine = [name for name in blocks if _matches(name, text)]
        shelf = [name for name in ready_made() if name not in blocks and _matches(name, text)]
        self._add_blocks(tr("My blocks"), mine)
        found = search(text) if text else list(catalogue().values())
        shown: dict[Category, list[type[Layer]]] = {}  # in the search's order: the best match stands at the top
        for cls in found:
            shown.setdefault(cls.category, []).append(cls)
        for category, layers in shown.items():
            self.appendRow(self._header(category, layers, text))
        self._add_blocks(tr("Ready-made blocks"), shelf)
        best = [*(cls.__name__ for cls in found), *map(key_of, (*mine, *shelf))]
        return self._items[best[0]].index() if text and best else QModelIndex()

    def _add_blocks(self, title: str, names: list[str]) -> None:
        if not names:
            return
        header = QStandardItem(title)
        header.setData("control", CategoryRole)
        header.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        for name in names:
            item = self._items[key_of(name)] = QStandardItem(name)
            item.setData("control", CategoryRole)
            item.setData(key_of(name), TypeRole)
            item.setData("", AliasRole)
            said = tr(ready_made()[name].block.description) if name in ready_made() else tr("A block of this drawing")
            item.setToolTip(tip(said))
            item.setData(said, Qt.ItemDataRole.AccessibleDescriptionRole)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
            header.appendRow(item)
        self.appendRow(header)

    def _header(self, category: Category, layers: list[type[Layer]], text: str) -> QStandardItem:
        header = QStandardItem(category_title(category))
        header.setData(category, CategoryRole)
        header.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        for cls in layers:
            item = self._items[cls.__name__] = QStandardItem(tr(title_of(cls)))
            item.setData(category, CategoryRole)
            item.setData(cls.__name__, TypeRole)
            item.setData(_alias(cls, text), AliasRole)
            item.setToolTip(layer_tooltip(cls))
            item.setData(first_sentence(cls), Qt.ItemDataRole.AccessibleDescriptionRole)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
            header.appendRow(item)
        return header

    def layer_at(self, index: Index) -> str | None:
        """The type name of the layer in a row; None for headers and for no row."""
        return cast("str | None", index.data(TypeRole)) if index.isValid() else None

    def first_layer(self) -> QModelIndex:
        """The first layer of the list."""
        return self.index(0, 0, self.index(0, 0))

    def find(self, type_name: str) -> QModelIndex:
        """The row of a layer; an invalid index where the search hides it."""
        item = self._items.get(type_name)
        return item.index() if item is not None else QModelIndex()


def layer_tooltip(cls: type[Layer]) -> str:
    """What a layer does, and what else it is called."""
    names = ", ".join(cls.aliases)
    said = first_sentence(cls)
    return tip(f"{said}\n{tr('Also found as: {names}', names=names)}" if names else said)


def _matches(name: str, text: str) -> bool:
    return "".join(text.casefold().split()) in name.casefold()


def _alias(cls: type[Layer], text: str) -> str:
    wanted = "".join(text.casefold().split())
    if not wanted or wanted in "".join(title_of(cls).casefold().split()):
        return ""
    return next((alias for alias in cls.aliases if wanted in "".join(alias.casefold().split())), "")


class LayerTree(QTreeView):
    """The list itself: a click on a header folds it, a double-click or Enter on a layer adds it, a drag carries it."""

    layerActivated = Signal(str)  # noqa: N815 - Qt's spelling of signals

    def __init__(self, model: LayerModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paletteList")
        self.setAccessibleName(tr("Layers by category"))
        self._layers = model
        self._folded: set[str] = set()
        """Titles of the headers that the user folded."""
        self._showing_everything = False
        self._pressed_header: QPersistentModelIndex | None = None
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDragEnabled(True)
        self.collapsed.connect(lambda index: self._fold(index, folded=True))
        self.expanded.connect(lambda index: self._fold(index, folded=False))
        self.doubleClicked.connect(self._activate)

    def show_categories(self, *, everything: bool) -> None:
        """Unfold the categories: all of them while searching, otherwise those that the user did not fold."""
        self._showing_everything = everything
        for row in range(self._layers.rowCount()):
            index = self._layers.index(row, 0)
            self.setExpanded(index, everything or index.data() not in self._folded)

    def _fold(self, index: QModelIndex, *, folded: bool) -> None:
        if not self._showing_everything:
            (self._folded.add if folded else self._folded.discard)(index.data())

    def _activate(self, index: QModelIndex) -> None:
        type_name = self._layers.layer_at(index)
        if type_name is not None:
            self.layerActivated.emit(type_name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember a header that is pressed: its release folds or unfolds it."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        is_header = index.isValid() and self._layers.layer_at(index) is None
        left = event.button() == Qt.MouseButton.LeftButton
        self._pressed_header = QPersistentModelIndex(index) if is_header and left else None

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Fold or unfold the header that was clicked."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if self._pressed_header is not None and self._pressed_header == index:
            self.setExpanded(index, not self.isExpanded(index))
        self._pressed_header = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space act on the current row; the rest is navigation."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            if self._layers.layer_at(index) is None:
                self.setExpanded(index, not self.isExpanded(index))
            else:
                self._activate(index)
            return
        if event.key() == Qt.Key.Key_Left and index.isValid() and index.parent().isValid():
            self.setCurrentIndex(index.parent())
            return
        super().keyPressEvent(event)

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the layer under the mouse, drawn as the node it will be."""
        type_name = self._layers.layer_at(self.currentIndex())
        if type_name is None:
            return
        drag = QDrag(self)
        drag.setMimeData(layer_mime(type_name))
        pixmap = node_pixmap(class_of(type_name), self.devicePixelRatioF(), block_of(type_name) or "")
        drag.setPixmap(pixmap)
        size = pixmap.deviceIndependentSize()
        drag.setHotSpot(QPoint(round(size.width() / 2), round(size.height() / 2)))
        drag.exec(Qt.DropAction.CopyAction)


def node_pixmap(cls: type[Layer], ratio: float, title: str = "") -> QPixmap:
    """A new node of that layer (or use of a block) as it is drawn while it is dragged."""
    width, height, margin = int(NODE_WIDTH), int(NODE_HEIGHT), 2
    pixmap = QPixmap(QSize(width + 2 * margin, height + 2 * margin) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    colours = theme.palette()
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(margin, margin, width, height)
    outline = QPainterPath()
    outline.addRoundedRect(box, 6, 6)
    painter.fillPath(outline, QColor(colours.node))
    painter.setClipPath(outline)
    painter.fillRect(QRectF(box.left(), box.top(), 5, box.height()), theme.category_colour(cls.category))
    painter.setClipping(False)
    painter.setPen(QPen(QColor(colours.accent), 1.5))
    painter.drawPath(outline)
    painter.setPen(QColor(colours.text))
    painter.setFont(theme.font(bold=True))
    painter.drawText(box.adjusted(14, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, title or tr(title_of(cls)))
    painter.end()
    return pixmap


class _Delegate(QStyledItemDelegate):
    """Paints headers with their category's dot, layers with its picture."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tree = cast(LayerTree, self.parent())
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_background(painter, rect, state, focused=tree.hasFocus())
        if index.data(TypeRole) is None:
            _paint_header(painter, rect, index, unfolded=tree.isExpanded(cast(QModelIndex, index)))
        else:
            _paint_layer(painter, rect, index)
        painter.restore()

    @staticmethod
    def _paint_background(painter: QPainter, rect: QRect, state: QStyle.StateFlag, *, focused: bool) -> None:
        colours = theme.palette()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if not selected and not state & QStyle.StateFlag.State_MouseOver:
            return
        fill = QColor(colours.accent if selected else colours.muted)
        fill.setAlphaF(0.16 if selected else 0.1)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(colours.accent), 1) if selected and focused else Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 1.5, -0.5, -1.5), 5, 5)


def _paint_header(painter: QPainter, rect: QRect, index: Index, *, unfolded: bool) -> None:
    colours = theme.palette()
    middle = rect.top() + rect.height() / 2
    painter.setPen(QPen(QColor(colours.muted), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    x = rect.left() + 9.0
    arrow = [(-3.5, -1.8), (0, 1.8), (3.5, -1.8)] if unfolded else [(-1.8, -3.5), (1.8, 0), (-1.8, 3.5)]
    painter.drawPolyline([QPointF(x + dx, middle + dy) for dx, dy in arrow])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.category_colour(index.data(CategoryRole)))
    painter.drawEllipse(QPointF(rect.left() + 24, middle), 4, 4)
    _paint_texts(painter, rect.adjusted(34, 0, -8, 0), index.data(), str(index.model().rowCount(index)), bold=True)


def _paint_layer(painter: QPainter, rect: QRect, index: Index) -> None:
    category: Category = index.data(CategoryRole)
    box = QRectF(rect.left() + 14, rect.top() + (rect.height() - _CHIP) / 2, _CHIP, _CHIP)
    glyphs.chip(painter, category, box, theme.category_colour(category))
    _paint_texts(painter, rect.adjusted(42, 0, -8, 0), index.data(), index.data(AliasRole) or "", bold=False)


def _paint_texts(painter: QPainter, rect: QRect, left: str, right: str, *, bold: bool) -> None:
    """A text and, as far as there is room, a quiet one at the right edge."""
    colours = theme.palette()
    font, small = theme.font(theme.TEXT_SIZE, bold=bold), theme.font(theme.SMALL_SIZE)
    width = QFontMetrics(font).horizontalAdvance(left)
    painter.setFont(font)
    painter.setPen(QColor(colours.text))
    centred = Qt.AlignmentFlag.AlignVCenter
    shown = QFontMetrics(font).elidedText(left, Qt.TextElideMode.ElideRight, rect.width())
    painter.drawText(rect, centred | Qt.AlignmentFlag.AlignLeft, shown)
    room = rect.width() - width - 8
    if right and room > 44:
        painter.setFont(small)
        painter.setPen(QColor(colours.muted))
        shown = QFontMetrics(small).elidedText(right, Qt.TextElideMode.ElideRight, room)
        painter.drawText(rect, centred | Qt.AlignmentFlag.AlignRight, shown)
