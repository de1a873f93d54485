"""Opens a .nnp: a zip of network.nntxt and the weights. Nothing is unpacked to disk, and no more is read than fits."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

from designer.errors import message
from designer.importers.errors import ForeignError

MAX_BYTES = 4 << 30
MAX_MEMBERS = 1000
MAX_TEXT = 64 << 20
MAX_WEIGHTS = 4 << 30
MANY, TIGHT = 64 << 20, 200
"""More bytes than these that are packed tighter than by this factor are no weights but a trap."""
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class Archive(NamedTuple):
    """What matters of a .nnp."""

    text: str
    """The networks, as .nntxt."""
    weights: bytes
    """Empty where there are none."""
    weights_name: str
    """'parameter.protobuf' or 'parameter.h5'."""


def open_archive(path: Path) -> Archive:
    """Read a .nnp.

    Raises:
        ForeignError: it cannot be read, is damaged, holds no network, or more than a network would need.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ForeignError(message("{path} is too large for a network: {limit} MiB at most.", path=str(path),
                                       limit=MAX_BYTES >> 20))  # fmt: skip
        data = path.read_bytes()
    except OSError as error:
        raise ForeignError(message("{path} cannot be read: {reason}.", path=str(path),
                                   reason=error.strerror or str(error))) from error  # fmt: skip
    return unpack(data, path.name)


def unpack(data: bytes, where: str) -> Archive:
    """Read a .nnp from its bytes; `where` names it in errors. Raises ForeignError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return _unpack(file, where)
    except _UNREADABLE as error:
        raise ForeignError(message("{where} is no complete .nnp (a zip file): {reason}. Was it cut off?", where=where,
                                   reason=str(error).rstrip(".") or type(error).__name__)) from None  # fmt: skip


def _unpack(file: zipfile.ZipFile, where: str) -> Archive:
    members = file.infolist()
    if len(members) > MAX_MEMBERS:
        raise ForeignError(message("{where} holds {count} files, too many for a network.", where=where,
                                   count=len(members)))  # fmt: skip
    networks = [each for each in members if each.filename.endswith((".nntxt", ".prototxt"))]
    weights = [each for each in members if each.filename.endswith((".protobuf", ".h5"))]
    if len(networks) != 1 or len(weights) > 1:
        raise ForeignError(message(
            "{where} should hold one network (.nntxt) and one file of weights at most, but there are {networks} and "
            "{weights}.", where=where, networks=len(networks), weights=len(weights)))  # fmt: skip
    try:
        text = _member(file, networks[0], MAX_TEXT, where).decode()
    except UnicodeDecodeError as error:
        raise ForeignError(message("{where}: {name} is not text in UTF-8 (byte {at}).", where=where,
                                   name=networks[0].filename, at=error.start)) from None  # fmt: skip
    if not weights:
        return Archive(text, b"", "")
    return Archive(text, _member(file, weights[0], MAX_WEIGHTS, where), weights[0].filename)


def _member(file: zipfile.ZipFile, member: zipfile.ZipInfo, limit: int, where: str) -> bytes:
    """A file in the zip, if it is packed as NNC packs and not larger than it may be."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ForeignError(message("{where}: {name} is packed in a way that is not known here.", where=where,
                                   name=member.filename))  # fmt: skip
    data = None
    if member.file_size <= limit and member.file_size <= max(MANY, TIGHT * member.compress_size):
        with file.open(member) as stream:
            data = stream.read(member.file_size + 1)
    if data is None or len(data) > limit:
        raise ForeignError(message("{where}: {name} is too large: {limit} MiB at most.", where=where,
                                   name=member.filename, limit=limit >> 20))  # fmt: skip
    return data
