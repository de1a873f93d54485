"""What a training will take: speeds that were measured, remembered and scaled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from training_cases import LOSS, chain

from designer.data.catalogue import find
from designer.graph.io import load, save
from designer.shapes import analyze
from designer.training import estimates, probe
from designer.training.estimates import Cost, Speed

SAMPLE = Path(__file__).parents[2] / "graphs" / "scratch_mnist.json"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETDESIGNER_CONFIG", str(tmp_path))


def speed(network: str = "n", device: str = "cpu", multiply_adds: int = 1000, rate: float = 100.0) -> Speed:
    cost = Cost(multiply_adds, 0)
    return Speed(network=network, device=device, batch_size=64, cost=cost, samples_per_second=rate)


def test_time_grows_with_work_and_samples() -> None:
    assert estimates.seconds_per_epoch(speed(), Cost(1000, 0), 5000) == pytest.approx(50)
    assert estimates.seconds_per_epoch(speed(), Cost(3000, 0), 5000) == pytest.approx(150)


def test_validation_takes_a_third_of_what_training_takes() -> None:
    assert estimates.seconds_per_epoch(speed(), Cost(1000, 0), 5000, 1500) == pytest.approx(55)
    cifar = find("cifar10")
    assert cifar is not None and cifar.divided(0) == (50_000, 10_000) and cifar.divided(0.1) == (45_000, 5_000)


def test_the_network_itself_counts_before_its_likes_and_the_device_before_all() -> None:
    for found in (speed("other", multiply_adds=990), speed("mine", multiply_adds=500), speed("mine", "cuda:0")):
        estimates.remember(found)
    best = estimates.best_speed("mine", Cost(1000, 0), "cpu", 64)
    assert best is not None and (best.network, best.device) == ("mine", "cpu")
    best = estimates.best_speed("new", Cost(1000, 0), "cpu", 64)
    assert best is not None and best.network == "other"
    assert estimates.best_speed("new", Cost(1000, 0), "mps", 64) is None


def test_a_second_measurement_takes_the_place_of_the_first() -> None:
    estimates.remember(speed(rate=1))
    estimates.remember(speed(rate=2))
    assert [found.samples_per_second for found in estimates.remembered()] == [2]


def test_a_file_that_cannot_be_read_is_no_measurement(tmp_path: Path) -> None:
    (tmp_path / estimates.FILE).write_text("{")
    assert estimates.remembered() == []


def test_the_probe_times_the_network_by_its_recipe(tmp_path: Path) -> None:
    graph = load(SAMPLE)
    path = tmp_path / "graph.json"
    save(msgspec.structs.replace(graph, recipe={**graph.recipe, "batch_size": 16, "device": "cpu"}), path)
    command = [sys.executable, "-m", "designer.training.probe"]
    found = subprocess.run([*command, str(path)], capture_output=True, check=True, timeout=120)
    measured = msgspec.json.decode(found.stdout, type=Speed)
    assert measured.samples_per_second > 0
    assert (measured.batch_size, measured.device, measured.network) == (16, "cpu", graph.name)
    assert measured.cost == estimates.cost(analyze(graph))


def test_what_the_probe_cannot_time_is_said(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    norm = chain(("Input", {"shape": [3]}), ("BatchNorm", {}), ("Linear", {"out_features": 2}), LOSS)
    empty = chain(("Input", {"shape": [3]}), ("ReLU", {}), LOSS)
    save(msgspec.structs.replace(norm, recipe={"batch_size": 1, "device": "cpu"}), tmp_path / "norm.json")
    save(empty, tmp_path / "empty.json")
    for name, reason in (("none", "cannot be read"), ("norm", "more than 1 value"), ("empty", "nothing to train")):
        assert probe.main([str(tmp_path / f"{name}.json")]) == 0
        assert reason in str(msgspec.json.decode(capfdbinary.readouterr().out, type=probe.Failed).error)
