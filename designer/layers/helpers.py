"""Source text of the small modules that generated code carries along where torch has no module of its own."""
