"""Trainings in processes of their own: started, watched, stopped, killed, resumed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from training_cases import (
    create,
    epochs,
    events,
    kill,
    losses,
    plain,
    recipe,
    save_data,
    tiny,
    wait_until,
    weights,
    worker,
)

from designer.errors import NetDesignerError
from designer.training import runs
from designer.training.events import Epoch, Finished, Steps
from designer.training.launch import Launcher, devices
from designer.training.outcomes import outcome
from designer.training.runs import Run
from designer.training.trainer import train

pytestmark = pytest.mark.xdist_group("processes")
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for processes in /proc")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_data(tmp_path_factory.mktemp("data") / "tiny.npz")


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    found = Launcher()
    yield found
    found.close()


def epochs_done(run: Run) -> int:
    return max((e.epoch for e in events(run) if isinstance(e, Epoch)), default=0)


def test_a_killed_training_resumes_bit_for_bit(tmp_path: Path, data: Path) -> None:
    chosen = recipe(data, epochs=40, batch_size=4)
    whole = create(tmp_path, tiny(), chosen)
    train(whole)
    run = create(tmp_path, tiny(), chosen)
    process = worker(run)
    wait_until(lambda: epochs_done(run) >= 3)
    assert run.state() == "running"
    kill(process)
    assert run.state() == "died"
    assert epochs_done(run) < 40
    assert "killed" in str(getattr(outcome(run, process.returncode), "text", ""))
    again = worker(run)
    assert again.wait(60) == 0
    assert run.state() == "completed"
    assert losses(run) == losses(whole)
    assert epochs(run) == epochs(whole)
    assert weights(run) == weights(whole)
    assert weights(run, "best") == weights(whole, "best")


def test_sigterm_saves_and_ends_as_stopped(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, tiny(), recipe(data, epochs=100_000))
    process = worker(run)
    wait_until(lambda: epochs_done(run) >= 1)
    process.terminate()
    assert process.wait(10) == 0
    assert run.state() == "stopped"
    assert weights(run)


@needs_proc
def test_the_launcher_trains_stops_resumes_and_tells_how_a_killed_run_ended(
    tmp_path: Path, data: Path, launcher: Launcher
) -> None:
    launcher.warm()
    launcher.wait_until_warm()
    clicked = time.time()
    run = launcher.start(tiny(), recipe(data, epochs=100_000), tmp_path)
    assert run.state() == "running"  # at once, before the trainer has done anything
    assert launcher.outcome(run) is None
    wait_until(lambda: any(isinstance(e, Steps) for e in events(run)))
    first = next(e for e in events(run) if isinstance(e, Steps))
    assert first.time - clicked < 2.0

    with pytest.raises(NetDesignerError, match="already"):
        launcher.resume(run)
    runs.request_stop(run)
    asked = time.time()
    wait_until(lambda: run.state() != "running")
    finished = next(e for e in events(run) if isinstance(e, Finished))
    assert (run.state(), finished.outcome) == ("stopped", "stopped")
    assert finished.time - asked < 1.0
    said = launcher.outcome(run)
    assert said is not None and said.finished == finished

    done = epochs_done(run)
    assert launcher.resume(launcher.attach(run.folder)) == run
    assert run.state() == "running"
    wait_until(lambda: epochs_done(run) > done + 3)
    for pid in trainers(run):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: run.state() == "died")
    wait_until(lambda: "memory" in str(getattr(launcher.outcome(run), "text", "")))


def trainers(run: Run) -> list[int]:
    """The processes that have the run's lock open."""
    lock = str(run.folder / runs.LOCK)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) == lock for fd in (process / "fd").iterdir()):
                found.append(int(process.name))
        except OSError:
            continue
    return found


@needs_proc
def test_a_training_outlives_the_launcher_and_an_idle_worker_does_not(tmp_path: Path, data: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from designer.training.launch import Launcher;"
        "from training_cases import recipe, tiny;"
        "l = Launcher(); run = l.start(tiny(), recipe(Path(sys.argv[2]), epochs=100_000), Path(sys.argv[1]));"
        "l.warm(); print(l._idle.pid, run.folder, flush=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(data)], capture_output=True, check=True, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    idle, folder = done.stdout.split(maxsplit=1)
    run = Run(folder.strip())
    wait_until(lambda: epochs_done(run) >= 1)
    wait_until(lambda: not Path("/proc", idle).exists())
    runs.request_stop(run)
    wait_until(lambda: run.state() == "stopped")


def test_a_broken_run_is_told_in_its_events_by_a_worker_that_ends_well(tmp_path: Path, data: Path) -> None:
    run = create(tmp_path, plain(), recipe(data))
    (run.folder / "graph.json").write_text("{")
    assert worker(run).wait(60) == 0
    found = outcome(run)
    assert found is not None and found.state == "failed"
    assert "graph.json" in str(found.text)
    assert "Traceback" in run.log.read_text()


def test_a_trainer_that_cannot_be_started_is_said_and_does_not_count_as_running(
    tmp_path: Path, data: Path, launcher: Launcher
) -> None:
    run = create(tmp_path, plain(), recipe(data))
    run.checkpoints.mkdir()
    run.resume_point.touch()
    run.log.mkdir()  # a folder where its log should be
    with pytest.raises(NetDesignerError, match="cannot be started"):
        launcher.resume(run)
    assert run.state() == "died"


def test_no_run_can_be_attached_where_there_is_none(tmp_path: Path, launcher: Launcher) -> None:
    with pytest.raises(NetDesignerError, match="holds no run"):
        launcher.attach(tmp_path)


def test_devices_are_asked_of_a_process_and_end_with_the_cpu() -> None:
    found = devices()
    assert (found[-1].id, found[-1].kind) == ("cpu", "cpu")
    assert all(device.name for device in found)
