"""Convolutions, pooling and resizing over any number of directions, against torch: shapes, values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, gradients_agree, keeps_the_dtype, written
from torch import Tensor

from designer.layers import Facts, ShapeError, make

few = settings(max_examples=20, deadline=None)
Properties = dict[str, st.SearchStrategy[object]]


def sizes(axes: int, low: int, high: int) -> st.SearchStrategy[object]:
    """One number, or one for each direction."""
    number = st.integers(low, high)
    return number if axes == 1 else number | st.lists(number, min_size=axes, max_size=axes)


def some(properties: Properties) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({}, optional=properties)


def inputs(axes: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(st.integers(1, 6), *[st.integers(1, 7)] * axes)


def windowed(axes: int, *borders: str) -> Properties:
    return {
        "kernel_size": sizes(axes, 1, 4),
        "stride": sizes(axes, 1, 3),
        "padding": sizes(axes, 0, 2) | st.sampled_from(borders),
    }


WEIGHTED: Properties = {"bias": st.booleans(), "weight_norm": st.sampled_from(["none", "weight", "standardized"])}
CONV = ("same", "valid", "full")
POOL = ("same", "valid", "end")
CASES: dict[str, tuple[int, Properties]] = {
    "Conv2d": (2, {**windowed(2, *CONV), "out_channels": st.integers(1, 6), "groups": st.integers(1, 2), **WEIGHTED}),
    "Conv1d": (1, {**windowed(1, *CONV), "out_channels": st.integers(1, 6), "dilation": sizes(1, 1, 2), **WEIGHTED}),
    "Conv3d": (3, {**windowed(3, *CONV), "out_channels": st.integers(1, 6), "dilation": sizes(3, 1, 2), **WEIGHTED}),
    "DepthwiseConv2d": (2, {**windowed(2, *CONV), "multiplier": st.integers(1, 3), **WEIGHTED}),
    "ConvTranspose2d": (2, {"kernel_size": sizes(2, 1, 4), "groups": st.integers(1, 2), **WEIGHTED}),
    "ConvTranspose1d": (1, {"kernel_size": sizes(1, 1, 4), "padding": sizes(1, 0, 2), **WEIGHTED}),
    "ConvTranspose3d": (3, {"kernel_size": sizes(3, 1, 4), "stride": sizes(3, 1, 3), **WEIGHTED}),
    "DepthwiseConvTranspose2d": (2, {"kernel_size": sizes(2, 1, 4), "divisor": st.integers(1, 3), **WEIGHTED}),
    "MaxPool1d": (1, {**windowed(1, *POOL), "ceil_mode": st.booleans()}),
    "MaxPool3d": (3, {**windowed(3, *POOL), "ceil_mode": st.booleans()}),
    "AvgPool1d": (1, {**windowed(1, *POOL), "ceil_mode": st.booleans(), "count_include_pad": st.booleans()}),
    "AvgPool3d": (3, {**windowed(3, *POOL), "ceil_mode": st.booleans(), "count_include_pad": st.booleans()}),
    "SumPool2d": (2, {**windowed(2, *POOL), "ceil_mode": st.booleans()}),
    "LPPool2d": (2, {"kernel_size": sizes(2, 1, 4), "stride": sizes(2, 1, 3), "ceil_mode": st.booleans()}),
    "AdaptiveAvgPool2d": (2, {"output_size": sizes(2, 1, 9)}),
    "AdaptiveMaxPool2d": (2, {"output_size": sizes(2, 1, 9)}),
    "GlobalAveragePool": (2, {"keepdim": st.booleans()}),
    "GlobalMaxPool": (2, {"keepdim": st.booleans()}),
    "PixelShuffle": (2, {"upscale_factor": st.integers(1, 3)}),
    "PixelUnshuffle": (2, {"downscale_factor": st.integers(1, 3)}),
    "ChannelShuffle": (2, {"groups": st.integers(1, 4)}),
    "Unfold": (2, {"kernel_size": sizes(2, 1, 4), "stride": sizes(2, 1, 3), "padding": sizes(2, 0, 2),
                   "dilation": sizes(2, 1, 2)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
@few
@given(data=st.data())
def test_shapes_weights_and_errors_are_torchs(kind: str, data: st.DataObject) -> None:
    axes, properties = CASES[kind]
    agrees_with_torch(make(kind, data.draw(some(properties))), data.draw(inputs(axes)))


@pytest.mark.parametrize("kind", CASES)
def test_the_inputs_dtype_comes_out(kind: str) -> None:
    keeps_the_dtype(make(kind, {}), (8, *[6] * CASES[kind][0]))


@few
@given(st.integers(1, 3), st.sampled_from(["nearest", "linear", "bicubic"]), st.booleans(), st.data())
def test_upsample_and_interpolate_agree(axes: int, mode: str, align: bool, data: st.DataObject) -> None:
    shape = data.draw(inputs(axes))
    options = {"mode": mode, "align_corners": align}
    for kind, field in (("Upsample", "scale_factor"), ("Interpolate", "size")):
        value = data.draw(sizes(axes, 1, 4))
        agrees_with_torch(make(kind, {field: value, **options}), shape)
    keeps_the_dtype(make("Upsample", {"mode": mode}), (3, 4, 4))
    keeps_the_dtype(make("Interpolate", {"size": 7, "mode": mode}), (3, 4, 4))


@pytest.mark.parametrize("kind", ["Upsample", "Interpolate"])
def test_resizing_wants_a_number_for_each_axis(kind: str) -> None:
    field = "size" if kind == "Interpolate" else "scale_factor"
    found = make(kind, {field: [2, 3]}).facts(((4, 5),))
    assert isinstance(found, ShapeError)
    assert found.code == "axes"
    assert isinstance(make(kind, {"mode": "bicubic"}).facts(((4, 5),)), ShapeError)


# ---- values and gradients against formulas written by hand, or torch's own functions


def unpooled(x: Tensor) -> Tensor:
    """NNC's Unpooling: every value is repeated over a window."""
    return x.repeat_interleave(2, dim=2).repeat_interleave(3, dim=3)


def depthwise(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Each channel on its own, one filter after the other."""
    planes = [
        F.conv2d(x[:, c : c + 1], weight[2 * c + m : 2 * c + m + 1]) + bias[2 * c + m]
        for c in range(x.shape[1])
        for m in range(2)
    ]
    return torch.cat(planes, 1)


def depthwise_transposed(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Every two channels, each with its kernel, add up to one."""
    planes = [
        F.conv_transpose2d(x[:, 2 * c : 2 * c + 1], weight[2 * c : 2 * c + 1], stride=2)
        + F.conv_transpose2d(x[:, 2 * c + 1 : 2 * c + 2], weight[2 * c + 1 : 2 * c + 2], stride=2)
        + bias[c]
        for c in range(x.shape[1] // 2)
    ]
    return torch.cat(planes, 1)


def same_lower_right(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return F.conv3d(F.pad(x, (0, 1) * 3), weight, bias)


def shuffled(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x.reshape(n, c // 4, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)


REFERENCES: list[tuple[str, dict[str, object], tuple[int, ...], Callable[..., Tensor]]] = [
    ("Upsample", {"scale_factor": [2, 3]}, (2, 3, 2), unpooled),
    ("Upsample", {"mode": "linear"}, (2, 4, 3), lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
    ("Interpolate", {"size": [5, 7], "align_corners": True}, (2, 4, 3),
     lambda x: F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True)),
    ("Interpolate", {"size": 5}, (2, 4), lambda x: F.interpolate(x, size=5, mode="linear")),
    ("SumPool2d", {"padding": 1, "kernel_size": 3, "stride": 2}, (2, 5, 5),
     lambda x: F.conv2d(F.pad(x, (1, 1, 1, 1)).flatten(0, 1)[:, None], torch.ones(1, 1, 3, 3, dtype=x.dtype),
                        stride=2).unflatten(0, x.shape[:2])[:, :, 0]),
    ("AvgPool1d", {"kernel_size": 3, "padding": "same"}, (2, 5), lambda x: F.avg_pool1d(F.pad(x, (0, 1)), 3)),
    ("LPPool2d", {"norm_type": 3}, (2, 4, 4),
     lambda x: (x.unfold(2, 2, 2).unfold(3, 2, 2) ** 3).sum((-1, -2)) ** (1 / 3)),
    ("GlobalMaxPool", {"keepdim": True}, (2, 3, 4), lambda x: x.flatten(2).max(2).values[:, :, None, None]),
    ("DepthwiseConv2d", {"multiplier": 2}, (3, 5, 5), depthwise),
    ("DepthwiseConvTranspose2d", {"divisor": 2, "kernel_size": 3}, (4, 3, 3), depthwise_transposed),
    ("Conv3d", {"kernel_size": 2, "padding": "same", "out_channels": 2}, (2, 3, 3, 3), same_lower_right),
    ("Conv1d", {"kernel_size": 3, "padding": "full"}, (2, 5), lambda x, w, b: F.conv1d(x, w, b, padding=2)),
    ("PixelShuffle", {}, (8, 2, 3), shuffled),
    ("PixelUnshuffle", {}, (2, 4, 6), lambda x: F.pixel_unshuffle(x, 2)),
    ("ChannelShuffle", {"groups": 3}, (6, 2, 2),
     lambda x: x.reshape(len(x), 3, 2, 2, 2).transpose(1, 2).reshape(x.shape)),
    ("Unfold", {"kernel_size": 2}, (2, 3, 3), lambda x: F.unfold(x, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "shape", "reference"), REFERENCES)
def test_values_and_gradients_are_those_of_the_formula(
    kind: str, properties: dict[str, object], shape: tuple[int, ...], reference: Callable[..., Tensor]
) -> None:
    gradients_agree(make(kind, properties), reference, shape, positive=kind == "LPPool2d")


def clipped(x: Tensor, kernel: int, stride: int) -> list[list[Tensor]]:
    """NNC's windows without IgnoreBorder: each that begins inside, cut off at the end."""
    starts = [range(0, size, stride) for size in x.shape[2:]]
    return [[x[:, :, i : i + kernel, j : j + kernel] for j in starts[1]] for i in starts[0]]


@pytest.mark.parametrize(("size", "kernel", "stride"), [(7, 3, 2), (5, 2, 2), (6, 4, 1), (5, 1, 3), (6, 3, 3)])
@pytest.mark.parametrize(("kind", "reduce"), [
    ("MaxPool2d", torch.amax), ("AvgPool2d", torch.mean), ("SumPool2d", torch.sum),
])  # fmt: skip
def test_windows_that_reach_over_the_end_are_nncs(
    kind: str, reduce: Callable[..., Tensor], size: int, kernel: int, stride: int
) -> None:
    def reference(x: Tensor) -> Tensor:
        rows = [torch.stack([reduce(w, dim=(2, 3)) for w in row], -1) for row in clipped(x, kernel, stride)]
        return torch.stack(rows, 2)

    gradients_agree(make(kind, {"kernel_size": kernel, "stride": stride, "padding": "end"}), reference,
                    (2, size, size + 1))  # fmt: skip


def test_border_mode_full_reaches_as_far_as_windows_touch() -> None:
    facts = make("Conv2d", {"kernel_size": [3, 5], "dilation": 2, "padding": "full"}).facts(((1, 6, 6),))
    assert isinstance(facts, Facts)
    assert facts.outputs[0][1:] == (6 + 4, 6 + 8)


# ---- convolutions whose windows or weights are inputs


def deformed(x: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The definition, value by value: bilinear between pixels, 0 outside; two groups, two offset groups."""
    n, _, height, width = x.shape
    out = torch.zeros(n, weight.shape[0], *offset.shape[2:], dtype=x.dtype) + bias.view(-1, 1, 1)

    def pixel(i: int, c: int, y: float, z: float) -> Tensor:
        inside = 0 <= y < height and 0 <= z < width
        return x[i, c, int(y), int(z)] if inside else torch.zeros((), dtype=x.dtype)

    for i, o, row, col in torch.cartesian_prod(*map(torch.arange, out.shape)).tolist():
        for c, ky, kx in torch.cartesian_prod(*map(torch.arange, weight.shape[1:])).tolist():
            channel = c + (o // (weight.shape[0] // 2)) * weight.shape[1]
            group, place = channel // (x.shape[1] // 2), 2 * ky + kx
            y = 2 * row - 1 + ky + offset[i, group * 8 + 2 * place, row, col]
            z = 2 * col - 1 + kx + offset[i, group * 8 + 2 * place + 1, row, col]
            top, left = float(y.detach().floor()), float(z.detach().floor())
            value = torch.zeros((), dtype=x.dtype)
            for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
                share = (1 - (y - top - dy).abs()) * (1 - (z - left - dx).abs())
                value = value + share * pixel(i, channel, top + dy, left + dx)
            out[i, o, row, col] += weight[o, c, ky, kx] * value * mask[i, group * 4 + place, row, col]
    return out


DEFORM = {"out_channels": 2, "kernel_size": 2, "stride": 2, "padding": 1, "groups": 2, "offset_groups": 2}


def test_deformable_convolution_is_its_definition() -> None:
    layer = make("DeformConv2d", DEFORM)
    gradients_agree(layer, deformed, (4, 3, 3), (16, 2, 2), (8, 2, 2))


def test_deformable_convolution_without_offsets_is_a_convolution() -> None:
    layer = make("DeformConv2d", {"out_channels": 3, "padding": "same", "kernel_size": 4})
    module = written(layer, (2, 6, 5), (32, 6, 5)).double()
    x = torch.randn(2, 2, 6, 5, dtype=torch.float64)
    plain = F.conv2d(F.pad(x, (1, 2, 1, 2)), module.m.weight, module.m.bias)
    torch.testing.assert_close(module(x, torch.zeros(2, 32, 6, 5, dtype=torch.float64)), plain)


@few
@given(some({"kernel_size": sizes(2, 1, 3), "stride": sizes(2, 1, 2), "dilation": sizes(2, 1, 2),
             "padding": sizes(2, 0, 2) | st.sampled_from(CONV), "offset_groups": st.integers(1, 2), **WEIGHTED}),
       st.booleans())  # fmt: skip
def test_deformable_convolution_agrees(properties: dict[str, object], masked: bool) -> None:
    layer = make("DeformConv2d", {"out_channels": 4, **properties})
    plain = make("Conv2d", {"out_channels": 4, **{k: v for k, v in properties.items() if k != "offset_groups"}})
    facts = plain.facts(((4, 5, 6),))
    kernel = properties.get("kernel_size", 3)
    places = kernel * kernel if isinstance(kernel, int) else kernel[0] * kernel[1]  # type: ignore[index]
    groups = int(properties.get("offset_groups", 1))  # type: ignore[call-overload]
    size = facts.outputs[0][1:] if isinstance(facts, Facts) else (1, 1)
    offset, mask = (2 * groups * places, *size), (groups * places, *size)
    agrees_with_torch(layer, (4, 5, 6), offset, *([mask] if masked else []))


def test_deformable_convolution_says_what_offsets_it_needs() -> None:
    found = make("DeformConv2d", {"padding": 1}).facts(((4, 5, 6), (9, 5, 6)))
    assert isinstance(found, ShapeError)
    assert (found.code, found.port, found.data) == ("offset-shape", 1, {"wanted": (18, 5, 6)})
    keeps_the_dtype(make("DeformConv2d", {"padding": 1}), (4, 5, 6), (18, 5, 6), (9, 5, 6))


def separable(x: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """The definition, place by place."""
    rows, columns = vertical.shape[1], horizontal.shape[1]
    height, width = x.shape[2] - rows + 1, x.shape[3] - columns + 1
    out = torch.zeros(*x.shape[:2], height, width, dtype=x.dtype)
    for row in range(height):
        for col in range(width):
            kernel = vertical[:, :, row, col, None] * horizontal[:, None, :, row, col]
            out[:, :, row, col] += (x[:, :, row : row + rows, col : col + columns] * kernel[:, None]).sum((2, 3))
    return out


@pytest.mark.parametrize("size", [(4, 5), (5, 6), (6, 6)])
def test_adaptive_separable_convolution_is_its_definition(size: tuple[int, int]) -> None:
    shapes = (2, 6, 6), (3, *size), (2, *size)
    layer = make("AdaptiveSeparableConv2d", {})
    agrees_with_torch(layer, *shapes)
    keeps_the_dtype(layer, *shapes)
    gradients_agree(layer, separable, *shapes)


def test_adaptive_separable_convolution_refuses_kernels_for_too_few_places() -> None:
    for shapes in [((2, 6, 6), (3, 3, 5), (2, 4, 5)), ((2, 6, 6), (7, 1, 1), (2, 1, 1)), ((2, 6, 6), (3,), (2, 4, 5))]:
        assert isinstance(make("AdaptiveSeparableConv2d", {}).facts(shapes), ShapeError)
