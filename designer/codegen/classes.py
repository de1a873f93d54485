"""One `nn.Module` class per body: the network itself, and one repetition of each Repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from designer.codegen.judges import judge_method
from designer.codegen.names import Namespace, class_name, in_docstring
from designer.codegen.page import Page
from designer.codegen.plan import KEPT, MAIN, Plan, make_plan
from designer.graph.topology import BOUNDARY, Wire
from designer.layers.base import Facts, Shape, show
from designer.layers.helpers import HELPERS
from designer.shapes.analysis import Scope
from designer.shapes.reach import ends

BATCH = "batch"
"""The variable that holds the batch size, for layers that make values."""
SHARED = 3
"""From this many modules of a class on, equal initial weights are set in a loop."""


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

    def write(self, scope: Scope, name: str, doc: str, frame: str | None = None) -> str:
        """Add the class of a body below those of the frames in it; `frame` is the node id. Returns the class's name."""
        name = self._classes.claim(name)
        plan = make_plan(scope, list(HELPERS))
        blocks = {i: self._write_frame(scope, i) for i in plan.order if i in scope.children}
        page = self.page
        page.add(f"class {name}(nn.Module):", frame)
        page.add(f'"""{doc}"""', frame, depth=1)
        modules = self._modules(scope, plan, blocks)
        if modules:
            page.add()
            self._add_init(scope, plan, modules)
        page.add()
        self._add_forward(scope, plan, modules)
        if frame is None:
            self._add_judges(scope, plan)
        page.add()
        page.add()
        return name

    def _write_frame(self, scope: Scope, i: int) -> str:
        node = scope.body.nodes[i]
        label = in_docstring(node.label)
        return self.write(
            scope.children[i], f"{class_name(node.label, 'Repeat')}Block", f"One repetition of {label}.", node.id
        )

    def _modules(self, scope: Scope, plan: Plan, blocks: dict[int, str]) -> dict[int, str]:
        """For each node with a module the expression that builds it."""
        modules = {}
        for i in plan.order:
            layer = scope.layers[i]
            self.helpers.update(layer.helpers())
            self._add_functions(layer.functions(), scope.body.nodes[i].id)
            if i in blocks:
                modules[i] = f"nn.ModuleList({blocks[i]}() for _ in range({scope.times(i)}))"
            elif not layer.is_frame and (module := layer.module(*_inputs(scope, i))) is not None:
                modules[i] = module
        return modules

    def _add_functions(self, functions: Mapping[str, str], node: str) -> None:
        self.functions.update(functions)
        for name in functions:
            self.function_nodes.setdefault(name, []).append(node)

    def _add_init(self, scope: Scope, plan: Plan, modules: dict[int, str]) -> None:
        page, nodes = self.page, scope.body.nodes
        page.add("def __init__(self) -> None:", depth=1)
        page.add("super().__init__()", depth=2)
        for i, module in modules.items():
            page.add(f"self.{plan.names[i]} = {module}", nodes[i].id, depth=2)
        self._add_initial_weights(scope, plan, modules)

    def _add_initial_weights(self, scope: Scope, plan: Plan, modules: dict[int, str]) -> None:
        """Where all modules of a class start alike, a loop over them; else each in lines of its own."""
        alike, single = initial_weights(scope, modules)
        own = {i: scope.layers[i].set_up(f"self.{plan.names[i]}", *_inputs(scope, i)) for i in single}
        if not alike and not any(own.values()):
            return
        page, nodes = self.page, scope.body.nodes
        page.add()
        page.add("# Initial weights", depth=2)
        if alike:
            page.add("for module in self.children():", depth=2)
        for kind, (statements, members) in alike.items():
            first = len(page.lines)
            page.add(f"if isinstance(module, {kind}):", depth=3)
            for statement in statements:
                page.add(statement, depth=4)
            for i in members:
                page.mark(nodes[i].id, first)
        for i, statements in own.items():
            for statement in statements:
                page.add(statement, nodes[i].id, depth=2)

    def _add_forward(self, scope: Scope, plan: Plan, modules: dict[int, str]) -> None:
        page, nodes = self.page, scope.body.nodes
        parameters = "".join(f", {name}: torch.Tensor" for name in plan.parameters)
        returns = "torch.Tensor" if len(plan.returned) == 1 else "tuple[torch.Tensor, ...]"
        comment = ", ".join(show(shape) for shape in scope.entering or input_shapes(scope))
        first = len(page.lines)
        page.add(f"def forward(self{parameters}) -> {returns}:", depth=1, comment=comment)
        for i, layer in enumerate(scope.layers):
            if layer.is_input:
                page.mark(nodes[i].id, first)
        if any(scope.layers[i].makes_values for i in plan.order):
            page.add(f"{BATCH} = {plan.parameters[0]}.shape[0]", depth=2)
        if plan.keeps:
            page.add(f"{KEPT} = {MAIN}", depth=2)
        for step, i in enumerate(plan.order):
            args = [plan.value(w, step, _ports(scope, w)) for w in scope.topology.inputs[i] if w is not None]
            if scope.layers[i].is_frame:
                self._add_loop(scope, plan, i, args[0])
                continue
            args = args or [BATCH]
            module = f"self.{plan.names[i]}" if i in modules else ""
            call = scope.layers[i].call(module, args, _inputs(scope, i))
            if call != plan.variables[i]:
                page.add(f"{plan.variables[i]} = {call}", nodes[i].id, depth=2, comment=_change(scope, i))
        returned = ", ".join(plan.value(w, len(plan.order), _ports(scope, w)) for w in plan.returned)
        first = len(page.lines)
        page.add(f"return {returned}", depth=2)
        for i, layer in enumerate(scope.layers):
            if layer.is_end and not layer.is_loss and layer.ports.names:
                page.mark(nodes[i].id, first)

    def _add_loop(self, scope: Scope, plan: Plan, i: int, value: str) -> None:
        """The loop runs on `x` where that holds what enters, and on the frame's own variable where it must be kept."""
        page, node, variable = self.page, scope.body.nodes[i].id, plan.variables[i]
        looped = MAIN if value == MAIN else variable
        if looped != value:
            page.add(f"{looped} = {value}", node, depth=2)
        if i in scope.children:
            page.add(f"for block in self.{plan.names[i]}:", node, depth=2)
            page.add(f"{looped} = block({looped})", node, depth=3)
        if variable != looped:
            page.add(f"{variable} = {looped}", node, depth=2)

    def _add_judges(self, scope: Scope, plan: Plan) -> None:
        """What training minimises: the sum of all losses; and what it reports: the first metric."""
        wired = [(i, layer) for i, layer in enumerate(scope.layers) if any(scope.topology.inputs[i])]
        losses = [i for i, layer in wired if layer.is_loss]
        metrics = [i for i, layer in wired if layer.is_metric]
        if losses:
            self._add_judge(scope, plan, "loss", losses)
        if metrics:
            self._add_judge(scope, plan, "error", metrics[:1])

    def _add_judge(self, scope: Scope, plan: Plan, name: str, judges: Sequence[int]) -> None:
        page, nodes = self.page, scope.body.nodes
        method = judge_method(scope, plan.returned, judges)
        page.add()
        page.add(f"def {name}(self, {method.arguments}) -> torch.Tensor:", depth=1)
        if method.unpacking:
            page.add(f"{method.unpacking} = outputs", depth=2)
        for number, (i, call) in enumerate(zip(judges, method.calls, strict=True)):
            self.helpers.update(scope.layers[i].helpers())
            if len(judges) == 1:
                page.add(f"return {call}", nodes[i].id, depth=2)
            else:
                page.add(f"{name} = {name} + {call}" if number else f"{name} = {call}", nodes[i].id, depth=2)
        if len(judges) > 1:
            page.add(f"return {name}", depth=2)


def initial_weights(
    scope: Scope, modules: dict[int, str]
) -> tuple[dict[str, tuple[Sequence[str], list[int]]], list[int]]:
    """Split the modules of a body by how their initial weights are set.

    First the classes whose modules all start alike, with the statements for one of them called `module`; then the rest.
    """
    by_kind: dict[str, list[int]] = {}
    for i, module in modules.items():
        if i not in scope.children:
            by_kind.setdefault(module.partition("(")[0], []).append(i)
    alike: dict[str, tuple[Sequence[str], list[int]]] = {}
    single: list[int] = []
    for kind, members in by_kind.items():
        statements = {tuple(scope.layers[i].set_up("module", *_inputs(scope, i))) for i in members}
        if len(members) >= SHARED and len(statements) == 1 and (shared := statements.pop()):
            alike[kind] = (shared, members)
        else:
            single += members
    return alike, sorted(single)


def input_shapes(scope: Scope) -> list[Shape]:
    """The shapes that enter the network, in the order of `forward`'s arguments."""
    return [_facts(scope, i).outputs[0] for i, layer in enumerate(scope.layers) if layer.is_input]


def output_shapes(scope: Scope) -> list[Shape]:
    """The shapes that leave a body."""
    shapes = [scope.shape_at(wire.node, wire.port) for wire in ends(scope.topology, scope.layers)]
    return [shape for shape in shapes if shape is not None]


def _facts(scope: Scope, i: int) -> Facts:
    result = scope.results[i]
    if not isinstance(result, Facts):
        raise TypeError(f"{scope.body.nodes[i].label} has no shape")  # only graphs without errors come here
    return result


def _inputs(scope: Scope, i: int) -> tuple[Shape, ...]:
    return scope.inputs[i] or ()


def _change(scope: Scope, i: int) -> str:
    """The shape that a node gives, where it is another than the one that enters."""
    shapes = _facts(scope, i).outputs
    return "" if shapes == _inputs(scope, i)[:1] else ", ".join(map(show, shapes))


def _ports(scope: Scope, wire: Wire) -> int:
    return 1 if wire.node == BOUNDARY else len(_facts(scope, wire.node).outputs)
