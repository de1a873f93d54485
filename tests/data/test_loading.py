"""A recipe's `data` leads to its set, or to a sentence that helps."""

import os
from pathlib import Path

import numpy as np
import pytest

from designer.data import synthetic
from designer.data.errors import DataError
from designer.data.loading import load


def test_the_embedded_set_is_drawn_once_then_kept(cache, monkeypatch):
    first = load("synthetic")
    assert (first.shape, len(first.y_train), len(first.y_test)) == ((3, 32, 32), 10_000, 2_000)
    monkeypatch.delattr(synthetic, "generate")
    again = load("synthetic")
    assert np.array_equal(again.x_train, first.x_train)
    assert np.array_equal(again.y_test, first.y_test)
    assert (again.name, again.classes, again.notes) == ("synthetic", first.classes, ())


def test_a_damaged_or_unwritable_cache_does_not_keep_the_embedded_set_away(cache):
    cache.parent.joinpath("cache").write_text("a file where the folder should be")
    assert load("synthetic").name == "synthetic"
    cache.unlink()
    cache.mkdir()
    (cache / f"synthetic-{synthetic.VERSION}.npz").write_bytes(b"cut off")
    assert len(load("synthetic").y_train) == 10_000


def test_paths_may_be_relative_and_may_begin_at_home(tmp_path, monkeypatch, write_image):
    for name in ("cat", "dog"):
        for i in range(3):
            write_image(tmp_path / "pictures" / name / f"{i}.png")
    np.savez(tmp_path / "set.npz", x_train=np.zeros((4, 5, 5), np.uint8), y_train=[0, 1, 0, 1])
    monkeypatch.chdir(tmp_path)
    assert load("pictures").classes == ("cat", "dog")
    assert load("set.npz").shape == (1, 5, 5)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load("~/pictures").name == "pictures"
    monkeypatch.chdir("pictures")
    assert load(".").name == "pictures"


def test_a_folder_named_like_a_set_is_reached_by_its_path(tmp_path, monkeypatch, write_image):
    for name in ("cat", "dog"):
        for i in range(3):
            write_image(tmp_path / "cifar10" / name / f"{i}.png")
    monkeypatch.chdir(tmp_path)
    assert load("./cifar10").classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("cifra10", "Did you mean 'cifar10'?"),
        ("Synthetic", "Did you mean 'synthetic'?"),
        ("fashion-mnist", "Did you mean 'fashion_mnist'?"),
        ("/nowhere/at all", "There is no data set, file or folder"),
        ("", "There is no data set"),
        ("\0", "There is no data set"),
        ("x" * 5000, "cannot be read"),
        ("~nobody-of-that-name/x", "cannot be read"),
        ("{x}.npz", "'{x}.npz'"),
    ],
)
def test_what_is_not_there_gives_a_sentence_that_helps(text, word):
    with pytest.raises(DataError) as caught:
        load(text)
    assert word in str(caught.value)


def test_a_file_of_another_kind_is_named(tmp_path):
    path = tmp_path / "pictures.zip"
    path.write_bytes(b"PK")
    with pytest.raises(DataError, match=r"neither an .npz file nor a folder"):
        load(str(path))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_folder_one_may_not_enter_is_named(tmp_path: Path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with pytest.raises(DataError, match="closed"):
        load(str(closed))
