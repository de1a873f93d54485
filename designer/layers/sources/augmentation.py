"""Modules that change pictures at random in training: erased rectangles, and all that a camera might do."""

_RANDOM_ERASING = '''
class RandomErasing(nn.Module):
    """In training, fills rectangles of every picture (N, C, H, W) with random values, each with probability p.

    `area` is its share of the picture and `ratio` its height over its width, as ranges.
    """

    def __init__(
        self,
        p: float,
        area: tuple[float, float],
        ratio: tuple[float, float],
        values: tuple[float, float] = (0.0, 1.0),
        count: int = 1,
        shared: bool = True,
        always: bool = False,
    ) -> None:
        super().__init__()
        self.p = p
        self.area = area
        self.ratio = ratio
        self.values = values
        self.count = count
        self.shared = shared
        self.always = always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training or self.always:
            for _ in range(self.count):
                x = torch.where(self.rectangles(x), torch.empty_like(x).uniform_(*self.values), x)
        return x

    def rectangles(self, x: torch.Tensor) -> torch.Tensor:
        """Where they lie: booleans (N, 1, H, W), or (N, C, H, W) with a rectangle for each channel."""
        height, width = x.shape[2:]
        one_each = (x.shape[0], 1 if self.shared else x.shape[1], 1, 1)
        there = torch.rand(one_each, device=x.device) < self.p
        area = torch.empty(one_each, device=x.device).uniform_(*self.area) * (height * width)
        ratio = torch.empty(one_each, device=x.device).uniform_(*self.ratio)
        tall = (area * ratio).sqrt().round().clamp(max=height)
        wide = (area / ratio).sqrt().round().clamp(max=width)
        top = (torch.rand(one_each, device=x.device) * (height - tall + 1)).floor()
        left = (torch.rand(one_each, device=x.device) * (width - wide + 1)).floor()
        rows = torch.arange(height, device=x.device)[:, None]
        columns = torch.arange(width, device=x.device)
        return there & (rows >= top) & (rows < top + tall) & (columns >= left) & (columns < left + wide)
'''

_IMAGE_AUGMENTATION = '''
class ImageAugmentation(nn.Module):
    """In training, turns, scales, stretches, bends, moves, mirrors and tints every picture (N, C, H, W) at random.

    Scale, angle (in degrees), aspect ratio, distortion and place are one sampling of the whole batch; without any of
    them a window is cut out as it is. Out of training nothing is random: the middle of the picture at the middle scale.
    """

    def __init__(
        self,
        height: int,
        width: int,
        pad: tuple[int, int] = (0, 0),
        scale: tuple[float, float] = (1.0, 1.0),
        angle: float = 0.0,
        aspect_ratio: float = 1.0,
        distortion: float = 0.0,
        flip: tuple[int, ...] = (),
        brightness: float = 0.0,
        brightness_each: bool = False,
        contrast: float = 1.0,
        contrast_center: float = 0.5,
        contrast_each: bool = False,
        noise: float = 0.0,
        always: bool = False,
    ) -> None:
        super().__init__()
        self.height, self.width = height, width
        self.pad = pad
        self.scale = scale
        self.angle = angle
        self.aspect_ratio = aspect_ratio
        self.distortion = distortion
        self.flip = flip
        self.brightness, self.brightness_each = brightness, brightness_each
        self.contrast, self.contrast_center, self.contrast_each = contrast, contrast_center, contrast_each
        self.noise = noise
        self.always = always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.pad != (0, 0):
            rows, columns = self.pad
            x = F.pad(x, (columns, columns, rows, rows))
        if self.scale != (1.0, 1.0) or self.angle or self.aspect_ratio != 1 or self.distortion:
            x = self.sampled(x)
        else:
            x = self.cut(x)
        return self.tinted(self.mirrored(x)) if self.training or self.always else x

    def draw(self, x: torch.Tensor, channels: int = 1) -> torch.Tensor:
        """Numbers from -1 to 1, (N, channels, 1, 1); their middle, 0, where nothing is to be random."""
        numbers = x.new_zeros(x.shape[0], channels, 1, 1)
        return numbers.uniform_(-1, 1) if self.training or self.always else numbers

    def cut(self, x: torch.Tensor) -> torch.Tensor:
        """A window of the output's size: at a random place, or the middle."""
        if self.training or self.always:
            return random_windows(x, self.height, self.width)
        top, left = (x.shape[2] - self.height) // 2, (x.shape[3] - self.width) // 2
        return x[:, :, top : top + self.height, left : left + self.width]

    def sampled(self, x: torch.Tensor) -> torch.Tensor:
        """The values at the places that the output's pixels come from, counted in pixels from the centre; 0 outside."""
        height, width = x.shape[2:]
        low, high = self.scale
        scale = (low * high) ** 0.5 * (high / low) ** (self.draw(x) / 2)
        stretch = self.aspect_ratio ** (self.draw(x) / 2)
        turn = self.draw(x) * self.angle * (torch.pi / 180)

        down = torch.arange(self.height, dtype=x.dtype, device=x.device)[:, None] - (self.height - 1) / 2
        across = torch.arange(self.width, dtype=x.dtype, device=x.device) - (self.width - 1) / 2
        distance = (2 * down / self.height) ** 2 + (2 * across / self.width) ** 2  # squared, 1 at the edges
        bend = 1 + self.draw(x) * self.distortion * distance  # (N, 1, height, width)
        down, across = down * bend, across * bend
        down, across = down * turn.cos() - across * turn.sin(), across * turn.cos() + down * turn.sin()
        rows, columns = scale / stretch, scale * stretch  # output pixels for a pixel of the input
        down = down / rows + self.draw(x) * (height - self.height / rows).clamp(min=0) / 2
        across = across / columns + self.draw(x) * (width - self.width / columns).clamp(min=0) / 2

        places = torch.stack((2 * across / width, 2 * down / height), dim=4).squeeze(1)  # (N, height, width, 2)
        return F.grid_sample(x, places, align_corners=False)

    def mirrored(self, x: torch.Tensor) -> torch.Tensor:
        for axis in self.flip:
            x = torch.where(self.draw(x) < 0, x.flip(axis), x)
        return x

    def tinted(self, x: torch.Tensor) -> torch.Tensor:
        channels = x.shape[1]
        if self.brightness:
            x = x + self.brightness * self.draw(x, channels if self.brightness_each else 1)
        if self.contrast != 1:
            factor = self.contrast ** self.draw(x, channels if self.contrast_each else 1)
            x = (x - self.contrast_center) * factor + self.contrast_center
        if self.noise:
            x = x + self.noise * torch.randn_like(x)
        return x
'''

_VAT_NOISE = '''
class VATNoise(nn.Module):
    """Noise of length eps for every sample, in the direction in which the loss rose most in the last backward pass.

    Added to the input, it makes an adversarial example. Without a direction to begin with it is random.
    """

    def __init__(self, eps: float, axis: int = 1) -> None:
        super().__init__()
        self.eps = eps
        self.axis = axis
        self.steepest: torch.Tensor | None = None

    def forward(self, x: torch.Tensor, direction: torch.Tensor | None = None) -> torch.Tensor:
        if direction is None:
            known = self.steepest
            direction = known if known is not None and known.shape == x.shape else torch.randn_like(x)
        axes = tuple(range(self.axis, x.dim()))
        length = torch.linalg.vector_norm(direction, dim=axes, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
        noise = (self.eps * direction / length).detach()
        if torch.is_grad_enabled():
            noise.requires_grad_().register_hook(self.remember)
        return noise

    def remember(self, slope: torch.Tensor) -> None:
        self.steepest = slope.detach()
'''

SOURCES = {
    "RandomErasing": _RANDOM_ERASING.strip() + "\n",
    "ImageAugmentation": _IMAGE_AUGMENTATION.strip() + "\n",
    "VATNoise": _VAT_NOISE.strip() + "\n",
}
"""Source by the name of the class it defines."""
