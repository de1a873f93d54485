"""Source of helpers for reductions."""

from __future__ import annotations

_PLACE = '''
def arg{name}_of(x: torch.Tensor, dim: tuple[int, ...], keepdim: bool = False) -> torch.Tensor:
    """The place of the {which} value along several axes, which are counted as one long axis."""
    last = tuple(range(-len(dim), 0))
    places = x.movedim(dim, last).flatten(-len(dim)).arg{name}(dim=-1)
    for axis in dim if keepdim else ():
        places = places.unsqueeze(axis)
    return places
'''

SOURCES = {
    "argmax_of": _PLACE.format(name="max", which="largest").strip() + "\n",
    "argmin_of": _PLACE.format(name="min", which="smallest").strip() + "\n",
}
"""Source by the name of the function it defines."""
