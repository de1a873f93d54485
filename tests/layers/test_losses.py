"""Losses and metrics: their code against formulas written by hand, forward and gradient, and their shapes."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import pytest
import torch
from layer_reference import namespace

from designer.layers import Facts, ShapeError, catalogue, make
from designer.layers.base import Costs
from designer.layers.losses import Judge

Formula = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

JUDGES = [cls for cls in catalogue().values() if issubclass(cls, Judge)]


def judged(
    kind: str, params: dict[str, object], score: torch.Tensor, target: torch.Tensor, wired: bool
) -> torch.Tensor:
    """The value of a loss's own expression."""
    layer = make(kind, params)
    shapes = (tuple(score.shape[1:]), *([tuple(target.shape[1:])] if wired else []))
    expression = layer.call("", ["score", "target"], shapes)
    value: torch.Tensor = eval(expression, namespace(()), {"score": score, "target": target})
    return value


def _huber(d: torch.Tensor, delta: float) -> torch.Tensor:
    return torch.where(d.abs() < delta, d * d / 2, delta * (d.abs() - delta / 2))


ELEMENTWISE: list[tuple[str, dict[str, object], Formula]] = [
    ("MSELoss", {}, lambda x, t: ((x - t) ** 2).mean()),
    ("MSELoss", {"weight": 0.25}, lambda x, t: ((x - t) ** 2).mean() / 4),
    ("L1Loss", {"weight": -2}, lambda x, t: -2 * (x - t).abs().mean()),
    ("HuberLoss", {"delta": 0.3}, lambda x, t: _huber(x - t, 0.3).mean()),
    ("SmoothL1Loss", {"beta": 0.3}, lambda x, t: (_huber(x - t, 0.3) / 0.3).mean()),
    ("EpsilonInsensitiveLoss", {"epsilon": 0.2}, lambda x, t: ((x - t).abs() - 0.2).clamp(min=0).mean()),
    ("BCELoss", {}, lambda x, t: -(t * x.log() + (1 - t) * (1 - x).log()).mean()),
    ("BCEWithLogitsLoss", {}, lambda x, t: -(t * x.sigmoid().log() + (1 - t) * (1 - x.sigmoid()).log()).mean()),
    ("MSELoss", {"generator": "constant", "generator_scale": 0.7}, lambda x, t: ((x - 0.7) ** 2).mean()),
    ("Minimize", {"weight": 3}, lambda x, t: 3 * x.mean()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "params", "formula"), ELEMENTWISE)
@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3, 4)])
def test_losses_of_values_are_their_formulas(
    kind: str, params: dict[str, object], formula: Formula, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    score = torch.rand(5, *shape, dtype=torch.float64).mul(0.9).add(0.05).requires_grad_()
    target = torch.rand(5, *shape, dtype=torch.float64)
    found, expected = judged(kind, params, score, target, False), formula(score, target)
    torch.testing.assert_close(found, expected)
    (slope,) = torch.autograd.grad(found, score)
    (reference,) = torch.autograd.grad(expected, score)
    torch.testing.assert_close(slope, reference)
    if kind != "Minimize" and "generator" not in params:
        torch.testing.assert_close(judged(kind, params, score, target, True), expected)


def _nll(p: torch.Tensor, index: torch.Tensor, axis: int) -> torch.Tensor:
    return -p.gather(axis, index.unsqueeze(axis)).log().mean()


@pytest.mark.parametrize(("shape", "axis"), [((4,), 0), ((4, 2, 3), 0), ((2, 3, 4), 2), ((2, 3, 4), -1), ((5, 3), 1)])
@pytest.mark.parametrize("kind", ["SoftmaxCrossEntropy", "CategoricalCrossEntropy"])
def test_class_losses_along_any_axis(kind: str, shape: tuple[int, ...], axis: int) -> None:
    torch.manual_seed(1)
    place = axis % len(shape) + 1
    raw = torch.randn(6, *shape, dtype=torch.float64, requires_grad=True)
    p = raw.softmax(place)
    score = raw if kind == "SoftmaxCrossEntropy" else p
    rest = shape[: place - 1] + shape[place:]
    index = torch.randint(shape[place - 1], (6, *rest))
    expected = _nll(p, index, place)
    layer = make(kind, {"axis": axis})
    assert isinstance(layer, Judge)
    assert layer.target_shape(shape) == rest
    assert layer.output(shape) == (*shape[: place - 1], 1, *shape[place:])
    for target, wired in ((index, False), (index.unsqueeze(place).double(), True)):
        torch.testing.assert_close(judged(kind, {"axis": axis}, score, target, wired), expected)
    if rest:
        torch.testing.assert_close(judged(kind, {"axis": axis}, score, index.double(), True), expected)
    soft = torch.rand(6, *shape, dtype=torch.float64).softmax(place)
    found = judged(kind, {"axis": axis}, score, soft, True)
    torch.testing.assert_close(found, -(soft * p.log()).sum(place).mean())
    found = judged(kind, {"axis": axis}, score, index, False)
    (slope,) = torch.autograd.grad(found, raw, retain_graph=True)
    torch.testing.assert_close(slope, torch.autograd.grad(expected, raw)[0])


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize(
    ("kind", "params"),
    [("SoftmaxCrossEntropy", {}), ("CategoricalCrossEntropy", {}), ("LossValues", {"loss": "cross_entropy"}),
     ("LossValues", {"loss": "categorical_cross_entropy"})],
)  # fmt: skip
def test_classes_of_pixels_are_learned_in_the_memory_format_of_training(
    kind: str, params: dict[str, object], axis: int
) -> None:
    score = torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last).requires_grad_()
    shape = list(score.shape)
    target = torch.randint(shape.pop(axis + 1), shape)
    loss = judged(kind, {**params, "axis": axis}, score * 1, target, kind == "LossValues").sum()
    assert torch.autograd.grad(loss, score)[0].abs().sum() > 0


@pytest.mark.parametrize(("shape", "axis"), [((4,), 0), ((3, 5), 1), ((2, 3, 2), 1)])
def test_the_divergence_of_distributions(shape: tuple[int, ...], axis: int) -> None:
    torch.manual_seed(2)
    rows = torch.randn(4, *shape, dtype=torch.float64, requires_grad=True)
    axes = tuple(range(axis + 1, len(shape) + 1))
    p = rows.exp() / rows.exp().sum(axes, keepdim=True)
    q = torch.rand(4, *shape, dtype=torch.float64)
    q = q / q.sum(axes, keepdim=True)
    expected = (p * (p / q).log()).sum(axes).mean()
    found = judged("KLDivLoss", {"axis": axis}, p, q, False)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, rows, retain_graph=True), torch.autograd.grad(expected, rows))


def test_metrics() -> None:
    scores = torch.tensor([[0.1, 0.7, 0.2], [0.5, 0.3, 0.4], [0.0, 0.1, 0.9], [0.6, 0.3, 0.1]])
    target = torch.tensor([1, 2, 0, 0])
    assert judged("TopNError", {}, scores, target, False) == 0.5
    assert judged("TopNError", {"n": 2}, scores, target, False) == 0.25
    assert judged("TopNError", {"n": 9}, scores, target, False) == 0
    assert judged("TopNError", {}, scores, target[:, None].float(), True) == 0.5
    assert judged("TopNError", {}, scores, torch.nn.functional.one_hot(target).float(), True) == 0.5
    assert judged("BinaryError", {}, scores[:, :1], torch.tensor([[0.0], [0.0], [0.0], [1.0]]), False) == 0.25


@pytest.mark.parametrize("cls", JUDGES)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_the_mean_has_the_type_of_the_input(cls: type[Judge], dtype: torch.dtype) -> None:
    layer = make(cls.__name__, {})
    assert isinstance(layer, Judge)
    score = torch.rand(3, 4, dtype=dtype)
    target = torch.randint(4, (3,)) if layer.answer == "classes" else torch.rand(3, 4, dtype=dtype)
    found = judged(cls.__name__, {}, score, target, False)
    assert found.shape == ()
    if not cls.is_metric:
        assert found.dtype == dtype


@pytest.mark.parametrize("cls", JUDGES)
def test_what_ends_a_network_says_so(cls: type[Judge]) -> None:
    assert cls.is_end
    assert cls.is_loss != cls.is_metric
    assert cls.category == "loss"


@pytest.mark.parametrize(
    ("kind", "shape", "out"),
    [
        ("MSELoss", (1, 28, 28), (1, 28, 28)), ("BCELoss", (1,), (1,)), ("BCELoss", (1, 64, 64), (1, 64, 64)),
        ("BCEWithLogitsLoss", (1, 28, 28), (1, 28, 28)), ("SoftmaxCrossEntropy", (10,), (1,)),
        ("CategoricalCrossEntropy", (1000,), (1,)), ("TopNError", (1000,), (1,)),
    ],
)  # fmt: skip
def test_shapes_and_costs_are_those_of_nnc(kind: str, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
    layer = make(kind, {})
    assert layer.outputs(shape) == (out,)
    size = torch.Size(shape).numel()
    has_softmax = kind in ("SoftmaxCrossEntropy", "BCEWithLogitsLoss")
    assert layer.costs(shape) == (Costs(adds=size, exps=size, divisions=size) if has_softmax else Costs())


def test_errors_about_targets() -> None:
    for kind, target in (("MSELoss", (4, 1)), ("SoftmaxCrossEntropy", (3,)), ("KLDivLoss", (5,))):
        found = make(kind, {}).facts(((4,), target))
        assert isinstance(found, ShapeError)
        assert (found.code, found.port) == ("target-shape", 1)
    assert isinstance(make("SoftmaxCrossEntropy", {"axis": 2}).facts(((4,),)), ShapeError)


def test_classes_for_places_are_pointed_out_where_a_flatten_may_be_missing() -> None:
    found = make("SoftmaxCrossEntropy", {}).facts(((10, 1, 1),))
    assert isinstance(found, Facts)
    assert [note.code for note in found.notes] == ["needs-vector"]
    wired = make("SoftmaxCrossEntropy", {}).facts(((10, 4, 4), (1, 4, 4)))
    assert isinstance(wired, Facts)
    assert not wired.notes


def test_a_certain_wrong_answer_costs_much_but_no_infinity() -> None:
    p = torch.tensor([[1.0, 0.0]])
    found = judged("CategoricalCrossEntropy", {}, p, torch.tensor([1]), False)
    assert found.item() == pytest.approx(-log(1e-12), rel=1e-5)


@pytest.mark.parametrize(
    ("loss", "kind", "params"),
    [
        ("mse", "MSELoss", {}), ("l1", "L1Loss", {}), ("huber", "HuberLoss", {"delta": 0.3}),
        ("smooth_l1", "SmoothL1Loss", {"beta": 0.3}),
        ("epsilon_insensitive", "EpsilonInsensitiveLoss", {"epsilon": 0.3}),
        ("bce", "BCELoss", {}), ("bce_with_logits", "BCEWithLogitsLoss", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(5,), (2, 3)])
def test_loss_values_are_those_whose_mean_the_loss_is(
    loss: str, kind: str, params: dict[str, object], shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    score, target = torch.rand(2, 4, *shape, dtype=torch.float64)
    values = judged("LossValues", {"loss": loss, "width": 0.3}, score, target, True)
    assert values.shape == score.shape
    for i in range(4):
        torch.testing.assert_close(values[i].mean(), judged(kind, params, score[i : i + 1], target[i : i + 1], True))
    free = {"loss": loss, "width": 0.3, "generator_scale": 0.25}
    layer = make("LossValues", free)
    found = eval(layer.call("", ["score"], (shape,)), namespace(()), {"score": score})
    torch.testing.assert_close(found, judged("LossValues", free, score, torch.full_like(score, 0.25), True))


@pytest.mark.parametrize(("shape", "axis"), [((4,), 0), ((4, 2, 3), 0), ((2, 3, 4), -1), ((5, 3), 1)])
@pytest.mark.parametrize("loss", ["cross_entropy", "categorical_cross_entropy"])
def test_loss_values_of_classes(loss: str, shape: tuple[int, ...], axis: int) -> None:
    torch.manual_seed(0)
    place = axis % len(shape) + 1
    raw = torch.randn(6, *shape, dtype=torch.float64)
    score = raw if loss == "cross_entropy" else raw.softmax(place)
    target = torch.randint(shape[place - 1], (6, *shape)).narrow(place, 0, 1)
    expected = -raw.log_softmax(place).gather(place, target)
    params = {"loss": loss, "axis": axis}
    torch.testing.assert_close(judged("LossValues", params, score, target.double(), True), expected)
    soft = torch.rand(6, *shape, dtype=torch.float64).softmax(place)
    expected = -(soft * raw.log_softmax(place)).sum(place, keepdim=True)
    torch.testing.assert_close(judged("LossValues", params, score, soft, True), expected)
    layer = make("LossValues", params)
    assert layer.output(shape, shape) == tuple(expected.shape[1:])
    assert isinstance(layer.facts((shape,)), ShapeError)


@pytest.mark.parametrize("kind", [("BCELoss", {}), ("LossValues", {"loss": "bce"})])
@pytest.mark.parametrize(("generator", "scale", "fits"), [("constant", 1, True), ("constant", -0.1, False),
                                                          ("normal", 0.1, False), ("uniform", 1, False)])  # fmt: skip
def test_generated_targets_of_probabilities_are_probabilities(
    kind: tuple[str, dict[str, object]], generator: str, scale: float, fits: bool
) -> None:
    layer = make(kind[0], {**kind[1], "generator": generator, "generator_scale": scale})
    assert isinstance(layer.facts(((4,),)), Facts) is fits
    assert isinstance(layer.facts(((4,), (4,))), Facts)  # what is wired counts
