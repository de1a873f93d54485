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
