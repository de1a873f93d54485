"""Reads a Neural Network Console project (.sdcproj): INI text whose sections are layers, links, optimizers, data sets.

A project holds one network, whose sections have no prefix, or several, listed in [Global], each with its name and an
underscore before its sections. Nothing is interpreted here but numbers of layers, links and places.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from designer.errors import message
from designer.importers.errors import ForeignError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_BYTES = 64 * 1024 * 1024
MAX_PINS = 1000
SINGLE = "Main"
"""What NNC calls the network of a project with one."""

Section = Mapping[str, str]


class RawLayer(msgspec.Struct, frozen=True):
    """A layer as the file has it; `properties` are texts by NNC's names."""

    id: str
    type: str
    name: str
    x: float
    y: float
    properties: dict[str, str]
    tensors: Mapping[str, str] = {}
    """Its parameters by what NNC calls them ('W'), as a file with weights names them."""


class RawLink(msgspec.Struct, frozen=True):
    """A wire from a layer to an input pin of another: pin 0 is the main input, higher ones are side connectors."""

    source: str
    target: str
    pin: int
    source_pin: int = 0


class Network(msgspec.Struct, frozen=True):
    """One network of a project."""

    name: str
    layers: tuple[RawLayer, ...]
    links: tuple[RawLink, ...]


class Project(msgspec.Struct, frozen=True):
    """A whole project."""

    name: str
    networks: dict[str, Network]
    sections: dict[str, Section] = {}
    """Every section of the file by its name, for the recipe."""
    stored: Callable[[], dict[str, NDArray[np.float32]]] | None = None
    """Reads the weights that the file holds, by their names; None where it holds none."""

    @property
    def main(self) -> str:
        """The network that the first optimizer trains, or the first there is."""
        wanted = self.sections.get("Optimizer_0", {}).get("Optimizer_NetworkName", "")
        return wanted if wanted in self.networks else next(iter(self.networks))


def read(path: Path) -> Project:
    """Read a project file.

    Raises:
        ForeignError: it cannot be read, is too large, or is no project; the text names the line.
    """
    return parse(read_utf8(path), path.name, path.stem)


def read_utf8(path: Path) -> str:
    """The text of a file that is not larger than a project can be. Raises ForeignError."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ForeignError(message("{path} is too large for a project: {limit} MiB at most.", path=str(path),
                                       limit=MAX_BYTES >> 20))  # fmt: skip
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise ForeignError(message("{path} cannot be read: {reason}.", path=str(path), reason=reason)) from error
    except UnicodeDecodeError as error:
        raise ForeignError(message("{path} is not text in UTF-8 (byte {at}).", path=str(path),
                                        at=error.start)) from None  # fmt: skip


def parse(text: str, where: str, name: str) -> Project:
    """Read a project from its text; `where` names it in errors. Raises ForeignError."""
    sections, lines = _sections(text, where)
    numbers = _numbers(sections)
    listed = sections.get("Global", {})
    count = _number(listed, "NumNetwork", where, lines.get("Global", 0)) if "NumNetwork" in listed else 0
    names = list(filter(None, (listed.get(f"Network_{i}") for i in range(min(count, len(listed))))))
    if len(names) < count:
        raise ForeignError(message("{where}, line {line}: there should be {expected} networks, but {found} are named. "
                                   "Was it cut off?", where=where, line=lines["Global"], expected=count,
                                   found=len(names)))  # fmt: skip
    prefixes = {network: f"{network}_" for network in names} or {SINGLE: ""}
    networks = {
        network: _network(sections, lines, numbers, network, prefix, where) for network, prefix in prefixes.items()
    }
    if not any(network.layers for network in networks.values()):
        raise ForeignError(message("{where} holds no network: there is no section such as [Layer_0].", where=where))
    return Project(name, networks, sections)


def _sections(text: str, where: str) -> tuple[dict[str, Section], dict[str, int]]:
    """The sections and the lines, counted from 1, on which they begin."""
    sections: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    current: dict[str, str] | None = None
    for number, line in enumerate(re.split(r"\r\n?|\n", text), 1):  # not splitlines: a comment may hold a U+2028
        key, sign, value = line.partition("=")
        if line[:1] == "[" and line.rstrip()[-1] == "]":
            name = line.strip()[1:-1]
            if name in sections:
                raise ForeignError(message("{where}, line {line}: the section [{name}] is there twice.", where=where,
                                           line=number, name=name))  # fmt: skip
            current = sections[name] = {}
            lines[name] = number
        elif sign and current is not None:
            current[key] = value
        elif line.strip():
            raise ForeignError(message(
                "{where}, line {line}: expected 'Name=Value' below a [Section], found '{text}'.", where=where,
                line=number, text=line.strip()[:60]))  # fmt: skip
    return dict(sections), lines


def _network(
    sections: Mapping[str, Section], lines: Mapping[str, int], numbers: Numbers, name: str, prefix: str, where: str
) -> Network:
    layers = [_layer(sections[title], where, lines[title]) for title in _numbered(numbers, f"{prefix}Layer_")]
    links = [_link(sections[title], where, lines[title]) for title in _numbered(numbers, f"{prefix}Link_")]
    known: set[str] = set()
    for layer in layers:
        if layer.id in known:
            raise ForeignError(message("{where}: the network '{network}' has two layers with the ID {id}.", where=where,
                                       network=name, id=layer.id))  # fmt: skip
        known.add(layer.id)
    for link in links:
        if missing := {link.source, link.target} - known:
            raise ForeignError(message("{where}: a link of the network '{network}' leads to the layer {id}, which is "
                                       "not there.", where=where, network=name, id=min(missing)))  # fmt: skip
    head = sections.get(f"{prefix}Network_Global", {})
    for key, found in (("NumLayer", layers), ("NumLink", links)):
        if key in head and _number(head, key, where, lines[f"{prefix}Network_Global"]) != len(found):
            raise ForeignError(message(
                "{where}, line {line}: the network '{network}' should have {key} {expected}, but the file holds "
                "{found}. Was it cut off?", where=where, line=lines[f"{prefix}Network_Global"], network=name, key=key,
                expected=head[key], found=len(found)))  # fmt: skip
    return Network(name, tuple(layers), tuple(links))


Numbers = Mapping[str, list[str]]
"""The numbers at the ends of sections' names, by what is before them."""


def _numbers(sections: Iterable[str]) -> Numbers:
    found: dict[str, list[str]] = {}
    for name in sections:
        head, _, tail = name.rpartition("_")
        if tail.isdecimal():
            found.setdefault(head, []).append(tail)
    return found


def _numbered(numbers: Numbers, prefix: str) -> list[str]:
    """The sections of that prefix in the order of their numbers."""
    return [f"{prefix}{number}" for number in sorted(numbers.get(prefix[:-1], ()), key=lambda n: (len(n), n))]


def _layer(section: Section, where: str, line: int) -> RawLayer:
    count = _number(section, "NumProperty", where, line) if "NumProperty" in section else 0
    properties = {}
    for i in range(min(count, 10_000)):
        if name := section.get(f"Property_{i}_Name"):
            properties[name] = section.get(f"Property_{i}_Value", "")
    return RawLayer(
        _text(section, "ID", where, line),
        _text(section, "Type", where, line),
        properties.pop("Name", ""),
        float(_number(section, "Position_0", where, line) if "Position_0" in section else 0),
        float(_number(section, "Position_1", where, line) if "Position_1" in section else 0),
        properties,
    )


def _link(section: Section, where: str, line: int) -> RawLink:
    return RawLink(
        _text(section, "SourceLayerID", where, line),
        _text(section, "DestLayerID", where, line),
        _pin(section, "DestPinIndex", where, line),
        _pin(section, "SourcePinIndex", where, line),
    )


def _pin(section: Section, key: str, where: str, line: int) -> int:
    pin = _number(section, key, where, line) if key in section else 0
    if not 0 <= pin < MAX_PINS:
        raise ForeignError(message("{where}, line {line}: '{key}' is {pin}, but a layer has no such pin.", where=where,
                                   line=line, key=key, pin=pin))  # fmt: skip
    return pin


def _text(section: Section, key: str, where: str, line: int) -> str:
    if not section.get(key):
        raise ForeignError(
            message("{where}, line {line}: this section has no '{key}'.", where=where, line=line, key=key)
        )
    return section[key]


def _number(section: Section, key: str, where: str, line: int) -> int:
    text = _text(section, key, where, line)
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        raise ForeignError(message("{where}, line {line}: '{key}' must be a number, but it is '{text}'.", where=where,
                                   line=line, key=key, text=text[:60])) from None  # fmt: skip
