"""Which nodes the output depends on; the others are drawn, but do not run, are not in the code and do not count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from designer.graph.topology import Topology, Wire
from designer.layers.base import Layer


def ends(topology: Topology, layers: Sequence[Layer]) -> list[Wire]:
    """Where what leaves a body comes from.

    Inside a frame: what is wired to the frame's output. In the root drawing: what enters the losses, in the order of
    the drawing; without a wired loss, every node that nobody reads, where inputs count only if there is nothing else.
    """
    if topology.outputs:
        return [wire for wire in topology.outputs if wire is not None]
    inputs = topology.inputs
    entering = [inputs[i][0] for i, layer in enumerate(layers) if layer.is_loss and inputs[i]]
    if wired := [wire for wire in entering if wire is not None]:
        return wired
    unread = [i for i, readers in enumerate(topology.readers) if not readers]
    return [Wire(i, 0) for i in unread if not layers[i].is_input] or [Wire(i, 0) for i in unread]


def dead_nodes(topology: Topology, layers: Sequence[Layer]) -> Collection[int]:
    """The positions of all nodes that no end of the body depends on."""
    unread = [i for i, readers in enumerate(topology.readers) if not readers]
    if not topology.outputs and all(layers[i].is_loss for i in unread):
        return ()  # the usual case, told without a walk: every path leads to a loss
    if not topology.outputs and len(unread) == 1 and not any(layer.is_loss for layer in layers):
        return ()  # or to the one output there is
    alive = set() if topology.outputs else {i for i, layer in enumerate(layers) if layer.is_loss}
    waiting = [wire.node for wire in ends(topology, layers)]
    while waiting:
        i = waiting.pop()
        if i >= 0 and i not in alive:
            alive.add(i)
            waiting += [wire.node for wire in topology.inputs[i] if wire is not None]
    return set(range(len(layers))) - alive
