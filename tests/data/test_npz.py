"""Files with Keras's names are read whatever their layout; hostile ones are refused with a word, and run nothing."""

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from designer.data import arrays, npz
from designer.data.arrays import DataSet
from designer.data.errors import DataError
from designer.data.npz import load_npz, save_npz

FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, **members: object) -> Path:
    np.savez(path, **members)
    return path


def pictures(count: int = 20, shape: tuple[int, ...] = (6, 5), dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, *shape)).astype(dtype)


def labels(count: int = 20, classes: int = 3) -> np.ndarray:
    return np.arange(count) % classes


def good(**changes: object) -> dict[str, object]:
    members = {"x_train": pictures(), "y_train": labels(), "x_test": pictures(8), "y_test": labels(8)}
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


# ---- layouts


@FEW
@given(
    layout=st.sampled_from(["NHW", "NHWC", "NCHW"]),
    channels=st.sampled_from([1, 3]),
    size=st.tuples(st.integers(5, 9), st.integers(5, 9)),
    dtype=st.sampled_from(["uint8", "int16", "int64", "uint64", ">i4", "float32", "float64", "float16"]),
    unit=st.booleans(),
    fortran=st.booleans(),
    label_type=st.sampled_from(["uint8", "int64", ">i2", "uint64"]),
    column=st.booleans(),
    compressed=st.booleans(),
)
def test_all_layouts_and_types_give_the_same_pictures(
    tmp_path, layout, channels, size, dtype, unit, fortran, label_type, column, compressed
):
    channels = 1 if layout == "NHW" else channels
    expected = np.random.default_rng(1).integers(0, 256, (12, channels, *size)).astype(np.uint8)
    x = {"NHW": expected[:, 0], "NHWC": expected.transpose(0, 2, 3, 1), "NCHW": expected}[layout].astype(dtype)
    if unit and x.dtype.kind == "f":
        x = x / 255
    x = np.asfortranarray(x) if fortran else x
    y = labels(12).astype(label_type)
    y = y[:, None] if column else y
    save = np.savez_compressed if compressed else np.savez
    save(tmp_path / "set.npz", x_train=x, y_train=y, x_test=x[:4], y_test=y[:4])
    dataset = load_npz(tmp_path / "set.npz")
    # float16 has 11 bits: 255ths come back exactly all the same, since the error is below half a step
    assert np.array_equal(dataset.x_train, expected)
    assert np.array_equal(dataset.x_test, expected[:4])
    assert dataset.x_train.dtype == np.uint8
    assert dataset.x_train.flags.c_contiguous
    assert dataset.y_train.tolist() == labels(12).tolist()
    assert dataset.y_train.dtype == np.int64
    assert dataset.classes == ("0", "1", "2")
    assert dataset.notes == ()


@pytest.mark.parametrize(
    ("shape", "read_as"),
    [
        ((32, 32, 3), (3, 32, 32)),
        ((3, 32, 32), (3, 32, 32)),
        ((32, 32, 4), (4, 32, 32)),
        ((28, 28, 1), (1, 28, 28)),
        ((1, 28, 28), (1, 28, 28)),
        ((3, 4, 4), (3, 4, 4)),
        ((4, 4, 3), (3, 4, 4)),
        ((3, 3, 3), (3, 3, 3)),
        ((2, 9, 9), (2, 9, 9)),
    ],
)
def test_the_channels_are_found(tmp_path, shape, read_as):
    x = pictures(20, shape)
    dataset = load_npz(write(tmp_path / "set.npz", x_train=x, y_train=labels(), x_test=x, y_test=labels()))
    assert dataset.shape == read_as


def test_black_and_white_pictures_of_truth_values_become_0_and_255(tmp_path):
    x = pictures() > 127
    dataset = load_npz(write(tmp_path / "set.npz", **good(x_train=x, x_test=x[:8])))
    assert np.array_equal(dataset.x_train[:, 0], x * 255)


def test_a_test_part_darker_than_1_of_255_is_not_stretched(tmp_path):
    dark = np.zeros((8, 6, 5), np.float32)
    dark[0, 0, 0] = 1
    dataset = load_npz(write(tmp_path / "set.npz", **good(x_train=pictures(dtype="float32"), x_test=dark)))
    assert dataset.x_test.max() == 1


def test_without_a_test_part_a_tenth_is_kept_apart(tmp_path):
    dataset = load_npz(write(tmp_path / "set.npz", **good(x_test=None, y_test=None)))
    assert (len(dataset.y_train), len(dataset.y_test)) == (18, 2)
    assert "no test part" in str(dataset.notes[0])


def test_names_of_classes_come_from_the_file_from_the_set_it_is_named_after_or_are_numbers(tmp_path):
    names = np.array(["cat", "犬", "{bird}"])
    assert load_npz(write(tmp_path / "a.npz", **good(), classes=names)).classes == ("cat", "犬", "{bird}")
    cifar = good(x_train=pictures(20, (32, 32, 3)), x_test=pictures(8, (32, 32, 3)))
    assert load_npz(write(tmp_path / "cifar10_part.npz", **cifar)).classes[:2] == ("airplane", "automobile")
    assert load_npz(write(tmp_path / "cifar10_gray.npz", **good())).classes == ("0", "1", "2")
    assert load_npz(write(tmp_path / "cifar1000.npz", **cifar)).classes == ("0", "1", "2")
    too_few = np.array(["cat", "dog"])
    assert load_npz(write(tmp_path / "b.npz", **good(), classes=too_few)).classes == ("0", "1", "2")


def test_what_is_saved_is_read_again(tmp_path):
    x = pictures(20, (3, 4, 4))
    dataset = DataSet("s", x, labels(), x[:9], labels(9), ("a", "é", "{b}"))
    save_npz(dataset, tmp_path / "new" / "s.npz")
    again = load_npz(tmp_path / "new" / "s.npz")
    assert np.array_equal(again.x_train, dataset.x_train)
    assert np.array_equal(again.y_test, dataset.y_test)
    assert again.classes == dataset.classes
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["s.npz"]


@pytest.mark.parametrize(
    ("name", "shape", "first"),
    [
        ("cifar10_5000_1000.npz", (3, 32, 32), "airplane"),
        ("mnist_5000_1000.npz", (1, 28, 28), "0"),
        ("fashion_mnist_5000_1000.npz", (1, 28, 28), "T-shirt/top"),
    ],
)
def test_real_sets_are_read_value_for_value(shared_npz, name, shape, first):
    path = shared_npz(name)
    dataset = load_npz(path)
    with np.load(path) as raw:
        x = raw["x_train"] if raw["x_train"].ndim == 4 else raw["x_train"][..., None]
        assert np.array_equal(dataset.x_train.transpose(0, 2, 3, 1), x)
        assert np.array_equal(dataset.y_test, raw["y_test"])
    assert (dataset.shape, dataset.classes[0], len(dataset.y_test)) == (shape, first, 1000)


# ---- what is refused


REFUSED = {
    "no x_train": (good(x_train=None), "no array 'x_train'"),
    "no y_train": (good(y_train=None), "no array 'y_train'"),
    "no y_test": (good(y_test=None), "no array 'y_test'"),
    "labels of another number": (good(y_train=labels(19)), "19 labels for 20 pictures"),
    "test labels of another number": (good(y_test=labels(9)), "y_test"),
    "negative labels": (good(y_train=labels() - 1), "-1 to 1"),
    "labels beyond all measure": (good(y_train=labels().astype(np.uint64) + np.uint64(2**63)), "counted from 0"),
    "labels that are fractions": (good(y_train=labels() + 0.5), "whole number"),
    "one-hot labels": (good(y_train=np.eye(20)), "argmax"),
    "labels that are texts": (good(y_train=np.array(["cat"] * 20)), "not numbers"),
    "one class": (good(y_train=labels() * 0, y_test=labels(8) * 0), "one class"),
    "no pictures": (good(x_train=pictures(0), y_train=labels(0)), "0 x 6 x 5"),
    "no test pictures": (good(x_test=pictures(0), y_test=labels(0)), "0 x 6 x 5"),
    "vectors": (good(x_train=pictures(20, (784,))), "20 x 784"),
    "a single number": (good(x_train=np.uint8(3)), "()"),
    "films": (good(x_train=pictures(20, (4, 6, 5, 3))), "20 x 4 x 6 x 5 x 3"),
    "too many channels": (good(x_train=pictures(20, (9, 9, 13)), x_test=pictures(8, (9, 9, 13))), "9 x 9 x 13"),
    "parts that differ": (good(x_test=pictures(8, (6, 6))), "6 x 5 and 6 x 6"),
    "normalized pictures": (good(x_train=pictures(dtype="float32") / 127.5 - 1), "-1 to"),
    "16-bit pictures": (good(x_train=pictures(dtype="uint16") * 257), "65535"),
    "NaN in the test part": (good(x_test=np.full((8, 6, 5), np.nan)), "nan"),
    "infinite": (good(x_train=np.full((20, 6, 5), np.inf)), "inf"),
    "complex": (good(x_train=pictures(dtype="complex64")), "complex64"),
    "dates": (good(x_train=pictures().astype("datetime64[s]")), "datetime64"),
    "structures": (good(x_train=np.zeros((20, 6, 5), [("a", "u1")])), "not numbers"),
    "objects": (good(x_train=np.array([{}] * 20, object)), "never loaded"),
    "objects as classes": (good(classes=np.array([1, "x"], object)), "never loaded"),
}


@pytest.mark.parametrize(("members", "word"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_refused_and_the_text_says_what_and_where(tmp_path, members, word):
    path = write(tmp_path / "bad.npz", **members)
    with pytest.raises(DataError) as caught:
        load_npz(path)
    assert word in str(caught.value)
    assert "bad.npz" in str(caught.value)


def member(shape: tuple[int, ...], descr: str = "|u1", data: bytes = b"") -> bytes:
    """An .npy file that claims a shape and type, whatever follows."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize("shape", [(2**40, 32, 32), (2**62, 4), (-1, 5, 5), (20, 6, 5, -3), (10**300, 1, 1)])
def test_a_shape_larger_than_the_file_takes_no_memory(tmp_path, shape):
    path = archive(tmp_path / "huge.npz", x_train=member(shape, data=b"abc"), y_train=npy(labels()))
    with pytest.raises(DataError, match="damaged"):
        load_npz(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_BYTES", 1 << 20)
    shape = (4096, 32, 32)
    path = archive(tmp_path / "bomb.npz", x_train=member(shape, data=bytes(4 << 20)), y_train=npy(labels(4096)))
    assert path.stat().st_size < 1 << 16
    with pytest.raises(DataError, match="memory"):
        load_npz(path)


def test_what_follows_an_array_is_not_read(tmp_path):
    path = archive(tmp_path / "tail.npz", x_train=npy(pictures()) + bytes(1 << 20), y_train=npy(labels()))
    with pytest.raises(DataError, match="damaged"):
        load_npz(path)


class Explosive:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("where", ["object array", "pickle instead of npy", "pickle instead of npz", "in classes"])
def test_nothing_is_ever_unpickled(tmp_path, where):
    fired, path = tmp_path / "fired", tmp_path / "evil.npz"
    payload = Explosive(fired)
    if where == "object array":
        write(path, **good(x_train=np.array([payload] * 20, object)))
    elif where == "in classes":
        write(path, **good(), classes=np.array([payload] * 3, object))
    elif where == "pickle instead of npy":
        archive(path, x_train=pickle.dumps(payload), y_train=npy(labels()))
    else:
        path.write_bytes(pickle.dumps(payload))
    with pytest.raises(DataError):
        load_npz(path)
    assert not fired.exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"hello", npy(pictures()), bytes(5000)], ids=range(5))
def test_other_files_are_no_npz(tmp_path, content):
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"no complete .npz file"):
        load_npz(path)


def test_a_folder_and_a_missing_file_are_named(tmp_path):
    for path in (tmp_path, tmp_path / "missing.npz"):
        with pytest.raises(DataError, match="cannot be read"):
            load_npz(path)


def test_a_password_is_asked_for_in_vain(tmp_path):
    path = write(tmp_path / "locked.npz", **good())
    data = bytearray(path.read_bytes())
    for at in range(len(data) - 4):  # the encryption flag of every entry
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError):
        load_npz(path)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_is_packed_as_numpy_never_packs_is_refused_unread(tmp_path, packing):
    path = write(tmp_path / "a.npz", **good())
    with zipfile.ZipFile(path) as plain, zipfile.ZipFile(tmp_path / "b.npz", "w", packing) as packed:
        for name in plain.namelist():
            packed.writestr(name, plain.read(name))
    content = bytearray((tmp_path / "b.npz").read_bytes())
    content[50:70] = bytes(20)
    (tmp_path / "b.npz").write_bytes(content)
    with pytest.raises(DataError, match="a form that is not known"):
        load_npz(tmp_path / "b.npz")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), compressed=st.booleans())
def test_a_file_with_any_damage_is_read_or_refused_but_never_breaks_the_program(tmp_path, data, compressed):
    path = tmp_path / "damaged.npz"
    (np.savez_compressed if compressed else np.savez)(path, **good())
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    for _ in range(data.draw(st.integers(0, 4))):
        if content:
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        dataset = load_npz(path)
    except DataError:
        return
    assert dataset.x_train.dtype == np.uint8


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.one_of(
        st.text(alphabet='{}()[]\'",:0123456789descrshapefotn_u1<|TrueFals \\\n#"', max_size=120),
        st.sampled_from(
            ["(" * 9000, "{'descr': '|u1', 'fortran_order': False, 'shape': (20, 6, 5", "1" * 9000, "\x00"]
        ),
    )
)
def test_any_header_is_refused_with_a_word(tmp_path, header):
    raw = header.encode("latin1", "replace")
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw
    path = archive(tmp_path / "header.npz", x_train=content, y_train=npy(labels()))
    with pytest.raises(DataError):
        load_npz(path)


def test_paths_may_hold_any_characters(tmp_path):
    path = tmp_path / "データ {x} %s.npz"
    write(path, **good())
    assert load_npz(path).name == "データ {x} %s.npz"
    with pytest.raises(DataError) as caught:
        load_npz(tmp_path / "無い {x}.npz")
    assert "無い {x}.npz" in str(caught.value)


def test_half_of_the_memory_is_the_limit():
    assert 0 < npz.memory_limit() <= arrays.MAX_BYTES
