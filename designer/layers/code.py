"""Small pieces of Python source, written as a person would write them."""

from __future__ import annotations

from collections.abc import Sequence


def construct(name: str, *arguments: object, **options: tuple[object, object]) -> str:
    """A call such as `nn.Conv2d(3, 16, 3, padding=1)`; options are (value, default), left out where the two agree."""
    written = [literal(argument) for argument in arguments]
    written += [f"{key}={literal(value)}" for key, (value, default) in options.items() if value != default]
    return f"{name}({', '.join(written)})"


def literal(value: object) -> str:
    """A constant in source text, with double quotes around strings."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def square(pair: tuple[int, int]) -> int | tuple[int, int]:
    """One number for a pair of equal ones: what PyTorch takes for both directions."""
    return pair[0] if pair[0] == pair[1] else pair


def zero_padded(name: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    """The tensor of that name with zeros around it; `before` and `after` are (rows, columns)."""
    sides = (before[1], after[1], before[0], after[0])  # F.pad counts from the last axis
    return f"F.pad({name}, {sides})" if any(sides) else name


def infix(operator: str, operands: Sequence[str]) -> str:
    """`a + b + c`."""
    return f" {operator} ".join(operands)
