"""What can be wrong with a file that is imported."""

from __future__ import annotations

from designer.errors import NetDesignerError


class ForeignError(NetDesignerError):
    """A file that cannot be read as what it claims to be: the text names the file, the place and what was expected."""
