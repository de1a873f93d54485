"""Ratios measured in one run, side by side, with their goals."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table


def alternating(*jobs: Callable[[], object], rounds: int = 7, least: float = 0.02) -> list[float]:
    """The median time of each job in seconds; they take turns, so that a busy machine slows all of them alike.

    Short jobs run many times in a turn, `least` seconds together.
    """
    times: list[list[float]] = [[] for _ in jobs]
    counts = [max(1, int(least / once(job))) for job in jobs]
    gc.collect()
    gc.freeze()  # what lies in memory from other benchmarks is not looked through again and again
    for _ in range(rounds):
        for taken, job, count in zip(times, jobs, counts, strict=True):
            start = time.perf_counter()
            for _ in range(count):
                job()
            taken.append((time.perf_counter() - start) / count)
    return [median(taken) for taken in times]


def once(job: Callable[[], object]) -> float:
    """The time of one run, the first one left out."""
    job()
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.2f} s"


@dataclass
class Results:
    """Rows of a benchmark's table."""

    title: str
    rows: list[tuple[str, str, str, str, str, bool | None]] = field(default_factory=list)

    def ratio(self, what: str, ours: float, theirs: float, goal: float | None = None) -> None:
        """Time of ours over time of theirs, at most the goal."""
        found = ours / theirs
        text = "" if goal is None else f"<= {goal:g}"
        self.rows.append((what, milliseconds(ours), milliseconds(theirs), f"{found:.4g}", text,
                          None if goal is None else found <= goal))  # fmt: skip

    def faster(self, what: str, ours: float, theirs: float, goal: float | None = None) -> None:
        """How many times faster ours is, at least the goal."""
        found = theirs / ours
        text = "" if goal is None else f">= {goal:g} times faster"
        self.rows.append((what, milliseconds(ours), milliseconds(theirs), f"{found:.0f} times", text,
                          None if goal is None else found >= goal))  # fmt: skip

    def absolute(self, what: str, ours: float, goal: float | None = None) -> None:
        """A time that has nothing to be compared with."""
        text = "" if goal is None else f"<= {milliseconds(goal)}"
        self.rows.append((what, milliseconds(ours), "", "", text, None if goal is None else ours <= goal))

    def show(self) -> bool:
        """Print the table; returns whether every goal is met."""
        table = Table(title=self.title)
        for heading in ("what", "ours", "compared with", "ratio", "goal", "met"):
            table.add_column(heading, justify="left" if heading == "what" else "right")
        for *texts, met in self.rows:
            table.add_row(*texts, "" if met is None else "yes" if met else "NO")
        Console(width=150).print(table)
        return all(row[-1] is not False for row in self.rows)
