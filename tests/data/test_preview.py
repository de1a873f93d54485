"""The process that looks at a data set for the window, from its command line to what the window reads."""

import subprocess
import sys

import msgspec
import numpy as np
import pytest
from PIL import Image

from designer.data import previewing
from designer.data.errors import DataError
from designer.data.previewing import command, progress_of, read


def run(name: str, folder, **kind) -> subprocess.CompletedProcess:
    return subprocess.run(command(name, folder), capture_output=True, text=True, timeout=120, check=False, **kind)


def tile(folder, preview, column: int, row: int) -> np.ndarray:
    height, width = preview.mosaic.tile
    pixels = np.asarray(Image.open(folder / previewing.THUMBNAILS))
    return pixels[row * height : (row + 1) * height, column * width : (column + 1) * width]


def test_a_folder_is_previewed_with_its_counts_notes_and_thumbnails(tmp_path, write_image):
    for name, count in (("猫", 200), ("dog {x}", 3)):
        for i in range(count):
            pixels = write_image(tmp_path / "set" / "train" / name / f"{i:03}.png", size=(6, 9))
            if (name, i) == ("猫", 2):
                third_cat = pixels
        write_image(tmp_path / "set" / "test" / name / "0.png", size=(6, 9))
    (tmp_path / "set" / "train" / "猫" / "broken.png").write_bytes(b"")
    done = run(str(tmp_path / "set"), tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    progress = [progress_of(line) for line in done.stdout.splitlines()]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    preview = read(tmp_path / "out")
    assert preview.error is None
    assert (preview.name, preview.shape, preview.classes) == ("set", (3, 6, 9), ("dog {x}", "猫"))
    assert (preview.train_size, preview.train_counts) == (203, (3, 200))
    assert (preview.test_size, preview.test_counts) == (2, (1, 1))
    assert "broken.png" in str(preview.notes[0])
    assert preview.mosaic == previewing.Mosaic(tile=(6, 9), classes=(0, 1), rows=8)
    assert np.array_equal(tile(tmp_path / "out", preview, 1, 2)[..., :3], third_cat)
    assert tile(tmp_path / "out", preview, 0, 2)[..., 3].min() == 255
    assert tile(tmp_path / "out", preview, 0, 3)[..., 3].max() == 0


def test_the_embedded_set_is_previewed_by_its_name(tmp_path):
    assert run("synthetic", tmp_path).returncode == 0
    preview = read(tmp_path)
    assert (preview.name, preview.train_size, preview.test_size) == ("synthetic", 10_000, 2_000)
    assert len(preview.mosaic.classes) == 10
    with Image.open(tmp_path / previewing.THUMBNAILS) as picture:
        assert picture.size == (320, 256)


def test_many_classes_and_large_pictures_still_give_a_handy_mosaic(tmp_path):
    x = np.random.default_rng(0).integers(0, 256, (100, 300, 150, 1), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", x_train=x, y_train=np.arange(100), x_test=x[:2], y_test=[0, 1])
    assert run("set.npz", tmp_path / "out", cwd=tmp_path).returncode == 0
    preview = read(tmp_path / "out")
    assert preview.mosaic.tile == (128, 64)
    assert preview.mosaic.classes == tuple(range(0, 100, 5))


def test_what_cannot_be_loaded_is_told_in_the_preview(tmp_path):
    done = run("cifra10", tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    error = read(tmp_path).error
    assert error is not None
    assert error.template == "There is no data set or file '{name}'. Did you mean '{guess}'?"
    assert error.values == {"name": "cifra10", "guess": "cifar10"}


def test_a_process_that_left_nothing_or_half_is_told_apart_from_a_bad_set(tmp_path):
    with pytest.raises(DataError, match="left nothing usable"):
        read(tmp_path)
    (tmp_path / previewing.PREVIEW).write_bytes(b'{"name": "x", "sha')
    with pytest.raises(DataError, match="left nothing usable"):
        read(tmp_path)


@pytest.mark.parametrize("line", ["", "warning: x", "[1]", '{"progress": "x"}', '{"progress"', "null", "\x00"])
def test_other_lines_are_no_progress(line):
    assert progress_of(line) is None
    assert progress_of('{"progress": 0.4}\n') == 0.4


def test_the_command_is_this_interpreter_and_takes_any_name(tmp_path):
    assert command("-x {y}", tmp_path)[:3] == [sys.executable, "-m", "designer.data.preview"]
    assert msgspec.json.decode(msgspec.json.encode(previewing.Preview()), type=previewing.Preview).error is None
