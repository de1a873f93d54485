"""Networks that the benchmarks build: ResNet-152 as torchvision has it, and chains of blocks of any length."""

from __future__ import annotations

from designer.graph import Body, Edge, Graph, Node, edits
from designer.layout import arrange


class Builder:
    """Adds nodes one after the other, each wired to the one before it or to named ones."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.last = ""

    def add(self, type_: str, *sources: str, **params: object) -> str:
        name = f"{type_.lower()}{len(self.nodes)}"
        self.nodes.append(Node(id=name, type=type_, name=name, params=params))
        for port, source in enumerate(sources or ((self.last,) if self.last else ())):
            self.edges.append(Edge((source, 0), (name, port)))
        self.last = name
        return name

    def graph(self, name: str) -> Graph:
        return Graph(name=name, root=Body(tuple(self.nodes), tuple(self.edges)))


def bottleneck(net: Builder, channels: int, stride: int, *, project: bool) -> None:
    """1x1, 3x3, 1x1 with four times the channels beside a shortcut."""
    start = net.last
    net.add("Conv2d", out_channels=channels, kernel_size=1, bias=False)
    net.add("BatchNorm")
    net.add("ReLU")
    net.add("Conv2d", out_channels=channels, kernel_size=3, stride=stride, padding=1, bias=False)
    net.add("BatchNorm")
    net.add("ReLU")
    net.add("Conv2d", out_channels=4 * channels, kernel_size=1, bias=False)
    main = net.add("BatchNorm")
    if project:
        net.add("Conv2d", start, out_channels=4 * channels, kernel_size=1, stride=stride, bias=False)
        start = net.add("BatchNorm")
    net.add("Add", main, start)
    net.add("ReLU")


def resnet152() -> Graph:
    """torchvision's resnet152 without frames: 516 nodes, 60,192,808 parameters, input 3x224x224."""
    net = Builder()
    net.add("Input", shape=[3, 224, 224])
    net.add("Conv2d", out_channels=64, kernel_size=7, stride=2, padding=3, bias=False)
    net.add("BatchNorm")
    net.add("ReLU")
    net.add("MaxPool2d", kernel_size=3, stride=2, padding=1)
    for stage, blocks in enumerate((3, 8, 36, 3)):
        for block in range(blocks):
            bottleneck(net, 64 << stage, 2 if stage and not block else 1, project=not block)
    net.add("GlobalAveragePool")
    net.add("Flatten")
    net.add("Linear", out_features=1000)
    return net.graph("resnet152")


def long_network(nodes: int) -> Graph:
    """Basic blocks (seven nodes, one of them with two inputs) until there are this many nodes, laid out."""
    net = Builder()
    net.add("Input", shape=[16, 32, 32])
    while len(net.nodes) + 8 < nodes:
        start = net.last
        net.add("Conv2d", out_channels=16, kernel_size=3, padding=1, bias=False)
        net.add("BatchNorm")
        net.add("ReLU")
        net.add("Conv2d", out_channels=16, kernel_size=3, padding=1, bias=False)
        main = net.add("BatchNorm")
        net.add("Add", main, start)
        net.add("ReLU")
    while len(net.nodes) < nodes - 2:
        net.add("ReLU")
    net.add("Linear", out_features=10)
    net.add("SoftmaxCrossEntropy")
    graph = net.graph(f"long{nodes}")
    return edits.move(graph, arrange(graph))
