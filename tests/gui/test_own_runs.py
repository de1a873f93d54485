"""Which run the training panel shows: the drawing's own, and it stays there while something keeps it from training."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.panels.data_choice import DataChoice
from designer.app.panels.device_choice import DeviceChoice
from designer.app.panels.training import TrainingPanel
from designer.graph import Edge, Graph, Node, edits, io
from designer.graph.model import Body
from designer.graph.recipe import Recipe, write
from designer.training.launch import Launcher
from designer.training.runs import Run
from tests.gui.conftest import Mouse
from tests.gui.training_runs import epochs, finished, started, write_run


def network(name: str, outputs: int = 3) -> Graph:
    """A network for pictures of 3x8x8, to be trained with those of CIFAR-10, which are larger and of 10 classes."""
    nodes = (
        Node(id="input", type="Input", params={"shape": [3, 8, 8]}),
        Node(id="fc", type="Linear", name="scores", params={"out_features": outputs}),
        Node(id="loss", type="SoftmaxCrossEntropy"),
    )
    edges = tuple(Edge((a.id, 0), (b.id, 0)) for a, b in itertools.pairwise(nodes))
    return edits.set_recipe(Graph(name=name, root=Body(nodes, edges)), write(Recipe(data="cifar10"), {}))


def stopped_run(root: Path, network: str, drawing: Path | None = None, created: float = 1.7e9) -> Run:
    """A run that can be resumed."""
    events = [started(), *epochs(1, 2), finished("stopped")]
    run = write_run(root, events, f"{created:.0f}-{network}", outcome="stopped", network=network, created=created,
                    drawing=str(drawing or ""))  # fmt: skip
    run.resume_point.touch()
    return run


Show = Callable[..., TrainingPanel]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def show(qtbot: QtBot, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Show]:
    """Shows the panel for a document; neither devices nor data are looked at, which would start processes."""
    monkeypatch.setattr(DeviceChoice, "ask", lambda _: None)
    monkeypatch.setattr(DataChoice, "load", lambda _: None)
    launcher = Launcher()

    def shown(document: Document) -> TrainingPanel:
        panel = TrainingPanel(document, launcher, root)
        document.setParent(panel)
        qtbot.addWidget(panel)
        panel.resize(1000, 500)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    yield shown
    launcher.close()


def visible(panel: TrainingPanel, name: str) -> QWidget | None:
    return next((found for found in panel.findChildren(QWidget, name) if found.isVisible()), None)


def said(panel: TrainingPanel, name: str) -> str:
    label = visible(panel, name)
    return label.text() if isinstance(label, QLabel) else ""


def shows(panel: TrainingPanel, run: Run) -> bool:
    return panel.monitor.run == run and panel.curves.view.isVisible()


# ---- what keeps a network from being trained


@pytest.mark.parametrize("outcome", ["stopped", "failed"])
def test_a_refused_training_lists_every_reason_and_leaves_the_run_on_show(
    show: Show, root: Path, qtbot: QtBot, outcome: str
) -> None:
    run = stopped_run(root, "net")
    if outcome == "failed":
        run = write_run(root, [finished("failed")], run.name, outcome="failed", network="net")
    panel = show(Document(network("net")))
    qtbot.waitUntil(lambda: shows(panel, run))
    panel.train()
    assert said(panel, "runProblem") == "The training cannot begin"
    assert said(panel, "runAdvice").split("\n") == [
        "The pictures are 3x32x32, but 'input' takes 3x8x8.",
        "The data has 10 classes, but the network has 3 outputs.",
    ]
    assert shows(panel, run) and panel.curves.view.curves.last_iteration == 100
    assert visible(panel, "resumeButton") is not None
    assert panel.can_resume

    def mends() -> list[QPushButton]:
        return [button for button in panel.curves.banner.findChildren(QPushButton, "fix") if button.isVisible()]

    qtbot.waitUntil(lambda: len(mends()) == 2)
    Mouse(mends()[0]).click(mends()[0].rect().center())
    assert said(panel, "runAdvice") == "The data has 10 classes, but the network has 3 outputs.", "what is left stays"
    qtbot.waitUntil(lambda: len(mends()) == 1)
    Mouse(mends()[0]).click(mends()[0].rect().center())
    assert (said(panel, "runProblem") != "") == (outcome == "failed"), "what became of the run is told again"
    assert visible(panel, "resumeButton" if outcome == "stopped" else "bannerResume") is not None
    assert panel.monitor.run == run


# ---- whose run it is


def test_another_drawing_shows_its_own_latest_run_or_none(show: Show, root: Path, tmp_path: Path, qtbot: QtBot) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    for path in (one, two):
        io.save(network("copy"), path)  # both of one name, as Save as leaves them
    stopped_run(root, "copy", one, created=1.70e9)
    latest = stopped_run(root, "copy", one, created=1.71e9)
    document = Document()
    document.open(one)
    panel = show(document)
    qtbot.waitUntil(lambda: shows(panel, latest))
    with qtbot.waitSignal(panel.stateChanged):
        document.open(two)
    assert not panel.can_resume
    assert said(panel, "curvesEmpty")
    assert said(panel, "runState") == "No training yet"
    QTest.qWait(150)
    assert panel.monitor.run is None
    document.open(one)
    qtbot.waitUntil(lambda: shows(panel, latest))
    assert panel.can_resume


def test_without_a_file_it_goes_by_the_networks_name_and_untitled_is_none(show: Show, root: Path, qtbot: QtBot) -> None:
    run = stopped_run(root, "sample")
    stopped_run(root, "untitled")
    panel = show(Document(network("untitled")))
    QTest.qWait(150)
    assert panel.monitor.run is None
    panel._document.replace(network("sample"), None)
    qtbot.waitUntil(lambda: shows(panel, run))


def test_a_hidden_panel_looks_for_the_run_once_it_is_seen(show: Show, root: Path, qtbot: QtBot) -> None:
    panel = show(Document())
    panel.hide()
    run = stopped_run(root, "sample")
    panel._document.replace(network("sample"), None)
    QTest.qWait(150)
    assert panel.monitor.run is None
    panel.show()
    qtbot.waitUntil(lambda: shows(panel, run))


def test_a_run_chosen_from_the_list_stays_while_the_drawing_is_edited(show: Show, root: Path, qtbot: QtBot) -> None:
    stopped_run(root, "sample")
    other = stopped_run(root, "other")
    panel = show(Document(network("sample")))
    panel.show_run(other.folder)
    panel._document.edit("Rename", lambda g: edits.rename(g, "fc", "head"))
    QTest.qWait(150)
    assert shows(panel, other)
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert shows(panel, other)


# ---- a drawing that is not what was trained


def test_curves_of_an_earlier_drawing_are_told_and_it_can_be_opened(show: Show, root: Path, qtbot: QtBot) -> None:
    run = stopped_run(root, "net")
    io.save(network("net"), run.folder / "graph.json")
    panel = show(Document(network("net")))
    document, status = panel._document, panel.curves.status
    panel.graphRequested.connect(lambda graph: document.replace(graph, None, modified=True))
    qtbot.waitUntil(lambda: shows(panel, run))
    document.edit("Move", lambda g: edits.move(g, {"fc": (300.0, 40.0)}))
    document.edit("Recipe", lambda g: edits.set_recipe(g, {"epochs": 7}))
    QTest.qWait(20)
    assert said(panel, "runOrigin") == ""
    assert "as it was" not in status.resume.toolTip()
    document.edit("Outputs", lambda g: edits.set_params(g, ["fc"], {"out_features": 8}))
    qtbot.waitUntil(lambda: said(panel, "runOrigin") == "of an earlier drawing")
    assert "It trains the network as it was" in status.resume.toolTip()
    document.undo()
    qtbot.waitUntil(lambda: said(panel, "runOrigin") == "")
    document.edit("Delete", lambda g: edits.remove(g, ["loss"]))
    qtbot.waitUntil(lambda: said(panel, "runOrigin") == "of an earlier drawing")
    Mouse(status.open).click(status.open.rect().center())
    assert [node.id for node in document.graph.nodes] == ["input", "fc", "loss"]
    qtbot.waitUntil(lambda: said(panel, "runOrigin") == "" and shows(panel, run))


def test_a_run_of_another_network_is_not_called_an_earlier_drawing(show: Show, root: Path, qtbot: QtBot) -> None:
    run = stopped_run(root, "other")
    io.save(network("other", outputs=5), run.folder / "graph.json")
    panel = show(Document(network("net")))
    panel.show_run(run.folder)
    qtbot.waitUntil(lambda: said(panel, "runOrigin") == "of another drawing")


def test_a_run_remembers_the_drawings_file(
    show: Show, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Launcher, "_launch", lambda *_: None)  # the folder is made; nothing trains
    path = tmp_path / "mine.json"
    io.save(edits.set_recipe(network("mine"), {"data": str(tmp_path / "some.npz")}), path)
    document = Document()
    document.open(path)
    panel = show(document)
    panel.train()
    run = panel.monitor.run
    assert run is not None and run.summary().drawing == str(path)
