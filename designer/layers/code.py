"""Small pieces of Python source, written as a person would write them."""

from __future__ import annotations

from collections.abc import Sequence

from designer.errors import printable


def construct(name: str, *arguments: object, **options: tuple[object, object]) -> str:
    """A call such as `nn.Conv2d(3, 16, 3, padding=1)`; options are (value, default), left out where the two agree."""
    written = [literal(argument) for argument in arguments]
    written += [f"{key}={literal(value)}" for key, (value, default) in options.items() if value != default]
    return f"{name}({', '.join(written)})"


def literal(value: object) -> str:
    """A constant in source text, with double quotes around strings; nothing in a string can end it or hide."""
    if not isinstance(value, str):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{printable(escaped)}"'


def square(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number for equal ones: what PyTorch takes for all directions."""
    return sizes[0] if len(set(sizes)) == 1 else sizes


def sides(before: Sequence[int], after: Sequence[int]) -> tuple[int, ...]:
    """What is added before and after each axis, as F.pad takes it: from the last axis to the first."""
    return tuple(side for both in reversed(list(zip(before, after, strict=True))) for side in both)


def zero_padded(name: str, before: tuple[int, ...], after: tuple[int, ...]) -> str:
    """The tensor of that name with zeros around it; `before` and `after` are (rows, columns)."""
    around = sides(before, after)
    return f"F.pad({name}, {around})" if any(around) else name


def infix(operator: str, operands: Sequence[str]) -> str:
    """`a + b + c`."""
    return f" {operator} ".join(operands)
