"""Downloads end, well or with a word; what lies there damaged is noticed. The server is real, and in this process."""

import gzip
import hashlib
import http.server
import io
import pickle
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, CIFAR100, MNIST

from designer.data import torchvision_sets
from designer.data.catalogue import find
from designer.data.errors import DataError
from designer.data.loading import load

RNG = np.random.default_rng(0)


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; a name in `stalled` is begun and never ended, one in `cut` loses its end."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.stalled: set[str] = set()
        self.cut: set[str] = set()
        self.asked: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        name = self.path.strip("/")
        self.server.asked.append(name)
        content = self.server.files.get(name)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if name in self.server.stalled or name in self.server.cut:
            content = content[: len(content) // 2]
        self.wfile.write(content)
        self.wfile.flush()
        if name in self.server.stalled:
            self.server.closing.wait(20)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(head + array.tobytes())


@pytest.fixture
def mnist(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """A small MNIST at the server, in its own format."""
    arrays = {
        "train-images-idx3-ubyte": RNG.integers(0, 256, (60, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": np.arange(60, dtype=np.uint8) % 10,
        "t10k-images-idx3-ubyte": RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(20, dtype=np.uint8) % 10,
    }
    server.files = {f"{name}.gz": idx(array) for name, array in arrays.items()}
    monkeypatch.setattr(MNIST, "mirrors", [server.url + "gone/", server.url])
    monkeypatch.setattr(MNIST, "resources", [(name, md5(content)) for name, content in server.files.items()])
    return arrays


def cifar(server: Server, monkeypatch: pytest.MonkeyPatch, dataset_class: type, key: str) -> dict[str, np.ndarray]:
    """A small CIFAR at the server: an archive of pickles with the checksums torchvision then expects."""
    names = [name for name, _ in dataset_class.train_list + dataset_class.test_list]
    arrays, members = {}, {}
    for name in names:
        arrays[name] = RNG.integers(0, 256, (20, 3072), dtype=np.uint8)
        members[name] = pickle.dumps({"data": arrays[name], key: [i % 10 for i in range(20)]})
    members[dataset_class.meta["filename"]] = pickle.dumps({dataset_class.meta["key"]: list("abcdefghij")})
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"{dataset_class.base_folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    server.files[dataset_class.filename] = stream.getvalue()
    monkeypatch.setattr(dataset_class, "url", server.url + dataset_class.filename)
    monkeypatch.setattr(dataset_class, "tgz_md5", md5(stream.getvalue()))
    for part in ("train_list", "test_list"):
        listed = [[name, md5(members[name])] for name, _ in getattr(dataset_class, part)]
        monkeypatch.setattr(dataset_class, part, listed)
    monkeypatch.setattr(
        dataset_class, "meta", {**dataset_class.meta, "md5": md5(members[dataset_class.meta["filename"]])}
    )
    return arrays


def test_mnist_is_downloaded_from_the_mirror_that_has_it_then_kept(server, mnist, cache):
    seen: list[tuple[int, int]] = []
    dataset = load("mnist", progress=lambda done, total: seen.append((done, total)))
    assert dataset.name == "mnist"
    assert np.array_equal(dataset.x_train[:, 0], mnist["train-images-idx3-ubyte"])
    assert np.array_equal(dataset.y_test, mnist["t10k-labels-idx1-ubyte"])
    assert dataset.x_train.flags.c_contiguous
    assert dataset.classes == tuple("0123456789")
    assert seen == sorted(seen)
    assert seen[-1] == (4000, 4000)
    server.asked.clear()
    again = load("mnist")
    assert np.array_equal(again.x_train, dataset.x_train)
    assert again.classes == dataset.classes
    assert server.asked == []
    assert (cache / "mnist.npz").is_file()


@pytest.mark.parametrize(
    ("name", "dataset_class", "key"), [("cifar10", CIFAR10, "labels"), ("cifar100", CIFAR100, "fine_labels")]
)
def test_cifar_is_downloaded_and_read_in_its_order(server, monkeypatch, name, dataset_class, key):
    arrays = cifar(server, monkeypatch, dataset_class, key)
    dataset = load(name)
    train = np.concatenate([arrays[part] for part, _ in dataset_class.train_list]).reshape(-1, 3, 32, 32)
    assert np.array_equal(dataset.x_train, train)
    assert np.array_equal(dataset.x_test.reshape(-1, 3072), arrays[dataset_class.test_list[0][0]])
    info = find(name)
    assert info is not None
    assert dataset.classes == info.classes


def test_archives_that_lie_there_already_are_not_downloaded(server, mnist, cache):
    raw = cache / "torchvision" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in server.files.items():
        (raw / name).write_bytes(content)
    assert len(load("mnist").y_train) == 60
    assert server.asked == []


def test_what_an_interrupted_unpacking_left_is_unpacked_again(server, mnist, cache):
    load("mnist")
    (cache / "mnist.npz").unlink()
    raw = cache / "torchvision" / "MNIST" / "raw"
    whole = (raw / "train-images-idx3-ubyte").read_bytes()
    (raw / "train-images-idx3-ubyte").write_bytes(whole[:1000])
    assert np.array_equal(load("mnist").x_train[:, 0], mnist["train-images-idx3-ubyte"])


def test_a_damaged_archive_is_downloaded_again(server, monkeypatch, cache):
    cifar(server, monkeypatch, CIFAR10, "labels")
    folder = cache / "torchvision"
    folder.mkdir(parents=True)
    (folder / CIFAR10.filename).write_bytes(server.files[CIFAR10.filename][:100])
    assert len(load("cifar10").y_train) == 100


def no_half_files(folder: Path) -> bool:
    return not any(path.name.startswith(".writing") for path in folder.rglob("*"))


@pytest.mark.parametrize("trouble", ["missing", "stalled", "cut", "another file", "no server"])
def test_a_download_that_fails_says_why_and_what_to_do_and_leaves_nothing_half(server, monkeypatch, cache, trouble):
    cifar(server, monkeypatch, CIFAR10, "labels")
    monkeypatch.setattr(torchvision_sets, "TIMEOUT", 0.3)
    word = {"missing": "404|Not Found", "stalled": "timed out", "another file": "another file", "cut": "only a part",
            "no server": "refused"}[trouble]  # fmt: skip
    if trouble == "missing":
        server.files.clear()
    elif trouble == "stalled":
        server.stalled.add(CIFAR10.filename)
    elif trouble == "cut":
        server.cut.add(CIFAR10.filename)
    elif trouble == "another file":
        server.files[CIFAR10.filename] = b"<html>Please log in to the hotel's network</html>"
    else:
        monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:1/cifar.tar.gz")
    with pytest.raises(DataError, match=word) as caught:
        load("cifar10")
    text = str(caught.value)
    assert "CIFAR-10 could not be downloaded" in text
    assert CIFAR10.filename in text
    assert "cifar10.npz" in text
    assert str(cache) in text
    assert "embedded set" in text
    assert no_half_files(cache)
    assert not (cache / "torchvision" / CIFAR10.filename).exists()


def test_an_npz_put_into_the_cache_is_used_without_any_download(server, monkeypatch, cache, shared_npz):
    cache.mkdir()
    (cache / "cifar10.npz").write_bytes(shared_npz("cifar10_5000_1000.npz").read_bytes())
    dataset = load("cifar10")
    assert (dataset.name, len(dataset.y_train), dataset.classes[3]) == ("cifar10", 5000, "cat")


def test_a_damaged_npz_in_the_cache_is_named_not_overwritten(cache):
    cache.mkdir()
    (cache / "mnist.npz").write_bytes(b"cut off")
    with pytest.raises(DataError, match=r"mnist.npz is no complete"):
        load("mnist")
    assert (cache / "mnist.npz").read_bytes() == b"cut off"
