"""`netdesigner runs [--json]`: the trainings there are, newest first."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from designer.training.runs import RunSummary


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "runs", help="list trainings", description="Lists the runs in ./runs and those of the window, newest first."
    )
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="list the runs in this folder only")
    parser.add_argument("--json", action="store_true", help="print JSON for other programs")


def run(args: argparse.Namespace) -> int:
    """Print the runs."""
    from designer.training import runs

    roots = [args.run_dir] if args.run_dir else list(dict.fromkeys((runs.default_root(), runs.app_root())))
    rows = sorted((row for root in roots for row in runs.list_runs(root)), key=lambda r: r.created, reverse=True)
    if args.json:
        import msgspec

        raw = [{"name": row.name, **msgspec.to_builtins(row)} for row in rows]
        sys.stdout.write(msgspec.json.encode(raw).decode() + "\n")
    else:
        _show(rows, roots)
    return 0


def _show(rows: list[RunSummary], roots: list[Path]) -> None:
    from rich.console import Console
    from rich.table import Table

    from designer.errors import printable
    from designer.training.events import show_error

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 200  # into a file or a pipe, names are not cut off
    if not rows:
        console.print(f"No runs in {' or '.join(map(str, roots))}.", soft_wrap=True)
        return
    table = Table("run", "data", "state", "epochs", "best error", "test accuracy", "started")
    for row in rows:
        table.add_row(
            printable(row.name), printable(Path(row.data).name), row.state, f"{row.epochs_done}/{row.epochs}",
            "" if row.best_error is None else f"{show_error(row.best_error, row.error)} ({row.best_epoch})",
            "" if row.test_accuracy is None else f"{row.test_accuracy:.2%}",
            time.strftime("%Y-%m-%d %H:%M", time.localtime(row.created)),
        )  # fmt: skip
    console.print(table)
