"""Neural Network Console's files: projects (.sdcproj) become graphs, one for each network."""

from __future__ import annotations

from pathlib import Path

from designer.graph.model import Graph
from designer.importers.nnc.networks import graph_of
from designer.importers.nnc.project import Project, read
from designer.importers.nnc.recipe import main_network

__all__ = ["Project", "graph_of", "load", "main_network", "read"]


def load(path: Path, network: str | None = None) -> Graph:
    """One network of a project file as a graph, by default the one that is trained. Raises ForeignError."""
    return graph_of(read(path), network)
