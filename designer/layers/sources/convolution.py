"""Convolution whose windows the network bends itself, and weights that are standardized when used."""

_DEFORM_CONV2D = '''
class DeformConv2d(nn.Module):
    """Convolution (N, C, H, W) -> (N, C', H', W') whose windows look at places that the network shifts.

    offset (N, 2 * G * K, H', W') has a shift (rows, columns) for each of the G offset groups of channels and each of
    the kernel's K places; mask (N, G * K, H', W') a factor. Between the pixels values are interpolated, outside 0.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (0, 0),
        dilation: tuple[int, int] = (1, 1),
        groups: int = 1,
        offset_groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.padding, self.dilation = kernel_size, stride, padding, dilation
        self.groups, self.offset_groups = groups, offset_groups
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *kernel_size))
        nn.init.kaiming_uniform_(self.weight, a=5**0.5)
        bound = self.weight[0].numel() ** -0.5
        self.bias = nn.Parameter(torch.empty(out_channels).uniform_(-bound, bound)) if bias else None

    def forward(self, x: torch.Tensor, offset: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        n, channels, height, width = x.shape
        out_h, out_w = offset.shape[2:]
        places = self.kernel_size[0] * self.kernel_size[1]
        rows, columns = self.centres(offset).unbind(2)  # each (N * G, K, H', W')
        grid = torch.stack(((2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1), dim=-1)  # from -1 to 1
        pictures = x.reshape(n * self.offset_groups, -1, height, width)
        values = F.grid_sample(pictures, grid.flatten(1, 2), align_corners=False)  # (N * G, C / G, K * H', W')
        values = values.reshape(n, self.offset_groups, -1, places, out_h, out_w)
        if mask is not None:
            values = values * mask.reshape(n, self.offset_groups, 1, places, out_h, out_w)
        values = values.reshape(n, self.groups, channels // self.groups * places, out_h * out_w)
        weight = self.weight.reshape(self.groups, -1, values.shape[2])  # (groups, C' / groups, C / groups * K)
        out = torch.einsum("gok,ngkp->ngop", weight, values).reshape(n, -1, out_h, out_w)
        return out if self.bias is None else out + self.bias.view(-1, 1, 1)

    def centres(self, offset: torch.Tensor) -> torch.Tensor:
        """Row and column that each place of each window looks at: (N * G, K, 2, H', W')."""
        axes = []
        for axis in (0, 1):
            starts = torch.arange(offset.shape[2 + axis], device=offset.device) * self.stride[axis] - self.padding[axis]
            steps = torch.arange(self.kernel_size[axis], device=offset.device) * self.dilation[axis]
            axes.append(steps[:, None] + starts)  # (kernel, size)
        kernel, (out_h, out_w) = self.kernel_size, offset.shape[2:]
        rows = axes[0].view(kernel[0], 1, out_h, 1).expand(*kernel, out_h, out_w)
        columns = axes[1].view(1, kernel[1], 1, out_w).expand(*kernel, out_h, out_w)
        regular = torch.stack((rows.flatten(0, 1), columns.flatten(0, 1)), dim=1)  # (K, 2, H', W')
        return regular + offset.reshape(-1, *regular.shape)
'''

_WEIGHT_STANDARDIZATION = '''
class WeightStandardization(nn.Module):
    """Brings the weights of every output to mean 0 and variance 1, whenever they are used; `dim` counts the outputs."""

    def __init__(self, dim: int = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        axes = tuple(axis for axis in range(weight.dim()) if axis != self.dim)
        variance, mean = torch.var_mean(weight, dim=axes, correction=0, keepdim=True)
        return (weight - mean) / torch.sqrt(variance + 1e-5)
'''

SOURCES = {
    "DeformConv2d": _DEFORM_CONV2D.strip() + "\n",
    "WeightStandardization": _WEIGHT_STANDARDIZATION.strip() + "\n",
}
