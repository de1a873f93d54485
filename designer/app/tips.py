"""Tooltips that wrap: Qt breaks the lines of rich text only, and writes plain text as one long line."""

from __future__ import annotations

from html import escape
from unicodedata import east_asian_width

_LONG = 60
"""A line as wide as so many Latin characters is left as it is."""


def tip(text: str) -> str:
    """A tooltip's text whose long lines are broken; short ones stay plain."""
    if all(_width(line) <= _LONG for line in text.split("\n")):
        return text
    return "<qt>{}</qt>".format("<br>".join(map(escape, text.split("\n"))))


def _width(line: str) -> int:
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in line)
