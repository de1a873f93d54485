"""Sets are divided fairly by class, at random, and always in the same way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.data.arrays import DataSet, channels_first, split, stratified, with_test_part


def a_set(labels: list[int], classes: int) -> DataSet:
    x = np.arange(len(labels), dtype=np.uint8)[:, None, None, None]
    y = np.array(labels, np.int64)
    return DataSet("test", x, y, x[:1], y[:1], tuple(map(str, range(classes))))


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=200),
    st.floats(0, 0.99),
    st.integers(0, 2**32),
)
def test_every_class_gives_its_share_to_within_one_and_never_all_it_has(labels, fraction, seed):
    y = np.array(labels, np.int64)
    rest, part = stratified(y, fraction, seed)
    assert sorted([*rest, *part]) == list(range(len(y)))
    for label in set(labels):
        count, chosen = (y == label).sum(), (y[part] == label).sum()
        assert chosen <= count - 1
        assert abs(chosen - fraction * count) <= 1 + 1e-9


def test_many_small_classes_still_give_the_fraction_of_the_whole():
    y = np.repeat(np.arange(100), 5)
    rest, part = stratified(y, 0.1, 0)
    assert (len(rest), len(part)) == (450, 50)


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    dataset = a_set([0, 1, 2] * 100, 3)
    first, again, other = split(dataset, 0.2, 7), split(dataset, 0.2, 7), split(dataset, 0.2, 8)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert first[0].dtype == first[1].dtype == np.int64


def test_no_share_means_no_validation():
    rest, part = split(a_set([0, 1, 1, 0], 2), 0.0, 0)
    assert rest.tolist() == [0, 1, 2, 3]
    assert part.tolist() == []


@pytest.mark.parametrize("fraction", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(fraction):
    with pytest.raises(ValueError, match="fraction"):
        split(a_set([0, 1], 2), fraction, 0)


def test_counts_name_every_class_even_without_pictures():
    dataset = a_set([0, 0, 2], 4)
    assert dataset.train_counts == (2, 0, 1, 0)
    assert dataset.test_counts == (1, 0, 0, 0)
    assert dataset.shape == (1, 1, 1)


def test_a_set_without_a_test_part_gives_a_tenth_and_says_so():
    source = a_set([0, 1] * 50, 2)
    dataset = with_test_part("test", source.x_train, source.y_train, source.classes, ())
    assert (len(dataset.y_train), len(dataset.y_test)) == (90, 10)
    assert dataset.test_counts == (5, 5)
    together = np.concatenate([dataset.x_train, dataset.x_test]).ravel()
    assert sorted(together.tolist()) == list(range(100))
    assert "10 of the 100" in str(dataset.notes[0])


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.integers(1, 4))
def test_channels_come_first_wherever_they_were(count, height, width, channels):
    x = np.arange(count * height * width * channels, dtype=np.uint8).reshape(count, height, width, channels)
    moved = channels_first(x, 3)
    assert np.array_equal(moved, np.moveaxis(x, 3, 1))
    assert moved.flags.c_contiguous
    assert np.array_equal(channels_first(moved, 1), moved)
    assert channels_first(x[..., 0], None).shape == (count, 1, height, width)
