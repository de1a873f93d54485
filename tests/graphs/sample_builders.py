"""Builds every sample graph of `graphs/` in Python; run as a program it writes the files anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node, edits, io, recipe
from designer.graph.recipe import ByEpoch, Constant, Optimizer, Recipe, Step
from designer.layout import arrange

GRAPHS = Path(__file__).parents[2] / "graphs"


class Drawing:
    """A body that grows node by node; a node reads the one before it unless its sources are named."""

    def __init__(self, last: str = "") -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.last = last

    def add(self, type_: str, name: str, *sources: str, body: Body | None = None, **params: Any) -> str:
        """Add a node of that type, wired to its sources; returns its name, which is its id too."""
        self.nodes.append(Node(id=name, type=type_, name=name, params=params, body=body))
        for port, source in enumerate(sources or (self.last,)):
            if source:
                self.edges.append(Edge((source, 0), (name, port)))
        self.last = name
        return name

    def repeat(self, name: str, times: int, inside: Drawing) -> str:
        """Add a Repeat frame around another drawing that began with `Drawing(INPUT)`."""
        wires = (*inside.edges, Edge((inside.last, 0), (OUTPUT, 0)))
        return self.add("Repeat", name, body=Body(tuple(inside.nodes), wires), times=times)

    def graph(self, name: str, how: Recipe, reference: str) -> Graph:
        """The finished drawing, laid out, with its recipe and a word on where it comes from."""
        graph = Graph(
            name=name,
            root=Body(tuple(self.nodes), tuple(self.edges)),
            recipe=recipe.write(how, {"reference": reference}),
        )
        return edits.move(graph, arrange(graph))


# ---- A. CNTK tutorial

GLOROT = {"weight_init": "glorot_uniform", "bias_init": 0.0}
HE = {"weight_init": "he_normal"}


def cntk_input() -> Drawing:
    """Pixels as CNTK's reader gives them: a random crop while training, minus the mean image, times 1/256."""
    net = Drawing()
    net.add("Input", "input", shape=[3, 32, 32], pixels="0..255")
    net.add("RandomResizedCrop", "crop", side=0.8)
    net.add("MeanSubtraction", "mean", per="pixel")
    net.add("Scale", "scale", multiply=1 / 256)
    return net


def cntk_recipe(epochs: int) -> Recipe:
    """CNTK's momentum has unit gain, so that its rates 0.01, 0.003 and 0.001 are a tenth in torch's terms."""
    return Recipe(
        data="synthetic",
        batch_size=64,
        epochs=epochs,
        optimizer=Optimizer(name="Momentum", params={"momentum": 0.9}),
        learning_rate=0.001,
        weight_decay=0.001,
        schedule=ByEpoch(rates=((0, 0.001), (10, 0.0003), (20, 0.0001))),
        validation=0.0,
    )


def cntk_cnn(name: str, epochs: int, reference: str, *, norm: bool = False, dropout: float = 0.0) -> Graph:
    """The basic network, with batch normalization after every ReLU or dropout before the last layer."""
    net = cntk_input()
    for i, channels in enumerate((32, 32, 64), start=1):
        net.add("Conv2d", f"conv{i}", out_channels=channels, kernel_size=5, padding="same", **GLOROT)
        net.add("ReLU", f"relu{i}")
        if norm:
            net.add("BatchNorm", f"bn{i}")
        net.add("MaxPool2d", f"pool{i}", kernel_size=3, stride=2)
    net.add("Linear", "fc1", out_features=64, **GLOROT)
    net.add("ReLU", "relu4")
    if norm:
        net.add("BatchNorm", "bn4")
    if dropout:
        net.add("Dropout", "dropout", p=dropout)
    net.add("Linear", "fc2", out_features=10, **GLOROT)
    net.add("SoftmaxCrossEntropy", "loss")
    return net.graph(name, cntk_recipe(epochs), reference)


def cntk_basic() -> Graph:
    return cntk_cnn("cntk_basic", 100, "CNTK tutorial, CIFAR-10: 25.3 % test error after 100 epochs")


def cntk_dropout() -> Graph:
    reference = "CNTK tutorial, CIFAR-10: 25.5 % test error after 150 epochs"
    return cntk_cnn("cntk_dropout", 150, reference, dropout=0.25)


def cntk_batchnorm() -> Graph:
    reference = "CNTK tutorial, CIFAR-10: 17.9 % test error after 150 epochs"
    return cntk_cnn("cntk_batchnorm", 150, reference, norm=True)


def cntk_vgg9() -> Graph:
    net = cntk_input()
    for i, channels in enumerate((64, 96, 128), start=1):
        for j in (1, 2):
            net.add("Conv2d", f"conv{i}_{j}", out_channels=channels, kernel_size=3, padding="same", **GLOROT)
            net.add("ReLU", f"relu{i}_{j}")
        net.add("MaxPool2d", f"pool{i}", kernel_size=3, stride=2)
    for i in (1, 2):
        net.add("Linear", f"fc{i}", out_features=1024, **GLOROT)
        net.add("ReLU", f"relu_fc{i}")
    net.add("Linear", "fc3", out_features=10, **GLOROT)
    net.add("SoftmaxCrossEntropy", "loss")
    reference = "CNTK tutorial, CIFAR-10: 16.7 % test error after 200 epochs"
    return net.graph("cntk_vgg9", cntk_recipe(200), reference)


def cntk_resnet20() -> Graph:
    net = cntk_input()
    net.add("Conv2d", "conv1", out_channels=16, kernel_size=3, padding="same", bias=False, **HE)
    net.add("BatchNorm", "bn1")
    net.add("ReLU", "relu1")
    for stage, channels in ((2, 16), (3, 32), (4, 64)):
        for block in (1, 2, 3):
            residual(net, f"{stage}_{block}", channels, shrink=stage > 2 and block == 1, init=HE)
    net.add("AvgPool2d", "pool", kernel_size=8)
    net.add("Linear", "fc", out_features=10, bias_init=0.0, **HE)
    net.add("SoftmaxCrossEntropy", "loss")
    reference = "CNTK tutorial, CIFAR-10: 18.1 % test error after 250 epochs"
    return net.graph("cntk_resnet20", cntk_recipe(250), reference)


def residual(net: Drawing, tag: str, channels: int, *, shrink: bool, init: dict[str, Any] | None = None) -> None:
    """A basic block: two 3x3 convolutions beside a shortcut, which halves the size by a 1x1 convolution if it must."""
    start = net.last
    how = {"out_channels": channels, "bias": False, **(init or {})}
    net.add("Conv2d", f"conv{tag}a", kernel_size=3, stride=2 if shrink else 1, padding=1, **how)
    net.add("BatchNorm", f"bn{tag}a")
    net.add("ReLU", f"relu{tag}a")
    net.add("Conv2d", f"conv{tag}b", kernel_size=3, padding=1, **how)
    main = net.add("BatchNorm", f"bn{tag}b")
    if shrink:
        net.add("Conv2d", f"short{tag}", start, kernel_size=1, stride=2, **how)
        start = net.add("BatchNorm", f"short{tag}_bn")
    net.add("Add", f"add{tag}", main, start)
    net.add("ReLU", f"relu{tag}")


# ---- C. TensorFlow tutorial


def tf_cifar10() -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[3, 32, 32])
    net.add("RandomCrop", "crop", size=24)
    net.add("RandomFlip", "flip")
    net.add("RandomBrightness", "brightness")
    net.add("RandomContrast", "contrast")
    net.add("ImageNormalization", "normalize")
    lrn = {"size": 9, "alpha": 0.001, "beta": 0.75, "k": 1.0}  # TensorFlow's alpha, 0.001 / 9, times the size
    conv = {"out_channels": 64, "kernel_size": 5, "padding": "same", "weight_init": "truncated_normal"}
    pool = {"kernel_size": 3, "stride": 2, "padding": "same"}
    net.add("Conv2d", "conv1", **conv, weight_init_scale=1e-4, bias_init=0.0)
    net.add("ReLU", "relu1")
    net.add("MaxPool2d", "pool1", **pool)
    net.add("LocalResponseNorm", "norm1", **lrn)
    net.add("Conv2d", "conv2", **conv, weight_init_scale=1e-4, bias_init=0.1)
    net.add("ReLU", "relu2")
    net.add("LocalResponseNorm", "norm2", **lrn)
    net.add("MaxPool2d", "pool2", **pool)
    for i, features in ((3, 384), (4, 192)):
        net.add("Linear", f"local{i}", out_features=features, weight_init="truncated_normal",
                weight_init_scale=0.04, bias_init=0.1, weight_decay=0.004)  # fmt: skip
        net.add("ReLU", f"relu{i}")
    net.add("Linear", "softmax_linear", out_features=10, weight_init="truncated_normal",
            weight_init_scale=1 / 192, bias_init=0.0)  # fmt: skip
    net.add("SoftmaxCrossEntropy", "loss")
    how = Recipe(
        data="synthetic", batch_size=128, epochs=256, optimizer=Optimizer(name="SGD"), learning_rate=0.1,
        schedule=Step(factor=0.1, every=350, unit="epoch"), validation=0.0,
    )  # fmt: skip
    reference = "TensorFlow tutorial, CIFAR-10: about 86 % accuracy at 60,000-100,000 steps"
    return net.graph("tf_cifar10", how, reference)


# ---- D. From scratch


def scratch_mnist() -> Graph:
    init = {"weight_init": "normal", "weight_init_scale": 0.01, "bias_init": 0.0}
    net = Drawing()
    net.add("Input", "input", shape=[1, 28, 28])
    net.add("Conv2d", "conv1", out_channels=30, kernel_size=5, **init)
    net.add("ReLU", "relu1")
    net.add("MaxPool2d", "pool1", kernel_size=2)
    net.add("Linear", "fc1", out_features=100, **init)
    net.add("ReLU", "relu2")
    net.add("Linear", "fc2", out_features=10, **init)
    net.add("SoftmaxCrossEntropy", "loss")
    how = Recipe(
        data="mnist", batch_size=100, epochs=10, optimizer=Optimizer(name="Adagrad"), learning_rate=0.06,
        schedule=Constant(), validation=0.0,
    )  # fmt: skip
    return net.graph("scratch_mnist", how, "From scratch, MNIST: 98.60 % test accuracy after 10 epochs")


# ---- E. Neural Network Console


def mini_resnet34() -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[3, 32, 32])
    net.add("Conv2d", "conv1", out_channels=16, kernel_size=3, padding=1, bias=False)
    net.add("BatchNorm", "bn1")
    net.add("ReLU", "relu1")
    net.add("MaxPool2d", "pool1", kernel_size=3, stride=2, padding=1)
    for stage, (blocks, channels) in enumerate(((3, 16), (4, 32), (6, 64), (3, 128)), start=2):
        for block in range(1, blocks + 1):
            residual(net, f"{stage}_{block}", channels, shrink=stage > 2 and block == 1)
    net.add("GlobalAveragePool", "pool")
    net.add("Linear", "fc", out_features=10)
    net.add("SoftmaxCrossEntropy", "loss")
    how = Recipe(
        data="synthetic", batch_size=64, epochs=20, optimizer=Optimizer(name="SGD"), learning_rate=0.1,
        schedule=Step(factor=0.1, every=4000, unit="iteration"), validation=0.0,
    )  # fmt: skip
    reference = "Neural Network Console, CIFAR-10: 74.36 % test accuracy after 5 epochs with momentum"
    return net.graph("mini_resnet34", how, reference)


def resnet34_repeat() -> Graph:
    net = Drawing()
    net.add("Input", "input", shape=[3, 224, 224])
    net.add("Conv2d", "conv1", out_channels=64, kernel_size=7, stride=2, padding=3, bias=False, **HE)
    net.add("BatchNorm", "bn1")
    net.add("ReLU", "relu1")
    net.add("MaxPool2d", "pool1", kernel_size=3, stride=2, padding=1)
    for stage, (blocks, channels) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=2):
        changes = stage > 2  # the first block halves the size, so it cannot stand in the frame
        if changes:
            residual(net, f"{stage}_1", channels, shrink=True, init=HE)
        inside = Drawing(INPUT)
        residual(inside, f"{stage}", channels, shrink=False, init=HE)
        net.repeat(f"stage{stage}", blocks - changes, inside)
    net.add("GlobalAveragePool", "pool")
    net.add("Linear", "fc", out_features=1000)
    net.add("SoftmaxCrossEntropy", "loss")
    how = Recipe(
        batch_size=256, epochs=90, optimizer=Optimizer(name="Momentum", params={"momentum": 0.9}),
        learning_rate=0.1, weight_decay=1e-4, schedule=Step(factor=0.1, every=30, unit="epoch"), validation=0.0,
    )  # fmt: skip
    reference = "Deep Residual Learning (He et al. 2015), ImageNet; needs pictures of 224x224 in 1,000 classes"
    return net.graph("resnet34_repeat", how, reference)


BUILDERS: dict[str, Callable[[], Graph]] = {
    build.__name__: build
    for build in (
        cntk_basic, cntk_dropout, cntk_batchnorm, cntk_vgg9, cntk_resnet20,
        tf_cifar10, scratch_mnist, mini_resnet34, resnet34_repeat,
    )
}  # fmt: skip

if __name__ == "__main__":
    for name, build in BUILDERS.items():
        io.save(build(), GRAPHS / f"{name}.json")
        sys.stdout.write(f"{name}\n")
