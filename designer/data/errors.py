"""What can go wrong with pictures and labels, told to the user."""

from __future__ import annotations

import os

from designer.errors import NetDesignerError


class DataError(NetDesignerError):
    """A data set cannot be used: says what was found, where, what was expected and what to do."""


def shown(path: str | os.PathLike[str]) -> str:
    """A path or file name as text that can be printed and saved: bytes that are no UTF-8 become question marks."""
    return os.fspath(path).encode("utf-8", "replace").decode("utf-8")
