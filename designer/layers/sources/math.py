"""Source of helpers for mathematical layers."""

from __future__ import annotations

_SHIFTED = '''
def shifted(x: torch.Tensor, dim: int, first: float) -> torch.Tensor:
    """Everything one place on along an axis: `first` comes in at the beginning, the last values fall off."""
    start = torch.full_like(x.narrow(dim, 0, 1), first)
    return torch.cat((start, x.narrow(dim, 0, x.shape[dim] - 1)), dim)
'''

_WIDENED = '''
def widened(x: torch.Tensor) -> torch.Tensor:
    """x with 32 bits or more for each value: matrix inverses and Fourier transforms need them."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
'''

_AS_COMPLEX = '''
def as_complex(x: torch.Tensor) -> torch.Tensor:
    """Pairs (real, imaginary) along the last axis as complex numbers."""
    x = x.to(torch.promote_types(x.dtype, torch.float32))
    return torch.view_as_complex(x.contiguous())
'''

SOURCES = {
    "shifted": _SHIFTED.strip() + "\n",
    "widened": _WIDENED.strip() + "\n",
    "as_complex": _AS_COMPLEX.strip() + "\n",
}
"""Source by the name of the function it defines."""
