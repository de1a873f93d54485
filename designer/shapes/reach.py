"""Which nodes the output depends on; the others are drawn, but do not run, are not in the code and do not count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from designer.graph.topology import Topology, Wire
from designer.layers.base import Layer


def ends(topology: Topology, layers: Sequence[Layer]) -> list[Wire]:
    """Where what leaves a body comes from, each value once.

    Inside a frame: what is wired to the frame's output. In the root drawing: what enters the losses, in the order of
    the drawing, then the targets that are wired to them, what metrics judge, and named outputs; without any of these,
    every node that nobody reads, where inputs count only if there is nothing else.
    """
    if topology.outputs:
        return [wire for wire in topology.outputs if wire is not None]
    judged = [topology.inputs[i] for i, layer in enumerate(layers) if layer.is_loss]
    others = [topology.inputs[i] for i, layer in enumerate(layers) if layer.is_end and not layer.is_loss]
    entering = [*(wires[:1] for wires in judged), *(wires[1:] for wires in judged), *others]
    if found := dict.fromkeys(wire for wires in entering for wire in wires if wire is not None):
        return list(found)
    unread = _unread(topology, layers)
    return [Wire(i, 0) for i in unread if not layers[i].is_input] or [Wire(i, 0) for i in unread]


def _unread(topology: Topology, layers: Sequence[Layer]) -> list[int]:
    """The nodes whose values nobody reads; a comment has none."""
    return [i for i, readers in enumerate(topology.readers) if not readers and not _is_comment(layers[i])]


def _is_comment(layer: Layer) -> bool:
    return layer.is_end and not layer.ports.names


def dead_nodes(topology: Topology, layers: Sequence[Layer]) -> Collection[int]:
    """The positions of all nodes that no end of the body depends on."""
    if not topology.outputs and (
        topology.readers.count(()) == 1 or all(layers[i].is_end for i in _unread(topology, layers))
    ):
        return ()  # the usual case, told without a walk: every path leads to the one output there is, or to a loss
    alive = {i for i, layer in enumerate(layers) if _is_comment(layer) or (layer.is_end and not topology.outputs)}
    waiting = [wire.node for wire in ends(topology, layers)]
    while waiting:
        i = waiting.pop()
        if i >= 0 and i not in alive:
            alive.add(i)
            waiting += [wire.node for wire in topology.inputs[i] if wire is not None]
    return set(range(len(layers))) - alive
