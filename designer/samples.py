"""The sample networks that come with the app: where they are, and what to say about them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from designer.errors import Message, message


class Sample(NamedTuple):
    """One sample network."""

    path: Path
    title: str
    """A name, the same in every language."""
    description: Message
    """One line for the start page."""


_ABOUT: Final[dict[str, tuple[str, Message]]] = {
    "cntk_basic": ("Basic CNN", message("Three convolutions, then two dense layers")),
    "cntk_dropout": ("Basic CNN, dropout", message("The basic CNN with Dropout before its last layer")),
    "cntk_batchnorm": ("Basic CNN, batch norm", message("The basic CNN with BatchNorm after every ReLU")),
    "cntk_vgg9": ("VGG-9", message("Pairs of 3x3 convolutions, then three dense layers")),
    "cntk_resnet20": ("ResNet-20", message("Nine residual blocks, all drawn out")),
    "tf_cifar10": ("TensorFlow CIFAR-10", message("24x24 crops, augmentation and local response normalization")),
    "scratch_mnist": ("MNIST from scratch", message("One convolution that reads handwritten digits")),
    "mini_resnet34": ("Mini ResNet-34", message("ResNet-34 with a quarter of the maps, all blocks drawn out")),
    "resnet34_repeat": ("ResNet-34", message("ImageNet sizes, each stage's equal blocks in a Repeat")),
}
"""Title and description by file name, in the order of the start page: simple ones first."""


def samples_folder() -> Path:
    """Where the sample graphs lie: `designer/_graphs` in an installed package, `graphs` beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "_graphs"
    return installed if installed.is_dir() else package.parent / "graphs"


def samples() -> list[Sample]:
    """Every sample network, simple ones first; files that nothing is known of come last, by name."""
    known = list(_ABOUT)
    paths = sorted(
        samples_folder().glob("*.json"), key=lambda p: (known.index(p.stem) if p.stem in _ABOUT else len(known), p.stem)
    )
    return [Sample(path, *_ABOUT.get(path.stem, (path.stem, message("")))) for path in paths]


def sample_paths() -> list[Path]:
    """The files of the sample networks, in the order of `samples`."""
    return [sample.path for sample in samples()]
