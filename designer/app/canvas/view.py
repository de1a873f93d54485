"""The canvas: shows the document, and turns mouse, keys and drops into gestures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QToolTip

from designer.app.canvas import hits
from designer.app.canvas.breadcrumbs import HEIGHT as BAR_HEIGHT
from designer.app.canvas.camera import Camera
from designer.app.canvas.gestures.base import Gesture, Pointer
from designer.app.canvas.gestures.choose import gesture_for
from designer.app.canvas.gestures.drop import DropLayer
from designer.app.canvas.glide import Glide
from designer.app.canvas.hint import Hint
from designer.app.canvas.hits import Hit, Looking
from designer.app.canvas.inks import inks
from designer.app.canvas.levels import Levels
from designer.app.canvas.mime import layer_in
from designer.app.canvas.overlay import paint_empty_hint
from designer.app.canvas.overview import THRESHOLD, paint_grid, paint_overview
from designer.app.canvas.ports import Port
from designer.app.canvas.scene import CanvasScene, Wire
from designer.app.canvas.shelf import is_known
from designer.app.canvas.wording import node_tip, wire_tip
from designer.app.document import Change, Document
from designer.app.i18n import tr
from designer.graph.model import INPUT, OUTPUT, Body, Graph
from designer.shapes import Analysis, analyze

_FAR: Final = 4e6
"""Half the width of the plane one can pan over."""


class CanvasView(QGraphicsView):
    """The drawing of one document. Every edit goes through the document; the view only follows it."""

    levelChanged = Signal()  # noqa: N815 - Qt's spelling of signals
    """Another drawing is shown now: that of a block, or the document's own."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self.canvas = CanvasScene(document.analysis)
        self.camera = Camera(self)
        self.glide = Glide(self)
        self.levels = Levels(self)
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.LeftButton
        self._overlay = QRectF()
        self._hint = Hint(self.viewport())
        self._hovered: Hit = Hit(None)
        self._space = False
        self.pointer = Pointer(QPoint(-1, -1), QPointF(), Qt.KeyboardModifier.NoModifier)
        """Where the mouse was last seen over the canvas."""
        self._set_up()
        from designer.app.canvas.commands import Commands  # it needs the view's type

        self.commands = Commands(self)
        document.changed.connect(self._document_changed)
        document.selectionChanged.connect(self._selection_changed)
        document.revealRequested.connect(self._reveal)

    def _set_up(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas: the drawing of the network"))
        self.setScene(self.canvas)
        self.setSceneRect(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.centerOn(0, 0)

    # ---- what it shows

    @property
    def analysis(self) -> Analysis:
        """What is drawn: the document, or what a gesture is trying out."""
        return self.canvas.analysis

    def show_trial(self, graph: Graph | None) -> None:
        """Draw a version of the drawing that is no step of the document; None draws the document again."""
        if graph is None:
            self._draw(self.document.analysis)
        else:
            self._draw(analyze(graph, self.analysis))

    def _draw(self, analysis: Analysis) -> None:
        self.canvas.show_level(self.levels.shown, analysis)
        if self.camera.zoom < THRESHOLD or not self.body.nodes:
            self.viewport().update()

    @property
    def body(self) -> Body:
        """The drawing that is shown: the document's own, or that of a block."""
        return self.analysis.graph.body(self.canvas.shown)

    # ---- the drawings of blocks

    def enter(self, node_id: str) -> bool:
        """Open the drawing of the block that a node uses; whether there is one."""
        return self.levels.enter(node_id)

    def leave(self) -> bool:
        """Go back to the drawing around the one that is shown; whether there is one."""
        return self.levels.leave()

    def show_level(self) -> None:
        """Draw the level that `levels` says."""
        self.hide_hint()
        self._hover(Hit(None))
        self._draw(self.document.analysis)
        self.canvas.show_selection(self.document.selection)
        self.show_wires()
        self.viewport().update()
        self.levelChanged.emit()

    def show_whole_level(self) -> None:
        """Fit the view to the drawing that is shown."""
        self.camera.frame(self.canvas.rect_around(None), animated=False)

    def make_room_for_path(self, *, shown: bool) -> None:
        """Leave the bar with the path its place above the drawing."""
        self.setViewportMargins(0, BAR_HEIGHT if shown else 0, 0, 0)
        self.levels.bar.setGeometry(0, 0, self.width(), BAR_HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The bar with the path is as wide as the canvas."""
        super().resizeEvent(event)
        self.levels.bar.setGeometry(0, 0, self.width(), BAR_HEIGHT)

    def _document_changed(self, change: Change) -> None:
        was_empty = not self.body.nodes
        self.cancel_gesture()
        self.glide.stop()
        self._hover(Hit(None))
        if change.label:
            self.levels.follow(change.before.graph, change.after.graph)
        else:
            self.levels.start_over()
        self._draw(change.after)
        self.canvas.show_selection(self.document.selection)
        self.show_wires()
        if was_empty:
            self.viewport().update()

    def _selection_changed(self) -> None:
        if self.document.selection:  # also after undo, or chosen in a panel: one sees what is selected
            self.levels.show_level_of(self.document.selection[-1])
        self.canvas.show_selection(self.document.selection)
        self.show_wires()
        chosen = [self.document.graph.node(i).label for i in self.document.selection[:8]]
        self.setAccessibleDescription(tr("Selected: {names}", names=", ".join(chosen)) if chosen else "")
        if self.camera.zoom < THRESHOLD:
            self.viewport().update()

    def _reveal(self, node_id: str) -> None:
        self.levels.show_level_of(node_id)
        rect = self.canvas.rect_of(node_id)
        owner = self.document.graph.owners[node_id]
        while rect is None and owner in self.document.graph.owners:  # it lies in a folded frame
            rect, owner = self.canvas.rect_of(owner), self.document.graph.owners[owner]
        if rect is not None:
            self.camera.reveal(rect)

    def show_wires(self, glowing: Wire | None = None) -> None:
        """Paint the selected wires strongly, the one under the mouse, and the one that would take in a node."""
        hovered = self._hovered.wire
        self.canvas.show_strong_wires([*self.document.selected_edges, *([hovered] if hovered else [])], glowing)
        if self.camera.zoom < THRESHOLD:
            self.viewport().update()

    def frame(self) -> None:
        """Show the selection, or the whole drawing where nothing is selected."""
        chosen = self.document.selection
        self.camera.frame(self.canvas.rect_around(chosen if chosen else None))

    def show_beginning(self) -> None:
        """Show the whole drawing if it can be read that way, otherwise its top; for a drawing just opened."""
        self.camera.begin_with(self.canvas.rect_around(None))

    def port_position(self, node_id: str, side: str, index: int = 0) -> QPoint:
        """Where a port is, in pixels of the viewport; `side` is 'in' or 'out', 'inner_in' or 'inner_out' of a frame."""
        ends = {
            "in": lambda: Port(self.document.graph.owners[node_id], (node_id, index), False),
            "out": lambda: Port(self.document.graph.owners[node_id], (node_id, index), True),
            "inner_in": lambda: Port(node_id, (INPUT, index), True),
            "inner_out": lambda: Port(node_id, (OUTPUT, index), False),
        }
        return self.mapFromScene(self.canvas.port_point(ends[side]()))

    def node_position(self, node_id: str) -> QPoint:
        """The middle of a node (of the header of an open frame), in pixels of the viewport."""
        rect = self.canvas.rect_of(node_id)
        if rect is None:
            raise KeyError(node_id)
        return self.mapFromScene(QPointF(rect.center().x(), rect.top() + 16))

    # ---- adding layers (for the palette)

    def add_layer(self, type_name: str) -> None:
        """Add a layer below the selected node, wired to it, and select it; several in a row build a chain."""
        self.commands.add_layer(type_name)

    def insert_layer(self, type_name: str) -> None:
        """Put a layer behind the selected node, into the wires that leave it; what follows moves down."""
        self.commands.insert_layer(type_name)

    def open_search(self, at: QPoint | None = None, text: str = "", wired: Port | None = None) -> None:
        """Open the search for layers at a place of the viewport; what is chosen is wired to a port if one is given."""
        self.commands.open_search(at, text, wired)

    # ---- hints beside the mouse

    def show_hint(self, at: QPoint, text: str, *, ok: bool = True, lasting: bool = True) -> None:
        """Show words beside the mouse: until something else happens, or just for some seconds."""
        self._hint.show(at, text, ok=ok, lasting=lasting)

    def hide_hint(self) -> None:
        """Take the words away."""
        self._hint.hide()

    @property
    def hint(self) -> str:
        """The words beside the mouse; empty if there are none."""
        return self._hint.text

    # ---- gestures

    def hit(self, at: Pointer, *, reach: float = 1.0, ports: bool = True, wires: bool = True) -> Hit:
        """What lies under the mouse."""
        zoom = self.camera.zoom
        scale = reach * min(max(1 / zoom, 0.6), 2.5)
        ports = ports and zoom > THRESHOLD / 2
        return hits.hit(self.canvas, Looking(at.scene.x(), at.scene.y(), scale, ports, wires))

    def cancel_gesture(self) -> bool:
        """End the gesture that is going on and leave no trace; whether there was one."""
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return False
        gesture.cancel()
        self._show_cursor()
        self._repaint_overlay()
        return True

    def begin(self, gesture: Gesture, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Let a gesture have the mouse until this button is released."""
        self.cancel_gesture()
        self.glide.finish()
        self._gesture, self._button = gesture, button
        self._show_cursor()
        self._repaint_overlay()

    def _let_end(self, gesture: Gesture, end: Callable[[Pointer], bool], at: Pointer) -> None:
        """Let a gesture do its work. Meanwhile it is nobody's: what the document answers must not cancel it."""
        self._gesture = None
        if not end(at):
            self._gesture = gesture
        self._show_cursor()
        self._repaint_overlay()

    def _show_cursor(self) -> None:
        shape = self._gesture.cursor if self._gesture is not None else None
        if shape is None and self._space:
            shape = Qt.CursorShape.OpenHandCursor
        if shape is None:
            self.viewport().unsetCursor()
        else:
            self.viewport().setCursor(shape)

    def _repaint_overlay(self) -> None:
        now = self._gesture.bounds() if self._gesture is not None else QRectF()
        for rect in (self._overlay, now):
            if not rect.isNull():
                self.viewport().update(self.mapFromScene(rect).boundingRect().adjusted(-14, -14, 14, 14))
        self._overlay = now

    def _pointer(self, view: QPoint, modifiers: Qt.KeyboardModifier) -> Pointer:
        self.pointer = Pointer(view, self.mapToScene(view), modifiers)
        return self.pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin the gesture that this press means, or let the one going on have it."""
        at = self._pointer(event.position().toPoint(), event.modifiers())
        self.camera.finish()
        self.hide_hint()
        if self._gesture is not None:
            if event.button() == Qt.MouseButton.LeftButton:
                self._let_end(self._gesture, self._gesture.press, at)
            elif event.button() == Qt.MouseButton.RightButton:
                self.cancel_gesture()
            return
        found = gesture_for(self, at, self.hit(at), event.button(), space=self._space)
        if found is not None:
            self.begin(found, event.button())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the gesture follow, or show what lies under the mouse."""
        at = self._pointer(event.position().toPoint(), event.modifiers())
        if self._gesture is not None:
            self._gesture.move(at)
            self._repaint_overlay()
        else:
            self._hover(self.hit(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the gesture do what it is for."""
        at = self._pointer(event.position().toPoint(), event.modifiers())
        if self._gesture is not None and event.button() == self._button:
            self._let_end(self._gesture, self._gesture.release, at)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Double-click on empty ground opens the search, on a block its drawing; elsewhere it is a second click."""
        at = self._pointer(event.position().toPoint(), event.modifiers())
        hit = self.hit(at)
        if event.button() != Qt.MouseButton.LeftButton or self._gesture is not None:
            self.mousePressEvent(event)
        elif hit.is_ground:
            self.open_search(at.view)
        elif hit.port is None and hit.node is not None and self.enter(hit.node):
            return
        else:
            self.mousePressEvent(event)

    def _hover(self, hit: Hit) -> None:
        before, self._hovered = self._hovered, hit
        if (before.node, before.port) != (hit.node, hit.port):
            for found, over in ((before, False), (hit, True)):
                item = self.canvas.item_of(found.node) if found.node is not None else None
                if item is not None and found.part != "ground":
                    item.set_state(hovered=over)
        if before.wire != hit.wire:
            self.show_wires()
        if self._gesture is None and not self._space:
            over_port = hit.port is not None
            self.viewport().setCursor(Qt.CursorShape.CrossCursor) if over_port else self.viewport().unsetCursor()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the mouse any more."""
        super().leaveEvent(event)
        self._hover(Hit(None))

    def hideEvent(self, event: QHideEvent) -> None:
        """A gesture does not outlive its canvas."""
        self.cancel_gesture()
        super().hideEvent(event)

    # ---- zoom and pan

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms at the mouse, by as much as it turns; two fingers pan, with Ctrl they zoom."""
        delta, pixels = event.angleDelta(), event.pixelDelta()
        fingers = event.phase() != Qt.ScrollPhase.NoScrollPhase and not pixels.isNull()
        if fingers and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.camera.pan(pixels)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.camera.pan(QPoint(delta.y() or delta.x(), 0))
        else:
            self.camera.zoom_at(event.position().toPoint(), 1.0016 ** (delta.y() or delta.x()))
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        """Pinching and tooltips, which have no handlers of their own."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.camera.zoom_at(event.position().toPoint(), 1 + event.value())
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self._tip(self.hit(self._pointer(event.pos(), Qt.KeyboardModifier.NoModifier)))
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def _tip(self, hit: Hit) -> str:
        if self._gesture is not None:
            return ""
        if hit.wire is not None:
            return wire_tip(self.analysis, *hit.wire)
        if hit.node is None or hit.part == "ground" or self.analysis.graph.find(hit.node) is None:
            return ""
        return node_tip(self.analysis, hit.node, [p for p in self.document.problems if p.node == hit.node])

    # ---- keys

    def event(self, event: QEvent) -> bool:
        """Tab is a key like others here: it opens the search instead of going to the next widget."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Tab:
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, Space, and typing; every other key is a command's shortcut."""
        if event.key() == Qt.Key.Key_Escape:
            if not self.cancel_gesture() and not self.hint:
                self.document.select([])
            self.hide_hint()
        elif event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        elif not self.commands.typed(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space ends with its key."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The Space that is let go elsewhere must not go on panning here."""
        self._space = False
        super().focusOutEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what was clicked, fixes of its problems first."""
        self.cancel_gesture()
        at = self._pointer(event.pos(), event.modifiers())
        menu = self.commands.context_menu(self.hit(at, ports=False))
        if not menu.isEmpty():
            menu.popup(event.globalPos())

    # ---- drops from the palette

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Layers may be dropped here."""
        type_ = layer_in(event.mimeData())
        if type_ is not None and is_known(self.document.graph, type_):
            self.begin(DropLayer(self, self._pointer(event.position().toPoint(), event.modifiers()), type_))
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The ghost follows."""
        if isinstance(self._gesture, DropLayer):
            self._gesture.move(self._pointer(event.position().toPoint(), event.modifiers()))
            self._repaint_overlay()
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It was taken elsewhere."""
        self.cancel_gesture()

    def dropEvent(self, event: QDropEvent) -> None:
        """Add it here."""
        gesture = self._gesture
        if not isinstance(gesture, DropLayer):
            event.ignore()
            return
        at = self._pointer(event.position().toPoint(), event.modifiers())
        self._let_end(gesture, gesture.release, at)
        event.acceptProposedAction()
        self.setFocus()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """From near the items paint themselves; from far away all is painted in a few calls."""
        if self.camera.zoom >= THRESHOLD:
            super().paintEvent(event)
            return
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setTransform(self.viewportTransform())
        area = self.mapToScene(event.rect()).boundingRect()
        self.drawBackground(painter, area)
        chosen = (self.canvas.rect_of(i) for i in self.document.selection)
        paint_overview(painter, self.canvas.overviews(), [r for r in chosen if r is not None], self.camera.zoom)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.canvas.paint_strong_wires(painter)
        self.drawForeground(painter, area)

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """Ground and grid."""
        painter.fillRect(rect, inks().canvas)
        paint_grid(painter, QRectF(rect), self.camera.zoom)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """What the gesture paints, and words: the hint beside the mouse, what to do on an empty canvas."""
        if self.canvas.shown is None and not self.body.nodes and not isinstance(self._gesture, DropLayer):
            paint_empty_hint(painter, self.viewport().rect())
        if self._gesture is not None:
            self._gesture.paint(painter)
        self._hint.paint(painter)

    def changeEvent(self, event: QEvent) -> None:
        """Repaint in the colours of the scheme."""
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationPaletteChange, QEvent.Type.ThemeChange):
            self.viewport().update()
        super().changeEvent(event)
