"""The palette: searching, keys, folding, activating and dragging layers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from designer.app.canvas.mime import LAYER_MIME, layer_in
from designer.app.canvas.shelf import key_of, ready_made
from designer.app.document import Document
from designer.app.panels.palette import PalettePanel
from designer.app.panels.palette_view import LayerTree, TypeRole, layer_tooltip, node_pixmap
from designer.layers.registry import by_category, catalogue
from tests.gui.conftest import Mouse, press_keys


@pytest.fixture
def palette(qtbot: QtBot) -> PalettePanel:
    panel = PalettePanel(Document())
    qtbot.addWidget(panel)
    panel.resize(220, 700)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def search_of(palette: PalettePanel) -> QLineEdit:
    return palette.findChild(QLineEdit, "paletteSearch")


def shown(tree: LayerTree) -> list[str]:
    """The type names in the rows that can be reached by scrolling."""
    found = []
    index = tree.model().index(0, 0)
    while index.isValid():
        if index.data(TypeRole):
            found.append(index.data(TypeRole))
        index = tree.indexBelow(index)
    return found


def place_of(palette: PalettePanel, type_name: str) -> QPoint:
    index = palette.tree.model().find(type_name)
    palette.tree.scrollTo(index)
    return palette.tree.visualRect(index).center()


def test_every_layer_of_the_catalogue_is_listed_below_its_category(palette: PalettePanel) -> None:
    layers = [cls.__name__ for layers in by_category().values() for cls in layers]
    assert shown(palette.tree) == [*layers, *map(key_of, ready_made())]
    assert len(layers) == len(catalogue())


@pytest.mark.parametrize(
    ("typed", "best"),
    [
        ("conv2", "Conv2d"),
        ("Affine", "Linear"),
        ("max pool", "MaxPool2d"),
        ("relu", "ReLU"),
        ("batchn", "BatchNorm"),
        ("cross", "SoftmaxCrossEntropy"),
    ],
)
def test_typing_finds_layers_by_the_names_of_pytorch_and_nnc(palette: PalettePanel, typed: str, best: str) -> None:
    palette.focus_search()
    press_keys(search_of(palette), typed)
    assert shown(palette.tree)[0] == best
    assert len(shown(palette.tree)) < len(catalogue())
    assert palette.current_layer == best


def test_enter_in_the_search_field_takes_the_best_match(palette: PalettePanel, qtbot: QtBot) -> None:
    palette.focus_search()
    press_keys(search_of(palette), "affine")
    with qtbot.waitSignal(palette.layerActivated) as caught:
        press_keys(search_of(palette), Qt.Key.Key_Return)
    assert caught.args == ["Linear"]


def test_enter_in_an_empty_search_field_adds_nothing(palette: PalettePanel, qtbot: QtBot) -> None:
    palette.focus_search()
    with qtbot.assertNotEmitted(palette.layerActivated):
        press_keys(search_of(palette), Qt.Key.Key_Return)


def test_a_word_that_matches_nothing_shows_a_hint_and_escape_shows_everything_again(palette: PalettePanel) -> None:
    palette.focus_search()
    hint = palette.findChild(QLabel, "paletteHint")
    press_keys(search_of(palette), "xyzzy")
    assert hint.isVisible() and "xyzzy" in hint.text()
    assert not palette.tree.isVisible()
    assert palette.current_layer is None
    press_keys(search_of(palette), Qt.Key.Key_Escape)
    assert not hint.isVisible()
    assert len(shown(palette.tree)) == len(catalogue()) + len(ready_made())


def test_down_leads_from_the_search_field_through_the_list_and_enter_adds(palette: PalettePanel, qtbot: QtBot) -> None:
    palette.focus_search()
    press_keys(search_of(palette), Qt.Key.Key_Down)
    assert QApplication.focusWidget() is palette.tree
    listed = shown(palette.tree)
    assert palette.current_layer == listed[0]
    category = catalogue()[listed[0]].category
    beyond = next(i for i, name in enumerate(listed) if catalogue()[name].category != category)
    press_keys(palette.tree, *[Qt.Key.Key_Down] * (beyond + 1))  # over the next category's header
    assert palette.current_layer == listed[beyond]
    with qtbot.waitSignal(palette.layerActivated) as caught:
        press_keys(palette.tree, Qt.Key.Key_Return)
    assert caught.args == [listed[beyond]]


def test_letters_typed_in_the_list_go_to_the_search_field(palette: PalettePanel) -> None:
    palette.tree.setFocus()
    press_keys(palette.tree, "g")
    assert QApplication.focusWidget() is search_of(palette)
    press_keys(search_of(palette), "elu")
    assert search_of(palette).text() == "gelu"
    assert palette.current_layer == "GELU"


def test_up_from_the_first_row_returns_to_the_search_field(palette: PalettePanel) -> None:
    press_keys(search_of(palette), Qt.Key.Key_Down)
    press_keys(palette.tree, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert QApplication.focusWidget() is search_of(palette)


def test_a_double_click_activates_a_layer(palette: PalettePanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(palette.layerActivated) as caught:
        Mouse(palette.tree).double_click(place_of(palette, "Linear"))
    assert caught.args == ["Linear"]


def test_a_click_on_a_category_folds_it_and_a_search_looks_into_folded_ones(palette: PalettePanel) -> None:
    header = palette.tree.model().find("Conv2d").parent()
    Mouse(palette.tree).click(palette.tree.visualRect(header).center())
    assert "Conv2d" not in shown(palette.tree)
    press_keys(search_of(palette), "conv2d")
    assert "Conv2d" in shown(palette.tree)
    search_of(palette).clear()
    assert "Conv2d" not in shown(palette.tree)
    header = palette.tree.model().find("Conv2d").parent()
    Mouse(palette.tree).click(palette.tree.visualRect(header).center())
    assert "Conv2d" in shown(palette.tree)


def test_the_tooltip_says_what_a_layer_does_and_its_other_names() -> None:
    text = layer_tooltip(catalogue()["Conv2d"])
    assert text.removeprefix("<qt>").startswith("Convolution: every output channel is a weighted sum")
    assert text.endswith("</qt>"), "only rich text has its lines broken"
    assert "Convolution" in text
    assert "floor" not in text  # the first sentence only


def test_what_is_dragged_looks_like_a_node_and_is_sharp_on_2x_screens() -> None:
    once, twice = (node_pixmap(catalogue()["Conv2d"], ratio) for ratio in (1.0, 2.0))
    assert twice.width() == 2 * once.width()
    assert twice.deviceIndependentSize() == once.deviceIndependentSize()


class Target(QWidget):
    """Takes what is dropped on it."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.dropped: str | None = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasFormat(LAYER_MIME):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.dropped = layer_in(event.mimeData())
        event.acceptProposedAction()


def test_a_layer_dragged_out_of_the_list_carries_its_type_and_arrives_where_it_is_dropped(
    palette: PalettePanel, qtbot: QtBot
) -> None:
    target = Target()
    qtbot.addWidget(target)
    target.show()
    start = place_of(palette, "Conv2d")
    mouse = Mouse(palette.tree)
    mouse.press(start)
    mouse.glide(start + QPoint(30, 30))
    drag = palette.tree.findChild(
        QDrag
    )  # Qt's offscreen platform ends every drag at once, and leaves it for the event loop
    assert drag is not None and not drag.pixmap().isNull()
    assert Mouse(target).drop(drag.mimeData(), [QPoint(10, 10), QPoint(50, 50)])
    assert target.dropped == "Conv2d"
    mouse.release()


def test_a_category_cannot_be_dragged(palette: PalettePanel) -> None:
    start = palette.tree.visualRect(palette.tree.model().index(0, 0)).center()
    Mouse(palette.tree).drag(start, start + QPoint(30, 30))
    assert palette.tree.findChild(QDrag) is None
