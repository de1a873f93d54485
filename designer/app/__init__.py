"""The window: canvas, panels, actions. Qt lives here and nowhere else, and torch never does."""
