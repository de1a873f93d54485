"""Batches hold the right pictures, in the right order, form and range, wherever the set lies."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from designer.data import batches
from designer.data.batches import DeviceData, fit
from designer.data.errors import DataError

RNG = np.random.default_rng(0)
X = RNG.integers(0, 256, (23, 3, 5, 4), dtype=np.uint8)
Y = np.arange(23, dtype=np.int64)


def collected(data: DeviceData, *args, **kwargs) -> tuple[torch.Tensor, torch.Tensor, list[int]]:
    parts = list(data.batches(*args, **kwargs))
    return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts]), [len(y) for _, y in parts]


@settings(max_examples=60, deadline=None)
@given(
    indices=st.none() | st.lists(st.integers(0, 22), min_size=1, max_size=40),
    batch_size=st.integers(1, 30),
    unit=st.booleans(),
    channels_last=st.booleans(),
    seed=st.none() | st.integers(0, 9),
    as_tensor=st.booleans(),
)
def test_batches_are_what_indexing_one_by_one_gives(indices, batch_size, unit, channels_last, seed, as_tensor):
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    asked = None if indices is None else np.array(indices, np.int64)
    asked = torch.from_numpy(asked) if as_tensor and asked is not None else asked
    x, y, sizes = collected(
        DeviceData(X, Y, "cpu"), asked, batch_size, generator=generator,
        pixels="0..1" if unit else "0..255", memory_format=memory_format,
    )  # fmt: skip
    order = torch.arange(23) if indices is None else torch.tensor(indices)
    if seed is not None:
        order = order[torch.randperm(len(order), generator=torch.Generator().manual_seed(seed))]
    assert y.tolist() == order.tolist()
    reference = torch.from_numpy(X)[order].float()
    assert torch.equal(x, reference / 255 if unit else reference)
    assert x.dtype == torch.float32
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1)
    assert sum(sizes) == len(order)


def test_values_are_torchvisions():
    transforms = pytest.importorskip("torchvision.transforms.functional")
    (x, _), *_ = DeviceData(X, Y, "cpu").batches(None, 23)
    expected = torch.stack([transforms.to_tensor(picture.transpose(1, 2, 0)) for picture in X])
    assert torch.equal(x, expected)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_batches_lie_in_memory_as_asked_and_the_format_can_change(memory_format):
    data = DeviceData(X, Y, "cpu")
    for asked in (memory_format, torch.contiguous_format, torch.channels_last, memory_format):
        for x, _ in data.batches(None, 10, memory_format=asked):
            assert x.is_contiguous(memory_format=asked)
        assert torch.equal(
            collected(data, None, 10, pixels="0..255", memory_format=asked)[0], torch.from_numpy(X).float()
        )


def test_a_generator_goes_on_where_it_was_so_epochs_differ_and_can_be_resumed():
    data, generator = DeviceData(X, Y, "cpu"), torch.Generator().manual_seed(5)
    first = collected(data, None, 4, generator=generator)[1].tolist()
    state = generator.get_state()
    second = collected(data, None, 4, generator=generator)[1].tolist()
    assert first != second
    resumed = torch.Generator()
    resumed.set_state(state)
    assert collected(data, None, 4, generator=resumed)[1].tolist() == second


def test_training_may_change_a_batch_without_changing_the_set():
    before = X.copy()
    data = DeviceData(X, Y, "cpu")
    for x, y in data.batches(None, 5):
        x.zero_()
        y.zero_()
    assert np.array_equal(X, before)
    assert collected(data, None, 23)[1].tolist() == Y.tolist()


def test_a_set_too_large_for_the_device_travels_batch_by_batch(monkeypatch):
    monkeypatch.setattr(batches, "_free_bytes", lambda device: 100.0)
    data = DeviceData(X, Y, "cpu")
    assert not data.on_device
    reference = DeviceData(X, Y, "cpu")
    x, y, _ = collected(data, np.array([3, 1, 2]), 2, memory_format=torch.channels_last)
    assert torch.equal(x, torch.from_numpy(X[[3, 1, 2]]) / 255)
    assert y.tolist() == [3, 1, 2]
    assert len(data) == len(reference) == 23
    assert data.shape == (3, 5, 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("fits", [True, False])
def test_on_a_gpu_batches_are_the_same(monkeypatch, fits):
    if not fits:
        monkeypatch.setattr(batches, "_free_bytes", lambda device: 100.0)
    data = DeviceData(X, Y, "cuda")
    assert data.on_device == fits
    for memory_format in (torch.channels_last, torch.contiguous_format):
        generator = torch.Generator().manual_seed(1)
        x, y, _ = collected(data, Y, 4, generator=generator, memory_format=memory_format)
        expected = collected(DeviceData(X, Y, "cpu"), Y, 4, generator=torch.Generator().manual_seed(1))
        assert x.device.type == y.device.type == "cuda"
        assert torch.equal(y.cpu(), expected[1])
        assert torch.allclose(x.cpu(), expected[0], rtol=0, atol=1e-7)


def test_fit_leaves_what_fits():
    assert fit(X, (3, 5, 4)) is X


def test_fit_repeats_grey_for_colour():
    grey = X[:, :1]
    assert np.array_equal(fit(grey, (3, 5, 4)), np.repeat(grey, 3, axis=1))


def test_fit_weighs_colours_as_pillow_does():
    ours = fit(X, (1, 5, 4))
    pillows = np.stack([np.asarray(Image.fromarray(x.transpose(1, 2, 0)).convert("L")) for x in X])
    assert np.abs(ours[:, 0].astype(int) - pillows).max() <= 1


@pytest.mark.parametrize("size", [(3, 3), (10, 8), (5, 9)])
def test_fit_scales_as_pillow_does(size):
    ours = fit(X, (3, *size))
    pillows = np.stack(
        [np.asarray(Image.fromarray(x.transpose(1, 2, 0)).resize(size[::-1], Image.Resampling.BILINEAR)) for x in X]
    )
    assert ours.shape == (23, 3, *size)
    assert ours.flags.c_contiguous
    assert np.abs(ours.transpose(0, 2, 3, 1).astype(int) - pillows).max() <= 1


def test_fit_works_in_parts_on_large_sets():
    many = np.concatenate([X] * 90)
    assert np.array_equal(fit(many, (1, 3, 3)), np.concatenate([fit(X, (1, 3, 3))] * 90))


@pytest.mark.parametrize("channels", [(3, 4), (4, 3), (2, 1), (4, 1)])
def test_fit_says_which_channels_cannot_be_had(channels):
    found, wanted = channels
    with pytest.raises(DataError, match=f"with {found} channels .* with {wanted}"):
        fit(np.zeros((2, found, 4, 4), np.uint8), (wanted, 4, 4))
