"""Small networks of nnabla, written here in its documented forms: .nntxt as text, .nnp with weights."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, data: bytes) -> bytes:
    """A field whose value has a length."""
    return varint(number << 3 | 2) + varint(len(data)) + data


def parameter(name: str, shape: Sequence[int], data: bytes, *, packed: bool = True) -> bytes:
    """One Parameter message with its key."""
    sizes = field(1, b"".join(map(varint, shape))) if packed else b"".join(b"\x08" + varint(n) for n in shape)
    values = field(100, data) if packed else b"".join(
        varint(100 << 3 | 5) + data[i : i + 4] for i in range(0, len(data), 4))  # fmt: skip
    return field(200, field(1, name.encode()) + field(20, sizes) + values + varint(101 << 3) + b"\x01")


def protobuf(tensors: Mapping[str, Array], *, packed: bool = True) -> bytes:
    """A parameter.protobuf."""
    return b"".join(
        parameter(name, values.shape, values.astype("<f4").tobytes(), packed=packed) for name, values in tensors.items()
    )


def archive(text: str, tensors: Mapping[str, Array] | bytes | None = None, name: str = "parameter.protobuf") -> bytes:
    """A .nnp."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("nnp_version.txt", "0.1\n")
        file.writestr("network.nntxt", text)
        if tensors is not None:
            file.writestr(name, tensors if isinstance(tensors, bytes) else protobuf(tensors))
    return out.getvalue()


def variable(name: str, shape: Sequence[int], kind: str = "Buffer", more: str = "") -> str:
    """A variable of a network."""
    sizes = " ".join(f"dim: {size}" for size in shape)
    return f'  variable {{\n    name: "{name}"\n    type: "{kind}"\n    shape {{ {sizes} }}\n    {more}\n  }}\n'


def function(type_: str, name: str, inputs: Sequence[str], arguments: str = "", more: str = "") -> str:
    """A function that gives a variable of its own name."""
    listed = "".join(f'    input: "{each}"\n' for each in inputs)
    return (
        f'  function {{\n    name: "{name}"\n    type: "{type_}"\n{listed}    output: "{name}"\n    {arguments}\n'
        f"    {more}\n  }}\n"
    )


def network(name: str, *parts: str, batch_size: int = 8) -> str:
    """A network of variables and functions."""
    return f'network {{\n  name: "{name}"\n  batch_size: {batch_size}\n{"".join(parts)}}}\n'


def floats(*values: float) -> bytes:
    """Values as they lie in a file."""
    return struct.pack(f"<{len(values)}f", *values)
