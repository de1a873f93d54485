"""How generated code constructs a class: once, or once for every repetition of a frame."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

POSITIONAL = 2
"""More arguments than these are given by name, but for the first."""
FEWEST = 3
"""From this many repetitions on a rule shows in their values."""


class Construction(NamedTuple):
    """A call of a class of ours."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    """The parameters with their values."""

    def __str__(self) -> str:
        named = len(self.arguments) > POSITIONAL
        written = [f"{name}={text}" if named and place else text for place, (name, text) in enumerate(self.arguments)]
        return f"{self.name}({', '.join(written)})"


def repeated(made: Construction, times: int) -> str:
    """`nn.ModuleList(StageBlock() for _ in range(18))`."""
    return f"nn.ModuleList({made} for _ in range({times}))"


def numbered(made: Sequence[Construction]) -> str:
    """A list of repetitions that may differ: by a rule over their number i where there is one, else one by one."""
    if len(set(made)) == 1:
        return repeated(made[0], len(made))
    if len({each.name for each in made}) == 1:
        columns = zip(*(each.arguments for each in made), strict=True)
        rules = [(column[0][0], _rule([text for _, text in column])) for column in columns]
        known = tuple((name, rule) for name, rule in rules if rule is not None)
        if len(known) == len(rules):
            return f"nn.ModuleList({Construction(made[0].name, known)} for i in range({len(made)}))"
    return f"nn.ModuleList([{', '.join(map(str, made))}])"


def _rule(texts: Sequence[str]) -> str | None:
    """An expression over i that gives these values, if there is a simple one."""
    if len(set(texts)) == 1:
        return texts[0]
    values = [ast.literal_eval(text) for text in texts]
    if len(values) < FEWEST or any(type(value) is not int for value in values):
        return None
    for text, rule in _rules(values[0], values[1]):
        if all(rule(i) == value for i, value in enumerate(values)):
            return text
    return None


def _rules(first: int, second: int) -> Iterator[tuple[str, Callable[[int], int]]]:
    """Rules that give these two values, the plainest first."""
    step = second - first
    if step > 0 and first % step == 0:
        offset = first // step
        yield f"{_times(step)}{_plus(offset, step)}", lambda i: step * (i + offset)
    if step:
        sign = "+" if step > 0 else "-"
        yield f"{first} {sign} {_times(abs(step))}i", lambda i: first + step * i
    if first > 0 and second > first and second % first == 0:
        yield f"{_times(first)}{second // first}**i", lambda i: first * (second // first) ** i
    if second > 0 and first > second and first % second == 0:
        yield f"{first} // {first // second}**i", lambda i: first // (first // second) ** i


def _times(factor: int) -> str:
    return "" if factor == 1 else f"{factor} * "


def _plus(offset: int, step: int) -> str:
    if not offset:
        return "i"
    text = f"i {'+' if offset > 0 else '-'} {abs(offset)}"
    return text if step == 1 else f"({text})"
