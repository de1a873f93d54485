"""The weights in a .nnp file: a small reader of protobuf's binary form, and of HDF5 where h5py is installed.

Of the message NNablaProtoBuf only `parameter` (200) is read: variable_name (1), shape (20) and data (100).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING

from designer.errors import message
from designer.importers.errors import ForeignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from designer.importers.nnc.textproto import Message

    Tensor = NDArray[np.float32]

_PARAMETER, _NAME, _SHAPE, _DIM, _DATA = 200, 1, 20, 1, 100
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
MAX_AXES = 16
MAX_SIZE = 1 << 40
"""Of a dimension."""


def from_protobuf(data: bytes, where: str) -> dict[str, Tensor]:
    """The tensors of a parameter.protobuf by their names; `where` names it in errors.

    Raises:
        ForeignError: it is damaged; the text names the byte or the tensor.
    """
    found: dict[str, Tensor] = {}
    view = memoryview(data)
    for number, value, at in _fields(view, 0, where):
        if number == _PARAMETER and isinstance(value, memoryview):
            name, tensor = _parameter(value, at, where)
            _add(found, name, tensor, where)
    return found


def from_text(parsed: Message, where: str) -> dict[str, Tensor]:
    """The tensors that a .nntxt itself holds, which is possible if rare. Raises ForeignError."""
    import numpy as np

    found: dict[str, Tensor] = {}
    for each in parsed.messages("parameter"):
        values = np.array([float(v) for v in each.get("data", ()) if isinstance(v, int | float)], dtype=np.float32)
        name = each.text("variable_name")
        _add(found, name, _shaped(values, each.message("shape").whole("dim"), name, where), where)
    return found


def from_hdf5(data: bytes, where: str) -> dict[str, Tensor]:
    """The tensors of a parameter.h5. Raises ForeignError, also where h5py is not installed."""
    try:
        h5py = import_module("h5py")
    except ImportError:
        raise ForeignError(message(
            "The weights in {where} are an HDF5 file, for which the package h5py is needed: pip install h5py. Without "
            "weights the network can be imported as it is.", where=where)) from None  # fmt: skip
    import numpy as np

    found: dict[str, Tensor] = {}

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            _add(found, name, np.asarray(item, dtype=np.float32), where)

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        reason = str(error)[:200]
        raise ForeignError(message("{where} is no HDF5 file that can be read: {reason}", where=where,
                                   reason=reason)) from None  # fmt: skip
    return found


def _add(found: dict[str, Tensor], name: str, tensor: Tensor, where: str) -> None:
    import numpy as np

    if not name or name in found:
        raise ForeignError(message("{where}: the tensor '{name}' is there twice, or has no name.", where=where,
                                   name=name))  # fmt: skip
    if not np.isfinite(tensor).all():
        raise ForeignError(message("{where}: the tensor '{name}' holds values that are no numbers (NaN or infinite).",
                                   where=where, name=name))  # fmt: skip
    found[name] = tensor


def _parameter(view: memoryview, base: int, where: str) -> tuple[str, Tensor]:
    import numpy as np

    name, shape, parts = "", [], []
    for number, value, at in _fields(view, base, where):
        if number == _NAME and isinstance(value, memoryview):
            name = bytes(value).decode("utf-8", "replace")
        elif number == _SHAPE and isinstance(value, memoryview):
            shape += _dimensions(value, at, where)
        elif number == _DATA and isinstance(value, memoryview):
            if len(value) % 4:
                raise _damaged(where, at)
            parts.append(value)  # packed, or one value after the other
    values = np.frombuffer(b"".join(parts), dtype="<f4").astype(np.float32)
    return name, _shaped(values, shape, name, where)


def _shaped(values: Tensor, shape: list[int], name: str, where: str) -> Tensor:
    if len(shape) > MAX_AXES or any(not 0 <= size < MAX_SIZE for size in shape) or prod(shape) != len(values):
        raise ForeignError(message(
            "{where}: the tensor '{name}' should have the shape {shape}, but there are {count} values.", where=where,
            name=name, shape="x".join(map(str, shape[:MAX_AXES])) or "1", count=len(values)))  # fmt: skip
    return values.reshape(shape)


def _dimensions(view: memoryview, base: int, where: str) -> list[int]:
    found: list[int] = []
    for number, value, at in _fields(view, base, where):
        if number == _DIM and isinstance(value, int):
            found.append(value)
        elif number == _DIM and isinstance(value, memoryview):  # packed
            place = 0
            while place < len(value):
                size, place = _varint(value, place, at, where)
                found.append(size)
    return found


def _fields(view: memoryview, base: int, where: str) -> Iterator[tuple[int, int | memoryview, int]]:
    """The fields of a message: number, value, and the byte of the file at which the value begins."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at, base, where)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            start = at
            number_value, at = _varint(view, at, base, where)
            yield number, number_value, base + start
            continue
        if kind == _BYTES:
            size, at = _varint(view, at, base, where)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise _damaged(where, base + at)
        if size > len(view) - at or not number:
            raise _damaged(where, base + at)
        yield number, view[at : at + size], base + at
        at += size


def _varint(view: memoryview, at: int, base: int, where: str) -> tuple[int, int]:
    value = shift = 0
    while at < len(view) and shift < 64:
        byte = view[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise _damaged(where, base + at)


def _damaged(where: str, at: int) -> ForeignError:
    return ForeignError(message("{where} is damaged at byte {at}, or no parameter.protobuf of Neural Network Console.",
                                where=where, at=at))  # fmt: skip
