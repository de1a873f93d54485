"""Small pictures of networks: what can be seen on them, and how long they take."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

from designer.app import theme
from designer.app.thumbnails import thumbnail
from designer.graph import Body, Edge, Graph, Node, io
from designer.layers.registry import catalogue
from designer.samples import sample_paths

SIZE = QSize(192, 116)

pytestmark = pytest.mark.usefixtures("qapp")


def colours(image: QImage) -> dict[str, int]:
    """How often every fully opaque colour occurs."""
    found: dict[str, int] = {}
    for y in range(image.height()):
        for x in range(image.width()):
            colour = image.pixelColor(x, y)
            if colour.alpha() == 255:
                found[colour.name()] = found.get(colour.name(), 0) + 1
    return found


def chain(count: int, *types: str) -> Graph:
    nodes = tuple(
        Node(id=f"n{i}", type=types[i % len(types)], position=(0.0 if i % 7 else 40.0, 44.0 * i)) for i in range(count)
    )
    return Graph(root=Body(nodes, tuple(Edge((f"n{i}", 0), (f"n{i + 1}", 0)) for i in range(count - 1))))


@pytest.mark.parametrize("path", sample_paths(), ids=lambda p: p.stem)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_category_of_a_sample_can_be_seen(path: object, dark: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "is_dark", lambda: dark)
    graph = io.load(path)  # type: ignore[arg-type]
    seen = colours(thumbnail(graph, SIZE, 2.0))
    for category in {catalogue()[n.type].category for _, n in graph.walk() if n.body is None}:
        assert seen.get(QColor(theme.CATEGORY_COLOURS[category][dark]).name(), 0) > 20, category


def test_the_picture_has_the_screens_resolution() -> None:
    image = thumbnail(chain(5, "ReLU"), SIZE, 1.5)
    assert image.size() == QSize(288, 174)
    assert image.deviceIndependentSize().toSize() == SIZE


def test_a_frame_is_drawn_around_its_body() -> None:
    graph = io.load(next(p for p in sample_paths() if p.stem == "resnet34_repeat"))
    assert colours(thumbnail(graph, SIZE, 2.0)).get(theme.palette().frame, 0) > 500


def test_a_long_network_fills_the_picture_instead_of_being_a_line() -> None:
    image = thumbnail(chain(400, "Conv2d", "ReLU"), SIZE)
    painted = {x for x in range(SIZE.width()) if any(image.pixelColor(x, y).alpha() for y in range(SIZE.height()))}
    assert max(painted) - min(painted) > SIZE.width() * 0.7


def test_nothing_leaves_the_picture() -> None:
    for count in (1, 9, 60, 1000):
        image = thumbnail(chain(count, "Conv2d"), SIZE)
        edge = [(x, y) for x in range(192) for y in (0, 115)] + [(x, y) for x in (0, 191) for y in range(116)]
        assert not any(image.pixelColor(x, y).alpha() for x, y in edge), count


def test_an_empty_network_is_an_empty_picture() -> None:
    assert not colours(thumbnail(Graph(), SIZE))


def test_a_layer_that_is_not_installed_is_drawn_grey() -> None:
    assert colours(thumbnail(chain(3, "NotThere"), SIZE)).get(theme.palette().muted, 0) > 100


def test_ten_thousand_nodes_have_a_picture_too() -> None:
    image = thumbnail(chain(10_000, "Conv2d", "BatchNorm", "ReLU"), SIZE)
    assert any(image.pixelColor(x, SIZE.height() // 2).alpha() for x in range(SIZE.width()))
