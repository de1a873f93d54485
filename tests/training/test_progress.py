"""What a training prints, on a terminal and elsewhere."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from designer.errors import message
from designer.training.events import Finished, Status
from designer.training.progress import ProgressPrinter, duration
from designer.training.runs import Run


@pytest.mark.parametrize("terminal", [True, False])
def test_names_reach_a_terminal_as_text_whatever_is_in_them(tmp_path: Path, terminal: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, soft_wrap=True, highlight=False)
    name = "[/b] :cat: \x1b[31m.npz"
    with ProgressPrinter(Run(tmp_path / "run"), console) as printer:
        printer.show(Status(text=message("Loading {data}", data=name)))
        printer.show(Finished(outcome="stopped", text=message("Stopped in {data}.", data=name)))
    assert "Stopped in [/b] :cat: \\x1b[31m.npz." in out.getvalue()
    assert "\x1b[31m.npz" not in out.getvalue()


def test_times_are_said_as_people_say_them() -> None:
    assert [duration(seconds) for seconds in (0.4, 45, 200, 7500)] == ["0 s", "45 s", "3:20 min", "2:05 h"]
