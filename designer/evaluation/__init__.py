"""What a trained network does: `evaluate.evaluate` takes a run and gives accuracy, top-k, classes and confusion."""
