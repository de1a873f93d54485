"""Functions that order values by size or spread class numbers out."""

_TOP_K = '''
def top_k(x: torch.Tensor, k: int, axis: int = 1, magnitude: bool = False, reduce: bool = True) -> torch.Tensor:
    """The k largest values of x (N, ...) over all axes from `axis` on: alone, or at their places among zeros."""
    flat = x.flatten(axis)
    places = (flat.abs() if magnitude else flat).topk(k, dim=-1).indices
    values = flat.gather(-1, places)  # (..., k)
    return values if reduce else torch.zeros_like(flat).scatter(-1, places, values).reshape(x.shape)
'''

_ONE_HOT = '''
def one_hot(x: torch.Tensor, *shape: int) -> torch.Tensor:
    """Class numbers, one for each axis of `shape` along the last axis of x, as a 1 among zeros: (N, ..., *shape)."""
    found = torch.ones(x.shape[:-1], dtype=x.dtype, device=x.device)
    for axis, size in enumerate(shape):
        classes = torch.arange(size, device=x.device)
        hot = x[..., axis].round().reshape(*x.shape[:-1], *[1] * (axis + 1)) == classes  # (N, ..., 1, ..., size)
        found = found.unsqueeze(-1) * hot
    return found
'''

SOURCES = {"top_k": _TOP_K.strip() + "\n", "one_hot": _ONE_HOT.strip() + "\n"}
