"""Source text of what attention layers need beside torch's own modules."""

SOURCES = {
    "causal_mask": '''
def causal_mask(x: torch.Tensor) -> torch.Tensor:
    """The mask (T, T) that hides from every step of a batch of sequences (N, T, D) the steps after it."""
    return nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device, dtype=x.dtype)
''',
    "SinusoidalPositionalEncoding": '''
class SinusoidalPositionalEncoding(nn.Module):
    """Adds sin(t / base^(2i / D)) to feature 2i of step t, and the cosine to feature 2i + 1; (N, T, D)."""

    encoding: torch.Tensor

    def __init__(self, steps: int, features: int, base: float = 10000.0) -> None:
        super().__init__()
        rates = base ** (-torch.arange(0, features, 2) / features)
        angles = torch.arange(steps).unsqueeze(1) * rates  # (T, D / 2 rounded up)
        encoding = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)[:, :features]
        self.register_buffer("encoding", encoding, persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.encoding.to(x.dtype)
''',
    "LearnedPositionalEncoding": '''
class LearnedPositionalEncoding(nn.Module):
    """Adds a trained value to every place of a sample."""

    def __init__(self, *shape: int, std: float = 0.02) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.empty(shape))
        nn.init.normal_(self.position, std=std)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.position
''',
    "ClassToken": '''
class ClassToken(nn.Module):
    """Puts a trained step before every sequence: (N, T, D) -> (N, T + 1, D)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((self.token.expand(x.shape[0], -1, -1), x), dim=1)
''',
    "SqueezeExcitation": '''
class SqueezeExcitation(nn.Module):
    """Weighs every channel of a picture (N, C, H, W) by a factor that two layers work out from all channels' means."""

    def __init__(self, channels: int, squeezed: int, activation: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.activation = activation
        self.gate = gate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        means = x.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
        return x * self.gate(self.fc2(self.activation(self.fc1(means))))
''',
}
