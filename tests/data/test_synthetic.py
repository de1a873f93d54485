"""The embedded set is the same everywhere, balanced, and neither too easy nor too hard."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from designer.data import synthetic
from designer.data.catalogue import SYNTHETIC


def digest(dataset) -> str:
    parts = (dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


@pytest.fixture(scope="module")
def small():
    return synthetic.generate(seed=3, train_size=500, test_size=100)


def test_one_seed_gives_the_same_pictures_in_this_process_and_in_another(small):
    assert digest(synthetic.generate(3, 500, 100)) == digest(small)
    code = (
        "import hashlib; from designer.data.synthetic import generate; d = generate(3, 500, 100);"
        "print(hashlib.sha256(b''.join(p.tobytes() for p in (d.x_train, d.y_train, d.x_test, d.y_test))).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(small)
    assert digest(synthetic.generate(4, 500, 100)) != digest(small)


def test_pictures_have_cifars_form_and_classes_are_balanced(small):
    assert small.x_train.shape == (500, 3, 32, 32)
    assert small.x_train.dtype == np.uint8
    assert small.x_train.flags.c_contiguous
    assert small.y_train.dtype == np.int64
    assert small.train_counts == (50,) * 10
    assert small.test_counts == (10,) * 10
    assert small.classes == SYNTHETIC.classes
    assert len(synthetic.SHAPES) == len(SYNTHETIC.classes)


def test_no_picture_occurs_twice(small):
    pictures = np.concatenate([small.x_train, small.x_test]).reshape(600, -1)
    assert len(np.unique(pictures, axis=0)) == 600


def test_classes_come_in_random_order(small):
    assert len(set(small.y_train[:20].tolist())) > 5


def test_odd_sizes_are_drawn_too():
    dataset = synthetic.generate(0, 13, 1)
    assert sum(dataset.train_counts) == 13
    assert max(dataset.train_counts) - min(dataset.train_counts) == 1


@pytest.mark.parametrize("kind", range(10))
def test_every_shape_fills_a_fair_part_of_its_circle_and_keeps_inside(kind):
    axis = np.linspace(-1.3, 1.3, 200, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    distance = synthetic.SHAPES[kind](u, v)
    assert distance.dtype == np.float32
    inside = distance < 0
    area = inside.mean() * 2.6**2
    assert 0.7 < area < np.pi
    assert np.hypot(u, v)[inside].max() < 1.25
    assert not inside[[0, -1]].any()


@pytest.mark.parametrize("kind", range(10))
def test_distances_are_true_lengths_at_the_outline_so_that_edges_are_equally_soft(kind):
    axis = np.linspace(-1.3, 1.3, 400, dtype=np.float32)
    u, v = np.meshgrid(axis, axis)
    distance = synthetic.SHAPES[kind](u, v)
    slope = np.hypot(*np.gradient(distance, axis[1] - axis[0]))[np.abs(distance) < 0.02]
    assert np.median(slope) == pytest.approx(1, abs=0.1)


def test_a_linear_classifier_does_better_than_chance_but_not_well():
    dataset = synthetic.generate(0, 4000, 1000)
    x, x_test = (_halved(part) for part in (dataset.x_train, dataset.x_test))
    mean = x.mean(0)
    x, x_test = x - mean, x_test - mean
    # Ridge regression on one-hot targets
    ridge = x.T @ x + 30 * np.eye(x.shape[1], dtype=np.float32)
    weights = np.linalg.solve(ridge, x.T @ np.eye(10, dtype=np.float32)[dataset.y_train])
    accuracy = float(((x_test @ weights).argmax(1) == dataset.y_test).mean())
    assert 0.2 < accuracy < 0.45


def _halved(images: np.ndarray) -> np.ndarray:
    """Pictures (N, 3, 32, 32) at half their size as rows (N, 768), 0 to 1."""
    small = images.reshape(len(images), 3, 16, 2, 16, 2).mean((3, 5), dtype=np.float32)
    return small.reshape(len(images), -1) / 255
