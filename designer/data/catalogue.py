"""The built-in data sets, as facts the window shows before anything is loaded. No torch, no numpy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

import platformdirs

from designer.errors import Message, message

Kind = Literal["built-in", "npz", "folder"]


class DataSetInfo(NamedTuple):
    """What is known of a built-in set without loading it."""

    name: str
    """What recipes and the command line call it."""
    title: Message
    shape: tuple[int, int, int]
    """(C, H, W) of every picture."""
    classes: tuple[str, ...]
    train_size: int
    test_size: int
    needs_download: bool
    """It comes from the internet the first time; afterwards it lies in `data_folder()`."""

    def divided(self, validation: float) -> tuple[int, int]:
        """How many pictures are trained on and validated with; with nothing held out, the test pictures validate."""
        held_out = round(self.train_size * validation)
        return self.train_size - held_out, held_out or self.test_size


# The names of classes are messages so that they are collected for translation; the set itself holds their English text.
_SYNTHETIC = (
    message("circle"), message("triangle"), message("square"), message("pentagon"), message("star"),
    message("cross"), message("ring"), message("crescent"), message("heart"), message("arrow"),
)  # fmt: skip
_CIFAR10 = (
    message("airplane"), message("automobile"), message("bird"), message("cat"), message("deer"),
    message("dog"), message("frog"), message("horse"), message("ship"), message("truck"),
)  # fmt: skip
_FASHION = (
    message("T-shirt/top"), message("Trouser"), message("Pullover"), message("Dress"), message("Coat"),
    message("Sandal"), message("Shirt"), message("Sneaker"), message("Bag"), message("Ankle boot"),
)  # fmt: skip
_CIFAR100 = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
    "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
)  # fmt: skip

_TITLES = {name.template: name for name in (*_SYNTHETIC, *_CIFAR10, *_FASHION)}


def _texts(names: tuple[Message, ...]) -> tuple[str, ...]:
    return tuple(name.template for name in names)


SYNTHETIC = DataSetInfo(
    "synthetic", message("Shapes (embedded)"), (3, 32, 32), _texts(_SYNTHETIC), 10_000, 2_000, False
)
"""The embedded set, drawn by `designer.data.synthetic`: always there."""

BUILT_IN: tuple[DataSetInfo, ...] = (
    SYNTHETIC,
    DataSetInfo("cifar10", message("CIFAR-10"), (3, 32, 32), _texts(_CIFAR10), 50_000, 10_000, True),
    DataSetInfo("cifar100", message("CIFAR-100"), (3, 32, 32), _CIFAR100, 50_000, 10_000, True),
    DataSetInfo("mnist", message("MNIST"), (1, 28, 28), tuple("0123456789"), 60_000, 10_000, True),
    DataSetInfo("fashion_mnist", message("Fashion-MNIST"), (1, 28, 28), _texts(_FASHION), 60_000, 10_000, True),
)


def find(name: str) -> DataSetInfo | None:
    """The built-in set of that name, or None."""
    return next((info for info in BUILT_IN if info.name == name), None)


def kind_of(text: str) -> Kind:
    """What a recipe's `data` means: a built-in set's name, the path of an .npz file, or else a folder of images."""
    if find(text) is not None:
        return "built-in"
    return "npz" if text.lower().endswith(".npz") else "folder"


def class_title(name: str) -> Message:
    """A class's name as a text to translate; names that people gave their own classes stay as they are."""
    return _TITLES.get(name) or Message("{name}", {"name": name})


def data_folder() -> Path:
    """Where downloaded and generated sets are kept: $NETDESIGNER_DATA, or the user's cache folder."""
    chosen = os.environ.get("NETDESIGNER_DATA")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("netdesigner", False)) / "data"
