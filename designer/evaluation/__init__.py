"""What a trained network does: accuracy by class, confusion, top-k."""
