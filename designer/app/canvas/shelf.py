"""Blocks that can be added: those of the drawing, and ready-made ones that bring their definition along.

Palette, search and drag call them by keys beside the catalogue's type names: 'Block:Fire'.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import msgspec

from designer.app.resources import resource
from designer.graph import edits, io
from designer.graph.blocks import needed, used_block, with_definitions
from designer.graph.model import BLOCK, Block, Body, Graph, Node
from designer.layers.base import Layer
from designer.layers.registry import catalogue

_KEY: Final = f"{BLOCK}:"


class ReadyMade(NamedTuple):
    """A block that comes with the app."""

    name: str
    block: Block
    example: Graph
    """A drawing that uses it, with all its definitions."""


@cache
def ready_made() -> dict[str, ReadyMade]:
    """The blocks of `resources/blocks`, by name: what the first use in each of these drawings stands for."""
    found = {}
    for path in sorted(resource("blocks").glob("*.json")):
        graph = io.load(path)
        name = next(name for node in graph.nodes if (name := used_block(node)) is not None)
        found[name] = ReadyMade(name, graph.blocks[name], graph)
    return found


def key_of(block: str) -> str:
    """What palette and search call a block."""
    return _KEY + block


def block_of(key: str) -> str | None:
    """The name of the block that a key stands for; None for a layer of the catalogue."""
    return key.removeprefix(_KEY) if key.startswith(_KEY) else None


def is_known(graph: Graph, key: str) -> bool:
    """Whether there is such a layer, or such a block in the drawing or on the shelf."""
    name = block_of(key)
    return key in catalogue() if name is None else name in graph.blocks or name in ready_made()


def class_of(key: str) -> type[Layer]:
    """The layer that a key gives."""
    return catalogue()[key if block_of(key) is None else BLOCK]


def definition(graph: Graph, name: str) -> Block:
    """A block of the drawing, or else a ready-made one; KeyError if there is neither."""
    return graph.blocks[name] if name in graph.blocks else ready_made()[name].block


def provided(graph: Graph, key: str) -> tuple[Graph, str]:
    """The drawing with all that a key needs, and the key: a ready-made block is defined, a new one gets a name."""
    name = block_of(key)
    if name is None and key != BLOCK:
        return graph, key
    if name is None:
        name = edits.fresh("Block1", graph.blocks)
        return msgspec.structs.replace(graph, blocks={**graph.blocks, name: Block()}), key_of(name)
    if name in graph.blocks:
        return graph, key
    example = ready_made()[name].example
    use = Body((Node(id="use", type=BLOCK, params={"block": name}),))
    graph, names = with_definitions(graph, needed(example.blocks, use))
    return graph, key_of(names[name])
