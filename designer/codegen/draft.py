"""A class before it is laid out: its statements one by one, so that variants of it can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from designer.codegen.page import Page


class Statement(NamedTuple):
    """One statement or heading, with the nodes it belongs to."""

    text: str = ""
    nodes: tuple[str, ...] = ()
    depth: int = 2
    comment: str = ""


@dataclass
class Draft:
    """A subclass of `nn.Module`."""

    name: str
    doc: Sequence[str]
    """The lines of the docstring, ready to stand between quotes."""
    node: str | None
    """The frame whose body it is; None for the network itself and for blocks, which many nodes use."""
    parameters: list[str] = field(default_factory=list)
    """The constructor's, with their types and defaults."""
    init: list[Statement] = field(default_factory=list)
    """What the constructor does."""
    methods: list[Statement] = field(default_factory=list)

    def write(self, page: Page) -> None:
        """Add the class to a page."""
        self._write_head(page)
        if self.init:
            arguments = "".join(f", {parameter}" for parameter in self.parameters)
            page.add()
            page.add(f"def __init__(self{arguments}) -> None:", depth=1)
            page.add("super().__init__()", depth=2)
            _write(page, self.init)
        page.add()
        _write(page, self.methods)
        page.add()
        page.add()

    def _write_head(self, page: Page) -> None:
        page.add(f"class {self.name}(nn.Module):", self.node)
        first, *more = self.doc
        page.add(f'"""{first}' + ('"""' if not more else ""), self.node, depth=1)
        for line in more:
            page.add(line, self.node, depth=1)
        if more:
            page.add('"""', self.node, depth=1)


def _write(page: Page, statements: Sequence[Statement]) -> None:
    for statement in statements:
        first = len(page.lines)
        page.add(statement.text, depth=statement.depth, comment=statement.comment)
        for node in statement.nodes:
            page.mark(node, first)
