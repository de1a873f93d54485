"""`netdesigner export FILE -o OUT`: the graph as code, in the format of OUT's suffix."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from designer.commands.trusting import add_trust, trust


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("export", help="write a graph as plain PyTorch (.py)")
    parser.add_argument("file", type=Path, metavar="FILE", help="a graph (.json)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the file to write: .py")
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file."""
    from designer.codegen.export import export
    from designer.graph.io import load

    graph = load(args.file)
    if args.trust:
        trust(graph)
    export(graph, args.output)
    return 0
