"""Reads text in the form of protobuf messages (.nntxt): names with values, and messages in braces.

No schema is needed: a message is a dictionary from each name to the list of its values, as any may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from designer.errors import message
from designer.importers.errors import ForeignError

MAX_DEPTH = 32
"""Messages in messages, at most."""


class Message(dict[str, list["Message | str | float | int"]]):
    """The fields of one message, and the line on which it begins."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line

    def messages(self, name: str) -> list[Message]:
        """The messages of that name."""
        return [value for value in self.get(name, ()) if isinstance(value, Message)]

    def message(self, name: str) -> Message:
        """The last message of that name, an empty one where there is none."""
        return next(iter(reversed(self.messages(name))), Message(self.line))

    def text(self, name: str, default: str = "") -> str:
        """The last value of that name as text."""
        values = self.texts(name)
        return values[-1] if values else default

    def texts(self, name: str) -> list[str]:
        """All values of that name that are no messages, as texts."""
        return [str(value) for value in self.get(name, ()) if not isinstance(value, Message)]

    def whole(self, name: str) -> list[int]:
        """All values of that name that are whole numbers."""
        return [value for value in self.get(name, ()) if isinstance(value, int)]


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


_TOKENS = re.compile(
    r"""(?P<skip>[\s,;]+|\#[^\n]*)
    |(?P<name>[A-Za-z_][\w./]*)
    |(?P<number>[-+]?\s*(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?f?|inf(?:inity)?\b|nan\b))
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<sign>[{}<>\[\]:])""",
    re.VERBOSE,
)
_ESCAPES = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSING = {"{": "}", "<": ">"}


def parse(text: str, where: str) -> Message:
    """Read the fields of a text; `where` names it in errors.

    Raises:
        ForeignError: it is not of that form; the text names the line.
    """
    return _Reader(text, where).read()


class _Reader:
    """Reads tokens one after the other."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        self._seen, self._lines = 0, 1
        self._tokens = self._scan()
        self._token = next(self._tokens)

    def read(self) -> Message:
        """The whole text."""
        return self._fields("", 0)

    def _scan(self) -> Iterator[_Token]:
        at, text = 0, self._text
        while at < len(text):
            found = _TOKENS.match(text, at)
            if found is None:
                self._fail(at, f"'{text[at : at + 20]}'")
            at = found.end()
            if found.lastgroup != "skip":
                yield _Token(found.lastgroup or "", found[0], found.start())
        while True:
            yield _Token("end", "", at)

    def _next(self) -> _Token:
        token, self._token = self._token, next(self._tokens)
        return token

    def _fields(self, closing: str, depth: int) -> Message:
        found = Message(self._line(self._token.at))
        if depth > MAX_DEPTH:
            raise ForeignError(message("{where}, line {line}: messages are nested too deeply.", where=self._where,
                                       line=found.line))  # fmt: skip
        while (token := self._next()).text != closing or token.kind == "string":
            if token.kind != "name":
                self._fail(token.at, f"'{token.text}'" if token.text else "the end of the file")
            found.setdefault(token.text, []).extend(self._values(depth))
        return found

    def _values(self, depth: int) -> list[Message | str | float | int]:
        """What follows a name: a message, a value, or several in brackets."""
        if self._token.text == ":":
            self._next()
        if self._token.text != "[":
            return [self._value(depth)]
        self._next()
        found = []
        while self._token.text != "]":
            found.append(self._value(depth))
        self._next()
        return found

    def _value(self, depth: int) -> Message | str | float | int:
        token = self._next()
        if token.text in _CLOSING:
            return self._fields(_CLOSING[token.text], depth + 1)
        if token.kind == "string":
            parts = [token.text]
            while self._token.kind == "string":
                parts.append(self._next().text)
            return "".join(_unescaped(part[1:-1]) for part in parts)
        if token.kind == "number":
            return _number(token.text)
        if token.kind != "name":
            self._fail(token.at, f"'{token.text}'" if token.text else "the end of the file")
        return token.text

    def _line(self, at: int) -> int:
        """The line of a place, counted on from the last one asked for: else a long text takes quadratic time."""
        self._lines += self._text.count("\n", self._seen, at) - self._text.count("\n", at, self._seen)
        self._seen = at
        return self._lines

    def _fail(self, at: int, found: str) -> NoReturn:
        raise ForeignError(message("{where}, line {line}: expected 'name: value' or 'name {{ ... }}', found {found}.",
                                   where=self._where, line=self._line(at), found=found))  # fmt: skip


def _unescaped(text: str) -> str:
    """A string without its escapes; those of bytes are put together to UTF-8."""
    if "\\" not in text:
        return text
    return _ESCAPES.sub(_byte, text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _byte(found: re.Match[str]) -> str:
    if found[3] is not None:
        return _LETTERS.get(found[3], found[3])
    code = int(found[1], 8) if found[1] else int(found[2], 16)
    return bytes([code & 255]).decode("ascii", "surrogateescape")


def _number(text: str) -> int | float:
    text = "".join(text.split()).lower()
    if "x" in text:
        return int(text, 16)
    try:
        return int(text)
    except ValueError:
        return float(text.removesuffix("f") if "inf" not in text else text)
