"""The option `--trust`: functions that are written in a graph may run, this time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from designer.graph import Graph


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Add the option to a command."""
    parser.add_argument(
        "--trust", action="store_true",
        help="run Python functions that are written in the graph; read them first (netdesigner export shows them)",
    )  # fmt: skip


def trust(graph: Graph) -> None:
    """Let the functions of a graph run in this process and those it starts. Raises CodegenError."""
    from designer.codegen import consent

    consent.trust(graph)


def require_trust(graph: Graph) -> None:
    """Pass if all functions of a graph were agreed to.

    Raises:
        ConsentError: some were not.
        CodegenError: the graph has errors.
    """
    if any(node.type == "PythonFunction" for _, node in graph.walk()):
        from designer.codegen import consent

        consent.require(consent.functions(graph))
