"""Neural Network Console's files: its projects (.sdcproj) become graphs, one for each network."""

from designer.importers.nnc.networks import graph_of
from designer.importers.nnc.project import Project, read

__all__ = ["Project", "graph_of", "read"]
