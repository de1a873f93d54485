"""Small data sets on disk, and a cache folder that no test shares with the user."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, empty."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NETDESIGNER_DATA", str(folder))
    return folder


@pytest.fixture
def write_image() -> Callable[..., np.ndarray]:
    """Writes a picture of random pixels, with the folders above it; gives the pixels (H, W) or (H, W, 3)."""
    rng = np.random.default_rng(0)

    def write(path: Path, size: tuple[int, int] = (8, 8), grey: bool = False) -> np.ndarray:
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, size if grey else (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path)
        return pixels

    return write


@pytest.fixture
def shared_npz() -> Callable[[str], Path]:
    """Real pictures beside the repository, where they are."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.is_file():
            pytest.skip(f"{path} is not there")
        return path

    return find
