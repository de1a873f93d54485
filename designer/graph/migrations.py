"""Older files are brought up to date step by step; newer ones are refused with a clear word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from designer.errors import message
from designer.graph.errors import GraphError

VERSION = 1

STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each old version, the function that turns its raw JSON into the next version's. None is older than 1 yet."""


def migrate(raw: dict[str, Any]) -> dict[str, Any]:
    """Bring a raw file to `VERSION`.

    Raises:
        GraphError: no version, or one that only a newer program knows.
    """
    version = raw.get("version")
    if type(version) is not int or version < 1:
        raise GraphError(message("the file's 'version' is {found}; expected a whole number from 1 to {newest}.",
                                 found=repr(version), newest=VERSION))  # fmt: skip
    if version > VERSION:
        raise GraphError(message("the file has version {found}; this program reads up to version {newest}. "
                                 "Update Net Designer to open it.", found=version, newest=VERSION))  # fmt: skip
    while version < VERSION:
        raw = STEPS[version](raw)
        version += 1
    return {**raw, "version": VERSION}
