"""Where nodes go: how large they are drawn, and the automatic layout. No Qt, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from designer.layout.arranging import arrange

__all__ = ["arrange"]


def __getattr__(name: str) -> Any:
    """Import the layout when it is first used: starting the window needs only the metrics."""
    if name in __all__:
        from designer.layout.arranging import arrange

        return arrange
    raise AttributeError(name)
