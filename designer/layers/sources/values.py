"""Modules that give values from nothing: trained ones, fixed ones, random ones."""

_PARAMETER = '''
class Parameter(nn.Module):
    """A trained tensor, given for every sample of a batch."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, batch: int) -> torch.Tensor:
        return self.weight.expand(batch, *self.weight.shape)
'''

_BUFFER = '''
class Buffer(nn.Module):
    """A tensor that is saved but not trained, given for every sample of a batch."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Buffer(torch.zeros(shape))

    def forward(self, batch: int) -> torch.Tensor:
        return self.weight.expand(batch, *self.weight.shape)
'''

_RANDOM_NORMAL = '''
class RandomNormal(nn.Module):
    """Normally distributed numbers, new ones for every sample in every pass."""

    def __init__(self, *shape: int, scale: float = 1.0) -> None:
        super().__init__()
        self.shape = shape
        self.scale = nn.Buffer(torch.tensor(scale), persistent=False)

    def forward(self, batch: int) -> torch.Tensor:
        return self.scale * torch.randn(batch, *self.shape, dtype=self.scale.dtype, device=self.scale.device)
'''

_RANDOM_UNIFORM = '''
class RandomUniform(nn.Module):
    """Numbers from -scale to scale, new ones for every sample in every pass."""

    def __init__(self, *shape: int, scale: float = 1.0) -> None:
        super().__init__()
        self.shape = shape
        self.scale = nn.Buffer(torch.tensor(scale), persistent=False)

    def forward(self, batch: int) -> torch.Tensor:
        values = torch.rand(batch, *self.shape, dtype=self.scale.dtype, device=self.scale.device)  # 0 to 1
        return self.scale * (2 * values - 1)
'''

SOURCES = {
    "Parameter": _PARAMETER.strip() + "\n",
    "Buffer": _BUFFER.strip() + "\n",
    "RandomNormal": _RANDOM_NORMAL.strip() + "\n",
    "RandomUniform": _RANDOM_UNIFORM.strip() + "\n",
}
"""Source by the name of the class it defines."""
