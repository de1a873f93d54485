"""What can train here. `python -m designer.training.devices` prints it as JSON, for those who may not import torch."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import msgspec
import torch

from designer.errors import NetDesignerError, message
from designer.training.launch import Device


def available() -> list[Device]:
    """Every device, the fastest kind first."""
    found = [
        Device(f"cuda:{i}", torch.cuda.get_device_name(i), "cuda")
        for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    ]
    if torch.backends.mps.is_available():
        found.append(Device("mps", "Apple GPU", "mps"))
    return [*found, Device("cpu", cpu_name(), "cpu")]


def resolve(text: str) -> torch.device:
    """The device that a recipe names; 'auto' is the fastest, 'cuda' the first GPU.

    Raises:
        NetDesignerError: it is not there; the text lists those that are.
    """
    if text == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda:0")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    known = [device.id for device in available()]
    wanted = "cuda:0" if text == "cuda" else text
    if wanted not in known:
        raise NetDesignerError(message("There is no device '{device}' here; there are {known}. Choose 'auto' for the "
                                       "fastest.", device=text, known=", ".join(known)))  # fmt: skip
    return torch.device(wanted)


def name_of(device: torch.device) -> str:
    """What people call the device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else cpu_name()


def cpu_name() -> str:
    """The processor's name as its maker gives it, or else its architecture."""
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:  # there is no such file outside of Linux
        pass
    return platform.processor() or platform.machine() or "CPU"


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(available()))
