"""The command line: runs a command and turns every error meant for a user into one line and an exit status."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from designer import commands
from designer.errors import NetDesignerError, printable

FAILED = 2
INTERRUPTED = 130  # what shells give for Ctrl-C


class _Version(argparse.Action):
    """--version; the number is looked up only when asked for, which keeps every other start quick."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"netdesigner {version('netdesigner')}\n")
        sys.stdout.flush()
        parser.exit()


def make_parser(names: Sequence[str] = commands.NAMES) -> argparse.ArgumentParser:
    """The parser with these commands of `designer.commands`."""
    parser = argparse.ArgumentParser(
        prog="netdesigner",
        description="Design, train and understand PyTorch neural networks by drawing them. "
        "Without a command the window opens.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    subparsers = parser.add_subparsers(metavar="COMMAND", dest="command")
    for name in names:
        commands.module(name).add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run `netdesigner` with these arguments (the process's own for None) and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console that lacks a character shows its escape, not an error
            stream.reconfigure(errors="backslashreplace")
    arguments = _with_command(sys.argv[1:] if argv is None else argv)
    named = arguments[0] in commands.NAMES  # then the others need no parser
    try:
        args = make_parser(arguments[:1] if named else commands.NAMES).parse_args(arguments)
        status = commands.module(args.command).run(args)
        sys.stdout.flush()
    except NetDesignerError as error:
        sys.stderr.write(f"netdesigner: {printable(' '.join(str(error.message).split()))}\n")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader (head, less) has left; nothing may be written at exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # standard output on a full disk, for one; files' own errors come as NetDesignerErrors
        sys.stderr.write(f"netdesigner: {printable(str(error))}\n")
        return FAILED
    return int(status)


def _with_command(argv: Sequence[str]) -> list[str]:
    """`netdesigner` and `netdesigner FILE.json` open the window, as double-clicking a file does."""
    if not argv or (argv[0] not in commands.NAMES and Path(argv[0]).suffix == ".json"):
        return ["open", *argv]
    return list(argv)


if __name__ == "__main__":
    sys.exit(main())
