"""The canvas: items that paint the drawing, and gestures that edit it."""
