"""The JSON Schema of graph files, which ships as schema.json; `python -m designer.graph.schema` writes it anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from designer.graph.io import GraphFile

PATH = Path(__file__).with_name("schema.json")


def schema() -> dict[str, Any]:
    """The schema, made from the reader's own types. Unknown fields are allowed: they are kept."""
    made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(GraphFile)))
    for definition in made["$defs"].values():
        definition.pop("additionalProperties", None)
        definition.get("properties", {}).pop("extra", None)
    return made


if __name__ == "__main__":
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n")
