"""Settings of the process that trains, made before torch is imported."""

from __future__ import annotations

import ctypes
import os
import sys

NICENESS = 10

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST_KEPT = 32 << 20  # glibc takes no more
_KEPT = 2**31 - 1


def prepare() -> None:
    """Keep freed memory, and let idle threads sleep.

    glibc gives large blocks back to the system and gets them again in every step: a ResNet-20 on the CPU takes 10,000
    page faults a step, 5 to 25 % of its time. Threads that wait by spinning halve the speed on a machine that does
    anything else, and take the window's frames; where nothing else runs, sleeping costs a few percent.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if sys.platform.startswith("linux"):
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
            mallopt(_M_TRIM_THRESHOLD, _KEPT)


def lower_priority() -> None:
    """The window's frames come first."""
    if sys.platform != "win32":
        os.nice(NICENESS)
