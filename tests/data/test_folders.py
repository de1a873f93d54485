"""Folders of images become arrays, whatever lies in them; nothing in them can stop or trick the reader."""

import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from designer.data import arrays, folders
from designer.data.errors import DataError
from designer.data.folders import load_folder


def two_classes(root: Path, write_image, count: int = 10, **kind: object) -> dict[str, np.ndarray]:
    """`count` pictures each of cat and dog, by their paths."""
    names = [f"{name}/{i:02}.png" for name in ("cat", "dog") for i in range(count)]
    return {name: write_image(root / name, **kind) for name in names}


def texts(dataset) -> str:
    return " ".join(map(str, dataset.notes))


def test_train_and_test_folders_are_read_pixel_for_pixel_in_the_order_of_their_names(tmp_path, write_image):
    train = two_classes(tmp_path / "train", write_image)
    test = two_classes(tmp_path / "test", write_image, count=3)
    dataset = load_folder(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert np.array_equal(dataset.x_train, np.stack(list(train.values())).transpose(0, 3, 1, 2))
    assert np.array_equal(dataset.x_test, np.stack(list(test.values())).transpose(0, 3, 1, 2))
    assert dataset.y_train.tolist() == [0] * 10 + [1] * 10
    assert dataset.y_test.tolist() == [0] * 3 + [1] * 3
    assert dataset.notes == ()
    assert dataset.name == tmp_path.name


def test_pictures_and_order_are_torchvisions(tmp_path, write_image):
    datasets = pytest.importorskip("torchvision.datasets")
    two_classes(tmp_path / "train", write_image)
    write_image(tmp_path / "train" / "Zebra" / "deep" / "x.bmp")
    reference = datasets.ImageFolder(str(tmp_path / "train"))
    two_classes(tmp_path / "val", write_image, count=1)
    dataset = load_folder(tmp_path)
    assert list(dataset.classes) == reference.classes
    assert dataset.y_train.tolist() == reference.targets
    pixels = np.stack([np.asarray(picture) for picture, _ in reference])
    assert np.array_equal(dataset.x_train.transpose(0, 2, 3, 1), pixels)


@pytest.mark.parametrize("name", ["test", "Testing", "val", "valid", "VALIDATION"])
def test_the_folder_of_test_pictures_may_have_several_names(tmp_path, write_image, name):
    two_classes(tmp_path / "Train", write_image)
    two_classes(tmp_path / name, write_image, count=2)
    assert len(load_folder(tmp_path).y_test) == 4


def test_a_second_test_folder_is_not_used_without_a_word(tmp_path, write_image):
    for part in ("train", "test", "valid"):
        two_classes(tmp_path / part, write_image, count=2)
    dataset = load_folder(tmp_path)
    assert len(dataset.y_test) == 4
    assert "'valid' are not used" in texts(dataset)


def test_classes_that_only_the_test_folder_has_are_left_out_with_a_word(tmp_path, write_image):
    two_classes(tmp_path / "train", write_image)
    two_classes(tmp_path / "test", write_image, count=2)
    write_image(tmp_path / "test" / "bird" / "1.png")
    dataset = load_folder(tmp_path)
    assert len(dataset.y_test) == 4
    assert "bird" in texts(dataset)


def test_without_parts_a_tenth_of_every_class_becomes_the_test_part(tmp_path, write_image):
    two_classes(tmp_path, write_image, count=20)
    dataset = load_folder(tmp_path)
    assert dataset.train_counts == (18, 18)
    assert dataset.test_counts == (2, 2)
    assert "no test part" in texts(dataset)


def test_grey_pictures_give_one_channel_and_a_coloured_one_among_them_three(tmp_path, write_image):
    two_classes(tmp_path, write_image, grey=True)
    assert load_folder(tmp_path).shape == (1, 8, 8)
    write_image(tmp_path / "cat" / "coloured.png")
    dataset = load_folder(tmp_path)
    assert dataset.shape == (3, 8, 8)
    grey = dataset.x_train[dataset.y_train == 1]
    assert np.array_equal(grey[:, 0], grey[:, 2])


def test_the_most_frequent_size_wins_and_others_are_scaled_and_cut(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    wide = np.zeros((16, 64, 3), np.uint8)
    wide[:, 24:40] = (255, 0, 0)  # its middle, which is what is left at 8 x 8
    Image.fromarray(wide).save(tmp_path / "cat" / "zz.png")
    dataset = load_folder(tmp_path)
    assert dataset.shape == (3, 8, 8)
    pictures = np.concatenate([dataset.x_train, dataset.x_test])
    red = np.zeros((3, 8, 8), np.uint8)
    red[0] = 255
    assert (np.abs(pictures.astype(int) - red).max((1, 2, 3)) <= 64).sum() == 1
    assert "1 of the 21 pictures had another size than 8 x 8" in texts(dataset)


def test_where_no_size_is_frequent_the_median_short_side_makes_a_square(tmp_path, write_image):
    for i in range(20):
        write_image(tmp_path / ("cat" if i % 2 else "dog") / f"{i}.png", size=(20 + i, 60 - i))
    assert load_folder(tmp_path).shape == (3, 29, 29)


def test_a_size_can_be_asked_for(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    dataset = load_folder(tmp_path, size=(4, 6))
    assert dataset.shape == (3, 4, 6)
    assert "20 of the 20 pictures" in texts(dataset)


def test_pictures_that_would_not_fit_into_memory_are_made_smaller(tmp_path, write_image, monkeypatch):
    two_classes(tmp_path, write_image, size=(40, 40))
    monkeypatch.setattr(arrays, "MAX_BYTES", 2 * 20 * 3 * 100)
    dataset = load_folder(tmp_path)
    assert dataset.shape == (3, 10, 10)
    assert "40" not in texts(dataset)
    assert "10 x 10" in texts(dataset)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".bmp", ".webp", ".gif", ".tif", ".ppm"])
def test_the_usual_formats_are_read(tmp_path, suffix):
    flat = {"cat": 40, "dog": 200}
    for name, value in flat.items():
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.new("RGB", (9, 7), (value,) * 3).save(tmp_path / name / f"{i}{suffix}")
    dataset = load_folder(tmp_path)
    assert dataset.x_train.shape[2:] == (7, 9)
    assert np.abs(dataset.x_train[dataset.y_train == 1].astype(int) - 200).max() <= 2
    assert dataset.notes[:-1] == ()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_kind_of_pixels_becomes_8_bit(tmp_path, mode):
    suffix = {"CMYK": ".tif", "YCbCr": ".jpg", "F": ".tif", "I": ".tif"}.get(mode, ".png")
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(2):
            if mode in ("I;16", "I"):
                picture = Image.fromarray(np.full((6, 6), 32896, np.uint16 if mode == "I;16" else np.int32))
            elif mode == "F":
                picture = Image.fromarray(np.full((6, 6), 128, np.float32))
            elif mode == "PA":
                picture = Image.new("P", (6, 6), 1)
                picture.putpalette([0, 0, 0, 128, 128, 128])
                picture.info["transparency"] = b"\x00\xff"
            else:
                picture = Image.new("L", (6, 6), 128).convert(mode)
            picture.save(tmp_path / name / f"{i}{suffix}")
    dataset = load_folder(tmp_path)
    assert dataset.x_train.dtype == np.uint8
    assert len(dataset.notes) == 1  # about the test part only
    expected = 128 if mode != "1" else dataset.x_train.mean()
    assert np.abs(dataset.x_train.astype(int) - expected).max() <= (4 if mode != "1" else 255)


def test_16_bit_pictures_keep_their_shades(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.fromarray(ramp).save(tmp_path / name / f"{i}.png")
    assert np.array_equal(load_folder(tmp_path).x_train[0, 0], np.rint(ramp / 257).astype(np.uint8))


def test_a_photograph_taken_sideways_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[folders.ORIENTATION] = 6  # to be turned clockwise
    sideways = np.zeros((10, 20, 3), np.uint8)
    sideways[:, 10:] = 255  # the right half is bright: the lower half, once it is upright
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(2):
            Image.fromarray(sideways).save(tmp_path / name / f"{i}.png", exif=exif)
    dataset = load_folder(tmp_path)
    assert dataset.shape == (3, 20, 10)
    assert dataset.x_train[0, :, :10].max() == 0
    assert dataset.x_train[0, :, 10:].min() == 255
    assert len(dataset.notes) == 1


def test_large_jpegs_look_as_if_they_had_been_decoded_in_full(tmp_path):
    y, x = np.mgrid[0:900, 0:1200]
    photo = Image.fromarray(np.stack([x / 1200 * 255, y / 900 * 255, 128 + 100 * np.sin(x / 90)], -1).astype(np.uint8))
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for i in range(2):
            photo.save(tmp_path / name / f"{i}.jpg", quality=95)
    dataset = load_folder(tmp_path, size=(48, 48))
    with Image.open(tmp_path / "cat" / "0.jpg") as full:
        reference = np.asarray(full.crop((150, 0, 1050, 900)).resize((48, 48), Image.Resampling.BILINEAR))
    assert np.abs(dataset.x_train[0].transpose(1, 2, 0).astype(int) - reference).max() <= 4


# ---- broken, hostile, empty


def test_broken_pictures_are_left_out_counted_and_named(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    good = (tmp_path / "cat" / "00.png").read_bytes()
    broken = {
        "empty.png": b"",
        "text.jpg": b"not a picture",
        "cut.png": good[: len(good) // 2],
        "ghost.png": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    }
    for name, content in broken.items():
        (tmp_path / "dog" / name).write_bytes(content)
    dataset = load_folder(tmp_path)
    assert sum(dataset.train_counts) + sum(dataset.test_counts) == 20
    assert "4 of 24 files" in texts(dataset)
    assert str(Path("dog", "empty.png")) in texts(dataset)
    assert ", ..." in texts(dataset)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from([".png", ".jpg", ".bmp", ".webp", ".gif", ".tif", ".ppm"]))
def test_no_damage_to_a_picture_can_stop_the_reader(tmp_path_factory, write_image, data, suffix):
    root = tmp_path_factory.mktemp("damaged")
    two_classes(root, write_image, count=2)
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[folders.ORIENTATION] = 6
    options = {"exif": exif} if suffix in (".jpg", ".png", ".webp") else {}
    Image.new("RGB", (12, 9), (1, 2, 3)).save(stream, format=Image.registered_extensions()[suffix], **options)
    content = bytearray(stream.getvalue())
    del content[data.draw(st.integers(len(content) // 3, len(content))) :]
    for _ in range(data.draw(st.integers(0, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (root / "cat" / f"x{suffix}").write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about the damage
        dataset = load_folder(root, size=(8, 8))
    assert dataset.shape == (3, 8, 8)
    assert sum(dataset.train_counts) + sum(dataset.test_counts) in (4, 5)


def test_a_decompression_bomb_is_left_out(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    Image.new("1", (10_000, 8_000)).save(tmp_path / "dog" / "bomb.png")
    assert "bomb.png" in texts(load_folder(tmp_path))


def test_links_in_a_circle_end(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    try:
        (tmp_path / "cat" / "again").symlink_to(tmp_path / "cat", target_is_directory=True)
        (tmp_path / "cat" / "above").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "dog" / "itself").symlink_to(tmp_path / "dog" / "itself")
        (tmp_path / "dog" / "itself.png").symlink_to(tmp_path / "dog" / "itself.png")
    except OSError:
        pytest.skip("links cannot be made here")
    dataset = load_folder(tmp_path)
    # `cat/above` leads to the pictures of both; every folder is entered once for each class
    assert sum(dataset.train_counts) + sum(dataset.test_counts) == 30


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_called_png_is_not_waited_for(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    os.mkfifo(tmp_path / "dog" / "pipe.png")
    assert len(load_folder(tmp_path).notes) == 1


def test_hidden_things_and_other_files_are_no_pictures(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    write_image(tmp_path / ".thumbnails" / "1.png")
    write_image(tmp_path / "__MACOSX" / "1.png")
    write_image(tmp_path / "cat" / ".hidden.png")
    (tmp_path / "cat" / "readme.txt").write_text("cats")
    (tmp_path / "labels.csv").write_text("cat,dog")
    dataset = load_folder(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert sum(dataset.train_counts) + sum(dataset.test_counts) == 20


def test_names_may_hold_any_characters(tmp_path, write_image):
    root = tmp_path / "画像 {0} %s"
    two = ("犬 {dog}", "ネコ\n")
    for name in two:
        for i in range(3):
            write_image(root / name / f"写真{i}.png")
    dataset = load_folder(root)
    assert dataset.classes == tuple(sorted(two))
    assert dataset.name == "画像 {0} %s"


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_names_that_are_no_text_can_still_be_shown_and_saved(tmp_path, write_image):
    two_classes(tmp_path, write_image)
    strange = os.fsdecode(b"caf\xe9")
    try:
        write_image(tmp_path / strange / "1.png")
    except OSError:
        pytest.skip("this disk refuses such names")
    (tmp_path / strange / os.fsdecode(b"bad\xff.png")).write_bytes(b"")
    dataset = load_folder(tmp_path)
    for text in (*dataset.classes, texts(dataset)):
        assert text.encode("utf-8")
    assert "caf?" in dataset.classes


def test_an_empty_folder_says_what_was_expected(tmp_path, write_image):
    with pytest.raises(DataError, match="no folders in it; expected one folder of images for each class"):
        load_folder(tmp_path)
    (tmp_path / "cat").mkdir()
    (tmp_path / "dog").mkdir()
    with pytest.raises(DataError, match="hold no images"):
        load_folder(tmp_path)
    write_image(tmp_path / "cat" / "1.png")
    with pytest.raises(DataError, match=r"All images in .* are in the folder 'cat'"):
        load_folder(tmp_path)
    (tmp_path / "cat" / "1.png").write_bytes(b"broken")
    with pytest.raises(DataError, match="None of the 1 images"):
        load_folder(tmp_path)


def test_a_class_whose_pictures_all_turn_out_broken_is_missed(tmp_path, write_image):
    write_image(tmp_path / "cat" / "1.png")
    write_image(tmp_path / "dog" / "1.png")
    whole = (tmp_path / "dog" / "1.png").read_bytes()
    (tmp_path / "dog" / "1.png").write_bytes(whole[:60])  # the header is good, the pixels are missing
    with pytest.raises(DataError, match="'cat'"):
        load_folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="nowhere cannot be read"):
        load_folder(tmp_path / "nowhere")


def test_reading_can_be_broken_off(tmp_path, write_image):
    two_classes(tmp_path, write_image, count=400)
    seen: list[int] = []

    def interrupt(done: int, total: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_folder(tmp_path, progress=interrupt)
    assert len(seen) == 1


def test_progress_grows_to_the_end(tmp_path, write_image):
    two_classes(tmp_path, write_image, count=100)
    (tmp_path / "cat" / "broken.png").write_bytes(b"")
    seen: list[tuple[int, int]] = []
    load_folder(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (402, 402)
    assert len(seen) > 4
