"""What torch keeps of a layer's forward pass for its backward pass: most of the memory that training takes."""

from __future__ import annotations

from typing import NamedTuple


class Saved(NamedTuple):
    """What is kept of one layer, so that its gradients can be worked out.

    A tensor that several layers keep is one tensor: what one layer puts out and the next takes in counts once.
    Measured on torch 2.14 by `torch.autograd.graph.saved_tensors_hooks`.
    """

    inputs: bool = True
    """All that enters it."""
    output: bool = False
    """What comes out."""
    view: bool = False
    """What comes out lies in the memory of the first input; it takes none of its own."""
    per_input: float = 0.0
    """Values (of 4 bytes) made inside and kept, for every value of the first input: masks, noise, indices."""
    per_output: float = 0.0
    """The same for every value that comes out."""
    inside: float = 0.0
    """The same for one sample, whatever the shapes."""
    stops: bool = False
    """No gradient flows back through it."""
    flattens: bool = False
    """It makes a vector of a picture: where training keeps the channels of a pixel side by side, it has to copy."""
    backward: float = 0.0
    """Values that its backward pass makes and lets go of, for every value of the first input."""
    reorders: bool = False
    """Its backward pass copies what was kept where the gradient comes in another order, as it does from a Flatten."""


INPUTS = Saved()
OUTPUT = Saved(inputs=False, output=True)
BOTH = Saved(output=True)
NOTHING = Saved(inputs=False)
VIEW = Saved(inputs=False, view=True)
STOPS = Saved(inputs=False, stops=True)
