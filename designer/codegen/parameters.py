"""The constructor's parameters of a class that stands for several variants, and what each constant becomes in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import isclose
from typing import Any, NamedTuple

from designer.codegen.names import Namespace, identifier
from designer.layers.code import literal

Values = tuple[Any, ...]
"""What a constant is in each of the variants."""

SIZES = frozenset({
    "kernel_size", "stride", "padding", "dilation", "output_padding", "p", "dim", "num_heads", "num_groups", "times",
    "eps", "momentum",
})  # fmt: skip
"""Arguments that are no multiple of another value, even where the numbers would have it so."""
LEAST = 4
"""Values below are no widths, of which others are multiples."""
MOST_TIMES = 16
"""As large may a factor be in a sum."""

MOST_PARTS = 2000
"""As large may the number of weights in a kernel be."""


class Use(NamedTuple):
    """An expression over parameters: its text with {} for each of them."""

    text: str
    names: tuple[str, ...]

    @property
    def is_sum(self) -> bool:
        """Whether it has operators."""
        return self.text != "{}"


@dataclass
class Parameter:
    """One of the constructor's."""

    name: str
    values: Values
    texts: tuple[str, ...]
    """The values as they are written in calls."""
    default: Any = None

    @property
    def declaration(self) -> str:
        """`maps: int = 16`."""
        kinds = list(dict.fromkeys(map(_kind, self.values)))
        if "float" in kinds and "int" in kinds:
            kinds.remove("int")
        default = f" = {literal(self.default)}" if self.default is not None else ""
        return f"{self.name}: {' | '.join(kinds)}{default}"


class Given(NamedTuple):
    """A value that a class may take as a parameter: a block's argument, or a size of what enters."""

    name: str
    values: Values
    default: Any = None
    is_argument: bool = False


class Parameters:
    """Finds parameters for constants that differ from variant to variant."""

    def __init__(self, given: Iterable[Given], taken: Iterable[str]) -> None:
        self._given = [value for value in given if len(set(map(_key, value.values))) > 1]
        self._space = Namespace(taken)
        self._found: dict[tuple[object, ...], Parameter] = {}
        self._is_given: dict[str, Given] = {}

    @property
    def all(self) -> list[Parameter]:
        """What is found, in the order of the constructor: what enters, what has no default, then the rest."""
        return sorted(self._found.values(), key=self._rank)

    def _rank(self, parameter: Parameter) -> int:
        given = self._is_given.get(parameter.name)
        if given is None:
            return 1
        return (3 if parameter.default is not None else 2) if given.is_argument else 0

    def match(self, values: Values) -> Use | None:
        """A parameter with just these values, if one is known."""
        if (found := self._found.get(tuple(map(_key, values)))) is not None:
            return Use("{}", (found.name,))
        for given in self._given:
            if _agree(given.values, values):
                return self._use("{}", given)
        return None

    def use(self, values: Values, texts: Sequence[str], role: str, stem: str) -> Use:
        """What stands for a constant with these values: a parameter, a multiple of one, or a new one.

        A new one is called after its role, such as out_channels, and after the stem, the node's name, where there are
        several of that role.
        """
        found = self.match(values)
        if found is None and role not in SIZES and all(type(value) is int for value in values):
            found = self._multiple(values) or self._sum(values)
        if found is None and all(type(value) is float and value for value in values):
            found = self._root(values)
        if found is not None:
            return found
        wanted = role or stem
        if any(known.name == wanted for known in self._found.values()):
            wanted = f"{stem}_{role}" if role else stem
        parameter = Parameter(self._space.claim(wanted), values, tuple(texts))
        self._found[tuple(map(_key, values))] = parameter
        return Use("{}", (parameter.name,))

    def _multiple(self, values: Values) -> Use | None:
        best: tuple[int, str, Given] | None = None
        for base in self._widths():
            pairs = list(zip(values, base.values, strict=True))
            times, parts = pairs[0][0] // pairs[0][1], pairs[0][1] // max(pairs[0][0], 1)
            if all(value == times * width for value, width in pairs):
                candidate = (times, f"{times} * {{}}", base)
            elif parts and all(value * parts == width for value, width in pairs):
                candidate = (parts, f"{{}} // {parts}", base)
            else:
                continue
            if best is None or candidate[0] < best[0]:
                best = candidate
        return None if best is None else self._use(best[1], best[2])

    def _sum(self, values: Values) -> Use | None:
        """What enters and some of an argument, as blocks that concatenate have it."""
        widths = self._widths()
        for entering in (width for width in widths if not width.is_argument):
            for argument in (width for width in widths if width.is_argument):
                rests = [v - e for v, e in zip(values, entering.values, strict=True)]
                times = rests[0] // argument.values[0]
                if 0 < times <= MOST_TIMES and rests == [times * width for width in argument.values]:
                    text = "{} + {}" if times == 1 else f"{{}} + {times} * {{}}"
                    return self._use(text, entering, argument)
        return None

    def _root(self, values: Values) -> Use | None:
        """The spread of initial weights, which goes with the root of one over the number of inputs, of outputs or both.

        So (2 / (9 * in_channels)) ** 0.5 is that of He's initial weights for kernels of 3 x 3.
        """
        found = [Given(p.name, p.values) for p in self._found.values() if all(type(v) is int for v in p.values)]
        widths = {given.values: given for given in [*self._widths(), *found] if min(given.values) > 0}.values()
        for bases in [*((width,) for width in widths), *combinations(widths, 2)]:
            sums = [sum(sizes) for sizes in zip(*(base.values for base in bases), strict=True)]
            first = values[0] ** 2 * sums[0]
            ratio = Fraction(first).limit_denominator(MOST_PARTS)
            exact = [(ratio / total) ** 0.5 for total in sums] if ratio else []
            if exact and all(isclose(abs(v), root, rel_tol=1e-12) for v, root in zip(values, exact, strict=True)):
                whole = "{}" if len(bases) == 1 else "({} + {})"
                below = whole if ratio.denominator == 1 else f"({ratio.denominator} * {whole})"
                sign = "-" if values[0] < 0 else ""
                return self._use(f"{sign}({ratio.numerator} / {below}) ** 0.5", *bases)
        return None

    def _widths(self) -> list[Given]:
        return [g for g in self._given if all(type(v) is int and v > 0 for v in g.values) and max(g.values) > LEAST]

    def _use(self, text: str, *bases: Given) -> Use:
        return Use(text, tuple(self._parameter(base).name for base in bases))

    def _parameter(self, given: Given) -> Parameter:
        key = tuple(map(_key, given.values))
        if key not in self._found:
            default = given.default if _kind(given.default) in ("int", "float", "bool", "str") else None
            name = self._space.claim(given.name)
            self._found[key] = Parameter(name, given.values, tuple(map(literal, given.values)), default)
            self._is_given[name] = given
        return self._found[key]


def arguments(defaults: Mapping[str, Any], variants: Sequence[Mapping[str, Any]], *, is_block: bool) -> list[Given]:
    """The arguments of the block around, with their defaults where the class is the block's own."""
    found = []
    for name, default in defaults.items():
        values = tuple(_frozen(variant.get(name)) for variant in variants)
        found.append(Given(identifier(name, "value"), values, default if is_block else None, is_argument=True))
    return found


def _agree(given: Values, values: Values) -> bool:
    """Whether values are those given; a whole number will do for a float."""
    as_float = all(type(value) is float for value in values) and all(type(value) in (int, float) for value in given)
    return given == values if as_float else tuple(map(_key, given)) == tuple(map(_key, values))


def _key(value: Any) -> object:
    """What tells 1 from 1.0 and True."""
    return (type(value), tuple(map(_key, value))) if isinstance(value, tuple | list) else (type(value), value)


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _kind(value: Any) -> str:
    if isinstance(value, tuple | list):
        entries = " | ".join(dict.fromkeys(map(_kind, value)))
        return f"tuple[{entries}, ...]" if isinstance(value, tuple) else f"list[{entries}]"
    return "None" if value is None else type(value).__name__
