"""Wiring: from port to port by a drag, or by a click on one and a click on the other; forwards or backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from designer.app.canvas import placing
from designer.app.canvas.gestures.base import Gesture, Pointer, travelled
from designer.app.canvas.inks import inks
from designer.app.canvas.ports import Port, edge_between, output_count
from designer.app.canvas.wiring import Verdict, free_input, legal_ends, ordered, preview, refusal
from designer.app.canvas.wording import label_of, wire_shape
from designer.app.i18n import tr
from designer.graph import edits

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView


class Connect(Gesture):
    """A wire hangs at the mouse; ports it may end at light up, others say why not, and each shows what would come out.

    Dropped on empty ground it opens the search for what fits there.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, view: CanvasView, start: Pointer, origin: Port) -> None:
        super().__init__(view, start)
        self._origin = origin
        self._target: Port | None = None
        self._verdicts: dict[Port, Verdict] = {}
        self._refused: dict[Port, str] = {}
        self._hangs = False
        """Whether the wire was begun by a click and follows the mouse with no button down."""
        view.canvas.show_wiring(origin, legal_ends(view.document.graph, origin))

    def move(self, to: Pointer) -> None:
        """Look at what lies under the mouse."""
        self.now = to
        self._target = self._port_at(to)
        if self._target is None:
            self.view.hide_hint()
            return
        verdict = self._verdict(self._target)
        self.view.show_hint(to.view, verdict.text, ok=verdict.ok)

    def _port_at(self, at: Pointer) -> Port | None:
        """The port under the mouse, or the port of the node there that a wire would take."""
        hit = self.view.hit(at, reach=1.4, wires=False)
        if hit.port is not None and (hit.port.gives, hit.port.node) != (self._origin.gives, self._origin.node):
            return self._other_side(hit.port)
        if hit.node is None or hit.part == "ground" or hit.node == self._origin.node:
            return None
        return self._port_of(hit.owner, hit.node)

    def _other_side(self, port: Port) -> Port:
        """An output in the way of a wire that wants an input (or the reverse) stands for its whole node."""
        if port.gives != self._origin.gives or port.is_inner:
            return port
        return self._port_of(port.owner, port.end[0]) or port

    def _port_of(self, owner: str | None, node_id: str) -> Port | None:
        node = self.view.document.graph.node(node_id)
        if self._origin.gives:
            return free_input(self.view.analysis, owner, node_id)
        return Port(owner, (node_id, 0), True) if output_count(node, self.view.document.graph.blocks) else None

    def _verdict(self, target: Port) -> Verdict:
        if target not in self._verdicts:
            graph = self.view.document.graph
            reason = refusal(graph, self._origin, target)
            if reason is not None:
                self._refused[target] = reason
            self._verdicts[target] = (
                Verdict(False, reason)
                if reason is not None
                else preview(self.view.document.analysis, *ordered(self._origin, target))
            )
        return self._verdicts[target]

    def press(self, at: Pointer) -> bool:
        """The second click."""
        self.move(at)
        self._finish(at)
        return True

    def release(self, at: Pointer) -> bool:
        """The end of a drag; after a mere click the wire goes on hanging at the mouse."""
        self.move(at)
        if not self._hangs and not travelled(self.start, at):
            self._hangs = True
            return False
        self._finish(at)
        return True

    def _finish(self, at: Pointer) -> None:
        self.cancel()
        if self._target is not None:
            connect_ports(self.view, self._origin, self._target, at)
        elif travelled(self.start, at) and (hit := self.view.hit(at, ports=False)).node in (None, hit.owner):
            self.view.open_search(at.view, wired=self._origin)

    def cancel(self) -> None:
        """Let go of the wire."""
        self.view.canvas.show_wiring(None)
        self.view.hide_hint()

    # ---- painting

    def _ends(self) -> tuple[QPointF, QPointF]:
        start = self.view.canvas.port_point(self._origin)
        end = self.now.scene if self._target is None else self.view.canvas.port_point(self._target)
        return (start, end) if self._origin.gives else (end, start)

    def bounds(self) -> QRectF:
        """Around the wire."""
        a, b = self._ends()
        return QRectF(a, b).normalized().adjusted(-60, -60, 60, 60)

    def paint(self, painter: QPainter) -> None:
        """The wire, and a cross where it must not end."""
        ink, (start, end) = inks(), self._ends()
        refused = self._target in self._refused
        bend = min(max(abs(end.y() - start.y()) / 2, 12.0), 56.0)
        path = QPainterPath(start)
        path.cubicTo(start + QPointF(0, bend), end - QPointF(0, bend), end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(ink.wire_refused if refused else ink.wire_new)
        painter.drawPath(path)
        if self._target is not None:
            at = self.view.canvas.port_point(self._target)
            if refused:
                painter.setPen(ink.cross)
                painter.drawLine(at + QPointF(-5, -5), at + QPointF(5, 5))
                painter.drawLine(at + QPointF(-5, 5), at + QPointF(5, -5))
            else:
                painter.setPen(ink.selected_pen)
                painter.drawEllipse(at, 8, 8)


def wire_label(source: str, target: str) -> str:
    """What the undo list calls the step."""
    return tr("Wire {source} to {target}", source=source, target=target)


def connect_ports(view: CanvasView, a: Port, b: Port, at: Pointer) -> bool:
    """Wire two ports, or say beside the mouse why not."""
    document, graph = view.document, view.document.graph
    reason = refusal(graph, a, b)
    if reason is not None:
        view.show_hint(at.view, reason, ok=False, lasting=False)
        return False
    source, target = ordered(a, b)
    edge = edge_between(source, target)
    if edge not in graph.body(source.owner).edges:
        label = wire_label(label_of(graph, source.node), label_of(graph, target.node))
        shape = wire_shape(document.analysis, source.owner, edge)
        wired = edits.connect(graph, [edge], source.owner)
        document.apply(label, placing.fitted_delay(wired, target.end[0], shape))
    return True
