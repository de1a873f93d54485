"""`python -m designer.data.preview NAME_OR_PATH FOLDER`: writes what the window shows of a data set.

FOLDER/thumbnails.png first, then FOLDER/preview.json (`designer.data.previewing` has its form); meanwhile lines such as
{"progress": 0.4} on standard output. Ends with 0, or with 1 where preview.json holds an error.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from designer.data.arrays import DataSet, Images
from designer.data.files import replacing
from designer.data.loading import load
from designer.data.previewing import PREVIEW, THUMBNAILS, Mosaic, Preview
from designer.errors import NetDesignerError

COLUMNS, ROWS = 20, 8
TILE = 128
"""Pictures with a longer side are made smaller for the mosaic."""
INTERVAL = 0.1
"""Seconds between two lines of progress, at least."""


def main(arguments: list[str]) -> int:
    """Write the preview of the set `arguments[0]` into the folder `arguments[1]`; the exit status."""
    name, folder = arguments[0], Path(arguments[1])
    try:
        dataset = load(name, _Progress())
    except NetDesignerError as error:
        preview = Preview(name=name, error=error.message)
    else:
        preview = _write_thumbnails(dataset, folder)
    with replacing(folder / PREVIEW) as temporary:
        temporary.write_bytes(msgspec.json.encode(preview))
    return 1 if preview.error else 0


class _Progress:
    """Prints how much is done, not too often."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last >= INTERVAL or done == total:
            self._last = now
            sys.stdout.write(f'{{"progress": {done / max(total, 1):.3f}}}\n')
            sys.stdout.flush()


def _write_thumbnails(dataset: DataSet, folder: Path) -> Preview:
    columns = _columns(dataset)
    picture, tile = _mosaic(dataset, columns)
    with replacing(folder / THUMBNAILS) as temporary:
        picture.save(temporary, format="PNG", compress_level=1)
    return Preview(
        name=dataset.name,
        shape=dataset.shape,
        classes=dataset.classes,
        train_size=len(dataset.y_train),
        test_size=len(dataset.y_test),
        train_counts=dataset.train_counts,
        test_counts=dataset.test_counts,
        notes=dataset.notes,
        mosaic=Mosaic(tile=tile, classes=columns, rows=ROWS),
    )


def _columns(dataset: DataSet) -> tuple[int, ...]:
    """The classes to show: all, or as many as fit, evenly spread."""
    count = len(dataset.classes)
    return tuple(range(count)) if count <= COLUMNS else tuple(i * count // COLUMNS for i in range(COLUMNS))


def _mosaic(dataset: DataSet, columns: tuple[int, ...]) -> tuple[Image.Image, tuple[int, int]]:
    """Thumbnails side by side (columns are classes), and the (height, width) of one."""
    _, height, width = dataset.shape
    factor = min(1.0, TILE / max(height, width))
    tile = max(round(height * factor), 1), max(round(width * factor), 1)
    mosaic = Image.new("RGBA", (tile[1] * len(columns), tile[0] * ROWS))
    for column, label in enumerate(columns):
        for row, index in enumerate(np.flatnonzero(dataset.y_train == label)[:ROWS]):
            thumbnail = Image.fromarray(_rgb(dataset.x_train[index]))
            if factor < 1:
                thumbnail = thumbnail.resize((tile[1], tile[0]), Image.Resampling.BILINEAR)
            mosaic.paste(thumbnail, (column * tile[1], row * tile[0]))
    return mosaic, tile


def _rgb(picture: Images) -> NDArray[np.uint8]:
    """(C, H, W) to (H, W, 3): one or two channels as grey, of four the first three."""
    channels = picture[[0, 0, 0]] if len(picture) < 3 else picture[:3]
    return np.ascontiguousarray(channels.transpose(1, 2, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
