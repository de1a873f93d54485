"""How long the window takes to start and the canvas to build and paint. Run: python tests/benchmarks/bench_window.py

NodeGraphQt, the peer, is in the dependency group `benchmarks`; without it those rows are left out.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import networks
from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QApplication, QGraphicsView
from table import Results, alternating

from designer.graph import Graph, edits

NODES = 1_000
COLUMNS = 25
WINDOW = (1200, 800)

UNTIL_PAINTED = """
def wait_until_painted(window):
    import os
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QApplication

    class Painted(QObject):
        done = False

        def eventFilter(self, watched, event):
            self.done = self.done or event.type() == QEvent.Type.Paint
            return False

    painted = Painted()
    window.installEventFilter(painted)
    while not painted.done:
        QApplication.processEvents()  # paints the window and all that is in it
    os._exit(0)
"""

BARE_WINDOW = f"""{UNTIL_PAINTED}
import sys
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow()
window.resize(QSize(1440, 900).boundedTo(window.screen().availableSize()))
window.show()
wait_until_painted(window)
"""

OUR_WINDOW = f"""{UNTIL_PAINTED}
import designer.app
from designer.cli import main
designer.app.main = lambda argv: wait_until_painted(designer.app.start(argv))
main([])
"""
"""What the command `netdesigner` does, with the end of the first picture in place of the event loop."""


def start(results: Results, rounds: int = 15) -> None:
    """From starting the interpreter until the start page is painted, in CPU time, as it waits for nobody."""
    times: dict[str, list[float]] = {OUR_WINDOW: [], BARE_WINDOW: []}
    with tempfile.TemporaryDirectory() as home:
        places = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
        environment = {**os.environ, **places, "HOME": home, "PYTHONPYCACHEPREFIX": home}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as where a program is installed
        for turn in range(rounds + 1):
            for code, taken in times.items():
                before = children_seconds()
                subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)
                if turn:  # the first turn compiles and fills the disk's cache
                    taken.append(children_seconds() - before)
    ours, bare = min(times[OUR_WINDOW]), min(times[BARE_WINDOW])
    results.ratio("start to painted window, against a bare Qt window", ours, bare, 1.5)


def children_seconds() -> float:
    """CPU time of the processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def grid_network() -> Graph:
    """1,000 nodes in columns, so that all of them can be seen at once."""
    graph = networks.long_network(NODES)
    rows = -(-len(graph.nodes) // COLUMNS)
    return edits.move(graph, {n.id: (320.0 * (i // rows), 60.0 * (i % rows)) for i, n in enumerate(graph.nodes)})


def our_canvas(graph: Graph) -> QGraphicsView:
    """The canvas with everything it needs: document, shapes, items, routes."""
    from designer.app.canvas.view import CanvasView
    from designer.app.document import Document

    return CanvasView(Document(graph))


def peer_canvas(graph: Graph) -> Any:
    """The same drawing in NodeGraphQt: nodes with as many ports, wired."""
    from NodeGraphQt import BaseNode, NodeGraph

    class LayerNode(BaseNode):
        __identifier__ = "bench"
        NODE_NAME = "layer"

        def __init__(self) -> None:
            super().__init__()
            self.add_input("a")
            self.add_input("b")
            self.add_output("out")

    peer = NodeGraph()
    peer.register_node(LayerNode)
    nodes = {
        n.id: peer.create_node("bench.LayerNode", name=n.name, pos=n.position, push_undo=False, selected=False)
        for n in graph.nodes
    }
    for edge in graph.edges:
        nodes[edge.source[0]].output(0).connect_to(nodes[edge.target[0]].input(edge.target[1]), push_undo=False)
    return peer


def show_all(view: QGraphicsView, fit: Callable[[], object]) -> None:
    """All of the drawing in the window."""
    view.resize(*WINDOW)
    view.show()
    QApplication.processEvents()
    fit()
    QApplication.processEvents()


def canvas(results: Results) -> None:
    """1,000 nodes: building the view, and painting all of it again, zoomed out."""
    graph = grid_network()
    kept: list[Any] = []  # taking a view down is not what is measured
    if importlib.util.find_spec("NodeGraphQt") is None:
        sys.stdout.write("NodeGraphQt is not installed: uv sync --group benchmarks\n")
        return
    ours, peers = alternating(
        lambda: kept.append(our_canvas(graph)), lambda: kept.append(peer_canvas(graph)), rounds=3, least=0
    )
    results.ratio(f"{NODES:,} nodes on the canvas, built; against NodeGraphQt", ours, peers, 0.1)
    kept.clear()
    view, peer = our_canvas(graph), peer_canvas(graph)
    other = peer.viewer()
    whole = QRectF(0, 0, COLUMNS * 320.0, 60.0 * NODES / COLUMNS)
    show_all(view, lambda: view.fitInView(whole, Qt.AspectRatioMode.KeepAspectRatio))
    show_all(other, lambda: other.zoom_to_nodes(other.all_nodes()))
    ours, peers = alternating(view.viewport().repaint, other.viewport().repaint, rounds=15, least=0.1)
    results.ratio(f"{NODES:,} nodes, repainted zoomed out; against NodeGraphQt", ours, peers, 0.15)


def main() -> int:
    app = QApplication.instance() or QApplication(sys.argv)
    results = Results("Window and canvas")
    start(results)
    canvas(results)
    met = results.show()
    app.quit()
    return 0 if met else 1


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # NodeGraphQt's scene does not survive being taken down at exit
