"""Models from elsewhere become graphs: one module or package for each kind of file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from designer.errors import message
from designer.importers.errors import ForeignError

if TYPE_CHECKING:
    from designer.graph.model import Graph
    from designer.importers.nnc import Project

SUFFIXES = (".sdcproj", ".nntxt", ".nnp")
"""The files that can be read."""


def open_source(path: Path) -> Project:
    """Read a file of another program.

    Raises:
        ForeignError: it cannot be read, or nothing here reads files of its kind.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ForeignError(message("{path} cannot be imported; files that can: {suffixes}.", path=str(path),
                                   suffixes=", ".join(SUFFIXES)))  # fmt: skip
    from designer.importers.nnc import read

    return read(path)


def load(path: Path, network: str | None = None) -> Graph:
    """One network of a file as a graph, by default the one that is trained. Raises ForeignError."""
    from designer.importers.nnc import graph_of

    return graph_of(open_source(path), network)
