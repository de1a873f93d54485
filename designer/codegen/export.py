"""A graph as a file for others: the suffix says the format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from designer.codegen.errors import CodegenError
from designer.codegen.source import source
from designer.errors import message
from designer.graph.io import write_atomically
from designer.graph.model import Graph

FORMATS: dict[str, Callable[[Graph], bytes]] = {".py": lambda graph: source(graph).encode()}
"""For each suffix, what turns a graph into the file's bytes."""


def export(graph: Graph, path: Path) -> None:
    """Write a graph in the format of the path's suffix; the file is written whole or not at all.

    Raises:
        CodegenError: nothing is known of the suffix, or the graph has errors.
        GraphFileError: the file cannot be written.
    """
    write = FORMATS.get(path.suffix.lower())
    if write is None:
        text = message(
            "{path} cannot be written: the suffix says the format, and '{suffix}' is none of {known}.",
            path=str(path),
            suffix=path.suffix,
            known=", ".join(FORMATS),
        )
        raise CodegenError(text)
    write_atomically(path, write(graph))
