"""Run folders: what they tell about themselves, whole, half there or broken."""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from training_cases import plain, recipe

from designer.codegen.errors import CodegenError
from designer.errors import NetDesignerError
from designer.graph import Graph
from designer.training import runs
from designer.training.locks import FileLock, is_held
from designer.training.outcomes import outcome
from designer.training.runs import Run, Summary

HOLD = "import sys, pathlib; from designer.training.locks import FileLock as L; l = L(pathlib.Path(sys.argv[1])); "
HOLD += "l.acquire(); print('held', flush=True); sys.stdin.read()"


def create(root: Path, **changes: object) -> Run:
    return runs.create(root, plain(), recipe(root / "no.npz", **changes))


def test_a_new_run_holds_graph_recipe_and_code(tmp_path: Path) -> None:
    run = create(tmp_path, epochs=5)
    assert (run.graph(), run.recipe().epochs) == (plain(), 5)
    assert "class Tiny(nn.Module)" in (run.folder / "model.py").read_text("utf-8")
    assert abs(run.created - time.time()) < 60


def test_two_runs_of_one_second_get_folders_of_their_own(tmp_path: Path) -> None:
    assert len({create(tmp_path).folder for _ in range(3)}) == 3


@pytest.mark.parametrize("name", ["a/b\\c", "..", "畳み込み", "", "x" * 300, "con:", "\n"])
def test_any_name_of_a_network_gives_a_folder_inside_the_root(tmp_path: Path, name: str) -> None:
    run = runs.create(tmp_path, msgspec.structs.replace(plain(), name=name), recipe(tmp_path / "no.npz"))
    assert run.folder.parent == tmp_path
    assert run.summary().network == name


def test_a_graph_with_errors_makes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CodegenError):
        runs.create(tmp_path / "runs", Graph(), recipe(tmp_path / "no.npz"))
    assert not (tmp_path / "runs").exists()


def test_a_relative_path_of_data_is_kept_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "set.npz").touch()
    (tmp_path / "synthetic").mkdir()  # a built-in set's name stays one
    monkeypatch.chdir(tmp_path)
    assert runs.create(tmp_path, plain(), recipe(Path("set.npz"))).recipe().data == str(tmp_path / "set.npz")
    assert runs.create(tmp_path, plain(), recipe(Path("synthetic"))).recipe().data == "synthetic"


def test_a_root_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NetDesignerError, match="No run can be written"):
        create(tmp_path / "file")


# ---- states


def test_a_run_is_running_as_long_as_a_process_holds_its_lock(tmp_path: Path) -> None:
    run = create(tmp_path)
    assert run.state() == "died"
    command = [sys.executable, "-c", HOLD, str(run.folder / runs.LOCK)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert run.state() == "running"
        with pytest.raises(NetDesignerError, match="another process"):
            FileLock(run.folder / runs.LOCK).acquire(timeout=0.1)
        holder.kill()
    assert run.state() == "died"
    assert not is_held(run.folder / runs.LOCK)


def test_the_process_id_in_use_again_does_not_make_a_dead_run_alive(tmp_path: Path) -> None:
    run = create(tmp_path)
    (run.folder / "pid").write_text(str(os.getpid()))
    (run.folder / runs.LOCK).touch()
    assert run.state() == "died"


def test_a_launched_run_counts_as_running_until_its_trainer_takes_over_or_too_long_has_passed(tmp_path: Path) -> None:
    run = create(tmp_path)
    marker = run.folder / runs.LAUNCHED
    marker.touch()
    assert run.state() == "running"
    long_ago = time.time() - runs.LAUNCH_S - 1
    os.utime(marker, (long_ago, long_ago))
    assert run.state() == "died"


def test_a_trainer_that_ends_while_its_run_is_looked_at_is_not_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create(tmp_path)

    def ends_just_before(path: Path) -> bool:
        run.write_summary(msgspec.structs.replace(run.summary(), outcome="completed"))
        return is_held(path)

    monkeypatch.setattr(runs.locks, "is_held", ends_just_before)
    assert run.state() == "completed"


@pytest.mark.parametrize("said", ["completed", "stopped", "failed"])
def test_the_trainers_last_word_is_the_state(tmp_path: Path, said: str) -> None:
    run = create(tmp_path)
    run.write_summary(msgspec.structs.replace(run.summary(), outcome=said))
    assert run.state() == said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "memory runs out"),
        (-11, "SIGSEGV"),
        (-15, "SIGTERM"),
        (1, "ImportError: nothing"),
        (None, "without a word"),
    ],
)
def test_a_dead_trainer_is_put_into_words(tmp_path: Path, code: int | None, words: str) -> None:
    run = create(tmp_path)
    run.log.write_text("Traceback\nImportError: nothing\n\n")
    found = outcome(run, code)
    assert found is not None and found.advice is not None
    assert (found.state, words in str(found.text)) == ("died", True)
    assert str(found.advice)


def test_a_run_that_ended_is_not_called_dead_where_its_events_are_lost(tmp_path: Path) -> None:
    run = create(tmp_path)
    run.write_summary(msgspec.structs.replace(run.summary(), outcome="completed"))
    found = outcome(run)
    assert found is not None
    assert (found.state, "events.jsonl" in str(found.text)) == ("completed", True)


def test_a_run_without_a_checkpoint_cannot_be_resumed(tmp_path: Path) -> None:
    run = create(tmp_path)
    assert not run.can_resume()
    with pytest.raises(NetDesignerError, match="no checkpoint"):
        runs.prepare_resume(run)


def test_a_run_cannot_be_resumed_to_fewer_epochs_than_it_has(tmp_path: Path) -> None:
    run = create(tmp_path, epochs=9)
    run.checkpoints.mkdir()
    run.resume_point.touch()
    run.write_summary(msgspec.structs.replace(run.summary(), outcome="stopped", epochs_done=5))
    with pytest.raises(NetDesignerError, match="has done its 5 epochs"):
        runs.prepare_resume(run, 3)
    runs.prepare_resume(run, 5)  # what it was stopped in was the test


def test_a_folder_that_cannot_be_changed_is_said(tmp_path: Path) -> None:
    run = create(tmp_path)
    run.checkpoints.mkdir()
    run.resume_point.touch()
    (run.folder / "stop").mkdir()
    with pytest.raises(NetDesignerError, match="No run can be written into"):
        runs.prepare_resume(run)


# ---- lists


def test_runs_are_listed_newest_first(tmp_path: Path) -> None:
    made = [create(tmp_path) for _ in range(3)]
    assert [row.folder for row in runs.list_runs(tmp_path)] == [str(run.folder) for run in reversed(made)]
    assert runs.list_runs(tmp_path / "nowhere") == []


BROKEN = ["", "{", "null", "[1]", '{"epochs": "three"}', '{"created": NaN}', "\xff\xfe", "[" * 100_000]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_runs_are_listed_with_what_is_left(tmp_path: Path, text: str) -> None:
    run = create(tmp_path)
    for name in (runs.SUMMARY, "recipe.json", "graph.json", "events.jsonl"):
        (run.folder / name).write_bytes(text.encode("latin-1"))
    (row,) = runs.list_runs(tmp_path)
    assert (row.name, row.state) == (run.name, "died")
    with pytest.raises(NetDesignerError):
        run.recipe()


def test_a_date_beyond_all_calendars_is_none(tmp_path: Path) -> None:
    run = create(tmp_path)
    (run.folder / runs.SUMMARY).write_text('{"created": 1e300}')
    assert time.localtime(run.row().created).tm_year in (1969, 1970)


def test_what_is_no_run_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert runs.list_runs(tmp_path) == []


def test_a_thousand_runs_are_listed(tmp_path: Path) -> None:
    for i in range(1000):
        folder = tmp_path / f"run{i}"
        folder.mkdir()
        (folder / runs.SUMMARY).write_bytes(msgspec.json.encode(Summary(network="n", created=float(i))))
    assert len(runs.list_runs(tmp_path)) == 1000


def test_a_run_is_found_by_folder_by_name_or_as_the_newest_of_a_folder(tmp_path: Path) -> None:
    first, second = create(tmp_path), create(tmp_path)
    assert runs.find_run(str(first.folder), []) == first
    assert runs.find_run(first.name, [tmp_path / "other", tmp_path]) == first
    assert runs.find_run(str(tmp_path), []) == second
    for text in ("nothing", "n" * 300, "~nobody-of-this-name/run"):
        with pytest.raises(NetDesignerError, match=f"no run '{text}'"):
            runs.find_run(text, [tmp_path])
