"""The weights of an imported network under the names that the generated module has for them, as safetensors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from designer.errors import Message, message
from designer.importers.errors import ForeignError
from designer.importers.nnc.networks import Drawn, drawn
from designer.importers.nnc.project import Project, RawLayer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from designer.codegen.tensors import Tensors

    Array = NDArray[np.float32]

ROLES = {
    "W": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var",
    "slope": "weight", "weight": "weight", "r": "low", "R": "high",
}  # fmt: skip
"""What PyTorch calls a tensor that NNC calls so."""
TRANSPOSED = ("Affine", "BinaryConnectAffine", "BinaryWeightAffine")
"""Layers whose weights are (inputs, outputs) in NNC and (outputs, inputs) in PyTorch."""


class Weights(NamedTuple):
    """The tensors of a network's state dict, and what could not be found or used."""

    tensors: dict[str, Array]
    notes: list[Message]

    def save(self, path: Path) -> None:
        """Write them as safetensors. Raises GraphError."""
        from safetensors.numpy import save

        from designer.graph.io import write_atomically

        write_atomically(path, save(self.tensors))


def weights_of(project: Project, network: str | None = None) -> Weights | None:
    """The weights of a network in a project; None where the file holds none.

    Raises:
        ForeignError: the weights are damaged or do not fit the network, or h5py is needed and not installed.
    """
    if project.stored is None:
        return None
    stored = project.stored()
    if not stored:
        return None
    found = drawn(project, network)
    tensors: dict[str, Array] = {}
    missing: list[str] = []
    used: set[str] = set()
    for part, raw in _parts(found):
        for role, parameter in raw.tensors.items():
            ending = ROLES.get(role)
            if ending is None or ending not in part.shapes:
                continue
            name = _numbered(parameter, part.repetition)
            if name not in stored:
                missing.append(name)
                continue
            used.add(name)
            tensors[part.prefix + ending] = _fitted(stored[name], part.shapes[ending], raw, role, name)
    return Weights(tensors, _notes(missing, _unused(stored, used, found)))


def _parts(found: Drawn) -> Iterator[tuple[Tensors, RawLayer]]:
    """The tensors of each node with the layer that it was; none where the graph has errors and cannot be built."""
    from designer.codegen.errors import CodegenError
    from designer.codegen.source import refuse
    from designer.codegen.tensors import tensors
    from designer.shapes import analyze, problems

    analysis = analyze(found.graph)
    try:
        refuse(found.graph, problems(analysis))
    except CodegenError as error:
        raise ForeignError(message("The weights have no place in a network that cannot run. {reason}",
                                   reason=error.message)) from None  # fmt: skip
    for part in tensors(analysis):
        if part.node.id in found.layers:
            yield part, found.layers[part.node.id]


def _numbered(parameter: str, repetition: tuple[int, ...]) -> str:
    """A parameter's name in one repetition: 'conv{Repeat}/conv/W' -> 'conv[2]/conv/W'."""
    numbers = iter(repetition)
    return re.sub(r"\{[^{}]*\}", lambda found: f"[{next(numbers, 0)}]", parameter)


def _fitted(values: Array, shape: tuple[int, ...], raw: RawLayer, role: str, name: str) -> Array:
    """The values in PyTorch's order and shape."""
    import numpy as np

    if role == "W" and raw.type in TRANSPOSED and values.ndim > 1:
        values = values.reshape(values.shape[0], -1).T
    size = 1
    for length in shape:
        size *= length
    if size != values.size:
        raise ForeignError(message(
            "The tensor '{name}' of {layer} has {found} values ({shape}), but the layer needs {size}.", name=name,
            layer=raw.name, found=values.size, shape="x".join(map(str, values.shape)), size=size))  # fmt: skip
    return np.ascontiguousarray(values.reshape(shape))


def _unused(stored: Mapping[str, Array], used: set[str], found: Drawn) -> list[str]:
    """Tensors that layers of this network have in NNC and not here."""
    own = {parameter for raw in found.layers.values() for parameter in raw.tensors.values()}
    patterns = [re.compile(re.sub(r"\\\{.*?\\\}", r"\\[\\d+\\]", re.escape(each))) for each in own]
    return [name for name in stored if name not in used and any(each.fullmatch(name) for each in patterns)]


def _notes(missing: list[str], unused: list[str]) -> list[Message]:
    notes = []
    if missing:
        notes.append(message("The file holds no values for {names}: they begin as the layers say.",
                             names=_listed(missing)))  # fmt: skip
    if unused:
        notes.append(message("The layers here have no place for {names}.", names=_listed(unused)))
    return notes


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f", ... ({len(names)})" if len(names) > 5 else "")
