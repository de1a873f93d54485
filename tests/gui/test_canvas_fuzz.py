"""Hundreds of random real events leave a valid document, a true picture, and an undo list back to nothing."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

from designer.app.canvas.mime import layer_mime
from designer.app.canvas.shelf import is_known
from designer.graph import Graph, io

Key = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
MODIFIERS = (
    NONE, NONE, NONE, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
)  # fmt: skip
KEYS = (
    (Key.Key_Delete, NONE), (Key.Key_Backspace, NONE), (Key.Key_Escape, NONE), (Key.Key_L, NONE), (Key.Key_F, NONE),
    (Key.Key_1, NONE), (Key.Key_Left, NONE), (Key.Key_Down, NONE), (Key.Key_A, Qt.KeyboardModifier.ControlModifier),
    (Key.Key_C, Qt.KeyboardModifier.ControlModifier), (Key.Key_V, Qt.KeyboardModifier.ControlModifier),
    (Key.Key_X, Qt.KeyboardModifier.ControlModifier), (Key.Key_D, Qt.KeyboardModifier.ControlModifier),
    (Key.Key_R, Qt.KeyboardModifier.ControlModifier), (Key.Key_Down, Qt.KeyboardModifier.ControlModifier),
    (Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    (Key.Key_F, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    (Key.Key_G, Qt.KeyboardModifier.ControlModifier), (Key.Key_U, Qt.KeyboardModifier.ControlModifier),
    (Key.Key_G, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    (Key.Key_U, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier),
    (Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier),
    (Key.Key_Return, NONE), (Key.Key_Up, Qt.KeyboardModifier.AltModifier),
)  # fmt: skip
LAYERS = ("Input", "Conv2d", "ReLU", "Add", "Concatenate", "Repeat", "Linear", "SoftmaxCrossEntropy", "MaxPool2d",
          "Recurrent", "Delay", "Block", "Block:SqueezeExcite")  # fmt: skip


class Hand:
    """Does something at random, as often as it is asked to."""

    def __init__(self, canvas, mouse, keys, seed: int) -> None:
        self.canvas, self.mouse, self.keys, self.random = canvas, mouse, keys, random.Random(seed)

    def act(self) -> None:
        graph = self.canvas.document.graph
        if len(graph.owners) > 60:
            self.canvas.document.apply("", Graph())
        elif len(graph.body(self.canvas.canvas.shown).nodes) > 25:
            self.keys(self.canvas, Key.Key_A, modifiers=Qt.KeyboardModifier.ControlModifier)
            self.keys(self.canvas, Key.Key_Delete)
        self.random.choices(
            (self.drag, self.wire, self.drop, self.key, self.click, self.type_, self.undo, self.wheel, self.cancelled),
            (8, 8, 6, 5, 5, 2, 3, 1, 2),
        )[0]()

    def place(self) -> QPoint:
        """Somewhere on the canvas, often on something."""
        drawn = [i for i in self.canvas.document.graph.owners if self.canvas.canvas.rect_of(i) is not None]
        room = self.canvas.viewport().rect()
        if drawn and self.random.random() < 0.75:
            node_id = self.random.choice(drawn)
            at = self.canvas.node_position(node_id) + QPoint(self.random.randint(-80, 80), self.random.randint(-18, 18))
            if room.contains(at):
                return at
        return QPoint(self.random.randint(0, room.width() - 1), self.random.randint(0, room.height() - 1))

    def port(self) -> QPoint:
        level = self.random.choice(list(self.canvas.canvas.levels))
        nodes = self.canvas.document.graph.body(level).nodes
        sides = ("inner_in", "inner_out") if level is not None and self.random.random() < 0.3 else ("in", "out")
        if not nodes and sides[0] == "in":
            return self.place()
        node_id = level if sides[0] == "inner_in" else self.random.choice(nodes).id
        return self.canvas.port_position(node_id, self.random.choice(sides))

    def drag(self) -> None:
        button = self.random.choice((Qt.MouseButton.LeftButton,) * 6 + (Qt.MouseButton.MiddleButton,))
        self.mouse.drag(self.place(), self.place(), button, self.random.choice(MODIFIERS))

    def wire(self) -> None:
        self.mouse.drag(self.port(), self.port() if self.random.random() < 0.85 else self.place())

    def drop(self) -> None:
        layer = self.random.choice(LAYERS)
        self.mouse.drop(layer_mime(layer), [self.place(), self.place()], self.random.choice(MODIFIERS))

    def key(self) -> None:
        key, modifiers = self.random.choice(KEYS)
        self.keys(self.canvas, key, modifiers=modifiers)

    def click(self) -> None:
        if self.random.random() < 0.15:
            self.mouse.double_click(self.place())
        else:
            self.mouse.click(self.place(), modifiers=self.random.choice(MODIFIERS))

    def type_(self) -> None:
        self.keys(self.canvas, Key.Key_Tab)
        popup = self.canvas.commands.adding.popup
        self.keys(popup.line, self.random.choice(LAYERS)[:5], Key.Key_Return)

    def undo(self) -> None:
        for _ in range(self.random.randint(1, 4)):
            self.random.choice((self.canvas.document.undo, self.canvas.document.redo))()

    def wheel(self) -> None:
        self.mouse.wheel(self.place(), self.random.choice((-240, -120, 120, 240)))

    def cancelled(self) -> None:
        before = self.canvas.document.graph
        self.mouse.press(self.place(), modifiers=self.random.choice(MODIFIERS))
        during = self.canvas.document.graph  # a press alone may fold a frame or free a port
        self.mouse.glide(self.place())
        self.keys(self.canvas, Key.Key_Escape)
        self.mouse.release()
        assert self.canvas.document.graph in (before, during)


def assert_true_picture(canvas) -> None:
    """Every item stands for a node that is there, at its place, and nothing else is in the scene."""
    graph, scene = canvas.document.graph, canvas.canvas
    assert canvas.analysis is canvas.document.analysis
    assert scene.levels.keys() - {scene.shown} <= graph.owners.keys()
    shown = 1 if scene.shown is None else 2
    for owner, view in scene.levels.items():
        body = graph.body(owner)
        assert view.items.keys() == {n.id for n in body.nodes}
        assert view.geometry.routes.keys() == set(body.edges)
        assert all(view.items[n.id].node is n for n in body.nodes)
        shown += 1 + len(view.items)
    assert len(scene.items()) == shown


@pytest.mark.parametrize("seed", range(4))
def test_random_events_leave_a_valid_document_and_undo_leads_back(canvas, mouse, keys, seed) -> None:
    hand = Hand(canvas, mouse, keys, seed)
    for step in range(160):
        hand.act()
        if canvas.commands.adding.popup is not None and step % 3:
            keys(canvas.commands.adding.popup.line, Key.Key_Escape)
        if step % 8 == 0:
            QApplication.processEvents()
            assert_true_picture(canvas)
            assert io.loads(io.dumps(canvas.document.graph)) == canvas.document.graph
    keys(canvas, Key.Key_Escape)
    end = canvas.document.graph
    steps = 0
    while canvas.document.undo_label is not None:
        canvas.document.undo()
        steps += 1
    assert canvas.document.graph == Graph()
    assert_true_picture(canvas)
    for _ in range(steps):
        canvas.document.redo()
    assert canvas.document.graph == end
    assert_true_picture(canvas)


def test_the_layers_of_the_test_exist() -> None:
    assert all(is_known(Graph(), layer) for layer in LAYERS)
