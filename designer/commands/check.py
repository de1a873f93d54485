"""`netdesigner check FILE [--json]`: shapes, costs and everything that is wrong with a graph."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from designer.shapes import Analysis, NodeFacts, Problem
    from designer.shapes.statistics import Figures


def add_parser(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "check",
        help="list a graph's shapes, costs and problems",
        epilog="Exit status: 0 the graph is valid, 1 it has errors, 2 the file cannot be read.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a graph (.json)")
    parser.add_argument("--json", action="store_true", help="print JSON for other programs")


def run(args: argparse.Namespace) -> int:
    """Print what is known of the graph; 0 if it is valid, 1 if it has errors."""
    import msgspec

    from designer.graph.io import load
    from designer.shapes import analyze, problems

    analysis = analyze(load(args.file))
    found = problems(analysis)
    if args.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report(analysis, found)), indent=1).decode() + "\n")
    else:
        sys.stdout.write(_text(analysis, found))
    return int(any(problem.severity == "error" for problem in found))


# ---- for programs


def report(analysis: Analysis, found: list[Problem]) -> dict[str, Any]:
    """What `check --json` prints. Shapes have no batch axis; null where a shape is not known.

    `parameters` counts trainable values. The totals multiply by repeats; the figures of a node are for one repetition,
    and `repeat` says how many there are. A frame has no figures of its own: the nodes in it are listed. A block has all
    of its own, wherever it is used; the nodes in it are listed once, under `blocks`, as they are in its first use.
    `parameters_nnc` counts running means and variances too, as Neural Network Console does.
    """
    from designer.graph.model import block_owner, walk
    from designer.shapes.statistics import rows, total

    errors = [problem for problem in found if problem.severity == "error"]
    warnings = [problem for problem in found if problem.severity != "error"]
    parameters, tensors, multiply_adds = analysis.totals
    return {
        "name": analysis.graph.name,
        "valid": not errors,
        "errors": [_problem(problem) for problem in errors],
        "warnings": [_problem(problem) for problem in warnings],
        "parameters": parameters,
        "parameter_tensors": tensors,
        "multiply_adds": multiply_adds,
        "parameters_nnc": total(rows(analysis.root)).parameters_nnc,
        "nodes": [_node(analysis, analysis.facts(node.id)) for _, node in walk(analysis.graph.root)],
        "blocks": {
            name: [_node(analysis, analysis.facts(node.id)) for _, node in walk(block.body, block_owner(name))]
            for name, block in analysis.graph.blocks.items()
        },
    }


def _problem(problem: Problem) -> dict[str, Any]:
    fixes = [str(fix.title) for fix in problem.fixes]
    return {"node": problem.node, "code": problem.code, "message": str(problem.text), "fixes": fixes}


def _node(analysis: Analysis, facts: NodeFacts) -> dict[str, Any]:
    figures = own_figures(analysis, facts)
    return {
        "id": facts.node.id,
        "name": facts.node.label,
        "type": facts.node.type,
        "repeat": facts.repeat,
        "inputs": _inputs(analysis, facts),
        "output": facts.output,
        "parameters": figures.parameters,
        "parameters_nnc": figures.parameters_nnc,
        "multiply_adds": figures.costs.multiply_adds,
    }


def _inputs(analysis: Analysis, facts: NodeFacts) -> list[Any]:
    """The shape at each connected input; None where it is not known."""
    scope = analysis.scope(facts.owner)
    if scope is None:
        return []
    wires = scope.topology.inputs[scope.topology.index[facts.node.id]]
    return [scope.shape_at(wire.node, wire.port) for wire in wires if wire is not None]


def own_figures(analysis: Analysis, facts: NodeFacts) -> Figures:
    """The figures of a node for one repetition: none of a frame, whose nodes are listed, but all of a block's use."""
    from designer.shapes.statistics import Figures, figures_of

    scope = analysis.scope(facts.owner)
    return Figures() if scope is None else figures_of(scope, scope.topology.index[facts.node.id])


# ---- for people


def _text(analysis: Analysis, found: list[Problem]) -> str:
    """A table of the nodes, the totals and the problems; as wide as it needs where no terminal is there to show it."""
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 100_000
    with console.capture() as capture:
        console.print(_table(analysis))
        parameters, tensors, multiply_adds = analysis.totals
        console.print(f"{parameters:,} parameters in {tensors:,} tensors, {multiply_adds:,} multiply-adds per sample")
        for problem in found:
            _print_problem(console, analysis, problem)
    text = capture.get()
    return text if console.is_terminal else "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _table(analysis: Analysis) -> Table:
    from rich.table import Table
    from rich.text import Text

    from designer.errors import printable
    from designer.graph.model import block_name
    from designer.layers.base import show

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in ("Name", "Type", "Properties", "Output"):
        table.add_column(heading)
    for heading in ("Parameters", "Multiply-adds", "Repeat"):
        table.add_column(heading, justify="right")
    shown: set[str] = set()
    for facts in analysis.walk():
        depth, owner = 0, facts.owner
        while owner is not None:
            depth, owner = depth + 1, analysis.graph.outer(owner)
        if (block := block_name(facts.owner)) is not None and block not in shown:
            shown.add(block)
            table.add_row(Text(f"in each {printable(block)}:", style="bold"))
        figures = own_figures(analysis, facts)
        costs = [f"{cost:,}" if cost else "" for cost in (figures.parameters, figures.costs.multiply_adds)]
        table.add_row(
            Text("  " * depth + printable(facts.node.label)),
            Text(printable(facts.node.type)),
            Text(printable(facts.layer.summary())),
            "?" if facts.output is None else show(facts.output),
            *costs,
            f"x{facts.repeat}" if facts.repeat > 1 else "",
        )
    return table


def _print_problem(console: Console, analysis: Analysis, problem: Problem) -> None:
    from rich.text import Text

    from designer.errors import printable

    node = analysis.graph.find(problem.node)
    where = f"{printable(node.label)}: " if node is not None else ""
    style = "bold red" if problem.severity == "error" else "yellow"
    console.print(Text.assemble((problem.severity, style), f" {where}{printable(str(problem.text))}"))
    for fix in problem.fixes:
        console.print(Text(f"  can be mended: {printable(str(fix.title))}"))
