"""NNC's own figures of its sample projects, where shared material is there, and small projects written here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "nnc"
needs_samples = pytest.mark.skipif(
    not (SHARED / "expected.json").exists(), reason="NNC's samples are not beside the repository"
)


def expected() -> dict[str, Any]:
    """expected.json: by project, `layers` and `statistics` by network."""
    if not (SHARED / "expected.json").exists():
        return {}
    found: dict[str, Any] = json.loads((SHARED / "expected.json").read_text())
    return found


def networks() -> list[tuple[str, str, str]]:
    """Every project with each of its networks and what expected.json calls it."""
    return [
        (project, key.removesuffix("_") if key != "Main" else key, key)
        for project, figures in expected().items()
        for key in figures["layers"]
    ]


def sample(project: str) -> Path:
    """The project's file."""
    return SHARED / "samples" / f"{project}.sdcproj"


Layer = tuple[str, str, Mapping[str, str]]


def project_text(
    layers: Sequence[Layer], links: Sequence[tuple[str, str, int]], prefix: str = "", more: str = ""
) -> str:
    """A project of one network: layers as (type, name, properties), links as (from, to, pin)."""
    ids = {name: str(number) for number, (_, name, _) in enumerate(layers)}
    text = [f"[{prefix}Network_Global]", f"NumLayer={len(layers)}", f"NumLink={len(links)}"]
    for number, (type_, name, properties) in enumerate(layers):
        text += [
            f"[{prefix}Layer_{number}]",
            f"ID={number}",
            f"Type={type_}",
            "Position_0=24",
            f"Position_1={48 * number}",
        ]
        for k, (key, value) in enumerate({"Name": name, **properties}.items()):
            text += [f"Property_{k}_Name={key}", f"Property_{k}_Value={value}"]
        text.append(f"NumProperty={len(properties) + 1}")
    for number, (source, target, pin) in enumerate(links):
        text += [f"[{prefix}Link_{number}]", f"ID={number}", f"SourceLayerID={ids[source]}", "SourcePinIndex=0"]
        text += [f"DestLayerID={ids[target]}", f"DestPinIndex={pin}"]
    return "\n".join(text) + "\n" + more
