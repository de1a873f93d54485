"""Blocks on the canvas: made, named, opened, drawn in, left, copied, dissolved; ready-made ones dropped in."""

from __future__ import annotations

from itertools import pairwise

import pytest
from canvas_drawings import node, small, wire
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton

from designer.app.canvas.mime import layer_mime
from designer.app.canvas.shelf import key_of, ready_made
from designer.graph import Body, Edge, Graph, Node, edits
from designer.graph.model import Argument, Block, block_owner
from designer.layers import Facts
from designer.layout import arrange

CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
FIRE = block_owner("Fire")


def fire() -> Graph:
    """input -> use of Fire -> relu; Fire: squeeze -> expand."""
    body = Body(
        (node("squeeze", "Conv2d", 0, 0, out_channels="=maps", kernel_size=1), node("expand", "Conv2d", 0, 44)),
        (Edge(("@in", 0), ("squeeze", 0)), wire("squeeze", "expand"), Edge(("expand", 0), ("@out", 0))),
    )
    block = Block(body=body, arguments=(Argument("maps", 4),))
    nodes = (node("input", "Input", shape=[3, 32, 32]), Node(id="use", type="Block", name="use",
             params={"block": "Fire"}), node("relu", "ReLU"))  # fmt: skip
    graph = Graph(root=Body(nodes, (wire("input", "use"), wire("use", "relu"))), blocks={"Fire": block})
    return edits.move(graph, arrange(graph))


@pytest.fixture
def canvas(show_canvas):
    return show_canvas(fire())


@pytest.fixture
def mouse(canvas, mouse_over):
    return mouse_over(canvas)


def crumbs(canvas) -> list[str]:
    return canvas.levels.bar.path if canvas.levels.bar.isVisible() else []


def drawn(canvas) -> set[str]:
    return set(canvas.canvas.levels[canvas.canvas.shown].items)


# ---- make


def test_ctrl_g_makes_a_block_and_the_name_is_typed_at_once(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv", "relu"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    editor = canvas.commands.structure.editor
    assert editor.text() == "Block1"
    keys(editor, "Unit", Key.Key_Return)
    graph = canvas.document.graph
    assert list(graph.blocks) == ["Unit"]
    use = next(n for n in graph.nodes if n.type == "Block")
    assert use.params == {"block": "Unit"}
    assert use.name == "unit1"
    assert set(graph.edges) == {wire("input", use.id), wire(use.id, "pool")}
    assert canvas.document.analysis.facts("pool").output == (16, 16, 16)
    assert canvas.hasFocus()
    canvas.document.undo()  # block and name are one step
    assert canvas.document.graph == small()
    canvas.document.redo()
    assert canvas.document.graph == graph


def test_inputs_stay_outside_of_the_block_that_their_selection_becomes(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["input", "conv", "relu"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    graph = canvas.document.graph
    use = next(n for n in graph.nodes if n.type == "Block")
    assert {n.id for n in graph.blocks["Block1"].body.nodes} == {"conv", "relu"}
    assert wire("input", use.id) in graph.edges


def test_escape_keeps_the_name_that_was_given(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    keys(canvas.commands.structure.editor, "x", Key.Key_Escape)
    assert list(canvas.document.graph.blocks) == ["Block1"]


def test_a_name_that_is_taken_is_refused_in_words(canvas, keys) -> None:
    canvas.document.select(["relu"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    keys(canvas.commands.structure.editor, "Fire", Key.Key_Return)
    assert "already" in canvas.hint
    assert list(canvas.document.graph.blocks) == ["Fire", "Block1"]


def test_what_follows_closes_up_where_a_block_takes_less_room(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv", "relu"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    assert canvas.document.graph.node("pool").position[1] == small().node("pool").position[1] - 44


# ---- open, draw, leave


def test_double_click_opens_the_drawing_and_the_path_leads_back(canvas, mouse, mouse_over) -> None:
    mouse.double_click(canvas.node_position("use"))
    assert drawn(canvas) == {"squeeze", "expand"}
    assert crumbs(canvas)[1:] == ["Fire"]
    inside = canvas.viewport().rect()
    assert inside.contains(canvas.node_position("squeeze"))
    assert inside.contains(canvas.node_position("expand"))
    bar = canvas.levels.bar
    mouse_over(bar.findChild(QToolButton, "breadcrumb0")).click(QPoint(8, 8))
    assert drawn(canvas) == {"input", "use", "relu"}
    assert crumbs(canvas) == []
    assert canvas.document.selection == ("use",)


def test_enter_opens_and_alt_up_leaves_to_what_was_seen(canvas, keys) -> None:
    canvas.camera.go(canvas.camera.centre + QPoint(30, 20), 0.8, animated=False)
    seen = (canvas.camera.centre, canvas.camera.zoom)
    canvas.document.select(["use"])
    keys(canvas, Key.Key_Return)
    assert canvas.canvas.shown == FIRE
    keys(canvas, Key.Key_Up, modifiers=ALT)
    assert canvas.canvas.shown is None
    assert (canvas.camera.centre - seen[0]).manhattanLength() < 3
    assert canvas.camera.zoom == seen[1]


def test_nodes_in_a_block_are_selected_moved_wired_and_deleted(canvas, mouse, keys) -> None:
    canvas.enter("use")
    at = canvas.node_position("expand")
    mouse.drag(at, at + QPoint(120, 60))
    assert canvas.document.selection == ("expand",)
    assert canvas.document.graph.node("expand").position != (0, 44)
    mouse.click(canvas.node_position("squeeze"))
    keys(canvas, Key.Key_Delete)
    assert drawn(canvas) == {"expand"}
    mouse.drag(canvas.port_position(FIRE, "inner_in"), canvas.port_position("expand", "in"))
    assert Edge(("@in", 0), ("expand", 0)) in canvas.document.graph.body(FIRE).edges
    assert canvas.document.analysis.facts("use").output == (16, 30, 30)
    keys(canvas, Key.Key_A, modifiers=CONTROL)
    assert canvas.document.selection == ("expand",)


def test_layers_dropped_in_a_block_belong_to_it(canvas, mouse, keys) -> None:
    canvas.enter("use")
    wire_at = (canvas.node_position("squeeze") + canvas.node_position("expand")) / 2
    assert mouse.drop(layer_mime("ReLU"), [QPoint(5, 60), wire_at])
    body = canvas.document.graph.body(FIRE)
    new = next(n.id for n in body.nodes if n.type == "ReLU")
    assert {wire("squeeze", new), wire(new, "expand")} <= set(body.edges)
    canvas.document.select(["expand"])
    canvas.add_layer("Sigmoid")
    assert canvas.document.graph.owners[canvas.document.selection[0]] == FIRE
    keys(canvas, Key.Key_C, modifiers=CONTROL)
    canvas.document.select([])
    keys(canvas, Key.Key_V, modifiers=CONTROL)
    assert sum(n.type == "Sigmoid" for n in canvas.document.graph.body(FIRE).nodes) == 2
    keys(canvas, Key.Key_L)
    assert canvas.document.undo_label == "Tidy up"


def test_inputs_and_outputs_of_a_block_grow_as_they_are_wired(canvas, mouse) -> None:
    canvas.enter("use")
    canvas.add_layer("Add")  # below nothing selected: loose
    add = canvas.document.selection[0]
    canvas.show_whole_level()
    mouse.press(canvas.port_position(add, "in"))
    free = canvas.port_position(FIRE, "inner_in", 1)
    mouse.glide(free)
    assert canvas.canvas.inner_ports(FIRE) == (2, 1)
    mouse.release()
    body = canvas.document.graph.body(FIRE)
    assert Edge(("@in", 1), (add, 0)) in body.edges
    mouse.drag(canvas.port_position(add, "out"), canvas.port_position(FIRE, "inner_out", 1))
    body = canvas.document.graph.body(FIRE)
    assert Edge((add, 0), ("@out", 1)) in body.edges
    canvas.leave()
    place = canvas.canvas.levels[None].geometry.places["use"]
    assert (place.inputs, place.outputs) == (2, 2)


def test_a_block_in_a_block_and_undo_across_levels(canvas, keys) -> None:
    canvas.enter("use")
    canvas.document.select(["squeeze"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    keys(canvas.commands.structure.editor, "Inner", Key.Key_Return)
    inner = next(n.id for n in canvas.document.graph.body(FIRE).nodes if n.type == "Block")
    assert canvas.document.graph.node(inner).params["arguments"] == {"maps": "=maps"}
    canvas.document.select([inner])
    keys(canvas, Key.Key_Return)
    assert crumbs(canvas)[1:] == ["Fire", "Inner"]
    keys(canvas, Key.Key_Up, Key.Key_Up, modifiers=ALT)
    assert canvas.canvas.shown is None
    canvas.document.undo()
    assert canvas.document.graph == fire()
    assert canvas.canvas.shown == FIRE  # one sees what was undone
    assert drawn(canvas) == {"squeeze", "expand"}
    canvas.document.redo()
    assert set(canvas.document.graph.blocks) == {"Fire", "Inner"}


def test_undoing_a_block_leaves_its_drawing(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["conv"])
    keys(canvas, Key.Key_G, modifiers=CONTROL)
    keys(canvas.commands.structure.editor, Key.Key_Escape)
    keys(canvas, Key.Key_Return)
    assert canvas.canvas.shown is not None
    canvas.document.undo()
    assert canvas.canvas.shown is None
    assert drawn(canvas) == {n.id for n in small().nodes}


def test_a_problem_in_a_block_is_shown_in_its_drawing(canvas) -> None:
    canvas.document.reveal("expand")
    assert canvas.canvas.shown == FIRE
    assert canvas.document.selection == ("expand",)
    canvas.document.reveal("relu")
    assert canvas.canvas.shown is None


def test_renaming_the_block_that_is_shown_stays_in_it(canvas, keys) -> None:
    canvas.enter("use")
    keys(canvas, Key.Key_F2)
    keys(canvas.commands.structure.editor, "Ember", Key.Key_Return)
    assert list(canvas.document.graph.blocks) == ["Ember"]
    assert canvas.document.graph.node("use").name == "use"
    assert canvas.canvas.shown == block_owner("Ember")
    assert crumbs(canvas)[1:] == ["Ember"]
    canvas.document.undo()
    assert crumbs(canvas)[1:] == ["Fire"]
    assert drawn(canvas) == {"squeeze", "expand"}


def test_formulas_show_what_they_give_in_the_first_use(canvas) -> None:
    canvas.enter("use")
    assert canvas.canvas.item_of("squeeze").layer.out_channels == 4
    canvas.document.edit("maps", lambda g: edits.set_params(g, ["use"], {"arguments": {"maps": 7}}))
    canvas.enter("use")
    assert canvas.canvas.item_of("squeeze").layer.out_channels == 7


# ---- use again, dissolve, delete


def test_deleting_a_use_leaves_the_definition(canvas, mouse, keys) -> None:
    mouse.click(canvas.node_position("use"))
    keys(canvas, Key.Key_Delete)
    assert "Fire" in canvas.document.graph.blocks
    canvas.commands.structure.remove_unused()
    assert canvas.document.graph.blocks == {}


def test_dissolving_puts_the_content_in_its_place(canvas, mouse, keys) -> None:
    before = canvas.document.analysis.totals
    mouse.click(canvas.node_position("use"))
    keys(canvas, Key.Key_G, modifiers=CONTROL | SHIFT)
    graph = canvas.document.graph
    assert [n.type for n in graph.nodes if n.id not in ("input", "relu")] == ["Conv2d", "Conv2d"]
    assert graph.node(canvas.document.selection[0]).params["out_channels"] == 4
    assert canvas.document.analysis.totals == before
    tops = sorted(n.position[1] for n in graph.nodes)
    assert all(b - a >= 40 for a, b in pairwise(tops))


def test_a_copied_use_brings_its_definition_into_another_window(canvas, mouse, keys, show_canvas) -> None:
    mouse.click(canvas.node_position("use"))
    keys(canvas, Key.Key_C, modifiers=CONTROL)
    other = show_canvas(small())
    keys(other, Key.Key_V, modifiers=CONTROL)
    assert other.document.graph.blocks["Fire"].arguments == fire().blocks["Fire"].arguments
    assert len(other.document.graph.nodes) == 5
    keys(other, Key.Key_V, modifiers=CONTROL)
    assert list(other.document.graph.blocks) == ["Fire"]
    other.document.edit("", lambda g: edits.set_params(g, ["squeeze"], {"kernel_size": 3}))
    keys(other, Key.Key_V, modifiers=CONTROL)
    assert list(other.document.graph.blocks) == ["Fire", "Fire2"]


def test_a_block_is_not_pasted_or_dropped_into_itself(canvas, mouse, keys) -> None:
    mouse.click(canvas.node_position("use"))
    keys(canvas, Key.Key_C, modifiers=CONTROL)
    canvas.enter("use")
    before = canvas.document.graph
    keys(canvas, Key.Key_V, modifiers=CONTROL)
    assert "contain itself" in canvas.hint
    canvas.hide_hint()
    mouse.drop(layer_mime(key_of("Fire")), [QPoint(60, 80)])
    assert "contain itself" in canvas.hint
    canvas.hide_hint()
    canvas.add_layer(key_of("Fire"))
    assert "contain itself" in canvas.hint
    assert canvas.document.graph is before


def test_a_ready_made_block_dropped_on_a_wire_is_defined_and_wired(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    between = (canvas.node_position("conv") + canvas.node_position("relu")) / 2
    assert mouse_over(canvas).drop(layer_mime(key_of("SqueezeExcite")), [QPoint(3, 3), between])
    graph = canvas.document.graph
    assert list(graph.blocks) == ["SqueezeExcite"]
    new = canvas.document.selection[0]
    assert {wire("conv", new), wire(new, "relu")} <= set(graph.edges)
    assert canvas.document.analysis.facts(new).output == (16, 32, 32)
    canvas.document.undo()
    assert canvas.document.graph == small()


def test_a_drag_that_leaves_again_defines_nothing(show_canvas, mouse_over) -> None:
    canvas = show_canvas(small())
    mouse_over(canvas).drag_out(layer_mime(key_of("Bottleneck")), [QPoint(5, 5), QPoint(200, 200)])
    assert canvas.document.graph == small()


def test_the_search_finds_blocks_and_adds_them(canvas, keys) -> None:
    canvas.document.select(["relu"])
    keys(canvas, Key.Key_Tab)
    keys(canvas.commands.adding.popup.line, "fire", Key.Key_Return)
    assert canvas.document.graph.node(canvas.document.selection[0]).params == {"block": "Fire"}
    keys(canvas, Key.Key_Tab)
    keys(canvas.commands.adding.popup.line, "invertedres", Key.Key_Return)
    assert set(canvas.document.graph.blocks) == {"Fire", "InvertedResidual"}


def test_an_empty_block_is_drawn_from_its_inputs_to_its_outputs(show_canvas, keys) -> None:
    canvas = show_canvas(small())
    canvas.document.select(["pool"])
    canvas.add_layer("Block")
    use = canvas.document.selection[0]
    keys(canvas, Key.Key_Return)
    canvas.add_layer("Flatten")
    body = canvas.document.graph.body(canvas.canvas.shown)
    assert {e.source[0] for e in body.edges} == {"@in", body.nodes[0].id}
    assert canvas.document.analysis.facts(use).output is None  # nothing is wired to it yet
    assert canvas.document.graph.blocks["Block1"].body is body


def test_the_clipboard_keeps_reading_what_older_versions_wrote(show_canvas, keys) -> None:
    text = '{"format": "netdesigner-fragment", "nodes": [{"id": "a", "type": "ReLU"}], "edges": []}'
    QGuiApplication.clipboard().setText(text)
    canvas = show_canvas(small())
    keys(canvas, Key.Key_V, modifiers=CONTROL)
    assert canvas.document.graph.node("a").type == "ReLU"


@pytest.mark.parametrize("name", sorted(ready_made()))
def test_ready_made_blocks_are_valid_and_laid_out(name: str) -> None:
    from designer.shapes import analyze, problems

    graph = ready_made()[name].example
    analysis = analyze(graph)
    assert [str(p.text) for p in problems(analysis) if p.severity == "error"] == []
    assert isinstance(analysis.facts("use").result, Facts)
    owner = block_owner(name)
    assert arrange(graph, owner) == {n.id: n.position for n in graph.body(owner).nodes}
    assert ready_made()[name].block.description
    assert all(argument.description for argument in ready_made()[name].block.arguments)
