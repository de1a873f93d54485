"""Source of helpers that let values pass and do something else to their gradients."""

from __future__ import annotations

_CHANGE_GRADIENT = '''
class ChangeGradient(torch.autograd.Function):
    """Lets values pass as they are, and their gradient through a function: ChangeGradient.apply(x, function)."""

    @staticmethod
    def forward(ctx, x, function):
        ctx.function = function
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return ctx.function(gradient), None
'''

_CLIPPED_BY_NORM = '''
def clipped_by_norm(x: torch.Tensor, norm: float, dim: tuple[int, ...], always: bool = False) -> torch.Tensor:
    """x scaled down along axes where its Euclidean norm is larger; always: scaled to that norm in any case."""
    scale = norm / torch.linalg.vector_norm(x, dim=dim, keepdim=True)
    if not always:
        scale = scale.clamp(max=1)
    return torch.where(scale.isinf(), x, x * scale)  # infinite where x is 0
'''

_TOP_K_ONLY = '''
def top_k_only(x: torch.Tensor, k: int, start: int, absolute: bool = False) -> torch.Tensor:
    """The k largest values (or largest ones in size) of everything from axis `start` on; 0 for the others."""
    rows = x.flatten(start)
    places = (rows.abs() if absolute else rows).topk(k, dim=-1).indices
    return torch.zeros_like(rows).scatter(-1, places, rows.gather(-1, places)).view(x.shape)
'''

_PRUNED = '''
def pruned(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Every sample with this share of its values, those nearest to 0, set to 0; the gradient passes everywhere."""
    if rate == 1:
        return straight_through(torch.zeros_like(x), x)
    sizes = x.abs().flatten(1)
    least = sizes.kthvalue(int((sizes.shape[1] - 1) * rate) + 1, dim=1).values
    least = least.view(-1, *[1] * (x.dim() - 1))  # (N, 1, 1, 1)
    return straight_through(torch.where(x.abs() < least, 0.0, x), x)
'''

SOURCES = {
    "ChangeGradient": _CHANGE_GRADIENT.strip() + "\n",
    "clipped_by_norm": _CLIPPED_BY_NORM.strip() + "\n",
    "top_k_only": _TOP_K_ONLY.strip() + "\n",
    "pruned": _PRUNED.strip() + "\n",
}
"""Source by the name of the class or function it defines."""
