"""The embedded data set: ten shapes in CIFAR's form, drawn by this module, so that the first click trains offline.

Every picture shows one shape of random place, size, tilt and stretch over a textured background, with distractors
behind it, a bar across half of them, uneven light and noise. Classes lean towards a colour, as things in photographs
do. So it is easy to do better than chance and hard to do well: a linear classifier gets 30 % of the test pictures
right, LeNet-5 68 % after 6 epochs, a residual network of 8 layers 90 %.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer.data.arrays import DataSet, Images, Labels
from designer.data.catalogue import SYNTHETIC

Array = NDArray[np.floating[Any]]  # float32 all through: see the tests
Range = tuple[float, float]

SIZE = 32
VERSION = 1
"""Part of the cache file's name: raise it with every change that draws other pictures."""

# How hard the set is. The lengths are in halves of a picture, the angle in radians, colours from 0 to 1.
RADIUS: Range = (0.4, 0.8)
TILT = 0.7
STRETCH: Range = (0.85, 1.18)
DISTRACTORS = 2
BAR_SHARE = 0.5
CONTRAST = 0.3
"""Least distance (root mean square over the channels) of the shape's colour from what is behind it."""
COLOUR_LEAN = 0.7
"""Share of the pictures in which the shape has about its class's own hue; in the others it has any."""
HUE_SPREAD = 0.1
NOISE: Range = (0.02, 0.07)

_CHUNK = 200  # pictures drawn at once: their layers stay in the processor's cache
_axis = (np.arange(SIZE, dtype=np.float32) + 0.5) / (SIZE / 2) - 1
_X, _Y = _axis[None, None, :], _axis[None, :, None]  # pixel centres from -1 to 1, broadcast to (N, 32, 32)


def generate(seed: int = 0, train_size: int = SYNTHETIC.train_size, test_size: int = SYNTHETIC.test_size) -> DataSet:
    """Draw the set: the same seed gives the same pictures. Classes are equally frequent, to within one picture."""
    x_train, y_train = _draw(seed, 0, train_size)
    x_test, y_test = _draw(seed, 1, test_size)
    return DataSet(SYNTHETIC.name, x_train, y_train, x_test, y_test, SYNTHETIC.classes)


def _draw(seed: int, part: int, count: int) -> tuple[Images, Labels]:
    """`count` pictures (N, 3, 32, 32) and their classes, in random order."""
    labels = np.random.default_rng([seed, part]).permutation(np.arange(count, dtype=np.int64) % len(SHAPES))
    images = np.empty((count, 3, SIZE, SIZE), np.uint8)

    def fill(chunk: tuple[int, int]) -> None:
        kind, start = chunk
        members = np.flatnonzero(labels == kind)[start : start + _CHUNK]
        images[members] = _pictures(np.random.default_rng([seed, part, kind, start]), kind, len(members))

    largest = -(-count // len(SHAPES))
    with ThreadPoolExecutor(
        os.cpu_count()
    ) as pool:  # numpy works outside Python's lock; every chunk has its own random numbers
        list(pool.map(fill, ((kind, start) for kind in range(len(SHAPES)) for start in range(0, largest, _CHUNK))))
    return images, labels


def _pictures(rng: np.random.Generator, kind: int, count: int) -> Images:
    """`count` pictures (N, 3, 32, 32) of one class."""
    image = _background(rng, count)
    for _ in range(DISTRACTORS):
        _paint(image, _stroke(rng, count, length=(0.0, 0.35), width=(0.05, 0.14)), _colour(rng, count))
    _paint(image, *_shape(rng, kind, count, image))
    bar = _stroke(rng, count, length=(0.4, 1.2), width=(0.03, 0.10)) * (rng.random((count, 1, 1)) < BAR_SHARE)
    _paint(image, bar, _colour(rng, count))
    light = 1 + _X * _uniform(rng, -0.3, 0.3, count) + _Y * _uniform(rng, -0.3, 0.3, count)
    image *= light[:, None]
    noise = rng.standard_normal(image.shape, np.float32)
    noise *= _uniform(rng, *NOISE, count)[:, None]
    image += noise
    np.clip(image, 0, 1, out=image)
    image *= 255
    return np.rint(image, out=image).astype(np.uint8)


def _uniform(rng: np.random.Generator, low: float, high: float, count: int) -> Array:
    """(N, 1, 1) numbers that broadcast over pictures."""
    return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)


def _background(rng: np.random.Generator, count: int) -> Array:
    """A gradient between two muted colours (N, 3, 32, 32), with waves of another one over it."""
    first, second = _colour(rng, count), _colour(rng, count)
    angle = _uniform(rng, 0, 2 * math.pi, count)
    mix = np.clip(0.5 + 0.5 * (_X * np.cos(angle) + _Y * np.sin(angle)), 0, 1)
    image: Array = first + mix[:, None] * (second - first)
    waves = _waves(rng, count) * _uniform(rng, 0, 0.18, count)
    image += waves[:, None] * rng.uniform(-1, 1, (count, 3, 1, 1)).astype(np.float32)
    return image


def _waves(rng: np.random.Generator, count: int) -> Array:
    """Stripes or a checkered pattern: one sine wave or the product of two, -1 to 1 (N, 32, 32)."""
    angle, pitch = _uniform(rng, 0, math.pi, count), _uniform(rng, 4, 16, count)
    cos, sin, phase = np.cos(angle), np.sin(angle), _uniform(rng, 0, 2 * math.pi, count)
    along = np.sin((_X * cos + _Y * sin) * pitch + phase)
    across = np.sin((_Y * cos - _X * sin) * pitch)
    return np.where(rng.random((count, 1, 1)) < 0.5, along, along * across)


def _colour(
    rng: np.random.Generator, count: int, hue: NDArray[np.float64] | None = None, saturation: Range = (0.0, 0.6)
) -> Array:
    """Random colours (N, 3, 1, 1), muted unless told otherwise; from hues (N,) of 0 to 1 where they are given."""
    hue = rng.random(count) if hue is None else hue
    pure, value = rng.uniform(*saturation, count), rng.uniform(0.25, 1, count)
    sector = (np.array([[5.0, 3.0, 1.0]]) + hue[:, None] * 6) % 6  # HSV to RGB: each channel is the same curve, shifted
    rgb: Array = value[:, None] * (1 - pure[:, None] * np.clip(np.minimum(sector, 4 - sector), 0, 1))
    return rgb.astype(np.float32)[:, :, None, None]


def _paint(image: Array, coverage: Array, colour: Array) -> None:
    """Lay a colour (N, 3, 1 or 32, 1 or 32) over the pictures as far as coverage (N, 32, 32) says, 0 to 1."""
    image += coverage[:, None] * (colour - image)


def _coverage(distance: Array) -> Array:
    """How much of each pixel lies inside an outline, given the signed distance from it in halves of a picture."""
    covered: Array = np.clip(0.5 - distance * (SIZE / 2), 0, 1)
    return covered


def _stroke(rng: np.random.Generator, count: int, length: Range, width: Range) -> Array:
    """Coverage (N, 32, 32) of a stroke with round ends anywhere, of half this length and width."""
    angle = _uniform(rng, 0, math.pi, count)
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = _X - _uniform(rng, -0.95, 0.95, count), _Y - _uniform(rng, -0.95, 0.95, count)
    beyond: Array = np.maximum(np.abs(x * cos + y * sin) - _uniform(rng, *length, count), 0)
    return _coverage(_length(beyond, y * cos - x * sin) - _uniform(rng, *width, count))


def _shape(rng: np.random.Generator, kind: int, count: int, image: Array) -> tuple[Array, Array]:
    """Coverage (N, 32, 32) and colour (N, 3, 32, 32) of the shape itself; its colour stands out from the picture's."""
    radius = _uniform(rng, *RADIUS, count)
    x = _X - _uniform(rng, -1, 1, count) * (1 - radius)
    y = _Y - _uniform(rng, -1, 1, count) * (1 - radius)
    angle, stretch = _uniform(rng, -TILT, TILT, count), _uniform(rng, *STRETCH, count)
    cos, sin = np.cos(angle), np.sin(angle)
    u = (x * cos + y * sin) / (radius * stretch)
    v = (y * cos - x * sin) * (stretch / radius)
    own_hue = (kind / len(SHAPES) + rng.normal(0, HUE_SPREAD, count)) % 1
    hue = np.where(rng.random(count) < COLOUR_LEAN, own_hue, rng.random(count))
    behind = image.mean(axis=(2, 3), keepdims=True)
    contrast = _colour(rng, count, hue, saturation=(0.4, 1.0)) - behind
    strength = np.sqrt((contrast**2).mean(axis=1, keepdims=True))
    colour = behind + contrast * np.maximum(1, CONTRAST / (strength + 1e-3))
    pattern = _waves(rng, count) * _uniform(rng, -0.15, 0.15, count)
    return _coverage(SHAPES[kind](u, v) * radius), colour + pattern[:, None]


# ---- the shapes: signed distances, negative inside, over (u, v) in which the shape about fills the unit circle; v
# points down. After Inigo Quilez, "2D distance functions", simplified where only sign and slope at the outline matter.


def _length(u: Array, v: Array) -> Array:
    length: Array = np.sqrt(u * u + v * v)  # np.hypot guards against overflow, at five times the cost
    return length


def _both(a: Array, b: Array) -> Array:
    """What lies inside both outlines."""
    inside: Array = np.maximum(a, b)
    return inside


def _either(a: Array, b: Array) -> Array:
    """What lies inside one of the outlines."""
    inside: Array = np.minimum(a, b)
    return inside


def _circle(u: Array, v: Array) -> Array:
    return _length(u, v) - 0.88


def _ring(u: Array, v: Array) -> Array:
    return _both(_length(u, v) - 0.9, 0.5 - _length(u, v))


def _crescent(u: Array, v: Array) -> Array:
    return _both(_length(u, v) - 0.92, 0.78 - _length(u - 0.45, v))


def _square(u: Array, v: Array) -> Array:
    return _both(np.abs(u), np.abs(v)) - 0.74


def _from_notch(u: Array, v: Array, points: int) -> Array:
    """The angle (N, 32, 32) from the middle between two of `points` corners, one of which points up."""
    sector = 2 * math.pi / points
    angle: Array = np.arctan2(u, -v)
    return angle % sector - sector / 2


def _polygon(sides: int, apothem: float) -> Callable[[Array, Array], Array]:
    def distance(u: Array, v: Array) -> Array:
        cos: Array = np.cos(_from_notch(u, v, sides))
        return _length(u, v) * cos - apothem

    return distance


def _star(u: Array, v: Array) -> Array:
    radius, angle = _length(u, v), np.abs(_from_notch(u, v, 5))
    # Half of one point of the star: its outline runs from the notch (at angle 0) to the tip (at angle pi / 5).
    notch, tip_x, tip_y = 0.45, math.cos(math.pi / 5), math.sin(math.pi / 5)
    edge = math.hypot(tip_x - notch, tip_y)
    return ((radius * np.cos(angle) - notch) * tip_y - radius * np.sin(angle) * (tip_x - notch)) / edge


def _cross(u: Array, v: Array) -> Array:
    u, v = np.abs(u), np.abs(v)
    return _both(_both(u, v) - 0.92, _either(u, v) - 0.28)


def _heart(u: Array, v: Array) -> Array:
    """A square on its corner with a disc on both upper sides."""
    half = math.sqrt(0.5)
    a, b = (u - v) * half + 0.08, (u + v) * -half + 0.08
    discs = _either(_length(a - 0.55, b), _length(a, b - 0.55))
    return _either(_both(np.abs(a), np.abs(b)), discs) - 0.55


def _arrow(u: Array, v: Array) -> Array:
    v = np.abs(v)
    shaft = _both(np.abs(u + 0.4) - 0.55, v - 0.2)
    head = _both((v - (0.95 - u) * 0.8) * 0.78, 0.05 - u)
    return _either(shaft, head)


SHAPES: tuple[Callable[[Array, Array], Array], ...] = (
    _circle, _polygon(3, 0.48), _square, _polygon(5, 0.76), _star, _cross, _ring, _crescent, _heart, _arrow,
)  # fmt: skip
"""In the order of the catalogue's class names."""
