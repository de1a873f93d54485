"""`netdesigner import SOURCE -o FILE.json`: a model from elsewhere as a graph, its weights beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from designer.graph.model import Graph

UNEXPRESSED = ("unknown-property", "unknown-layer", "not-shared")
"""Codes of the problems that say what a graph could not take over."""
WEIGHTS = ".safetensors"


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "import",
        help="turn a network of Neural Network Console into a graph",
        epilog="Weights are written beside the graph as FILE.safetensors. What a graph cannot express is kept in it, "
        "and `netdesigner check` names it.",
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="a project (.sdcproj) or network (.nntxt, .nnp)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the graph to write (.json)")
    parser.add_argument("--network", metavar="NAME", help="which of the source's networks; the one that is trained")
    parser.add_argument("--no-weights", action="store_true", help="leave out the weights of a .nnp")


def run(args: argparse.Namespace) -> int:
    """Write the graph and its weights, and say which other networks the source holds."""
    from designer.graph.io import save
    from designer.importers import open_source
    from designer.importers.nnc import graph_of, weights_of

    project = open_source(args.source)
    graph = graph_of(project, args.network)
    weights = None if args.no_weights else weights_of(project, args.network)
    save(graph, args.output)
    if weights is not None:
        weights.save(args.output.with_suffix(WEIGHTS))
        for note in weights.notes:
            sys.stderr.write(f"{note}\n")
    _warn(graph)
    if args.network is None and len(project.networks) > 1:
        others = ", ".join(name for name in project.networks if name != project.main)
        sys.stdout.write(f"{args.output} holds {project.main}. Other networks for --network: {others}\n")
    return 0


def _warn(graph: Graph) -> None:
    """Name what the graph could not take over."""
    from designer.shapes import analyze, problems

    for problem in problems(analyze(graph)):
        if problem.code in UNEXPRESSED:
            sys.stderr.write(f"{problem.text}\n")
