"""Single letters are commands, and also how the names of layers begin: F frames, and 'flatten' adds a Flatten."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from designer.app.canvas.view import CanvasView

WORD_SECONDS: Final = 0.7
"""A letter that is a command and is followed by another one so soon was the beginning of a word."""


class _Given(NamedTuple):
    """A command given just now, and how to take it back."""

    letter: str
    at: float
    take_back: Callable[[], object]


class Letters:
    """Runs commands on single letters at once, and takes them back where more letters follow."""

    def __init__(self, view: CanvasView, open_search: Callable[..., None]) -> None:
        self._view = view
        self._open_search = open_search
        self._last: _Given | None = None

    def edit(self, letter: str, run: Callable[[], object]) -> None:
        """A command that edits the drawing."""
        document = self._view.document

        def do() -> Callable[[], object]:
            before = document.graph
            run()
            after = document.graph
            edited = after is not before
            return lambda: document.take_back() if edited and document.graph is after else None

        self._give(letter, do)

    def look(self, letter: str, run: Callable[[], object]) -> None:
        """A command that looks elsewhere."""
        camera = self._view.camera

        def do() -> Callable[[], object]:
            centre, zoom = camera.centre, camera.zoom
            run()
            return lambda: camera.go(centre, zoom)

        self._give(letter, do)

    def taken_back(self) -> str:
        """The letter that came just before the one typed now, its command taken back; empty if there was none."""
        before, self._last = self._last, None
        if before is None or monotonic() - before.at > WORD_SECONDS:
            return ""
        before.take_back()
        return before.letter

    def _give(self, letter: str, do: Callable[[], Callable[[], object]]) -> None:
        word = self.taken_back() if self._last is not None and self._last.letter != letter else ""
        if word:
            self._open_search(text=word + letter)
        else:
            self._last = _Given(letter, monotonic(), do())
