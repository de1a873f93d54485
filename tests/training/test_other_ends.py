"""Training of networks that end in other things than scores of classes, or begin with other things than pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from training_cases import SIZE, chain, create, events, recipe, save_data

from designer.codegen.build import build
from designer.evaluation.evaluate import evaluate
from designer.graph import Edge, Graph, Node
from designer.graph.model import Body
from designer.shapes import analyze
from designer.training.columns import misreads
from designer.training.events import Epoch, Finished, Started
from designer.training.feeding import Source, generated
from designer.training.network import TrainingError, build_network
from designer.training.random_data import random_batch
from designer.training.trainer import train

PICTURE = [3, SIZE, SIZE]
VALUES = 3 * SIZE * SIZE


def wired(graph: Graph, *edges: tuple[str, str, int]) -> Graph:
    """The graph with more wires: (source, target, port)."""
    more = tuple(Edge((source, 0), (target, port)) for source, target, port in edges)
    return msgspec.structs.replace(graph, root=Body(graph.root.nodes, (*graph.root.edges, *more)))


def with_nodes(graph: Graph, *nodes: tuple[str, str, dict[str, Any]]) -> Graph:
    """The graph with more nodes: (id, type, properties)."""
    more = tuple(Node(id=id_, type=type_, name=id_, params=params) for id_, type_, params in nodes)
    return msgspec.structs.replace(graph, root=Body((*graph.root.nodes, *more), graph.root.edges))


def autoencoder(**loss: Any) -> Graph:
    return chain(
        ("Input", {"shape": PICTURE}),
        ("Linear", {"out_features": 12}),
        ("ReLU", {}),
        ("Linear", {"out_features": VALUES}),
        ("Reshape", {"shape": PICTURE}),
        ("MSELoss", loss),
    )


def run_of(tmp_path: Path, graph: Graph, **changes: Any) -> tuple[Finished, Any]:
    run = create(tmp_path / "runs", graph, recipe(save_data(tmp_path / "d.npz"), **changes))
    return train(run), run


@pytest.mark.parametrize("how", ["wired", "column x"])
def test_an_autoencoder_learns_and_its_error_is_its_loss(tmp_path: Path, how: str) -> None:
    graph = wired(autoencoder(), ("n0", "n5", 1)) if how == "wired" else autoencoder(target="x")
    finished, run = run_of(tmp_path, graph, epochs=6)
    assert finished.outcome == "completed", finished.text
    assert finished.test_accuracy is None
    assert finished.top_k_error is None
    assert finished.test_loss is not None
    started = next(e for e in events(run) if isinstance(e, Started))
    assert started.error == "loss"
    assert run.summary().error == "loss"
    done = [e for e in events(run) if isinstance(e, Epoch)]
    assert done[-1].validation_loss < done[0].validation_loss
    for e in done:
        assert e.validation_error == pytest.approx(e.validation_loss, rel=1e-5)
        assert e.training_error == pytest.approx(e.training_loss, rel=1e-5)
    assert f"{finished.text}".count("%") == 0
    with pytest.raises(TrainingError, match="does not tell classes"):
        evaluate(run.folder)


def binary_data(path: Path) -> Path:
    """Dark and bright pictures."""
    random = np.random.default_rng(0)
    arrays: dict[str, Any] = {}
    for part, count in (("train", 80), ("test", 40)):
        y = np.arange(count) % 2
        arrays[f"x_{part}"] = (random.integers(0, 100, (count, SIZE, SIZE, 3)) + 100 * y[:, None, None, None]).astype(
            np.uint8
        )
        arrays[f"y_{part}"] = y
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(("end", "loss"), [("Sigmoid", "BCELoss"), ("Scale", "BCEWithLogitsLoss")])
def test_yes_and_no_are_told_by_one_value_and_wrong_ones_counted(tmp_path: Path, end: str, loss: str) -> None:
    graph = chain(("Input", {"shape": PICTURE}), ("Linear", {"out_features": 1}), (end, {}), (loss, {}))
    run = create(tmp_path / "runs", graph, recipe(binary_data(tmp_path / "d.npz"), epochs=8))
    finished = train(run)
    assert finished.outcome == "completed", finished.text
    assert finished.test_accuracy is not None
    assert finished.test_accuracy > 0.9
    last = [e for e in events(run) if isinstance(e, Epoch)][-1]
    network = build_network(graph)
    from designer.training import checkpoints

    checkpoints.load_trained(network.module, run)
    with np.load(tmp_path / "d.npz") as data:
        x = torch.from_numpy(data["x_test"]).permute(0, 3, 1, 2).float() / 255
        y = torch.from_numpy(data["y_test"])
    says = network.module.eval()(x)[:, 0] >= (0.5 if loss == "BCELoss" else 0)
    assert finished.test_accuracy == pytest.approx(float((says == y.bool()).float().mean()))
    assert last.best_error == pytest.approx(min(e.validation_error for e in events(run) if isinstance(e, Epoch)))


def test_scores_without_a_sigmoid_are_told_from_a_broken_program(tmp_path: Path) -> None:
    graph = chain(("Input", {"shape": PICTURE}), ("Linear", {"out_features": 1}), ("BCELoss", {}))
    finished = train(create(tmp_path / "runs", graph, recipe(binary_data(tmp_path / "d.npz"))))
    assert finished.outcome == "failed"
    assert "BCELoss got values that are not between 0 and 1" in str(finished.text)
    assert "Sigmoid" in str(finished.advice)


def test_classes_of_pixels_are_trained_on_probabilities(tmp_path: Path) -> None:
    """Each pixel's class comes from the network itself; convolutions train in channels_last."""
    graph = chain(
        ("Input", {"shape": PICTURE}),
        ("Conv2d", {"out_channels": 2, "padding": 1}),
        ("Softmax", {}),
        ("CategoricalCrossEntropy", {}),
    )
    brighter = ("bright", "GreaterScalar", {"value": 0.5})
    graph = with_nodes(graph, ("one", "Slice", {"start": [0], "stop": [1]}), brighter)
    finished, _ = run_of(tmp_path, wired(graph, ("n0", "one", 0), ("one", "bright", 0), ("bright", "n3", 1)), epochs=6)
    assert finished.outcome == "completed", finished.text
    assert finished.test_accuracy is not None
    assert finished.test_accuracy > 0.7


def test_a_metric_becomes_the_error_and_is_not_minimised(tmp_path: Path) -> None:
    graph = chain(("Input", {"shape": PICTURE}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}))
    plain, _ = run_of(tmp_path, graph, seed=3)
    measured = wired(with_nodes(graph, ("m", "TopNError", {"n": 3})), ("n1", "m", 0))
    (tmp_path / "second").mkdir()
    finished, run = run_of(tmp_path / "second", measured, seed=3)
    assert finished.test_loss == plain.test_loss
    assert finished.test_accuracy == plain.test_accuracy
    assert {e.validation_error for e in events(run) if isinstance(e, Epoch)} == {0.0}  # 3 of 3 are always right


def test_labels_and_noise_can_enter_too(tmp_path: Path) -> None:
    """A conditional decoder: noise and the class make a picture, which is compared with the real one."""
    graph = Graph(
        name="decoder",
        root=Body(
            (
                Node(id="noise", type="Input", name="noise", params={"shape": [4], "generator": "normal"}),
                Node(id="label", type="Input", name="label", params={"shape": [1], "dataset": "y"}),
                Node(id="both", type="Concatenate", name="both"),
                Node(id="fc", type="Linear", name="fc", params={"out_features": VALUES}),
                Node(id="loss", type="L1Loss", name="loss", params={"target": "x"}),
            ),
            (
                Edge(("noise", 0), ("both", 0)),
                Edge(("label", 0), ("both", 1)),
                Edge(("both", 0), ("fc", 0)),
                Edge(("fc", 0), ("loss", 0)),
            ),
        ),
    )
    finished, run = run_of(tmp_path, graph, epochs=4)
    assert finished.outcome == "completed", finished.text
    losses = [e.training_loss for e in events(run) if isinstance(e, Epoch)]
    assert losses[-1] < losses[0]


def test_several_losses_train_together_and_the_weightiest_judges(tmp_path: Path) -> None:
    graph = chain(("Input", {"shape": PICTURE}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}))
    graph = with_nodes(
        graph, ("fc", "Linear", {"out_features": 3}), ("early", "SoftmaxCrossEntropy", {"weight": 0.3}),
        ("small", "Minimize", {"weight": 0.001}),
    )  # fmt: skip
    graph = wired(graph, ("n0", "fc", 0), ("fc", "early", 0), ("fc", "small", 0))
    network = build_network(graph)
    assert network.verdict.place == 0
    finished, _ = run_of(tmp_path, graph)
    assert finished.outcome == "completed", finished.text
    assert finished.test_accuracy is not None


PLAIN = ("Input", {"shape": PICTURE})


@pytest.mark.parametrize(
    ("graph", "text"),
    [
        (chain(PLAIN, ("Linear", {"out_features": 1}), ("MSELoss", {"target": "age"})),
         "'MSELoss2' reads the column 'age', but 'd' has only x, the pictures, and y, their classes."),
        (chain(("Input", {"shape": PICTURE, "dataset": "mask"}), ("Linear", {}), ("SoftmaxCrossEntropy", {})),
         "'Input0' reads the column 'mask', but 'd' has only x, the pictures, and y, their classes."),
        (chain(("Input", {"shape": [3], "dataset": "y"}), ("Linear", {}), ("SoftmaxCrossEntropy", {})),
         "'Input0' reads the classes, y, which are one number for each picture, but its shape is 3. Set it to 1."),
        (chain(PLAIN, ("Linear", {"out_features": 3}), ("MSELoss", {})),
         "'MSELoss2' compares 3 with y, which is one number for each picture. For classes, end the network in "
         "SoftmaxCrossEntropy."),
        (chain(PLAIN, ("Linear", {"out_features": 3}), ("MSELoss", {"target": "x"})),
         "'MSELoss2' compares 3 with the pictures, which are 3x8x8; the two must be equal."),
        (chain(PLAIN, ("Conv2d", {"padding": "same"}), ("SoftmaxCrossEntropy", {})),
         "'SoftmaxCrossEntropy2' expects a class for each of 8x8 places, but the data has one for each picture. Put a "
         "Flatten or a Linear in front."),
        (chain(PLAIN, ("Linear", {"out_features": 1}), ("Sigmoid", {}), ("BCELoss", {})),
         "'BCELoss3' tells two classes apart, but the data has 3."),
        (chain(PLAIN, ("Linear", {}), ("SoftmaxCrossEntropy", {"target": "x"})),
         "'SoftmaxCrossEntropy2' expects classes, but its target x is the pictures."),
    ],
)  # fmt: skip
def test_what_the_data_does_not_have_is_said_before_the_training(graph: Graph, text: str, tmp_path: Path) -> None:
    finished, run = run_of(tmp_path, graph)
    assert finished.outcome == "failed"
    assert str(finished.text) == text.replace("'d'", "'d.npz'")
    assert [str(found.text) for found in misreads(analyze(graph), "d", (3, SIZE, SIZE), 3)] == [text]
    assert not any(isinstance(e, Started) for e in events(run))


def test_one_column_cannot_be_two_things() -> None:
    graph = chain(("Input", {"shape": [4]}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}))
    graph = with_nodes(graph, ("fc", "Linear", {"out_features": 1}), ("mse", "MSELoss", {}))
    graph = wired(graph, ("n0", "fc", 0), ("fc", "mse", 0))
    with pytest.raises(TrainingError, match="read the column 'y' as values of different kinds"):
        build_network(graph)


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("normal", -99, 99), ("uniform", -3, 3), ("constant", 3, 3), ("range", 0, 12)]
)
def test_generated_values(kind: str, low: float, high: float) -> None:
    torch.manual_seed(0)
    found = generated(kind, 3.0, (200, 2, 5), torch.empty(0, dtype=torch.float64))
    assert found.dtype == torch.float64
    assert found.shape == (200, 2, 5)
    assert low <= float(found.min())
    assert float(found.max()) <= high
    if kind == "range":
        assert found[7, 1].tolist() == [0, 3, 6, 9, 12]
    if kind == "normal":
        assert abs(float(found.std()) - 3) < 0.2


def test_an_input_in_another_range_than_the_first_is_scaled() -> None:
    x, y = torch.full((2, 3, 4, 4), 0.5), torch.zeros(2)
    source = Source((48,), "x", "0..255", "none", 1.0)
    assert torch.equal(source.of(x, y, "0..1"), torch.full((2, 48), 127.5))
    assert torch.equal(source.of(x * 255, y, "0..255"), torch.full((2, 48), 127.5))


RANDOM = [
    autoencoder(target="x"),
    wired(autoencoder(), ("n0", "n5", 1)),
    chain(("Input", {"shape": [3, 6, 6]}), ("Conv2d", {"out_channels": 5}), ("SoftmaxCrossEntropy", {})),
    chain(("Input", {"shape": [7]}), ("Linear", {"out_features": 2}), ("Sigmoid", {}), ("BCELoss", {})),
    chain(("Input", {"shape": [7]}), ("Softmax", {}), ("Linear", {}), ("Softmax", {}), ("KLDivLoss", {})),
    chain(("Input", {"shape": [7], "generator": "uniform"}), ("Linear", {}), ("Minimize", {})),
    with_nodes(autoencoder(target="x"), ("note", "Comment", {"text": "hm"})),
]  # fmt: skip


@pytest.mark.parametrize("graph", RANDOM)
def test_any_network_takes_a_step_on_random_data(graph: Graph) -> None:
    torch.manual_seed(0)
    module = build(graph)
    batch = random_batch(graph, 4)
    loss = module.loss(module(*batch.inputs), batch.target)
    assert torch.isfinite(loss)
    parameters = list(module.parameters())
    slopes = torch.autograd.grad(loss, parameters)
    assert any(slope.abs().sum() > 0 for slope in slopes)
    again = [p - 1e-3 * slope for p, slope in zip(parameters, slopes, strict=True)]
    with torch.no_grad():
        for p, value in zip(parameters, again, strict=True):
            p.copy_(value)
    assert module.loss(module(*batch.inputs), batch.target) < loss


def test_a_variational_autoencoder_is_drawn_from_arithmetic_and_learns(tmp_path: Path) -> None:
    """Code plus noise; the picture's error of every pixel and the square of the code are minimised."""
    graph = chain(
        ("Input", {"shape": PICTURE}), ("Linear", {"out_features": 8}), ("Add", {}),
        ("Linear", {"out_features": VALUES}), ("Reshape", {"shape": PICTURE}),
        ("LossValues", {"loss": "bce_with_logits"}), ("Minimize", {}),
    )  # fmt: skip
    graph = with_nodes(
        graph, ("noise", "Random", {"shape": [8], "scale": 0.1}), ("square", "Multiply", {}),
        ("small", "Minimize", {"weight": 0.01}),
    )  # fmt: skip
    graph = wired(
        graph, ("noise", "n2", 1), ("n0", "n5", 1), ("n1", "square", 0), ("n1", "square", 1), ("square", "small", 0)
    )
    finished, run = run_of(tmp_path, graph, epochs=5)
    assert finished.outcome == "completed", finished.text
    done = [e for e in events(run) if isinstance(e, Epoch)]
    assert done[-1].validation_loss < done[0].validation_loss
    assert next(e for e in events(run) if isinstance(e, Started)).error == "loss"
