"""Mends for shape errors, each an edit that one click applies, and the cause of an error in words.

A fix is offered only if it takes the problem away: it is tried on the graph first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import permutations
from math import prod
from typing import Any, NamedTuple

import msgspec

from designer.errors import Message, message
from designer.graph import edits
from designer.graph.errors import GraphError
from designer.graph.expressions import INDICES, SIGN
from designer.graph.model import Body, Edge, Graph, Node, block_name
from designer.graph.topology import BOUNDARY, Topology
from designer.layers.base import Facts, Layer, Shape, ShapeError, show
from designer.layers.registry import layer_of
from designer.shapes.analysis import Analysis, NodeFacts, analyze
from designer.shapes.frames import INNER_INPUT
from designer.shapes.reach import ends

NEW_VARIABLE = 16
OUTSIDE = "outside-0-1"
"""The code of values that a loss of probabilities cannot take."""
_SAME = {"padding": "same"}
_BELOW = 44.0
"""From one node to the next below it, in canvas units."""


class Fix(NamedTuple):
    """A mend: what the button says, and the edit it applies."""

    title: Message
    apply: Callable[[Graph], Graph]


class Fault(NamedTuple):
    """A node with its error or note, and the results around it."""

    analysis: Analysis
    facts: NodeFacts
    code: str
    data: Mapping[str, Any]

    @property
    def body(self) -> Body:
        """The body the node lies in."""
        return self.analysis.graph.body(self.facts.owner)

    @property
    def wires(self) -> list[Edge]:
        """The wires into the node, in port order."""
        return sorted((e for e in self.body.edges if e.target[0] == self.facts.node.id), key=lambda e: e.target[1])

    def layer(self, node: Node) -> Layer:
        """The layer of any node of the drawing, its formulas worked out where they can be."""
        return self.analysis.facts(node.id).layer


def fixes(fault: Fault) -> tuple[Fix, ...]:
    """The mends for a fault that do take it away."""
    candidates = _BY_CODE.get(fault.code)
    if candidates is None:
        return ()
    return tuple(fix for fix in candidates(fault) if _helps(fault, fix))


def cause(fault: Fault) -> Message | None:
    """Why two branches differ, in words, where it can be told from their strides and channels."""
    if fault.code != "add-shapes" or len(fault.wires) < 2 or not fault.facts.inputs:
        return None
    main, shortcut = _main_and_shortcut(fault)
    strides = [n for n in _own_path(fault, main, shortcut) if _stride(fault.layer(n)) > 1]
    if strides and not any(_stride(fault.layer(n)) > 1 for n in _own_path(fault, shortcut, main)):
        factor = prod(_stride(fault.layer(n)) for n in strides)
        return message(
            "The main path divides the size by {factor} (stride of {nodes}), the shortcut does not.",
            factor=factor,
            nodes=", ".join(n.label for n in strides),
        )
    shapes = dict(zip(fault.wires, fault.facts.inputs, strict=True))
    a, b = shapes[main], shapes[shortcut]
    lossy = [n.id for n in _own_path(fault, main, shortcut) if _loses_border(fault, n)]
    if len(a) == len(b) == 3 and lossy and not strides and a[1] < b[1]:
        return message("The main path loses its borders in {nodes} (too little padding), the shortcut keeps them.",
                       nodes=_listed(fault.analysis.graph, lossy))  # fmt: skip
    if len(a) == len(b) == 3 and a[1:] == b[1:]:
        return message("The main path has {a} channels, the shortcut has {b}.", a=a[0], b=b[0])
    return None


def another_name(graph: Graph, node: Node) -> Fix:
    """A name for a node that nothing else has."""
    name = edits.fresh(node.name, {other.name for _, other in graph.walk()})
    return Fix(message("Call it {name}", name=name), partial(edits.rename, node_id=node.id, name=name))


def missing_loss(analysis: Analysis) -> tuple[Fix, ...]:
    """A loss behind each output that gives scores, for a drawing that has none."""
    scope = analysis.root
    found = []
    for wire in ends(scope.topology, scope.layers):
        shape = scope.shape_at(wire.node, wire.port)
        if shape is not None and len(shape) == 1 and not scope.layers[wire.node].is_input:
            node = scope.body.nodes[wire.node]
            found.append(Fix(message("Add SoftmaxCrossEntropy behind {name}", name=node.label),
                             partial(_add_loss, source=node.id, port=wire.port)))  # fmt: skip
    return tuple(found)


def _helps(fault: Fault, fix: Fix) -> bool:
    """Whether the node is free of this fault once the fix is applied."""
    try:
        graph = fix.apply(fault.analysis.graph)
    except GraphError:
        return False
    after = analyze(graph, fault.analysis)
    if fault.facts.node.id not in graph.owners:
        return True
    result = after.facts(fault.facts.node.id).result
    if not isinstance(result, Facts) or any(note.code == fault.code for note in result.notes):
        return False
    return not _breaks_a_frame(after, fault.facts.owner)


def _breaks_a_frame(after: Analysis, owner: str | None) -> bool:
    """Whether the body of a frame around the node no longer keeps the shape."""
    while owner is not None and block_name(owner) is None:
        result = after.facts(owner).result
        if isinstance(result, ShapeError) and result.code == "frame-shape":
            return True
        owner = after.graph.owners[owner]
    return False


# ---- branches that meet with different shapes


def _add_shapes(fault: Fault) -> Iterator[Fix]:
    if fault.facts.inputs and len(fault.facts.inputs) == len(fault.wires):
        yield from _same_padding(fault)
        yield from _equal_channels(fault)
        yield from _projections(fault)
        yield from _padding_and_projection(fault)


def _equal_channels(fault: Fault) -> Iterator[Fix]:
    """The channels of the other branch, put out by the last convolution of one, the main path's first."""
    main, shortcut = _main_and_shortcut(fault)
    shapes = dict(zip(fault.wires, fault.facts.inputs or (), strict=True))
    for edge, other in ((main, shortcut), (shortcut, main)):
        path = [n for n in _own_path(fault, edge, other) if "out_channels" in fault.layer(n).__struct_fields__]
        if path and len(shapes[edge]) == len(shapes[other]) and shapes[edge][1:] == shapes[other][1:]:
            count = shapes[other][0]
            yield _set(message("Set {name} to {count} channels", name=path[-1].label, count=count), path[-1],
                       {"out_channels": count})  # fmt: skip


def _projections(fault: Fault) -> Iterator[Fix]:
    """A 1x1 convolution on one of the branches."""
    for edge, params in _bends(fault):
        title = message(
            "Put a 1x1 convolution ({summary}) on the wire from {name}",
            summary=f"{params['out_channels']}, /{params['stride']}",
            name=_name(fault.body, edge.source[0]),
        )
        yield Fix(title, partial(_project, owner=fault.facts.owner, edge=edge, params=params))


def _bends(fault: Fault) -> Iterator[tuple[Edge, dict[str, Any]]]:
    """Wires with the 1x1 convolution on them that gives the other branch's shape, the shortcut first."""
    main, shortcut = _main_and_shortcut(fault)
    order = dict(zip(fault.wires, fault.facts.inputs or (), strict=True))
    for keep, bend in ((main, shortcut), (shortcut, main)):
        params = _projection(order[bend], order[keep])
        if params is not None:
            yield bend, params


def _padding_and_projection(fault: Fault) -> Iterator[Fix]:
    """Both where neither is enough: the branches differ in their borders and in their channels."""
    *_, ids = ((), *_unpadded(fault))
    if not ids:
        return
    after = analyze(edits.set_params(fault.analysis.graph, ids, _SAME), fault.analysis)
    padded = fault._replace(analysis=after, facts=after.facts(fault.facts.node.id))
    if not isinstance(padded.facts.result, ShapeError) or len(padded.facts.inputs or ()) != len(fault.wires):
        return
    for edge, params in _bends(padded):
        title = message(
            "Pad {names} ('same') and put a 1x1 convolution ({summary}) on the wire from {name}",
            names=_listed(after.graph, ids),
            summary=f"{params['out_channels']}, /{params['stride']}",
            name=_name(fault.body, edge.source[0]),
        )
        yield Fix(title, partial(_pad_and_project, ids=ids, owner=fault.facts.owner, edge=edge, params=params))


def _projection(found: Shape, wanted: Shape) -> dict[str, Any] | None:
    """A 1x1 convolution's properties that turn one picture shape into another, if there are any."""
    if len(found) != 3 or len(wanted) != 3 or min(wanted) < 1:
        return None
    stride = max(1, round(found[1] / wanted[1]))
    halved = tuple(-(-size // stride) for size in found[1:])
    if halved != wanted[1:]:
        return None
    return {"out_channels": wanted[0], "kernel_size": 1, "stride": stride, "bias": False}


def _same_padding(fault: Fault) -> Iterator[Fix]:
    """'same' padding on the window layers that lose a border on the branches."""
    for ids in _unpadded(fault):
        names = _listed(fault.analysis.graph, ids)
        title = message("Set the padding of {name} to 'same'", name=names) if len(ids) == 1 else message(
            "Pad {names} ('same')", names=names)  # fmt: skip
        yield Fix(title, partial(edits.set_params, ids=ids, params=_SAME))


def _unpadded(fault: Fault) -> Iterator[tuple[str, ...]]:
    """The window layers without padding that may have made branches differ: each, those of each branch, all of them."""
    branches = [
        tuple(node.id for node in _own_path(fault, edge, other) if _loses_border(fault, node))
        for edge, other in permutations(fault.wires, 2)
    ]
    every = tuple(dict.fromkeys(node_id for ids in branches for node_id in ids))
    yield from dict.fromkeys(ids for ids in (*((node_id,) for node_id in every), *branches, every) if ids)


def _main_and_shortcut(fault: Fault) -> tuple[Edge, Edge]:
    """Of two branches that meet, the one with more layers is the main path."""
    first, second = fault.wires[:2]
    longer = len(_own_path(fault, first, second)) >= len(_own_path(fault, second, first))
    return (first, second) if longer else (second, first)


def _own_path(fault: Fault, edge: Edge, other: Edge) -> list[Node]:
    """The nodes that feed `edge` and not `other`, in order."""
    topology = fault.body.topology
    mine, theirs = _ancestors(topology, edge.source[0]), _ancestors(topology, other.source[0])
    return [fault.body.nodes[i] for i in topology.order if i in mine and i not in theirs]


def _ancestors(topology: Topology, node_id: str) -> set[int]:
    start = topology.index.get(node_id)
    found: set[int] = set()
    waiting = [] if start is None else [start]
    while waiting:
        i = waiting.pop()
        if i not in found:
            found.add(i)
            waiting += [w.node for w in topology.inputs[i] if w is not None and w.node != BOUNDARY]
    return found


# ---- single nodes


def _unconnected(fault: Fault) -> Iterator[Fix]:
    """Wire the nearest node above that nobody reads yet."""
    node, body = fault.facts.node, fault.body
    read = {e.source[0] for e in body.edges}
    x, y = node.position
    above = [n for n in body.nodes if n.id not in read and n.position[1] < y and not layer_of(n).is_loss]
    for source in sorted(above, key=lambda n: (y - n.position[1]) + abs(x - n.position[0]))[:1]:
        port = int(fault.data.get("port", 0))
        edge = Edge((source.id, 0), (node.id, port))
        yield Fix(message("Wire {source} to {name}", source=source.label, name=node.label),
                  partial(_connect, edge=edge, owner=fault.facts.owner))  # fmt: skip


def _kernel_too_large(fault: Fault) -> Iterator[Fix]:
    node = fault.facts.node
    yield _set(message("Set the padding to 'same'"), node, {"padding": "same"})
    size = min((fault.facts.inputs or ((1,),))[0][-2:])
    yield _set(message("Make the window {size}x{size}", size=size), node, {"kernel_size": size})


def _remainder(fault: Fault) -> Iterator[Fix]:
    node = fault.facts.node
    if "ceil_mode" in fault.facts.layer.__struct_fields__:
        yield _set(message("Round the size up"), node, {"ceil_mode": True})
    for padding in range(1, _kernel(fault.facts.layer) // 2 + 1):
        yield _set(message("Pad {padding} on each side", padding=padding), node, {"padding": padding})
    if node.params.get("padding") != "same":
        yield _set(message("Set the padding to 'same'"), node, {"padding": "same"})


def _needs_vector(fault: Fault) -> Iterator[Fix]:
    insert = partial(_insert, owner=fault.facts.owner, type_="Flatten", stem="flatten", params={})
    for edge in fault.wires[:1]:
        yield Fix(message("Put a Flatten in front"), partial(insert, edge=edge))


def _groups(fault: Fault) -> Iterator[Fix]:
    node, groups = fault.facts.node, int(fault.data["groups"])
    count = -(-int(fault.data["out_channels"]) // groups) * groups
    yield _set(message("Put out {count} channels", count=count), node, {"out_channels": count})
    yield _set(message("Use one group"), node, {"groups": 1})


def _frame_shape(fault: Fault) -> Iterator[Fix]:
    """Bring back the channels and the size that enter: in the last layer with weights, or by stride 1."""
    entering, leaving = fault.data.get("entering"), fault.data.get("leaving")
    body = fault.facts.node.body
    if entering is None or leaving is None or body is None:
        return
    nodes = [body.nodes[i] for i in reversed(body.topology.order)]
    changes: dict[str, dict[str, Any]] = {}
    if entering[1:] != leaving[1:]:
        for node in nodes:
            if _stride(fault.layer(node)) > 1:
                changes.setdefault(node.id, {})["stride"] = 1
            elif _loses_border(fault, node):
                changes.setdefault(node.id, {})["padding"] = "same"
    if entering[0] != leaving[0]:
        last = next((n for n in nodes if hasattr(fault.layer(n), "out_channels")), None)
        if last is not None:
            changes.setdefault(last.id, {})["out_channels"] = entering[0]
    if changes:
        names = ", ".join(n.label for n in nodes if n.id in changes)
        yield Fix(
            message("Make {names} keep {shape}", names=names, shape=show(entering)), partial(_set_all, changes=changes)
        )


def _too_many_ports(fault: Fault) -> Iterator[Fix]:
    yield Fix(message("Remove the surplus wire"),
              partial(edits.disconnect, edges=fault.wires[-1:], owner=fault.facts.owner))  # fmt: skip


def _unknown_names(fault: Fault) -> Iterator[Fix]:
    """A name like one that there is was mistyped; any other can be made a variable."""
    from difflib import get_close_matches  # a check without such errors need not wait for these

    from designer.graph.formulas import replaced
    from designer.graph.naming import set_variable

    node, scope = fault.facts.node, fault.analysis.scope(fault.facts.owner)
    known = dict(scope.env) if scope is not None else {}
    for name in sorted((node.names or frozenset()) - known.keys() - set(INDICES)):
        for like in get_close_matches(name, known, 1):
            params = {key: replaced(value, {name: SIGN + like}) for key, value in node.params.items()}
            yield _set(message("Write {like} instead of {name}", like=like, name=name), node, params)
        title = message("Add the variable {name} = {value}", name=name, value=NEW_VARIABLE)
        yield Fix(title, partial(set_variable, name=name, value=NEW_VARIABLE))


def _delay_shape(fault: Fault) -> Iterator[Fix]:
    shape = list(fault.data.get("shape", ()))
    if shape:
        yield _set(message("Set the Delay to {shape}", shape=show(tuple(shape))), fault.facts.node, {"shape": shape})


def _assumed_shape(fault: Fault) -> Iterator[Fix]:
    shape = tuple(fault.data.get("shape", ()))
    if shape:
        yield _set(message("Set the output shape to {shape}", shape=show(shape)), fault.facts.node,
                   {"output_shape": list(shape)})  # fmt: skip


def _outside_0_1(fault: Fault) -> Iterator[Fix]:
    """Make probabilities of what enters, or take the loss that does so itself."""
    insert = partial(_insert, owner=fault.facts.owner, type_="Sigmoid", stem="sigmoid", params={})
    for edge in fault.wires[:1]:
        yield Fix(message("Put a Sigmoid in front"), partial(insert, edge=edge))
    if fault.data.get("low", 0.0) < 0:  # scores, and no probabilities that something made larger
        node = msgspec.structs.replace(fault.facts.node, type="BCEWithLogitsLoss")
        yield Fix(message("Use BCEWithLogitsLoss, which takes any values"),
                  partial(edits.replace_nodes, nodes={node.id: node}))  # fmt: skip


_BY_CODE: dict[str, Callable[[Fault], Iterator[Fix]]] = {
    "formula": _unknown_names,
    "add-shapes": _add_shapes,
    "concat-shapes": _same_padding,
    "unconnected": _unconnected,
    "kernel-too-large": _kernel_too_large,
    "remainder": _remainder,
    "needs-vector": _needs_vector,
    "groups": _groups,
    "frame-shape": _frame_shape,
    "no-such-port": _too_many_ports,
    "unread-input": _too_many_ports,
    "delay-shape": _delay_shape,
    OUTSIDE: _outside_0_1,
    "assumed-shape": _assumed_shape,
}


# ---- the edits behind the buttons


def _set(title: Message, node: Node, params: Mapping[str, Any]) -> Fix:
    return Fix(title, partial(edits.set_params, ids=[node.id], params=params))


def _set_all(graph: Graph, changes: Mapping[str, Mapping[str, Any]]) -> Graph:
    for node_id, params in changes.items():
        graph = edits.set_params(graph, [node_id], params)
    return graph


def _project(graph: Graph, owner: str | None, edge: Edge, params: Mapping[str, Any]) -> Graph:
    return _insert(graph, owner, edge, "Conv2d", "proj", params)


def _pad_and_project(
    graph: Graph, ids: Sequence[str], owner: str | None, edge: Edge, params: Mapping[str, Any]
) -> Graph:
    return _project(edits.set_params(graph, ids, _SAME), owner, edge, params)


def _connect(graph: Graph, edge: Edge, owner: str | None) -> Graph:
    return edits.connect(graph, [edge], owner)


def _add_loss(graph: Graph, source: str, port: int) -> Graph:
    x, y = graph.node(source).position
    spot = _free_spot(graph.root, (x, y + _BELOW))
    loss = edits.new_node(graph, "SoftmaxCrossEntropy", "loss", position=spot)
    return edits.add(graph, [loss], [Edge((source, port), (loss.id, 0))])


def _insert(graph: Graph, owner: str | None, edge: Edge, type_: str, stem: str, params: Mapping[str, Any]) -> Graph:
    """Put a new node into a wire, in the middle between its ends where there is room."""
    body = graph.body(owner)
    ends = [n.position for n in (body.get(edge.source[0]), body.get(edge.target[0])) if n is not None]
    x = max((p[0] for p in ends), default=0.0)
    y = sum(p[1] for p in ends) / max(len(ends), 1)
    spot = _free_spot(body, (x, y))
    return edits.insert_on_edge(graph, edits.new_node(graph, type_, stem, params, spot), edge, owner)


def _free_spot(body: Body, wanted: tuple[float, float]) -> tuple[float, float]:
    """The wanted position, or beside it, to the right, where no node stands."""
    x, y = wanted
    while any(abs(n.position[0] - x) < 300 and abs(n.position[1] - y) < 40 for n in body.nodes):
        x += 300
    return x, y


# ---- small questions


def _name(body: Body, node_id: str) -> str | Message:
    node = body.get(node_id)
    return node.label if node is not None else INNER_INPUT


def _stride(layer: Layer) -> int:
    return _largest(getattr(layer, "stride", 1) or _kernel(layer))


def _loses_border(fault: Fault, node: Node) -> bool:
    """Whether 'same' padding would give a layer a larger output."""
    facts = fault.analysis.facts(node.id)
    if _kernel(facts.layer) == 1 or getattr(facts.layer, "padding", "same") == "same":
        return False
    if not facts.inputs or facts.output is None:
        return getattr(facts.layer, "padding", None) in (0, "valid")
    step = _stride(facts.layer)
    return any(after < -(-before // step) for before, after in zip(facts.inputs[0][1:], facts.output[1:], strict=False))


def _listed(graph: Graph, ids: Sequence[str]) -> str:
    return ", ".join(graph.node(node_id).label for node_id in ids)


def _kernel(layer: Layer) -> int:
    return _largest(getattr(layer, "kernel_size", 1))


def _largest(value: Any) -> int:
    numbers = value if isinstance(value, list | tuple) else [value]
    return max((n for n in numbers if isinstance(n, int)), default=1)


def fault_of(analysis: Analysis, facts: NodeFacts, error: ShapeError) -> Fault:
    """The fault behind a node's error; carries the free port for `unconnected`."""
    return Fault(analysis, facts, error.code, {"port": error.port, **error.data})
