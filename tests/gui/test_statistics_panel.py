"""The statistics: figures of every layer, sums, selection both ways, copies, bars, and what a training takes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from designer.app.canvas.inks import inks
from designer.app.canvas.view import CanvasView
from designer.app.document import Document
from designer.app.numbers import bytes_text
from designer.app.panels.statistics import StatisticsPanel
from designer.app.recent import settings
from designer.graph import edits
from designer.graph.io import load
from designer.graph.model import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.shapes.statistics import rows, total
from designer.training.estimates import Cost, Speed, remember
from tests.gui.conftest import Mouse, press_keys

RESNET = load(Path(__file__).parents[2] / "graphs" / "resnet34_repeat.json")


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path))
    settings().remove("statistics")
    yield
    settings().remove("statistics")


@pytest.fixture
def panel(qtbot: QtBot) -> StatisticsPanel:
    return shown(qtbot, RESNET)


def shown(qtbot: QtBot, graph: Graph) -> StatisticsPanel:
    made = StatisticsPanel(Document(graph))
    qtbot.addWidget(made)
    made.resize(1200, 400)
    made.show()
    qtbot.waitExposed(made)
    QTest.qWait(50)
    return made


def column(panel: StatisticsPanel, key: str) -> int:
    return next(at for at, found in enumerate(panel.model.columns) if found.key == key)


def cell(panel: StatisticsPanel, row: int, key: str) -> str:
    return str(panel.model.index(row, column(panel, key)).data())


def sums(panel: StatisticsPanel, key: str) -> tuple[str, str]:
    model = panel.sums.model()
    return str(model.index(0, column(panel, key)).data()), str(model.index(1, column(panel, key)).data())


def test_every_layer_has_a_row_and_the_sums_are_the_networks(panel: StatisticsPanel) -> None:
    analysis = panel._document.analysis
    found = list(rows(analysis.root))
    assert panel.model.rowCount() == len(found)
    assert sums(panel, "parameters")[0] == f"{analysis.totals[0]:,}"
    assert sums(panel, "multiply_adds")[0] == f"{analysis.totals[2]:,}"
    assert sums(panel, "parameters_nnc")[0] == f"{total(iter(found)).parameters_nnc:,}"


def test_one_repetition_or_all(panel: StatisticsPanel) -> None:
    row = next(at for at, line in enumerate(panel.model.shown) if line.runs > 1 and line.figures["multiply_adds"])
    line = panel.model.shown[row]
    assert cell(panel, row, "runs") == f"× {line.runs}"
    assert cell(panel, row, "name").startswith("    ")
    every = line.figures["multiply_adds"]
    Mouse(panel.repeated).click(QPoint(8, panel.repeated.height() // 2))
    assert panel.model.shown[row].figures["multiply_adds"] * line.runs == every


def test_a_heading_sorts_and_a_filter_keeps_what_fits(panel: StatisticsPanel) -> None:
    panel.view.sortByColumn(column(panel, "parameters"), Qt.SortOrder.DescendingOrder)
    figures = [line.figures["parameters"] for line in panel.model.shown]
    assert figures == sorted(figures, reverse=True)
    assert " / " in cell(panel, 0, "name"), "out of the drawing's order the whole path tells where it is"
    panel.view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    assert [line.number for line in panel.model.shown] == list(range(panel.model.rowCount()))
    panel.filter.setFocus()
    press_keys(panel.filter, "batchnorm")
    assert {line.type for line in panel.model.shown} == {"BatchNorm"}
    assert sums(panel, "multiply_adds")[0] == ""


def click_heading(panel: StatisticsPanel, key: str) -> None:
    header, at = panel.view.horizontalHeader(), column(panel, key)
    Mouse(header).click(QPoint(header.sectionViewportPosition(at) + header.sectionSize(at) // 2, header.height() // 2))


@pytest.mark.parametrize("key", ["outputs", "parameters"])
def test_the_first_click_on_figures_sorts_the_largest_to_the_top_and_shows_it(panel: StatisticsPanel, key: str) -> None:
    panel.view.scrollToBottom()
    click_heading(panel, key)
    figures = [line.figures[key] for line in panel.model.shown]
    assert figures == sorted(figures, reverse=True) != sorted(figures)
    assert panel.view.rowAt(1) == 0
    panel.view.scrollToBottom()
    click_heading(panel, key)
    assert [line.figures[key] for line in panel.model.shown] == sorted(figures)
    assert panel.view.rowAt(1) == 0
    click_heading(panel, key)
    assert [line.number for line in panel.model.shown] == list(range(panel.model.rowCount())), "as drawn again"
    click_heading(panel, "type")
    types = [line.type.casefold() for line in panel.model.shown]
    assert types == sorted(types), "texts begin with A"


def test_tab_leaves_the_table(panel: StatisticsPanel) -> None:
    panel.view.setFocus()
    press_keys(panel.view, Qt.Key.Key_Tab)
    assert not panel.view.hasFocus()


def test_a_rename_keeps_the_table_where_it_is(panel: StatisticsPanel, qtbot: QtBot) -> None:
    line = panel.model.shown[-1]
    panel.view.scrollToBottom()
    at = panel.view.verticalScrollBar().value()
    with (
        qtbot.assertNotEmitted(panel.model.modelReset, wait=200),
        qtbot.waitSignal(panel.model.dataChanged, timeout=2000),
    ):
        panel._document.edit("name", lambda g: edits.rename(g, line.node, "the last one"))
    assert panel.model.shown[-1].name == "the last one"
    assert at > 0 and panel.view.verticalScrollBar().value() == at


def test_choices_are_kept_with_the_apps_other_settings(panel: StatisticsPanel) -> None:
    panel.bars.setCurrentIndex(panel.bars.findData("multiply_adds"))
    assert settings().value("statistics/bars") == "multiply_adds"


def test_a_filter_that_nothing_fits_says_so_and_ends_with_the_drawing(panel: StatisticsPanel) -> None:
    said = panel.findChild(QLabel, "statisticsEmpty")
    assert not said.isVisible()
    panel.filter.setFocus()
    press_keys(panel.filter, "dense")
    assert said.isVisible() and "dense" in said.text()
    document = panel._document
    document.apply("change", edits.rename(document.graph, document.graph.root.nodes[0].id, "other"))
    QTest.qWait(100)
    assert panel.filter.text() == "dense" and said.isVisible(), "an edit leaves the filter alone"
    document.replace(RESNET, None)
    QTest.qWait(100)
    assert panel.filter.text() == "" and not said.isVisible()
    assert panel.model.rowCount() == len(list(rows(document.analysis.root)))


def click_row(panel: StatisticsPanel, row: int) -> None:
    panel.view.scrollTo(panel.model.index(row, 0))
    Mouse(panel.view).click(panel.view.visualRect(panel.model.index(row, 0)).center())


def test_a_click_selects_the_node_and_the_selection_comes_back(panel: StatisticsPanel, qtbot: QtBot) -> None:
    document = panel._document
    with qtbot.waitSignal(document.revealRequested) as revealed:
        click_row(panel, 7)
    assert revealed.args == [panel.model.shown[7].node]
    assert document.selection == (panel.model.shown[7].node,)
    document.select([panel.model.shown[12].node])
    selected = {index.row() for index in panel.view.selectionModel().selectedRows()}
    assert 12 in selected and 7 not in selected
    assert document.selection == (panel.model.shown[12].node,)


def test_the_sums_stay_below_their_columns_at_the_right_end_too(panel: StatisticsPanel, qtbot: QtBot) -> None:
    panel.resize(500, 300)
    QTest.qWait(50)
    bar = panel.view.horizontalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    last = column(panel, "saved")
    assert panel.sums.columnViewportPosition(last) == panel.view.columnViewportPosition(last)
    panel.filter.setText("conv1")  # a few rows need no scroll bar
    QTest.qWait(50)
    bar.setValue(bar.maximum())
    assert panel.sums.columnViewportPosition(last) == panel.view.columnViewportPosition(last)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (50.2 * 2**20, "50.2 MiB"), (1010 * 2**20, "1,010 MiB"),
     (16 * 2**30, "16 GiB"), (2**41, "2,048 GiB")],
)  # fmt: skip
def test_bytes_are_counted_in_powers_of_two(size: float, text: str) -> None:
    assert bytes_text(size) == text


def test_rows_are_copied_for_spreadsheets_and_texts(panel: StatisticsPanel) -> None:
    panel.findChild(QToolButton, "copyCSV").click()
    found = list(csv.reader(io.StringIO(QApplication.clipboard().text())))
    assert found[0] == [shown.title for shown in panel.shown_columns]
    assert len(found) == panel.model.rowCount() + 1
    at = [shown.key for shown in panel.shown_columns].index("parameters")
    assert sum(int(row[at]) for row in found[1:]) == panel._document.analysis.totals[0]
    panel.findChild(QToolButton, "copyMarkdown").click()
    text = QApplication.clipboard().text().splitlines()
    assert text[1].startswith("| --- | --- |") and "---:" in text[1]
    assert f"{panel._document.analysis.totals[0]:,}" in text[-1]
    panel.view.setFocus()
    click_row(panel, 0)
    place = panel.view.visualRect(panel.model.index(2, 0)).center()
    QTest.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place)
    press_keys(panel.view, Qt.Key.Key_C, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert len(QApplication.clipboard().text().splitlines()) == 4, "the three selected rows and the heading"


def test_columns_come_and_go_for_good(panel: StatisticsPanel, qtbot: QtBot) -> None:
    at = column(panel, "adds")
    assert panel.view.isColumnHidden(at)
    menu = QMenu()
    panel._fill_columns(menu)
    next(action for action in menu.actions() if action.objectName() == "column_adds").trigger()
    assert not panel.view.isColumnHidden(at) and not panel.sums.isColumnHidden(at)
    again = shown(qtbot, RESNET)
    assert not again.view.isColumnHidden(at)


def test_another_drawing_is_read_from_its_first_row(panel: StatisticsPanel, qtbot: QtBot) -> None:
    bar = panel.view.verticalScrollBar()
    panel.view.setFocus()
    press_keys(panel.view, Qt.Key.Key_End, modifiers=Qt.KeyboardModifier.ControlModifier)
    assert bar.value() == bar.maximum() > 0
    panel._document.open(Path(__file__).parents[2] / "graphs" / "mini_resnet34.json")
    qtbot.waitUntil(lambda: panel.model.shown[0].path[0].id in panel._document.graph.owners and bar.value() == 0)
    QTest.qWait(150)
    assert bar.value() == 0


def test_bars_show_each_nodes_share(panel: StatisticsPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.barsChanged) as changed:
        panel.bars.setCurrentIndex(panel.bars.findData("multiply_adds"))
    bars = changed.args[0]
    assert max(bars.values()) == 1
    assert min(bars.values()) == 0
    most = max(panel.model.shown, key=lambda line: line.figures["multiply_adds"])
    assert bars[most.node] == 1
    document = panel._document
    with qtbot.waitSignal(panel.barsChanged):
        document.apply("change", edits.set_params(document.graph, [most.node], {"kernel_size": 1}))
    with qtbot.waitSignal(panel.barsChanged) as changed:
        panel.bars.setCurrentIndex(0)
    assert changed.args[0] == {}


def test_memory_is_told_and_time_only_where_it_was_measured(panel: StatisticsPanel, qtbot: QtBot) -> None:
    memory = panel.findChild(QLabel, "memoryEstimate")
    spoken = panel.findChild(QLabel, "timeEstimate")
    qtbot.waitUntil(lambda: "batch size" in memory.text())
    assert "not known" in spoken.text()
    remember(Speed(network="like it", device="cpu", batch_size=16, cost=Cost(10**9, 10**6), samples_per_second=10))
    panel._document.apply("change", edits.rename(panel._document.graph, panel.model.shown[3].node, "other"))
    qtbot.waitUntil(lambda: "roughly, from like it" in spoken.text())


def test_a_measurement_of_a_network_without_a_name_is_told_as_one(panel: StatisticsPanel, qtbot: QtBot) -> None:
    remember(Speed(network="untitled", device="cpu", batch_size=16, cost=Cost(10**9, 10**6), samples_per_second=10))
    panel._document.apply("change", edits.rename(panel._document.graph, panel.model.shown[3].node, "other"))
    spoken = panel.findChild(QLabel, "timeEstimate")
    qtbot.waitUntil(lambda: "roughly, from a network trained here before" in spoken.text())
    assert "untitled" not in spoken.toolTip()


def test_the_button_measures_this_network(qtbot: QtBot) -> None:
    graph = load(Path(__file__).parents[2] / "graphs" / "scratch_mnist.json")
    panel = shown(qtbot, edits.set_recipe(graph, {**graph.recipe, "batch_size": 8, "device": "cpu"}))
    button = panel.findChild(QToolButton, "measureSpeed")
    qtbot.waitUntil(button.isEnabled)
    Mouse(button).click(button.rect().center())
    assert not button.isEnabled()
    spoken = panel.findChild(QLabel, "timeEstimate")
    qtbot.waitUntil(lambda: "(measured)" in spoken.text(), timeout=60_000)
    assert button.isEnabled()


def test_a_thousand_layers_follow_an_edit_without_a_widget_for_each(qtbot: QtBot) -> None:
    inside = Node(id="r", type="Repeat", name="r", params={"times": 3}, body=Body(
        (Node(id="relu", type="ReLU"),), (Edge((INPUT, 0), ("relu", 0)), Edge(("relu", 0), (OUTPUT, 0)))))  # fmt: skip
    convs = [Node(id=f"c{i}", type="Conv2d", params={"padding": "same", "out_channels": 8}) for i in range(1000)]
    nodes = (Node(id="x", type="Input", params={"shape": [8, 8, 8]}), *convs, inside)
    graph = Graph(root=Body(nodes, tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))))
    panel = shown(qtbot, graph)
    QTest.qWait(50)
    document = panel._document
    document.apply("change", edits.set_params(document.graph, ["c500"], {"out_channels": 9}))
    panel._update()
    assert panel.view.model().rowCount() >= len(nodes)
    assert len(panel.view.findChildren(QWidget)) < 20


def test_bars_are_painted_beside_nodes_thicker_from_further_away(show_canvas: Callable[..., CanvasView]) -> None:
    nodes = (Node(id="x", type="Input", position=(0, 0)), Node(id="c", type="Conv2d", position=(0, 60)))
    canvas = show_canvas(Graph(root=Body(nodes, (Edge(("x", 0), ("c", 0)),))))

    def looks() -> list[QImage]:
        seen = []
        for zoom in (1.0, 0.4, 0.2):
            canvas.camera.go(QPointF(200, 50), zoom, animated=False)
            seen.append(canvas.grab().toImage())
        return seen

    def thickness(image: QImage) -> int:
        """The pixels in a bar's colour one above the other, in the column with most of them."""
        bar, area = inks().bar.color(), QRect(QPoint(), image.size())
        columns = (sum(image.pixelColor(x, y) == bar for y in range(area.height())) for x in range(area.width()))
        return max(columns)

    plain = looks()
    canvas.canvas.show_bars({"c": 1.0, "x": 0.0})
    near, far, from_above = map(thickness, looks())
    assert near >= 8 and far >= 8 and from_above >= 4
    canvas.canvas.show_bars({})
    assert looks() == plain
