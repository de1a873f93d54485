"""Layers that reorder, repeat, pad, shift, cut and rank values, against torch: shapes, values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import agrees_with_torch, gradients_agree, keeps_the_dtype, written
from torch import Tensor

from designer.layers import Facts, ShapeError, make

few = settings(max_examples=40, deadline=None)
shapes = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)
KEEP_DTYPE = ["Flip", "Slice", "DiagEmbed", "TopK", "Sort", "PadNd", "Shift", "Tile", "Permute", "Diagonal"]


@pytest.mark.parametrize("kind", KEEP_DTYPE)
def test_the_inputs_dtype_comes_out(kind: str) -> None:
    keeps_the_dtype(make(kind, {}), (3, 4, 4))


@pytest.mark.parametrize(("kind", "properties", "inputs"), [
    ("Sort", {"only_index": True}, [(3, 4)]), ("OneHot", {"shape": [5]}, [(3, 1)]), ("Stack", {}, [(3,), (3,)]),
    ("Expand", {"shape": [3, 4]}, [(1, 4)]), ("ExpandAs", {}, [(4,), (3, 4)]), ("TopK", {"reduce": False}, [(3, 4)]),
])  # fmt: skip
def test_the_inputs_dtype_comes_out_of_these_too(
    kind: str, properties: dict[str, object], inputs: list[tuple[int, ...]]
) -> None:
    keeps_the_dtype(make(kind, properties), *inputs)


@few
@given(st.permutations(range(4)), st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
def test_permute_agrees(order: list[int], shape: list[int], data: st.DataObject) -> None:
    axes = [axis for axis in order if axis < len(shape)]
    axes = [axis - len(shape) if data.draw(st.booleans()) else axis for axis in axes]
    agrees_with_torch(make("Permute", {"axes": axes}), tuple(shape))


@few
@given(st.lists(st.integers(-4, 3), min_size=1, max_size=4), shapes)
def test_permute_and_flip_refuse_what_torch_refuses(axes: list[int], shape: tuple[int, ...]) -> None:
    for kind, run in (("Permute", torch.Tensor.permute), ("Flip", torch.Tensor.flip)):
        layer = make(kind, {"axes": axes})
        try:
            run(torch.zeros(shape), axes)
        except (RuntimeError, IndexError):
            assert isinstance(layer.facts((shape,)), ShapeError)
        else:
            agrees_with_torch(layer, shape)


@few
@given(shapes, st.data())
def test_slice_takes_what_numpy_takes(shape: tuple[int, ...], data: st.DataObject) -> None:
    numbers = st.lists(st.integers(-6, 6), min_size=1, max_size=4)
    steps = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    start, stop = data.draw(numbers), data.draw(numbers)
    layer = make("Slice", {"start": start, "stop": stop, "step": steps})
    facts = layer.facts((shape,))
    padded = [*start, *[0] * 4][:4], [*stop, *[0] * 4][:4], [*steps, *[1] * 4][:4]
    index = tuple(slice(a, b or None, c) for a, b, c in list(zip(*padded, strict=True))[: len(shape)])
    values = np.arange(np.prod(shape)).reshape(shape)
    taken = values[index]
    if isinstance(facts, ShapeError):
        within = all(-size <= a < size and -size < b <= size for a, b, size in zip(*padded[:2], shape, strict=False))
        beyond = any((a, b, c) != (0, 0, 1) for a, b, c in list(zip(*padded, strict=True))[len(shape) :])
        assert not within or beyond or taken.size == 0
        return
    agrees_with_torch(layer, shape)
    ours = written(layer, shape)(torch.from_numpy(values)[None].float())
    np.testing.assert_array_equal(ours[0].numpy(), taken)


@few
@given(shapes, st.integers(-5, 4), st.integers(2, 4))
def test_stack_agrees(shape: tuple[int, ...], axis: int, count: int) -> None:
    layer = make("Stack", {"axis": axis})
    try:
        torch.stack([torch.zeros(shape)] * count, axis)
    except IndexError:
        assert isinstance(layer.facts((shape,) * count), ShapeError)
    else:
        agrees_with_torch(layer, *(shape,) * count)


def test_stack_names_the_input_that_differs() -> None:
    found = make("Stack", {}).facts(((3, 4), (3, 4), (3, 5)))
    assert isinstance(found, ShapeError)
    assert (found.code, found.port) == ("stack-shapes", 2)


@few
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(-1, 4)), min_size=1, max_size=4), st.booleans())
def test_expand_agrees(pairs: list[tuple[int, int]], fit: bool) -> None:
    shape = tuple(1 if fit and wanted > 0 else size for size, wanted in pairs)
    wanted = [w for _, w in pairs]
    layer = make("Expand", {"shape": wanted})
    try:
        torch.zeros(shape).expand(wanted)
        assert 0 not in wanted  # an output without values is an error here
    except (RuntimeError, AssertionError):
        assert isinstance(layer.facts((shape,)), ShapeError)
    else:
        agrees_with_torch(layer, shape)


@few
@given(shapes, st.integers(-1, 3), st.data())
def test_expand_as_agrees(like: tuple[int, ...], axis: int, data: st.DataObject) -> None:
    length = data.draw(st.integers(1, len(like)))
    begin = len(like) - length if axis == -1 else axis
    shape = tuple(size if data.draw(st.booleans()) else 1 for size in like[begin : begin + length]) or (2,)
    layer = make("ExpandAs", {"axis": axis})
    facts = layer.facts((shape, like))
    if begin + len(shape) > len(like):
        assert isinstance(facts, ShapeError)
    elif isinstance(facts, Facts):
        agrees_with_torch(layer, shape, like)


@few
@given(shapes, st.lists(st.integers(1, 3), min_size=1, max_size=4))
def test_tile_is_numpys(shape: tuple[int, ...], reps: list[int]) -> None:
    layer = make("Tile", {"reps": reps})
    if len(reps) > len(shape):
        assert isinstance(layer.facts((shape,)), ShapeError)
        return
    agrees_with_torch(layer, shape)
    x = torch.randn(shape)
    np.testing.assert_array_equal(written(layer, shape)(x[None])[0].numpy(), np.tile(x.numpy(), reps))


MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@few
@given(st.lists(st.integers(2, 5), min_size=1, max_size=4).map(tuple), st.sampled_from(list(MODES)), st.data())
def test_pad_and_shift_are_numpys(shape: tuple[int, ...], mode: str, data: st.DataObject) -> None:
    axes = data.draw(st.integers(1, len(shape)))
    widths = data.draw(st.lists(st.integers(0, 3), min_size=2 * axes, max_size=2 * axes))
    layer = make("PadNd", {"widths": widths, "mode": mode})
    x = torch.randn(shape)
    if isinstance(layer.facts((shape,)), Facts):
        agrees_with_torch(layer, shape)
        around = [(0, 0)] * (len(shape) - axes) + list(zip(widths[::2], widths[1::2], strict=True))
        expected = np.pad(x.numpy(), around, mode=MODES[mode])  # type: ignore[call-overload]
        np.testing.assert_array_equal(written(layer, shape)(x[None])[0].numpy(), expected)
    else:
        limits = {"reflect": 1, "circular": 0}
        sizes = [size for size in shape[-axes:] for _ in (0, 1)]
        too_wide = mode in limits and any(w > s - limits[mode] for w, s in zip(widths, sizes, strict=True))
        assert too_wide or (mode != "constant" and len(shape) == 4)
    shifts = data.draw(st.lists(st.integers(-4, 4), min_size=1, max_size=min(axes, 3)))
    moved = make("Shift", {"shift": shifts, "mode": mode})
    if isinstance(moved.facts((shape,)), Facts):
        agrees_with_torch(moved, shape)
        ours = written(moved, shape)(x[None])[0].numpy()
        around = [(0, 0)] * (len(shape) - len(shifts)) + [(abs(s), abs(s)) for s in shifts]
        padded = np.pad(x.numpy(), around, mode=MODES[mode])  # type: ignore[call-overload]
        offsets = [0] * (len(shape) - len(shifts)) + [abs(s) - s for s in shifts]
        expected = padded[tuple(slice(o, o + size) for o, size in zip(offsets, shape, strict=True))]
        np.testing.assert_array_equal(ours, expected)


@few
@given(shapes)
def test_diagonals_agree(shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("DiagEmbed", {}), shape)
    if len(shape) > 1:
        agrees_with_torch(make("Diagonal", {}), shape)
    else:
        assert isinstance(make("Diagonal", {}).facts((shape,)), ShapeError)


@few
@given(shapes, st.integers(1, 6), st.integers(-4, 3), st.sampled_from(["value", "magnitude"]), st.booleans())
def test_top_k_keeps_the_largest(shape: tuple[int, ...], k: int, axis: int, by: str, reduce: bool) -> None:
    layer = make("TopK", {"k": k, "axis": axis, "largest_by": by, "reduce": reduce})
    facts = layer.facts((shape,))
    x = torch.randn(2, *shape)
    try:
        flat = x.flatten(axis + 1 if axis >= 0 else axis) if -len(shape) <= axis < len(shape) else x[..., :0]
        order = (flat.abs() if by == "magnitude" else flat).sort(-1, descending=True).indices[..., :k]
        assert order.shape[-1] == k
    except (AssertionError, IndexError):
        assert isinstance(facts, ShapeError)
        return
    agrees_with_torch(layer, shape)
    expected = flat.gather(-1, order)
    if not reduce:
        kept = torch.zeros_like(flat, dtype=torch.bool).scatter(-1, order, value=True)
        expected = torch.where(kept, flat, 0).reshape(x.shape)
    torch.testing.assert_close(written(layer, shape)(x), expected)


@few
@given(shapes, st.integers(-4, 3), st.booleans(), st.booleans())
def test_sort_agrees(shape: tuple[int, ...], axis: int, descending: bool, only_index: bool) -> None:
    layer = make("Sort", {"axis": axis, "descending": descending, "only_index": only_index})
    if not -len(shape) <= axis < len(shape):
        assert isinstance(layer.facts((shape,)), ShapeError)
        return
    agrees_with_torch(layer, shape)
    x = torch.randn(2, *shape)
    found = x.sort(axis + 1 if axis >= 0 else axis, descending=descending)
    torch.testing.assert_close(written(layer, shape)(x), found.indices.float() if only_index else found.values)


@few
@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.lists(st.integers(1, 3), max_size=2))
def test_one_hot_is_torchs(classes: list[int], around: list[int]) -> None:
    layer, shape = make("OneHot", {"shape": classes}), (*around, len(classes))
    agrees_with_torch(layer, shape)
    x = torch.stack([torch.randint(size, (2, *around)) for size in classes], -1)
    place = x[..., 0]
    for axis, size in enumerate(classes[1:], start=1):
        place = place * size + x[..., axis]
    expected = F.one_hot(place, int(np.prod(classes))).float().reshape(2, *around, *classes)
    assert torch.equal(written(layer, shape)(x.float()), expected)


def test_one_hot_of_what_is_no_class_is_zero() -> None:
    layer = make("OneHot", {"shape": [3]})
    assert written(layer, (1,))(torch.tensor([[3.0], [-1.0], [0.0]])).tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert isinstance(layer.facts(((2,),)), ShapeError)


REFERENCES: list[tuple[str, dict[str, object], list[tuple[int, ...]], Callable[..., Tensor]]] = [
    ("Permute", {"axes": [1, 2, 0]}, [(2, 3, 4)], lambda x: torch.einsum("nchw->nhwc", x)),
    ("Flip", {"axes": [0, 2]}, [(2, 3, 4)], lambda x: x.flip(1, 3)),
    ("Slice", {"start": [0, 1, 0], "stop": [0, 3, 0], "step": [1, 1, 2]}, [(2, 4, 5)], lambda x: x[:, :, 1:3, ::2]),
    ("Stack", {"axis": -1}, [(2, 3), (2, 3)], lambda a, b: torch.stack((a, b), 3)),
    ("Expand", {"shape": [3, -1]}, [(1, 4)], lambda x: x.repeat(1, 3, 1)),
    ("ExpandAs", {"axis": 0}, [(3,), (3, 4, 5)], lambda x, like: x[:, :, None, None].repeat(1, 1, 4, 5) + 0 * like),
    ("Tile", {"reps": [2, 3]}, [(2, 1, 2)], lambda x: x.repeat(1, 1, 2, 3)),
    ("PadNd", {"widths": [1, 2, 3, 0], "value": 0.5}, [(2, 3, 4)], lambda x: F.pad(x, (3, 0, 1, 2), value=0.5)),
    ("Shift", {"shift": [1, -2]}, [(2, 3, 4)],
     lambda x: F.pad(x, (0, 2, 1, 0), mode="replicate")[:, :, :3, 2:]),
    ("DiagEmbed", {}, [(3, 2)], lambda x: x[..., None] * torch.eye(2, dtype=x.dtype)),
    ("Diagonal", {}, [(3, 2)], lambda x: torch.stack((x[:, 0, 0], x[:, 1, 1]), 1)),
    ("TopK", {"k": 2, "axis": 1}, [(3, 4)], lambda x: x.sort(-1, descending=True).values[..., :2]),
    ("Sort", {"descending": True}, [(3, 4)], lambda x: x.sort(1, descending=True).values),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "properties", "inputs", "reference"), REFERENCES)
def test_values_and_gradients_are_those_of_the_formula(
    kind: str, properties: dict[str, object], inputs: list[tuple[int, ...]], reference: Callable[..., Tensor]
) -> None:
    gradients_agree(make(kind, properties), reference, *inputs)


@pytest.mark.parametrize(("kind", "properties", "summary"), [
    ("Permute", {}, "0,1,2"), ("Flip", {"axes": [1, 2]}, "axes 1,2"), ("Slice", {}, ""),
    ("Slice", {"start": [0, 20], "stop": [0, 300], "step": [1, 2]}, ":, 20:300:2"), ("Tile", {}, "×2"),
    ("Expand", {"shape": [16, -1]}, "16x?"), ("PadNd", {}, "1,1"), ("Shift", {}, "0,0"), ("TopK", {"k": 5}, "5"),
    ("Sort", {"descending": True, "axis": 1}, "axis 1, ↓"), ("OneHot", {}, "100"), ("Stack", {"axis": 1}, "axis 1"),
])  # fmt: skip
def test_summary_shows_the_properties_that_matter(kind: str, properties: dict[str, object], summary: str) -> None:
    assert make(kind, properties).summary() == summary
