"""Every layer's shape rule, weights and errors, against torch running the layer's own code, over random properties."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layer_reference import TORCH_ERRORS, Written, agrees_with_torch, written

from designer.layers import Facts, ShapeError, catalogue, make

moderate = settings(max_examples=60, deadline=None)
few = settings(max_examples=25, deadline=None)


def one_or_two(low: int, high: int) -> st.SearchStrategy[object]:
    number = st.integers(low, high)
    return number | st.lists(number, min_size=2, max_size=2)


pictures = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9))
vectors = st.tuples(st.integers(1, 12))
sequences = st.tuples(st.integers(1, 6), st.integers(1, 9))
any_shape = pictures | vectors | sequences
mostly_pictures = st.one_of(pictures, pictures, pictures, vectors)


def params(**strategies: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """Some of these properties; the others keep their defaults."""
    return st.fixed_dictionaries({}, optional=strategies)


PADDING = one_or_two(0, 3) | st.sampled_from(["same", "valid"])
WEIGHTED = {"bias": st.booleans()}


@moderate
@given(params(out_channels=st.integers(1, 6), kernel_size=one_or_two(1, 5), stride=one_or_two(1, 4), padding=PADDING,
              dilation=one_or_two(1, 3), groups=st.integers(1, 3), **WEIGHTED), mostly_pictures)  # fmt: skip
def test_conv2d_agrees(properties: dict[str, object], shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("Conv2d", properties), shape)


@moderate
@given(params(out_channels=st.integers(1, 6), kernel_size=one_or_two(1, 5), stride=one_or_two(1, 3),
              padding=one_or_two(0, 3), output_padding=one_or_two(0, 2), dilation=one_or_two(1, 3),
              groups=st.integers(1, 3), **WEIGHTED), mostly_pictures)  # fmt: skip
def test_conv_transpose2d_agrees(properties: dict[str, object], shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("ConvTranspose2d", properties), shape)


@moderate
@given(params(kernel_size=one_or_two(1, 5), stride=one_or_two(1, 4) | st.none(), padding=PADDING,
              ceil_mode=st.booleans()), mostly_pictures)  # fmt: skip
def test_max_pool2d_agrees(properties: dict[str, object], shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("MaxPool2d", properties), shape)


@moderate
@given(params(kernel_size=one_or_two(1, 5), stride=one_or_two(1, 4) | st.none(), padding=PADDING,
              ceil_mode=st.booleans(), count_include_pad=st.booleans()), mostly_pictures)  # fmt: skip
def test_avg_pool2d_agrees(properties: dict[str, object], shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("AvgPool2d", properties), shape)


@few
@given(params(out_features=st.integers(1, 20), **WEIGHTED), any_shape)
def test_linear_agrees_and_flattens_any_shape(properties: dict[str, object], shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("Linear", properties), shape)


ANY_SHAPE: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "BatchNorm": {"eps": st.floats(1e-12, 0.1), "momentum": st.floats(0, 1), "affine": st.booleans()},
    "LocalResponseNorm": {"size": st.integers(1, 9), "alpha": st.floats(0, 1), "beta": st.floats(0, 1)},
    "GlobalAveragePool": {},
    "Flatten": {},
    "Dropout": {"p": st.floats(0, 1)},
    "ReLU": {},
    "LeakyReLU": {"negative_slope": st.floats(0, 1)},
    "ELU": {"alpha": st.floats(0, 3)},
    "GELU": {"approximate": st.sampled_from(["none", "tanh"])},
    "SiLU": {},
    "Sigmoid": {},
    "Tanh": {},
    "Scale": {"multiply": st.floats(-2, 2), "add": st.floats(-2, 2)},
    "RandomBrightness": {"delta": st.floats(0, 1)},
    "ImageNormalization": {},
    "MeanSubtraction": {"per": st.sampled_from(["pixel", "channel", "all"])},
}


@pytest.mark.parametrize("kind", ANY_SHAPE)
@few
@given(data=st.data(), shape=any_shape)
def test_layers_for_any_shape_agree(kind: str, data: st.DataObject, shape: tuple[int, ...]) -> None:
    agrees_with_torch(make(kind, data.draw(params(**ANY_SHAPE[kind]))), shape)


PICTURES: dict[str, dict[str, st.SearchStrategy[object]]] = {
    "RandomCrop": {"size": one_or_two(1, 9)},
    "RandomResizedCrop": {"side": st.floats(0.01, 1)},
    "RandomShift": {"pixels": one_or_two(0, 12)},
    "RandomFlip": {"horizontal": st.just(True), "vertical": st.booleans()},
    "RandomContrast": {"lower": st.floats(0, 1), "upper": st.floats(1, 2)},
    "Pad": {
        **{side: st.integers(0, 4) for side in ("top", "bottom", "left", "right")},
        "mode": st.sampled_from(["constant", "reflect", "replicate"]),
        "value": st.floats(-1, 1),
    },
}


@pytest.mark.parametrize("kind", PICTURES)
@few
@given(data=st.data(), shape=pictures)
def test_layers_for_pictures_agree(kind: str, data: st.DataObject, shape: tuple[int, ...]) -> None:
    properties = data.draw(params(**PICTURES[kind]))
    if kind == "RandomCrop":
        layer = make(kind, {"size": 1, **properties})
        if isinstance(layer.facts((shape,)), ShapeError):
            with pytest.raises(TORCH_ERRORS):  # the centre crop of a slice would be silently smaller
                written(layer, shape).train()(torch.zeros(2, *shape))
            return
        agrees_with_torch(layer, shape)
    else:
        agrees_with_torch(make(kind, properties), shape)


@pytest.mark.parametrize("kind", [*PICTURES, "Conv2d", "ConvTranspose2d", "MaxPool2d", "AvgPool2d"])
@pytest.mark.parametrize("shape", [(5,), (3, 5), (3, 2, 4, 4)])
def test_layers_for_pictures_refuse_everything_else(kind: str, shape: tuple[int, ...]) -> None:
    found = make(kind, {}).facts((shape,))
    assert isinstance(found, ShapeError)
    assert found.code == "needs-picture"


@few
@given(st.integers(-4, 4), any_shape)
def test_softmax_agrees(axis: int, shape: tuple[int, ...]) -> None:
    layer = make("Softmax", {"axis": axis})
    try:
        torch.zeros(shape).softmax(axis)  # the same axis, of one sample
    except IndexError:
        assert isinstance(layer.facts((shape,)), ShapeError)
    else:
        agrees_with_torch(layer, shape)


@moderate
@given(any_shape, st.lists(st.sampled_from([-1, 0, 1, 2, 3, 4, 6, 8, 12]), min_size=1, max_size=4))
def test_reshape_agrees(shape: tuple[int, ...], wanted: list[int]) -> None:
    layer = make("Reshape", {"shape": wanted})
    try:
        torch.zeros(shape).reshape(wanted)
    except RuntimeError:
        assert isinstance(layer.facts((shape,)), ShapeError)
    else:
        agrees_with_torch(layer, shape)


@few
@given(any_shape, st.data())
def test_reshape_agrees_where_the_sizes_fit(shape: tuple[int, ...], data: st.DataObject) -> None:
    wanted = list(data.draw(st.permutations(shape)))
    if data.draw(st.booleans()):
        wanted[data.draw(st.integers(0, len(wanted) - 1))] = -1
    agrees_with_torch(make("Reshape", {"shape": wanted}), shape)


small = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)) | st.tuples(st.integers(1, 3))


@moderate
@given(st.lists(small, min_size=2, max_size=4), st.integers(-3, 2))
def test_concatenate_agrees(shapes: list[tuple[int, ...]], axis: int) -> None:
    layer = make("Concatenate", {"axis": axis})
    try:
        torch.cat([torch.zeros(shape) for shape in shapes], axis)
    except TORCH_ERRORS:
        assert isinstance(layer.facts(tuple(shapes)), ShapeError)
    else:
        agrees_with_torch(layer, *shapes)


@few
@given(pictures, st.lists(st.integers(1, 4), min_size=2, max_size=4), st.integers(0, 2))
def test_concatenate_agrees_where_the_sizes_fit(shape: tuple[int, ...], sizes: list[int], axis: int) -> None:
    shapes = [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]
    agrees_with_torch(make("Concatenate", {"axis": axis}), *shapes)


@few
@given(any_shape, st.integers(2, 4))
def test_add_takes_equal_shapes(shape: tuple[int, ...], count: int) -> None:
    agrees_with_torch(make("Add", {}), *[shape] * count)


@moderate
@given(st.lists(small, min_size=2, max_size=4))
def test_add_refuses_unequal_shapes_but_for_axes_of_1(shapes: list[tuple[int, ...]]) -> None:
    largest = [max(sizes) for sizes in zip(*shapes, strict=False)]
    assume(
        len({*map(len, shapes)}) > 1
        or any(size not in (1, top) for shape in shapes for size, top in zip(shape, largest, strict=True))
    )
    found = make("Add", {}).facts(tuple(shapes))
    assert isinstance(found, ShapeError)
    assert found.code == "add-shapes"
    assert shapes[found.port] != shapes[0]


@moderate
@given(st.lists(st.tuples(*[st.integers(1, 2)] * 3), min_size=2, max_size=4))
def test_multiply_agrees(shapes: list[tuple[int, ...]]) -> None:
    agrees_with_torch(make("Multiply", {}), *shapes)


@few
@given(vectors, st.floats(0, 1))
def test_loss_takes_scores_and_gives_one_number(shape: tuple[int, ...], smoothing: float) -> None:
    layer = make("SoftmaxCrossEntropy", {"label_smoothing": smoothing})
    scores, answers = torch.randn(3, *shape), torch.zeros(3, dtype=torch.long)
    names = {"F": torch.nn.functional, "scores": scores, "answers": answers}
    value = eval(layer.call("", ["scores", "answers"], (shape,)), names)
    assert layer.output(shape) == (1,)
    assert value.numel() == 1
    expected = torch.nn.functional.cross_entropy(scores, answers, label_smoothing=smoothing)
    torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("shape", [(3, 4, 4), (3, 4)])
def test_a_loss_behind_a_picture_asks_whether_every_place_has_a_class(shape: tuple[int, ...]) -> None:
    found = make("SoftmaxCrossEntropy", {}).facts((shape,))
    assert isinstance(found, Facts)
    assert found.outputs == ((1, *shape[1:]),)
    assert [note.code for note in found.notes] == ["needs-vector"]


@pytest.mark.parametrize(
    ("kind", "trained"), [("Constant", False), ("Parameter", True), ("Buffer", False), ("Random", False)]
)
@few
@given(shape=any_shape)
def test_values_without_an_input_agree(kind: str, trained: bool, shape: tuple[int, ...]) -> None:
    layer = make(kind, {"shape": shape})
    module = Written(layer)
    found = module(4)  # the batch size
    assert layer.facts(()) == Facts((shape,), torch.Size(shape).numel() if trained else 0, int(trained))
    assert tuple(found.shape) == (4, *shape)
    assert [tuple(p.shape) for p in module.parameters()] == list(layer.weights().values())


@pytest.mark.parametrize("loss", ["mse", "l1", "huber", "smooth_l1", "epsilon_insensitive", "bce_with_logits"])
@few
@given(shape=any_shape)
def test_loss_values_agree(loss: str, shape: tuple[int, ...]) -> None:
    agrees_with_torch(make("LossValues", {"loss": loss}), shape, shape)


def test_every_layer_with_code_is_compared_with_torch() -> None:
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    compared = "".join(text for text in texts if "agrees_with_torch" in text)
    code = (cls for cls in catalogue().values() if not (cls.is_input or cls.is_frame or cls.is_end))
    with_code = [cls for cls in code if cls.__name__ != "Delay"]  # a loop's state, which tests/codegen runs
    assert [cls.__name__ for cls in with_code if f'"{cls.__name__}"' not in compared] == []
