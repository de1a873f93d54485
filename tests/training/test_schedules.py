"""The pure function of the recipe gives the rates that torch's own schedulers give."""

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from designer.graph.recipe import ByEpoch, Constant, Cosine, MultiStep, Polynomial, Recipe, Step, Warmup
from designer.training.schedules import convert, iterations_per_epoch, learning_rate

IPE = 7


def ours(recipe: Recipe, per_epoch: int = IPE) -> list[float]:
    return [learning_rate(recipe, i, per_epoch) for i in range(recipe.epochs * per_epoch)]


def torchs(recipe: Recipe, make, each_epoch: bool = False, per_epoch: int = IPE) -> list[float]:  # type: ignore[no-untyped-def]
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.learning_rate)
    scheduler = make(optimizer)
    rates = []
    for i in range(recipe.epochs * per_epoch):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not each_epoch or (i + 1) % per_epoch == 0:
            scheduler.step()
    return rates


def test_constant() -> None:
    assert ours(Recipe(learning_rate=0.3, epochs=2)) == [0.3] * 14


@settings(max_examples=20, deadline=None)
@given(every=st.integers(1, 9), factor=st.floats(0.1, 1))
def test_step_by_epoch_is_torchs_step_lr(every: int, factor: float) -> None:
    recipe = Recipe(learning_rate=0.5, epochs=20, schedule=Step(factor=factor, every=every))
    expected = torchs(recipe, lambda o: lr_scheduler.StepLR(o, every, factor), each_epoch=True)
    assert ours(recipe) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(every=st.integers(1, 50))
def test_step_by_iteration_is_torchs_step_lr(every: int) -> None:
    recipe = Recipe(learning_rate=0.5, epochs=10, schedule=Step(factor=0.5, every=every, unit="iteration"))
    assert ours(recipe) == pytest.approx(torchs(recipe, lambda o: lr_scheduler.StepLR(o, every, 0.5)))


def test_cosine_is_torchs() -> None:
    recipe = Recipe(learning_rate=0.2, epochs=5, schedule=Cosine(final=0.01))
    assert ours(recipe) == pytest.approx(torchs(recipe, lambda o: lr_scheduler.CosineAnnealingLR(o, 5 * IPE, 0.01)))


@settings(max_examples=20, deadline=None)
@given(milestones=st.lists(st.integers(1, 12), min_size=1, max_size=4), factor=st.floats(0.1, 1))
def test_milestones_in_epochs_are_torchs_multi_step_lr(milestones: list[int], factor: float) -> None:
    schedule = MultiStep(factor=factor, milestones=tuple(milestones))
    recipe = Recipe(learning_rate=0.5, epochs=10, schedule=schedule)
    expected = torchs(recipe, lambda o: lr_scheduler.MultiStepLR(o, milestones, factor), each_epoch=True)
    assert ours(recipe) == pytest.approx(expected)


@settings(max_examples=20, deadline=None)
@given(milestones=st.lists(st.integers(1, 50), min_size=1, max_size=4))
def test_milestones_in_iterations_are_torchs_multi_step_lr(milestones: list[int]) -> None:
    recipe = Recipe(epochs=6, schedule=MultiStep(factor=0.5, milestones=tuple(milestones), unit="iteration"))
    assert ours(recipe) == pytest.approx(torchs(recipe, lambda o: lr_scheduler.MultiStepLR(o, milestones, 0.5)))


@settings(max_examples=20, deadline=None)
@given(power=st.floats(0.1, 5))
def test_polynomial_is_torchs(power: float) -> None:
    recipe = Recipe(learning_rate=0.2, epochs=5, schedule=Polynomial(power=power))
    assert ours(recipe) == pytest.approx(torchs(recipe, lambda o: lr_scheduler.PolynomialLR(o, 5 * IPE, power)))


@settings(max_examples=20, deadline=None)
@given(length=st.integers(2, 30))
def test_warm_up_is_torchs_linear_lr(length: int) -> None:
    recipe = Recipe(learning_rate=0.2, epochs=6, warmup=Warmup(length=length, unit="iteration"))
    assert ours(recipe) == pytest.approx(
        torchs(recipe, lambda o: lr_scheduler.LinearLR(o, 1 / length, total_iters=length - 1))
    )


def test_warm_up_multiplies_the_schedule() -> None:
    recipe = Recipe(
        learning_rate=0.2, epochs=6, warmup=Warmup(length=2), schedule=Step(every=5, unit="iteration", factor=0.5)
    )

    def chained(o: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        return lr_scheduler.ChainedScheduler(
            [lr_scheduler.LinearLR(o, 1 / 14, total_iters=13), lr_scheduler.StepLR(o, 5, 0.5)]
        )

    assert ours(recipe) == pytest.approx(torchs(recipe, chained))


def test_rates_by_epoch_hold_from_their_epoch_on() -> None:
    rates = ByEpoch(rates=((20, 0.001), (10, 0.003), (2, 0.01)))  # in any order
    recipe = Recipe(learning_rate=0.5, epochs=22, schedule=rates)
    found = ours(recipe, 1)
    assert found == [0.5] * 2 + [0.01] * 8 + [0.003] * 10 + [0.001] * 2


def test_4000_iterations_are_5_12_epochs_of_50000_images_in_batches_of_64() -> None:
    per_epoch = iterations_per_epoch(50_000, 64)
    assert per_epoch == 782
    assert convert(4_000, "iteration", per_epoch) == pytest.approx(5.115, abs=0.001)
    assert convert(convert(3, "epoch", per_epoch), "iteration", per_epoch) == 3


@pytest.mark.parametrize(
    "schedule", [Constant(), Step(), MultiStep(milestones=(3, 2)), ByEpoch(), Cosine(final=0.1), Polynomial(power=2)]
)
def test_a_recipe_comes_back_from_json_equal(schedule: object) -> None:
    recipe = Recipe(schedule=schedule, warmup=Warmup(length=3, unit="iteration"))
    assert msgspec.json.decode(msgspec.json.encode(recipe), type=Recipe) == recipe
