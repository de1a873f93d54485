"""One `nn.Module` class per body: the network itself, what each frame runs, and each block."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from designer.codegen.bodies import BodyWriter, inner_scopes, input_shapes
from designer.codegen.construction import Construction
from designer.codegen.draft import Draft
from designer.codegen.names import Namespace, class_name, docstring, in_docstring
from designer.codegen.page import Page
from designer.codegen.plan import Plan, make_plan
from designer.codegen.variants import Merger, Variant
from designer.graph.expressions import INDICES, is_formula
from designer.graph.model import BLOCK, block_owner
from designer.layers.base import Shape
from designer.layers.families.control import Recurrent
from designer.layers.helpers import HELPERS
from designer.shapes.analysis import Scope
from designer.shapes.reach import ends

__all__ = ["ClassWriter", "input_shapes", "output_shapes"]


@dataclass
class _Part:
    """A frame's body or a block, with every scope that is known of it: it becomes one class, or a few."""

    name: str
    doc: Sequence[str]
    frame: type | None
    """The layer around the body; None for the network."""
    node: str | None = None
    """The frame's id; None for the network and for blocks."""
    defaults: dict[str, object] = field(default_factory=dict)
    """The arguments of the block that it is or lies in."""
    scopes: dict[int, Scope] = field(default_factory=dict)
    """By id: blocks share theirs."""


class ClassWriter:
    """Writes the classes of a graph, the innermost first, and collects the helpers they need."""

    def __init__(self) -> None:
        self.page = Page()
        self.helpers: set[str] = set()
        self.functions: dict[str, str] = {}
        """Source, by name, of functions that users wrote."""
        self.function_nodes: dict[str, list[str]] = {}
        """The nodes that call them."""
        self._classes = Namespace(HELPERS)
        self._parts: dict[str, _Part] = {}
        self._finished: list[_Part] = []
        """Every part below those that are in it."""
        self._plans: dict[int, Plan] = {}
        self._made: dict[int, Construction] = {}

    def write(self, scope: Scope, name: str, doc: str) -> str:
        """Add the class of the network below those of all that is in it. Returns its name."""
        root = _Part(self._classes.claim(name), [doc], None)
        self._collect(root, scope)
        self._finished.append(root)
        merger = Merger(self._classes.claim)
        for part in self._finished:
            variants = [self._variant(part, each) for each in part.scopes.values()]
            drafts, made = merger.merge(variants, part.defaults, is_block=part.node is None)
            self._made.update(zip(part.scopes, made, strict=True))
            for draft in drafts:
                draft.write(self.page)
        return root.name

    def _collect(self, part: _Part, scope: Scope) -> None:
        """Find all that is in a body, and everything that it is built from before it."""
        if id(scope) in part.scopes:
            return
        part.scopes[id(scope)] = scope
        plan = self._plans[id(scope)] = make_plan(scope, list(HELPERS), part.frame)
        for i in plan.order:
            for inner in inner_scopes(scope, i):
                found, is_new = self._part(part, scope, i)
                self._collect(found, inner)
                if is_new:
                    self._finished.append(found)

    def _part(self, around: _Part, scope: Scope, i: int) -> tuple[_Part, bool]:
        """The part that a frame or a node with a block stands for, and whether it is met for the first time."""
        node, layer = scope.body.nodes[i], scope.layers[i]
        key = block_owner(getattr(layer, "block", "")) if node.type == BLOCK else node.id
        if key in self._parts:
            return self._parts[key], False
        if node.type == BLOCK:
            name = key[1:]
            block = scope.context.blocks[name]
            doc = docstring(block.description) or [f"The block {in_docstring(name)}."]
            defaults = {a.name: None if is_formula(a.default) else a.default for a in block.arguments}
            part = _Part(class_name(name, "Block"), doc, type(layer), None, defaults)
        else:
            label = in_docstring(node.label)
            steps = isinstance(layer, Recurrent)
            name = class_name(node.label, "Recurrent" if steps else "Repeat") + ("Step" if steps else "Block")
            doc = [f"One {'step' if steps else 'repetition'} of {label}."]
            part = _Part(name, doc, type(layer), node.id, around.defaults)
        part.name = self._classes.claim(part.name)
        self._parts[key] = part
        return part, True

    def _variant(self, part: _Part, scope: Scope) -> Variant:
        plan = self._plans[id(scope)]
        body = BodyWriter(scope, plan, self._made, self._plans)
        methods = body.forward()
        self._add_helpers(scope, plan.order)
        if part.frame is None:
            methods += body.judges()
            self._add_helpers(scope, itertools.chain(*body.judging()))
        draft = Draft(part.name, part.doc, part.node, [], body.init(), methods)
        stems = {scope.body.nodes[i].id: name for i, name in plan.names.items()}
        return Variant(draft, scope.entering, _arguments(scope), stems, plan.space)

    def _add_helpers(self, scope: Scope, positions: Iterable[int]) -> None:
        for i in positions:
            layer, node = scope.layers[i], scope.body.nodes[i].id
            self.helpers.update(layer.helpers())
            for name, text in layer.functions().items():
                self.functions[name] = text
                if node not in self.function_nodes.setdefault(name, []):
                    self.function_nodes[name].append(node)


def _arguments(scope: Scope) -> dict[str, object]:
    return {name: value for name, value in scope.env.items() if name not in INDICES}


def output_shapes(scope: Scope) -> list[Shape]:
    """The shapes that leave a body."""
    shapes = [scope.shape_at(wire.node, wire.port) for wire in ends(scope.topology, scope.layers)]
    return [shape for shape in shapes if shape is not None]
