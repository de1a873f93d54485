"""The text of generated code: it stands alone, reads well, says where each node is, and lets no name break out."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from codegen_graphs import Drawing, lenet, nested, networks, residual, two_heads
from hypothesis import example, given, settings
from hypothesis import strategies as st

from designer.codegen.errors import CodegenError
from designer.codegen.source import Source, generate, source
from designer.graph import Body, Edge, Graph, Node, edits
from designer.shapes import analyze

SAMPLES = sorted((Path(__file__).parents[2] / "graphs").glob("*.json"))


def line(found: Source, text: str) -> int:
    """The number of the one line that begins with a text."""
    (number,) = [n for n, s in enumerate(found.text.splitlines(), 1) if s.strip().startswith(text)]
    return number


def formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, encoding="utf-8").stdout


def test_a_small_network_reads_as_a_person_would_write_it() -> None:
    assert (
        source(lenet())
        == '''\
"""lenet: a network drawn in Net Designer, as PyTorch code that needs only torch.

Input: 1x12x12
Output: 3
Parameters: 515 in 6 tensors
Multiply-adds: 6,802 per sample

Shapes, here and in comments, leave out the batch axis.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Lenet(nn.Module):
    """1x12x12 -> 3."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 5)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(64, 6)
        self.relu2 = nn.ReLU()
        self.fc2 = nn.Linear(6, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # 1x12x12
        x = self.conv1(x)  # 4x8x8
        x = self.relu1(x)
        x = self.pool1(x)  # 4x4x4
        x = self.fc1(torch.flatten(x, 1))  # 6
        x = self.relu2(x)
        x = self.fc2(x)  # 3
        return x

    def loss(self, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, target, label_smoothing=0.1)


if __name__ == "__main__":
    model = Lenet().eval()
    outputs = model(torch.rand(1, 1, 12, 12))
    print(tuple(outputs.shape))
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters")
'''
    )


def test_a_repeat_is_a_class_a_module_list_and_a_loop_and_what_a_shortcut_needs_is_kept() -> None:
    text = source(residual())
    block, network = text[text.index("class StageBlock") :].split("class Residual")
    assert 'One repetition of stage."""' in block
    assert [s.strip() for s in block[block.index("def forward") :].splitlines()[1:6]] == [
        "skip = x", "x = self.conv(x)", "x = self.bn(x)", "x = x + skip", "x = self.relu(x)",
    ]  # fmt: skip
    assert "self.stage = nn.ModuleList(StageBlock() for _ in range(2))" in network
    assert "        for block in self.stage:\n            x = block(x)\n" in network
    assert [s.strip() for s in network[network.index("def forward") :].splitlines()[1:10]] == [
        "x = self.stem(x)  # 4x8x8",
        "relu0 = self.relu0(x)",
        "x = self.conv1(relu0)  # 6x4x4",
        "x = self.bn1(x)",
        "x = self.relu1(x)",
        "x = self.conv2(x)",
        "bn2 = self.bn2(x)",
        "x = self.short(relu0)  # 6x4x4",
        "x = bn2 + x",
    ]


def test_a_frame_inside_a_frame_is_a_class_of_its_own_above_the_one_that_uses_it() -> None:
    text = source(nested())
    assert text.index("class InnerBlock") < text.index("class OuterBlock") < text.index("class Nested")
    assert text.count("for block in self.") == 2


def test_several_losses_make_forward_return_a_tuple_and_are_added() -> None:
    text = source(two_heads())
    assert "return early, x" in text
    assert "-> tuple[torch.Tensor, ...]:" in text
    assert "logits1, logits2 = outputs" in text
    assert "loss = F.cross_entropy(logits1, target)" in text
    assert "loss = loss + F.cross_entropy(logits2, target, label_smoothing=0.2)" in text


def test_without_a_loss_forward_returns_all_that_nobody_reads() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[4])
    trunk = net.add("Linear", "trunk", out_features=6)
    net.add("ReLU", "a")
    net.add("Tanh", "b", trunk)
    text = source(net.graph())
    assert "return a, x" in text
    assert "def loss" not in text


def test_nodes_that_lead_nowhere_are_left_out_and_have_no_lines() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[4])
    net.add("Linear", "fc", out_features=3)
    net.add("SoftmaxCrossEntropy", "loss")
    net.add("Linear", "forgotten", "fc", out_features=100)
    found = generate(net.graph())
    assert "forgotten" not in found.text
    assert "Parameters: 15 in 2 tensors" in found.text
    assert "forgotten" not in found.lines


def test_several_inputs_are_arguments_in_the_order_of_the_drawing() -> None:
    net = Drawing()
    net.add("Input", "left", shape=[2])
    net.last = ""
    net.add("Input", "right", shape=[3])
    net.add("Concatenate", "both", "left", "right")
    text = source(net.graph())
    assert "def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:  # 2, 3" in text
    assert "x = torch.cat((left, right), dim=1)  # 5" in text
    assert "outputs = model(torch.rand(1, 2), torch.rand(1, 3))" in text


def test_equal_initial_weights_are_set_in_a_loop_and_others_one_by_one() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[1, 4, 4])
    for i in range(3):
        net.add("Conv2d", f"conv{i}", padding=1, weight_init="he_normal")
    net.add("Linear", "fc1", weight_init="normal", weight_init_scale=0.5)
    net.add("Linear", "fc2", bias_init=0.0)
    text = source(net.graph())
    start = text.index("        # Initial weights")
    assert (
        text[start : text.index("    def forward")].rstrip()
        == """\
        # Initial weights
        for module in self.children():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.normal_(self.fc1.weight, std=0.5)
        nn.init.zeros_(self.fc2.bias)"""
    )


def test_lines_belong_to_the_node_they_come_from() -> None:
    found = generate(residual())
    assert found.lines["input"] == (line(found, "def forward(self, x: torch.Tensor) -> torch.Tensor:  # 3x8x8"),)
    assert found.lines["conv1"] == (line(found, "self.conv1 ="), line(found, "x = self.conv1(relu0)"))
    assert found.lines["conv"] == (line(found, "self.conv ="), line(found, "x = self.conv(x)"))
    assert found.lines["add"] == (line(found, "x = bn2 + x"),)
    assert found.lines["loss"] == (line(found, "return F.cross_entropy"),)
    loop = line(found, "for block in self.stage:")
    head = line(found, "class StageBlock")
    assert found.lines["stage"] == (head, head + 1, line(found, "self.stage = "), loop, loop + 1)


@settings(max_examples=40, deadline=None)
@given(networks())
def test_every_node_has_lines_and_every_line_of_a_node_names_it_or_its_value(graph: Graph) -> None:
    found = generate(graph)
    lines = found.text.splitlines()
    unused = {p for p in analyze(graph).graph.owners if p not in found.lines}
    assert not {i for i in unused if re.search(rf"\b{i}\b", found.text)}
    for node, numbers in found.lines.items():
        assert list(numbers) == sorted(set(numbers))
        assert 1 <= numbers[0] <= numbers[-1] <= len(lines)
        if any(f"self.{node} = " in s for s in lines) and graph.node(node).type not in ("Repeat", "Conv2d"):
            assert all(f"self.{node}" in lines[n - 1] for n in numbers), node


@settings(max_examples=25, deadline=None)
@given(networks())
def test_the_text_is_what_ruff_format_would_write(graph: Graph) -> None:
    text = source(graph)
    assert formatted(text) == text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_the_samples_are_what_ruff_format_would_write(path: Path) -> None:
    from designer.graph.io import load

    text = source(load(path))
    assert formatted(text) == text
    assert max(map(len, text.splitlines())) <= 120


def test_long_statements_are_split_as_ruff_would() -> None:
    net = Drawing()
    for i in range(8):
        net.last = ""
        net.add("Input", f"a_rather_long_name_for_an_input_{i}", shape=[1, 4, 4])
    net.add("Concatenate", "all of them", *[f"a_rather_long_name_for_an_input_{i}" for i in range(8)])
    conv = {"kernel_size": [3, 1], "stride": [2, 1], "padding": [1, 0], "dilation": [2, 1], "groups": 2}
    net.add("Conv2d", "a convolution with very many properties", out_channels=100_000, bias=False, **conv)
    for i in range(3):
        net.add("Linear", f"a_fully_connected_layer_called_{i}", "all of them", out_features=7)
    net.add("Add", "sum", *[f"a_fully_connected_layer_called_{i}" for i in range(3)])
    text = source(net.graph())
    assert formatted(text) == text
    assert max(map(len, text.splitlines())) <= 120


def test_it_runs_alone_with_torch_and_prints_shape_and_parameters(tmp_path: Path) -> None:
    file = tmp_path / "model.py"
    file.write_text(source(residual()), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", file], cwd=tmp_path, capture_output=True, text=True, check=False)
    parameters = analyze(residual()).totals[0]
    assert (done.stdout, done.stderr, done.returncode) == (f"(1, 3)\n{parameters:,} parameters\n", "", 0)


def test_it_imports_only_torch() -> None:
    for path in SAMPLES:
        from designer.graph.io import load

        tree = ast.parse(source(load(path)))
        imports = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        assert {(n.module if isinstance(n, ast.ImportFrom) else n.names[0].name).split(".")[0] for n in imports} == {  # type: ignore[union-attr]
            "torch"
        }


def test_the_compiler_itself_imports_no_torch() -> None:
    code = (
        "import sys, designer, designer.codegen.export\n"
        "assert {'load', 'source', 'build', 'NetDesignerError'} <= set(dir(designer))\n"
        "from designer.graph.io import load\n"
        f"assert designer.source(load({str(SAMPLES[0])!r}))\n"
        "assert not {'torch', 'PySide6', 'networkx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


NASTY = [
    "class", "forward", "training", "loss", "x", "self", "F", "torch", "畳み込み", 'a"b', "1x1", "", "ａ", "a", "a ",
    'x"""\nimport os', "nn", "block", "skip", "super", "parameters", "\u202e", "_modules", "T_destination", "\\",
]  # fmt: skip


@pytest.mark.filterwarnings("error")
@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(NASTY) | st.text(max_size=12), min_size=9, max_size=9), title=st.text(max_size=90)
)
def test_any_name_gives_code_with_the_same_statements(names: list[str], title: str) -> None:
    graph = nested()
    for node, name in zip(list(graph.owners), names, strict=False):
        graph = edits.rename(graph, node, name)
    graph = Graph(name=title, root=graph.root)
    tree, plain = ast.parse(source(graph)), ast.parse(source(nested()))
    assert [type(n) for n in ast.walk(tree)] == [type(n) for n in ast.walk(plain)]


@settings(max_examples=15, deadline=None)
@example(names=[" "] * 9, title=" ")
@example(names=["\\"] * 9, title='"" \\')
@given(
    names=st.lists(st.sampled_from(NASTY) | st.text(max_size=90), min_size=9, max_size=9), title=st.text(max_size=90)
)
def test_any_name_gives_code_that_ruff_leaves_alone(names: list[str], title: str) -> None:
    graph = nested()
    for node, name in zip(list(graph.owners), names, strict=False):
        graph = edits.rename(graph, node, name)
    text = source(Graph(name=title, root=graph.root))
    assert formatted(text) == text


def test_a_graph_with_errors_is_refused_with_the_first_of_them() -> None:
    net = Drawing()
    net.add("Input", "input", shape=[4])
    for i in range(5):
        net.add("Conv2d", f"conv{i}", "input")
    with pytest.raises(CodegenError) as caught:
        source(net.graph("broken"))
    text = str(caught.value)
    assert text.startswith("'broken' has errors and cannot become code. conv0: Conv2d needs a picture")
    assert "conv2: " in text
    assert "conv3: " not in text
    assert text.endswith("And 2 more.")


@pytest.mark.parametrize(
    "graph",
    [
        Graph(),
        Graph(root=Body((Node(id="a", type="ReLU"),))),
        Graph(root=Body((Node(id="a", type="NoSuchLayer"),))),
        Graph(root=Body((Node(id="a", type="Input", params={"shape": "wrong"}),))),
        Graph(
            root=Body(
                (
                    Node(id="a", type="Input", params={"shape": [3]}),
                    Node(
                        id="r", type="Repeat", body=Body((Node(id="b", type="Input"),), (Edge(("b", 0), ("@out", 0)),))
                    ),
                ),
                (Edge(("a", 0), ("r", 0)),),
            )
        ),
    ],
    ids=["empty", "unwired", "unknown layer", "bad property", "input in a frame"],
)
def test_invalid_graphs_never_reach_the_compiler(graph: Graph) -> None:
    with pytest.raises(CodegenError):
        generate(graph)
