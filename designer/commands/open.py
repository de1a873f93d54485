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
    """Show the window until it is closed.

    Raises:
        NoWindowError: there is no display, or a library that Qt needs is missing.
    """
    from designer.commands.display import missing_library, require_display

    require_display()
    try:
        from designer.app import main

        return main([] if args.file is None else [str(args.file)])
    except ImportError as error:
        raise missing_library(error) or error from error
