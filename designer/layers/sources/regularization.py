"""Source text of layers against overfitting that torch does not have."""

SOURCES = {
    "StochasticDepth": '''
class StochasticDepth(nn.Module):
    """In training, sets whole samples to 0 with probability p and multiplies the others by 1 / (1 - p)."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return x
        kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= self.p
        return x * kept / max(1 - self.p, 1e-12)
''',
    "GaussianNoise": '''
class GaussianNoise(nn.Module):
    """In training, adds a normal random number to every value."""

    def __init__(self, std: float) -> None:
        super().__init__()
        self.std = std

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.std * torch.randn_like(x) if self.training else x
''',
    "LayerScale": '''
class LayerScale(nn.Module):
    """Multiplies every channel by a trained factor, which starts small."""

    def __init__(self, *shape: int, initial: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.full(shape, initial))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor
''',
}
