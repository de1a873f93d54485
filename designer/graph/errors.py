"""What can be wrong with a document."""

from __future__ import annotations

from designer.errors import NetDesignerError


class GraphError(NetDesignerError):
    """The document would not be a graph: duplicate id, wire to nowhere, cycle, value that JSON cannot hold."""


class GraphFileError(GraphError):
    """A file that cannot be read as a graph: the text names the file, the place in it and what was expected."""
