"""The lines of notes: nothing is lost, nothing is wider than the note, and the box is as tall as the lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.graph import Body, Graph, Node
from designer.layout import arrange
from designer.layout.metrics import NODE_GAP, NODE_HEIGHT, NODE_WIDTH, rect_of
from designer.layout.notes import NOTE_LINE, _width, note_lines

TEXTS = st.text(st.sampled_from("aiMW é_-(.\n\t日本。語"), max_size=200)


@given(TEXTS)
def test_the_lines_hold_the_whole_text_and_fit(text: str) -> None:
    lines = note_lines(text, 120.0)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(_width(line) <= 120.0 for line in lines)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", ()),
        (" \n ", ()),
        ("one two", ("one two",)),
        ("one\n\ntwo", ("one", "", "two")),
        ("the first convolution", ("the first", "convolution")),
        ("これは長いコメントです", ("これは長いコメン", "トです")),
    ],
)
def test_lines_break_between_words_and_anywhere_in_japanese(text: str, lines: tuple[str, ...]) -> None:
    assert note_lines(text, 100.0) == lines


def test_a_note_is_as_tall_as_its_text_and_at_least_a_node() -> None:
    note = Node(id="note", type="Comment", params={"text": "line\n" * 9 + "line"})
    assert rect_of(note).height - rect_of(Node(id="empty", type="Comment")).height == 9 * NOTE_LINE
    assert rect_of(Node(id="empty", type="Comment")).height == NODE_HEIGHT
    assert rect_of(note).width == NODE_WIDTH


def test_tidying_leaves_notes_their_room() -> None:
    notes = tuple(Node(id=f"n{i}", type="Comment", params={"text": "a\nb\nc\nd"}) for i in range(3))
    graph = Graph(root=Body(notes))
    tops = sorted(y for _, y in arrange(graph).values())
    assert [b - a for a, b in pairwise(tops)] == [rect_of(notes[0]).height + NODE_GAP] * 2
