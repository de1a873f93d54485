"""`netdesigner import SOURCE -o FILE.json`: a model from elsewhere as a graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "import",
        help="turn a Neural Network Console project into a graph",
        epilog="What a graph cannot express is kept in it, and `netdesigner check` names it.",
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a project (.sdcproj)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the graph to write (.json)")
    parser.add_argument("--network", metavar="NAME", help="which of the source's networks; the one that is trained")


def run(args: argparse.Namespace) -> int:
    """Write the graph, and say which other networks the source holds."""
    from designer.graph.io import save
    from designer.importers import open_source
    from designer.importers.nnc import graph_of

    project = open_source(args.source)
    save(graph_of(project, args.network), args.output)
    if args.network is None and len(project.networks) > 1:
        others = ", ".join(name for name in project.networks if name != project.main)
        sys.stdout.write(f"{args.output} holds {project.main}. Other networks for --network: {others}\n")
    return 0
