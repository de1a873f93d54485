"""Several batches that make one update of the weights do what one large batch would, also in a run cut off."""

from itertools import count
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file
from training_cases import create, epochs, losses, plain, recipe, save_data, stop_after, tiny, weights

from designer.data import arrays, loading
from designer.graph import Graph
from designer.graph.recipe import MultiStep, Recipe, Warmup
from designer.training import runs
from designer.training.engine import epoch_order
from designer.training.runs import Run
from designer.training.schedules import iterations_per_epoch, part_of_update, updates_per_epoch
from designer.training.trainer import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_data(tmp_path_factory.mktemp("data") / "tiny.npz")


def trained(root: Path, graph: Graph, chosen: Recipe) -> Run:
    run = create(root, graph, chosen)
    assert train(run).outcome == "completed"
    return run


@given(images=st.integers(1, 200), batch=st.integers(1, 40), accumulate=st.integers(1, 9))
@settings(max_examples=60, deadline=None)
def test_the_shares_of_an_update_are_those_of_its_pictures(images: int, batch: int, accumulate: int) -> None:
    chosen = Recipe(batch_size=batch, accumulate=accumulate, epochs=2)
    per_epoch = iterations_per_epoch(images, batch)
    sizes = [min(batch, images - i * batch) for i in range(per_epoch)]
    parts = [part_of_update(chosen, i, per_epoch, images) for i in range(2 * per_epoch)]
    assert parts[:per_epoch] == parts[per_epoch:]
    assert sum(part.ends for part in parts) == 2 * updates_per_epoch(per_epoch, accumulate)
    for start in range(0, per_epoch, accumulate):
        update = parts[start : min(start + accumulate, per_epoch)]
        pictures = sizes[start : start + accumulate]
        assert [part.begins for part in update] == [True] + [False] * (len(update) - 1)
        assert [part.ends for part in update] == [False] * (len(update) - 1) + [True]
        assert [part.share for part in update] == pytest.approx([size / sum(pictures) for size in pictures])


@pytest.mark.parametrize(("batch", "accumulate"), [(8, 4), (10, 3), (24, 3), (36, 9)])
def test_batches_together_do_what_one_of_all_their_pictures_does(
    tmp_path: Path, data: Path, batch: int, accumulate: int
) -> None:
    """Of 72 pictures an epoch, with the smaller update at its end, in every weight."""
    same = {"validation": 0.2, "weight_decay": 0.01, "schedule": MultiStep(milestones=(1, 2), factor=0.5)}
    parts = trained(tmp_path, plain(), recipe(data, batch_size=batch, accumulate=accumulate, **same))
    whole = trained(tmp_path, plain(), recipe(data, batch_size=batch * accumulate, **same))
    assert len(losses(parts)) == 3 * iterations_per_epoch(72, batch)
    ours, theirs = (load_file(run.checkpoints / "last.safetensors") for run in (parts, whole))
    for name, tensor in theirs.items():
        assert ours[name] == pytest.approx(tensor, abs=1e-6), name
    assert [e[1:] for e in epochs(parts)] == [pytest.approx(e[1:], abs=1e-5) for e in epochs(whole)]


@pytest.mark.filterwarnings("ignore:Detected call of `lr_scheduler.step")
def test_an_update_takes_the_rate_of_its_last_batch(tmp_path: Path, data: Path) -> None:
    """As a loop written by hand does that divides the losses and asks the scheduler for every batch."""
    schedule = MultiStep(milestones=(4, 11), factor=0.3, unit="iteration")
    run = trained(tmp_path, plain(), recipe(data, batch_size=8, accumulate=3, validation=0.2, schedule=schedule))

    torch.manual_seed(7)
    dataset = loading.load(str(data))
    kept, _ = arrays.split(dataset, 0.2, 7)
    x, y = torch.from_numpy(dataset.x_train) / 255, torch.from_numpy(dataset.y_train)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 3))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [4, 11], 0.3)
    number, expected = count(), []
    for epoch in range(3):
        for batch in torch.from_numpy(kept)[epoch_order(len(kept), 7, epoch)].split(8):
            loss = torch.nn.functional.cross_entropy(module(x[batch]), y[batch])
            (loss / 3).backward()
            if next(number) % 3 == 2:
                optimizer.step()
                optimizer.zero_grad()
            scheduler.step()
            expected.append(loss.item())
    assert losses(run) == pytest.approx(expected, rel=1e-4)


def test_a_larger_rate_and_a_smaller_decay_do_what_a_sum_of_gradients_does() -> None:
    """What an imported recipe offers where NNC adds gradients up: k times the rate, the decay divided by k."""

    def trained_weights(rate: float, decay: float, share: float) -> list[torch.Tensor]:
        torch.manual_seed(3)
        module, x = torch.nn.Linear(4, 3), torch.randn(8, 5, 4)
        optimizer = torch.optim.SGD(module.parameters(), lr=rate, momentum=0.9, nesterov=True, weight_decay=decay)
        for number, batch in enumerate(x):
            (module(batch).square().mean() * share).backward()
            if number % 4 == 3:
                optimizer.step()
                optimizer.zero_grad()
        return list(module.parameters())

    added, mean = trained_weights(0.1, 0.01, 1.0), trained_weights(0.4, 0.0025, 0.25)
    for one, other in zip(added, mean, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("iterations", [1, 2, 3, 5, 6, 8])
def test_a_run_stopped_between_two_updates_goes_on_as_if_it_had_not_been(
    tmp_path: Path, data: Path, iterations: int
) -> None:
    chosen = recipe(data, accumulate=3, epochs=2, warmup=Warmup(length=4, unit="iteration"))  # updates of 3 and 2
    whole = trained(tmp_path, tiny(), chosen)
    parts = create(tmp_path, tiny(), chosen)
    assert stop_after(parts, iterations).outcome == "stopped"
    with safe_open(parts.resume_point, "np") as file:
        assert any(name.startswith("gradient.") for name in file.keys()) == (iterations in (1, 2, 6))  # noqa: SIM118
    runs.prepare_resume(parts)
    assert train(parts).outcome == "completed"
    assert losses(parts) == losses(whole)
    assert epochs(parts) == epochs(whole)
    assert weights(parts) == weights(whole)


def test_batch_norm_sees_every_batch_alone(tmp_path: Path, data: Path) -> None:
    run = trained(tmp_path, tiny(), recipe(data, accumulate=5, epochs=1))
    saved = load_file(run.checkpoints / "last.safetensors")
    assert next(v for k, v in saved.items() if k.endswith("num_batches_tracked")) == 5
