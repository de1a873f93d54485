"""What a layer dragged out of the palette carries: its type name, under a MIME type of our own."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData

LAYER_MIME: Final = "application/x-netdesigner-layer"
"""The payload is the layer's type name in UTF-8."""


def layer_mime(type_name: str) -> QMimeData:
    """What a drag of that layer carries."""
    data = QMimeData()
    data.setData(LAYER_MIME, type_name.encode())
    data.setText(type_name)
    return data


def layer_in(data: QMimeData) -> str | None:
    """The type name of the layer that is being dragged, or None if it is something else."""
    return bytes(data.data(LAYER_MIME).data()).decode() if data.hasFormat(LAYER_MIME) else None
