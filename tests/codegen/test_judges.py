"""What the generated code does with losses and metrics: several, weighed, with targets from the data or the network."""

from __future__ import annotations

import ast

import torch
from codegen_graphs import Drawing
from hypothesis import example, given, settings
from hypothesis import strategies as st

from designer.codegen.build import build
from designer.codegen.source import source
from designer.graph import Graph, Node
from designer.shapes import analyze, problems


def autoencoder(loss: str = "MSELoss") -> Graph:
    net = Drawing()
    entering = net.add("Input", "input", shape=[6])
    net.add("Linear", "encode", out_features=2)
    net.add("Linear", "decode", out_features=6)
    net.add("Sigmoid", "sigmoid")
    net.add(loss, "loss", "sigmoid", entering)
    return net.graph("autoencoder")


def method(graph: Graph, name: str) -> list[str]:
    """The lines of a method of the network."""
    lines = [line.strip() for line in source(graph).split("\n")]
    start = next(i for i, line in enumerate(lines) if line.startswith(f"def {name}("))
    return lines[start : lines.index("", start)]


def test_a_wired_target_is_returned_after_the_output_and_compared_with_it() -> None:
    graph = autoencoder()
    assert not problems(analyze(graph))
    assert method(graph, "loss") == [
        "def loss(self, outputs: tuple[torch.Tensor, ...], target: torch.Tensor) -> torch.Tensor:",
        "output, expected = outputs",
        "return F.mse_loss(output, expected)",
    ]
    module, x = build(graph), torch.rand(5, 6)
    outputs = module(x)
    assert torch.equal(outputs[1], x)
    torch.testing.assert_close(module.loss(outputs, torch.zeros(5)), ((outputs[0] - x) ** 2).mean())


def test_one_loss_against_the_data_reads_as_ever() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("Linear", "fc", out_features=2)
    net.add("HuberLoss", "loss", delta=0.5)
    assert method(net.graph(), "loss") == [
        "def loss(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:",
        "return F.huber_loss(output, target, delta=0.5)",
    ]


def two_columns() -> Graph:
    """A classifier whose scores are also squeezed, reconstructed pictures, a metric and a named output."""
    net = Drawing()
    net.add("Input", "input", shape=[6])
    scores = net.add("Linear", "scores", out_features=3)
    net.add("SoftmaxCrossEntropy", "class_loss", scores)
    net.add("TopNError", "error", scores, n=2)
    net.add("Linear", "again", scores, out_features=6)
    net.add("L1Loss", "picture_loss", "again", target="x", weight=0.5)
    net.add("Tanh", "tanh", scores)
    net.add("Output", "code", "tanh")
    net.add("Minimize", "small", scores, weight=0.01)
    net.nodes.append(Node(id="note", type="Comment", name="note", params={"text": "weighs pictures little"}))
    return net.graph("two columns")


def test_losses_of_several_columns_take_a_dict_and_each_value_is_returned_once() -> None:
    graph = two_columns()
    assert not problems(analyze(graph))
    assert method(graph, "loss") == [
        "def loss(self, outputs: tuple[torch.Tensor, ...], targets: dict[str, torch.Tensor]) -> torch.Tensor:",
        "logits1, output2, *_ = outputs",
        'loss = F.cross_entropy(logits1, targets["y"])',
        'loss = loss + 0.5 * F.l1_loss(output2, targets["x"])',
        "loss = loss + 0.01 * logits1.mean()",
        "return loss",
    ]
    module, x, y = build(graph), torch.rand(5, 6), torch.tensor([0, 1, 2, 0, 1])
    scores, again, code = module(x)
    torch.testing.assert_close(code, scores.tanh())
    expected = torch.nn.functional.cross_entropy(scores, y) + 0.5 * (again - x).abs().mean() + 0.01 * scores.mean()
    torch.testing.assert_close(module.loss((scores, again, code), {"x": x, "y": y}), expected)
    lowest = scores.argmin(1)
    torch.testing.assert_close(module.error((scores, again, code), y), (lowest == y).float().mean())


def test_a_metric_alone_is_no_loss_but_is_an_end() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("Linear", "scores", out_features=3)
    net.add("TopNError", "error")
    graph = net.graph()
    assert [p.code for p in problems(analyze(graph))] == ["no-loss"]
    assert "def loss" not in source(graph)
    assert method(graph, "error")[1:] == ["return (logits.argmax(dim=1) != target).float().mean()"]


def test_outputs_say_what_a_network_without_a_loss_gives() -> None:
    net = Drawing()
    entering = net.add("Input", "input", shape=[6])
    net.add("Linear", "a", out_features=3)
    net.add("Output", "first")
    net.add("Tanh", "unread", entering)
    net.add("Linear", "b", entering, out_features=4)
    net.add("Output", "second")
    graph = net.graph()
    assert [y.shape[1] for y in build(graph)(torch.rand(2, 6))] == [3, 4]
    assert {p.node: p.code for p in problems(analyze(graph)) if p.node} == {"unread": "unused"}


def test_nothing_reads_an_output() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    net.add("Output", "out")
    net.add("ReLU", "relu")
    assert [(p.node, p.code) for p in problems(analyze(net.graph())) if p.severity == "error"] == [
        ("relu", "reads-loss")
    ]


def test_a_comment_alone_changes_nothing() -> None:
    plain = autoencoder()
    body = plain.root
    noted = Graph(
        name=plain.name,
        root=type(body)((*body.nodes, Node(id="n", type="Comment", name="n", params={"text": "x"})), body.edges),
    )
    assert source(noted) == source(plain)
    assert not problems(analyze(noted))
    assert analyze(noted).totals == analyze(plain).totals


def values() -> Graph:
    """An input times a trained tensor plus a fixed one, a constant and noise."""
    net = Drawing()
    net.add("Input", "input", shape=[2, 3])
    for kind, name, params in (
        ("Parameter", "factor", {"initializer": "normal", "initializer_scale": 2.0}),
        ("Buffer", "memory", {"initializer": "constant", "initializer_scale": 5.0}),
        ("Constant", "half", {"value": 0.5}),
        ("Random", "noise", {"scale": 0.0}),
        ("Random", "flat", {"distribution": "uniform", "scale": 0.0}),
    ):
        net.last = ""
        net.add(kind, name, shape=[2, 3], **params)
    net.add("Multiply", "product", "input", "factor")
    net.add("Add", "sum", "product", "memory", "half", "noise", "flat")
    return net.graph("values")


def test_layers_that_make_values_give_them_for_every_sample() -> None:
    graph = values()
    text = source(graph)
    assert text.count("batch = x.shape[0]") == 1
    assert "nn.init.normal_(self.factor.weight, std=2.0)" in text
    torch.manual_seed(0)
    module, x = build(graph).double(), torch.rand(4, 2, 3, dtype=torch.float64)
    assert set(module.state_dict()) == {"factor.weight", "memory.weight"}
    assert [name for name, _ in module.named_parameters()] == ["factor.weight"]
    found = module(x)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, x * module.factor.weight + 5.5)
    assert analyze(graph).totals[:2] == (6, 1)


def test_random_numbers_are_new_for_every_sample_and_pass() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[1])
    net.last = ""
    net.add("Random", "normal", shape=[50], scale=3)
    net.last = ""
    net.add("Random", "uniform", shape=[50], scale=2, distribution="uniform")
    module = build(net.graph()).eval()
    torch.manual_seed(0)
    normal, uniform = module(torch.zeros(200, 1))
    again, _ = module(torch.zeros(200, 1))
    assert (normal != again).float().mean() > 0.99
    assert abs(float(normal.std()) - 3) < 0.1
    assert abs(float(normal.mean())) < 0.1
    assert float(uniform.min()) >= -2
    assert float(uniform.max()) <= 2
    assert abs(float(uniform.std()) - 2 / 3**0.5) < 0.05


def test_values_inside_a_frame_take_the_batch_of_what_enters() -> None:
    from designer.graph import INPUT

    net = Drawing()
    net.add("Input", "input", shape=[3])
    inside = Drawing(INPUT, (3,))
    inside.last = ""
    inside.add("Parameter", "bias", shape=[3], initializer="constant", initializer_scale=1.0)
    inside.add("Add", "add", INPUT, "bias")
    net.repeat("repeat", 4, inside)
    module = build(net.graph())
    torch.testing.assert_close(module(torch.zeros(2, 3)), torch.full((2, 3), 4.0))


COLUMNS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=190)


@given(COLUMNS)
@example('z"] + __import__("os").getcwd() + targets["y')
@example("a, b(" * 38)
@example('\\", " for \u202e')
@settings(max_examples=25, deadline=None)
def test_a_column_of_the_data_stays_a_text_in_the_code_whatever_it_is_called(column: str) -> None:
    net = Drawing()
    net.add("Input", "input", shape=[6])
    scores = net.add("Linear", "scores", out_features=6)
    net.add("MSELoss", "loss", target=column)
    net.add("HuberLoss", "other", scores, target=f"{column}2", weight=0.25, delta=0.123456789)
    tree = ast.parse(source(net.graph()))
    keys = [
        node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript) and "targets" in ast.dump(node.value)
    ]
    assert [ast.literal_eval(key) for key in keys] == [column, f"{column}2"]
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert "__import__" not in called
