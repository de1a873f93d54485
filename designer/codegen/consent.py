"""Consent to functions that users wrote: what a graph carries runs only if somebody here agreed to exactly that text.

Agreement is to a text, by its SHA-256: for good in a file of the user's (`consent`), or for this process and those it
starts in the environment (`trust`). A function that is changed by a letter is another one. Nothing here runs anything.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

import platformdirs

from designer.codegen.errors import CodegenError
from designer.codegen.source import generate
from designer.errors import message
from designer.graph.io import write_atomically
from designer.graph.model import Graph

VARIABLE = "NETDESIGNER_TRUST"
"""The environment variable with the hashes that a process trusts, separated by spaces."""
FILE = "consent.json"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def _written(text: str) -> list[str]:
    """The name of a function as its author wrote it: the code adds a number to it that tells equal names apart."""
    return [re.sub(r"_[0-9a-f]{8}$", "", name) for name in re.findall(r"\bdef\s+(\w+)", text)[:1]]


class ConsentError(CodegenError):
    """The network has functions that nobody agreed to here."""

    code = "needs-consent"

    def __init__(self, functions: tuple[str, ...]) -> None:
        self.functions = functions
        """The texts to be agreed to."""
        names = ", ".join(dict.fromkeys(name for text in functions for name in _written(text)))
        super().__init__(message(
            "This network runs Python functions that are written in its file ({names}), and nobody has agreed to them "
            "on this computer. Read them in its code; if you trust them, allow them in the window, or with --trust.",
            names=names))  # fmt: skip


def functions(graph: Graph) -> tuple[str, ...]:
    """The functions that users wrote in a graph's code; nodes that lead nowhere are not in it.

    Raises:
        CodegenError: the graph has errors, so that nothing of it can run.
    """
    return generate(graph).functions


def digest(function: str) -> str:
    """What a function is known by: the SHA-256 of its text."""
    return hashlib.sha256(function.encode()).hexdigest()


def missing(functions: Iterable[str]) -> tuple[str, ...]:
    """Those of the functions that nobody agreed to."""
    functions = tuple(functions)
    if not functions:
        return ()
    agreed = _remembered() | _trusted()
    return tuple(text for text in functions if digest(text) not in agreed)


def require(functions: Iterable[str]) -> None:
    """Pass if all functions were agreed to.

    Raises:
        ConsentError: some were not.
    """
    if found := missing(functions):
        raise ConsentError(found)


def consent(graph: Graph) -> None:
    """Agree to all functions of a graph for good: remember them in the user's file.

    Raises:
        CodegenError: the graph has errors.
        GraphFileError: the file cannot be written.
    """
    if not (new := set(map(digest, functions(graph))) - _remembered()):
        return
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"sha256": sorted(_remembered() | new)}, indent=1)
    write_atomically(path, f"{text}\n".encode())


def trust(graph: Graph) -> None:
    """Agree to all functions of a graph for this process and those it starts from now on.

    Raises:
        CodegenError: the graph has errors.
    """
    if new := set(map(digest, functions(graph))):
        os.environ[VARIABLE] = " ".join(sorted(_trusted() | new))


def file() -> Path:
    """Where agreement is remembered: in $NETDESIGNER_CONFIG, or the user's configuration folder."""
    chosen = os.environ.get("NETDESIGNER_CONFIG")
    folder = Path(chosen).expanduser() if chosen else Path(platformdirs.user_config_dir("netdesigner", False))
    return folder / FILE


def _remembered() -> set[str]:
    """The hashes in the file; none where there is no such file, or one that cannot be read."""
    try:
        found = json.loads(file().read_bytes())
    except (OSError, ValueError):
        return set()
    hashes = found.get("sha256") if isinstance(found, dict) else None
    return {entry for entry in hashes if isinstance(entry, str)} if isinstance(hashes, list) else set()


def _trusted() -> set[str]:
    return set(_DIGEST.findall(os.environ.get(VARIABLE, "")))
