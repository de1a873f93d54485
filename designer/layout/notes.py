"""Notes in the drawing: their text in lines that fit a node's width, and so their height. No Qt.

Fonts differ between systems, and whoever lays out a drawing may have none; widths are those of a wide sans serif.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final
from unicodedata import east_asian_width

NOTE_LINE: Final = 16.0
"""Height of one line."""
NOTE_PADDING: Final = 10.0
"""Between the note's edge and its text."""
_SIZE = 12.0
"""Of the font, in canvas units."""
_NARROW = frozenset("fijlrtI .,:;!'|/\\()[]")
_BROAD = frozenset("mwMW@%")
_UNSPACED = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
_PIECES: Final = re.compile(rf"\s+|[{_UNSPACED}]|[^\s{_UNSPACED}]+")
"""What a line may be broken between: spaces, words, and single characters of scripts that write no spaces."""


@lru_cache(maxsize=4096)
def note_lines(text: str, width: float) -> tuple[str, ...]:
    """A text in lines no wider than `width`, broken between words where that is possible; no lines for no text."""
    if not text.strip():
        return ()
    return tuple(line for paragraph in text.strip().expandtabs(4).splitlines() for line in _wrapped(paragraph, width))


def note_height(text: str, width: float) -> float:
    """How tall a note of that width is."""
    return max(len(note_lines(text, width - 2 * NOTE_PADDING)), 1) * NOTE_LINE + 2 * NOTE_PADDING - 4


def _wrapped(paragraph: str, width: float) -> Iterator[str]:
    line, used = "", 0.0
    for piece in _pieces(paragraph, width):
        room = _width(piece)
        if used + room > width and line.strip() and piece.strip():
            yield line.rstrip()
            line, used = "", 0.0
        line, used = line + piece, used + room
    yield line.rstrip()


def _pieces(paragraph: str, width: float) -> Iterator[str]:
    """Words, and words that are wider than a line in pieces that fit."""
    for word in _PIECES.findall(paragraph):
        begin, used = 0, 0.0
        for at, character in enumerate(word):
            room = _width(character)
            if used + room > width and at > begin:
                yield word[begin:at]
                begin, used = at, 0.0
            used += room
        yield word[begin:]


def _width(text: str) -> float:
    return sum(map(_em, text)) * _SIZE


@lru_cache(maxsize=8192)
def _em(character: str) -> float:
    """How wide a character is at most in common fonts, as a share of the font's size."""
    if east_asian_width(character) in "WF":
        return 1.0
    if character in _NARROW:
        return 0.42
    if character in _BROAD:
        return 1.0
    return 0.78 if character.isupper() else 0.65
