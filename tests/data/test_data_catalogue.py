"""The catalogue says what the built-in sets are, without loading anything heavy."""

import subprocess
import sys
from pathlib import Path

import pytest

from designer.data import catalogue
from designer.data.catalogue import BUILT_IN, class_title, data_folder, find, kind_of


def test_built_in_sets_are_the_five_of_the_issue_with_a_name_for_every_class():
    assert [info.name for info in BUILT_IN] == ["synthetic", "cifar10", "cifar100", "mnist", "fashion_mnist"]
    assert [len(info.classes) for info in BUILT_IN] == [10, 10, 100, 10, 10]
    assert all(len(set(info.classes)) == len(info.classes) for info in BUILT_IN)
    assert [info.needs_download for info in BUILT_IN] == [False, True, True, True, True]


def test_class_names_are_those_of_torchvision():
    datasets = pytest.importorskip("torchvision.datasets")
    fashion = find("fashion_mnist")
    assert fashion is not None
    assert list(fashion.classes) == datasets.FashionMNIST.classes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("synthetic", "built-in"),
        ("cifar10", "built-in"),
        ("./synthetic", "folder"),
        ("cifar10.npz", "npz"),
        ("~/My Pictures/SET.NPZ", "npz"),
        ("/data/cats and dogs", "folder"),
        ("", "folder"),
    ],
)
def test_kind_of_tells_names_files_and_folders_apart(text, kind):
    assert kind_of(text) == kind


def test_class_titles_can_be_translated_and_leave_the_users_names_alone():
    assert class_title("circle").template == "circle"
    assert str(class_title("{not a template}")) == "{not a template}"


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("NETDESIGNER_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("NETDESIGNER_DATA")
    assert data_folder().is_absolute()
    assert "netdesigner" in data_folder().parts
    assert data_folder() != Path(catalogue.__file__).parent


def test_catalogue_and_previewing_import_neither_torch_nor_numpy():
    code = (
        "import sys, designer.data.catalogue, designer.data.previewing;"
        "print([m for m in ('torch', 'torchvision', 'numpy', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_loading_what_needs_no_download_imports_no_torch():
    code = "import sys, designer.data.loading, designer.data.preview; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
