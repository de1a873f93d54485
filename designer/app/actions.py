"""Every command of the app, registered once: menus, toolbar, command search and shortcut list come from this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QWidget

from designer.app import tips

Menu = Literal["file", "edit", "view", "graph", "train", "help"]
Keys = str | QKeySequence.StandardKey | None


class Actions:
    """The registry: ids to `QAction`s, which belong to one window."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._menus: dict[str, Menu] = {}

    def add(
        self,
        id_: str,
        text: str,
        run: Callable[[], object],
        *,
        menu: Menu,
        keys: Keys | tuple[Keys, ...] = None,
        icon: QIcon | None = None,
        tip: str = "",
        scope: QWidget | None = None,
        checkable: bool = False,
    ) -> QAction:
        """Register a command.

        Args:
            id_: stable name such as 'edit.undo'; also the action's objectName.
            text: what menus show, already translated.
            run: called when it is triggered.
            menu: the menu it stands in.
            keys: shortcut or shortcuts.
            icon: optional picture.
            tip: what it does, for the tooltip and the command search.
            scope: the widget in whose focus the shortcut is live; the whole window if None. Single letters need one.
            checkable: whether it is a switch.
        """
        if id_ in self._actions:
            raise ValueError(f"the action {id_} is registered twice")
        action = QAction(text, self._window)
        action.setObjectName(id_)
        if icon is not None:
            action.setIcon(icon)
        shortcuts = keys if isinstance(keys, tuple) else (keys,)
        action.setShortcuts([QKeySequence(k) for k in shortcuts if k is not None])
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(tips.tip((tip or text.replace("&", "")) + (f"  ({shown})" if shown else "")))
        action.setStatusTip(tip)
        action.setCheckable(checkable)
        action.triggered.connect(lambda *_: run())
        if scope is not None:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        (scope or self._window).addAction(action)
        self._actions[id_] = action
        self._menus[id_] = menu
        return action

    def __getitem__(self, id_: str) -> QAction:
        return self._actions[id_]

    def __iter__(self) -> Iterator[QAction]:
        return iter(self._actions.values())

    def of_menu(self, menu: Menu) -> list[QAction]:
        """The commands of one menu, in the order they were registered."""
        return [action for id_, action in self._actions.items() if self._menus[id_] == menu]
