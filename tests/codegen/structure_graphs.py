"""Drawings of frames and blocks for the compiler's tests: random ones that nest all of them, with formulas."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.graph.model import Argument, Block

X = [3, 5]
"""What enters random drawings: channels and steps."""


def node(name: str, type_: str, body: Body | None = None, **params: Any) -> Node:
    """A node whose id is its name."""
    return Node(id=name, type=type_, name=name, params=params, body=body)


def wires(*pairs: str) -> tuple[Edge, ...]:
    """Edges written as 'a:1 b:0'; a port left out is 0, `in` and `out` are those of the frame."""
    return tuple(Edge(_end(a, INPUT), _end(b, OUTPUT)) for a, b in (pair.split() for pair in pairs))


def _end(text: str, boundary: str) -> tuple[str, int]:
    name, _, port = text.partition(":")
    return (boundary if name in ("in", "out") else name), int(port or 0)


def chain(*nodes: Node) -> Body:
    """A frame's body whose nodes follow each other."""
    return Body(nodes, tuple(Edge((a, 0), (b, 0)) for a, b in pairwise([INPUT, *(n.id for n in nodes), OUTPUT])))


def network(*nodes: Node, shape: list[int] | None = None, **more: Any) -> Graph:
    """A drawing whose nodes follow each other below an Input."""
    every = [node("input", "Input", shape=shape or [3, 8, 8]), *nodes]
    return Graph(
        name="net", root=Body(tuple(every), tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(every))), **more
    )


class Grower:
    """Grows bodies at random. `steps` are drawn on pictures (C, L), or on vectors inside of a Recurrent frame."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.count = 0
        self.blocks: dict[str, Block] = {}
        self.flat: dict[str, Block] = {}
        """Blocks of vectors."""

    def name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def graph(self) -> Graph:
        for _ in range(self.draw(st.integers(0, 2))):
            name = self.name("Part")
            arguments = (Argument("width", self.draw(st.integers(1, 4))), Argument("rate", 0.5))
            body = self.body(depth=1, names=("width",), keeps=False)
            self.blocks[name] = Block(body=body, arguments=arguments)
        for _ in range(self.draw(st.integers(0, 1))):
            name = self.name("Flat")
            self.flat[name] = Block(
                body=self.body(1, ("width",), keeps=False, flat=True), arguments=(Argument("width", 2),)
            )
        body = self.body(depth=0, names=("base",), keeps=False)
        edges = tuple(
            Edge(("input", 0) if e.source[0] == INPUT else e.source, e.target)
            for e in body.edges
            if e.target[0] != OUTPUT
        )
        root = Body((node("input", "Input", shape=X), *body.nodes), edges)
        return Graph(name="net", root=root, blocks=self.blocks | self.flat, variables={"base": 2})

    def body(self, depth: int, names: tuple[str, ...], *, keeps: bool, flat: bool = False) -> Body:
        """A body of a few nodes; with `keeps` the channels that leave are those that enter."""
        nodes: list[Node] = []
        edges: list[Edge] = []
        last = INPUT
        for _ in range(self.draw(st.integers(1, 3))):
            made, extra = self.piece(depth, names, keeps, flat, last)
            nodes += made
            edges += [Edge((last, 0), (made[-1].id, 0)), *extra]
            last = made[-1].id
        edges.append(Edge((last, 0), (OUTPUT, 0)))
        return Body(tuple(nodes), tuple(edges))

    def piece(
        self, depth: int, names: tuple[str, ...], keeps: bool, flat: bool, last: str
    ) -> tuple[list[Node], list[Edge]]:
        """Nodes whose last one reads what is above, and wires among them."""
        draw = self.draw
        kinds = [
            "weights",
            "weights",
            "plain",
            "side",
            "numbered",
            "repeat",
            "shared",
            "recurrent",
            "block",
            "block",
            "exchange",
        ]
        kind = draw(st.sampled_from(kinds if depth < 3 else kinds[:4]))
        if kind == "plain":
            return [
                draw(st.sampled_from([node(self.name("tanh"), "Tanh"), node(self.name("by"), "Scale", multiply=0.5)]))
            ], []
        if kind == "side":  # a value and what is made of it, added
            weights, add = self.weights(names, True, flat), node(self.name("add"), "Add")
            return [weights, add], [Edge((last, 0), (weights.id, 0)), Edge((weights.id, 0), (add.id, 1))]
        if kind == "exchange":
            return self.exchange(names, flat, last)
        if kind in ("repeat", "shared"):
            times = draw(st.sampled_from([2, 3, "=1 + base" if "base" in names else 2]))
            body = self.body(depth + 1, names, keeps=True, flat=flat)
            return [node(self.name("loop"), "Repeat", body, times=times, shared=kind == "shared")], []
        if kind == "numbered" and not keeps:
            body = self.body(depth + 1, (*names, "i"), keeps=False, flat=flat)
            return [node(self.name("stages"), "Repeat", body, times=draw(st.integers(1, 4)))], []
        if kind == "recurrent" and not flat:
            return [self.recurrent(depth, names, keeps)], []
        known = self.flat if flat else self.blocks
        if kind == "block" and known and not keeps:
            arguments = {
                "width": draw(st.sampled_from([1, 2, 6, "=in.channels" if not flat else "=in.size", f"={names[0]}"]))
            }
            given = draw(st.sampled_from([{}, arguments]))
            return [node(self.name("use"), "Block", block=draw(st.sampled_from(sorted(known))), arguments=given)], []
        return [self.weights(names, keeps, flat)], []

    def weights(self, names: tuple[str, ...], keeps: bool, flat: bool) -> Node:
        size = "in.size" if flat else "in.channels"
        widths = [f"={f}" for name in names for f in (f"{name} + 1", f"2 * {name} + 2", f"{name} * {name} + 1")]
        width = f"={size}" if keeps else self.draw(st.sampled_from([2, f"={size}", *widths]))
        if flat:
            return node(self.name("fc"), "Linear", out_features=width)
        return node(
            self.name("conv"),
            "Conv1d",
            out_channels=width,
            kernel_size=self.draw(st.sampled_from([1, 3])),
            padding="same",
        )

    def recurrent(self, depth: int, names: tuple[str, ...], keeps: bool) -> Node:
        """Steps of a sequence; two Delays in a row remember a state, which gates what leaves or leaves itself."""
        draw = self.draw
        inside = self.body(depth + 1, names, keeps=True, flat=True)
        cat, fc, gate, by = (self.name(stem) for stem in ("cat", "state", "gate", "by"))
        first, second = self.name("before"), self.name("long_before")
        initial = draw(st.sampled_from([0.0, 0.5]))
        nodes = [
            *inside.nodes, node(cat, "Concatenate"), node(fc, "Linear", out_features=4),
            node(gate, "Linear", out_features=1), node(by, "Multiply"),
            node(first, "Delay", shape=[4], initial=initial), node(second, "Delay", shape=[4]),
        ]  # fmt: skip
        older = draw(st.sampled_from([first, second]))
        edges = [edge for edge in inside.edges if edge.target[0] != OUTPUT]
        (last,) = (edge.source[0] for edge in inside.edges if edge.target[0] == OUTPUT)
        edges += wires(f"{last} {cat}:0", f"{older} {cat}:1", f"{cat} {fc}", f"{fc} {first}", f"{first} {second}",
                       f"{fc} {gate}", f"{last} {by}:0", f"{gate} {by}:1")  # fmt: skip
        leaving = by if keeps else draw(st.sampled_from([by, fc, older]))
        body = Body(tuple(nodes), (*edges, *wires(f"{leaving} out")))
        settings = {"axis": draw(st.sampled_from([1, -1])), "backwards": draw(st.booleans())}
        return node(self.name("rnn"), "Recurrent", body, **settings)

    def exchange(self, names: tuple[str, ...], flat: bool, last: str) -> tuple[list[Node], list[Edge]]:
        """A Repeat of two values that change places each time, and a third that enters every repetition."""
        side, frame, add = self.weights(names, True, flat), self.name("exchange"), node(self.name("both"), "Add")
        weights, plus = self.weights(names, True, flat), node(self.name("plus"), "Add")
        body = Body(
            (weights, plus),
            wires(f"in {weights.id}", f"{weights.id} {plus.id}", f"in:2 {plus.id}:1", f"{plus.id} out:1", "in:1 out:0"),
        )
        repeat = node(frame, "Repeat", body, times=self.draw(st.integers(1, 3)), shared=self.draw(st.booleans()))
        sources = self.draw(st.permutations([last, side.id, last]))
        second, third = Edge((sources[1], 0), (frame, 1)), Edge((sources[2], 0), (frame, 2))
        into = [Edge((last, 0), (side.id, 0)), Edge((sources[0], 0), (frame, 0)), second, third]
        outs = self.draw(st.sampled_from([(0, 1), (1, 1), (0, 0)]))
        into += [Edge((frame, port), (add.id, number + 1)) for number, port in enumerate(outs)]
        return [side, repeat, add], into


@st.composite
def structures(draw: st.DrawFn) -> Graph:
    """A network of frames of all kinds and blocks with arguments, up to four deep."""
    return Grower(draw).graph()
