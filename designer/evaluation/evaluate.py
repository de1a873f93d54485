"""What a trained network does on test pictures: accuracy, top-k, precision and recall by class, confusion matrix."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import (
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassPrecision,
    MulticlassRecall,
)

from designer.data import loading
from designer.data.batches import DeviceData
from designer.errors import message
from designer.training import checkpoints, devices
from designer.training.failures import is_out_of_memory
from designer.training.network import Network, TrainingError, build_network, check_data
from designer.training.pictures import Pictures, all_of
from designer.training.runs import Run


class ClassScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well one class is told from the others."""

    name: str
    count: int
    """Test pictures of the class."""
    precision: float
    """Of the pictures taken for this class, the share that is of it; 0 where none was."""
    recall: float
    """Of the pictures of this class, the share that was taken for it; 0 where there are none."""
    f1: float
    """The harmonic mean of both."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation finds out."""

    run: str
    data: str
    device: str
    weights: str
    """The file that the weights came from."""
    count: int
    """Test pictures."""
    accuracy: float
    loss: float
    top_k: dict[str, float]
    """For k, the share of the pictures whose class is among the k highest scores."""
    per_class: tuple[ClassScore, ...]
    confusion_matrix: tuple[tuple[int, ...], ...]
    """Rows are the true classes, columns what the network takes them for; both in the order of `per_class`."""


def evaluate(run_folder: str | os.PathLike[str], data: str | None = None, device: str = "auto") -> Result:
    """Test a run's best network (by validation error) on the test pictures of its own data, or of other data.

    Raises:
        NetDesignerError: the run has no weights, the data cannot be loaded, or the two don't fit.
    """
    run = Run(Path(run_folder))
    recipe = run.recipe()
    target = devices.resolve(device)
    graph = run.graph()
    network = build_network(graph)
    if not network.outputs:
        raise TrainingError(message("The network of '{run}' does not tell classes of pictures apart, so there is no "
                                    "accuracy or confusion matrix; its test loss is in the run.",
                                    run=run.name))  # fmt: skip
    weights = checkpoints.load_trained(network.module, run)
    dataset = loading.load(data or recipe.data)
    check_data(graph, network, dataset)
    network.to(target)
    network.module.eval()
    pictures = all_of(DeviceData(dataset.x_test, dataset.y_test, target), network)
    ks = sorted({k for k in (1, 5, network.top_k) if k <= network.outputs})
    metrics = _metrics(network.outputs, ks).to(target)
    loss = _run_as_memory_allows(network, pictures, metrics, 2 * recipe.batch_size)
    values: dict[str, Tensor] = metrics.compute()
    return Result(
        run=str(run.folder),
        data=dataset.name,
        device=str(target),
        weights=weights.name,
        count=len(pictures),
        accuracy=_share(values["top1"], pictures),
        loss=loss,
        top_k={str(k): _share(values[f"top{k}"], pictures) for k in ks},
        per_class=_per_class(values, dataset.classes),
        confusion_matrix=tuple(map(tuple, values["confusion"].tolist())),
    )


def _share(value: Tensor, pictures: Pictures) -> float:
    """A share of the pictures in double precision; torchmetrics gives single, which shows as 0.20499999821186066."""
    return round(float(value) * len(pictures)) / len(pictures)


def _metrics(classes: int, ks: list[int]) -> MetricCollection:
    metrics: dict[str, Metric | MetricCollection] = {
        "confusion": MulticlassConfusionMatrix(classes),
        "precision": MulticlassPrecision(classes, average=None),
        "recall": MulticlassRecall(classes, average=None),
        "f1": MulticlassF1Score(classes, average=None),
    }
    metrics |= {f"top{k}": MulticlassAccuracy(classes, top_k=k, average="micro") for k in ks}
    return MetricCollection(metrics)


def _run_as_memory_allows(network: Network, pictures: Pictures, metrics: MetricCollection, batch_size: int) -> float:
    """As `_run`, in smaller batches where these are too large. Raises TrainingError: one picture is too large."""
    while True:
        try:
            return _run(network, pictures, metrics, batch_size)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if batch_size == 1:
                text = message("There is not enough memory to test this network, even one picture at a time.")
                raise TrainingError(text) from error
        metrics.reset()
        batch_size //= 2


def _run(network: Network, pictures: Pictures, metrics: MetricCollection, batch_size: int) -> float:
    """Feed all pictures through network and metrics; the mean loss."""
    total = 0.0
    with torch.inference_mode():
        for x, y in pictures.batches(batch_size):
            outputs = network.run(x, y)
            metrics.update(network.verdict.scores(outputs), y)
            total += float(network.loss(outputs, x, y)) * len(y)
    return total / len(pictures)


def _per_class(values: dict[str, Tensor], classes: tuple[str, ...]) -> tuple[ClassScore, ...]:
    counts = values["confusion"].sum(1).tolist()
    names = [*classes, *map(str, range(len(classes), len(counts)))]
    columns = (values[key].tolist() for key in ("precision", "recall", "f1"))
    return tuple(
        ClassScore(name=name, count=count, precision=precision, recall=recall, f1=f1)
        for name, count, precision, recall, f1 in zip(names, counts, *columns, strict=True)
    )
