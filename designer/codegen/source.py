"""A graph as PyTorch source that stands alone: idiomatic, commented with shapes, and the very text that trains."""

from __future__ import annotations

import re
from typing import NamedTuple

from designer.codegen.classes import ClassWriter, input_shapes, output_shapes
from designer.codegen.errors import CodegenError
from designer.codegen.groups import add_parameter_groups
from designer.codegen.names import class_name, in_docstring
from designer.codegen.page import Page
from designer.errors import Message, message
from designer.graph.model import Graph
from designer.layers.base import show
from designer.layers.helpers import HELPERS
from designer.shapes import Analysis, Problem, analyze, problems

SHOWN_PROBLEMS = 3


class Source(NamedTuple):
    """Generated code, and where each node is in it."""

    text: str
    lines: dict[str, tuple[int, ...]]
    """For each node id the lines that belong to it, counted from 1. Nodes that lead nowhere have none."""
    class_name: str
    """The class of the whole network."""
    functions: tuple[str, ...] = ()
    """The functions in it that users wrote; it may run only with consent to each of them (`codegen.consent`)."""


def source(graph: Graph) -> str:
    """The graph as PyTorch source that needs only torch; CodegenError where the graph has errors."""
    return generate(graph).text


def generate(graph: Graph, analysis: Analysis | None = None) -> Source:
    """Compile a graph; give its analysis if there is one already.

    `forward` returns what enters the loss (the logits), a tuple in the order of the drawing where there are several
    losses; without a loss, what nobody reads. Nodes on which none of these depends are left out.

    Raises:
        CodegenError: the graph has errors; the text names the first of them.
    """
    analysis = analysis or analyze(graph)
    refuse(graph, problems(analysis))
    writer = ClassWriter()
    label = in_docstring(graph.name)
    name = writer.write(analysis.root, class_name(graph.name, "Network"), _shapes(analysis))
    add_parameter_groups(writer.page)
    helpers = [text.strip("\n") for key, text in HELPERS.items() if key in writer.helpers]
    code = "\n".join([*helpers, *writer.functions.values(), *writer.page.lines])
    page = Page()
    _add_header(page, label or name, analysis, uses_functional=re.search(r"\bF\.", code) is not None)
    for helper in helpers:
        page.lines += [*helper.split("\n"), "", ""]
    _add_functions(page, writer)
    page.append(writer.page)
    _add_main(page, name, analysis)
    marks = {node: tuple(lines) for node, lines in page.marks.items()}
    return Source("\n".join(page.lines) + "\n", marks, name, tuple(writer.functions.values()))


def refuse(graph: Graph, found: list[Problem]) -> None:
    """Raise CodegenError where there are errors among the problems of a graph."""
    errors = [problem for problem in found if problem.severity == "error"]
    if not errors:
        return
    texts: list[Message] = []
    for problem in errors[:SHOWN_PROBLEMS]:
        node = graph.find(problem.node)
        texts.append(message("{node}: {problem}", node=node.label, problem=problem.text) if node else problem.text)
    if len(errors) > SHOWN_PROBLEMS:
        texts.append(message("And {count} more.", count=len(errors) - SHOWN_PROBLEMS))
    values = {f"problem{number}": text for number, text in enumerate(texts, 1)}
    listed = Message(" ".join(f"{{{key}}}" for key in values), values)
    raise CodegenError(
        message("'{graph}' has errors and cannot become code. {errors}", graph=graph.name, errors=listed)
    )


def _shapes(analysis: Analysis) -> str:
    entering, leaving = input_shapes(analysis.root), output_shapes(analysis.root)
    return f"{', '.join(map(show, entering))} -> {', '.join(map(show, leaving))}."


def _add_header(page: Page, label: str, analysis: Analysis, *, uses_functional: bool) -> None:
    parameters, tensors, multiply_adds = analysis.totals
    page.add(f'"""{label}: a network drawn in Net Designer, as PyTorch code that needs only torch.')
    page.add()
    page.add(f"Input: {', '.join(map(show, input_shapes(analysis.root)))}")
    page.add(f"Output: {', '.join(map(show, output_shapes(analysis.root)))}")
    page.add(f"Parameters: {parameters:,} in {tensors:,} tensors")
    page.add(f"Multiply-adds: {multiply_adds:,} per sample")
    page.add()
    page.add("Shapes, here and in comments, leave out the batch axis.")
    page.add('"""')
    page.add()
    page.add("import torch")
    if uses_functional:
        page.add("import torch.nn.functional as F")
    page.add("from torch import nn")
    page.add()
    page.add()


def _add_functions(page: Page, writer: ClassWriter) -> None:
    """The functions that users wrote, as they wrote them."""
    for name, text in writer.functions.items():
        first = len(page.lines)
        page.lines += text.strip("\n").split("\n")
        for node in writer.function_nodes[name]:
            page.mark(node, first)
        page.lines += ["", ""]


def _add_main(page: Page, name: str, analysis: Analysis) -> None:
    page.add('if __name__ == "__main__":')
    page.add(f"model = {name}().eval()", depth=1)
    examples = [f"torch.rand({', '.join(map(str, (1, *shape)))})" for shape in input_shapes(analysis.root)]
    page.add(f"outputs = model({', '.join(examples)})", depth=1)
    several = len(output_shapes(analysis.root)) > 1
    page.add(f"print({'*(tuple(y.shape) for y in outputs)' if several else 'tuple(outputs.shape)'})", depth=1)
    trained = " if p.requires_grad" if any("requires_grad_(False)" in line for line in page.lines) else ""
    page.add(f'print(f"{{sum(p.numel() for p in model.parameters(){trained}):,}} parameters")', depth=1)
