"""The document: undo without end, merged steps, selection that follows, files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from designer.app.document import Change, Document
from designer.graph import Graph, GraphFileError, Node, edits


def add(document: Document, node_id: str) -> None:
    document.edit(f"Add {node_id}", lambda g: edits.add(g, [Node(id=node_id, type="ReLU")]))


def test_undo_and_redo_walk_through_every_step(qtbot: QtBot) -> None:
    document = Document()
    graphs = [document.graph]
    for i in range(200):
        add(document, f"n{i}")
        graphs.append(document.graph)
    for graph in reversed(graphs[:-1]):
        document.undo()
        assert document.graph is graph
    assert document.undo_label is None
    for graph in graphs[1:]:
        document.redo()
        assert document.graph is graph


def test_steps_of_one_merge_key_are_one_undo_until_it_ends(qtbot: QtBot) -> None:
    document = Document()
    add(document, "a")
    for value in (1, 2, 3):
        document.edit("Set p", lambda g, v=value: edits.set_params(g, ["a"], {"p": v}), merge="a:p")  # type: ignore[misc]
    document.undo()
    assert document.graph.node("a").params == {}
    document.redo()
    document.edit("Set p", lambda g: edits.set_params(g, ["a"], {"p": 4}), merge="a:p")
    document.end_merge()
    document.edit("Set p", lambda g: edits.set_params(g, ["a"], {"p": 5}), merge="a:p")
    document.undo()
    assert document.graph.node("a").params == {"p": 4}


def test_undo_finds_what_was_saved_though_the_same_field_was_edited_on(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document(Graph(name="net"))
    add(document, "a")
    for value in (3, 7):
        document.edit("Set p", lambda g, v=value: edits.set_params(g, ["a"], {"p": v}), merge="a:p")  # type: ignore[misc]
        if value == 3:
            document.save(tmp_path / "net.json")
    document.undo()
    assert document.graph.node("a").params == {"p": 3}
    assert not document.is_modified


def test_a_step_taken_back_leaves_what_could_be_done_again(qtbot: QtBot) -> None:
    document = Document()
    add(document, "a")
    add(document, "b")
    document.undo()
    undone = document.redo_label
    add(document, "c")
    document.take_back()
    document.edit("Set p", lambda g: edits.set_params(g, ["a"], {"p": 1}), merge="a:p")
    document.abandon("a:p")
    assert (document.undo_label, document.redo_label) == ("Add a", undone)
    document.redo()
    assert set(document.graph.owners) == {"a", "b"}


def test_a_new_step_forgets_what_was_undone(qtbot: QtBot) -> None:
    document = Document()
    add(document, "a")
    document.undo()
    add(document, "b")
    assert document.redo_label is None


def test_change_tells_both_sides_and_the_label(qtbot: QtBot) -> None:
    document = Document()
    with qtbot.waitSignal(document.changed) as caught:
        add(document, "a")
    change = caught.args[0]
    assert isinstance(change, Change)
    assert (change.before.graph.owners, change.after.graph.owners, change.label) == ({}, {"a": None}, "Add a")


def test_selection_drops_what_is_deleted(qtbot: QtBot) -> None:
    document = Document()
    add(document, "a")
    add(document, "b")
    document.select(["a", "b", "nobody"])
    assert document.selection == ("a", "b")
    document.edit("Delete", lambda g: edits.remove(g, ["b"]))
    assert document.selection == ("a",)


def test_saved_and_changed_again(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document()
    assert not document.is_modified
    add(document, "a")
    assert document.is_modified
    document.save(tmp_path / "net.json")
    assert not document.is_modified
    assert (document.title, document.graph.name) == ("net", "net")
    add(document, "b")
    document.undo()
    assert not document.is_modified, "back at what is on disk"
    other = Document()
    other.open(tmp_path / "net.json")
    assert other.graph == document.graph


def test_an_untitled_drawing_has_its_files_name_at_once_and_undo_keeps_it(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document()
    add(document, "a")
    add(document, "b")
    document.undo()
    with qtbot.waitSignal(document.changed) as caught:
        document.save(tmp_path / "net1.json")
    (change,) = caught.args
    assert change.after.graph.name == "net1", "whoever shows the name is told"
    assert change.label, "no other document was opened"
    assert not document.is_modified
    for step in (document.undo, document.redo, document.redo):
        step()
        assert document.graph.name == "net1"
    document.undo()
    assert not document.is_modified, "back at what is on disk"


def test_a_file_that_cannot_be_read_leaves_the_document_alone(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document()
    add(document, "a")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(GraphFileError):
        document.open(tmp_path / "bad.json")
    assert "a" in document.graph.owners
    assert document.is_modified


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["add", "set", "undo", "redo"]), max_size=40))
def test_undoing_everything_gives_the_empty_drawing(qtbot: QtBot, steps: list[str]) -> None:
    document = Document()
    for i, step in enumerate(steps):
        match step:
            case "add":
                add(document, f"n{i}")
            case "set" if document.graph.owners:
                document.edit("Set", lambda g, i=i: edits.set_params(g, list(g.owners)[:1], {"p": i}), merge="p")  # type: ignore[misc]
            case "undo":
                document.undo()
            case "redo":
                document.redo()
    last = document.graph
    while document.undo_label is not None:
        document.undo()
    assert document.graph == Graph()
    while document.redo_label is not None:
        document.redo()
    assert not steps or document.graph.owners.keys() >= last.owners.keys()


def test_undo_and_redo_select_again_what_was_selected(qtbot: QtBot) -> None:
    document = Document()
    for name in ("a", "b"):
        add(document, name)
        document.select([name])
    document.edit("Delete", lambda g: edits.remove(g, ["b"]))
    assert document.selection == ()
    document.undo()
    assert document.selection == ("b",)
    document.undo()
    assert document.selection == ("a",)
    with qtbot.waitSignal(document.selectionChanged):
        document.redo()
    assert document.selection == ("b",)
    document.redo()
    assert document.selection == ()
