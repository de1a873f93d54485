"""A project's networks as a graph: the chosen one as the drawing, those it uses as units as blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from designer.errors import message
from designer.graph.edits import fresh
from designer.graph.errors import GraphError
from designer.graph.model import BLOCK, INPUT, OUTPUT, Argument, Block, Body, Edge, Endpoint, Graph, Node
from designer.graph.topology import DELAY
from designer.importers.collector import paused
from designer.importers.errors import ForeignError
from designer.importers.nnc.layers import KEPT, NEUTRAL, convert
from designer.importers.nnc.losses import with_losses_as_values
from designer.importers.nnc.placing import Placed, placed
from designer.importers.nnc.project import Network, Project, RawLayer, RawLink
from designer.importers.nnc.recipe import recipe_of
from designer.importers.nnc.structure import Loop, loops
from designer.importers.nnc.values import Properties, whole
from designer.importers.nnc.wiring import prepared

ARGUMENT, UNIT = "Argument", "Unit"


class Drawn(NamedTuple):
    """A network as a graph, and the layer that each of its nodes was."""

    graph: Graph
    layers: dict[str, RawLayer]
    """By node id."""


def graph_of(project: Project, network: str | None = None) -> Graph:
    """One network of a project as a graph; see `drawn`."""
    with paused():
        return drawn(project, network).graph


def drawn(project: Project, network: str | None = None) -> Drawn:
    """One network of a project as a graph, by default the one that is trained.

    Raises:
        ForeignError: there is no network of that name, a unit uses one that is not there, or a loop is not closed.
    """
    name = network or project.main
    if name not in project.networks:
        raise ForeignError(message("There is no network '{name}' in {project}; there are: {known}.", name=name,
                                   project=project.name, known=", ".join(project.networks)))  # fmt: skip
    try:
        return _drawn(project, name)
    except GraphError as error:
        raise ForeignError(message("The network '{network}' in {project} is no graph: {reason}", network=name,
                                   project=project.name, reason=error.message)) from None  # fmt: skip


def _drawn(project: Project, name: str) -> Drawn:
    taken: set[str] = set()
    used = _units(project, name)
    root = _Drawing(project, project.networks[name], taken)
    units = {unit: _Drawing(project, project.networks[unit], taken, as_block=True) for unit in used}
    several = f"{project.name} {name}" if len(project.networks) > 1 else project.name
    blocks = {unit: drawing.block() for unit, drawing in units.items()}
    graph = Graph(name=several, root=root.body(), blocks=blocks, variables=root.variables(),
                  recipe=recipe_of(project, name))  # fmt: skip
    if any(node.type == DELAY for _, node in graph.walk()):
        from designer.importers.nnc.delays import with_sized_delays

        graph = with_sized_delays(graph)
    graph = with_losses_as_values(graph, taken)
    return Drawn(graph, {node: raw for drawing in (root, *units.values()) for node, raw in drawing.sources.items()})


def _units(project: Project, name: str) -> list[str]:
    """The networks that a network uses as units, directly or not, in the order in which they are met."""
    found: list[str] = []
    waiting = [name]
    while waiting:
        network = project.networks[waiting.pop(0)]
        for layer in network.layers:
            unit = layer.properties.get("Network", "")
            if layer.type != UNIT or unit in found:
                continue
            if unit not in project.networks:
                raise ForeignError(message(
                    "The unit '{name}' of the network '{network}' uses the network '{unit}', which is not in the file.",
                    name=layer.name, network=network.name, unit=unit))  # fmt: skip
            found.append(unit)
            waiting.append(unit)
    return found


class _Drawing:
    """The nodes and wires of one network, level by level."""

    def __init__(self, project: Project, network: Network, taken: set[str], *, as_block: bool = False) -> None:
        self.project = project
        self.network = network = prepared(network)
        self.taken = taken
        self.layers = {layer.id: layer for layer in network.layers}
        self.arguments = [layer for layer in network.layers if layer.type == ARGUMENT]
        self.inlets = [layer.id for layer in _by_order(network.layers)] if as_block else []
        """Inputs of a unit, which become the block's own."""
        self.loops = loops(network)
        self.level = {id_: loop for loop in reversed(self.loops) for id_ in loop.inside}
        """The innermost loop that each layer lies in."""
        self.parent = {id(loop): self._around(loop) for loop in self.loops}
        self.extra: dict[int, list[Endpoint]] = {}
        """For each loop, what enters it besides its own inputs, by the source outside."""
        self.sources: dict[str, RawLayer] = {}
        """The layer that each node was, by node id."""
        self.nodes: dict[str, Node] = {}
        self.frames: dict[int, Node] = {}
        self.edges: dict[int | None, list[Edge]] = {None: [], **{id(loop): [] for loop in self.loops}}
        self._make_nodes()
        self._wire()

    def _around(self, loop: Loop) -> Loop | None:
        return next((other for other in self.loops if other is not loop and loop.starts[0] in other.inside), None)

    # ---- nodes

    def _make_nodes(self) -> None:
        ends = {id_ for loop in self.loops for id_ in (*loop.starts, *loop.ends)}
        for layer in self.network.layers:
            if layer.type != ARGUMENT and layer.id not in ends and layer.id not in self.inlets:
                self.nodes[layer.id] = self._node(layer)
        for loop in self.loops:
            self.frames[id(loop)] = self._frame(loop)

    def _node(self, layer: RawLayer) -> Node:
        made = convert(layer.type, layer.properties) if layer.type != UNIT else None
        params = made.params if made is not None else self._unit(layer)
        return Node(id=self._id(layer), type=made.type if made is not None else BLOCK, name=layer.name, params=params)

    def _id(self, layer: RawLayer) -> str:
        found = fresh(layer.name.lstrip("@#") or layer.type, self.taken)
        self.taken.add(found)
        self.sources[found] = layer
        return found

    def _unit(self, layer: RawLayer) -> dict[str, object]:
        """A unit's block and the arguments that it gives; what it says of layers inside is kept."""
        given = Properties(layer.properties)
        unit = given.text("Network")
        known = [each.name for each in self.project.networks[unit].layers if each.type == ARGUMENT]
        arguments = {name: _argument(given, name) for name in known if given.has(name)}
        kept = {
            f"{KEPT}{name}": value
            for name, value in given.leftovers().items()
            if value and value not in NEUTRAL.get(name, ()) and not _repeats(self.project, unit, name, value)
        }
        return {"block": unit, **({"arguments": arguments} if arguments else {}), **kept}

    def _frame(self, loop: Loop) -> Node:
        start = self.layers[loop.starts[0]]
        if start.type == "RepeatStart":
            given = Properties(start.properties)
            shared = {"shared": True} if given.flag("Shared") is True else {}  # as only a .nntxt says it
            params = {"times": given.number("Times", "3"), **shared}
            return Node(id=self._id(start), type="Repeat", name=start.name, params=params)
        axis = Properties(start.properties).number("Axis", "0")
        return Node(id=self._id(start), type="Recurrent", name=start.name, params={"axis": axis})

    # ---- wires

    def _wire(self) -> None:
        for target, links in _by_target(self.network.links).items():
            for port, link in links:
                self._connect(link, target, port)

    def _connect(self, link: RawLink, target: str, port: int) -> None:
        source, source_level = self._source(link)
        end, level = self._target(target, port)
        for loop in self._into(source_level, level):  # a value from outside of a loop, which no layer brings in
            source = self._bring_in(source, loop)
        self.edges[id(level) if level else None].append(Edge(source, end))

    def _source(self, link: RawLink) -> tuple[Endpoint, Loop | None]:
        if link.source in self.inlets:
            return (INPUT, self.inlets.index(link.source)), None
        for loop in self.loops:
            if link.source in loop.starts:
                return (INPUT, loop.starts.index(link.source)), loop
            if link.source in loop.ends:
                return (self.frames[id(loop)].id, loop.ends.index(link.source)), self.parent[id(loop)]
        return (self.nodes[link.source].id, link.source_pin), self.level.get(link.source)

    def _target(self, target: str, port: int) -> tuple[Endpoint, Loop | None]:
        for loop in self.loops:
            if target in loop.starts:
                return (self.frames[id(loop)].id, loop.starts.index(target)), self.parent[id(loop)]
            if target in loop.ends:
                return (OUTPUT, loop.ends.index(target)), loop
        return (self.nodes[target].id, port), self.level.get(target)

    def _into(self, outside: Loop | None, inside: Loop | None) -> list[Loop]:
        """The loops that a wire enters on its way, outermost first."""
        path: list[Loop] = []
        while inside is not outside and inside is not None:
            path.insert(0, inside)
            inside = self.parent[id(inside)]
        if inside is not outside:
            raise ForeignError(message("In the network '{network}' a wire leaves a loop other than through its end.",
                                       network=self.network.name))  # fmt: skip
        return path

    def _bring_in(self, source: Endpoint, loop: Loop) -> Endpoint:
        entering = self.extra.setdefault(id(loop), [])
        if source not in entering:
            entering.append(source)
            port = len(loop.starts) + len(entering) - 1
            around = self.parent[id(loop)]
            self.edges[id(around) if around else None].append(Edge(source, (self.frames[id(loop)].id, port)))
        return INPUT, len(loop.starts) + entering.index(source)

    # ---- the result

    def body(self, level: Loop | None = None) -> Body:
        """The nodes of one level and the frames on it, with their places."""
        here = [(self.layers[i], node) for i, node in self.nodes.items() if self.level.get(i) is level]
        found = [Placed(node, layer.x, layer.y) for layer, node in here]
        for loop in self.loops:
            if self.parent[id(loop)] is level:
                start = self.layers[loop.starts[0]]
                found.append(Placed(self.frames[id(loop)], start.x, start.y, self.body(loop)))
        return placed(found, tuple(self.edges[id(level) if level else None]))

    def block(self) -> Block:
        """The network as a block: its inputs are the block's, its last layers' outputs too."""
        read = {link.source for link in self.network.links}
        for loop in self.loops:
            read |= {*loop.starts} | ({*loop.ends} & read)
        ends = [i for i in self.layers if i not in read and self._gives(i)]
        for port, end in enumerate(ends):
            source, _ = self._source(RawLink(end, "", 0))
            self.edges[None].append(Edge(source, (OUTPUT, port)))
        arguments = (Argument(layer.name, _argument(Properties(layer.properties), "Value")) for layer in self.arguments)
        return Block(body=self.body(), arguments=tuple(arguments))

    def _gives(self, layer: str) -> bool:
        return self.layers[layer].type not in (ARGUMENT, "Comment") and layer not in self.inlets

    def variables(self) -> dict[str, object]:
        """The network's own arguments, which a drawing that is no block has as variables."""
        return {layer.name: _argument(Properties(layer.properties), "Value") for layer in self.arguments}


def _by_order(layers: Iterable[RawLayer]) -> list[RawLayer]:
    """The inputs of a unit: by their order property, then as the file has them."""
    inputs = [layer for layer in layers if layer.type == "Input"]
    return sorted(inputs, key=_order)


def _order(layer: RawLayer) -> int:
    order = whole(layer.properties.get("Order", "").strip())
    return -1 if order is None or order < 0 else order


def _by_target(links: Iterable[RawLink]) -> dict[str, list[tuple[int, RawLink]]]:
    """For each layer the links into it with their ports: several on one pin come one after the other."""
    found: dict[str, list[RawLink]] = {}
    for link in links:
        found.setdefault(link.target, []).append(link)
    numbered = {}
    for target, entering in found.items():
        first = sum(link.pin == 0 for link in entering)
        port, ports = 0, []
        for link in entering:
            ports.append((port if link.pin == 0 else link.pin + max(first, 1) - 1, link))
            port += link.pin == 0
        numbered[target] = ports
    return numbered


def _argument(given: Properties, name: str) -> object:
    """An argument's value: a number, a truth value, a list of numbers or a formula; a text that is none stays one."""
    text = given.text(name)
    if text in ("True", "False"):
        return text == "True"
    values = given.numbers(name, "0")
    if name in given.leftovers():
        return text
    return values[0] if len(values) == 1 else values


def _named(network: Network, name: str) -> RawLayer | None:
    return next((layer for layer in network.layers if layer.name == name), None)


def _repeats(project: Project, unit: str, name: str, value: str) -> bool:
    """Whether a unit's property, such as 'Conv.W.LRateMultiplier', says of a layer inside what that says itself."""
    inside, _, rest = name.partition(".")
    layer = _named(project.networks[unit], inside)
    while layer is not None and layer.type == UNIT and rest and rest not in layer.properties:
        inside, _, rest = rest.partition(".")
        layer = _named(project.networks[layer.properties.get("Network", "")], inside)
    if layer is None or not rest:
        return False
    own = layer.properties.get(rest, "")
    try:
        return own == value or float(own) == float(value)
    except ValueError:
        return False
