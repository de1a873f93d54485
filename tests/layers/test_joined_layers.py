"""Layers of several inputs (arithmetic, comparisons, matrix products) against torch, stretched axes included."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, written
from torch import Tensor

from designer.layers import ShapeError, make

TWO: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Subtract": torch.sub,
    "Divide": torch.div,
    "Power": torch.pow,
    "Atan2": torch.atan2,
    "Equal": torch.eq,
    "NotEqual": torch.ne,
    "Greater": torch.gt,
    "GreaterEqual": torch.ge,
    "Less": torch.lt,
    "LessEqual": torch.le,
    "LogicalAnd": torch.logical_and,
    "LogicalOr": torch.logical_or,
    "LogicalXor": torch.logical_xor,
}
MANY: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "Add": torch.add,
    "Multiply": torch.mul,
    "Maximum": torch.maximum,
    "Minimum": torch.minimum,
}
CONDITIONS = set(list(TWO)[4:])


def whole_numbers(*shape: int, seed: int = 0) -> Tensor:
    """1, 2 and 3, so that equal ones meet; 0 in place of 3 for the second input."""
    generator = torch.Generator().manual_seed(seed)
    found = torch.randint(1, 4, shape, generator=generator).double()
    return found % 3 if seed == 1 else found


def compare(kind: str, formula: Callable[..., Tensor], xs: list[Tensor]) -> None:
    ys = [x.clone().requires_grad_() for x in xs]
    xs = [x.requires_grad_() for x in xs]
    out = written(make(kind, {}), *(tuple(x.shape[1:]) for x in xs))(*xs)
    expected = formula(*ys).to(torch.float64)
    torch.testing.assert_close(out, expected, equal_nan=True)
    assert out.requires_grad == (kind not in CONDITIONS)
    if out.requires_grad:
        out.sum().backward()
        expected.sum().backward()
        for x, y in zip(xs, ys, strict=True):
            torch.testing.assert_close(x.grad, y.grad, equal_nan=True)


@pytest.mark.parametrize("kind", TWO)
@pytest.mark.parametrize("other", [(3, 4, 5), (3, 1, 1), (1, 4, 5)])
def test_two_inputs_give_what_torch_gives(kind: str, other: tuple[int, ...]) -> None:
    compare(kind, TWO[kind], [whole_numbers(2, 3, 4, 5), whole_numbers(2, *other, seed=1) + (kind == "Divide")])
    compare(kind, TWO[kind], [whole_numbers(2, *other), whole_numbers(2, 3, 4, 5, seed=2)])


@pytest.mark.parametrize("kind", MANY)
@pytest.mark.parametrize("count", [2, 3, 4])
def test_many_inputs_give_what_torch_gives(kind: str, count: int) -> None:
    inputs = [torch.randn(2, *(3, 1, 1) if i == 1 else (3, 4, 5), dtype=torch.float64) for i in range(count)]
    compare(kind, lambda *xs: reduce(MANY[kind], xs), inputs)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("kind", [*TWO, *MANY, "MatMul"])
def test_the_type_of_the_inputs_is_kept(kind: str, dtype: torch.dtype) -> None:
    x = torch.rand(2, 3, 3, dtype=dtype)
    assert written(make(kind, {}), (3, 3), (3, 3))(x, x).dtype == dtype


@pytest.mark.parametrize("kind", [*TWO, *MANY])
@settings(max_examples=10, deadline=None)
@given(shapes=st.lists(st.lists(st.integers(1, 3), min_size=2, max_size=3).map(tuple), min_size=2, max_size=3))
def test_shapes_stretch_as_torch_stretches_those_of_equal_rank(kind: str, shapes: list[tuple[int, ...]]) -> None:
    layer = make(kind, {})
    shapes = shapes if kind in MANY else shapes[:2]
    if len(set(map(len, shapes))) == 1:
        agrees_with_torch(layer, *shapes)
    else:  # torch would stretch the batch
        found = layer.facts(tuple(shapes))
        assert isinstance(found, ShapeError)
        assert found.code == {"Add": "add-shapes", "Multiply": "multiply-shapes"}.get(kind, "broadcast-shapes")


# ---- matrices

MATRICES = st.lists(st.integers(1, 3), min_size=2, max_size=4).map(tuple)


@settings(max_examples=100, deadline=None)
@given(MATRICES, MATRICES, st.booleans(), st.booleans())
def test_matrix_product_takes_what_torch_takes_of_equal_rank(
    a: tuple[int, ...], b: tuple[int, ...], transpose_a: bool, transpose_b: bool
) -> None:
    layer = make("MatMul", {"transpose_a": transpose_a, "transpose_b": transpose_b})
    if len(a) == len(b):
        agrees_with_torch(layer, a, b)
    else:
        assert isinstance(layer.facts((a, b)), ShapeError)


def test_matrix_product_is_that_of_einstein() -> None:
    a, b = torch.randn(2, 4, 3, 5, dtype=torch.float64), torch.randn(2, 4, 3, 6, dtype=torch.float64)
    out = written(make("MatMul", {"transpose_a": True}), (4, 3, 5), (4, 3, 6))(a, b)
    torch.testing.assert_close(out, torch.einsum("nhki,nhkj->nhij", a, b))
    assert make("MatMul", {}).facts(((7, 5), (5, 6))).multiply_adds == 7 * 5 * 6  # type: ignore[union-attr]


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize(
    ("kind", "formula"),
    [
        ("Inverse", torch.linalg.inv),
        ("Determinant", torch.linalg.det),
        ("LogDeterminant", lambda x: torch.linalg.det(x).abs().log()),
    ],
)
def test_matrix_functions_give_what_torch_gives(kind: str, formula: Callable[[Tensor], Tensor], rank: int) -> None:
    x = torch.randn((2, 4, 3, 3)[4 - rank - 1 :], dtype=torch.float64)  # determinants of both signs
    module = written(make(kind, {}), tuple(x.shape[1:]))
    expected = formula(x)
    torch.testing.assert_close(module(x), expected if expected.dim() > 1 else expected[:, None])
    assert torch.autograd.gradcheck(module, x.requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize("kind", ["Inverse", "Determinant", "LogDeterminant"])
def test_matrix_functions_keep_the_type(kind: str, dtype: torch.dtype) -> None:
    assert written(make(kind, {}), (3, 3))(torch.eye(3, dtype=dtype).expand(2, 3, 3)).dtype == dtype


@pytest.mark.parametrize("kind", ["Inverse", "Determinant", "LogDeterminant"])
@settings(max_examples=20, deadline=None)
@given(shape=st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple))
def test_matrix_functions_take_square_matrices(kind: str, shape: tuple[int, ...]) -> None:
    if len(shape) > 1:
        agrees_with_torch(make(kind, {}), shape)
    else:
        found = make(kind, {}).facts((shape,))
        assert isinstance(found, ShapeError)
        assert found.code == "needs-matrix"


@pytest.mark.parametrize(
    ("kind", "properties", "shapes", "code"),
    [
        ("MatMul", {}, [(3, 4), (3, 4)], "matmul-sizes"),
        ("MatMul", {}, [(2, 3, 4), (5, 4, 3)], "matmul-stacks"),
        ("MatMul", {}, [(3, 4), (4,)], "needs-matrix"),
        ("Inverse", {}, [(3, 4)], "not-square"),
    ],
)
def test_errors_have_codes(kind: str, properties: dict[str, Any], shapes: list[tuple[int, ...]], code: str) -> None:
    found = make(kind, properties).facts(tuple(shapes))
    assert isinstance(found, ShapeError)
    assert found.code == code
