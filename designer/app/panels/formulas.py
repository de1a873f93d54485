"""Formulas in forms: what they may use where the selected nodes stand, what they come to, and completion of names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from designer.app.panels import values
from designer.errors import message
from designer.graph.expressions import FUNCTIONS, SIGN, Env, ExpressionError, Shape, evaluate, parse
from designer.graph.model import block_name
from designer.layers.fields import Field
from designer.shapes import Analysis
from designer.shapes.analysis import Scope

KINDS = frozenset({"int", "float", "pair", "padding", "shape", "sizes"})
"""The kinds of fields that formulas can be typed into."""
OF_INPUT = ("channels", "features", "height", "width", "size", "axes", "shape")
MOST = 32
"""So many repetitions are looked at."""
MOST_NODES = 50
"""Of a larger selection, the formula is tried out at so many nodes."""
SHOWN = 4
"""So many different values are written out."""

_WORD = re.compile(r"[A-Za-z_][\w.]*$")


class Place(NamedTuple):
    """Where a formula is evaluated: one repetition of one node."""

    env: Env
    inputs: Sequence[Shape] | None
    """None while it is not known what enters."""


class Surroundings(NamedTuple):
    """All the places that a formula stands for: of every selected node every repetition."""

    places: tuple[Place, ...] = ()

    @classmethod
    def of(cls, analysis: Analysis, ids: Iterable[str]) -> Surroundings:
        """The places of these nodes."""
        found: list[Place] = []
        for node_id in islice(ids, MOST_NODES):
            for scope in scopes_of(analysis, analysis.graph.owners[node_id]):
                found.append(Place(scope.env, scope.inputs[scope.topology.index[node_id]]))
        return cls(tuple(found))

    def values(self, text: str) -> list[Any]:
        """What the formula comes to, each value once, in the order of the repetitions; none while inputs are unknown.

        Raises:
            ExpressionError: it has no value in one of the places.
        """
        found: list[Any] = []
        for place in self.places:
            if place.inputs is None and _reads_inputs(text):
                _check_names(text, place.env)
                continue
            value = evaluate(text, place.env, place.inputs or ())
            if not any(value == other and type(value) is type(other) for other in found):
                found.append(value)
        return found

    def words(self) -> list[str]:
        """What completion offers: names, then the inputs' figures, then functions."""
        names = sorted({name for place in self.places for name in place.env})
        wired = max((len(place.inputs or ()) for place in self.places), default=1)
        inputs = ["in", *(f"in{number}" for number in range(2, min(wired, 4) + 1))]
        return [*names, *(f"{port}.{word}" for port in inputs for word in OF_INPUT), *FUNCTIONS]


def scopes_of(analysis: Analysis, owner: str | None) -> list[Scope]:
    """The results of a level in all its repetitions; none where nothing is known."""
    if owner is None:
        return [analysis.root]
    if (name := block_name(owner)) is not None:
        return [analysis.block(name)]
    found: list[Scope] = []
    for outer in scopes_of(analysis, analysis.graph.owners[owner]):
        at = outer.topology.index[owner]
        child = outer.children.get(at)
        found += outer.iterations.get(at) or ([child] if child is not None else [])
    return found[:MOST]


def _reads_inputs(text: str) -> bool:
    return re.search(r"\bin\d*\b", text) is not None


def _check_names(text: str, env: Env) -> None:
    for name in sorted(parse(text).names - env.keys()):
        evaluate(SIGN + name, env)


def check(field: Field, text: str, surroundings: Surroundings) -> list[Any]:
    """What a formula comes to, if all of that are values of the field.

    Raises:
        ExpressionError: it cannot be read, a name is unknown, or a value is none of the field's; the text says so.
    """
    found = surroundings.values(text)
    for value in found if field.kind in KINDS else ():
        try:
            values.parse(field, values.show(field, value))
        except values.UnreadableError as error:
            raise ExpressionError(message("{expected} The formula gives {value}.", expected=error.message,
                                          value=shown([value], field))) from None  # fmt: skip
    return found


def lacks_sign(text: str, surroundings: Surroundings) -> bool:
    """Whether a text could be meant as a formula: it calculates something, as 'width * 2' does, or is a known name."""
    try:
        tree = parse(text).tree
    except ExpressionError:
        return False
    return isinstance(tree, ast.BinOp | ast.Call | ast.Attribute | ast.Subscript) or text in surroundings.words()


def shown(found: Sequence[Any], field: Field) -> str:
    """Values as text: '32', or '16, 32, 64, ...' where repetitions differ."""
    texts = [values.show(field, value) if not isinstance(value, bool) else str(value).lower() for value in found]
    return ", ".join(texts[:SHOWN]) + (", ..." if len(texts) > SHOWN else "")


def as_text(value: Any) -> str:
    """A property with formulas in it as one formula: ['=a', 3] is =[a, 3]."""
    if isinstance(value, list | tuple):
        return f"{SIGN}[{', '.join(as_text(entry).removeprefix(SIGN) for entry in value)}]"
    return str(value)


class Completion(QObject):
    """Offers names while a formula is typed into a line; Enter or a click takes one over."""

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self.surroundings = Surroundings()
        self._line = line
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._completer.setWidget(line)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._completer.activated.connect(self._insert)
        self._popup = QListView()
        self._popup.setObjectName("formulaNames")
        self._completer.setPopup(self._popup)
        line.textEdited.connect(self._offer)

    def _offer(self, text: str) -> None:
        before = text[: self._line.cursorPosition()]
        word = _WORD.search(before)
        if not text.startswith(SIGN) or word is None:
            self._popup.hide()
            return
        words = self.surroundings.words()
        self._words.setStringList([entry for entry in words if entry.lower().startswith(word[0].lower())])
        self._completer.setCompletionPrefix(word[0])
        if word[0] in words or not self._completer.completionCount():
            self._popup.hide()
            return
        self._completer.complete()

    def _insert(self, name: str) -> None:
        position = self._line.cursorPosition()
        text = self._line.text()
        word = _WORD.search(text[:position])
        begin = word.start() if word is not None else position
        self._line.setText(text[:begin] + name + text[position:])
        self._line.setCursorPosition(begin + len(name))
        self._line.textEdited.emit(self._line.text())
