"""The panels around the canvas: palette, inspector, problems, code, training, runs."""
