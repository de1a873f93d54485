"""The menus of the menu bar, from left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from designer.app.i18n import tr

if TYPE_CHECKING:
    from designer.app.actions import Menu


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
