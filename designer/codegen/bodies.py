"""What stands in the class of one body: what its constructor sets up, `forward`, and how outputs are judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from designer.codegen import loops
from designer.codegen.construction import Construction, numbered, repeated
from designer.codegen.draft import Statement
from designer.codegen.judges import judge_method
from designer.codegen.plan import BATCH, KEPT, MAIN, Plan
from designer.layers.base import Facts, Shape, show
from designer.layers.families.control import Block, Recurrent, Repeat
from designer.shapes.analysis import Scope

SHARED = 3
"""From this many modules of a class on, equal initial weights are set in a loop."""


class BodyWriter:
    """Writes the statements of one body. `made` and `plans` are of the bodies inside, by the id of their scope."""

    def __init__(self, scope: Scope, plan: Plan, made: Mapping[int, Construction], plans: Mapping[int, Plan]) -> None:
        self.scope = scope
        self.plan = plan
        self.ids = [node.id for node in scope.body.nodes]
        self.plans = plans
        self.modules = self._modules(made)
        """For each node with a module the expression that builds it."""

    def _modules(self, made: Mapping[int, Construction]) -> dict[int, str]:
        modules = {}
        scope = self.scope
        for i in self.plan.order:
            layer = scope.layers[i]
            if i in scope.children:
                modules[i] = self._frame_module(i, [made[id(s)] for s in inner_scopes(scope, i)])
            elif not layer.is_frame and (module := layer.module(*_inputs(scope, i))) is not None:
                modules[i] = module
        return modules

    def _frame_module(self, i: int, made: Sequence[Construction]) -> str:
        layer = self.scope.layers[i]
        if i in self.scope.iterations:
            return numbered(made)
        if isinstance(layer, Block | Recurrent) or (isinstance(layer, Repeat) and layer.shared):
            return str(made[0])
        return repeated(made[0], self.scope.times(i))

    # ---- the constructor

    def init(self) -> list[Statement]:
        """What the constructor does; nothing where there are no modules."""
        found = [
            Statement(f"self.{self.plan.names[i]} = {module}", (self.ids[i],)) for i, module in self.modules.items()
        ]
        return found + self._initial_weights()

    def _initial_weights(self) -> list[Statement]:
        """Where all modules of a class start alike, a loop over them; else each in lines of its own."""
        alike, single = initial_weights(self.scope, self.modules)
        own = [
            Statement(text, (self.ids[i],))
            for i in single
            for text in self.scope.layers[i].set_up(f"self.{self.plan.names[i]}", *_inputs(self.scope, i))
        ]
        if not alike and not own:
            return []
        texts = [statement.text for statement in own] + [
            text for statements, _ in alike.values() for text in statements
        ]
        more = "" if all(text.startswith("nn.init.") for text in texts) else ", and how they are trained"
        found = [Statement(), Statement(f"# Initial weights{more}")]
        if alike:
            found.append(Statement("for module in self.children():"))
        for kind, (statements, members) in alike.items():
            nodes = tuple(self.ids[i] for i in members)
            found.append(Statement(f"if isinstance(module, {kind}):", nodes, 3))
            found += [Statement(statement, nodes, 4) for statement in statements]
        return found + own

    # ---- forward

    def forward(self) -> list[Statement]:
        """The method and all that it does."""
        plan, layers = self.plan, self.scope.layers
        found = [self._signature()]
        if self._needs_batch() and BATCH not in plan.parameters:
            found.append(Statement(f"{BATCH} = {plan.parameters[0]}.shape[0]"))
        if plan.keeps:
            found.append(Statement(f"{KEPT} = {MAIN}"))
        for step, i in enumerate(plan.order):
            found += self._step(step, i)
        returned = ", ".join(plan.value(wire, len(plan.order)) for wire in plan.returned)
        ends = (i for i, layer in enumerate(layers) if layer.is_end and not layer.is_loss and layer.ports.names)
        return [*found, Statement(f"return {returned}", tuple(self.ids[i] for i in ends))]

    def _signature(self) -> Statement:
        plan, scope = self.plan, self.scope
        kinds = {BATCH: "int"}
        parameters = "".join(f", {name}: {kinds.get(name, 'torch.Tensor')}" for name in plan.parameters)
        returns = "torch.Tensor" if len(plan.returned) == 1 else "tuple[torch.Tensor, ...]"
        states = [scope.layers[i].output() for i in plan.states]
        comment = ", ".join(map(show, [*(scope.entering or input_shapes(scope)), *states]))
        inputs = [i for i, layer in enumerate(scope.layers) if layer.is_input]
        nodes = tuple(self.ids[i] for i in [*inputs, *plan.states])
        return Statement(f"def forward(self{parameters}) -> {returns}:", nodes, 1, comment)

    def _needs_batch(self) -> bool:
        scope = self.scope
        return any(
            scope.layers[i].makes_values or (i in scope.children and not scope.children[i].entering)
            for i in self.plan.order
        )

    def _step(self, step: int, i: int) -> list[Statement]:
        scope, plan = self.scope, self.plan
        args = [plan.value(wire, step) for wire in scope.topology.inputs[i] if wire is not None]
        if scope.layers[i].is_frame:
            inner = self.plans[id(scope.children[i])] if i in scope.children else None
            return loops.statements(loops.Frame(scope, plan, i, args), inner)
        module = f"self.{plan.names[i]}" if i in self.modules else ""
        call = scope.layers[i].call(module, args or [BATCH], _inputs(scope, i))
        target = plan.targets[i][0]
        return [Statement(f"{target} = {call}", (self.ids[i],), comment=_change(scope, i))] if call != target else []

    # ---- what training asks

    def judges(self) -> list[Statement]:
        """What training minimises: the sum of all losses; and what it reports: the first metric."""
        losses, metrics = self.judging()
        found = self._judge("loss", losses) if losses else []
        return found + (self._judge("error", metrics) if metrics else [])

    def judging(self) -> tuple[list[int], list[int]]:
        """The losses, and the metric that is reported."""
        wired = [(i, layer) for i, layer in enumerate(self.scope.layers) if any(self.scope.topology.inputs[i])]
        return [i for i, layer in wired if layer.is_loss], [i for i, layer in wired if layer.is_metric][:1]

    def _judge(self, name: str, judges: Sequence[int]) -> list[Statement]:
        method = judge_method(self.scope, self.plan.returned, judges)
        found = [Statement(), Statement(f"def {name}(self, {method.arguments}) -> torch.Tensor:", (), 1)]
        if method.unpacking:
            found.append(Statement(f"{method.unpacking} = outputs"))
        for number, (i, call) in enumerate(zip(judges, method.calls, strict=True)):
            text = f"return {call}"
            if len(judges) > 1:
                text = f"{name} = {name} + {call}" if number else f"{name} = {call}"
            found.append(Statement(text, (self.ids[i],)))
        return found + ([Statement(f"return {name}")] if len(judges) > 1 else [])


def inner_scopes(scope: Scope, i: int) -> Sequence[Scope]:
    """What is known of the body of the frame at that position: once, or for each repetition where they may differ."""
    if i in scope.iterations:
        return scope.iterations[i]
    return [scope.children[i]] if i in scope.children else []


def initial_weights(
    scope: Scope, modules: Mapping[int, str]
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
    return [_outputs(scope, i)[0] for i, layer in enumerate(scope.layers) if layer.is_input]


def _outputs(scope: Scope, i: int) -> tuple[Shape, ...]:
    result = scope.results[i]
    if not isinstance(result, Facts):
        raise TypeError(f"{scope.body.nodes[i].label} has no shape")  # only graphs without errors come here
    return result.outputs


def _inputs(scope: Scope, i: int) -> tuple[Shape, ...]:
    return scope.inputs[i] or ()


def _change(scope: Scope, i: int) -> str:
    """The shape that a node gives, where it is another than the one that enters."""
    shapes = _outputs(scope, i)
    return "" if shapes == _inputs(scope, i)[:1] else ", ".join(map(show, shapes))
