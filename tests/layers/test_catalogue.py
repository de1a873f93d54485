"""The catalogue as a whole: documentation, palette, search, what nodes show, and layers that are not there."""

from __future__ import annotations

import string
import subprocess
import sys
from typing import get_args

import pytest

from designer.graph.model import Node
from designer.layers import (
    Facts,
    Layer,
    ShapeError,
    by_category,
    catalogue,
    documentation,
    fields,
    layer_of,
    make,
    registry,
    search,
    stem_of,
    title_of,
)  # fmt: skip
from designer.layers.base import Category, Missing
from designer.layers.families import ORDER
from designer.layers.registry import class_of, family_of

ISSUE = {
    "Input", "Conv2d", "ConvTranspose2d", "BatchNorm", "LocalResponseNorm", "MaxPool2d", "AvgPool2d",
    "GlobalAveragePool", "Linear", "Flatten", "Reshape", "Dropout", "ReLU", "LeakyReLU", "ELU", "GELU", "SiLU",
    "Sigmoid", "Tanh", "Softmax",
    "Add", "Multiply", "Concatenate", "Scale", "Pad", "RandomCrop", "RandomResizedCrop", "RandomShift", "RandomFlip",
    "RandomBrightness", "RandomContrast", "ImageNormalization", "MeanSubtraction", "Repeat", "SoftmaxCrossEntropy",
}  # fmt: skip

LAYERS = list(catalogue().values())


def test_the_whole_catalogue_is_there() -> None:
    assert catalogue().keys() >= ISSUE


@pytest.mark.parametrize("cls", LAYERS)
def test_every_layer_is_documented_and_can_be_found(cls: type[Layer]) -> None:
    text = documentation(cls)
    assert text[:1].isupper()
    assert text.endswith(".")
    assert "    " not in text
    assert cls in by_category()[cls.category]
    assert search(title_of(cls))[0] is cls
    assert stem_of(cls).isidentifier()
    for alias in cls.aliases:
        assert cls in search(alias)


def test_categories_are_the_families_in_their_order() -> None:
    assert get_args(Category) == ORDER
    assert list(by_category()) == [name for name in ORDER if name in by_category()]
    for cls in LAYERS:
        assert family_of(cls.__module__.rpartition(".")[2]) == cls.category


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("conv", "Conv2d"),
        ("affine", "Linear"),
        ("dense", "Linear"),
        ("relu", "ReLU"),
        ("max pool", "MaxPool2d"),
        ("maxpooling", "MaxPool2d"),
        ("pool", "MaxPool2d"),
        ("batch_norm", "BatchNorm"),
        ("average", "AvgPool2d"),
        ("swish", "SiLU"),
        ("RepeatStart", "Repeat"),
        ("畳み込み", "Conv2d"),
        ("residual", "Add"),
        ("mulscalar", "Scale"),
        ("cross", "SoftmaxCrossEntropy"),
    ],
)
def test_search_finds_what_people_mean(text: str, first: str) -> None:
    assert search(text)[0].__name__ == first


def test_search_prefers_beginnings_to_words_to_parts() -> None:
    names = [cls.__name__ for cls in search("re")]
    assert names.index("ReLU") < names.index("LeakyReLU")
    assert (
        names.index("Repeat")
        < names.index("LocalResponseNorm")
        < names.index("ConvTranspose2d" if "ConvTranspose2d" in names else names[-1])
    )
    assert search("arithmetic") == list(by_category()["arithmetic"])
    assert search("no such layer") == []


def test_search_prefers_names_to_words_about_a_layer() -> None:
    losses = ["SoftmaxCrossEntropy", "CategoricalCrossEntropy", "BCEWithLogitsLoss", "BCELoss"]
    assert [cls.__name__ for cls in search("cross")] == [*losses, "MultiheadAttention"]


def test_search_for_nothing_gives_every_layer() -> None:
    assert len(search("")) == len(LAYERS)


@pytest.mark.parametrize(
    ("kind", "properties", "summary"),
    [
        ("Conv2d", {"out_channels": 64, "padding": 1}, "3x3, 64"),
        ("Conv2d", {"out_channels": 64, "stride": 2}, "3x3, 64, /2"),
        ("Conv2d", {"kernel_size": [3, 5], "stride": [2, 1], "padding": "same", "dilation": 2, "groups": 4},
         "3x5, 16, /2x1, same, d2, g4"),
        ("ConvTranspose2d", {"kernel_size": 4}, "4x4, 16, ×2"),
        ("Linear", {"out_features": 64}, "64"),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2}, "3x3, /2"),
        ("MaxPool2d", {}, "2x2, /2"),
        ("AvgPool2d", {"kernel_size": 3, "stride": [2, 1], "padding": "same"}, "3x3, /2x1, same"),
        ("Dropout", {"p": 0.25}, "0.25"),
        ("Scale", {"multiply": 1 / 256}, "×0.00391"),
        ("Scale", {"multiply": 2, "add": -1}, "×2, -1"),
        ("Reshape", {"shape": [16, -1]}, "16x?"),
        ("Concatenate", {}, ""),
        ("Concatenate", {"axis": 1}, "axis 1"),
        ("Pad", {}, "1"),
        ("Pad", {"top": 0}, "0,1,1,1"),
        ("Repeat", {"times": 18}, "x18"),
        ("Input", {}, "3x32x32"),
        ("LocalResponseNorm", {"size": 9}, "9"),
        ("RandomShift", {}, "±4"),
        ("RandomFlip", {"vertical": True}, "↔↕"),
        ("RandomCrop", {}, "24x24"),
        ("MeanSubtraction", {}, "pixel"),
        ("LeakyReLU", {"negative_slope": 0.1}, "0.1"),
        ("SoftmaxCrossEntropy", {"top_k": 3}, "top 3"),
    ],
)  # fmt: skip
def test_summary_shows_the_properties_that_matter(kind: str, properties: dict[str, object], summary: str) -> None:
    assert make(kind, properties).summary() == summary


@pytest.mark.parametrize(
    ("kind", "properties", "module"),
    [
        ("Conv2d", {"padding": 1, "bias": False}, "nn.Conv2d(3, 16, 3, padding=1, bias=False)"),
        ("Conv2d", {"kernel_size": [3, 5], "stride": [2, 2], "dilation": [1, 2], "groups": 1},
         "nn.Conv2d(3, 16, (3, 5), stride=2, dilation=(1, 2))"),
        ("ConvTranspose2d", {"kernel_size": 4, "padding": 1}, "nn.ConvTranspose2d(3, 16, 4, stride=2, padding=1)"),
        ("Linear", {}, "nn.Linear(192, 100)"),
        ("BatchNorm", {"eps": 1e-3}, "nn.BatchNorm2d(3, eps=0.001)"),
        ("MaxPool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}, "nn.MaxPool2d(3, 2, ceil_mode=True)"),
        ("AvgPool2d", {"padding": 1, "count_include_pad": False},
         "nn.AvgPool2d(2, padding=1, count_include_pad=False)"),
        ("LocalResponseNorm", {"size": 9, "alpha": 0.001}, "nn.LocalResponseNorm(9, alpha=0.001)"),
        ("Dropout", {"p": 0.25}, "nn.Dropout(0.25)"),
        ("LeakyReLU", {"negative_slope": 0.1}, "nn.LeakyReLU(0.1)"),
        ("GELU", {"approximate": "tanh"}, 'nn.GELU(approximate="tanh")'),
        ("Pad", {"top": 0, "mode": "reflect"}, "nn.ReflectionPad2d((1, 1, 0, 1))"),
        ("MeanSubtraction", {"per": "channel"}, "MeanSubtraction(3, 1, 1)"),
    ],
)  # fmt: skip
def test_modules_are_written_as_a_person_would(kind: str, properties: dict[str, object], module: str) -> None:
    assert make(kind, properties).module((3, 8, 8)) == module


@pytest.mark.parametrize(
    ("kind", "properties", "count", "call"),
    [
        ("Linear", {}, 1, "self.m(torch.flatten(a, 1))"),
        ("Add", {}, 3, "a + b + c"),
        ("Multiply", {}, 2, "a * b"),
        ("Concatenate", {"axis": -1}, 2, "torch.cat((a, b), dim=3)"),
        ("Scale", {"multiply": 0.5, "add": 1}, 1, "a * 0.5 + 1.0"),
        ("Scale", {"add": -0.5}, 1, "a - 0.5"),
        ("Scale", {}, 1, "a"),
        ("Reshape", {"shape": [12, -1]}, 1, "a.reshape(a.shape[0], 12, 16)"),
        ("GlobalAveragePool", {}, 1, "a.mean(dim=(2, 3))"),
        ("ReLU", {}, 1, "self.m(a)"),
        ("SoftmaxCrossEntropy", {"label_smoothing": 0.1}, 2, "F.cross_entropy(a, b, label_smoothing=0.1)"),
    ],
)
def test_calls_are_written_as_a_person_would(kind: str, properties: dict[str, object], count: int, call: str) -> None:
    args = ["a", "b", "c"][:count]
    assert make(kind, properties).call("self.m", args, ((3, 8, 8),) * count) == call


@pytest.mark.parametrize(
    ("kind", "properties", "shapes", "code", "text"),
    [
        ("Add", {}, [(16, 32, 32), (32, 16, 16)], "add-shapes",
         "Add needs equal shapes: 16x32x32 from bn2, 32x16x16 from conv3."),
        ("Add", {}, [(16, 8, 8), (16, 8, 8), (16, 8)], "add-shapes",
         "Add needs equal shapes: 16x8x8 from bn2, 16x8 at its input 3."),
        ("Multiply", {}, [(16, 8, 8), (4, 1, 1)], "multiply-shapes",
         "Multiply needs equal shapes: 16x8x8 from bn2, 4x1x1 from conv3."),
        ("Concatenate", {}, [(16, 8, 8), (16, 8, 7)], "concat-shapes",
         "Concatenate needs equal sizes but along axis 0: 16x8x8 from bn2, 16x8x7 from conv3."),
        ("Conv2d", {"groups": 3}, [(16, 8, 8)], "groups",
         "3 groups cannot share the channels evenly: bn2 gives 16, and 16 are to come out. The number of groups must "
         "divide both."),
        ("Conv2d", {}, [(10,)], "needs-picture",
         "Conv2d needs a picture (channels x height x width), but bn2 gives 10."),
        ("Reshape", {"shape": [5, -1]}, [(3, 4, 4)], "reshape-size",
         "3x4x4 from bn2 holds 48 values; they cannot be laid out as 5x?."),
        ("Softmax", {"axis": 3}, [(10,)], "axis", "There is no axis 3: bn2 gives 10, whose axes are 0 to 0."),
        ("RandomContrast", {"lower": 2, "upper": 1}, [(3, 4, 4)], "bad-property",
         "The smallest factor 2 is larger than the largest one, 1."),
    ],
)  # fmt: skip
def test_errors_say_what_was_found_and_where(
    kind: str, properties: dict[str, object], shapes: list[tuple[int, ...]], code: str, text: str
) -> None:
    found = make(kind, properties).facts(tuple(shapes))
    assert isinstance(found, ShapeError)
    assert found.code == code
    names = {f"from{i}": name for i, name in enumerate(("bn2", "conv3", "fc1"))}
    assert found.message.template.format(**names, **found.message.values) == text


def test_templates_name_only_sources_and_their_own_values() -> None:
    for cls in LAYERS:
        for shapes in ([(10,)], [(3, 2, 2)], [(3, 5, 5), (4, 5, 5)], [(3, 5)]):
            if not cls.ports.variadic and len(shapes) != len(cls.ports.names):
                continue
            found = make(cls.__name__, {}).facts(tuple(shapes))
            texts = [found.message] if isinstance(found, ShapeError) else [note.text for note in found.notes]
            for text in texts:
                used = {name for _, name, _, _ in string.Formatter().parse(text.template) if name}
                assert used <= {*text.values, *(f"from{i}" for i in range(len(shapes)))}


@pytest.mark.parametrize("cls", [cls for cls in LAYERS if cls.keeps_shape])
def test_layers_that_say_so_keep_the_shape(cls: type[Layer]) -> None:
    facts = make(cls.__name__, {}).facts(((4, 6, 5),))
    assert isinstance(facts, Facts)
    assert facts.outputs == ((4, 6, 5),)


def test_equal_layers_are_one_object_and_remember_their_facts() -> None:
    first = layer_of(Node(id="a", type="Conv2d", params={"out_channels": 8}))
    second = layer_of(Node(id="b", type="Conv2d", params={"out_channels": 8}))
    assert first is second
    assert first.facts(((3, 8, 8),)) is second.facts(((3, 8, 8),))


def test_an_unknown_layer_says_so_and_is_no_crash() -> None:
    layer = make("FromAnotherPackage", {"a": [1, {}]})
    assert isinstance(layer, Missing)
    found = layer.facts(((3, 8, 8),))
    assert isinstance(found, ShapeError)
    assert found.code == "unknown-layer"
    assert "FromAnotherPackage" in str(found.message)


def test_the_catalogue_needs_neither_torch_nor_qt() -> None:
    script = (
        "import sys; from designer.layers import catalogue, make, fields\n"
        "[fields(cls) for cls in catalogue().values()]\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PySide6', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_layer_is_found_without_loading_all_others() -> None:
    """In a process of its own, as everything is loaded here."""
    code = (
        "import sys; from designer.layers.registry import class_of; "
        "print(class_of('Conv2d').__name__, class_of('Nothing'), "
        "sum(module.startswith('designer.layers.families.') for module in sys.modules))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert found[:2] == ["Conv2d", "None"]
    assert int(found[2]) <= 2
    assert {name: class_of(name) for name in catalogue()} == catalogue()


def test_layers_with_texts_are_known_without_reading_their_types() -> None:
    texts = {name for name, cls in catalogue().items() if any(field.kind in ("text", "code") for field in fields(cls))}
    assert {name for name, cls in catalogue().items() if registry._may_have_texts(cls)} >= texts
