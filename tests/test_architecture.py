"""The structure holds: who may import whom, and what is never imported at all."""

from __future__ import annotations

import subprocess
import sys

from importlinter.api import read_configuration  # type: ignore[import-untyped]
from importlinter.cli import lint_imports  # type: ignore[import-untyped]


def test_parts_import_only_what_lies_above_them() -> None:
    assert read_configuration()["contracts_options"]
    assert lint_imports(no_cache=True) == 0


def test_the_window_and_what_it_needs_load_without_torch() -> None:
    code = (
        "import sys, designer.app.main_window\n"
        "heavy = {'torch', 'torchvision', 'torchmetrics', 'pyqtgraph', 'networkx', 'tensorboard'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
