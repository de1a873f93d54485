"""The list of problems: what it says, where a click leads, mends, and the counts for the tab."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.i18n import render
from designer.app.panels.problem_card import ProblemCard
from designer.app.panels.problems import SHOWN, ProblemsPanel
from designer.graph import Body, Edge, Graph, Node, edits
from tests.gui.conftest import Mouse, press_keys

VALID = Graph(
    name="valid",
    root=Body(
        (
            Node(id="input", type="Input", name="input"),
            Node(id="pool", type="MaxPool2d", name="pool", params={"kernel_size": 2, "stride": 2}),
            Node(id="fc", type="Linear", name="fc", params={"out_features": 10}),
            Node(id="loss", type="SoftmaxCrossEntropy", name="loss"),
        ),
        (Edge(("input", 0), ("pool", 0)), Edge(("pool", 0), ("fc", 0)), Edge(("fc", 0), ("loss", 0))),
    ),
)
Show = Callable[[Graph], ProblemsPanel]


def with_rest(graph: Graph) -> Graph:
    """A pooling whose steps do not come out even: a warning with mends."""
    return edits.set_params(graph, ["pool"], {"kernel_size": 3})


def cards(panel: ProblemsPanel) -> list[ProblemCard]:
    return [card for card in panel.findChildren(ProblemCard) if card.isVisible()]


def words(card: ProblemCard) -> str:
    return " ".join(label.text() for label in card.findChildren(QLabel))


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    def make(graph: Graph) -> ProblemsPanel:
        document = Document(graph)
        panel = ProblemsPanel(document)
        document.setParent(panel)
        qtbot.addWidget(panel)
        panel.resize(600, 300)
        with qtbot.waitSignal(panel.countChanged):
            panel.show()
        return panel

    return make


def document_of(panel: ProblemsPanel) -> Document:
    return panel.findChild(Document)


def test_a_valid_network_is_told_so(show: Show) -> None:
    panel = show(VALID)
    good = panel.findChild(QLabel, "noProblems")
    assert good.isVisible() and good.text() == "No problems: this network can be trained."
    assert cards(panel) == []


def test_an_empty_drawing_is_taught_not_blamed(show: Show) -> None:
    panel = show(Graph())
    assert cards(panel) == []
    taught = panel.findChild(QLabel, "noProblems")
    assert taught.isVisible() and taught.text().startswith("Drag an Input")
    document_of(panel).replace(VALID, None)
    panel._look()
    assert taught.text().startswith("No problems")


def test_every_problem_has_its_node_its_words_and_errors_come_first(show: Show) -> None:
    graph = edits.add(with_rest(VALID), [Node(id="lonely", type="Add", name="lonely")])
    panel = show(graph)
    found = document_of(panel).problems
    assert len(found) == len(cards(panel)) >= 2
    for problem, card in zip(found, cards(panel), strict=True):
        assert render(problem.text) in words(card)
        assert graph.node(problem.node).label in words(card)
    assert "lonely" in words(cards(panel)[0])
    assert cards(panel)[0].accessibleName().startswith("Error, lonely: ")
    assert not panel.findChild(QLabel, "noProblems").isVisible()


def test_the_counts_are_told_whether_or_not_the_panel_is_seen(qtbot: QtBot) -> None:
    document = Document(VALID)
    panel = ProblemsPanel(document)
    qtbot.addWidget(panel)
    with qtbot.waitSignal(panel.countChanged) as caught:
        pass
    assert caught.args == [0, 0]
    with qtbot.waitSignal(panel.countChanged) as caught:
        document.edit("Kernel", with_rest)
    assert caught.args[0] == 0 and caught.args[1] >= 1
    with qtbot.waitSignal(panel.countChanged) as caught:
        document.edit("Cut", lambda g: edits.disconnect(g, [Edge(("input", 0), ("pool", 0))]))
    assert caught.args[0] >= 1


def test_a_click_selects_the_node_and_brings_it_into_view(show: Show, qtbot: QtBot) -> None:
    panel = show(with_rest(VALID))
    document = document_of(panel)
    card = cards(panel)[0]
    with qtbot.waitSignal(document.revealRequested) as caught:
        Mouse(card).click(card.rect().topLeft() + card.rect().center() / 4)
    assert caught.args == ["pool"]
    assert document.selection == ("pool",)


def test_the_keyboard_goes_through_the_rows_and_enter_goes_to_the_node(show: Show, qtbot: QtBot) -> None:
    panel = show(edits.add(with_rest(VALID), [Node(id="lonely", type="Add", name="lonely")]))
    document = document_of(panel)
    first = cards(panel)[0]
    first.setFocus()
    with qtbot.waitSignal(document.revealRequested) as caught:
        press_keys(first, Qt.Key.Key_Return)
    assert caught.args == ["lonely"]
    press_keys(first, Qt.Key.Key_Down)
    assert not first.hasFocus()


def test_a_mend_is_one_click_and_one_undo_step(show: Show, qtbot: QtBot) -> None:
    broken = with_rest(VALID)
    panel = show(broken)
    document = document_of(panel)
    button = cards(panel)[0].findChild(QPushButton, "fix")
    title = button.text()
    with qtbot.waitSignal(panel.countChanged) as caught:
        Mouse(button).click(button.rect().center())
    assert caught.args == [0, 0]
    assert document.undo_label == title
    assert panel.findChild(QLabel, "noProblems").isVisible()
    document.undo()
    assert document.graph is broken


def test_a_burst_of_edits_is_one_update_and_shows_the_last_state(show: Show, qtbot: QtBot) -> None:
    panel = show(VALID)
    document = document_of(panel)
    counts: list[tuple[int, int]] = []
    panel.countChanged.connect(lambda errors, warnings: counts.append((errors, warnings)))
    for _ in range(20):
        document.edit("Kernel", with_rest)
        document.undo()
    document.edit("Kernel", with_rest)
    qtbot.waitUntil(lambda: len(cards(panel)) == 1)
    assert len(counts) == 1


def test_a_hidden_panel_catches_up_when_it_is_shown(show: Show, qtbot: QtBot) -> None:
    panel = show(VALID)
    panel.hide()
    with qtbot.waitSignal(panel.countChanged):
        document_of(panel).edit("Kernel", with_rest)
    panel.show()
    assert len(cards(panel)) == 1


def test_more_problems_than_rows_are_counted(show: Show) -> None:
    lonely = tuple(Node(id=f"add{i}", type="Add") for i in range(SHOWN + 30))
    panel = show(Graph(root=Body(lonely)))
    assert len(cards(panel)) == SHOWN
    more = panel.findChild(QLabel, "moreProblems")
    assert more.isVisible() and "more" in more.text()


def test_buttons_wrap_in_a_narrow_panel(show: Show, qtbot: QtBot) -> None:
    panel = show(with_rest(VALID))
    panel.resize(240, 400)
    qtbot.wait(20)
    buttons = cards(panel)[0].findChildren(QPushButton, "fix")
    for button in buttons:
        assert button.mapTo(panel, button.rect().topRight()).x() < 240
    panel.resize(180, 400)
    qtbot.wait(20)
    assert any("\n" in button.text() for button in buttons)
    for button in buttons:
        assert button.text().replace("\n", " ") == button.toolTip(), "nothing is left out"
        needed = button.fontMetrics().size(0, button.text())
        assert needed.width() < button.width() and needed.height() < button.height()
    assert not any(a.geometry().intersects(b.geometry()) for a, b in combinations(buttons, 2))
