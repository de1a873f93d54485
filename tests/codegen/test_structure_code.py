"""Frames and blocks nested at random, as code: it computes what the drawing says, and stands alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import torch
from codegen_interpreter import interpret
from hypothesis import HealthCheck, assume, given, settings
from structure_graphs import X, structures
from structure_samples import as_tuple, exchange, formatted, lstm, squeezenet

from designer.codegen.build import build
from designer.codegen.source import generate, source
from designer.graph import Graph
from designer.shapes import analyze, problems

SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def is_valid(graph: Graph) -> bool:
    analysis = analyze(graph)
    return analysis.totals[0] < 1_000_000 and not any(p.severity == "error" for p in problems(analysis))


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_random_frames_and_blocks_compute_what_the_drawing_says(graph: Graph) -> None:
    assume(is_valid(graph))
    torch.manual_seed(0)
    module = build(graph).double()
    x = torch.randn(2, *X, dtype=torch.double)
    for y, expected in zip(as_tuple(module(x)), interpret(graph, module, x), strict=True):
        torch.testing.assert_close(y, expected)
    parameters, tensors, _ = analyze(graph).totals
    assert parameters == sum(p.numel() for p in module.parameters())
    assert tensors == sum(1 for _ in module.parameters())


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_the_code_of_random_structures_is_what_ruff_format_would_write(graph: Graph) -> None:
    assume(is_valid(graph))
    text = source(graph)
    assert formatted(text) == text


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(structures())
def test_every_node_that_runs_has_lines(graph: Graph) -> None:
    assume(is_valid(graph))
    found = generate(graph)
    count = found.text.count("\n")
    used = {n.params["block"] for _, n in graph.walk() if n.type == "Block"}
    for owner, each in graph.walk():
        if owner is None or not (owner.startswith("#") and owner[1:] not in used):
            numbers = found.lines.get(each.id, ())
            assert list(numbers) == sorted(set(numbers))
            assert all(1 <= number <= count for number in numbers)
            assert numbers or not re.search(rf"self\.{each.id}\b", found.text)


def test_frames_and_blocks_run_alone_with_torch(tmp_path: Path) -> None:
    graphs = (squeezenet(), lstm(), exchange())
    files = [tmp_path / f"model{number}.py" for number in range(len(graphs))]
    for file, graph in zip(files, graphs, strict=True):
        file.write_text(source(graph), encoding="utf-8")
    run = f"import runpy; [runpy.run_path(file, run_name='__main__') for file in {[str(file) for file in files]}]"
    done = subprocess.run([sys.executable, "-I", "-c", run], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    counts = [line for line in done.stdout.splitlines() if line.endswith("parameters")]
    assert counts == [f"{analyze(graph).totals[0]:,} parameters" for graph in graphs]
