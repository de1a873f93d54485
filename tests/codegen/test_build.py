"""The built module against the same network written by hand, and against the drawing run node by node."""

from __future__ import annotations

import inspect
import pickle
import traceback
from pathlib import Path
from random import Random

import pytest
import torch
from codegen_graphs import Drawing, lenet, nested, networks, random_body, residual, two_heads
from codegen_interpreter import interpret
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

import designer
from designer.codegen.build import build
from designer.codegen.classes import output_shapes
from designer.codegen.errors import CodegenError
from designer.graph import Graph, edits
from designer.graph.io import load
from designer.shapes import analyze, problems

SAMPLES = sorted((Path(__file__).parents[2] / "graphs").glob("*.json"))


class LeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 5)
        self.fc1 = nn.Linear(64, 6)
        self.fc2 = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class ResidualBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)) + x)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, padding=1)
        self.conv1 = nn.Conv2d(4, 6, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.short = nn.Conv2d(4, 6, 1, stride=2)
        self.stage = nn.Sequential(ResidualBlock(), ResidualBlock())
        self.fc = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.stem(x))
        main = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        x = self.stage(main + self.short(x))
        return self.fc(x.mean((2, 3)))


class OuterBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(5, 5)
        self.inner = nn.ModuleList([nn.ModuleDict({"fc": nn.Linear(5, 5)}) for _ in range(3)])
        self.last = nn.Linear(5, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        for block in self.inner:
            x = torch.tanh(block["fc"](x))
        return self.last(x)


class Nested(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.outer = nn.Sequential(OuterBlock(), OuterBlock())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.outer(x)


@pytest.mark.parametrize(
    ("graph", "reference", "shape"),
    [(lenet(), LeNet, (1, 12, 12)), (residual(), Residual, (3, 8, 8)), (nested(), Nested, (5,))],
    ids=["lenet", "residual", "nested"],
)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_outputs_loss_and_gradients_equal_those_of_the_network_written_by_hand(
    graph: Graph, reference: type[nn.Module], shape: tuple[int, ...], training: bool
) -> None:
    torch.manual_seed(0)
    ours, hand = build(graph).train(training), reference().train(training)
    hand.load_state_dict(ours.state_dict(), strict=True)  # the names of the state are those of the nodes
    x, target = torch.randn(4, *shape), torch.tensor([0, 1, 2, 0])
    smoothing = 0.1 if reference is LeNet else 0.0
    out, expected = ours(x), hand(x)
    assert torch.equal(out, expected)
    loss, expected_loss = ours.loss(out, target), F.cross_entropy(expected, target, label_smoothing=smoothing)  # type: ignore[operator]
    assert torch.equal(loss, expected_loss)
    loss.backward()
    expected_loss.backward()
    gradients = {name: p.grad for name, p in ours.named_parameters()}
    for name, p in hand.named_parameters():
        torch.testing.assert_close(gradients[name], p.grad, rtol=0, atol=0)


@settings(max_examples=60, deadline=None)
@given(networks(), st.booleans())
def test_random_networks_compute_what_the_drawing_says(graph: Graph, training: bool) -> None:
    torch.manual_seed(0)
    module = build(graph).train(training).double()
    x = torch.randn(2, *graph.nodes[0].params["shape"], dtype=torch.double)
    randomness_apart = training and any(node.type == "Dropout" for _, node in graph.walk())
    for dropout in module.modules():
        if randomness_apart and isinstance(dropout, nn.Dropout):
            dropout.eval()  # the interpreter draws in another order
    before = {name: value.clone() for name, value in module.state_dict().items()}
    (expected,) = interpret(graph, module, x)
    module.load_state_dict(before)  # the running statistics that the first run changed
    torch.testing.assert_close(module(x), expected)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_the_totals_are_those_of_the_module_that_is_built(graph: Graph) -> None:
    parameters, tensors, _ = analyze(graph).totals
    module = build(graph)
    assert parameters == sum(p.numel() for p in module.parameters())
    assert tensors == sum(1 for _ in module.parameters())


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_whatever_has_no_errors_can_be_built_and_run(random: Random) -> None:
    graph = Graph(root=random_body(random))
    analysis = analyze(graph)
    if any(problem.severity == "error" for problem in problems(analysis)):
        with pytest.raises(CodegenError):
            build(graph)
        return
    module = build(graph).eval()
    out = module(*(torch.zeros(2, *node.params["shape"]) for node in graph.nodes if node.type == "Input"))
    shapes = [tuple(y.shape[1:]) for y in (out if isinstance(out, tuple) else (out,))]
    assert shapes == output_shapes(analysis.root)
    assert sum(p.numel() for p in module.parameters()) == analysis.totals[0]


@settings(max_examples=30, deadline=None)
@given(networks())
def test_nodes_that_lead_nowhere_change_neither_the_module_nor_the_totals(graph: Graph) -> None:
    if not any(node.type == "SoftmaxCrossEntropy" for node in graph.nodes):
        return
    first = graph.nodes[0].id
    dangling = edits.new_node(graph, "Linear", "dangling", {"out_features": 5})
    behind = edits.new_node(graph, "Linear", "behind", {"out_features": 5})
    more = edits.add(graph, [dangling, behind])
    wires = [((first, 0), (dangling.id, 0)), ((dangling.id, 0), (behind.id, 0))]
    more = edits.connect(more, [edits.Edge(source, target) for source, target in wires])
    assert analyze(more).totals == analyze(graph).totals
    assert build(more).state_dict().keys() == build(graph).state_dict().keys()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_the_samples_build_with_the_counts_that_check_gives(path: Path) -> None:
    graph = load(path)
    parameters, tensors, _ = analyze(graph).totals
    with torch.device("meta"):
        module = build(graph)
        shape = next(node.params["shape"] for node in graph.nodes if node.type == "Input")
        out = module(torch.empty(2, *shape))
    assert parameters == sum(p.numel() for p in module.parameters())
    assert tensors == sum(1 for _ in module.parameters())
    assert out.dim() == 2


def test_several_losses_are_added() -> None:
    module = build(two_heads())
    early, late = module(torch.randn(4, 4))
    target = torch.tensor([0, 1, 2, 0])
    expected = F.cross_entropy(early, target) + F.cross_entropy(late, target, label_smoothing=0.2)
    torch.testing.assert_close(module.loss((early, late), target), expected)  # type: ignore[operator]


def test_every_repetition_starts_with_weights_of_its_own() -> None:
    first, second = build(residual()).stage
    assert not torch.equal(first.conv.weight, second.conv.weight)


def test_initial_weights_are_those_that_the_drawing_asks_for() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[3, 6, 6])
    for i in range(3):
        net.add("Conv2d", f"conv{i}", padding=1, weight_init="constant", weight_init_scale=0.25, bias_init=0.5)
    net.add("Linear", "fc", out_features=2, weight_init="uniform", weight_init_scale=0.125)
    module = build(net.graph())
    for i in range(3):
        conv = module.get_submodule(f"conv{i}")
        assert conv.weight.eq(0.25).all()
        assert conv.bias.eq(0.5).all()
    assert 0.1 < module.fc.weight.abs().max() <= 0.125


def test_names_of_any_kind_are_names_in_the_state() -> None:
    graph = lenet()
    for node, name in {"conv1": "畳み込み", "fc1": "class", "fc2": 'a"b'}.items():
        graph = edits.rename(graph, node, name)
    module = build(graph)
    assert list(module.state_dict()) == [
        "畳み込み.weight", "畳み込み.bias", "class_.weight", "class_.bias", "a_b.weight", "a_b.bias",
    ]  # fmt: skip
    assert module(torch.zeros(1, 1, 12, 12)).shape == (1, 3)


def test_names_that_python_or_torch_know_break_nothing() -> None:
    for name in (
        "forward",
        "training",
        "parameters",
        "train",
        "_modules",
        "__class__",
        "F",
        "nn",
        "torch",
        "x",
        "self",
    ):
        graph = edits.rename(edits.rename(residual(), "short", name), "relu0", name)
        module = build(graph).train().eval()
        assert module(torch.zeros(2, 3, 8, 8)).shape == (2, 3)
        assert sum(p.numel() for p in module.parameters()) == analyze(graph).totals[0]


def test_a_network_of_thousands_of_layers_is_built_without_recursion() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[2])
    for i in range(3000):
        net.add("ReLU", f"relu{i}")
    assert build(net.graph())(torch.zeros(1, 2)).shape == (1, 2)


def test_tracebacks_and_inspect_show_the_generated_lines() -> None:
    module = build(lenet())
    assert "self.conv1(x)" in inspect.getsource(type(module).forward)
    with pytest.raises(RuntimeError) as caught:
        module(torch.zeros(1, 2, 12, 12))
    assert "x = self.conv1(x)" in "".join(traceback.format_exception(caught.value))


def test_modules_pickle_and_equal_texts_share_their_classes() -> None:
    module = build(residual())
    again = pickle.loads(pickle.dumps(module))
    assert type(again) is type(module) is type(build(residual()))
    assert again.state_dict().keys() == module.state_dict().keys()


def test_the_same_seed_gives_the_same_weights() -> None:
    torch.manual_seed(7)
    first = build(residual()).state_dict()
    torch.manual_seed(7)
    second = build(residual()).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_public_functions_load_write_and_build(tmp_path: Path) -> None:
    graph = designer.load(SAMPLES[0])
    assert designer.source(graph).startswith('"""')
    assert isinstance(designer.build(graph), nn.Module)
    with pytest.raises(designer.NetDesignerError):
        designer.load(tmp_path / "nothing.json")
    with pytest.raises(CodegenError):
        designer.build(Graph())
