"""`netdesigner import SOURCE -o FILE.json`: a model from elsewhere as a graph, its weights beside it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from designer.errors import printable

if TYPE_CHECKING:
    from designer.graph.model import Graph
    from designer.shapes import Problem

UNEXPRESSED = ("unknown-property", "unknown-layer", "not-shared", "recipe")
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
    """Write the graph and its weights, and say what was written and which other networks the source holds."""
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
            sys.stderr.write(f"{printable(str(note))}\n")
    unexpressed = _unexpressed(graph)
    for problem in unexpressed:
        sys.stderr.write(f"{printable(str(problem.text))}\n")
    holds = args.network or project.main
    sys.stdout.write(f"{_summary(graph, args.output, holds, len(unexpressed), weights is not None)}\n")
    if args.network is None and len(project.networks) > 1:
        others = ", ".join(name for name in project.networks if name != project.main)
        sys.stdout.write(f"Other networks for --network: {others}\n")
    return 0


def _unexpressed(graph: Graph) -> list[Problem]:
    """What the graph could not take over."""
    from designer.shapes import analyze, problems

    return [problem for problem in problems(analyze(graph)) if problem.code in UNEXPRESSED]


def _summary(graph: Graph, path: Path, network: str, unexpressed: int, has_weights: bool) -> str:
    """What was written, in one line: 'net.json: Main, 12 nodes; 10 epochs in batches of 64, Adam'."""
    from designer.graph.recipe import read

    recipe = read(graph.recipe)
    count = sum(1 for _ in graph.walk())
    weights = f", weights in {path.with_suffix(WEIGHTS).name}" if has_weights else ""
    updates = f", {recipe.accumulate} per update" if recipe.accumulate > 1 else ""
    text = (
        f"{path}: {network}, {_counted(count, 'node')}{weights}; {_counted(recipe.epochs, 'epoch')} in batches of "
        f"{recipe.batch_size:,}{updates}, {recipe.optimizer.name}"
    )
    if unexpressed:
        text += f"; {_counted(unexpressed, 'thing')} kept but not expressed, which `netdesigner check` names"
    return text


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
