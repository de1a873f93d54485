"""Loading whatever a recipe names: a built-in set, an .npz file or a folder of images."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
from collections.abc import Callable
from pathlib import Path

from designer.data import catalogue, synthetic
from designer.data.arrays import DataSet
from designer.data.catalogue import DataSetInfo
from designer.data.errors import DataError, shown
from designer.data.folders import load_folder
from designer.data.npz import load_npz, save_npz
from designer.errors import message

Progress = Callable[[int, int], None]
"""Called with (done, total) while a set is downloaded or read."""


def load(name_or_path: str, progress: Progress | None = None) -> DataSet:
    """The set of that name, or in that file or folder; relative paths count from the current folder, ~ is the home.

    Raises:
        DataError: there is no such set, or it cannot be read or downloaded.
    """
    try:
        info = catalogue.find(name_or_path)
        return _load_path(name_or_path, progress) if info is None else _load_built_in(info, progress)
    except MemoryError:
        raise DataError(message("'{name}' does not fit into this computer's memory. Use fewer or smaller pictures.",
                                name=shown(name_or_path))) from None  # fmt: skip


def _load_built_in(info: DataSetInfo, progress: Progress | None) -> DataSet:
    """From the file kept of it in the cache folder; else drawn or downloaded, and kept there."""
    folder = catalogue.data_folder()
    embedded = info is catalogue.SYNTHETIC
    kept = folder / (f"{info.name}-{synthetic.VERSION}.npz" if embedded else f"{info.name}.npz")
    if kept.is_file():
        try:
            return dataclasses.replace(load_npz(kept, info.classes), name=info.name)
        except DataError:
            if not embedded:  # it may be the user's own file: say what is wrong with it
                raise
    if embedded:
        dataset = synthetic.generate()
    else:
        from designer.data import torchvision_sets  # 4 s with torch, so only when it is needed

        dataset = torchvision_sets.load(info, folder, progress)
    with contextlib.suppress(OSError):  # a full or read-only disk costs time the next time, no more
        save_npz(dataset, kept)
    return dataset


def _load_path(text: str, progress: Progress | None) -> DataSet:
    try:
        path = Path(text).expanduser()
        if text and path.is_dir():
            return load_folder(path, progress=progress)
        if path.is_file():
            if catalogue.kind_of(text) == "npz":
                return load_npz(path)
            raise DataError(message("{path} is neither an .npz file nor a folder of images.", path=shown(path)))
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, a user or a form that does not exist
        raise DataError(message("{path} cannot be read: {reason}.", path=shown(text[:200]),
                                reason=str(error).rstrip("."))) from error  # fmt: skip
    raise _unknown(text)


def _unknown(text: str) -> DataError:
    names = [info.name for info in catalogue.BUILT_IN]
    guesses = difflib.get_close_matches(text.lower(), names, n=1)
    if guesses:
        return DataError(message("There is no data set or file '{name}'. Did you mean '{guess}'?",
                                 name=shown(text), guess=guesses[0]))  # fmt: skip
    return DataError(message("There is no data set, file or folder '{name}' in {folder}. Give one of {names}, or the "
                             "path of an .npz file or of a folder of images.", name=shown(text),
                             folder=shown(Path.cwd()), names=", ".join(names)))  # fmt: skip
