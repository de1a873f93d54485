"""How losses and metrics are called: with what `forward` returns, and with the data's target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from designer.graph.topology import Wire
from designer.layers.base import Layer
from designer.layers.code import literal
from designer.layers.losses import Judge
from designer.shapes.analysis import Scope


class Method(NamedTuple):
    """What a method that judges outputs looks like."""

    arguments: str
    unpacking: str
    """The names that the tuple `outputs` is taken apart into; empty where `forward` returns a single tensor."""
    calls: list[str]
    """One expression for each judge."""


def judge_method(scope: Scope, returned: Sequence[Wire], judges: Sequence[int]) -> Method:
    """The parts of a method that calls these losses or metrics; `returned` is what `forward` returns."""
    names = _names(scope, judges)
    columns = target_columns([(scope.layers[i], len(scope.inputs[i] or ())) for i in judges])
    calls = []
    for i in judges:
        layer, inputs = scope.layers[i], scope.inputs[i] or ()
        args = [names[wire] for wire in scope.topology.inputs[i] if wire is not None]
        if len(args) == 1:
            several = len(columns) > 1 and isinstance(layer, Judge)
            args.append(f"targets[{literal(layer.target)}]" if several else "target")  # type: ignore[attr-defined]
        calls.append(layer.call(layer.module(*inputs) or "", args, inputs))
    target = "targets: dict[str, torch.Tensor]" if len(columns) > 1 else "target: torch.Tensor"
    if len(returned) == 1:
        return Method(f"{names[returned[0]]}: torch.Tensor, {target}", "", calls)
    return Method(f"outputs: tuple[torch.Tensor, ...], {target}", _unpacked(names, returned), calls)


def target_columns(judges: Sequence[tuple[Layer, int]]) -> list[str]:
    """The columns of the data that losses and metrics compare with, given with how many of their inputs are wired."""
    found = [layer.target for layer, wired in judges if isinstance(layer, Judge) and layer.reads_data(((),) * wired)]
    return list(dict.fromkeys(found))


def _names(scope: Scope, judges: Sequence[int]) -> dict[Wire, str]:
    """A variable for each value that is judged or is a target: logits, or logits1, logits2 where there are several."""
    names: dict[Wire, str] = {}
    for place in (0, 1):
        for number, i in enumerate(judges, 1):
            wires, layer = scope.topology.inputs[i], scope.layers[i]
            wire = wires[place] if place < len(wires) else None
            if wire is None or wire in names:
                continue
            stem = "expected" if place else getattr(layer, "argument", "logits")
            names[wire] = f"{stem}{number}" if len(judges) > 1 else stem
    return names


def _unpacked(names: dict[Wire, str], returned: Sequence[Wire]) -> str:
    """'logits1, logits2', with '_' for values that are not judged here and '*_' for those at the end."""
    found = [names.get(wire, "_") for wire in returned]
    last = max(i for i, name in enumerate(found) if name != "_") + 1
    return ", ".join(found[:last] + ["*_"] * (last < len(found)))
