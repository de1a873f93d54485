"""The settings of a training process have the effect they are made for."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys
from designer.training import process
if sys.argv[1] == "prepared":
    process.prepare()
import numpy as np
for _ in range(3):
    a, b = np.ones(2**21), np.ones(2**21)
    del a, b
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    a, b, c = np.ones(2**21), np.ones(2**21), np.ones(2**21)
    del a, b, c
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's malloc")
def test_freed_memory_is_kept_for_the_next_step() -> None:
    assert faults("prepared") < faults("as it comes") / 2


def test_what_the_user_chose_for_idle_threads_stays() -> None:
    code = "import os; from designer.training import process; process.prepare(); print(os.environ['OMP_WAIT_POLICY'])"
    for given, found in ((None, "PASSIVE"), ("ACTIVE", "ACTIVE")):
        environment = {} if given is None else {"OMP_WAIT_POLICY": given}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == found
