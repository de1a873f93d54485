"""Data sets in .npz files with Keras's names: x_train, y_train, x_test, y_test. Nothing in them is ever unpickled.

What a file claims is checked against what it holds before memory is taken for it.
"""

from __future__ import annotations

import math
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from designer.data import catalogue
from designer.data.arrays import DataSet, Images, Labels, channels_first, memory_limit, with_test_part
from designer.data.errors import DataError, shown
from designer.data.files import replacing
from designer.errors import message

MAX_CLASSES = 100_000
MAX_CHANNELS = 4
ONE_COLOUR_OR_THREE = (1, 3)

# What zipfile and numpy raise on damaged files; numpy reads an array's header with Python's own parser.
BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, TypeError, LookupError, OverflowError,
    RuntimeError, SyntaxError, tokenize.TokenError,
)  # fmt: skip

Array = NDArray[Any]


class Header(NamedTuple):
    """What an array in the file claims to be."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        """The size of its values."""
        return math.prod(self.shape) * self.dtype.itemsize


def load_npz(path: Path, classes: tuple[str, ...] | None = None) -> DataSet:
    """Read a set. Pictures are N x H x W, N x H x W x C or N x C x H x W (C up to 4), as uint8 or floats.

    Floats up to 1 are multiplied by 255. Labels are whole numbers (N,) or (N, 1). Names for the classes come from
    `classes`, else from an array of texts called `classes`, else from the built-in set the file is named after; or they
    are numbers. Without x_test a tenth of the pictures becomes the test part.

    Raises:
        DataError: the file cannot be read or holds something else.
    """
    where = shown(path)
    with _opened(path, where) as archive:
        headers = _headers(archive, where)
        arrays = {name: _read(archive, name) for name in headers}
    pictures = [arrays["x_train"], *([arrays["x_test"]] if "x_test" in arrays else [])]
    labels = [arrays["y_train"], *([arrays["y_test"]] if "x_test" in arrays else [])]
    images = _as_images(pictures, where)
    numbers = [
        _as_labels(y, len(x), name, where) for y, x, name in zip(labels, images, ("y_train", "y_test"), strict=False)
    ]
    names = _class_names(path, images[0].shape[1:], classes, arrays.get("classes"), numbers, where)
    if len(images) == 1:
        return with_test_part(shown(path.name), images[0], numbers[0], names, ())
    return DataSet(shown(path.name), images[0], numbers[0], images[1], numbers[1], names)


def save_npz(dataset: DataSet, path: Path) -> None:
    """Write a set as `load_npz` reads it, uncompressed: it hardly shrinks and loads at once. Raises OSError."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, x_train=dataset.x_train, y_train=dataset.y_train, x_test=dataset.x_test, y_test=dataset.y_test,
                 classes=np.array(dataset.classes))  # fmt: skip


# ---- the archive


@contextmanager
def _opened(path: Path, where: str) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever is wrong with the file becomes a DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise DataError(message("{path} cannot be read: {reason}.", path=where,
                                reason=error.strerror or str(error))) from error  # fmt: skip
    except MemoryError:
        raise DataError(message("{path} does not fit into this computer's memory.", path=where)) from None
    except BROKEN as error:
        reason = str(error) or type(error).__name__
        raise DataError(message("{path} is no complete .npz file: {reason}. Was it cut off, or is it something else?",
                                path=where, reason=reason.splitlines()[0][:200])) from error  # fmt: skip


def _headers(archive: zipfile.ZipFile, where: str) -> dict[str, Header]:
    """The arrays to read, checked: all there, plain numbers, not too large, and of the size their shape needs."""
    members = {
        info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename.endswith(".npy")
    }
    missing = [name for name in ("x_train", "y_train") if name not in members]
    if "x_test" in members and "y_test" not in members:
        missing.append("y_test")
    if missing:
        raise DataError(message("{path} has no array '{missing}'; it holds {found}. Expected x_train, y_train and, if "
                                "there are test pictures, x_test and y_test.", path=where, missing=missing[0],
                                found=", ".join(sorted(map(shown, members))[:20]) or "nothing"))  # fmt: skip
    wanted = ["x_train", "y_train", *(["x_test", "y_test"] if "x_test" in members else [])]
    headers = {name: _header(archive, members[name], name, where) for name in wanted}
    if "classes" in members:
        headers["classes"] = _header(archive, members["classes"], "classes", where)
    total = sum(header.bytes for header in headers.values())
    limit = memory_limit()
    if total > limit:
        raise DataError(message("{path} would take {size} GiB of memory; {limit} GiB is the most. Store the pictures "
                                "as uint8, make them smaller, or use a folder of images.", path=where,
                                size=round(total / 2**30, 1), limit=round(limit / 2**30, 1)))  # fmt: skip
    return headers


def _header(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, where: str) -> Header:
    known = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    with archive.open(member) as stream:
        version = npy.read_magic(stream) if known else None
        if version not in ((1, 0), (2, 0)):
            raise DataError(
                message("The array '{name}' in {path} has a form that is not known here.", name=name, path=where)
            )
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(stream)
        header, begin = Header(shape, dtype), stream.tell()
    allowed = "U" if name == "classes" else "buif"
    if dtype.hasobject or dtype.kind not in allowed or dtype.itemsize == 0:
        raise DataError(message("The array '{name}' in {path} holds {found}, not numbers. Python objects are never "
                                "loaded, because they can run code: save plain uint8 arrays.", name=name, path=where,
                                found=str(dtype)))  # fmt: skip
    if any(size < 0 for size in shape) or header.bytes != member.file_size - begin:
        raise DataError(message("The array '{name}' in {path} has the shape {shape}, which takes {expected} bytes, but "
                                "there are {found}. The file is damaged.", name=name, path=where, shape=_show(shape),
                                expected=header.bytes, found=member.file_size - begin))  # fmt: skip
    return header


def _read(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(f"{name}.npy") as stream:
        array: Array = npy.read_array(stream, allow_pickle=False)
        stream.read(1)  # the end, where the checksum is compared
    return array


def _show(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "()"


# ---- pictures


def _as_images(pictures: list[Array], where: str) -> list[Images]:
    """All parts as (N, C, H, W) uint8, by one reading of the axes and of the range of values."""
    for name, x in zip(("x_train", "x_test"), pictures, strict=False):
        if x.ndim not in (3, 4) or 0 in x.shape:
            raise DataError(message("{name} in {path} has the shape {shape}; expected pictures as N x height x width, "
                                    "N x height x width x channels or N x channels x height x width.", name=name,
                                    path=where, shape=_show(x.shape)))  # fmt: skip
    if len({x.shape[1:] for x in pictures}) > 1:
        train, test = (_show(x.shape[1:]) for x in pictures)
        raise DataError(message("The pictures of x_train and x_test in {path} differ in shape: {train} and {test}.",
                                path=where, train=train, test=test))  # fmt: skip
    axis = _channel_axis(pictures[0].shape, where)
    scale = _scale(pictures, where)
    return [channels_first(_to_uint8(x, scale), axis) for x in pictures]


def _channel_axis(shape: tuple[int, ...], where: str) -> int | None:
    """Which axis holds the channels; None for N x H x W. Where two could, 1 or 3 channels win, then the last axis."""
    if len(shape) == 3:
        return None
    candidates = [axis for axis in (3, 1) if shape[axis] <= MAX_CHANNELS]
    if not candidates:
        raise DataError(message("The pictures in {path} have the shape {shape}: neither the first nor the last size is "
                                "a number of channels from 1 to {limit}.", path=where, shape=_show(shape[1:]),
                                limit=MAX_CHANNELS))  # fmt: skip
    return next((axis for axis in candidates if shape[axis] in ONE_COLOUR_OR_THREE), candidates[0])


def _scale(pictures: list[Array], where: str) -> int:
    """What the values are to be multiplied by: 1 for 0..255, 255 for 0..1."""
    if all(x.dtype == np.uint8 for x in pictures):
        return 1
    # numpy's minimum and maximum of a NaN are NaN, which no comparison holds for.
    low, high = float(np.min([x.min() for x in pictures])), float(np.max([x.max() for x in pictures]))
    if not (low >= 0 and high <= 255):
        raise DataError(message("The values of the pictures in {path} go from {low} to {high}; expected 0 to 1 or 0 to "
                                "255, before any normalization.", path=where, low=f"{low:g}",
                                high=f"{high:g}"))  # fmt: skip
    return 255 if high <= 1 and any(x.dtype.kind in "fb" for x in pictures) else 1


def _to_uint8(x: Array, scale: int) -> Images:
    if x.dtype == np.uint8:
        return x
    images = np.empty(x.shape, np.uint8)
    for start in range(0, len(x), 1000):  # in parts, so that a set of floats is not held twice
        images[start : start + 1000] = np.rint(x[start : start + 1000].astype(np.float64) * scale)
    return images


# ---- labels and classes


def _as_labels(y: Array, count: int, name: str, where: str) -> Labels:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError(message("{name} in {path} has the shape {shape} and the type {dtype}; expected one whole "
                                "number for each picture. If it is one-hot, save its argmax(axis=1).", name=name,
                                path=where, shape=_show(y.shape), dtype=str(y.dtype)))  # fmt: skip
    if len(y) != count:
        raise DataError(message("{name} in {path} has {labels} labels for {pictures} pictures.", name=name, path=where,
                                labels=len(y), pictures=count))  # fmt: skip
    if y.min() < 0 or y.max() >= MAX_CLASSES:
        raise DataError(message("{name} in {path} has labels from {low} to {high}; expected classes counted from 0, at "
                                "most {limit}.", name=name, path=where, low=int(y.min()), high=int(y.max()),
                                limit=MAX_CLASSES))  # fmt: skip
    return y.astype(np.int64)


def _class_names(
    path: Path,
    shape: tuple[int, ...],
    given: tuple[str, ...] | None,
    stored: Array | None,
    labels: list[Labels],
    where: str,
) -> tuple[str, ...]:
    count = 1 + max(int(y.max()) for y in labels)
    if all(y.min() == y.max() == labels[0][0] for y in labels):
        raise DataError(message("All pictures in {path} are of one class: there is nothing to tell apart.", path=where))
    texts = () if stored is None else tuple(shown(str(name)) for name in stored.ravel().tolist())
    for names in (given or (), texts, _built_in_names(path, shape)):
        if len(names) >= count:
            return names
    return tuple(map(str, range(count)))


def _built_in_names(path: Path, shape: tuple[int, ...]) -> tuple[str, ...]:
    """The classes of the built-in set that a file like cifar10_5000_1000.npz is a part of."""
    for info in catalogue.BUILT_IN:
        rest = path.stem.lower().removeprefix(info.name)
        if rest != path.stem.lower() and not rest[:1].isalnum() and shape == info.shape:
            return info.classes
    return ()
