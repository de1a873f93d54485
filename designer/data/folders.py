"""Data sets in folders: one sub-folder of images for each class, with or without train/ and test/ above them."""

from __future__ import annotations

import functools
import math
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image, ImageOps

from designer.data.arrays import DataSet, Images, Labels, memory_limit, with_test_part
from designer.data.errors import DataError, shown
from designer.errors import Message, message

Progress = Callable[[int, int], None]
"""Called with (done, total) while a set is read."""
Size = tuple[int, int]
"""(height, width)"""
T = TypeVar("T")
R = TypeVar("R")

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
)
FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "GIF", "TIFF", "PPM")
"""What Pillow may open, whatever a file is called: formats that are nothing but pictures."""
TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation")
"""Names of the folders of test pictures, the first one found counts."""
MAX_PIXELS = 64 << 20
"""Larger pictures are taken for decompression bombs."""
COMMON = 0.1
"""The most frequent size is taken for the set's size if at least this share of the pictures has it."""
GREY_MODES = frozenset(("1", "L", "LA", "La", "I", "F"))
NAMED = 3
"""How many names a note lists."""
BATCH = 64
"""Files that a thread reads between two reports of progress."""
ORIENTATION = 0x0112
"""The EXIF field that says how the camera was held; from 5 on, height and width are exchanged."""

# All that Pillow has been seen to raise on broken files; anything else would be a mistake of ours.
BROKEN: tuple[type[BaseException], ...] = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, AttributeError, MemoryError,
    NotImplementedError, struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip


class Item(NamedTuple):
    """A picture's file, its class, and what its header says: size as it is looked at, and whether it has colours."""

    path: Path
    label: int
    size: Size
    grey: bool


def load_folder(root: Path, size: Size | None = None, progress: Progress | None = None) -> DataSet:
    """Read root/<class>/*.png, or root/train/<class>/* and root/test (or val)/<class>/*; classes are in order of name.

    Pictures of another size than `size` are scaled and their middle is cut out; without `size` it is the most frequent
    one. They become grey if all of them are, else RGB. Broken ones are left out, and a note names them. Without a
    folder of test pictures a tenth of all becomes the test part.

    Raises:
        DataError: there are no pictures, or they are of one class, or the folder cannot be read.
    """
    try:
        train_root, test_root = _parts(root)
        classes = _sub_folders(train_root)
        files = _files(train_root, classes)
        test_files = _files(test_root, classes) if test_root else []
    except OSError as error:
        raise DataError(message("{path} cannot be read: {reason}.", path=shown(error.filename or root),
                                reason=error.strerror or str(error))) from error  # fmt: skip
    with _threads() as pool:
        reader = _Reader(root, pool, len(files) + len(test_files), progress)
        train, test = reader.headers(files), reader.headers(test_files)
        _refuse_too_few(train_root, classes, len(files), [item.label for item in train])
        size = _size_for((*train, *test), size)
        channels = 1 if all(item.grey for item in (*train, *test)) else 3
        x_train, y_train = reader.pictures(train, channels, size)
        x_test, y_test = reader.pictures(test, channels, size)
    _refuse_too_few(train_root, classes, len(files), y_train.tolist())
    name, names = shown(root.resolve().name), tuple(map(shown, classes))
    notes = (*_layout_notes(root, train_root, test_root, classes), *reader.notes())
    if len(x_test) == 0:
        return with_test_part(name, x_train, y_train, names, notes)
    return DataSet(name, x_train, y_train, x_test, y_test, names, notes)


@contextmanager
def _threads() -> Iterator[ThreadPoolExecutor]:
    """Threads to read with, since Pillow decodes outside Python's lock; they end when reading is broken off."""
    pool = ThreadPoolExecutor()
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


# ---- where things lie


def _sub_folders(folder: Path) -> list[str]:
    """Names of the folders in a folder, sorted; hidden ones and those that archives bring along are none."""
    return sorted(
        path.name for path in folder.iterdir() if not path.name.startswith((".", "__MACOSX")) and path.is_dir()
    )


def _parts(root: Path) -> tuple[Path, Path | None]:
    """The folders that hold the classes of the training part and of the test part."""
    by_name = {name.lower(): root / name for name in _sub_folders(root)}
    train = next((by_name[name] for name in TRAIN if name in by_name), None)
    if train is None:
        return root, None
    return train, next((by_name[name] for name in TEST if name in by_name), None)


def _files(root: Path, classes: list[str]) -> list[tuple[Path, int]]:
    """All image files below each class's folder, in a fixed order; no folder is entered twice, wherever links lead."""
    return [
        (path, label)
        for label, name in enumerate(classes)
        if (root / name).is_dir()
        for path in _images_below(root / name)
    ]


def _images_below(folder: Path) -> Iterator[Path]:
    entered: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        status = folder.stat()
        if (status.st_dev, status.st_ino) in entered:
            continue
        entered.add((status.st_dev, status.st_ino))
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.suffix.lower() in SUFFIXES and path.is_file():
                yield path
            elif path.is_dir():
                waiting.append(path)


def _refuse_too_few(root: Path, classes: list[str], files: int, labels: list[int]) -> None:
    """Say what is missing where the pictures are not of two classes at least."""
    kinds = set(labels)
    if len(kinds) >= 2:
        return
    path, suffixes = shown(root), ", ".join(sorted(SUFFIXES))
    if not classes:
        raise DataError(message("{path} has no folders in it; expected one folder of images for each class, such as "
                                "{path}/cat and {path}/dog.", path=path))  # fmt: skip
    if not files:
        raise DataError(message("The folders in {path} hold no images ({suffixes}); expected one folder of images for "
                                "each class.", path=path, suffixes=suffixes))  # fmt: skip
    if not kinds:
        raise DataError(message("None of the {count} images in {path} can be read.", count=files, path=path))
    raise DataError(message("All images in {path} are in the folder '{name}'; expected images in two folders at least, "
                            "one for each class.", path=path, name=shown(classes[kinds.pop()])))  # fmt: skip


def _layout_notes(root: Path, train: Path, test: Path | None, classes: list[str]) -> Iterator[Message]:
    """What was found but is not used."""
    if test is None:
        return
    known = {train.name, test.name}
    unused = [name for name in _sub_folders(root) if name.lower() in TEST and name not in known]
    if unused:
        yield message("The pictures in '{unused}' are not used: '{test}' is the test part, and validation takes its "
                      "share of '{train}'.", unused=shown(unused[0]), test=shown(test.name),
                      train=shown(train.name))  # fmt: skip
    strange = [shown(name) for name in _sub_folders(test) if name not in classes]
    if strange:
        yield message("Classes of '{test}' that '{train}' does not have were left out: {names}.", test=shown(test.name),
                      train=shown(train.name), names=_some(strange))  # fmt: skip


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


# ---- reading


class _Reader:
    """Reads headers, then pictures, in parallel; counts what is done and remembers what the user should know."""

    def __init__(self, root: Path, pool: ThreadPoolExecutor, files: int, progress: Progress | None) -> None:
        self._root, self._pool, self._files, self._progress = root, pool, files, progress
        self._done = self._kept = self._fitted = 0
        self._size: Size = (0, 0)
        self._broken: list[str] = []

    def headers(self, files: list[tuple[Path, int]]) -> list[Item]:
        """The pictures among the files."""
        items = [item for item in self._each(_header, files, [path for path, _ in files]) if item is not None]
        self._done += len(files) - len(items)  # they will not be decoded
        return items

    def pictures(self, items: list[Item], channels: int, size: Size) -> tuple[Images, Labels]:
        """The decoded pictures and their classes."""
        images = np.empty((len(items), channels, *size), np.uint8)
        jobs = [(item, images[i]) for i, item in enumerate(items)]
        good = np.array(self._each(_decode, jobs, [item.path for item in items]), bool)
        labels = np.array([item.label for item in items], np.int64)
        self._size = size
        self._kept += int(good.sum())
        self._fitted += sum(item.size != size for item, kept in zip(items, good, strict=True) if kept)
        return (images, labels) if good.all() else (images[good], labels[good])

    def notes(self) -> Iterator[Message]:
        """What became of sizes and broken files."""
        if self._fitted:
            yield message("{fitted} of the {count} pictures had another size than {height} x {width}: they were scaled "
                          "and their middle was cut out.", fitted=self._fitted, count=self._kept,
                          height=self._size[0], width=self._size[1])  # fmt: skip
        if self._broken:
            yield message("{count} of {total} files cannot be read as pictures and were left out: {names}.",
                          count=len(self._broken), total=self._files, names=_some(self._broken))  # fmt: skip

    def _each(self, work: Callable[[T], R | None], jobs: list[T], paths: list[Path]) -> list[R | None]:
        """The results of all jobs in their order; None stands for a file that is broken."""
        results: list[R | None] = []
        starts = range(0, len(jobs), BATCH)
        for batch in self._pool.map(lambda start: [work(job) for job in jobs[start : start + BATCH]], starts):
            results += batch
            self._done += len(batch)
            if self._progress:
                self._progress(self._done, 2 * self._files)
        broken = (path for path, result in zip(paths, results, strict=True) if result is None)
        self._broken += [shown(path.relative_to(self._root)) for path in broken]
        return results


def _size_for(items: Sequence[Item], wanted: Size | None) -> Size:
    """The size that all pictures get: the one wanted, else the most frequent; smaller where memory asks for it."""
    height, width = wanted or _frequent_size([item.size for item in items])
    factor = math.sqrt(memory_limit() / 2 / (len(items) * 3 * height * width))
    if factor < 1:
        height, width = max(int(height * factor), 1), max(int(width * factor), 1)
    return height, width


def _frequent_size(sizes: list[Size]) -> Size:
    """The most frequent size; where hardly two pictures are of equal size, a square as wide as the median is narrow."""
    size, count = max(Counter(sizes).items(), key=lambda entry: (entry[1], entry[0]))
    if count >= COMMON * len(sizes):
        return size
    side = int(np.median([min(size) for size in sizes]))
    return side, side


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of `FORMATS` that this build of Pillow has: it stumbles over names that it does not know."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _header(file: tuple[Path, int]) -> Item | None:
    path, label = file
    try:
        with Image.open(path, formats=_formats()) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                return None
            # Asking a PNG without EXIF data would decode it; TIFF is turned by Pillow.
            turned = "exif" in image.info and image.format != "TIFF" and image.getexif().get(ORIENTATION, 1) >= 5
            if turned:
                width, height = height, width
            return Item(path, label, (height, width), image.mode in GREY_MODES or image.mode.startswith("I;"))
    except BROKEN:
        return None


def _decode(job: tuple[Item, Images]) -> bool | None:
    """Read one picture into its place (C, H, W)."""
    item, out = job
    channels, height, width = out.shape
    try:
        with Image.open(item.path, formats=_formats()) as image:
            cover = max(height / item.size[0], width / item.size[1])
            if cover < 0.5:  # JPEG can be decoded at a fraction of its size; twice the size needed leaves no trace
                image.draft(None, (math.ceil(image.width * cover * 2), math.ceil(image.height * cover * 2)))
            picture = _in_mode(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
            if picture.size != (width, height):
                picture = ImageOps.fit(picture, (width, height), Image.Resampling.BILINEAR)
            values = np.asarray(picture)
    except BROKEN:
        return None
    out[:] = values if channels == 1 else values.transpose(2, 0, 1)
    return True


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The picture as 8-bit grey or RGB. Pillow's own conversion would cut 16-bit values off at 255."""
    if image.mode == "I" or image.mode.startswith("I;"):
        image = Image.fromarray(np.clip(np.asarray(image) / 257, 0, 255).round().astype(np.uint8))
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert(mode)
