"""Whether a window can be opened here, and if not, why and what to install: asked before Qt is, which would abort."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Iterable, Mapping, Set
from importlib.util import find_spec
from pathlib import Path

from designer import commands
from designer.errors import Message, NetDesignerError, message

QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libz.so.1": "zlib1g",
    "libzstd.so.1": "libzstd1",
}
"""The system libraries that Qt needs wherever it draws, and the Debian packages that have them."""

XCB_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
"""What it needs besides on an X display."""

WAYLAND_LIBRARIES = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}
"""What it needs besides on a Wayland display."""

SCREENS = frozenset({"xcb", "wayland"})
"""Qt's platforms that show windows on a display."""

PACKAGES = QT_LIBRARIES | XCB_LIBRARIES | WAYLAND_LIBRARIES


class NoWindowError(NetDesignerError):
    """No window can be opened here; the text says why, what to install, and what works without a window."""

    def __init__(self, reason: Message) -> None:
        others = ", ".join(name for name in commands.NAMES if name != "open")
        text = message(
            "No window can be opened: {reason} Without a window work: {commands}.", reason=reason, commands=others
        )
        super().__init__(text)


def require_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise NoWindowError where Qt would end the process instead of opening a window; only Linux has such places."""
    if find_spec("PySide6") is None:
        raise NoWindowError(message("PySide6 is not installed: pip install PySide6-Essentials."))
    if not sys.platform.startswith("linux"):
        return
    wanted = environment.get("QT_QPA_PLATFORM", "")
    asked = {re.split("[:-]", name)[0] for name in wanted.split(";") if name}  # xcb, wayland-egl, vnc:size=800x600
    if asked and not any(map(_has_plugin, asked)):
        raise NoWindowError(message("Qt has no platform '{name}' (QT_QPA_PLATFORM).", name=wanted))
    _require_libraries(QT_LIBRARIES)
    if asked <= SCREENS:
        _require_screen(environment, asked or SCREENS)


def missing_library(error: ImportError) -> NoWindowError | None:
    """The error about a system library that an import named; None where the import failed for another reason."""
    found = re.match(r"(\S+\.so[.\d]*): cannot open shared object file", str(error))
    return None if found is None else NoWindowError(_missing([found[1]]))


def _has_plugin(platform: str) -> bool:
    spec = find_spec("PySide6")
    places = (spec.submodule_search_locations if spec is not None else None) or []
    return any(Path(place, "Qt", "plugins", "platforms", f"libq{platform}.so").exists() for place in places)


def _require_screen(environment: Mapping[str, str], platforms: Set[str]) -> None:
    """Find a display that answers and whose libraries are there."""
    xorg = environment.get("DISPLAY") if "xcb" in platforms else None
    wayland = environment.get("WAYLAND_DISPLAY") if "wayland" in platforms else None
    if not xorg and not wayland:
        raise NoWindowError(message(
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). The Debian package xvfb has one for "
            "machines without a screen: sudo apt install xvfb, then xvfb-run netdesigner."
        ))  # fmt: skip
    if wayland and _wayland_answers(wayland, environment) and not _absent(WAYLAND_LIBRARIES):
        return
    _require_libraries(XCB_LIBRARIES if xorg else WAYLAND_LIBRARIES)
    if not (xorg and _x_answers(xorg)):
        raise NoWindowError(message("the display '{display}' does not answer.", display=xorg or wayland))


def _x_answers(display: str) -> bool:
    """Whether an X server takes a connection; libxcb is asked because it also knows how to log in."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    failed = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not failed


def _wayland_answers(display: str, environment: Mapping[str, str]) -> bool:
    import socket  # only here, as it takes 4 ms of the start

    path = Path(environment.get("XDG_RUNTIME_DIR", "/")) / display
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def _require_libraries(libraries: Iterable[str]) -> None:
    if absent := _absent(libraries):
        raise NoWindowError(_missing(absent))


def _absent(libraries: Iterable[str]) -> list[str]:
    return [name for name in libraries if not _loads(name)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _missing(libraries: list[str]) -> Message:
    packages = [PACKAGES[name] for name in libraries if name in PACKAGES]
    if not packages:
        return message("Qt needs {libraries}, which this system lacks.", libraries=", ".join(libraries))
    return message(
        "Qt needs {libraries}, which this system lacks: sudo apt install {packages}.",
        libraries=", ".join(libraries), packages=" ".join(packages),
    )  # fmt: skip
