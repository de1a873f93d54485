"""The search that opens on the canvas: type a layer's name, Enter adds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QBoxLayout, QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.canvas.inks import mixed
from designer.app.canvas.shelf import class_of, key_of, ready_made
from designer.app.i18n import tr
from designer.layers.base import Layer
from designer.layers.registry import documentation, search, title_of

WIDTH, HEIGHT = 300, 320
_HEAD, _ROW = 58, 26
_ENOUGH = _HEAD + 6 * _ROW
"""With less room than this below it opens upwards."""
_EDGE = 4
"""Pixels between it and the edge of the canvas."""


class _Line(QLineEdit):
    """A line whose keys no shortcut of the canvas takes away."""

    moved = Signal(int)
    left = Signal()

    def event(self, event: QEvent) -> bool:
        """Keep every key; up and down move in the list, Escape leaves."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the list and of the popup; all others edit the text."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if event.key() in steps:
            self.moved.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backtab):
            self.left.emit()
        elif event.key() == Qt.Key.Key_Tab:
            self.moved.emit(1)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever looks elsewhere has given up the search."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()


class SearchPopup(QFrame):
    """A line and the layers that match it, best first."""

    chosen = Signal(str)
    """Emits the type name of the layer to add."""
    closed = Signal()

    def __init__(
        self,
        parent: QWidget,
        fits: Callable[[type[Layer]], bool] | None = None,
        blocks: Iterable[str] = (),
    ) -> None:
        super().__init__(parent)
        self._parent = parent
        self._fits = fits
        self._blocks = tuple(blocks)
        self.setObjectName("canvasSearchPopup")
        self.setAccessibleName(tr("Add a layer"))
        self.line = _Line(self)
        self.line.setObjectName("canvasSearch")
        self.line.setAccessibleName(tr("Search layers"))
        self.line.setPlaceholderText(tr("Add a layer: conv, pool, add, ..."))
        self.line.setFrame(False)
        self.line.setFont(theme.font(theme.TEXT_SIZE + 1))
        self.list = QListWidget(self)
        self.list.setObjectName("canvasSearchList")
        self.list.setAccessibleName(tr("Layers that match"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setFont(theme.font(theme.TEXT_SIZE))
        self.list.setIconSize(QSize(14, 14))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 8, 4, 6)
        self._column.setSpacing(8)
        self._column.addWidget(self.line)
        self._column.addWidget(self.list)
        self._room = QRect(0, 0, WIDTH, HEIGHT)
        """Where it may be; it takes the height it needs, at the end where the line is."""
        self.line.textChanged.connect(self._fill)
        self.line.returnPressed.connect(self._choose)
        self.line.moved.connect(self._step)
        self.line.left.connect(self.close_)
        self.list.itemClicked.connect(lambda *_: self._choose())
        self._restyle()
        self._fill("")

    def open_at(self, anchor: QRect, text: str = "") -> None:
        """Show it below something of the parent, with what has been typed already.

        Where there is little room below it opens upwards, with the line at its lower end: where the eye is, and where
        it stays while the list gets shorter.
        """
        room = self._parent.rect().adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        above, below = anchor.top() - room.top(), room.bottom() + 1 - anchor.bottom()
        upwards = below < _ENOUGH and above > below
        height, width = min(HEIGHT, above if upwards else below), min(WIDTH, room.width())
        x = min(max(anchor.left(), room.left()), room.right() + 1 - width)
        self._room = QRect(x, anchor.top() - height if upwards else anchor.bottom(), width, height)
        direction = QBoxLayout.Direction
        self._column.setDirection(direction.BottomToTop if upwards else direction.TopToBottom)
        self.show()
        self.raise_()
        self.line.setFocus()
        self.line.setText(text)
        self._fill(text)

    def close_(self) -> None:
        """Go away without adding anything."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def _fill(self, text: str) -> None:
        self.list.clear()
        found = search(text)
        if self._fits is not None:
            found = [cls for cls in found if self._fits(cls)]
        for cls in found:
            item = QListWidgetItem(_icon(cls), tr(title_of(cls)))
            item.setData(Qt.ItemDataRole.UserRole, cls.__name__)
            item.setToolTip(tr(documentation(cls)).split("\n\n")[0])
            item.setSizeHint(QSize(0, _ROW))
            self.list.addItem(item)
        count = len(found) + self._add_blocks(text)
        if count:
            self.list.setCurrentRow(0)
        else:
            nothing = QListWidgetItem(tr("No layer fits here") if not text else tr("No layer is called so"))
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(nothing)
        self._fit(count)

    def _add_blocks(self, text: str) -> int:
        """Blocks whose names match: the drawing's that begin so before the layers, others behind; returns how many."""
        wanted = "".join(text.casefold().split())
        shelf = [name for name in ready_made() if name not in self._blocks]
        names = [name for name in (*self._blocks, *shelf) if wanted and wanted in name.casefold()]
        first = 0
        for name in names:
            item = QListWidgetItem(_icon(class_of(key_of(name))), name)
            item.setData(Qt.ItemDataRole.UserRole, key_of(name))
            item.setToolTip(tr("A block"))
            item.setSizeHint(QSize(0, _ROW))
            if name in self._blocks and name.casefold().startswith(wanted):
                self.list.insertItem(first, item)
                first += 1
            else:
                self.list.addItem(item)
        return len(names)

    def _fit(self, rows: int) -> None:
        height = min(self._room.height(), _HEAD + _ROW * max(rows, 1))
        upwards = self._column.direction() == QBoxLayout.Direction.BottomToTop
        top = self._room.top() + self._room.height() - height if upwards else self._room.top()
        self.setGeometry(QRect(self._room.left(), top, self._room.width(), height))

    def _step(self, rows: int) -> None:
        self.list.setCurrentRow(min(max(self.list.currentRow() + rows, 0), self.list.count() - 1))

    def _choose(self) -> None:
        item = self.list.currentItem()
        type_ = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if type_:
            self.hide()
            self.chosen.emit(type_)
            self.closed.emit()

    # ---- looks

    def _restyle(self) -> None:
        c = theme.palette()
        chosen = mixed(QColor(c.accent), QColor(c.surface), 0.25).name()
        self.setStyleSheet(
            f"QLineEdit {{ background: transparent; color: {c.text}; padding: 2px; }}"
            f"QListWidget {{ background: transparent; color: {c.text}; outline: none; }}"
            f"QListWidget::item {{ border-radius: 5px; padding-left: 4px; }}"
            f"QListWidget::item:selected {{ background: {chosen}; color: {c.text}; }}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded card with a line between the text and the list."""
        c, painter = theme.palette(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(c.border), 1))
        painter.setBrush(QColor(c.surface))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 8, 8)
        line = self.line.geometry()
        y = line.bottom() + 4 if line.top() < self.list.geometry().top() else line.top() - 4
        painter.drawLine(1, y, self.width() - 2, y)


def _icon(cls: type[Layer]) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.category_colour(cls.category))
    painter.drawRoundedRect(1, 1, 12, 12, 3, 3)
    painter.end()
    return QIcon(pixmap)
