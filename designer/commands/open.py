"""`netdesigner open [FILE]`: the window."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("open", help="open the window (as `netdesigner` alone does)")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a graph to open")


def run(args: argparse.Namespace) -> int:
    """Show the window until it is closed."""
    from designer.app import main

    return int(main(args.file))
