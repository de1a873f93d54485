"""How long inference and loading take, against what they replace. Run: python tests/benchmarks/bench_core.py"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

import networks
import torch
import torchvision
from table import Results, alternating

from designer.graph import Graph, edits, io
from designer.layers import registry
from designer.layers.base import Facts
from designer.layers.registry import layer_of
from designer.layout import arrange
from designer.shapes import Analysis, analyze, problems


def new_layers(graph: Graph) -> None:
    """Forget every layer, as if the file had just been read."""
    registry._interned.clear()
    for _, node in graph.walk():
        node.__dict__.pop("layer", None)


def new_facts(graph: Graph) -> None:
    """Forget what the layers remember of the shapes they have seen."""
    for _, node in graph.walk():
        memo = layer_of(node).__dict__
        for shapes in [key for key in memo if isinstance(key, tuple)]:
            del memo[shapes]


def timed(prepare: Callable[[], object], job: Callable[[], object], rounds: int = 15) -> float:
    """The median time of a job in seconds, each time prepared anew outside of the time."""
    times = []
    for _ in range(rounds):
        prepare()
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return median(times)


def propagate(module: torch.nn.Module, picture: torch.Tensor) -> tuple[int, int]:
    """Parameters and multiply-adds of a module on the meta device, with the shape of every layer's output."""
    shapes: dict[torch.nn.Module, torch.Size] = {}

    def note(layer: torch.nn.Module, _: object, output: torch.Tensor) -> None:
        shapes[layer] = output.shape

    hooks = [layer.register_forward_hook(note) for layer in module.modules()]
    module(picture)
    for hook in hooks:
        hook.remove()
    multiply_adds = sum(
        layer.weight.numel() * shape[2:].numel()
        for layer, shape in shapes.items()
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear)
    )
    return sum(p.numel() for p in module.parameters()), multiply_adds


def inference(results: Results) -> None:
    """ResNet-152: all shapes, parameters and multiply-adds, against running the module on the meta device."""
    graph = networks.resnet152()
    with torch.device("meta"):
        module = torchvision.models.resnet152()
    picture = torch.empty(1, 3, 224, 224, device="meta")
    parameters, multiply_adds = propagate(module, picture)
    analysis = analyze(graph)
    assert len(graph.nodes) == 516
    assert analysis.totals[0] == parameters == 60_192_808
    assert weighted(analysis) == multiply_adds

    def meta() -> object:
        return propagate(module, picture)

    def ours() -> object:
        return analyze(graph).totals

    warm, training = alternating(ours, meta)
    module.eval()
    _, evaluation = alternating(ours, meta)
    cold, first = timed(lambda: new_facts(graph), ours), timed(lambda: new_layers(graph), ours)
    results.faster("ResNet-152, 516 nodes, shapes seen before: against a module as built", warm, training, 500)
    results.faster("... no shape seen before", cold, training, 500)
    results.faster("... the first time after loading", first, training)
    results.faster("shapes seen before: against a module in evaluation mode", warm, evaluation)
    results.faster("... no shape seen before", cold, evaluation)


def weighted(analysis: Analysis) -> int:
    """Multiply-adds of the layers that the reference counts."""
    layers = [f for f in analysis.walk() if f.node.type in ("Conv2d", "Linear")]
    return sum(f.result.multiply_adds for f in layers if isinstance(f.result, Facts))


def after_an_edit(results: Results) -> None:
    """Inference after one property of one node has changed; values come that were not seen before."""
    graph = networks.resnet152()
    before = analyze(graph)
    graph = before.graph
    inner = next(n.id for n in graph.nodes[250:] if n.params.get("kernel_size") == 3)
    first = next(n.id for n in graph.nodes if n.type == "Conv2d")
    cases = (
        ("a convolution's groups: its shape stays", inner, "groups", [2, 4, 8, 16, 32, 64, 128]),
        ("a convolution's channels: its block follows", inner, "out_channels", range(300, 330)),
        ("the first convolution's stride: all 516 nodes follow", first, "stride", [1, 3, 4, 5, 6, 7, 8]),
    )
    for what, node_id, field, values in cases:
        times = []
        for value in values:
            after = edits.set_params(graph, [node_id], {field: value})
            start = time.perf_counter()
            analyze(after, before)
            times.append(time.perf_counter() - start)
        goal = None if "516" in what else 0.0001
        results.absolute(f"after an edit of one node: {what}", median(times), goal)


def loading(results: Results) -> None:
    """A file of 1,000 nodes, read and checked, against what json.loads takes for reading it."""
    text = io.dumps(networks.long_network(1_000))
    load, plain = alternating(lambda: io.loads(text), lambda: json.loads(text), rounds=41)
    results.ratio(f"load and check 1,000 nodes ({len(text) // 1024} KiB), against json.loads", load, plain, 0.5)
    whole, plain = alternating(lambda: problems(analyze(io.loads(text))), lambda: json.loads(text), rounds=15)
    results.ratio("the same with all shapes and problems", whole, plain)


def layout(results: Results) -> None:
    """Automatic layout of 10,000 nodes."""
    graph = networks.long_network(10_000)
    results.absolute("layout of 10,000 nodes", timed(lambda: None, lambda: arrange(graph), 5), 0.3)


def main() -> int:
    torch.set_num_threads(1)
    results = Results("Inference, loading, layout")
    for part in (inference, after_an_edit, loading, layout):
        part(results)
    return 0 if results.show() else 1


if __name__ == "__main__":
    sys.exit(main())
