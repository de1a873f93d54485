"""Augmentation of NNC's kind: every property of ImageAugmentation, erased rectangles, borders, axes, and VAT noise."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import Written, agrees_with_torch, on_meta, written
from torch.nn import functional as F

from designer.layers import Facts, ShapeError, make

SHAPE = (3, 12, 12)


@pytest.fixture
def x() -> torch.Tensor:
    return torch.rand(32, *SHAPE, generator=torch.Generator().manual_seed(3))


def augmentation(drawn: float | None = None, shape: tuple[int, ...] = SHAPE, **params: Any) -> Written:
    """The layer in training; `drawn` stands for every random number from -1 to 1."""
    module = written(make("ImageAugmentation", params), shape).train()
    if drawn is not None:
        module.m.draw = lambda x, channels=1: torch.full((len(x), channels, 1, 1), drawn, dtype=x.dtype)
    return module


WINDOWS = {
    "size": st.none() | st.integers(1, 9) | st.lists(st.integers(1, 9), min_size=2, max_size=2),
    "pad": st.integers(0, 2) | st.lists(st.integers(0, 2), min_size=2, max_size=2),
    "min_scale": st.sampled_from([1.0, 0.5, 1.2]),
    "max_scale": st.sampled_from([1.0, 2.0]),
    "angle": st.sampled_from([0.0, 30.0]),
    "distortion": st.sampled_from([0.0, 0.3]),
    "flip_lr": st.booleans(),
    "brightness": st.sampled_from([0.0, 0.2]),
    "contrast": st.sampled_from([1.0, 2.0]),
    "noise": st.sampled_from([0.0, 0.1]),
    "always": st.booleans(),
}


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries({}, optional=WINDOWS),
    st.tuples(st.integers(1, 3), st.integers(1, 8), st.integers(1, 8)) | st.just((5,)),
)
def test_image_augmentation_agrees_with_torch(params: dict[str, object], shape: tuple[int, ...]) -> None:
    layer = make("ImageAugmentation", params)
    if isinstance(found := layer.facts((shape,)), ShapeError) and found.code in ("bad-property", "crop-size"):
        return  # torch slices what there is
    agrees_with_torch(layer, shape)


@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries({}, optional={"border": st.sampled_from(["zero", "nearest", "reflect"]),
                                        "pixels": st.integers(0, 4), "always": st.booleans()}),
    st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
)  # fmt: skip
def test_random_shift_agrees_with_torch(params: dict[str, object], shape: tuple[int, ...]) -> None:
    layer = make("RandomShift", params)
    if isinstance(found := layer.facts((shape,)), ShapeError) and found.code == "shift-size":
        with pytest.raises(RuntimeError):  # in training only: afterwards nothing is mirrored
            on_meta(layer, shape)
        return
    agrees_with_torch(layer, shape)


def test_the_places_of_a_window_are_all_those_it_fits(x: torch.Tensor) -> None:
    torch.manual_seed(0)
    out = augmentation(size=[10, 11], pad=[1, 0])(torch.cat([x] * 8))
    padded = F.pad(x, (0, 0, 1, 1))
    places = set()
    for i, window in enumerate(out):
        found = [
            (top, left)
            for top in range(5)
            for left in range(2)
            if torch.equal(window, padded[i % 32, :, top : top + 10, left : left + 11])
        ]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) == 10


def test_after_training_it_is_the_middle(x: torch.Tensor) -> None:
    strong = {"angle": 40.0, "flip_lr": True, "brightness": 1.0, "contrast": 3.0, "noise": 1.0, "distortion": 0.5}
    out = augmentation(size=8, min_scale=0.5, max_scale=2.0, **strong).eval()(x)
    torch.testing.assert_close(out, x[:, :, 2:10, 2:10], atol=1e-6, rtol=0)
    assert torch.equal(augmentation(size=8).eval()(x), x[:, :, 2:10, 2:10])
    always = augmentation(size=8, always=True, noise=0.5).eval()
    assert not torch.equal(always(x), always(x))


def test_turning_by_a_right_angle(x: torch.Tensor) -> None:
    torch.testing.assert_close(augmentation(1.0, angle=90.0)(x), torch.rot90(x, -1, (2, 3)), atol=1e-5, rtol=0)
    torch.testing.assert_close(augmentation(-1.0, angle=90.0)(x), torch.rot90(x, 1, (2, 3)), atol=1e-5, rtol=0)


def test_scaling_is_bilinear_resizing(x: torch.Tensor) -> None:
    out = augmentation(size=24, min_scale=2.0, max_scale=2.0).eval()(x)
    expected = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(out[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1], atol=1e-5, rtol=0)
    largest = augmentation(1.0, size=24, min_scale=0.5, max_scale=2.0)(x)
    torch.testing.assert_close(largest[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1], atol=1e-5, rtol=0)


def test_stretching_widens_and_flattens_by_the_root_of_the_ratio() -> None:
    ramp = torch.arange(12.0).expand(1, 1, 12, 12)
    wide = augmentation(1.0, (1, 12, 12), aspect_ratio=4.0)(ramp)  # columns twice as wide, moved to the right edge
    torch.testing.assert_close(wide[0, 0, 6, 7] - wide[0, 0, 6, 6], torch.tensor(0.5))
    narrow = augmentation(-1.0, (1, 12, 12), aspect_ratio=4.0)(ramp)
    torch.testing.assert_close(narrow[0, 0, 6, 6] - narrow[0, 0, 6, 5], torch.tensor(2.0))


def test_distortion_moves_the_edges_and_not_the_centre() -> None:
    ramp = torch.arange(13.0).expand(1, 1, 13, 13) - 6
    bent = augmentation(-1.0, (1, 13, 13), distortion=0.2)(ramp)[0, 0, 6]  # the row through the centre
    places = torch.arange(13.0) - 6
    torch.testing.assert_close(bent, places * (1 - 0.2 * (2 * places / 13) ** 2), atol=1e-5, rtol=0)


def test_mirrors_hit_half_of_the_pictures(x: torch.Tensor) -> None:
    torch.manual_seed(0)
    many = torch.cat([x] * 20)
    out = augmentation(flip_lr=True, flip_ud=True)(many)
    kinds = [many, many.flip(3), many.flip(2), many.flip(2, 3)]
    shares = [(out == kind).flatten(1).all(1).float().mean().item() for kind in kinds]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert all(0.18 < share < 0.32 for share in shares)


@pytest.mark.parametrize("each", [False, True])
def test_brightness_and_contrast_for_the_picture_or_each_channel(x: torch.Tensor, each: bool) -> None:
    torch.manual_seed(0)
    added = augmentation(brightness=0.3, brightness_each=each)(x) - x
    assert added.flatten(2).std(2).max() < 1e-6
    assert added.abs().max() <= 0.3 + 1e-6
    assert ((added[:, 0, 0, 0] - added[:, 1, 0, 0]).abs() > 1e-3).any().item() is each
    out = augmentation(contrast=2.0, contrast_center=0.4, contrast_each=each)(x) - 0.4
    factors = (out / (x - 0.4)).flatten(2).median(2).values
    torch.testing.assert_close(out, (x - 0.4) * factors[:, :, None, None], atol=1e-5, rtol=0)
    assert factors.min() >= 0.5 - 1e-4
    assert factors.max() <= 2 + 1e-4
    assert ((factors[:, 0] - factors[:, 1]).abs() > 1e-3).any().item() is each


def test_noise_has_the_deviation_asked_for(x: torch.Tensor) -> None:
    torch.manual_seed(0)
    noise = augmentation(noise=0.2)(x) - x
    assert float(noise.std()) == pytest.approx(0.2, rel=0.05)
    assert abs(float(noise.mean())) < 0.01


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("ImageAugmentation", {"angle": 10.0, "brightness": 0.1, "contrast": 1.5, "noise": 0.1, "flip_lr": True}),
        ("RandomErasing", {}), ("RandomShift", {"border": "reflect"}), ("RandomFlip", {"axes": [0]}), ("VATNoise", {}),
    ],
)  # fmt: skip
def test_the_type_stays(kind: str, params: dict[str, Any], dtype: torch.dtype) -> None:
    module = written(make(kind, params), SHAPE).train()
    out = module(torch.rand(2, *SHAPE, dtype=dtype))
    assert out.dtype == dtype
    assert out.shape == (2, *SHAPE)


def test_erased_rectangles_have_the_area_and_the_form_asked_for() -> None:
    torch.manual_seed(0)
    params = {"p": 0.7, "min_area": 0.1, "max_area": 0.3, "min_ratio": 0.5, "max_ratio": 2.0, "min_value": 5,
              "max_value": 6}  # fmt: skip
    shape = (2, 40, 30)
    out = written(make("RandomErasing", params), shape).train()(torch.zeros(400, *shape))
    erased = out >= 5
    assert out.max() <= 6
    assert torch.equal(erased[:, 0], erased[:, 1])
    hit = erased[:, 0].flatten(1).any(1)
    assert hit.float().mean().item() == pytest.approx(0.7, abs=0.07)
    for mask in erased[hit, 0][:50]:
        rows, columns = mask.any(1), mask.any(0)
        assert torch.equal(mask, rows[:, None] & columns)  # one rectangle without holes
        tall, wide = int(rows.sum()), int(columns.sum())
        assert 0.08 < tall * wide / 1200 < 0.33
        assert 0.4 < tall / wide < 2.4
    tops = {int(mask.any(1).float().argmax()) for mask in erased[hit, 0]}
    assert len(tops) > 10
    assert torch.equal(written(make("RandomErasing", params), shape).eval()(out), out)


def test_channels_may_have_rectangles_of_their_own_and_several() -> None:
    torch.manual_seed(0)
    shape = (2, 20, 20)
    own = (
        written(make("RandomErasing", {"shared": False, "p": 1.0, "min_value": 1}), shape)(torch.zeros(50, *shape)) > 0
    )
    assert (own[:, 0] != own[:, 1]).flatten(1).any(1).float().mean() > 0.9
    small = {"p": 1.0, "min_area": 0.01, "max_area": 0.01, "min_ratio": 1.0, "max_ratio": 1.0, "min_value": 1}
    many = written(make("RandomErasing", {**small, "count": 5}), shape)(torch.zeros(50, *shape)) > 0
    assert 4 * 2 < many[:, 0].flatten(1).sum(1).float().mean() <= 4 * 5


@pytest.mark.parametrize(("border", "mode"), [("nearest", "replicate"), ("reflect", "reflect")])
def test_what_moves_in(border: str, mode: str, x: torch.Tensor) -> None:
    out = written(make("RandomShift", {"pixels": [2, 3], "border": border}), SHAPE).train()(x)
    padded = F.pad(x, (3, 3, 2, 2), mode=mode)
    for i in range(len(x)):
        assert any(
            torch.equal(out[i], padded[i, :, top : top + 12, left : left + 12]) for top in range(5) for left in range(7)
        )


def test_flips_along_any_axis_of_any_shape() -> None:
    torch.manual_seed(0)
    x = torch.rand(300, 7)
    out = written(make("RandomFlip", {"horizontal": False, "axes": [0]}), (7,)).train()(x)
    flipped = (out == x.flip(1)).all(1)
    assert torch.equal(out[~flipped], x[~flipped])
    assert 0.4 < flipped.float().mean() < 0.6
    assert make("RandomFlip", {"axes": [2, 0]}).module(SHAPE) == "RandomFlip(1, 3)"
    assert isinstance(make("RandomFlip", {}).facts(((7,),)), ShapeError)
    always = written(make("RandomFlip", {"horizontal": False, "axes": [0], "always": True}), (7,)).eval()
    assert not torch.equal(always(x), x)


def test_ranges_the_wrong_way_round_are_errors() -> None:
    for kind, params in (("ImageAugmentation", {"min_scale": 2.0}), ("RandomErasing", {"min_area": 0.9})):
        found = make(kind, params).facts((SHAPE,))
        assert isinstance(found, ShapeError)
        assert found.code == "bad-property"


def test_code_leaves_out_what_is_as_usual() -> None:
    layer = make("ImageAugmentation", {"size": 8, "min_scale": 0.8, "max_scale": 1.2, "angle": 15, "flip_lr": True})
    assert layer.module(SHAPE) == "ImageAugmentation(8, 8, scale=(0.8, 1.2), angle=15.0, flip=(3,))"
    assert layer.summary() == "8x8, ×0.8..1.2, 15°, ↔"


def test_vat_noise_turns_to_where_the_loss_rises_most() -> None:
    torch.manual_seed(0)
    module, x = written(make("VATNoise", {"eps": 0.01}), (5,)), torch.rand(3, 5)
    first = module(x)
    torch.testing.assert_close(first.norm(dim=1), torch.full((3,), 0.01))
    weights = torch.rand(3, 5)
    torch.autograd.backward((weights * (x + first)).sum())
    second = module(x)
    torch.testing.assert_close(second, 0.01 * weights / weights.norm(dim=1, keepdim=True))
    with torch.no_grad():
        assert not module(x).requires_grad
    given_direction = written(make("VATNoise", {"eps": 2.0, "axis": 1}), (2, 3), (2, 3))
    direction = torch.rand(4, 2, 3)
    out = given_direction(torch.rand(4, 2, 3), direction)
    torch.testing.assert_close(out, 2 * direction / direction.norm(dim=2, keepdim=True))
    assert isinstance(make("VATNoise", {}).facts(((2, 3), (2, 4))), ShapeError)


@pytest.mark.parametrize(
    ("given_shape", "size", "out"),
    [((3, 480, 480), 224, (3, 224, 224)), ((3, 280, 280), 227, (3, 227, 227)), ((3, 320, 320), 224, (3, 224, 224))],
)
def test_shapes_of_nncs_samples(given_shape: tuple[int, ...], size: int, out: tuple[int, ...]) -> None:
    facts = make("ImageAugmentation", {"size": size, "min_scale": 0.5, "max_scale": 0.75}).facts((given_shape,))
    assert isinstance(facts, Facts)
    assert facts.outputs == (out,)
    assert facts.parameters == 0
