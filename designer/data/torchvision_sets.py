"""CIFAR-10, CIFAR-100, MNIST and Fashion-MNIST through torchvision, downloaded where there is a network.

torchvision reads and checks the files; the download is done here, because torchvision's own has no time limit, says
nothing of its progress and may leave half a file behind.
"""

from __future__ import annotations

import hashlib
import http.client
import tarfile
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torchvision.datasets import CIFAR10, CIFAR100, MNIST, FashionMNIST
from torchvision.datasets.utils import check_integrity

from designer.data.arrays import DataSet, Images, Labels, channels_first
from designer.data.catalogue import DataSetInfo
from designer.data.errors import DataError, shown
from designer.data.files import replacing
from designer.errors import message

Progress = Callable[[int, int], None]

TIMEOUT = 20.0
"""Seconds without a byte after which a server is given up."""
SETS: dict[str, Any] = {"cifar10": CIFAR10, "cifar100": CIFAR100, "mnist": MNIST, "fashion_mnist": FashionMNIST}
"""torchvision's class for each built-in set that needs a download."""

_CHUNK = 1 << 18
# What torchvision raises where files are missing, cut off or something else; it checks with asserts, too.
_UNUSABLE = (RuntimeError, ValueError, LookupError, AssertionError, EOFError, OSError, tarfile.TarError, zlib.error)


class Archive(NamedTuple):
    """A file to download: where it is offered, where torchvision looks for it, and its MD5."""

    urls: tuple[str, ...]
    path: Path
    md5: str


def load(info: DataSetInfo, cache: Path, progress: Progress | None = None) -> DataSet:
    """Read a set from torchvision's files in `cache`/torchvision, which are downloaded if they are missing or damaged.

    Raises:
        DataError: the download failed; the text says why, and what to do without a network.
    """
    dataset_class, folder = SETS[info.name], cache / "torchvision"
    try:
        return _read(dataset_class, info, folder, extract=False)
    except _UNUSABLE:
        pass  # nothing there yet, or what an interrupted run has left of it
    archives = tuple(_archives(dataset_class, folder))
    try:
        _fetch_missing(archives, progress)
    except (OSError, http.client.HTTPException) as error:
        raise DataError(message(
            "{title} could not be downloaded: {reason}. Put {files} into {folder}, or {name}.npz with Keras's names "
            "into {cache}; or choose the embedded set, which needs no download.", title=info.title.template,
            reason=_reason(error), files=", ".join(archive.path.name for archive in archives), name=info.name,
            folder=shown(archives[0].path.parent), cache=shown(cache))) from error  # fmt: skip
    try:
        return _read(dataset_class, info, folder, extract=True)
    except _UNUSABLE as error:
        raise DataError(message("The files of {title} in {folder} cannot be read: {reason}. Delete that folder and try "
                                "again, or choose the embedded set.", title=info.title.template, folder=shown(folder),
                                reason=_reason(error))) from error  # fmt: skip


def _reason(error: BaseException) -> str:
    """What went wrong in the system's words, from inside the layers of urllib's errors."""
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or inner or type(inner).__name__).rstrip(".")


def _read(dataset_class: Any, info: DataSetInfo, folder: Path, extract: bool) -> DataSet:
    x_train, y_train = _arrays(dataset_class(folder, train=True, download=extract))
    x_test, y_test = _arrays(dataset_class(folder, train=False, download=extract))
    return DataSet(info.name, x_train, y_train, x_test, y_test, info.classes)


def _arrays(part: Any) -> tuple[Images, Labels]:
    """Pictures (N, C, H, W) and labels of a torchvision set, whose `data` is N x H x W or N x H x W x C."""
    data = np.asarray(part.data)
    return channels_first(data, None if data.ndim == 3 else 3), np.asarray(part.targets).astype(np.int64)


# ---- download


def _archives(dataset_class: Any, folder: Path) -> Iterator[Archive]:
    if issubclass(dataset_class, CIFAR10):
        yield Archive((dataset_class.url,), folder / dataset_class.filename, dataset_class.tgz_md5)
        return
    for filename, md5 in dataset_class.resources:
        urls = tuple(mirror + filename for mirror in dataset_class.mirrors)
        yield Archive(urls, folder / dataset_class.__name__ / "raw" / filename, md5)


def _fetch_missing(archives: tuple[Archive, ...], progress: Progress | None) -> None:
    """Download what is not there or damaged, and clear away what was unpacked from it."""
    for number, archive in enumerate(archives):

        def report(share: float, number: int = number) -> None:
            if progress:
                progress(round((number + share) * 1000), len(archives) * 1000)

        if not check_integrity(archive.path, archive.md5):
            _fetch(archive, report)
        # MNIST's archives are unpacked beside themselves, and torchvision takes any file of that name for complete.
        archive.path.with_suffix("").unlink(missing_ok=True)


def _fetch(archive: Archive, report: Callable[[float], None]) -> None:
    """Download from the first server that has the right file; raises the last one's OSError or HTTPException."""
    for url in archive.urls:
        try:
            with replacing(archive.path) as temporary:
                _download(url, temporary, archive.md5, report)
            return
        except (OSError, http.client.HTTPException):
            if url == archive.urls[-1]:
                raise


def _download(url: str, path: Path, md5: str, report: Callable[[float], None]) -> None:
    digest, done = hashlib.md5(usedforsecurity=False), 0
    request = urllib.request.Request(url, headers={"User-Agent": "netdesigner"})  # noqa: S310 (torchvision's addresses)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response, path.open("wb") as file:  # noqa: S310
        total = int(response.headers.get("Content-Length") or 0)
        while chunk := response.read(_CHUNK):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            report(min(done / total, 1.0) if total else 0.0)
    if digest.hexdigest() != md5:
        raise OSError(f"{url} sent another file than expected, or only a part of it")
