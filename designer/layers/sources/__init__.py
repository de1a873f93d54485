"""Source text of helpers that generated code carries along, one module per family; each has `SOURCES`, as `HELPERS`."""
