"""nnabla's .nntxt and .nnp: functions become layers, weights come along, and the outputs are those of its formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from nnp_files import Array, archive, function, network, protobuf, variable
from numpy.lib.stride_tricks import sliding_window_view

from designer.cli import main
from designer.codegen.build import build
from designer.graph.io import dumps, load, loads
from designer.graph.model import Graph
from designer.importers import open_source
from designer.importers.nnc import graph_of, weights_of
from designer.importers.nnc.archive import unpack
from designer.importers.nnc.project import Project
from designer.importers.nnc.trained import of_archive, of_text
from designer.shapes import analyze, problems

BN = ("beta", "gamma", "mean", "var")
CONV = (
    "convolution_param { base_axis: 1 pad { dim: 1 dim: 1 } stride { dim: 1 dim: 1 } "
    "dilation { dim: 1 dim: 1 } group: 1 }"
)
NORM = "batch_normalization_param { axes: 1 decay_rate: 0.9 eps: 0.0001 }"
LOOP = '    repeat_id: "Loop"\n'
TRAINING = """
training_config { max_epoch: 30 iter_per_epoch: 23 save_best: true }
dataset { name: "Training" uri: "C:\\\\data\\\\mnist_training.csv" batch_size: 32 }
optimizer {
  name: "Optimizer" network_name: "Main" dataset_name: "Training" update_interval: 1
  solver { type: "Nesterov" weight_decay: 0.0005 lr_scheduler_type: "Exponential"
    nesterov_param { lr: 0.05 momentum: 0.8 } exponential_scheduler_param { gamma: 0.5 iter_interval: 230 } }
  data_variable { variable_name: "x" data_name: "picture" }
  data_variable { variable_name: "t" data_name: "digit" }
  loss_variable { variable_name: "loss" }
  parameter_variable { variable_name: "c1/conv/W" learning_rate_multiplier: 0.5 }
  parameter_variable { variable_name: "c1/conv/b" }
}
executor { name: "Executor" network_name: "Runtime" data_variable { variable_name: "x" data_name: "x" } }
"""


def body() -> list[str]:
    """A convolution, a Repeat of three convolutions with batch normalization, a pooling and a dense layer."""
    names = [f"bn{{Loop}}/bn/{each}" for each in BN]
    return [
        '  repeat_info { id: "Loop" times: 3 }\n', variable("x", (-1, 2, 6, 6)),
        variable("c1/conv/W", (4, 2, 3, 3), "Parameter",
                 'initializer { type: "Normal" multiplier: 1 }'),
        variable("c1/conv/b", (4,), "Parameter"), variable("c2{Loop}/conv/W", (4, 4, 3, 3), "Parameter", LOOP),
        *(variable(each, (1, 4, 1, 1), "Parameter", LOOP) for each in names),
        variable("fc/affine/W", (36, 5), "Parameter"), variable("fc/affine/b", (5,), "Parameter"),
        function("Convolution", "c1", ["x", "c1/conv/W", "c1/conv/b"], CONV),
        function("RepeatStart", "Loop", ["c1", "act"], 'repeat_param { repeat_id: "Loop" }', LOOP),
        function("Convolution", "c2", ["Loop", "c2{Loop}/conv/W"], CONV, LOOP),
        function("BatchNormalization", "bn", ["c2", *names], NORM, LOOP),
        function("LeakyReLU", "act", ["bn"], "leaky_relu_param { alpha: 0.2 }", LOOP),
        function("RepeatEnd", "End", ["act"], 'repeat_param { repeat_id: "Loop" times: 3 }'),
        function("MaxPooling", "pool", ["End"],
                 "max_pooling_param { kernel { dim: 2 dim: 2 } stride { dim: 2 dim: 2 } ignore_border: true }"),
        function("Affine", "fc", ["pool", "fc/affine/W", "fc/affine/b"], "affine_param { base_axis: 1 }"),
    ]  # fmt: skip


def text(training: str = TRAINING) -> str:
    loss = [variable("t", (-1, 1)), function("SoftmaxCrossEntropy", "loss", ["fc", "t"],
                                             "softmax_cross_entropy_param { axis: 1 }")]  # fmt: skip
    probabilities = function("Softmax", "y", ["fc"], "softmax_param { axis: 1 }")
    return network("Main", *body(), *loss) + network("Runtime", *body(), probabilities) + training


def tensors() -> dict[str, Array]:
    rng = np.random.default_rng(3)

    def some(*shape: int) -> Array:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    found = {"c1/conv/W": some(4, 2, 3, 3), "c1/conv/b": some(4), "fc/affine/W": some(36, 5), "fc/affine/b": some(5)}
    for i in range(3):
        found[f"c2[{i}]/conv/W"] = some(4, 4, 3, 3)
        found |= {f"bn[{i}]/bn/{each}": some(1, 4, 1, 1) for each in BN}
        found[f"bn[{i}]/bn/var"] = np.abs(found[f"bn[{i}]/bn/var"]) + np.float32(0.1)
    return found


def project(data: bytes | None = None) -> Project:
    return of_archive(unpack(data if data is not None else archive(text(), tensors()), "net.nnp"), "net.nnp", "net")


def convolution(x: Array, weight: Array) -> Array:
    """nnabla's formula with a padding of 1, over (N, C, H, W)."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = sliding_window_view(padded, (3, 3), axis=(2, 3))
    found: Array = np.einsum("ncyxkl,ockl->noyx", windows, weight)
    return found


def reference(x: Array, w: dict[str, Array]) -> Array:
    """The network as nnabla's documentation defines its functions, without torch."""
    x = convolution(x, w["c1/conv/W"]) + w["c1/conv/b"].reshape(1, -1, 1, 1)
    for i in range(3):
        beta, gamma, mean, var = (w[f"bn[{i}]/bn/{each}"] for each in BN)
        x = gamma * (convolution(x, w[f"c2[{i}]/conv/W"]) - mean) / np.sqrt(var + 1e-4) + beta
        x = np.where(x > 0, x, 0.2 * x)
    x = x.reshape(len(x), 4, 3, 2, 3, 2).max(axis=(3, 5)).reshape(len(x), -1) @ w["fc/affine/W"] + w["fc/affine/b"]
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    found: Array = powers / powers.sum(axis=1, keepdims=True)
    return found


def params(graph: Graph, name: str) -> dict[str, Any]:
    return next(node.params for _, node in graph.walk() if node.name == name)


@pytest.mark.parametrize("packed", [True, False])
def test_weights_give_nnablas_outputs(*, packed: bool) -> None:
    source = project(archive(text(), protobuf(tensors(), packed=packed)))
    weights = weights_of(source, "Runtime")
    assert weights is not None
    assert weights.notes == []
    module = build(graph_of(source, "Runtime"))
    module.load_state_dict({name: torch.from_numpy(values) for name, values in weights.tensors.items()})
    x = np.random.default_rng(5).normal(size=(4, 2, 6, 6)).astype(np.float32)
    found = module.eval()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(found, reference(x, tensors()), atol=1e-6)


def test_functions_become_layers_and_loops_frames() -> None:
    graph = graph_of(project())
    assert loads(dumps(graph)) == graph
    assert [p for p in problems(analyze(graph)) if p.severity == "error" or p.code == "unknown-property"] == []
    assert [node.name for node in graph.nodes] == ["x", "c1", "Loop", "pool", "fc", "loss"]
    assert params(graph, "Loop") == {"times": 3}
    assert params(graph, "x") == {"shape": [2, 6, 6], "dataset": "picture"}
    assert params(graph, "loss")["target"] == "digit"
    assert params(graph, "bn")["eps"] == pytest.approx(1e-4)
    assert params(graph, "act")["negative_slope"] == pytest.approx(0.2)
    assert (params(graph, "c1")["weight_lr"], params(graph, "c1")["bias_frozen"]) == (0.5, True)
    assert "bias" not in params(graph, "c1")
    assert params(graph, "c2")["bias"] is False


def test_training_becomes_the_recipe() -> None:
    recipe = graph_of(project()).recipe
    assert recipe | {"nnc": None} == {
        "data": "mnist", "epochs": 30, "batch_size": 32, "learning_rate": 0.05, "weight_decay": 0.0005,
        "optimizer": {"name": "Nesterov", "params": {"momentum": 0.8}},
        "schedule": {"type": "step", "factor": 0.5, "every": 230, "unit": "iteration"}, "nnc": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("solver", "expected"),
    [
        ('lr_scheduler_type: "Step" step_scheduler_param { gamma: 0.1 iter_steps: 300 iter_steps: 500 }',
         {"schedule": {"type": "multi_step", "factor": 0.1, "milestones": [300, 500], "unit": "iteration"}}),
        ('lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 690 power: 0.5 }',
         {"schedule": {"type": "polynomial", "power": 0.5}}),
        ('lr_scheduler_type: "Polynomial" polynomial_scheduler_param { max_iter: 400 power: 0.5 }',
         {"schedule": None, "nnc": {
             "LearningRateScheduler": "Polynomial", "LearningRateMultiplier": "1", "LearningRatePower": "0.5",
             "LearningRateUpdateInterval": "1", "LearningRateMaxIter": "400",
             "Dataset Training": "C:\\data\\mnist_training.csv"}}),
        ('lr_warmup_scheduler_type: "Linear" linear_warmup_scheduler_param { warmup_iter: 50 }',
         {"warmup": {"length": 50, "unit": "iteration"}}),
    ],
)  # fmt: skip
def test_schedules_are_counted_in_iterations(solver: str, expected: dict[str, object]) -> None:
    """30 epochs of 23 iterations; a schedule that ends elsewhere is kept and named."""
    start = TRAINING.index("lr_scheduler_type"), TRAINING.index("nesterov_param")
    training = TRAINING[: start[0]] + solver + TRAINING[start[1] :]
    training = training.replace("exponential_scheduler_param { gamma: 0.5 iter_interval: 230 }", "")
    recipe = graph_of(project(archive(text(training), tensors()))).recipe
    assert {key: recipe.get(key) for key in expected} == expected


def test_a_network_that_python_saved_has_the_batch_in_its_shapes() -> None:
    parts = [
        variable("x", (8, 3, 5)), variable("w", (1, 3, 5), "Parameter"), variable("h", (8, 3, 5)),
        function("Transpose", "h", ["x"], "transpose_param { axes: 0 axes: 2 axes: 1 }"),
        function("Reshape", "r", ["x"], "reshape_param { shape { dim: 8 dim: 15 } inplace: true }"),
        function("Sum", "s", ["x"], "sum_param { axes: 2 }"),
        function("Add2", "a", ["x", "w"], "add2_param { }"),
        function("Slice", "l", ["x"],
                 "slice_param { start: 0 start: 1 start: 0 stop: 8 stop: 3 stop: 4 step: 1 step: 1 step: 2 }"),
        function("AveragePooling", "p", ["x"], "average_pooling_param { kernel { dim: 2 } stride { dim: 2 } }"),
    ]  # fmt: skip
    parts.insert(1, variable("p", (8, 3, 3)))
    graph = graph_of(of_text(network("n", *parts), "n.nntxt", "n"))
    analysis = analyze(graph)
    shapes = {node.name: analysis.facts(node.id).output for node in graph.nodes}
    assert shapes == {
        "x": (3, 5),
        "w": (3, 5),
        "h": (5, 3),
        "r": (15,),
        "s": (3,),
        "a": (3, 5),
        "l": (2, 2),
        "p": (3, 3),
    }


def test_loops_over_steps_become_recurrent_frames() -> None:
    loop = '    repeat_id: "In"\n'
    parts = [
        variable("x", (-1, 7, 3)), variable("rnn/affine/W", (6, 3), "Parameter"), variable("D", (-1, 3)),
        function("RecurrentInput", "In", ["x"], 'recurrent_param { repeat_id: "In" axis: 1 }', loop),
        function("Delay", "D", ["h", "D_Initial"], 'recurrent_param { repeat_id: "In" }', loop),
        function("Concatenate", "c", ["In", "D"], "concatenate_param { axis: 1 }", loop),
        function("Affine", "rnn", ["c", "rnn/affine/W"], "affine_param { base_axis: 1 }", loop),
        function("Tanh", "h", ["rnn"], "", loop),
        function("RecurrentOutput", "Out", ["h"], 'recurrent_param { repeat_id: "In" axis: 1 length: 7 }'),
    ]  # fmt: skip
    generator = (
        'executor { network_name: "n" generator_variable { variable_name: "D_Initial" type: "Constant" '
        "multiplier: 0.5 } }"
    )
    graph = graph_of(of_text(network("n", *parts) + generator, "n.nntxt", "n"))
    analysis = analyze(graph)
    assert [p.code for p in problems(analysis) if p.severity == "error"] == []
    assert analysis.facts("In").output == (7, 3)
    assert params(graph, "D") == {"shape": [3], "initial": 0.5}


def test_unknown_functions_are_kept_and_named() -> None:
    parts = [variable("x", (-1, 4)), function("WarpByGrid", "w", ["x", "x"], 'warp_by_grid_param { mode: "linear" }')]
    graph = graph_of(of_text(network("n", *parts), "n.nntxt", "n"))
    assert [(n.type, n.params) for n in graph.nodes if n.name == "w"] == [("nnc:WarpByGrid", {"nnc.Mode": "linear"})]
    assert ("w", "unknown-layer") in {(p.node, p.code) for p in problems(analyze(graph))}


def test_the_command_puts_weights_beside_the_graph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "net.nnp", tmp_path / "out.json"
    source.write_bytes(archive(text(), tensors()))
    assert main(["import", str(source), "-o", str(target), "--network", "Runtime"]) == 0
    assert ": Runtime, " in (told := capsys.readouterr().out) and ", weights in out.safetensors; 30 epochs" in told
    assert main(["check", str(target)]) == 0
    module = build(load(target), tmp_path / "out.safetensors")
    x = np.random.default_rng(6).normal(size=(2, 2, 6, 6)).astype(np.float32)
    np.testing.assert_allclose(module.eval()(torch.from_numpy(x)).detach().numpy(), reference(x, tensors()), atol=1e-6)
    capsys.readouterr()
    assert open_source(source).main == "Main"


def test_missing_and_unused_weights_are_named() -> None:
    given = tensors()
    del given["fc/affine/b"]
    weights = weights_of(project(archive(text(), given)))
    assert weights is not None
    assert [str(note) for note in weights.notes] == [
        "The file holds no values for fc/affine/b: they begin as the layers say."
    ]
    assert weights_of(project(archive(text()))) is None
