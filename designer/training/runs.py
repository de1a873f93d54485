"""Runs: folders that each hold one training, from the drawing it began with to the weights it found.

    <time>-<name>/
        graph.json  recipe.json       what is trained, and how
        model.py                      the very code that runs
        events.jsonl                  what happened, appended line by line (see `events`)
        summary.json                  how far it is, for lists of runs
        checkpoints/                  best.safetensors, last.safetensors, resume.safetensors
        log.txt                       what the trainer's process printed
        tensorboard/                  the same curves for TensorBoard

Whoever wants something of the trainer puts a file there too (`stop`, `save`), and the trainer removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import platformdirs

from designer.errors import NetDesignerError, message
from designer.graph import Graph, io
from designer.graph.recipe import Recipe
from designer.training import events, locks

State = Literal["running", "completed", "stopped", "failed", "died"]
Request = Literal["stop", "save"]

SUMMARY = "summary.json"
LOCK = "lock"
LAUNCHED = "launched"
"""Marks a run whose trainer was started but has not taken over yet."""
LAUNCH_S = 120.0
"""A trainer that has not taken over by then never will."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What lists of runs show; the trainer rewrites it after every epoch."""

    network: str = ""
    drawing: str = ""
    """The file of the drawing that is trained; empty where it has none."""
    data: str = ""
    created: Annotated[float, msgspec.Meta(ge=0, le=3e10)] = 0.0
    """Seconds since 1970; up to where every system's calendar goes."""
    epochs: int = 0
    epochs_done: int = 0
    parameters: int = 0
    device: str = ""
    best_error: float | None = None
    """Lowest validation error."""
    error: events.ErrorKind = "share"
    """What errors are in this run."""
    best_epoch: int | None = None
    test_accuracy: float | None = None
    seconds: float = 0.0
    """Time trained, all lives of the run together."""
    outcome: events.Outcome | None = None
    """None while it runs, and for ever if its trainer died."""


class RunSummary(Summary, frozen=True, kw_only=True):
    """One row in a list of runs."""

    folder: str
    state: State

    @property
    def name(self) -> str:
        """The folder's name."""
        return Path(self.folder).name


class Run:
    """One run's folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder).absolute()

    def __repr__(self) -> str:
        return f"Run({str(self.folder)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def created(self) -> float:
        """When the run was made, in seconds since 1970."""
        return self.summary().created

    @property
    def events(self) -> Path:
        """The file of events, for an `EventReader`."""
        return self.folder / "events.jsonl"

    @property
    def checkpoints(self) -> Path:
        """The folder of the weights."""
        return self.folder / "checkpoints"

    @property
    def log(self) -> Path:
        """What the trainer's process printed."""
        return self.folder / "log.txt"

    def graph(self) -> Graph:
        """The drawing that is trained. Raises GraphFileError."""
        return io.load(self.folder / "graph.json")

    def recipe(self) -> Recipe:
        """How it is trained.

        Raises:
            NetDesignerError: the file is missing or broken.
        """
        path = self.folder / "recipe.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Recipe)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise NetDesignerError(message("{path} cannot be read as a recipe: {reason}.", path=str(path),
                                           reason=str(error))) from None  # fmt: skip

    def summary(self) -> Summary:
        """How far the run is; what is not known keeps its default."""
        try:
            return msgspec.json.decode((self.folder / SUMMARY).read_bytes(), type=Summary)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return Summary(network=self.name)

    def write_summary(self, summary: Summary) -> None:
        """Replace the summary. Raises GraphFileError where the folder cannot be written."""
        io.write_atomically(self.folder / SUMMARY, msgspec.json.encode(summary) + b"\n")

    def state(self) -> State:
        """What became of the run; 'died' where its trainer is gone without a word."""
        return self.row().state

    def _is_launched(self) -> bool:
        try:
            return time.time() - (self.folder / LAUNCHED).stat().st_mtime < LAUNCH_S
        except OSError:
            return False

    def row(self) -> RunSummary:
        """The run as one row of a list."""
        # In this order: a trainer holds the lock before it removes the mark of its launch, and until its outcome is
        # written, so that none that starts or ends meanwhile is taken for dead.
        launched, held = self._is_launched(), locks.is_held(self.folder / LOCK)
        summary = self.summary()
        state: State = "running" if launched else summary.outcome or ("running" if held else "died")
        return RunSummary(**msgspec.structs.asdict(summary), folder=str(self.folder), state=state)

    def can_resume(self) -> bool:
        """Whether the run ended before its last epoch and there is a checkpoint to go on from."""
        return self.state() in ("stopped", "died", "failed") and self.resume_point.exists()

    @property
    def resume_point(self) -> Path:
        """The file that holds all that going on needs: weights, optimizer, random numbers, counters."""
        return self.checkpoints / "resume.safetensors"


def create(root: Path, graph: Graph, recipe: Recipe, drawing: Path | None = None) -> Run:
    """Make the folder of a new run; `drawing` is the file that the graph is in.

    Raises:
        NetDesignerError: the graph has errors, or the folder cannot be written.
    """
    from designer.codegen.source import source

    code = source(graph)
    created = time.time()
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = _new_folder(root, time.strftime("%Y-%m-%d-%H%M%S", time.localtime(created)), graph.name)
    except OSError as error:
        raise unwritable(root, error) from None
    run = Run(folder)
    recipe = msgspec.structs.replace(recipe, data=_findable(recipe.data))
    io.save(graph, folder / "graph.json")
    _write_recipe(run, recipe)
    io.write_atomically(folder / "model.py", code.encode())
    run.write_summary(Summary(network=graph.name, drawing=str(drawing.absolute()) if drawing else "",
                              data=recipe.data, created=created, epochs=recipe.epochs))  # fmt: skip
    return run


def prepare_resume(run: Run, epochs: int | None = None) -> None:
    """Make a run ready to go on; `epochs` gives it another length, also where it had completed.

    Raises:
        NetDesignerError: it is running, it has done all these epochs, it has no checkpoint, or its folder cannot be
            written.
    """
    state = run.state()
    if state == "running":
        raise NetDesignerError(message("The run '{run}' is being trained already.", run=run.name))
    if not run.resume_point.exists():
        raise NetDesignerError(message("The run '{run}' has no checkpoint to go on from. Train the graph anew.",
                                       run=run.name))  # fmt: skip
    recipe = run.recipe()
    done, wanted = run.summary().epochs_done, epochs or recipe.epochs
    if done > wanted or (state == "completed" and done == wanted):
        raise NetDesignerError(message("The run '{run}' has done its {epochs} epochs. Give it more epochs to go on.",
                                       run=run.name, epochs=done))  # fmt: skip
    if epochs is not None and epochs != recipe.epochs:
        recipe = msgspec.structs.replace(recipe, epochs=epochs)
        _write_recipe(run, recipe)
        run.write_summary(msgspec.structs.replace(run.summary(), epochs=epochs))
    try:
        for what in ("stop", "save"):
            (run.folder / what).unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(run.folder, error) from None


def mark_launched(run: Run) -> None:
    """Let the run count as running until its trainer takes over. Raises NetDesignerError."""
    try:
        (run.folder / LAUNCHED).touch()
    except OSError as error:
        raise unwritable(run.folder, error) from None


def unwritable(folder: Path, error: OSError) -> NetDesignerError:
    """The error for a run's folder, or a folder of runs, that cannot be written."""
    return NetDesignerError(message("No run can be written into {folder}: {reason}.", folder=str(folder),
                                    reason=error.strerror or str(error)))  # fmt: skip


def _write_recipe(run: Run, recipe: Recipe) -> None:
    io.write_atomically(run.folder / "recipe.json", msgspec.json.format(msgspec.json.encode(recipe)) + b"\n")


def _new_folder(root: Path, stamp: str, network: str) -> Path:
    name = re.sub(r"[^\w.-]+", "_", network).strip("._")[:60] or "network"
    for number in range(1, 10_000):
        folder = root / (f"{stamp}-{name}" if number == 1 else f"{stamp}-{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(f"{stamp}-{name}")


def _findable(data: str) -> str:
    """A path that means the same wherever the trainer runs; names of built-in sets stay as they are."""
    path = Path(data)
    return str(path.absolute()) if not path.is_absolute() and path.exists() and _looks_like_path(data) else data


def _looks_like_path(data: str) -> bool:
    from designer.data.catalogue import find

    return find(data) is None


def list_runs(root: Path) -> list[RunSummary]:
    """The runs in a folder, newest first. Folders without a run are left out; broken runs show what is left of them."""
    try:
        with os.scandir(root) as entries:
            folders = [entry.path for entry in entries if entry.is_dir()]
    except OSError:
        return []
    rows = [Run(folder).row() for folder in folders if is_run(Path(folder))]
    return sorted(rows, key=lambda row: (row.created, row.folder), reverse=True)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run, or what is left of one."""
    return any((folder / name).exists() for name in (SUMMARY, "graph.json", "events.jsonl"))


def app_root() -> Path:
    """Where the window keeps its runs: $NETDESIGNER_RUNS, or the user's data folder."""
    chosen = os.environ.get("NETDESIGNER_RUNS")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("netdesigner", False)) / "runs"


def default_root() -> Path:
    """Where the command line keeps its runs: $NETDESIGNER_RUNS, or `runs` in the current folder."""
    chosen = os.environ.get("NETDESIGNER_RUNS")
    return Path(chosen).expanduser() if chosen else Path("runs").absolute()


def request_stop(run: Run) -> None:
    """Ask the trainer to save and end; it does so after its current step."""
    _request(run, "stop")


def request_save(run: Run) -> None:
    """Ask the trainer to write a checkpoint after its current step and go on."""
    _request(run, "save")


def _request(run: Run, what: Request) -> None:
    try:
        (run.folder / what).touch()
    except OSError as error:
        raise NetDesignerError(message("{path} cannot be written: {reason}.", path=str(run.folder / what),
                                       reason=error.strerror or str(error))) from None  # fmt: skip


def take_request(run: Run, what: Request) -> bool:
    """Whether that was asked for since the last call."""
    try:
        (run.folder / what).unlink()
    except OSError:
        return False
    return True


def find_run(text: str, roots: list[Path]) -> Run:
    """The run that a person names: its folder, its name in one of the roots, or a folder of runs, meaning its newest.

    Raises:
        NetDesignerError: there is none.
    """
    with contextlib.suppress(OSError, RuntimeError):  # a name too long, the home of a user that does not exist
        for path in (Path(text).expanduser(), *(root / text for root in roots)):
            if is_run(path):
                return Run(path)
        if rows := list_runs(Path(text).expanduser()):
            return Run(rows[0].folder)
    raise NetDesignerError(message("There is no run '{run}'. 'netdesigner runs' lists those there are.", run=text))
