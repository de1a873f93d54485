"""How long an import takes from the start of the interpreter. Run: python tests/benchmarks/bench_import.py

All four networks of NNC's resnet-18 project are imported and checked in one process without torch; NNC's own engine
takes 8.5 times as long for the same as `python -c pass`. The two take turns; each counts with its best CPU time.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from table import Results

SAMPLE = Path(__file__).parents[2].parent / "shared" / "nnc" / "samples" / "resnet-18.sdcproj"
GOAL, AT_MOST = 8.5, 17.0
"""NNC's engine, and twice that."""
NOTHING = "pass"
EVERYTHING = """
import sys
from pathlib import Path
from designer.importers import open_source
from designer.importers.nnc import graph_of
from designer.shapes import analyze, problems
project = open_source(Path(sys.argv[1]))
found = [problem for name in project.networks for problem in problems(analyze(graph_of(project, name)))]
assert len(project.networks) == 4 and not [p for p in found if p.severity == "error"] and "torch" not in sys.modules
"""


def seconds(code: str, environment: dict[str, str]) -> float:
    """The CPU time of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, str(SAMPLE)], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int = 20) -> int:
    """Print the table; 1 where the goal is missed."""
    if not SAMPLE.exists():
        sys.stdout.write("NNC's samples are not beside the repository\n")
        return 0
    times: dict[str, list[float]] = {NOTHING: [], EVERYTHING: []}
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as where a program is installed
        seconds(EVERYTHING, environment)
        for _ in range(rounds):
            for code, taken in times.items():
                taken.append(seconds(code, environment))
    ours, theirs = min(times[EVERYTHING]), min(times[NOTHING])
    results = Results("Import of resnet-18.sdcproj")
    results.ratio("import and check four networks, against `python -c pass`", ours, theirs, AT_MOST)
    results.ratio(f"the same, with NNC's own {GOAL:g} as goal", ours, theirs)
    return 0 if results.show() else 1


if __name__ == "__main__":
    raise SystemExit(main())
