"""Where nodes go: how large they are drawn, and the automatic layout. No Qt, no torch."""

from designer.layout.arrange import arrange

__all__ = ["arrange"]
