"""The menus of the menu bar, from left to right."""

from __future__ import annotations

from designer.app.actions import Menu
from designer.app.i18n import tr


def menu_titles() -> tuple[tuple[Menu, str], ...]:
    """Id and title of every menu."""
    return (
        ("file", tr("&File")),
        ("edit", tr("&Edit")),
        ("graph", tr("&Graph")),
        ("train", tr("&Train")),
        ("view", tr("&View")),
        ("help", tr("&Help")),
    )
