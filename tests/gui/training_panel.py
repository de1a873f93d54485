"""The training panel's form as hands use it, and the smallest network to train in it."""

from __future__ import annotations

import itertools

from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from designer.app.panels.training import TrainingPanel
from designer.graph import Edge, Graph, Node
from designer.graph.model import Body
from designer.graph.recipe import Recipe, read
from tests.gui.conftest import press_keys


def network(outputs: int = 3) -> Graph:
    """The smallest network for pictures of 3x8x8."""
    nodes = (
        Node(id="input", type="Input", params={"shape": [3, 8, 8]}),
        Node(id="fc", type="Linear", name="scores", params={"out_features": outputs}),
        Node(id="loss", type="SoftmaxCrossEntropy"),
    )
    edges = tuple(Edge((a.id, 0), (b.id, 0)) for a, b in itertools.pairwise(nodes))
    return Graph(name="tiny", root=Body(nodes, edges))


def editor(panel: TrainingPanel, name: str) -> QWidget:
    """The visible editor of a recipe's property."""
    found = [w for w in panel.findChildren(QWidget, f"recipe_{name}") if w.isVisibleTo(panel)]
    assert found, name
    return found[-1]


def enter(panel: TrainingPanel, name: str, text: str) -> None:
    """Type over a property."""
    field = editor(panel, name)
    panel.form.ensureWidgetVisible(field)
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined]
    press_keys(field, text)


def choose(panel: TrainingPanel, name: str, text: str) -> None:
    """Choose from a list with the keyboard, as a click on its entry does."""
    combo = editor(panel, name)
    assert isinstance(combo, QComboBox)
    index = combo.findText(text)
    assert index >= 0, [combo.itemText(i) for i in range(combo.count())]
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def recipe(panel: TrainingPanel) -> Recipe:
    """What the document holds."""
    return read(panel._document.graph.recipe)


def said(panel: TrainingPanel, name: str) -> str:
    """What a label says; empty if it is hidden."""
    labels = [label for label in panel.findChildren(QLabel, name) if label.isVisibleTo(panel)]
    return labels[0].text() if labels else ""
