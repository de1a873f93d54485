"""The network of a run as the trainer needs it: the module, what it reads of the data, its loss and its error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from designer.codegen.build import build
from designer.errors import NetDesignerError, message
from designer.graph import Graph
from designer.layers.base import numel, show
from designer.shapes import analyze
from designer.training.columns import PICTURES, Wanted, clashes, misreads, root_facts, wanted
from designer.training.events import ErrorKind
from designer.training.feeding import Source, source_of, targets_of
from designer.training.judging import Outputs, Verdict, verdict_of

if TYPE_CHECKING:
    from designer.data.arrays import DataSet
    from designer.data.batches import Pixels


class TrainingError(NetDesignerError):
    """This network cannot be trained, or not on this data."""


@dataclass(frozen=True)
class Network:
    """A built network and the facts about its ends."""

    module: nn.Module
    sources: tuple[Source, ...]
    """Of the arguments of `forward`."""
    targets: tuple[Wanted, ...]
    """What the losses want of the data."""
    metric: tuple[Wanted, ...] | None
    """What the metric wants of the data; None where there is no metric."""
    verdict: Verdict
    memory_format: torch.memory_format
    """channels_last wherever there are convolutions: measured 1.0 to 1.5 times faster on CPUs, and GPUs prefer it too.

    A rule and no probe, since the format changes the last bits of every sum: equal seeds must give equal trainings.
    """

    @property
    def pixels(self) -> Pixels:
        """The range of values that the pictures are read in: that of the first Input that reads them."""
        first = next((source.pixels for source in self.sources if source.column == PICTURES), "0..1")
        return "0..255" if first == "0..255" else "0..1"

    @property
    def outputs(self) -> int:
        """Scores for the classes of a picture; 0 where the network does not tell classes of whole pictures."""
        return self.verdict.classes if self.verdict.is_plain else 0

    @property
    def top_k(self) -> int:
        """The k of the top-k error that the loss asks for."""
        return self.verdict.top_k

    @property
    def error_kind(self) -> ErrorKind:
        """Whether the error is a share of wrong answers or, for lack of right and wrong, the loss."""
        return "loss" if self.metric is None and self.verdict.answer in ("values", "none") else "share"

    def to(self, device: torch.device) -> None:
        """Move the module to a device, in its memory format."""
        self.module.to(device, memory_format=self.memory_format)  # type: ignore[call-overload]

    def run(self, x: Tensor, y: Tensor) -> Outputs:
        """The outputs for a batch of pictures (N, C, H, W) and their labels (N,), whatever of it the network reads."""
        outputs: Outputs = self.module(*(source.of(x, y, self.pixels) for source in self.sources))
        return outputs

    def loss(self, outputs: Outputs, x: Tensor, y: Tensor) -> Tensor:
        """The mean loss of a batch."""
        loss: Any = self.module.loss
        found: Tensor = loss(outputs, targets_of(self.targets, x, y))
        return found

    def errors(self, outputs: Outputs, x: Tensor, y: Tensor, loss: Tensor) -> Tensor:
        """The error summed over a batch with this mean loss: how many samples are wrong, or the sum of their losses."""
        if self.metric is not None:
            error: Any = self.module.error
            mean: Tensor = error(outputs, targets_of(self.metric, x, y))
            return mean.detach() * len(x)
        if self.error_kind == "loss":
            return loss.detach() * len(x)
        return len(x) - self.verdict.right(outputs, x, y).detach()


def build_network(graph: Graph) -> Network:
    """Build a graph's module, with weights from torch's generator, and look up what it reads and how it is judged.

    Raises:
        CodegenError: the graph has errors.
        TrainingError: it has no loss, or losses that read one column in two ways.
    """
    module = build(graph)  # first, since its error about a broken graph says more
    analysis = analyze(graph)
    roots = root_facts(analysis)
    losses = [facts for facts in roots if facts.layer.is_loss]
    metric = next((facts for facts in roots if facts.layer.is_metric), None)
    if not losses:
        raise TrainingError(message("'{graph}' has no loss, so there is nothing to train for. Put a "
                                    "SoftmaxCrossEntropy below the last layer.", graph=graph.name))  # fmt: skip
    wants = [(facts.node.label, want) for facts in losses if (want := wanted(facts)) is not None]
    if (clash := clashes(wants)) is not None:
        raise TrainingError(clash)
    return Network(
        module,
        tuple(source_of(facts) for facts in roots if facts.layer.is_input),
        tuple(want for _, want in wants),
        None if metric is None else tuple(filter(None, [wanted(metric)])),
        verdict_of(analysis),
        _memory_format(module),
    )


def _memory_format(module: nn.Module) -> torch.memory_format:
    axes = {p.dim() for p in module.parameters()}
    # The weights of a Conv3d have 5 axes, which torch cannot lay out so.
    return torch.channels_last if 4 in axes and 5 not in axes else torch.contiguous_format


def check_data(graph: Graph, network: Network, data: DataSet) -> None:
    """Whether the network of a graph can learn this data set.

    Raises:
        TrainingError: pictures of another shape, more classes than the network has outputs, or a column that is not
            there or holds something else.
    """
    for source in network.sources:
        expected, found = source.shape, data.shape
        if source.column == PICTURES and expected != found and expected != (numel(found),):
            raise TrainingError(message("The network takes pictures of {expected}, but those of '{data}' are {found}. "
                                        "Set the Input's shape to {found}, or choose other data.",
                                        expected=show(expected), found=show(found), data=data.name))  # fmt: skip
    for misread in misreads(analyze(graph), data.name, data.shape, len(data.classes)):
        raise TrainingError(misread.text)
    if network.verdict.is_plain and len(data.classes) > network.outputs:
        raise TrainingError(message("The network has {outputs} outputs, but '{data}' has {classes} classes. Give the "
                                    "last layer {classes} outputs.", outputs=network.outputs, data=data.name,
                                    classes=len(data.classes)))  # fmt: skip
    if not len(data.y_train) or not len(data.y_test):
        raise TrainingError(message("'{data}' has {train} training and {test} test pictures; both are needed.",
                                    data=data.name, train=len(data.y_train), test=len(data.y_test)))  # fmt: skip


def check_trained(graph: Graph, network: Network) -> None:
    """Whether there is anything to train.

    Raises:
        TrainingError: no layer has weights, or all of them are frozen.
    """
    if parameter_count(network.module):
        return
    if any(True for _ in network.module.parameters()):
        raise TrainingError(message("All weights of '{graph}' are frozen, so there is nothing to train. Let one layer "
                                    "at least be trained.", graph=graph.name))  # fmt: skip
    raise TrainingError(message("'{graph}' has no layer with weights, so there is nothing to train. Put a Linear or a "
                                "Conv2d in it.", graph=graph.name))  # fmt: skip


def parameter_count(module: nn.Module) -> int:
    """Trainable values; shared ones count once."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


class _Arrived(Exception):  # noqa: N818 - no error: it ends a forward pass early
    """What a layer would have taken is known; nothing behind it needs to run."""


def measure_means(network: Network, batches: Callable[[], Iterable[tuple[Tensor, Tensor]]]) -> None:
    """Fill the buffer `mean` of every module that needs the data's mean (`needs_data_mean`), first ones first.

    `batches()` gives the training pictures (N, C, H, W) and their labels anew each time. What lies before such a module
    runs as at test time, so that no random augmentation enters the mean.
    """
    module = network.module
    waiting = [m for m in module.modules() if getattr(m, "needs_data_mean", False)]
    was_training = module.training
    module.eval()
    for layer in waiting:
        sums: list[Tensor] = []
        handle = layer.register_forward_pre_hook(_collector(sums))
        count = 0
        with torch.inference_mode():
            for x, y in batches():
                count += len(x)
                try:
                    network.run(x, y)
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
