"""Models from elsewhere become graphs. Importers are modules of this package; none has been written yet."""
