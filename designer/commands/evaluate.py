"""`netdesigner evaluate RUN [--data ...] [--json]`: what a trained network does on test pictures."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from designer.commands.trusting import add_trust, trust

if TYPE_CHECKING:
    from designer.evaluation.evaluate import Result


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("evaluate", help="test a trained network")
    parser.add_argument("run", metavar="RUN", help="a run: its folder or name, or a folder of runs for its newest")
    parser.add_argument("--data", metavar="SET_OR_PATH", help="other data than the run's own")
    parser.add_argument("--device", default="auto", metavar="D", help="auto (the fastest), cuda, cuda:1, mps or cpu")
    parser.add_argument("--json", action="store_true", help="print JSON for other programs")
    add_trust(parser)


def run(args: argparse.Namespace) -> int:
    """Test the network and print accuracy, loss, and precision and recall by class."""
    from designer.training import runs

    found = runs.find_run(args.run, [runs.default_root(), runs.app_root()])
    if args.trust:
        trust(found.graph())
    from designer.evaluation.evaluate import evaluate

    result = evaluate(found.folder, args.data, args.device)
    if args.json:
        import msgspec

        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
    else:
        _show(result)
    return 0


def _show(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    from designer.errors import printable

    console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
    table = Table("class", "pictures", "precision", "recall", "F1", "most often taken for")
    for i, (score, row) in enumerate(zip(result.per_class, result.confusion_matrix, strict=True)):
        count, other = max((n, j) for j, n in enumerate(row) if j != i) if len(row) > 1 else (0, i)
        mistaken = f"{printable(result.per_class[other].name)} ({count})" if count else ""
        table.add_row(printable(score.name), f"{score.count:,}", f"{score.precision:.1%}", f"{score.recall:.1%}",
                      f"{score.f1:.1%}", mistaken)  # fmt: skip
    console.print(table)
    data = printable(result.data)
    console.print(f"{result.count:,} test pictures of {data}, {result.weights}, loss {result.loss:.4f}")
    for k, accuracy in result.top_k.items():
        if k != "1":
            console.print(f"Top-{k} accuracy: {accuracy:.2%}")
    console.print(f"Test accuracy: {result.accuracy:.2%}")
