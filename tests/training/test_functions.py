"""A user's function that does not do what its node says is found out before the training, by the node's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from training_cases import CLASSES, INPUT, LOSS, chain, create, losses, recipe, save_data

from designer.codegen import consent
from designer.graph import Graph
from designer.shapes import analyze, problems
from designer.training.trainer import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_data(tmp_path_factory.mktemp("data") / "tiny.npz")


@pytest.fixture(autouse=True)
def trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv(consent.VARIABLE, "")


def network(body: str, output_shape: list[int] | None = None, **first: Any) -> Graph:
    """Pictures of 3x8x8, a function, a dense layer."""
    function = ("PythonFunction", {"code": f"def forward(x):\n    return {body}\n", "output_shape": output_shape})
    before = [("Dropout", first)] if first else []
    graph = chain(INPUT, *before, function, ("Linear", {"out_features": CLASSES}), LOSS)
    consent.trust(graph)
    return graph


@pytest.mark.parametrize(
    ("body", "output_shape", "words"),
    [
        ("x[:, :, ::2, ::2]", None, "puts out 3x4x4 for each sample, but its node says 3x8x8. Set its Output shape to "
                                    "3x4x4."),
        ("x", [3, 4, 4], "puts out 3x8x8 for each sample, but its node says 3x4x4. Set its Output shape to 3x8x8."),
        ("x.mean(0)", None, "must keep the first axis, the batch of 2, but it returned a tensor of 3x8x8."),
        ("x.mean((1, 2, 3))", None, "Let it return a tensor of (N, 1), and set its Output shape to 1."),
        ("x, x", None, "must return a tensor, but it returned tuple."),
        ("x.nothing()", None, "fails with AttributeError: 'Tensor' object has no attribute 'nothing'"),
        ("x @ torch.ones(5, 5)", None, "fails with RuntimeError"),
    ],
)  # fmt: skip
def test_what_a_function_does_wrong_is_said_with_its_node(
    tmp_path: Path, data: Path, body: str, output_shape: list[int] | None, words: str
) -> None:
    finished = train(create(tmp_path, network(body, output_shape), recipe(data)))
    assert finished.outcome == "failed"
    assert "'PythonFunction1'" in str(finished.text) and words in str(finished.text)
    assert "Traceback" not in str(finished.text) and finished.advice is None


def test_the_mend_of_the_problems_list_says_the_assumed_shape(tmp_path: Path, data: Path) -> None:
    graph = network("x * 2")
    (problem,) = [p for p in problems(analyze(graph)) if p.code == "assumed-shape"]
    assert (problem.node, problem.severity) == ("n1", "warning")
    assert "Assumed to keep the shape of Input0, 3x8x8." in str(problem.text)
    mended = problem.fixes[0].apply(graph)
    assert mended.node("n1").params["output_shape"] == [3, 8, 8]
    assert not [p for p in problems(analyze(mended)) if p.code == "assumed-shape"]
    assert train(create(tmp_path, mended, recipe(data))).outcome == "completed"


def test_looking_at_functions_changes_nothing_of_the_training(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = network("x + 0.01 * torch.rand_like(x)", p=0.2)
    looked = create(tmp_path, graph, recipe(data, epochs=1))
    assert train(looked).outcome == "completed"
    monkeypatch.setattr("designer.training.setup.check_functions", lambda *_: None)
    plain = create(tmp_path, graph, recipe(data, epochs=1))
    assert train(plain).outcome == "completed"
    assert losses(looked) == losses(plain)
