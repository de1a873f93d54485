"""Source text of quantizers; gradients pass them as if nothing were rounded (straight-through estimators)."""

SOURCES = {
    "straight_through": '''
def straight_through(value: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """`value` itself, with the gradient of `x`."""
    return value.detach() + (x - x.detach())
''',
    "signs": '''
def signs(x: torch.Tensor) -> torch.Tensor:
    """1 where a value is positive, -1 elsewhere."""
    return (x > 0).to(x.dtype) * 2 - 1
''',
    "FixedPointQuantize": '''
class FixedPointQuantize(nn.Module):
    """Rounds values to the multiples of `delta` that so many bits can hold, halves away from 0.

    The gradient passes unchanged; with `clip_gradient` it is 0 for values out of range.
    """

    def __init__(self, bits: int, delta: float, signed: bool = True, clip_gradient: bool = True) -> None:
        super().__init__()
        self.delta = delta
        self.high = (2 ** (bits - signed) - 1) * delta
        self.low = -self.high if signed else 0.0
        self.clip_gradient = clip_gradient

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        clipped = x.clamp(self.low, self.high)
        multiples = (clipped.abs() / self.delta + 0.5).floor() * clipped.sign()
        if self.clip_gradient:
            x = x.masked_fill((x < self.low) | (x > self.high), 0.0)
        return straight_through(multiples * self.delta, x)
''',
    "Pow2Quantize": '''
class Pow2Quantize(nn.Module):
    """Rounds values to powers of 2, the largest of them 2^exponent, of which so many bits can tell.

    One bit says the sign if `signed`, and one is for 0 with `with_zero`. The gradient passes unchanged; with
    `clip_gradient` it is 0 for values that round to more than the largest power, and for negative ones without sign.
    """

    def __init__(
        self, bits: int, exponent: int, signed: bool = True, with_zero: bool = True, clip_gradient: bool = True
    ) -> None:
        super().__init__()
        self.high = 2.0**exponent
        self.low = 2.0 ** (exponent - (2 ** (bits - signed - with_zero) - 1))
        self.signed = signed
        self.with_zero = with_zero
        self.clip_gradient = clip_gradient

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        power = x.detach().abs().log2().round().exp2()
        rounded = power.clamp(self.low, self.high)
        if self.with_zero:
            rounded = rounded.masked_fill(x.abs() < self.low * 0.5**0.5, 0.0)
        negative = x < 0
        if self.signed:
            rounded = torch.where(negative, -rounded, rounded)
        else:
            rounded = rounded.masked_fill(negative, 0.0 if self.with_zero else self.low)
        if self.clip_gradient:
            x = x.masked_fill((power > self.high) if self.signed else (power > self.high) | negative, 0.0)
        return straight_through(rounded, x)
''',
    "MinMaxQuantize": '''
class MinMaxQuantize(nn.Module):
    """Rounds values to evenly spaced levels from `low` to `high`, moved a little so that 0 is one of them.

    Both ends are trained ("trained"), or moving averages of the least and largest values that training has seen
    ("average"), or those of the batch ("batch"). The gradient passes unchanged; with `clip_gradient` it is 0 for values
    out of range. That of a trained end is the sum of the gradients of all values beyond it.
    """

    def __init__(
        self,
        levels: int,
        low: float = -6.0,
        high: float = 6.0,
        ends: str = "trained",
        decay: float = 0.999,
        eps: float = 0.01,
        clip_gradient: bool = True,
    ) -> None:
        super().__init__()
        self.steps = levels - 1
        self.ends = ends
        self.decay = decay
        self.eps = eps
        self.clip_gradient = clip_gradient
        if ends == "trained":
            self.low = nn.Parameter(torch.tensor(low))
            self.high = nn.Parameter(torch.tensor(high))
        elif ends == "average":
            self.register_buffer("low", torch.tensor(low))
            self.register_buffer("high", torch.tensor(high))

    def range(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The least and the largest value that are told apart."""
        if self.ends == "batch":
            return x.detach().amin(), x.detach().amax()
        if self.ends == "average" and self.training:
            self.low.mul_(self.decay).add_(x.detach().amin() * (1 - self.decay))
            self.high.mul_(self.decay).add_(x.detach().amax() * (1 - self.decay))
        return self.low, self.high

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        low, high = self.range(x)
        with torch.no_grad():
            step = torch.maximum(high - low, torch.full_like(low, self.eps)) / self.steps
            zero = (-low / step + 0.5).floor().clamp(0, self.steps)  # which level is 0
            least, largest = -zero * step, (self.steps - zero) * step
            levels = ((x.clamp(least, largest) - least) / step + 0.5).floor()
            rounded = levels * step + least
            below, above = x < least, x > largest
        passed = torch.where(below, low, torch.where(above, high, x))
        if not self.clip_gradient:
            passed = passed + x * (below | above)
        return straight_through(rounded, passed).to(x.dtype)
''',
    "BinaryTanh": '''
class BinaryTanh(nn.Module):
    """1 for positive values, -1 for the others; the gradient is that of the values between -1 and 1, and 0 beyond."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return straight_through(signs(x), F.hardtanh(x))
''',
    "BinarySigmoid": '''
class BinarySigmoid(nn.Module):
    """1 for positive values, 0 for the others; the gradient is 1/2 between -1 and 1, and 0 beyond."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return straight_through((x > 0).to(x.dtype), F.hardtanh(x) / 2)
''',
    "BinaryConnectLinear": '''
class BinaryConnectLinear(nn.Linear):
    """A linear layer that uses only the signs of its weights; training moves the weights themselves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, straight_through(signs(self.weight), self.weight), self.bias)
''',
    "BinaryConnectConv2d": '''
class BinaryConnectConv2d(nn.Conv2d):
    """A convolution that uses only the signs of its weights; training moves the weights themselves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._conv_forward(x, straight_through(signs(self.weight), self.weight), self.bias)
''',
    "BinaryWeightLinear": '''
class BinaryWeightLinear(nn.Linear):
    """A linear layer that uses the signs of its weights, times the mean size of the weights of each output."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sizes = self.weight.abs().mean(dim=1, keepdim=True)  # (out_features, 1)
        return F.linear(x, straight_through(signs(self.weight) * sizes, self.weight), self.bias)
''',
    "BinaryWeightConv2d": '''
class BinaryWeightConv2d(nn.Conv2d):
    """A convolution that uses the signs of its weights, times the mean size of the weights of each output channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        sizes = self.weight.abs().mean(dim=(1, 2, 3), keepdim=True)  # (out_channels, 1, 1, 1)
        return self._conv_forward(x, straight_through(signs(self.weight) * sizes, self.weight), self.bias)
''',
}
