"""One small class for every gesture of the hand."""
