"""Whole trainings of tiny networks in this process: what they compute, how they end, what they leave behind."""

import json
import math
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from training_cases import chain, create, epochs, events, losses, plain, recipe, save_data, stop_after, tiny, weights

from designer.codegen.source import source
from designer.data import arrays, loading
from designer.errors import NetDesignerError
from designer.graph import Graph
from designer.graph.recipe import Optimizer, Recipe, Step, Warmup
from designer.training import runs, schedules
from designer.training.engine import epoch_order
from designer.training.events import Epoch, Event, Finished, Started, Steps
from designer.training.network import build_network
from designer.training.optimizers import OPTIMIZERS
from designer.training.runs import Run
from designer.training.trainer import train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_data(tmp_path_factory.mktemp("data") / "tiny.npz")


def trained(root: Path, graph: Graph, chosen: Recipe) -> tuple[Run, Finished]:
    run = create(root, graph, chosen)
    return run, train(run)


def test_a_run_tells_everything_and_learns(tmp_path: Path, data: Path) -> None:
    run, finished = trained(tmp_path, tiny(), recipe(data, epochs=6, validation=0.2))
    told = events(run)
    started = next(e for e in told if isinstance(e, Started))
    assert (started.train_size, started.validation_size, started.test_size) == (72, 18, 30)
    assert (started.iterations_per_epoch, started.epochs, started.device) == (5, 6, "cpu")
    assert [e.epoch for e in told if isinstance(e, Epoch)] == [1, 2, 3, 4, 5, 6]
    assert len(losses(run)) == 30
    assert told[-1] == finished and finished.outcome == "completed"
    assert finished.test_accuracy is not None and finished.test_accuracy > 0.8
    assert (finished.top_k, run.state()) == (2, "completed")


def test_what_an_epoch_tells_is_the_mean_of_its_steps(tmp_path: Path, data: Path) -> None:
    run, _ = trained(tmp_path, tiny(), recipe(data, epochs=2, batch_size=32))  # 81 pictures: 32, 32, 17
    sizes = [32, 32, 17] * 2
    for number, epoch in enumerate(e for e in events(run) if isinstance(e, Epoch)):
        part = slice(3 * number, 3 * number + 3)
        expected = sum(loss * n for loss, n in zip(losses(run)[part], sizes[part], strict=True)) / 81
        assert epoch.training_loss == pytest.approx(expected, rel=1e-5)


def test_the_folder_holds_all_that_a_run_is(tmp_path: Path, data: Path) -> None:
    graph, chosen = tiny(), recipe(data, epochs=2)
    run, finished = trained(tmp_path, graph, chosen)
    assert run.graph() == graph
    assert run.recipe() == chosen
    assert (run.folder / "model.py").read_text("utf-8") == source(graph)
    assert {p.name for p in run.checkpoints.iterdir()} == {"best.safetensors", "last.safetensors", "resume.safetensors"}
    summary = run.summary()
    assert (summary.network, summary.epochs_done, summary.outcome) == ("tiny", 2, "completed")
    assert summary.test_accuracy == finished.test_accuracy
    assert not list(run.folder.rglob("*.tmp"))


def test_the_same_seed_gives_the_same_training_and_another_seed_another(tmp_path: Path, data: Path) -> None:
    first, _ = trained(tmp_path, tiny(), recipe(data))
    torch.rand(17)  # whatever happened before in the process does not matter
    second, _ = trained(tmp_path, tiny(), recipe(data))
    other, _ = trained(tmp_path, tiny(), recipe(data, seed=8))
    assert losses(first) == losses(second)
    assert epochs(first) == epochs(second)
    assert weights(first) == weights(second)
    assert losses(first) != losses(other)


def test_losses_equal_those_of_a_loop_written_by_hand(tmp_path: Path, data: Path) -> None:
    chosen = recipe(data, epochs=3, weight_decay=0.01, validation=0.2, learning_rate=0.1,
                    schedule=Step(every=2, unit="epoch", factor=0.5))  # fmt: skip
    run, finished = trained(tmp_path, plain(), chosen)

    torch.manual_seed(7)
    dataset = loading.load(str(data))
    kept, held_out = arrays.split(dataset, 0.2, 7)
    x, y = torch.from_numpy(dataset.x_train) / 255, torch.from_numpy(dataset.y_train)
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(144, 3))
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
    expected, best, best_state = [], math.inf, module.state_dict()
    for epoch in range(3):
        module.train()
        for batch in torch.from_numpy(kept)[epoch_order(len(kept), 7, epoch)].split(16):
            loss = torch.nn.functional.cross_entropy(module(x[batch]), y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            expected.append(loss.item())
        scheduler.step()
        module.eval()
        with torch.no_grad():
            error = (module(x[held_out]).argmax(1) != y[held_out]).float().mean().item()
        if error < best:
            best, best_state = error, {k: v.clone() for k, v in module.state_dict().items()}
    module.load_state_dict(best_state)
    hits = module(torch.from_numpy(dataset.x_test) / 255).argmax(1).numpy() == dataset.y_test
    assert losses(run) == pytest.approx(expected, rel=1e-4)
    assert finished.test_accuracy == pytest.approx(hits.mean(), abs=1e-6)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer_trains_and_resumes_bit_for_bit(tmp_path: Path, data: Path, name: str) -> None:
    chosen = recipe(data, epochs=2, optimizer=Optimizer(name=name), learning_rate=OPTIMIZERS[name].default_rate)
    whole, _ = trained(tmp_path, plain(), chosen)
    parts = create(tmp_path, plain(), chosen)
    assert stop_after(parts, 4).outcome == "stopped"
    runs.prepare_resume(parts)
    assert train(parts).outcome == "completed"
    assert losses(parts) == losses(whole)
    assert weights(parts) == weights(whole)


@pytest.mark.parametrize("iterations", [1, 5, 8, 14])
def test_a_run_stopped_anywhere_goes_on_as_if_it_had_not_been(tmp_path: Path, data: Path, iterations: int) -> None:
    chosen = recipe(data, warmup=Warmup(length=4, unit="iteration"))
    whole, finished = trained(tmp_path, tiny(), chosen)
    parts = create(tmp_path, tiny(), chosen)
    assert stop_after(parts, iterations).outcome == "stopped"
    assert parts.state() == "stopped"
    assert parts.can_resume()
    runs.prepare_resume(parts)
    again = train(parts)
    assert losses(parts) == losses(whole)
    assert epochs(parts) == epochs(whole)
    assert weights(parts) == weights(whole)
    assert weights(parts, "best") == weights(whole, "best")
    assert again.test_accuracy == finished.test_accuracy


def test_the_time_is_that_of_all_lives_in_the_last_word_and_in_the_list_of_runs(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, tiny(), recipe(data))
    first = stop_after(run, 8)
    assert run.summary().seconds == first.seconds > 0
    runs.prepare_resume(run)
    again = train(run)
    assert run.summary().seconds == again.seconds > first.seconds


def test_a_stop_leaves_a_usable_network_even_in_the_first_epoch(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, tiny(), recipe(data))
    assert stop_after(run, 1).outcome == "stopped"
    assert weights(run).keys() == build_network(tiny()).module.state_dict().keys()


def test_a_stop_that_was_asked_for_by_file_is_obeyed_before_anything_is_loaded(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, tiny(), recipe(data))
    runs.request_stop(run)
    assert train(run).outcome == "stopped"
    assert not run.resume_point.exists()
    assert not run.can_resume()


def test_a_save_on_request_writes_a_checkpoint_in_the_middle(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, tiny(), recipe(data, epochs=1, batch_size=1))
    seen = []

    def listen(event: Event) -> None:
        if isinstance(event, Steps):
            seen.append((run.checkpoints / "last.safetensors").exists())
            if len(seen) == 1:
                runs.request_save(run)

    train(run, listener=listen)
    assert not seen[0]
    assert seen[-1] or (run.folder / "save").exists() is False


def test_a_completed_run_can_be_given_more_epochs(tmp_path: Path, data: Path) -> None:
    whole, _ = trained(tmp_path, tiny(), recipe(data, epochs=3))
    grown, _ = trained(tmp_path, tiny(), recipe(data, epochs=2))
    with pytest.raises(Exception, match="more epochs"):
        runs.prepare_resume(grown)
    runs.prepare_resume(grown, 3)
    assert train(grown).outcome == "completed"
    assert losses(grown) == losses(whole)
    assert weights(grown) == weights(whole)


def test_without_a_validation_share_the_test_pictures_validate(tmp_path: Path, data: Path) -> None:
    run, finished = trained(tmp_path, tiny(), recipe(data, validation=0.0))
    assert finished.test_accuracy == pytest.approx(
        1 - min(e.validation_error for e in events(run) if isinstance(e, Epoch))
    )


def test_the_learning_rate_follows_the_schedule(tmp_path: Path, data: Path) -> None:
    chosen = recipe(data, schedule=Step(every=4, unit="iteration"), warmup=Warmup(length=3, unit="iteration"))
    run, _ = trained(tmp_path, tiny(), chosen)
    rates = [rate for e in events(run) if isinstance(e, Steps) for rate in e.learning_rates]
    per_epoch = schedules.iterations_per_epoch(81, 16)
    assert rates == [schedules.learning_rate(chosen, i, per_epoch) for i in range(len(rates))]


def test_the_data_mean_is_measured_without_augmentation_and_saved(tmp_path: Path, data: Path) -> None:
    graph = chain(
        ("Input", {"shape": [3, 8, 8], "pixels": "0..255"}), ("RandomBrightness", {}), ("Scale", {"multiply": 0.5}),
        ("MeanSubtraction", {"per": "pixel"}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}),
    )  # fmt: skip
    run, _ = trained(tmp_path, graph, recipe(data, epochs=1, learning_rate=1e-6, validation=0.2))
    dataset = loading.load(str(data))
    kept, _ = arrays.split(dataset, 0.2, 7)
    from safetensors.numpy import load_file

    saved = next(v for k, v in load_file(run.checkpoints / "best.safetensors").items() if k.endswith("mean"))
    assert saved == pytest.approx(dataset.x_train[kept].mean(0) / 2, rel=1e-5)


def test_tensorboard_gets_the_curves(tmp_path: Path, data: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run, finished = trained(tmp_path, tiny(), recipe(data, epochs=2))
    board = EventAccumulator(str(run.folder / "tensorboard"))
    board.Reload()
    validation = [e.validation_error for e in events(run) if isinstance(e, Epoch)]
    assert [s.value for s in board.Scalars("error/validation")] == pytest.approx(validation)
    assert board.Scalars("test/accuracy")[0].value == pytest.approx(finished.test_accuracy)


# ---- how trainings fail


def failed(root: Path, graph: Graph, chosen: Recipe) -> Finished:
    run, finished = trained(root, graph, chosen)
    assert finished.outcome == "failed"
    assert run.state() == "failed"
    assert events(run)[-1] == finished
    json.dumps(str(finished.text) + str(finished.advice))
    return finished


def test_a_diverging_training_says_where_and_what_to_try(tmp_path: Path, data: Path) -> None:
    finished = failed(tmp_path, plain(), recipe(data, learning_rate=1e30))
    assert "diverged" in str(finished.text) and "iteration" in str(finished.text)
    assert "1e+29" in str(finished.advice)


def test_missing_data_is_named(tmp_path: Path) -> None:
    assert "nowhere.npz" in str(failed(tmp_path, plain(), recipe(tmp_path / "nowhere.npz")).text)


def test_more_classes_than_outputs_is_said(tmp_path: Path, data: Path) -> None:
    assert "2 outputs" in str(failed(tmp_path, tiny(outputs=2), recipe(data)).text)


def test_pictures_of_another_shape_are_said_with_both_shapes(tmp_path: Path, data: Path) -> None:
    text = str(failed(tmp_path, tiny(shape=[1, 8, 8]), recipe(data)).text)
    assert "1x8x8" in text and "3x8x8" in text


def test_a_flat_input_takes_pictures_of_as_many_values(tmp_path: Path, data: Path) -> None:
    graph = chain(("Input", {"shape": [192]}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}))
    assert trained(tmp_path, graph, recipe(data))[1].outcome == "completed"


def test_a_graph_without_a_loss_is_said(tmp_path: Path, data: Path) -> None:
    graph = chain(("Input", {"shape": [3, 8, 8]}), ("Linear", {"out_features": 3}))
    assert "no loss" in str(failed(tmp_path, graph, recipe(data)).text)


def test_weights_that_cannot_be_written_are_said(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, plain(), recipe(data))
    run.checkpoints.touch()  # a file where the folder should be
    finished = train(run)
    assert (finished.outcome, run.state()) == ("failed", "failed")
    assert "cannot be saved" in str(finished.text) and "disk full" in str(finished.text)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_too_full_for_events_ends_the_run_as_failed(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, plain(), recipe(data))
    run.events.symlink_to("/dev/full")
    finished = train(run)
    assert (finished.outcome, run.state()) == ("failed", "failed")
    assert "disk is full" in str(finished.text)


@pytest.mark.parametrize("name", ["events.jsonl", runs.LOCK])
def test_a_folder_in_which_nothing_can_be_told_is_refused(tmp_path: Path, data: Path, name: str) -> None:
    run = create(tmp_path, plain(), recipe(data))
    (run.folder / name).mkdir()
    with pytest.raises(NetDesignerError, match="Is a directory"):
        train(run)


def test_an_unknown_device_lists_those_there_are(tmp_path: Path, data: Path) -> None:
    text = str(failed(tmp_path, tiny(), recipe(data, device="cuda:77")).text)
    assert "cuda:77" in text and "cpu" in text


def test_an_unknown_optimizer_is_said(tmp_path: Path, data: Path) -> None:
    assert "Adm" in str(failed(tmp_path, tiny(), recipe(data, optimizer=Optimizer(name="Adm"))).text)


def test_a_batch_that_memory_cannot_hold_suggests_a_smaller_one(tmp_path: Path, data: Path) -> None:
    graph = chain(
        ("Input", {"shape": [3, 8, 8]}), ("Linear", {"out_features": 1_000_000}),
        ("Linear", {"out_features": 1_000_000}), ("Linear", {"out_features": 3}), ("SoftmaxCrossEntropy", {}),
    )  # fmt: skip
    finished = failed(tmp_path, graph, recipe(data))
    assert "memory" in str(finished.text).lower()
    assert "batch size of 8" in str(finished.advice)


def test_a_checkpoint_of_another_network_is_not_loaded(tmp_path: Path, data: Path) -> None:
    run, _ = trained(tmp_path, tiny(), recipe(data, epochs=1))
    other, _ = trained(tmp_path, plain(), recipe(data, epochs=1))
    run.resume_point.write_bytes(other.resume_point.read_bytes())
    runs.prepare_resume(run, 2)
    assert "another network" in str(train(run).text)


def test_a_checkpoint_that_lacks_something_is_told(tmp_path: Path, data: Path) -> None:
    run, _ = trained(tmp_path, tiny(), recipe(data, epochs=1))
    with safe_open(run.resume_point, "pt") as file:
        header = file.metadata()
    tensors = load_file(run.resume_point)
    for broken in (
        {name: tensor for name, tensor in tensors.items() if not name.startswith("random.")},
        {**tensors, "random.cpu": tensors["random.cpu"][:7]},
        {**tensors, "optimizer.x.y": torch.zeros(1)},
        {**tensors, "optimizer.999.y": torch.zeros(1)},
    ):
        save_file(broken, run.resume_point, header)
        runs.prepare_resume(run, 2)
        assert "cannot be read as saved weights" in str(train(run).text)


def test_a_cut_off_checkpoint_is_told(tmp_path: Path, data: Path) -> None:
    run, _ = trained(tmp_path, tiny(), recipe(data, epochs=1))
    run.resume_point.write_bytes(run.resume_point.read_bytes()[:200])
    runs.prepare_resume(run, 2)
    assert "cannot be read" in str(train(run).text)


def test_after_a_failure_the_run_resumes_from_before_it(tmp_path: Path, data: Path) -> None:
    run, _ = trained(tmp_path, tiny(), recipe(data, epochs=1))
    best = weights(run, "best")
    raw = json.loads((run.folder / "recipe.json").read_text())
    (run.folder / "recipe.json").write_text(json.dumps({**raw, "learning_rate": 1e30}))
    runs.prepare_resume(run, 2)
    assert train(run).outcome == "failed"
    assert weights(run, "best") == best
    assert run.can_resume()
