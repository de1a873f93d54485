"""Colours, type scale and spacing of the whole app, light and dark, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication

if TYPE_CHECKING:
    from designer.layers.base import Category

GRID: Final = 4
"""All spacing is a multiple of this many pixels."""
TITLE_SIZE, TEXT_SIZE, SMALL_SIZE = 15, 12, 11
"""Type scale in pixels."""


class Palette(NamedTuple):
    """The colours of one scheme; text on `surface` and `canvas` has a contrast of 4.5 : 1 at least."""

    window: str
    surface: str
    canvas: str
    grid: str
    border: str
    field: str
    """The outline of what can be typed into; 3 : 1 against `surface`, more than lines between areas need."""
    text: str
    muted: str
    accent: str
    on_accent: str
    node: str
    node_border: str
    wire: str
    error: str
    warning: str
    good: str
    frame: str
    note: str
    note_border: str
    curves: tuple[str, str, str, str, str, str]
    """Training loss, training error, validation error, learning rate, and two more for compared runs."""


LIGHT: Final = Palette(
    window="#f4f5f7", surface="#ffffff", canvas="#fafbfc", grid="#e6e8ec", border="#d5d9e0", field="#8c96a5",
    text="#1c2430", muted="#5a6575", accent="#1f6feb", on_accent="#ffffff", node="#ffffff", node_border="#c3cad5",
    wire="#7a8699", error="#c62828", warning="#9a5b00", good="#1b7f3b", frame="#eef1f6",
    note="#fbf5df", note_border="#ddd0a0",
    curves=("#1f6feb", "#b35900", "#1b7f3b", "#8250df", "#bf3989", "#3b7a8c"),
)  # fmt: skip
DARK: Final = Palette(
    window="#1b1e24", surface="#22262e", canvas="#16191e", grid="#22262d", border="#363c47", field="#6c7687",
    text="#e6e9ef", muted="#9aa5b5", accent="#5aa2ff", on_accent="#0b1a2e", node="#282d36", node_border="#454d5b",
    wire="#8d99ab", error="#ff7b72", warning="#e3a63b", good="#57c77a", frame="#1e2229",
    note="#302c20", note_border="#5b5238",
    curves=("#5aa2ff", "#f0a04b", "#57c77a", "#b794f6", "#f08cc0", "#5fc3d6"),
)  # fmt: skip

CATEGORY_COLOURS: Final[dict[Category, tuple[str, str]]] = {
    "io": ("#5f6b7a", "#8b98a9"),
    "preprocess": ("#0f7b8a", "#3bb3c3"),
    "convolution": ("#2563c9", "#5b95f5"),
    "linear": ("#5b48c2", "#8f80f0"),
    "recurrent": ("#6d5a00", "#c2ab3a"),
    "attention": ("#8a2f86", "#d685d2"),
    "normalization": ("#1a7f4b", "#46b87d"),
    "pooling": ("#9a6a14", "#d3a043"),
    "activation": ("#c2452d", "#f0785f"),
    "arithmetic": ("#64748b", "#94a3b8"),
    "math": ("#566b8c", "#8fa8cc"),
    "reduction": ("#4a6f7f", "#86b0c2"),
    "logic": ("#6b6478", "#a8a0b8"),
    "shape": ("#7c5a3a", "#bb9470"),
    "quantization": ("#4d7a1f", "#92c25c"),
    "regularization": ("#a83279", "#e070b3"),
    "control": ("#7a3fb0", "#b585e6"),
    "loss": ("#b3261e", "#f2746b"),
}
"""The bar at a node's left edge by category: (light scheme, dark scheme)."""


_CHOICE: Final = "netdesigner_scheme"


def choose(scheme: Qt.ColorScheme) -> None:
    """Take the light or the dark scheme, or (Unknown) follow the system; `style.apply` restyles the app."""
    app = QGuiApplication.instance()
    if app is not None:
        app.setProperty(_CHOICE, scheme)


def chosen() -> Qt.ColorScheme:
    """The scheme that was chosen; Unknown where the system's is followed."""
    app = QGuiApplication.instance()
    scheme = app.property(_CHOICE) if app is not None else None
    return scheme if isinstance(scheme, Qt.ColorScheme) else Qt.ColorScheme.Unknown


def is_dark() -> bool:
    """Whether the user's choice, or without one the system, asks for the dark scheme."""
    if chosen() != Qt.ColorScheme.Unknown:
        return chosen() == Qt.ColorScheme.Dark
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def palette() -> Palette:
    """The colours of the current scheme."""
    return DARK if is_dark() else LIGHT


def category_colour(category: Category) -> QColor:
    """The colour that stands for a category of layers in the current scheme."""
    return QColor(CATEGORY_COLOURS[category][is_dark()])


def font(pixels: int = TEXT_SIZE, *, bold: bool = False, mono: bool = False) -> QFont:
    """The app's font at a size of the type scale."""
    chosen = QFont("monospace") if mono else QFont()
    if mono:
        chosen.setStyleHint(QFont.StyleHint.Monospace)
    chosen.setPixelSize(pixels)
    chosen.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return chosen
