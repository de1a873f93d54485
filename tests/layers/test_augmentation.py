"""The helper modules of generated code, picture by picture against plain references, and their randomness."""

from __future__ import annotations

import pytest
import torch
from layer_reference import namespace, written
from torch import nn

from designer.layers import make
from designer.layers.helpers import HELPERS

N, C, H, W = 64, 3, 10, 12


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(N, C, H, W, generator=torch.Generator().manual_seed(1))


def places_of(window: torch.Tensor, picture: torch.Tensor) -> list[tuple[int, int]]:
    """Where in a picture (C, H, W) a window lies."""
    h, w = window.shape[1:]
    return [
        (top, left)
        for top in range(picture.shape[1] - h + 1)
        for left in range(picture.shape[2] - w + 1)
        if torch.equal(picture[:, top : top + h, left : left + w], window)
    ]


def test_random_crop_cuts_every_picture_at_a_place_of_its_own(x: torch.Tensor) -> None:
    out = written(make("RandomCrop", {"size": [6, 5]}), (C, H, W)).train()(x)
    places = [places_of(window, picture) for window, picture in zip(out, x, strict=True)]
    assert all(len(found) == 1 for found in places)
    assert len({found[0] for found in places}) > N / 3
    assert {top for ((top, _),) in places} == set(range(H - 6 + 1))
    assert {left for ((_, left),) in places} == set(range(W - 5 + 1))


def test_random_crop_takes_the_centre_after_training(x: torch.Tensor) -> None:
    out = written(make("RandomCrop", {"size": [6, 5]}), (C, H, W)).eval()(x)
    assert torch.equal(out, x[:, :, 2:8, 3:8])


def test_random_shift_fills_with_zeros(x: torch.Tensor) -> None:
    out = written(make("RandomShift", {"pixels": [2, 3]}), (C, H, W)).train()(x)
    padded = nn.functional.pad(x, (3, 3, 2, 2))
    places = [places_of(window, picture) for window, picture in zip(out, padded, strict=True)]
    assert all(len(found) == 1 for found in places)
    assert {top for ((top, _),) in places} == set(range(5))
    assert {left for ((_, left),) in places} == set(range(7))


def test_random_resized_crop_is_a_crop_resized_bilinearly(x: torch.Tensor) -> None:
    out = written(make("RandomResizedCrop", {"side": 0.8}), (C, H, W)).train()(x)
    for i in range(8):
        candidates = [
            nn.functional.interpolate(x[i : i + 1, :, top : top + 8, left : left + 10], size=(H, W), mode="bilinear")
            for top in range(H - 8 + 1)
            for left in range(W - 10 + 1)
        ]
        assert sum(torch.allclose(out[i : i + 1], candidate, atol=1e-6) for candidate in candidates) == 1


@pytest.mark.parametrize(("horizontal", "vertical", "axes"), [(True, False, [(), (2,)]), (False, True, [(), (1,)]),
                                                              (True, True, [(), (1,), (2,), (1, 2)])])  # fmt: skip
def test_random_flip_mirrors_about_half(
    x: torch.Tensor, horizontal: bool, vertical: bool, axes: list[tuple[int, ...]]
) -> None:
    out = written(make("RandomFlip", {"horizontal": horizontal, "vertical": vertical}), (C, H, W)).train()(x)
    counts = dict.fromkeys(axes, 0)
    for picture, flipped in zip(x, out, strict=True):
        (found,) = [turn for turn in axes if torch.equal(flipped, picture.flip(turn) if turn else picture)]
        counts[found] += 1
    assert min(counts.values()) > N / len(axes) / 3


def test_random_brightness_adds_one_constant_to_each_picture(x: torch.Tensor) -> None:
    added = written(make("RandomBrightness", {"delta": 0.5}), (C, H, W)).train()(x) - x
    each = added.flatten(1)
    torch.testing.assert_close(each, each[:, :1].expand_as(each), rtol=0, atol=1e-5)
    assert each.abs().max() <= 0.5 + 1e-5
    assert len(each[:, 0].unique()) == N
    assert each[:, 0].max() > 0.3
    assert each[:, 0].min() < -0.3


def test_random_contrast_scales_each_picture_around_its_channel_means(x: torch.Tensor) -> None:
    out = written(make("RandomContrast", {"lower": 0.5, "upper": 1.5}), (C, H, W)).train()(x)
    for picture, scaled in zip(x, out, strict=True):
        mean = picture.mean(dim=(1, 2), keepdim=True)
        factor = (scaled - mean).std() / (picture - mean).std()
        assert 0.5 - 1e-4 <= factor <= 1.5 + 1e-4
        torch.testing.assert_close(scaled, (picture - mean) * factor + mean, rtol=1e-4, atol=1e-4)


def test_image_normalization_is_tensorflows_standardization(x: torch.Tensor) -> None:
    x = torch.cat((x * 3 + 5, torch.full((1, C, H, W), 0.7), 1e-4 * x[:1]))
    for module in (
        written(make("ImageNormalization", {}), (C, H, W)).train(),
        written(make("ImageNormalization", {}), (C, H, W)).eval(),
    ):
        for picture, out in zip(x, module(x), strict=True):
            deviation = max(picture.std(correction=0).item(), (C * H * W) ** -0.5)
            torch.testing.assert_close(out, (picture - picture.mean()) / deviation, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("per", "shape"), [("pixel", (C, H, W)), ("channel", (C, 1, 1)), ("all", (1, 1, 1))])
def test_mean_subtraction_subtracts_a_buffer_that_is_filled_before_training(
    x: torch.Tensor, per: str, shape: tuple[int, ...]
) -> None:
    module = written(make("MeanSubtraction", {"per": per}), (C, H, W))
    assert module.m.needs_data_mean is True
    assert module.m.mean.shape == shape
    assert not module.m.mean.any()
    assert not list(module.m.parameters())
    assert list(module.m.state_dict()) == ["mean"]
    module.m.mean.copy_(torch.arange(module.m.mean.numel()).view(shape))
    torch.testing.assert_close(module(x), x - module.m.mean)


AUGMENTATIONS = ["RandomCrop", "RandomResizedCrop", "RandomShift", "RandomFlip", "RandomBrightness", "RandomContrast"]


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_augmentation_is_off_after_training_and_repeats_with_the_seed(x: torch.Tensor, kind: str) -> None:
    module = written(make(kind, {"size": 8} if kind == "RandomCrop" else {}), (C, H, W))
    if kind != "RandomCrop":
        assert torch.equal(module.eval()(x), x)
    module.train()
    torch.manual_seed(5)
    first = module(x)
    second = module(x)
    torch.manual_seed(5)
    assert torch.equal(module(x), first)
    assert not torch.equal(second, first)


@pytest.mark.parametrize("kind", [*AUGMENTATIONS, "ImageNormalization"])
def test_augmentation_keeps_channels_last_memory(x: torch.Tensor, kind: str) -> None:
    module = written(make(kind, {"size": 8} if kind == "RandomCrop" else {}), (C, H, W)).train()
    torch.manual_seed(3)
    usual = module(x)
    torch.manual_seed(3)
    out = module(x.to(memory_format=torch.channels_last))
    assert out.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(out, usual)


@pytest.mark.parametrize("name", HELPERS)
def test_each_helper_defines_its_name_and_documents_it(name: str) -> None:
    defined = namespace(("random_windows", name))[name]
    assert callable(defined)
    assert defined.__doc__
    assert not HELPERS[name].startswith("\n")
    assert HELPERS[name].endswith("\n")


@pytest.mark.parametrize("kind", [*AUGMENTATIONS, "ImageNormalization"])
def test_augmentation_compiles_without_a_graph_break(x: torch.Tensor, kind: str) -> None:
    module = written(make(kind, {"size": 8} if kind == "RandomCrop" else {}), (C, H, W)).m.train()
    compiled = torch.compile(module, backend="eager", fullgraph=True)
    torch.manual_seed(4)
    usual = module(x)
    torch.manual_seed(4)
    assert torch.equal(compiled(x), usual)
