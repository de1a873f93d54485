"""Work outside of the window's thread ends with the app, however that ends."""

from __future__ import annotations

import subprocess
import sys


def test_an_app_that_never_ran_ends_without_a_word_about_its_jobs() -> None:
    code = """
from PySide6.QtCore import QCoreApplication
from designer.app.panels.jobs import Job
app = QCoreApplication([])
job = Job(app, "this")
job._process.waitForStarted()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "Traceback" not in ended.stderr
