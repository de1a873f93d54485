"""Files of networks as nnabla runs them: .nntxt, and .nnp with the weights."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from designer.importers.nnc.archive import Archive, open_archive
from designer.importers.nnc.nntxt import read_text
from designer.importers.nnc.parameters import from_hdf5, from_protobuf, from_text
from designer.importers.nnc.project import Project, read_utf8

if TYPE_CHECKING:
    from designer.importers.nnc.parameters import Tensor
    from designer.importers.nnc.textproto import Message


def read_network(path: Path) -> Project:
    """Read a .nntxt. Raises ForeignError."""
    return of_text(read_utf8(path), path.name, path.stem)


def of_text(text: str, where: str, name: str) -> Project:
    """The project in a .nntxt; `where` names it in errors. Raises ForeignError."""
    project, parsed = read_text(text, where, name)
    return replace(project, stored=lambda: from_text(parsed, where)) if parsed.messages("parameter") else project


def read_archive(path: Path) -> Project:
    """Read a .nnp. Raises ForeignError."""
    return of_archive(open_archive(path), path.name, path.stem)


def of_archive(archive: Archive, where: str, name: str) -> Project:
    """The project in a .nnp; its weights are read when they are asked for. Raises ForeignError."""
    project, parsed = read_text(archive.text, where, name)
    if not archive.weights and not parsed.messages("parameter"):
        return project
    return replace(project, stored=lambda: _stored(archive, parsed, where))


def _stored(archive: Archive, parsed: Message, where: str) -> dict[str, Tensor]:
    found = from_text(parsed, where)
    if not archive.weights:
        return found
    place = f"{where}/{archive.weights_name}"
    reader = from_hdf5 if archive.weights_name.endswith(".h5") else from_protobuf
    return found | reader(archive.weights, place)
