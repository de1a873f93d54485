"""Real mouse and key events on real widgets: what every GUI test uses instead of calling methods."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from designer.app.document import Document
from designer.graph import Graph

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtCore import QMimeData
    from pytestqt.qtbot import QtBot

    from designer.app.canvas.view import CanvasView
    from designer.app.main_window import MainWindow

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


class Mouse:
    """A mouse over one widget (over the viewport of a scroll area). Positions are in that widget's pixels.

    Moves carry the pressed buttons and the modifiers, which QTest's own mouseMove leaves out.
    """

    def __init__(self, widget: QWidget) -> None:
        self.widget = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
        self.at = QPoint(0, 0)
        self.buttons = Qt.MouseButton.NoButton

    def move(self, to: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Go to a place, in one event."""
        self.at = QPoint(to)
        self._send(QEvent.Type.MouseMove, Qt.MouseButton.NoButton, modifiers)

    def glide(self, to: QPoint, modifiers: Qt.KeyboardModifier = NONE, steps: int = 6) -> None:
        """Go to a place as a hand does, in several events."""
        start = QPoint(self.at)
        for step in range(1, steps + 1):
            self.move(start + (to - start) * (step / steps), modifiers)

    def press(self, at: QPoint, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Press a button."""
        self.move(at, modifiers)
        self.buttons |= button
        self._send(QEvent.Type.MouseButtonPress, button, modifiers)

    def release(self, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Let a button go, where the mouse is."""
        self.buttons &= ~button
        self._send(QEvent.Type.MouseButtonRelease, button, modifiers)

    def click(self, at: QPoint, button: Qt.MouseButton = LEFT, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Press and release."""
        self.press(at, button, modifiers)
        self.release(button, modifiers)

    def double_click(self, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Click, then press a second time at once."""
        self.click(at, LEFT, modifiers)
        self.buttons |= LEFT
        self._send(QEvent.Type.MouseButtonDblClick, LEFT, modifiers)
        self.release(LEFT, modifiers)

    def drag(
        self,
        start: QPoint,
        end: QPoint,
        button: Qt.MouseButton = LEFT,
        modifiers: Qt.KeyboardModifier = NONE,
        via: Sequence[QPoint] = (),
    ) -> None:
        """Press at one place, glide to another (over the places in between), release there."""
        self.press(start, button, modifiers)
        for place in (*via, end):
            self.glide(place, modifiers)
        self.release(button, modifiers)

    def wheel(self, at: QPoint, delta: int, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """Turn the wheel; 120 is one notch away from the user."""
        self.at = QPoint(at)
        event = QWheelEvent(QPointF(at), QPointF(self.widget.mapToGlobal(at)), QPoint(), QPoint(0, delta), self.buttons,
                            modifiers, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(self.widget, event)

    def drop(self, data: QMimeData, path: Sequence[QPoint], modifiers: Qt.KeyboardModifier = NONE) -> bool:
        """Drag something in from outside along a path and let it go at the end; whether it was accepted."""
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(self.widget, QDragEnterEvent(path[0], copy, data, LEFT, modifiers))
        for place in path:
            QApplication.sendEvent(self.widget, QDragMoveEvent(place, copy, data, LEFT, modifiers))
        event = QDropEvent(QPointF(path[-1]), copy, data, LEFT, modifiers)
        QApplication.sendEvent(self.widget, event)
        return event.isAccepted()

    def drag_out(self, data: QMimeData, path: Sequence[QPoint]) -> None:
        """Drag something in from outside along a path and out again."""
        copy = Qt.DropAction.CopyAction
        QApplication.sendEvent(self.widget, QDragEnterEvent(path[0], copy, data, LEFT, NONE))
        for place in path:
            QApplication.sendEvent(self.widget, QDragMoveEvent(place, copy, data, LEFT, NONE))
        QApplication.sendEvent(self.widget, QDragLeaveEvent())

    def _send(self, kind: QEvent.Type, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier) -> None:
        place = QPointF(self.at)
        everywhere = QPointF(self.widget.mapToGlobal(self.at))
        QApplication.sendEvent(self.widget, QMouseEvent(kind, place, everywhere, button, self.buttons, modifiers))


def press_keys(widget: QWidget, *keys: str | Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Type texts and press keys, one after the other, through the window's shortcuts as a keyboard does.

    Take it by the fixture `keys`.
    """
    for key in keys:
        if isinstance(key, str):
            QTest.keyClicks(widget, key, modifiers)
        else:
            QTest.keyClick(widget, key, modifiers)


def click_card(window: MainWindow, name: str) -> None:
    """Open what a card of the start page shows."""
    card = window.start_page.findChild(QWidget, name)
    assert card is not None
    QTest.mouseClick(card, LEFT)


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """Each test starts with an empty clipboard and leaves no window open."""
    yield
    for widget in QApplication.topLevelWidgets():
        widget.close()
    if QApplication.instance() is not None:
        QApplication.clipboard().clear()


@pytest.fixture
def keys() -> Callable[..., None]:
    """Types: `keys(widget, "conv", Qt.Key.Key_Return)`."""
    return press_keys


@pytest.fixture
def mouse_over() -> Callable[[QWidget], Mouse]:
    """A mouse over any widget: `mouse_over(widget).click(place)`."""
    return Mouse


@pytest.fixture
def show_canvas(qtbot: QtBot) -> Callable[..., CanvasView]:
    """Shows a canvas with a graph in it: `canvas = show_canvas(graph)`."""
    from designer.app.actions import Actions
    from designer.app.canvas.commands import register_actions
    from designer.app.canvas.view import CanvasView

    def show(graph: Graph | None = None, width: int = 900, height: int = 700) -> CanvasView:
        canvas = CanvasView(Document(graph))
        qtbot.addWidget(canvas)
        register_actions(canvas, Actions(canvas))
        canvas.resize(width, height)
        with qtbot.waitActive(canvas):
            canvas.show()
            canvas.activateWindow()
        canvas.setFocus()
        return canvas

    return show


@pytest.fixture
def canvas(show_canvas: Callable[..., CanvasView]) -> CanvasView:
    """An empty canvas on the screen, at 100 % zoom."""
    return show_canvas()


@pytest.fixture
def mouse(canvas: CanvasView) -> Mouse:
    """The mouse over `canvas`."""
    return Mouse(canvas)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The app's window as it starts, with folders of its own."""
    from designer.app import create_main_window

    monkeypatch.setenv("NETDESIGNER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NETDESIGNER_RUNS", str(tmp_path / "runs"))
    made = create_main_window()
    made.resize(1500, 950)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.document.replace(made.document.graph, None)  # nothing unsaved: closing asks nothing
    made.close()
