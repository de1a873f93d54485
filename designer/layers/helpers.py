"""Source text of the small modules that generated code carries along where torch has no module of its own.

They work on whole batches (N, C, H, W) on any device and in any memory format, and draw from torch's own generators.
The text uses the names torch, nn and F. A layer names what it needs in `Layer.helpers()`, dependencies first; packages
that add layers may add their helpers to `HELPERS`.
"""

from __future__ import annotations

import importlib
import pkgutil

from designer.layers import sources

_RANDOM_WINDOWS = '''
def random_windows(x: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Cut a window out of every picture of a batch (N, C, H, W), each at a random place of its own."""
    tops = torch.randint(x.shape[2] - height + 1, (x.shape[0],), device=x.device)
    lefts = torch.randint(x.shape[3] - width + 1, (x.shape[0],), device=x.device)
    windows = x.unfold(2, height, 1).unfold(3, width, 1)  # (N, C, tops, lefts, height, width), a view
    return windows[torch.arange(x.shape[0], device=x.device), :, tops, lefts]
'''

_RANDOM_CROP = '''
class RandomCrop(nn.Module):
    """Cuts a window out of every picture (N, C, H, W): at a random place in training, else in the centre."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.height = height
        self.width = width

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            return random_windows(x, self.height, self.width)
        top, left = (x.shape[2] - self.height) // 2, (x.shape[3] - self.width) // 2
        return x[:, :, top : top + self.height, left : left + self.width]
'''

_RANDOM_RESIZED_CROP = '''
class RandomResizedCrop(nn.Module):
    """In training, cuts out `side` of every picture's height and width at a random place and resizes it back."""

    def __init__(self, side: float) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        height, width = (max(1, round(size * self.side)) for size in x.shape[2:])
        crops = random_windows(x, height, width)
        return F.interpolate(crops, size=x.shape[2:], mode="bilinear", align_corners=False)
'''

_RANDOM_SHIFT = '''
class RandomShift(nn.Module):
    """In training, shifts every picture by up to so many rows and columns; `border` says what moves in, as in F.pad."""

    def __init__(self, rows: int, columns: int, border: str = "constant", always: bool = False) -> None:
        super().__init__()
        self.rows = rows
        self.columns = columns
        self.border = border
        self.always = always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not (self.training or self.always):
            return x
        padded = F.pad(x, (self.columns, self.columns, self.rows, self.rows), mode=self.border)
        return random_windows(padded, x.shape[2], x.shape[3])
'''

_RANDOM_FLIP = '''
class RandomFlip(nn.Module):
    """In training, mirrors every picture with probability 1/2 along each of the axes (2: top-bottom, 3: left-right)."""

    def __init__(self, *axes: int, always: bool = False) -> None:
        super().__init__()
        self.axes = axes
        self.always = always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training or self.always:
            one_each = (x.shape[0],) + (1,) * (x.dim() - 1)
            for axis in self.axes:
                flipped = torch.rand(one_each, device=x.device) < 0.5
                x = torch.lerp(x, x.flip(axis), flipped.to(x.dtype))  # one or the other; faster than where on CPUs
        return x
'''

_RANDOM_BRIGHTNESS = '''
class RandomBrightness(nn.Module):
    """In training, adds a random constant between -delta and delta to every picture."""

    def __init__(self, delta: float) -> None:
        super().__init__()
        self.delta = delta

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        one_each = (x.shape[0],) + (1,) * (x.dim() - 1)
        return x + torch.empty(one_each, dtype=x.dtype, device=x.device).uniform_(-self.delta, self.delta)
'''

_RANDOM_CONTRAST = '''
class RandomContrast(nn.Module):
    """In training, scales every picture around the mean of each channel by a random factor from lower to upper."""

    def __init__(self, lower: float, upper: float) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return x
        factors = torch.empty(x.shape[0], 1, 1, 1, dtype=x.dtype, device=x.device).uniform_(self.lower, self.upper)
        means = x.mean(dim=(2, 3), keepdim=True)  # (N, C, 1, 1)
        return torch.lerp(means, x, factors)
'''

_IMAGE_NORMALIZATION = '''
class ImageNormalization(nn.Module):
    """Brings every picture to mean 0 and variance 1; a standard deviation below 1 / sqrt(values) counts as that."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, x.dim()))
        x = x - x.mean(dim=axes, keepdim=True)
        norms = torch.linalg.vector_norm(x, dim=axes, keepdim=True)  # (N, 1, 1, 1): deviation times sqrt(values)
        return x * (x[0].numel() ** 0.5 / norms.clamp(min=1))
'''

_MEAN_SUBTRACTION = '''
class MeanSubtraction(nn.Module):
    """Subtracts the mean of the training pictures, which is measured once before training."""

    mean: torch.Tensor
    needs_data_mean = True

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - self.mean
'''

HELPERS: dict[str, str] = {
    "random_windows": _RANDOM_WINDOWS.strip() + "\n",
    "RandomCrop": _RANDOM_CROP.strip() + "\n",
    "RandomResizedCrop": _RANDOM_RESIZED_CROP.strip() + "\n",
    "RandomShift": _RANDOM_SHIFT.strip() + "\n",
    "RandomFlip": _RANDOM_FLIP.strip() + "\n",
    "RandomBrightness": _RANDOM_BRIGHTNESS.strip() + "\n",
    "RandomContrast": _RANDOM_CONTRAST.strip() + "\n",
    "ImageNormalization": _IMAGE_NORMALIZATION.strip() + "\n",
    "MeanSubtraction": _MEAN_SUBTRACTION.strip() + "\n",
}
"""Source by the name of the class or function it defines."""

for _module in pkgutil.iter_modules(sources.__path__):
    _texts = importlib.import_module(f"{sources.__name__}.{_module.name}").SOURCES
    HELPERS.update({name: text.strip() + "\n" for name, text in _texts.items()})
