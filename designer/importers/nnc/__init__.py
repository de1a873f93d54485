"""Neural Network Console's files become graphs, one for each network: projects (.sdcproj), .nntxt and .nnp."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from designer.importers.collector import paused
from designer.importers.nnc import project
from designer.importers.nnc.networks import graph_of
from designer.importers.nnc.project import Project

if TYPE_CHECKING:
    from designer.importers.nnc.stored import Weights

__all__ = ["Project", "graph_of", "read", "weights_of"]


def read(path: Path) -> Project:
    """Read a file by its suffix.

    Raises:
        ForeignError: it cannot be read, is too large or damaged; the text names the place.
    """
    suffix = path.suffix.lower()
    with paused():
        if suffix == ".sdcproj":
            return project.read(path)
        from designer.importers.nnc.trained import read_archive, read_network

        return read_archive(path) if suffix == ".nnp" else read_network(path)


def weights_of(source: Project, network: str | None = None) -> Weights | None:
    """The weights of a network under the names of its module; None where the file holds none. Raises ForeignError."""
    from designer.importers.nnc.stored import weights_of as found

    return found(source, network)
