"""The choice of data: what a real look into it shows, what does not fit the network, and the mends."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from designer.app.document import Document
from designer.app.panels.data_choice import DataChoice
from designer.app.panels.data_fit import misfits
from designer.graph import Edge, Graph, Node, edits
from designer.graph.model import Body
from designer.shapes import analyze
from tests.gui.conftest import Mouse

COLOURS = ((200, 30, 30), (30, 200, 30), (30, 30, 200))


def network(shape: tuple[int, ...] = (3, 8, 8), outputs: int = 3, *between: Node) -> Graph:
    """Input, Linear, whatever is between, loss."""
    nodes = (
        Node(id="input", type="Input", params={"shape": list(shape)}),
        Node(id="hidden", type="Linear", params={"out_features": 7}),
        Node(id="fc", type="Linear", name="scores", params={"out_features": outputs}),
        *between,
        Node(id="loss", type="SoftmaxCrossEntropy"),
    )
    edges = tuple(Edge((a.id, 0), (b.id, 0)) for a, b in itertools.pairwise(nodes))
    return Graph(name="tiny", root=Body(nodes, edges))


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of three plain colours; 40, 20 and 10 of them."""
    y = np.repeat(np.arange(3), (40, 20, 10))
    x = np.array(COLOURS, np.uint8)[y][:, None, None, :].repeat(8, 1).repeat(8, 2)
    path = tmp_path_factory.mktemp("data") / "colours.npz"
    np.savez(path, x_train=x, y_train=y, x_test=x[::5], y_test=y[::5])
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images by class."""
    root = tmp_path_factory.mktemp("pictures")
    for name, colour in zip(("red", "green"), COLOURS, strict=False):
        (root / name).mkdir()
        for number in range(12):
            Image.new("RGB", (8, 8), colour).save(root / name / f"{number}.png")
    return root


Show = Callable[..., DataChoice]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    """Shows the choice for a network; what is chosen goes into the document's recipe, as the form does it."""

    def shown(graph: Graph | None = None, data: str = "cifar10") -> DataChoice:
        document = Document(graph or network())
        choice = DataChoice(document)
        document.setParent(choice)
        document.changed.connect(lambda change: choice.check(change.after))
        choice.dataChosen.connect(choice.show_data)
        qtbot.addWidget(choice)
        choice.show_data(data)
        choice.resize(360, 400)
        choice.show()
        qtbot.waitExposed(choice)
        return choice

    yield shown


def said(choice: DataChoice, name: str) -> str:
    return "\n".join(label.text() for label in choice.findChildren(QLabel, name) if label.isVisibleTo(choice))


def wait_for_preview(choice: DataChoice, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: choice.preview is not None, timeout=60_000)


def drop(choice: DataChoice, path: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    return Mouse(choice).drop(data, [QPoint(20, 20), QPoint(60, 30)])


# ---- choosing and looking


def test_a_dropped_file_is_chosen_and_looked_into(show: Show, qtbot: QtBot, arrays: Path) -> None:
    choice = show()
    chosen: list[str] = []
    choice.dataChosen.connect(chosen.append)
    assert drop(choice, arrays)
    assert chosen == [str(arrays)]
    assert choice.combo.currentText() == "colours.npz"
    assert choice.progress.isVisibleTo(choice)
    wait_for_preview(choice, qtbot)
    assert not choice.progress.isVisibleTo(choice)
    assert choice.train_size == 70
    facts = said(choice, "dataFacts")
    assert "70 training and 14 test pictures of 3x8x8" in facts
    assert "3 classes" in facts and "(10 to 40 training each)" in facts
    assert [choice.bars.words(i).partition(": ")[2] for i in range(3)] == ["40", "20", "10"]
    assert choice.bars.isVisibleTo(choice)
    assert said(choice, "dataClassesCaption") == "Training pictures of each class:"
    picture = choice.mosaic.grab().toImage()
    step = picture.width() / 3
    for column, (red, green, blue) in enumerate(COLOURS):
        colour = picture.pixelColor(round((column + 0.5) * step), 10)
        assert (colour.red(), colour.green(), colour.blue()) == (red, green, blue)


def test_a_folder_of_images_is_opened_by_the_dialog(
    show: Show, qtbot: QtBot, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = show()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    choice.combo.activated.emit(choice.combo.findText("Open folder of images..."))
    wait_for_preview(choice, qtbot)
    assert choice.preview is not None and set(choice.preview.classes) == {"red", "green"}
    assert choice.combo.currentData() == str(folder)


def test_a_dialog_that_is_left_changes_nothing(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    choice = show()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    choice.combo.setCurrentIndex(choice.combo.findText("Open .npz..."))
    choice.combo.activated.emit(choice.combo.findText("Open .npz..."))
    assert choice.combo.currentData() == "cifar10"


def test_what_cannot_be_read_says_why(show: Show, qtbot: QtBot, tmp_path: Path) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no arrays in here")
    choice = show()
    assert drop(choice, broken)
    wait_for_preview(choice, qtbot)
    assert "broken.npz" in said(choice, "dataProblem")
    assert choice.train_size is None and not choice.stopping_misfits
    assert not choice.mosaic.isVisibleTo(choice)


def test_other_files_cannot_be_dropped(show: Show, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    assert not drop(show(), text)


def test_another_choice_stops_the_look_into_the_first(show: Show, qtbot: QtBot, arrays: Path, folder: Path) -> None:
    choice = show()
    drop(choice, arrays)
    drop(choice, folder)
    wait_for_preview(choice, qtbot)
    assert choice.preview is not None and len(choice.preview.classes) == 2
    assert str(arrays) not in choice._previews


def test_the_embedded_set_shows_at_once(
    show: Show, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NETDESIGNER_DATA", str(tmp_path))
    choice = show(data="synthetic")
    assert choice.train_size == 10_000  # before anything is loaded
    choice.load()
    wait_for_preview(choice, qtbot)
    assert "10,000 training and 2,000 test pictures of 3x32x32" in said(choice, "dataFacts")
    assert "10 classes: circle, triangle, square" in said(choice, "dataFacts")
    assert not choice.bars.isVisibleTo(choice), "bars of equal height would say nothing"


def test_nothing_is_downloaded_unasked(show: Show, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETDESIGNER_DATA", str(tmp_path))
    choice = show(data="cifar100")
    choice.load()
    assert choice._job is None
    button = choice.findChild(QPushButton, "dataLoad")
    assert isinstance(button, QPushButton) and button.isVisibleTo(choice)
    assert said(choice, "dataFacts") == "50,000 training and 10,000 test pictures of 3x32x32\n100 classes"


def test_undoing_a_choice_while_its_data_loads_offers_the_others_download(
    show: Show, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arrays: Path
) -> None:
    monkeypatch.setenv("NETDESIGNER_DATA", str(tmp_path))
    choice = show()
    drop(choice, arrays)
    assert choice.progress.isVisible()
    choice.show_data("cifar100")  # as where the file's choice is undone
    assert not choice.progress.isVisible()
    assert choice.load_button.isVisible()


# ---- what does not fit


def test_pictures_of_another_shape_are_mended_by_one_click(show: Show) -> None:
    choice = show(network(outputs=10), "mnist")
    assert said(choice, "misfit") == "The pictures are 1x28x28, but 'input' takes 3x8x8."
    assert choice.stopping_misfits
    button = choice.findChild(QPushButton, "misfitMend")
    assert isinstance(button, QPushButton) and button.text() == "Set 'input' to 1x28x28"
    Mouse(button).click(button.rect().center())
    assert choice._document.graph.node("input").params["shape"] == [1, 28, 28]
    assert choice._document.undo_label == "Set 'input' to 1x28x28"
    assert said(choice, "misfit") == "" and not choice.stopping_misfits


def test_a_mend_for_what_is_gone_does_nothing(show: Show) -> None:
    choice = show(network(outputs=10), "mnist")
    choice._document.changed.disconnect()  # the view has not caught up yet
    choice._document.edit("Remove", lambda g: edits.remove(g, ["input"]))
    button = choice.findChild(QPushButton, "misfitMend")
    assert isinstance(button, QPushButton)
    Mouse(button).click(button.rect().center())
    assert choice._document.undo_label == "Remove"
    assert said(choice, "misfit") == ""


def test_another_number_of_classes_is_mended_by_one_click(show: Show) -> None:
    choice = show(network((3, 32, 32), 10), "cifar100")
    assert said(choice, "misfit") == "The data has 100 classes, but the network has 10 outputs."
    button = choice.findChild(QPushButton, "misfitMend")
    assert isinstance(button, QPushButton) and button.text() == "Give 'scores' 100 outputs"
    Mouse(button).click(button.rect().center())
    assert choice._document.graph.node("fc").params["out_features"] == 100
    assert said(choice, "misfit") == ""
    choice._document.undo()
    assert said(choice, "misfit") != ""


@pytest.mark.parametrize(
    ("shape", "outputs", "stops"),
    [
        ((3, 8, 8), 3, []),
        ((192,), 3, []),
        ((3, 8, 8), 2, [True]),
        ((3, 8, 8), 5, [False]),
        ((1, 8, 8), 2, [True, True]),
    ],
)
def test_what_stops_a_training_is_told_from_what_is_worth_knowing(
    shape: tuple[int, ...], outputs: int, stops: list[bool]
) -> None:
    found = misfits(analyze(network(shape, outputs)), (3, 8, 8), 3)
    assert [misfit.stops for misfit in found] == stops


def test_every_mend_takes_its_misfit_away() -> None:
    analysis = analyze(network((1, 4, 4), 9, Node(id="relu", type="ReLU"), Node(id="drop", type="Dropout")))
    for misfit in misfits(analysis, (3, 8, 8), 3):
        assert misfit.fix is not None
        left = misfits(analyze(misfit.fix.apply(analysis.graph)), (3, 8, 8), 3)
        assert misfit.text not in [other.text for other in left] and len(left) == 1


def test_a_network_whose_last_layer_is_no_linear_has_no_mend() -> None:
    graph = network((3, 8, 8), 3, Node(id="both", type="Concatenate"))
    graph = edits.connect(graph, [Edge(("hidden", 0), ("both", 1))])
    (misfit,) = misfits(analyze(graph), (3, 8, 8), 3)
    assert misfit.fix is None and not misfit.stops


def test_an_unfinished_drawing_fits_as_far_as_is_known() -> None:
    assert misfits(analyze(Graph()), (3, 8, 8), 3) == []
    alone = Graph(root=Body((Node(id="loss", type="SoftmaxCrossEntropy"),)))
    assert misfits(analyze(alone), (3, 8, 8), 3) == []
