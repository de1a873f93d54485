"""Net Designer: design, train and understand PyTorch neural networks by drawing them.

    graph = designer.load("net.json")
    print(designer.source(graph))    # readable PyTorch that stands alone
    module = designer.build(graph)   # a torch.nn.Module running exactly that source

Importing this package imports neither torch nor Qt.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from designer.errors import NetDesignerError

if TYPE_CHECKING:
    from torch import nn

    from designer.graph.model import Graph

__all__ = ["NetDesignerError", "build", "load", "source"]


def load(path: str | os.PathLike[str]) -> Graph:
    """Read a graph file; NetDesignerError where it is none."""
    from designer.graph.io import load

    return load(path)


def source(graph: Graph) -> str:
    """The graph as PyTorch source that needs only torch; NetDesignerError where the graph has errors."""
    from designer.codegen.source import source

    return source(graph)


def build(graph: Graph) -> nn.Module:
    """The graph as a module, with fresh weights; NetDesignerError where the graph has errors."""
    from designer.codegen.build import build

    return build(graph)
