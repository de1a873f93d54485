"""Layers with a learning rate, a weight decay or frozen tensors of their own: the code, the optimizer, the training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from training_cases import INPUT, LOSS, chain, create, losses, recipe, save_data, weights

from designer.codegen.build import build
from designer.codegen.source import source
from designer.data import arrays, loading
from designer.graph import INPUT as ENTER
from designer.graph import OUTPUT as LEAVE
from designer.graph import Edge, Graph, Node, io
from designer.graph.model import Body
from designer.graph.recipe import Optimizer, Recipe, Step
from designer.samples import samples_folder
from designer.shapes import analyze
from designer.training.engine import epoch_order
from designer.training.network import build_network, parameter_count
from designer.training.optimizers import OPTIMIZERS
from designer.training.setup import make_optimizer
from designer.training.trainer import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_data(tmp_path_factory.mktemp("data") / "tiny.npz")


def mixed() -> Graph:
    """A frozen weight, a tenth of the learning rate, no decay for a bias, a strong decay for a weight."""
    return chain(
        INPUT,
        ("Conv2d", {"out_channels": 4, "kernel_size": 3, "weight_lr": 0.1, "bias_decay": 0.0}),
        ("ReLU", {}),
        ("Linear", {"out_features": 5, "weight_frozen": True}),
        ("ReLU", {}),
        ("Linear", {"out_features": 3, "weight_decay": 0.3}),
        LOSS,
    )


def groups(graph: Graph, **changes: Any) -> list[tuple[float, float, float, int]]:
    """Of each group: learning rate, its factor, weight decay, and how many tensors are in it."""
    network = build_network(graph)
    optimizer = make_optimizer(network, Recipe(learning_rate=0.5, **changes), torch.device("cpu"))
    return [(g["lr"], g["lr_scale"], g["weight_decay"], len(g["params"])) for g in optimizer.param_groups]


def test_tensors_with_equal_options_share_a_group() -> None:
    found = groups(mixed(), weight_decay=0.01)
    assert found == [(0.05, 0.1, 0.01, 1), (0.5, 1.0, 0.0, 1), (0.5, 1.0, 0.01, 2), (0.5, 1.0, 0.3, 1)]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_takes_groups_and_repeats_bit_for_bit(tmp_path: Path, data: Path, name: str) -> None:
    rate = OPTIMIZERS[name].default_rate
    chosen = recipe(data, epochs=1, optimizer=Optimizer(name=name), learning_rate=rate, weight_decay=0.001)
    once, again = create(tmp_path, mixed(), chosen), create(tmp_path, mixed(), chosen)
    assert train(once).outcome == train(again).outcome == "completed"
    assert weights(once) == weights(again)


def test_a_training_is_that_of_a_loop_with_groups_written_by_hand(tmp_path: Path, data: Path) -> None:
    chosen = recipe(data, epochs=3, weight_decay=0.01, validation=0.2, learning_rate=0.1,
                    schedule=Step(every=1, unit="epoch", factor=0.5))  # fmt: skip
    run = create(tmp_path, mixed(), chosen)
    assert train(run).outcome == "completed"
    torch.manual_seed(7)
    dataset = loading.load(str(data))
    kept, _ = arrays.split(dataset, 0.2, 7)
    x, y = torch.from_numpy(dataset.x_train) / 255, torch.from_numpy(dataset.y_train)
    nn = torch.nn
    conv, first, second = nn.Conv2d(3, 4, 3), nn.Linear(144, 5), nn.Linear(5, 3)
    module = nn.Sequential(conv, nn.ReLU(), nn.Flatten(), first, nn.ReLU(), second)
    frozen = first.weight.requires_grad_(False).clone()
    optimizer = torch.optim.SGD(
        [
            {"params": [conv.weight], "lr": 0.01},
            {"params": [conv.bias], "weight_decay": 0.0},
            {"params": [first.bias, second.bias]},
            {"params": [second.weight], "weight_decay": 0.3},
        ],
        lr=0.1, momentum=0.9, weight_decay=0.01,
    )  # fmt: skip
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    expected = []
    for epoch in range(3):
        for batch in torch.from_numpy(kept)[epoch_order(len(kept), 7, epoch)].split(16):
            loss = nn.functional.cross_entropy(module(x[batch]), y[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            expected.append(loss.item())
        scheduler.step()
    assert losses(run) == pytest.approx(expected, rel=1e-4)
    ended = load_file(run.checkpoints / "last.safetensors")
    assert torch.equal(ended["Linear3.weight"], frozen)
    torch.testing.assert_close(ended["Linear5.weight"], second.weight.detach(), rtol=1e-4, atol=1e-5)


def test_without_options_of_their_own_nothing_is_grouped() -> None:
    graph = chain(INPUT, ("Linear", {"out_features": 3, "bias_frozen": True}), LOSS)
    assert "parameter_groups" not in source(graph)
    network = build_network(graph)
    optimizer = make_optimizer(network, Recipe(), torch.device("cpu"))
    assert len(optimizer.param_groups) == 1
    assert "lr_scale" not in optimizer.param_groups[0]


def test_the_code_reads_as_a_person_would_write_it() -> None:
    text = source(mixed())
    for line in (
        "        # Initial weights, and how they are trained",
        "        self.Conv2d1.weight.lr_scale = 0.1",
        "        self.Conv2d1.bias.weight_decay = 0.0",
        "        self.Linear3.weight.requires_grad_(False)",
        "        self.Linear5.weight.weight_decay = 0.3",
        "    def parameter_groups(self, lr: float, weight_decay: float) -> list[dict[str, object]]:",
    ):
        assert line in text.split("\n")
    assert text.index("def forward") < text.index("def parameter_groups") < text.index("__main__")
    assert "sum(p.numel() for p in model.parameters() if p.requires_grad)" in text
    whole = source(chain(INPUT, ("Linear", {"out_features": 3, "weight_frozen": True, "bias_lr": 0.0}), LOSS))
    assert "        self.Linear1.requires_grad_(False)" in whole.split("\n")


def test_frozen_values_are_no_parameters_but_nnc_counts_them() -> None:
    graph = mixed()
    analysis = analyze(graph)
    module = build(graph)
    assert analysis.totals[0] == parameter_count(module) == 112 + 5 + 18
    assert sum(f.layer.parameters_nnc(*f.inputs) for f in analysis.walk() if f.inputs) == 112 + 725 + 18


@pytest.mark.parametrize(("layer", "words"), [
    (("Linear", {"out_features": 3, "weight_frozen": True, "bias_lr": 0}), "frozen"),
    (("Flatten", {}), "no layer with weights"),
])  # fmt: skip
def test_a_network_without_anything_to_train_says_so(
    tmp_path: Path, data: Path, layer: tuple[str, dict[str, Any]], words: str
) -> None:
    finished = train(create(tmp_path, chain(INPUT, layer, LOSS), recipe(data)))
    assert finished.outcome == "failed"
    assert words in str(finished.text)


@pytest.mark.parametrize("norm", ["weight", "spectral", "standardized"])
def test_networks_with_normalized_weights_learn(tmp_path: Path, data: Path, norm: str) -> None:
    how = {"kernel_size": 3, "out_channels": 4, "padding": 1, "weight_norm": norm, "weight_init": "he_normal"}
    layers = [INPUT, *[("Conv2d", how), ("ReLU", {})] * 3, ("Linear", {"out_features": 3, "weight_norm": norm}), LOSS]
    graph = chain(*layers)
    assert "if isinstance(module, nn.Conv2d):" in source(graph)
    run = create(tmp_path, graph, recipe(data, epochs=4))
    assert train(run).outcome == "completed"
    found = losses(run)
    assert sum(found[-6:]) < sum(found[:6])


def repeated() -> Graph:
    """A frame of three repetitions whose layer has its own learning rate, and normalized weights."""
    conv = {"out_channels": 3, "kernel_size": 3, "padding": 1, "weight_lr": 0.5, "weight_norm": "weight"}
    body = Body((Node(id="conv", type="Conv2d", name="conv", params=conv),),
                (Edge((ENTER, 0), ("conv", 0)), Edge(("conv", 0), (LEAVE, 0))))  # fmt: skip
    graph = chain(INPUT, ("Repeat", {"times": 3}), ("Linear", {"out_features": 3}), LOSS)
    nodes = tuple(
        Node(id=n.id, type=n.type, name=n.name, params=n.params, body=body if n.type == "Repeat" else None)
        for n in graph.root.nodes
    )
    return Graph(name="repeated", root=Body(nodes, graph.root.edges))


def test_repetitions_have_the_options_of_their_layer() -> None:
    assert groups(repeated()) == [(0.5, 1.0, 0.0, 5), (0.25, 0.5, 0.0, 6)]  # biases and Linear; length and direction


def test_tf_cifar10_decays_two_layers_only() -> None:
    graph = io.load(samples_folder() / "tf_cifar10.json")
    found = groups(graph, optimizer=Optimizer(name="SGD"))
    assert found == [(0.5, 1.0, 0.0, 8), (0.5, 1.0, 0.004, 2)]
    module = build_network(graph).module
    decayed = [name for name, p in module.named_parameters() if hasattr(p, "weight_decay")]
    assert decayed == ["local3.weight", "local4.weight"]
