"""`netdesigner train FILE`: trains a graph in the terminal, into a run folder like the window's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from designer.commands.trusting import add_trust, require_trust, trust
from designer.errors import NetDesignerError, message

if TYPE_CHECKING:
    from designer.training.events import Finished
    from designer.training.runs import Run

STOPPED = 130  # what shells give for Ctrl-C
_GIVEN = ("data", "epochs", "batch_size", "accumulate", "device", "seed")
"""Fields of the recipe that are options too."""


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "train",
        help="train a graph",
        description="Trains with the graph's recipe; the options override it. Ctrl-C saves and ends.",
    )
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a graph (.json)")
    parser.add_argument("--data", metavar="SET_OR_PATH", help="a built-in set, an .npz file or a folder of images")
    parser.add_argument("--epochs", type=_positive, metavar="N")
    parser.add_argument("--batch-size", type=_positive, metavar="N")
    parser.add_argument("--accumulate", type=_positive, metavar="N",
                        help="batches that make one update of the weights, by the mean of their gradients")  # fmt: skip
    parser.add_argument("--device", metavar="D", help="auto (the fastest), cuda, cuda:1, mps or cpu")
    parser.add_argument("--seed", type=int, metavar="N", help="equal seeds give equal trainings on the CPU")
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where the run's folder is made (default: ./runs)")
    parser.add_argument("--resume", metavar="RUN", help="go on with a run: its folder or name; --epochs extends it")
    add_trust(parser)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def run(args: argparse.Namespace) -> int:
    """Train and print progress; 0 when it completed, 130 when it was stopped."""
    from designer.training import process, runs

    process.prepare()
    run = _resumed(args) if args.resume else _created(args)
    if args.trust and args.resume:
        trust(run.graph())
    runs.mark_launched(run)
    try:
        finished = _trained(run)
    finally:
        (run.folder / runs.LAUNCHED).unlink(missing_ok=True)
    if finished.outcome == "failed":
        text = message("{text} {advice}", text=finished.text, advice=finished.advice or "")
        raise NetDesignerError(text)
    return STOPPED if finished.outcome == "stopped" else 0


def _trained(run: Run) -> Finished:
    from designer.training.progress import ProgressPrinter

    with ProgressPrinter(run) as printer:
        from designer.training.control import Control  # torch, which takes seconds: the printer comes first
        from designer.training.trainer import train

        control = Control(run)
        with control.signals():
            return train(run, control, printer.show)


def _created(args: argparse.Namespace) -> Run:
    import msgspec

    from designer.graph import io, recipe
    from designer.training import runs

    if args.file is None:
        raise NetDesignerError(message("Name the graph to train: netdesigner train FILE."))
    graph = io.load(args.file)
    if args.trust:
        trust(graph)
    else:
        require_trust(graph)  # before there is a run of it
    given = {name: getattr(args, name) for name in _GIVEN}
    changes = {name: value for name, value in given.items() if value is not None}
    chosen = recipe.read({**msgspec.to_builtins(recipe.read(graph.recipe)), **changes})
    return runs.create(args.run_dir or runs.default_root(), graph, chosen, args.file)


def _resumed(args: argparse.Namespace) -> Run:
    from designer.training import runs

    fixed = [name for name in _GIVEN if name != "epochs" and getattr(args, name) is not None]
    if args.file is not None or fixed:
        raise NetDesignerError(message("A resumed run keeps its graph and recipe; only --epochs can be given with "
                                       "--resume."))  # fmt: skip
    run = runs.find_run(args.resume, [root for root in (args.run_dir, runs.default_root(), runs.app_root()) if root])
    runs.prepare_resume(run, args.epochs)
    return run
