"""Reductions over any axes, and Fourier transforms, against torch on one sample at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor

from designer.layers import ShapeError, make


def in_turn(reduce: Callable[[Tensor, int], Tensor]) -> Callable[[Tensor, tuple[int, ...]], Tensor]:
    """A reduction of one axis, applied to several, the last first; the axes stay."""

    def reduced(x: Tensor, axes: tuple[int, ...]) -> Tensor:
        for axis in axes:
            x = reduce(x, axis)
        return x

    return reduced


REFERENCES: dict[str, Callable[[Tensor, tuple[int, ...]], Tensor]] = {
    "Sum": in_turn(lambda x, axis: x.cumsum(axis).narrow(axis, -1, 1)),
    "Mean": in_turn(lambda x, axis: x.mean(axis, keepdim=True)),
    "Prod": in_turn(lambda x, axis: x.prod(axis, keepdim=True)),
    "Max": in_turn(lambda x, axis: x.max(axis, keepdim=True).values),
    "Min": in_turn(lambda x, axis: x.min(axis, keepdim=True).values),
    "Norm": in_turn(lambda x, axis: x.square().sum(axis, keepdim=True).sqrt()),
}
SHAPE = (3, 4, 2)
SUBSETS = [(0,), (1,), (-1,), (1, 2), (2, 0), (-3, -1), (0, 1, 2)]


def sized(x: Tensor, axes: tuple[int, ...], keep_dims: bool) -> Tensor:
    """A result whose axes stayed, as the layer gives it: (N, 1) if nothing is left."""
    if keep_dims:
        return x
    gone = {axis % 3 + 1 for axis in axes}
    left = [size for i, size in enumerate(x.shape[1:], 1) if i not in gone]
    return x.reshape(x.shape[0], *(left or [1]))


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize("axes", SUBSETS)
@pytest.mark.parametrize("kind", REFERENCES)
def test_reductions_reduce_every_sample_alone(kind: str, axes: tuple[int, ...], keep_dims: bool) -> None:
    x = torch.randn(2, *SHAPE, dtype=torch.float64, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    out = written(make(kind, {"axes": axes, "keep_dims": keep_dims}), SHAPE)(x)
    expected = sized(REFERENCES[kind](y, tuple(axis % 3 + 1 for axis in axes)), axes, keep_dims)
    torch.testing.assert_close(out, expected)
    weigh = torch.cos(torch.arange(out.numel())).view(out.shape)
    (out * weigh).sum().backward()
    (expected * weigh).sum().backward()
    torch.testing.assert_close(x.grad, y.grad)


@pytest.mark.parametrize("keep_dims", [False, True])
@pytest.mark.parametrize("axes", SUBSETS)
@pytest.mark.parametrize("kind", ["Max", "Min"])
def test_the_index_counts_several_axes_as_one(kind: str, axes: tuple[int, ...], keep_dims: bool) -> None:
    x = torch.randn(2, *SHAPE)
    out = written(make(kind, {"axes": axes, "keep_dims": keep_dims, "only_index": True}), SHAPE)(x)
    dims = sorted(axis % 3 + 1 for axis in axes)
    rest = [dim for dim in range(4) if dim not in dims]
    rows = x.permute(*rest, *dims).reshape(*(x.shape[dim] for dim in rest), -1)
    index = getattr(rows, f"arg{kind.lower()}")(-1)
    assert out.flatten().tolist() == index.flatten().tolist()
    assert tuple(out.shape[1:]) == make(kind, {"axes": axes, "keep_dims": keep_dims}).output(SHAPE)


@pytest.mark.parametrize("p", [0.0, 1.0, 3.0, 0.5])
def test_norms_of_other_orders(p: float) -> None:
    x = torch.randn(2, 5, dtype=torch.float64)
    expected = (x != 0).double().sum(1) if p == 0 else (x.abs() ** p).sum(1) ** (1 / p)
    torch.testing.assert_close(written(make("Norm", {"p": p}), (5,))(x), expected[:, None])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("axes", [(0,), (0, 2), (0, 1, 2)])
@pytest.mark.parametrize("kind", [*REFERENCES, "argMax", "argMin"])
def test_the_type_of_the_input_is_kept(kind: str, axes: tuple[int, ...], dtype: torch.dtype) -> None:
    properties: dict[str, Any] = {"axes": axes} | ({"only_index": True} if kind.startswith("arg") else {})
    assert written(make(kind.removeprefix("arg"), properties), SHAPE)(torch.rand(2, *SHAPE).to(dtype)).dtype == dtype


@pytest.mark.parametrize("kind", [*REFERENCES, "argMax", "argMin"])
@settings(max_examples=15, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple),
    axes=st.lists(st.integers(-4, 3), min_size=1, max_size=3),
    keep_dims=st.booleans(),
)
def test_shapes_are_torchs(kind: str, shape: tuple[int, ...], axes: list[int], keep_dims: bool) -> None:
    properties: dict[str, Any] = {"axes": axes, "keep_dims": keep_dims}
    layer = make(kind.removeprefix("arg"), properties | ({"only_index": True} if kind.startswith("arg") else {}))
    try:
        torch.zeros(shape).sum(axes)  # the same axes, of one sample
    except (IndexError, RuntimeError):
        found = layer.facts((shape,))
        assert isinstance(found, ShapeError)
        assert found.code in ("axis", "bad-property")
    else:
        agrees_with_torch(layer, shape)


# ---- Fourier transforms


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_fourier_transforms_are_torchs_and_inverse(axes: int, normalized: bool) -> None:
    shape = (2, 3, 4, 5)
    z = torch.randn(shape, dtype=torch.complex128)
    x = torch.view_as_real(z)
    properties = {"signal_ndim": axes, "normalized": normalized}
    spectrum = written(make("FFT", properties), (3, 4, 5, 2))(x)
    expected = torch.fft.fftn(z, dim=tuple(range(4 - axes, 4)), norm="ortho" if normalized else "backward")
    torch.testing.assert_close(torch.view_as_complex(spectrum), expected)
    back = written(make("IFFT", properties), (3, 4, 5, 2))(spectrum)
    torch.testing.assert_close(back, x)


def test_fourier_transform_is_the_sum_of_the_textbook() -> None:
    x = torch.randn(2, 5, 2, dtype=torch.float64, requires_grad=True)
    module = written(make("FFT", {"signal_ndim": 1}), (5, 2))
    steps = torch.arange(5, dtype=torch.float64)
    waves = torch.exp(-2j * torch.pi * steps[:, None] * steps / 5)
    expected = (waves @ torch.view_as_complex(x.detach())[..., None])[..., 0]
    torch.testing.assert_close(torch.view_as_complex(module(x)), expected)
    assert torch.autograd.gradcheck(module, x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_fourier_transform_keeps_the_type_and_takes_any_memory_format(dtype: torch.dtype) -> None:
    x = torch.randn(2, 3, 6, 2).to(dtype)
    module = written(make("FFT", {"signal_ndim": 1}), (3, 6, 2))
    assert module(x).dtype == dtype
    assert torch.equal(module(x.to(memory_format=torch.channels_last)), module(x))


@pytest.mark.parametrize("kind", ["FFT", "IFFT"])
@settings(max_examples=30, deadline=None)
@given(shape=st.lists(st.integers(1, 3), min_size=1, max_size=5).map(tuple), axes=st.integers(1, 3))
def test_fourier_transforms_take_pairs_behind_enough_axes(kind: str, shape: tuple[int, ...], axes: int) -> None:
    layer = make(kind, {"signal_ndim": axes})
    if shape[-1] == 2 and len(shape) > axes:
        agrees_with_torch(layer, shape)
    else:
        found = layer.facts((shape,))
        assert isinstance(found, ShapeError)
        assert found.code == ("not-complex" if shape[-1] != 2 else "too-few-axes")
