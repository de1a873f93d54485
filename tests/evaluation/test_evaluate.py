"""What an evaluation says equals what numpy counts."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from designer.errors import NetDesignerError
from designer.evaluation.evaluate import Result, evaluate
from designer.graph import Edge, Graph, Node
from designer.graph.model import Body
from designer.graph.recipe import Recipe
from designer.training import checkpoints, runs
from designer.training.control import Control
from designer.training.events import Event, Steps
from designer.training.judging import Outputs
from designer.training.network import Network, build_network
from designer.training.runs import Run
from designer.training.trainer import train

CLASSES = 7


def save(path: Path, count: int, seed: int, classes: int = CLASSES) -> Path:
    """Pictures whose class shows faintly, so that networks get some of them wrong."""
    random = np.random.default_rng(seed)
    y = random.integers(0, classes, count + 200)
    x = random.integers(0, 200, (len(y), 8, 8), dtype=np.uint8)
    x[np.arange(len(y)), y] += 50
    np.savez(path, x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    return path


def network(outputs: int = CLASSES) -> Graph:
    layers = (
        ("Input", {"shape": [1, 8, 8]}),
        ("Linear", {"out_features": outputs}),
        ("SoftmaxCrossEntropy", {"top_k": 3}),
    )
    nodes = tuple(Node(id=type_, type=type_, name=type_, params=params) for type_, params in layers)
    return Graph(name="linear", root=Body(nodes, tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("evaluation")
    data = save(folder / "set.npz", 333, seed=0)
    found = runs.create(
        folder, network(), Recipe(data=str(data), epochs=2, batch_size=20, learning_rate=0.02, device="cpu")
    )
    assert train(found).outcome == "completed"
    return found


def numpy_reference(run: Run, data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels, from the saved weights with nothing but numpy."""
    from safetensors.numpy import load_file

    weights = load_file(run.checkpoints / "best.safetensors")
    arrays = np.load(data)
    x = arrays["x_test"].reshape(len(arrays["x_test"]), -1) / 255
    return x @ weights["Linear.weight"].T + weights["Linear.bias"], arrays["y_test"]


def check(result: Result, logits: np.ndarray, y: np.ndarray) -> None:
    guess = logits.argmax(1)
    ranks = (logits > logits[np.arange(len(y)), y][:, None]).sum(1)
    assert result.count == len(y)
    assert result.accuracy == (guess == y).mean()
    assert result.top_k == {str(k): (ranks < k).mean() for k in (1, 3, 5)}
    losses = np.log(np.exp(logits).sum(1)) - logits[np.arange(len(y)), y]
    assert result.loss == pytest.approx(losses.mean(), rel=1e-5)
    matrix = np.zeros((CLASSES, CLASSES), int)
    np.add.at(matrix, (y, guess), 1)
    assert np.array_equal(result.confusion_matrix, matrix)
    for i, score in enumerate(result.per_class):
        hits, taken, there = matrix[i, i], matrix[:, i].sum(), matrix[i].sum()
        assert score.count == there
        assert score.precision == pytest.approx(hits / taken if taken else 0, abs=1e-6)
        assert score.recall == pytest.approx(hits / there if there else 0, abs=1e-6)
        assert score.f1 == pytest.approx(2 * hits / (taken + there) if taken + there else 0, abs=1e-6)


def test_an_evaluation_equals_what_numpy_counts(run: Run) -> None:
    result = evaluate(run.folder, device="cpu")
    check(result, *numpy_reference(run, Path(run.recipe().data)))
    assert (result.weights, result.device) == ("best.safetensors", "cpu")
    assert len({score.name for score in result.per_class}) == CLASSES


def test_it_equals_the_trainers_own_test(run: Run) -> None:
    assert evaluate(run.folder).accuracy == run.summary().test_accuracy


def test_other_data_can_be_tested(run: Run, tmp_path: Path) -> None:
    other = save(tmp_path / "other.npz", 100, seed=1)
    result = evaluate(run.folder, str(other))
    check(result, *numpy_reference(run, other))
    assert result.count == 100


def test_data_with_fewer_classes_leaves_the_others_empty(run: Run, tmp_path: Path) -> None:
    other = save(tmp_path / "few.npz", 100, seed=1, classes=4)
    result = evaluate(run.folder, str(other))
    check(result, *numpy_reference(run, other))
    assert [score.count for score in result.per_class[4:]] == [0, 0, 0]


def test_data_that_does_not_fit_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(NetDesignerError, match="8 classes"):
        evaluate(run.folder, str(save(tmp_path / "many.npz", 100, seed=1, classes=8)))


def test_a_run_stopped_before_its_first_validation_is_tested_with_its_latest_weights(run: Run, tmp_path: Path) -> None:
    stopped = runs.create(tmp_path, run.graph(), run.recipe())
    control = Control(stopped)

    def stop(event: Event) -> None:
        if isinstance(event, Steps):
            control.stop()

    assert train(stopped, control, stop).outcome == "stopped"
    assert evaluate(stopped.folder).weights == "last.safetensors"


def test_a_full_memory_is_met_with_smaller_batches(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, most = evaluate(run.folder, device="cpu"), 8
    run_batch = Network.run

    def limited(network: Network, x: torch.Tensor, y: torch.Tensor) -> Outputs:
        if len(x) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return run_batch(network, x, y)

    monkeypatch.setattr(Network, "run", limited)
    found = evaluate(run.folder, device="cpu")
    assert (found.accuracy, found.confusion_matrix) == (expected.accuracy, expected.confusion_matrix)
    most = 0
    with pytest.raises(NetDesignerError, match="not enough memory"):
        evaluate(run.folder, device="cpu")


def test_a_run_without_weights_is_said(run: Run, tmp_path: Path) -> None:
    fresh = runs.create(tmp_path, run.graph(), run.recipe())
    with pytest.raises(NetDesignerError, match="no weights yet"):
        evaluate(fresh.folder)


def test_a_run_that_died_is_tested_with_what_its_checkpoint_holds(run: Run) -> None:
    kept = {path: path.read_bytes() for path in run.checkpoints.iterdir() if path.name != "resume.safetensors"}
    try:
        for path in kept:
            path.unlink()
        module = build_network(run.graph()).module
        assert checkpoints.load_trained(module, run) == run.resume_point
    finally:
        for path, data in kept.items():
            path.write_bytes(data)
    other = build_network(run.graph()).module
    checkpoints.load_weights(other, run.checkpoints / "last.safetensors")
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), other.parameters(), strict=True))
