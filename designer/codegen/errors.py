"""Why a graph could not become code."""

from __future__ import annotations

from designer.errors import NetDesignerError


class CodegenError(NetDesignerError):
    """The graph has errors, or the format asked for is not known."""
