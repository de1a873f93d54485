"""Keeps every test away from the user's own settings, runs and recovered drawings."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_SHARED = Path(tempfile.gettempdir()) / f"netdesigner-tests-{os.environ.get('USER', 'user')}"
_OWN = Path(tempfile.mkdtemp(prefix="netdesigner-test-"))

os.environ["NETDESIGNER_DATA"] = str(_SHARED / "data")  # generated once, whole, and the same for every process
os.environ["NETDESIGNER_CONFIG"] = str(_OWN / "settings")
os.environ["NETDESIGNER_STATE"] = str(_OWN / "state")
os.environ["NETDESIGNER_RUNS"] = str(_OWN / "runs")
os.environ["XDG_CONFIG_HOME"] = str(_OWN / "config")  # QSettings
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test processes on two cores
