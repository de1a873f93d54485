"""Lines of code laid out as `ruff format` would, each with the nodes it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from designer.codegen.names import width

COLUMNS = 120
INDENT = "    "

_OPENING, _CLOSING = "([{", ")]}"
_HEAD = re.compile(r"(?:return |def |for [\w, ]+ in |(?:self\.)?\w+ = )?[\w.]*[(\[]")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_TAIL = re.compile(r"[)\]](?:,|:| -> .*:)?")


class Page:
    """Code under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.marks: dict[str, list[int]] = {}
        """For each node id, its lines, counted from 1."""

    def add(self, text: str = "", node: str | None = None, *, depth: int = 0, comment: str = "") -> None:
        """Add one statement or heading; where it is too long it is split, and its comment goes above it."""
        indent = INDENT * depth
        line = f"{indent}{text}  # {comment}" if comment else f"{indent}{text}".rstrip()
        first = len(self.lines)
        if width(line) <= COLUMNS:
            self.lines.append(line)
        else:
            if comment:
                self.lines.append(f"{indent}# {comment}")
            self.lines += _split(text, indent)
        if node is not None:
            self.mark(node, first)

    def mark(self, node: str, first: int) -> None:
        """Say that the lines from `first` (counted from 0) to the last one belong to a node."""
        self.marks.setdefault(node, []).extend(range(first + 1, len(self.lines) + 1))

    def append(self, page: Page) -> None:
        """Add another page below."""
        above = len(self.lines)
        self.lines += page.lines
        for node, lines in page.marks.items():
            self.marks.setdefault(node, []).extend(above + line for line in lines)


def _split(text: str, indent: str) -> list[str]:
    """One statement or argument over several lines; a call's arguments go on a line of their own, or on one each."""
    if width(indent + text) <= COLUMNS:
        return [indent + text]
    head = _HEAD.match(text)
    end = _closing(text, head.end() - 1) if head else -1
    if head is None or _TAIL.fullmatch(text, end) is None:
        return [f"{indent}{text}  # fmt: skip"]
    inside = text[head.end() : end]
    lines = [indent + head[0]]
    if width(indent + INDENT + inside) <= COLUMNS:
        lines.append(indent + INDENT + inside)
    else:
        lines += _spread(inside, indent + INDENT, is_index=re.search(r"\w\[$", head[0]) is not None)
    return [*lines, indent + text[end:]]


def _spread(inside: str, indent: str, *, is_index: bool) -> list[str]:
    """What stands in brackets, on lines of its own: one for each argument, or for each part of a comprehension."""
    if len(parts := list(_cut(inside, " for "))) > 1:
        return [*_split(parts[0], indent), *(f"{indent}for {part}" for part in parts[1:])]
    arguments = list(_cut(inside, ", "))
    comma = "" if len(arguments) == 1 and (is_index or inside.startswith("[")) else ","
    return [line for argument in arguments for line in _split(argument + comma, indent)]


def _closing(text: str, opening: int) -> int:
    """Where the bracket that opens at a place closes."""
    depth = 0
    bare = _bare(text)
    for place in range(opening, len(text)):
        depth += (bare[place] in _OPENING) - (bare[place] in _CLOSING)
        if not depth:
            return place
    return -1


def _cut(text: str, at: str) -> Iterator[str]:
    """The text cut where `at` stands outside of brackets and strings."""
    depth = start = 0
    bare = _bare(text)
    for place, char in enumerate(bare):
        depth += (char in _OPENING) - (char in _CLOSING)
        if not depth and bare.startswith(at, place):
            yield text[start:place]
            start = place + len(at)
    yield text[start:]


def _bare(text: str) -> str:
    """The text with what is in its strings, which may hold brackets and commas, blotted out; as long as it was."""
    return _STRING.sub(lambda found: "_" * len(found[0]), text)
