"""Notes on the canvas: the whole text on paper, no ports, no layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from canvas_drawings import chain, node, small
from PySide6.QtCore import QPoint
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from designer.app import create_main_window, theme
from designer.app.canvas.inks import face
from designer.app.canvas.mime import layer_mime
from designer.app.canvas.note_item import NoteItem
from designer.app.main_window import MainWindow
from designer.graph import Body, Graph, edits
from designer.layout.metrics import NODE_WIDTH
from designer.layout.notes import NOTE_PADDING
from designer.shapes import analyze
from designer.shapes.statistics import rows

LONG = "The first convolution keeps the size, because its padding is 'same'.\n\n最初の畳み込みは大きさを保ちます。"


def noted(text: str = LONG) -> Graph:
    graph = small()
    return edits.add(graph, [node("note", "Comment", 360.0, 0.0, text=text)])


def test_all_of_a_note_is_written_on_paper_in_both_schemes(show_canvas, monkeypatch: pytest.MonkeyPatch) -> None:
    for dark, palette in ((False, theme.LIGHT), (True, theme.DARK)):
        monkeypatch.setattr(theme, "is_dark", lambda dark=dark: dark)
        canvas = show_canvas(noted())
        item = canvas.canvas.item_of("note")
        assert isinstance(item, NoteItem)
        assert "".join("".join(item._lines).split()) == "".join(LONG.split())
        metrics = QFontMetricsF(face(theme.TEXT_SIZE).font)
        assert all(metrics.horizontalAdvance(line) <= NODE_WIDTH - 2 * NOTE_PADDING for line in item._lines)
        image = canvas.grab().toImage()
        box = canvas.mapFromScene(canvas.canvas.rect_of("note")).boundingRect()
        assert image.pixelColor(box.left() + 4, box.bottom() - 4).name() == palette.note


def test_a_note_grows_with_its_text_and_has_no_ports(show_canvas, mouse_over) -> None:
    canvas = show_canvas(noted("short"))
    before = canvas.canvas.rect_of("note").height()
    canvas.document.apply("text", edits.set_params(canvas.document.graph, ["note"], {"text": LONG}))
    box = canvas.canvas.rect_of("note")
    assert box.height() > before
    place = canvas.canvas.item_of("note").place
    assert (place.inputs, place.outputs) == (0, 0)
    mouse_over(canvas).click(canvas.mapFromScene(box.center().x(), box.bottom() - 4))
    assert canvas.document.selection == ("note",), "its lowest line belongs to it as well"


def test_a_dropped_comment_is_a_note_and_goes_into_no_wire(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    wire = (canvas.port_position("conv", "out") + canvas.port_position("relu", "in")) / 2
    mouse_over(canvas).drop(layer_mime("Comment"), [QPoint(5, 5), wire])
    (new,) = canvas.document.selection
    assert isinstance(canvas.canvas.item_of(new), NoteItem)
    assert canvas.document.graph.edges == small().edges


def test_from_far_away_a_note_is_paper_too(show_canvas) -> None:
    canvas = show_canvas(noted())
    canvas.camera.go(canvas.canvas.rect_of("note").center(), 0.2, animated=False)
    image = canvas.grab().toImage()
    assert image.pixelColor(canvas.mapFromScene(canvas.canvas.rect_of("note").center())).name() == theme.LIGHT.note


def test_notes_are_no_layers_in_tables_and_counts() -> None:
    graph = noted()
    assert graph.layer_count == 4
    assert [row.node.id for row in rows(analyze(graph).root)] == ["input", "conv", "relu", "pool"]
    inside = node("repeat", "Repeat")
    body = Body((node("in_note", "Comment", text="hm"), node("a", "ReLU")))
    framed = edits.add(graph, [type(inside)(id="repeat", type="Repeat", body=body)])
    assert framed.layer_count == 6


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The app's window with folders of its own."""
    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    made = create_main_window()
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.document.replace(made.document.graph, None)
    made.close()


def test_the_status_bar_counts_layers_without_notes(window: MainWindow) -> None:
    window.files.new()
    bench = window.workbench
    window.document.apply("draw", chain(node("x", "Input", shape=[3, 8, 8]), node("r", "ReLU")))
    bench.canvas.setFocus()
    bench.canvas.add_layer("Comment")
    assert len(window.document.graph.nodes) == 3
    assert "2 layers" in bench.totals.text()
