"""The network of a run as the trainer needs it: the module, its loss, and what it expects of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from designer.codegen.build import build
from designer.errors import NetDesignerError, message
from designer.graph import Graph
from designer.layers.base import Shape, numel, show
from designer.shapes import analyze
from designer.shapes.analysis import NodeFacts

if TYPE_CHECKING:
    from designer.data.arrays import DataSet
    from designer.data.batches import Pixels


class TrainingError(NetDesignerError):
    """This network cannot be trained, or not on this data."""


@dataclass(frozen=True)
class Network:
    """A built network and the facts about its two ends."""

    module: nn.Module
    input_shape: Shape
    pixels: Pixels
    """The range of values that the Input takes."""
    outputs: int
    """Scores that enter the loss: one for each class."""
    top_k: int
    """The k of the top-k error that the loss asks for."""
    memory_format: torch.memory_format
    """channels_last wherever there are convolutions: measured 1.0 to 1.5 times faster on CPUs, and GPUs prefer it too.

    A rule and no probe, since the format changes the last bits of every sum: equal seeds must give equal trainings.
    """

    def to(self, device: torch.device) -> None:
        """Move the module to a device, in its memory format."""
        self.module.to(device, memory_format=self.memory_format)  # type: ignore[call-overload]

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """The mean loss of a batch; logits (N, classes), target (N,)."""
        loss: Any = self.module.loss
        found: Tensor = loss(logits, target)
        return found


def build_network(graph: Graph) -> Network:
    """Build a graph's module, with weights from torch's generator, and look up its Input and its loss.

    Raises:
        CodegenError: the graph has errors.
        TrainingError: it has no loss or several, or several inputs.
    """
    module = build(graph)  # first, since its error about a broken graph says more
    analysis = analyze(graph)
    roots = [facts for facts in analysis.walk() if facts.owner is None]
    source = _only(graph, [f for f in roots if f.layer.is_input], "Input")
    loss = _only(graph, [f for f in roots if f.layer.is_loss], "loss")
    scores = (loss.inputs or ((0,),))[0]
    return Network(
        module,
        source.output or (),
        getattr(source.layer, "pixels", "0..1"),
        numel(scores),
        int(getattr(loss.layer, "top_k", 1)),
        torch.channels_last if any(p.dim() == 4 for p in module.parameters()) else torch.contiguous_format,
    )


def _only(graph: Graph, found: list[NodeFacts], kind: str) -> NodeFacts:
    if not found and kind == "loss":
        raise TrainingError(message("'{graph}' has no loss, so there is nothing to train for. Put a "
                                    "SoftmaxCrossEntropy below the last layer.", graph=graph.name))  # fmt: skip
    if len(found) != 1:
        raise TrainingError(message("'{graph}' has {count} nodes of the kind {kind}; to be trained it needs one.",
                                    graph=graph.name, count=len(found), kind=kind))  # fmt: skip
    return found[0]


def check_data(network: Network, data: DataSet) -> None:
    """Whether the network can learn this data set.

    Raises:
        TrainingError: pictures of another shape, or more classes than the network has outputs.
    """
    expected, found = network.input_shape, data.shape
    if expected != found and expected != (numel(found),):
        raise TrainingError(message("The network takes pictures of {expected}, but those of '{data}' are {found}. Set "
                                    "the Input's shape to {found}, or choose other data.", expected=show(expected),
                                    found=show(found), data=data.name))  # fmt: skip
    if len(data.classes) > network.outputs:
        raise TrainingError(message("The network has {outputs} outputs, but '{data}' has {classes} classes. Give the "
                                    "last layer {classes} outputs.", outputs=network.outputs, data=data.name,
                                    classes=len(data.classes)))  # fmt: skip
    if not len(data.y_train) or not len(data.y_test):
        raise TrainingError(message("'{data}' has {train} training and {test} test pictures; both are needed.",
                                    data=data.name, train=len(data.y_train), test=len(data.y_test)))  # fmt: skip


def parameter_count(module: nn.Module) -> int:
    """Trainable values; shared ones count once."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


class _Arrived(Exception):  # noqa: N818 - no error: it ends a forward pass early
    """What a layer would have taken is known; nothing behind it needs to run."""


def measure_means(module: nn.Module, batches: Any) -> None:
    """Fill the buffer `mean` of every module that needs the data's mean (`needs_data_mean`), first ones first.

    `batches()` gives the training pictures (N, C, H, W) anew each time. What lies before such a module runs as at test
    time, so that no random augmentation enters the mean.
    """
    waiting = [m for m in module.modules() if getattr(m, "needs_data_mean", False)]
    was_training = module.training
    module.eval()
    for layer in waiting:
        sums: list[Tensor] = []
        handle = layer.register_forward_pre_hook(_collector(sums))
        count = 0
        with torch.inference_mode():
            for x in batches():
                count += len(x)
                try:
                    module(x)
                except _Arrived:
                    continue
        handle.remove()
        if not sums:
            continue
        mean = torch.stack(sums).sum(0) / count  # (C, H, W), in double precision
        buffer: Tensor = layer.get_buffer("mean")
        reduced = mean.sum_to_size(buffer.shape) * (buffer.numel() / mean.numel())
        buffer.copy_(reduced)
    module.train(was_training)


def _collector(sums: list[Tensor]) -> Any:
    def collect(_: nn.Module, args: tuple[Tensor, ...]) -> None:
        sums.append(args[0].cpu().double().sum(0))
        raise _Arrived

    return collect
