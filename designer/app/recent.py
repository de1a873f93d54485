"""The files opened lately, kept in the user's settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

KEY = "recent_files"
MOST = 12


def settings() -> QSettings:
    """The user's settings of this app."""
    return QSettings("netdesigner", "netdesigner")


def recent_files() -> list[Path]:
    """Files opened or saved lately that are still there, newest first."""
    raw = settings().value(KEY, [])
    names = [raw] if isinstance(raw, str) else list(raw) if isinstance(raw, list) else []
    return [path for path in map(Path, map(str, names)) if path.is_file()]


def remember(path: Path) -> None:
    """Put a file at the top of the list."""
    path = path.resolve()
    files = [path, *(p for p in recent_files() if p != path)][:MOST]
    settings().setValue(KEY, [str(p) for p in files])
