"""Drawings for the compiler's tests: small ones by hand, and random ones of chains, branches and nested frames."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node
from designer.layers import Facts, Shape, make


class Drawing:
    """A body that grows node by node; a node reads the one before it unless its sources are named."""

    def __init__(self, last: str = "", shape: Shape = (), prefix: str = "") -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.last = last
        self.prefix = prefix
        self.shapes: dict[str, Shape] = {last: shape} if last else {}

    def add(self, type_: str, name: str, *sources: str, body: Body | None = None, **params: Any) -> str:
        sources = sources or tuple(filter(None, [self.last]))
        self.nodes.append(Node(id=name, type=type_, name=name, params=params, body=body))
        self.edges += [Edge((source, 0), (name, port)) for port, source in enumerate(sources)]
        facts = make(type_, params).facts(tuple(self.shapes.get(source, ()) for source in sources))
        if isinstance(facts, Facts):
            self.shapes[name] = facts.outputs[0]
        self.last = name
        return name

    def repeat(self, name: str, times: int, inside: Drawing, *sources: str) -> str:
        return self.add("Repeat", name, *sources, body=inside.as_frame(), times=times)

    def as_frame(self) -> Body:
        return Body(tuple(self.nodes), (*self.edges, Edge((self.last, 0), (OUTPUT, 0))))

    def graph(self, name: str = "net") -> Graph:
        return Graph(name=name, root=Body(tuple(self.nodes), tuple(self.edges)))


def lenet() -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[1, 12, 12])
    net.add("Conv2d", "conv1", out_channels=4, kernel_size=5)
    net.add("ReLU", "relu1")
    net.add("MaxPool2d", "pool1", kernel_size=2)
    net.add("Linear", "fc1", out_features=6)
    net.add("ReLU", "relu2")
    net.add("Linear", "fc2", out_features=3)
    net.add("SoftmaxCrossEntropy", "loss", label_smoothing=0.1)
    return net.graph("lenet")


def residual() -> Graph:
    """A stem, a downsampling block whose shortcut is a convolution, and two identity blocks in a Repeat."""
    net = Drawing()
    net.add("Input", "input", shape=[3, 8, 8])
    net.add("Conv2d", "stem", out_channels=4, padding="same")
    relu = net.add("ReLU", "relu0")
    net.add("Conv2d", "conv1", out_channels=6, stride=2, padding=1, bias=False)
    net.add("BatchNorm", "bn1")
    net.add("ReLU", "relu1")
    net.add("Conv2d", "conv2", out_channels=6, padding=1, bias=False)
    main = net.add("BatchNorm", "bn2")
    short = net.add("Conv2d", "short", relu, out_channels=6, kernel_size=1, stride=2)
    net.add("Add", "add", main, short)
    block = Drawing(INPUT, net.shapes["add"])
    block.add("Conv2d", "conv", out_channels=6, padding=1, bias=False)
    inner = block.add("BatchNorm", "bn")
    block.add("Add", "sum", inner, INPUT)
    block.add("ReLU", "relu")
    net.repeat("stage", 2, block)
    net.add("GlobalAveragePool", "gap")
    net.add("Linear", "fc", out_features=3)
    net.add("SoftmaxCrossEntropy", "loss")
    return net.graph("residual")


def nested() -> Graph:
    """A Repeat in a Repeat, with a layer before and behind the inner one."""
    net = Drawing()
    net.add("Input", "input", shape=[5])
    inner = Drawing(INPUT, (5,))
    inner.add("Linear", "fc", out_features=5)
    inner.add("Tanh", "tanh")
    outer = Drawing(INPUT, (5,))
    outer.add("Linear", "first", out_features=5)
    outer.repeat("inner", 3, inner)
    outer.add("Linear", "last", out_features=5)
    net.repeat("outer", 2, outer)
    net.add("SoftmaxCrossEntropy", "loss")
    return net.graph("nested")


def two_heads() -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[4])
    trunk = net.add("Linear", "trunk", out_features=6)
    net.add("Linear", "early", out_features=3)
    net.add("SoftmaxCrossEntropy", "early_loss")
    net.add("ReLU", "relu", trunk)
    net.add("Linear", "late", out_features=3)
    net.add("SoftmaxCrossEntropy", "late_loss", label_smoothing=0.2)
    return net.graph("two heads")


KEEPING: Sequence[tuple[str, dict[str, Any]]] = (
    ("BatchNorm", {}),
    ("ReLU", {}),
    ("Tanh", {}),
    ("Scale", {"multiply": 0.5, "add": 0.25}),
    ("Dropout", {"p": 0.5}),
    ("Conv2d", {"kernel_size": 3, "padding": "same"}),
)
CHANGING: Sequence[tuple[str, dict[str, Any]]] = (
    ("Conv2d", {"kernel_size": [1, 3], "padding": [0, 1], "bias": False, "weight_init": "he_normal"}),
    ("Conv2d", {"kernel_size": 2, "stride": 2, "padding": "same", "weight_init": "glorot_uniform", "bias_init": 0.5}),
    ("MaxPool2d", {"kernel_size": 2, "stride": 1, "padding": "same"}),
)


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """A network of up to a dozen nodes and frames up to two deep; every node has a weight in what comes out or none."""
    net = Drawing()
    net.add("Input", "input", shape=[draw(st.integers(1, 3)), 6, 6])
    _grow(draw, net, draw(st.integers(1, 12)), depth=0)
    if draw(st.booleans()):
        net.add("GlobalAveragePool", "gap")
    net.add("Linear", "fc", out_features=3)
    if draw(st.booleans()):
        net.add("SoftmaxCrossEntropy", "loss")
    return net.graph()


def _grow(draw: st.DrawFn, body: Drawing, count: int, depth: int) -> None:
    for number in range(count):
        name = f"{body.prefix}n{number}"
        shape = body.shapes[body.last]
        earlier = [n for n, s in body.shapes.items() if s == shape]
        joinable = [n for n, s in body.shapes.items() if s[1:] == shape[1:] and s[0] + shape[0] < 20]
        kind = draw(st.sampled_from(["keep", "keep", "change", "add", "multiply", "join", "branch", "repeat"]))
        if kind == "repeat" and depth < 2:
            inside = Drawing(INPUT, shape, prefix=f"{name}_")
            _grow_keeping(draw, inside, depth + 1)
            body.repeat(name, draw(st.integers(1, 3)), inside)
        elif kind in ("add", "multiply"):
            others = draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=3))
            body.add("Add" if kind == "add" else "Multiply", name, body.last, *others)
        elif kind == "join" and joinable:
            body.add("Concatenate", name, draw(st.sampled_from(joinable)), body.last)
        elif kind == "branch":  # an earlier value goes through a layer of its own and comes back
            type_, params = draw(st.sampled_from(KEEPING))
            last, source = body.last, draw(st.sampled_from(earlier))
            side = body.add(type_, f"{name}_side", source, **_channels(type_, params, shape[0]))
            body.add("Add", name, *draw(st.permutations([last, side])))
        elif kind == "change":
            type_, params = draw(st.sampled_from(CHANGING))
            body.add(type_, name, **_channels(type_, params, draw(st.integers(1, 4))))
        else:
            type_, params = draw(st.sampled_from(KEEPING))
            body.add(type_, name, **_channels(type_, params, shape[0]))


def _grow_keeping(draw: st.DrawFn, body: Drawing, depth: int) -> None:
    """A body that gives the shape it takes."""
    channels = body.shapes[INPUT][0]
    _grow_same(draw, body, draw(st.integers(0, 3)), depth)
    if draw(st.booleans()):
        body.add("Add", f"{body.prefix}out", body.last, INPUT)
    elif body.last == INPUT:
        body.add("Conv2d", f"{body.prefix}out", out_channels=channels, padding="same")


def _grow_same(draw: st.DrawFn, body: Drawing, count: int, depth: int) -> None:
    for number in range(count):
        name, shape = f"{body.prefix}n{number}", body.shapes[body.last]
        if depth < 2 and draw(st.integers(0, 3)) == 0:
            inside = Drawing(INPUT, shape, prefix=f"{name}_")
            _grow_keeping(draw, inside, depth + 1)
            body.repeat(name, draw(st.integers(1, 2)), inside)
        elif draw(st.booleans()):
            body.add("Add", name, body.last, draw(st.sampled_from(list(body.shapes))))
        else:
            type_, params = draw(st.sampled_from(KEEPING))
            body.add(type_, name, **_channels(type_, params, shape[0]))


def _channels(type_: str, params: dict[str, Any], channels: int) -> dict[str, Any]:
    return {**params, "out_channels": channels} if type_ == "Conv2d" else params


TYPES = (
    "Input", "ReLU", "Add", "Concatenate", "Multiply", "Linear", "Flatten", "Repeat", "Recurrent",
    "SoftmaxCrossEntropy", "Pad", "Constant", "Delay",
)  # fmt: skip


def random_body(random: Random, *, inside: bool = False, depth: int = 0, prefix: str = "n") -> Body:
    """A few nodes wired at random, ports and all: what a file can hold, mostly wrong."""
    nodes: list[Node] = []
    edges: dict[tuple[str, int], Edge] = {}
    for number in range(random.randint(1, 6)):
        node_id, type_ = f"{prefix}{number}", random.choice(TYPES) if inside or number else "Input"
        params = {"Input": {"shape": random.choice([[4], [4], [2, 4, 4]])}, "Linear": {"out_features": 4}}.get(
            type_, {"shape": [4]} if type_ in ("Constant", "Delay") else {}
        )
        framed = depth < 2 and random.random() < (0.9 if type_ in ("Repeat", "Recurrent") else 0.03)
        body = random_body(random, inside=True, depth=depth + 1, prefix=f"{node_id}_") if framed else None
        sources = [node.id for node in nodes] + ([INPUT] if inside else [])
        nodes.append(Node(id=node_id, type=type_, name=random.choice(["", "a", "b"]), params=params, body=body))
        wires = (
            0 if type_ in ("Input", "Constant") and random.random() < 0.9 else random.choice([0, 1, 1, 1, 1, 2, 2, 3])
        )
        for port in range(wires if sources else 0):
            target = (node_id, _mostly(random, port))
            edges[target] = Edge((random.choice(sources), _mostly(random, 0)), target)
    if inside:
        target = (OUTPUT, _mostly(random, 0))
        edges[target] = Edge((random.choice([INPUT, *[n.id for n in nodes]]), _mostly(random, 0)), target)
    return Body(tuple(nodes), tuple(edges.values()))


def _mostly(random: Random, port: int) -> int:
    return port if random.random() < 0.98 else port + 1
