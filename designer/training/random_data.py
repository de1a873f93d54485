"""Random batches that any network takes: to try whether a drawing computes and learns, without data."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from designer.graph import Graph
from designer.layers.base import axis_of
from designer.shapes import analyze
from designer.shapes.analysis import NodeFacts
from designer.training.columns import Wanted, root_facts, wanted
from designer.training.feeding import Targets, generated, source_of


class RandomBatch(NamedTuple):
    """What `forward` and `loss` of a built network take."""

    inputs: tuple[Tensor, ...]
    target: Targets


def random_batch(graph: Graph, size: int) -> RandomBatch:
    """Inputs and targets of the right shape and kind for a graph, drawn from torch's generator.

    Pictures run from 0 to 1 or 255 as their Input says; classes are within what the loss tells apart.
    """
    roots = root_facts(analyze(graph))
    inputs = tuple(_input(facts, size) for facts in roots if facts.layer.is_input)
    wants = [(want, facts) for facts in roots if facts.layer.is_loss and (want := wanted(facts)) is not None]
    targets = {want.column: _target(want, facts, size) for want, facts in wants}
    if len(targets) > 1:
        return RandomBatch(inputs, targets)
    return RandomBatch(inputs, next(iter(targets.values()), torch.zeros(size, dtype=torch.int64)))


def _input(facts: NodeFacts, size: int) -> Tensor:
    source = source_of(facts)
    if source.column is None:
        return generated(source.generator, source.scale, (size, *source.shape), torch.empty(0))
    return torch.rand(size, *source.shape) * (255 if source.pixels == "0..255" else 1)


def _target(want: Wanted, facts: NodeFacts, size: int) -> Tensor:
    if want.answer == "classes":
        scores = (facts.inputs or ((1,),))[0]
        classes = scores[axis_of(getattr(facts.layer, "axis", 0), scores)]
        return torch.randint(classes, (size, *want.shape))
    if want.answer == "binary":
        return torch.randint(2, (size, *want.shape)).float()
    values = torch.rand(size, *want.shape)
    return values / values.flatten(1).sum(1).reshape(-1, *[1] * len(want.shape))  # a distribution suits every loss
