"""The commands of `netdesigner`, one module each.

A command module has `add_parser(subparsers)`, which imports nothing heavy, and `run(args) -> int`, which gives
the exit status. Only `open` may import Qt; what needs torch imports it inside `run`. An error for the user is raised
as a `NetDesignerError`: `designer.cli` puts it on one line of stderr and exits with 2.
"""

from __future__ import annotations

import importlib
from types import ModuleType

NAMES = ("open", "check", "export", "import", "train", "evaluate", "runs")
"""The modules of this package that are commands, in the order of the help."""


def module(name: str) -> ModuleType:
    """The module of a command; a name that Python keeps for itself has an underscore behind it there."""
    return importlib.import_module(f"{__name__}.{name}_" if name == "import" else f"{__name__}.{name}")
