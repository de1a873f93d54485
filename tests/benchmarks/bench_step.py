"""A step of the built module against the same network by hand. Run: python tests/benchmarks/bench_step.py"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from table import Results, alternating
from torch import Tensor, nn
from torch.nn import functional as F

import designer
from designer.graph import edits

GRAPHS = Path(__file__).parents[2] / "graphs"


class HandBlock(nn.Module):
    """A residual block as people write it."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.shortcut = nn.Sequential()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)) + self.shortcut(x))


class HandResNet20(nn.Module):
    """ResNet-20 of the CNTK tutorial, written by hand; preprocessing as in the graph but without augmentation."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, 32, 32))
        self.conv = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(16)
        stages = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        blocks = [HandBlock(*stage) for stage in stages]
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) * (1 / 256)
        x = self.blocks(F.relu(self.bn(self.conv(x))))
        return self.fc(torch.flatten(F.avg_pool2d(x, 8), 1))


class HandBasic(nn.Module):
    """The basic network of the CNTK tutorial, written by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, 32, 32))
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 32, 5, padding=2)
        self.conv3 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(576, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = (x - self.mean) * (1 / 256)
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), 3, 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


def stepper(net: nn.Module, x: Tensor, y: Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-3, momentum=0.9)
    net.train()

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step


def built(name: str) -> nn.Module:
    """The sample's module without its random crops, which the hand-written ones leave out."""
    graph = designer.load(GRAPHS / f"{name}.json")
    crops = [node.id for _, node in graph.walk() if node.type.startswith("Random")]
    return designer.build(edits.remove_and_join(graph, crops))


def main() -> bool:
    torch.manual_seed(0)
    torch.set_num_threads(1)  # one thread: the two are compared without the noise of waiting for each other
    results = Results("A training step, built and hand-written")
    for name, hand, batch in (("cntk_basic", HandBasic(), 32), ("cntk_resnet20", HandResNet20(), 16)):
        x, y = torch.rand(batch, 3, 32, 32) * 255, torch.randint(10, (batch,))
        ours, theirs = alternating(stepper(built(name), x, y), stepper(hand, x, y), rounds=15, least=0.2)
        results.ratio(f"{name}, batch {batch}", ours, theirs, 1.02)
    return results.show()


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
