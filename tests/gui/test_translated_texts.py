"""Texts of layers and figures go through Qt's translation wherever they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt, QTranslator
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from designer.app.canvas.view import CanvasView
from designer.app.canvas.wording import node_tip
from designer.app.i18n import CONTEXT
from designer.app.panels.estimate import short_time

MARK = "»"


class Marker(QTranslator):
    """Puts a sign before every text of the app."""

    def translate(self, context: str, source: str, _disambiguation: str | None = None, _number: int = -1) -> str:
        return MARK + source if context == CONTEXT else source

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def marked(qtbot: QtBot) -> Iterator[None]:
    """Every translated text has the sign."""
    translator = Marker()
    QApplication.installTranslator(translator)
    yield
    QApplication.removeTranslator(translator)


@pytest.mark.usefixtures("marked")
def test_the_search_for_layers_is_translated(canvas: CanvasView, keys: Callable[..., None]) -> None:
    keys(canvas, "conv")
    popup = canvas.commands.adding.popup
    assert popup is not None and popup.isVisible()
    first = popup.list.item(0)
    assert first.text() == MARK + first.data(Qt.ItemDataRole.UserRole)
    assert first.toolTip().startswith(MARK)


@pytest.mark.usefixtures("marked")
def test_a_nodes_tooltip_is_translated(canvas: CanvasView) -> None:
    canvas.add_layer("Input")
    (node,) = canvas.document.graph.nodes
    lines = node_tip(canvas.document.analysis, node.id, [])
    assert f": {MARK}Input" in lines
    assert lines.count(MARK) >= 2


@pytest.mark.usefixtures("marked")
def test_short_times_are_translated() -> None:
    assert short_time(0.42) == f"{MARK}0.42 s"
