"""The command line as scripts see it: exit statuses, JSON, files, and one line for every error."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from designer import commands
from designer.cli import main
from designer.commands import display
from designer.errors import NetDesignerError
from designer.graph import INPUT, OUTPUT, Body, Edge, Graph, Node, edits, io

SAMPLES = Path(__file__).parents[1] / "graphs"
BASIC = str(SAMPLES / "cntk_basic.json")


def netdesigner(*args: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, without any display unless one is given."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return subprocess.run(
        [sys.executable, "-m", "designer.cli", *map(str, args)],
        env=inherited | environment, capture_output=True, text=True, check=False, encoding="utf-8", timeout=120,
    )  # fmt: skip


def small() -> Graph:
    """An input, a Repeat of three 3x3 convolutions with a shortcut, and a classifier."""
    conv = Node(id="conv", type="Conv2d", name="conv", params={"out_channels": 3, "padding": "same"})
    wires = (Edge((INPUT, 0), ("conv", 0)), Edge(("conv", 0), ("sum", 0)), Edge((INPUT, 0), ("sum", 1)))
    body = Body((conv, Node(id="sum", type="Add", name="sum")), (*wires, Edge(("sum", 0), (OUTPUT, 0))))
    nodes = (
        Node(id="in", type="Input", name="input", params={"shape": [3, 4, 4]}),
        Node(id="r", type="Repeat", name="stage", params={"times": 3}, body=body),
        Node(id="fc", type="Linear", name="fc", params={"out_features": 2}),
        Node(id="loss", type="SoftmaxCrossEntropy", name="loss"),
    )
    chain = tuple(Edge((a.id, 0), (b.id, 0)) for a, b in pairwise(nodes))
    return Graph(name="small", root=Body(nodes, chain))


def broken() -> Graph:
    """The shortcut's block changes the number of channels, and a branch leads nowhere."""
    graph = edits.set_params(small(), ["conv"], {"out_channels": 5})
    spare = Node(id="spare", type="ReLU", name="spare \x1b[31m[red]\nname")
    return edits.add(graph, [spare], [Edge(("in", 0), ("spare", 0))])


@pytest.fixture
def files(tmp_path: Path) -> Path:
    io.save(small(), tmp_path / "small.json")
    io.save(broken(), tmp_path / "broken.json")
    (tmp_path / "cut.json").write_bytes((tmp_path / "small.json").read_bytes()[:50])
    return tmp_path


# ---- check


def checked(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    status = main(["check", str(path), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_check_gives_the_shapes_and_costs_of_every_node_as_json(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(files / "small.json", capsys)
    assert status == 0
    nodes = {node["id"]: node for node in found.pop("nodes")}
    assert found == {
        "name": "small", "valid": True, "errors": [], "warnings": [],
        "parameters": 3 * 84 + 98, "parameter_tensors": 8, "multiply_adds": 3 * 81 * 16 + 96,
        "parameters_nnc": 3 * 84 + 98, "blocks": {},
    }  # fmt: skip
    assert list(nodes) == ["in", "r", "conv", "sum", "fc", "loss"]
    assert nodes["conv"] == {
        "id": "conv", "name": "conv", "type": "Conv2d", "repeat": 3, "inputs": [[3, 4, 4]], "output": [3, 4, 4],
        "parameters": 84, "parameters_nnc": 84, "multiply_adds": 81 * 16,
    }  # fmt: skip
    assert nodes["sum"]["inputs"] == [[3, 4, 4], [3, 4, 4]]
    assert nodes["r"]["repeat"] == 1


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda p: p.stem)
def test_the_figures_of_all_nodes_times_their_repeats_are_the_totals(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(path, capsys)
    assert (status, found["valid"], found["errors"]) == (0, True, [])
    for figure in ("parameters", "multiply_adds"):
        assert sum(node[figure] * node["repeat"] for node in found["nodes"]) == found[figure]


@pytest.mark.parametrize(
    ("name", "parameters", "tensors"),
    [
        ("cntk_basic", 116_906, 10),
        ("cntk_dropout", 116_906, 10),
        ("cntk_batchnorm", 117_290, 18),
        ("cntk_vgg9", 2_675_978, 18),
        ("cntk_resnet20", 272_474, 65),
    ],
)
def test_check_gives_the_published_counts(
    name: str, parameters: int, tensors: int, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(SAMPLES / f"{name}.json", capsys)
    assert (status, found["parameters"], found["parameter_tensors"]) == (0, parameters, tensors)


def test_check_lists_errors_and_warnings_with_their_nodes_and_fixes(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, found = checked(files / "broken.json", capsys)
    assert status == 1
    assert not found["valid"]
    (error,) = found["errors"]
    assert (error["node"], error["code"]) == ("sum", "add-shapes")
    assert "5x4x4 from conv" in error["message"]
    assert error["fixes"]
    assert all(isinstance(fix, str) for fix in error["fixes"])
    assert [(w["node"], w["code"]) for w in found["warnings"]] == [("spare", "unused")]
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["sum"]["output"] is None
    assert nodes["fc"]["inputs"] == [None]
    assert (nodes["fc"]["parameters"], nodes["fc"]["output"]) == (0, None)


def test_check_prints_a_table_whose_rows_are_whole_where_no_terminal_reads_it(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(files / "small.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Name", "Type", "Properties", "Output", "Parameters", "Multiply-adds", "Repeat"]
    assert lines[3].startswith("  conv")
    assert lines[3].split()[-3:] == ["84", "1,296", "x3"]
    assert lines[-1] == "350 parameters in 8 tensors, 3,984 multiply-adds per sample"
    assert not any(line != line.rstrip() for line in lines)


def test_check_shows_problems_and_lets_no_name_reach_the_terminal_as_commands(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(files / "broken.json")]) == 1
    out = capsys.readouterr().out
    assert "error sum: Add needs equal shapes" in out
    assert "  can be mended: " in out
    assert "warning spare \\x1b[31m[red]\\nname: " in out
    assert "\x1b" not in out


@pytest.mark.parametrize("name", ["nosuch.json", "cut.json", ""])
def test_a_file_that_cannot_be_read_gives_one_line_and_status_2(
    name: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["check"], ["check", "--json"], ["export", "-o", str(files / "out.py")]):
        assert main([*command, str(files / name)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("netdesigner: ")
        assert captured.err.count("\n") == 1
    assert not (files / "out.py").exists()


# ---- export


def test_export_writes_the_code_that_designer_source_gives(files: Path) -> None:
    import designer

    assert main(["export", str(files / "small.json"), "-o", str(files / "model.py")]) == 0
    assert (files / "model.py").read_text(encoding="utf-8") == designer.source(small())


@pytest.mark.parametrize("name", ["model.onnx", "model.xyz", "model"])
def test_export_says_what_it_can_write(name: str, files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(files / "small.json"), "-o", str(files / name)]) == 2
    assert ".py" in capsys.readouterr().err
    assert not (files / name).exists()


def test_export_keeps_the_old_file_where_the_graph_has_errors(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = files / "model.py"
    out.write_text("old")
    assert main(["export", str(files / "broken.json"), "-o", str(out)]) == 2
    assert "has errors and cannot become code. sum: Add needs equal shapes" in capsys.readouterr().err
    assert out.read_text() == "old"
    assert main(["export", str(files / "small.json"), "-o", str(files / "no folder" / "model.py")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


# ---- the command as a whole


def test_check_and_export_start_without_torch_and_qt(files: Path) -> None:
    code = (
        "import sys\nfrom designer.cli import main\n"
        f"main(['check', {str(files / 'small.json')!r}])\n"
        f"main(['export', {str(files / 'small.json')!r}, '-o', {str(files / 'model.py')!r}])\n"
        "heavy = {'torch', 'numpy', 'networkx', 'PySide6', 'torchvision'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_and_the_version_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for option, expected in {"--help": "check", "--version": "netdesigner 0."}.items():
        with pytest.raises(SystemExit) as caught:
            main([option])
        assert caught.value.code == 0
        assert expected in capsys.readouterr().out


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert all(f"\n    {name}" in out for name in commands.NAMES)


def test_a_wrong_command_or_option_is_refused_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    for wrong in (["frobnicate"], ["check"], ["check", "a.json", "--yaml"], ["export", "a.json"]):
        with pytest.raises(SystemExit) as caught:
            main(wrong)
        assert caught.value.code == 2
        assert "usage: netdesigner" in capsys.readouterr().err


def test_a_reader_that_leaves_early_is_no_error(files: Path) -> None:
    for options in (["--json"], []):
        process = subprocess.Popen(
            [sys.executable, "-m", "designer.cli", "check", SAMPLES / "mini_resnet34.json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["check", BASIC], ["check", BASIC, "--json"], ["--version"]])
def test_a_full_disk_behind_the_output_gives_one_line_and_status_2(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "designer.cli", *command],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "No space left" in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe with a name, which keeps a reader waiting")
def test_ctrl_c_ends_with_status_130_and_no_traceback(tmp_path: Path) -> None:
    pipe = tmp_path / "slow.json"
    os.mkfifo(pipe)
    code = (  # what shells run in the background, these tests perhaps, ignores Ctrl-C
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"from designer.cli import main; sys.exit(main(['check', {str(pipe)!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    with pipe.open("wb"):  # opens once the command is about to read
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"")


# ---- the window, where none can be opened

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")


def refused(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("netdesigner: No window can be opened: ")
    assert "Without a window work: check, export" in done.stderr
    return done.stderr


@linux
@pytest.mark.parametrize("args", [(), ("open",), ("open", "small.json"), ("small.json",)])
def test_without_a_display_one_line_says_what_to_do(args: tuple[str, ...]) -> None:
    text = refused(netdesigner(*args))
    assert "there is no display" in text
    assert "apt install xvfb" in text


@linux
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DISPLAY": ":9876"}, "the display ':9876' does not answer"),
        ({"DISPLAY": "nonsense"}, "the display 'nonsense' does not answer"),
        ({"QT_QPA_PLATFORM": "xcb"}, "there is no display"),
        ({"QT_QPA_PLATFORM": "nonsense"}, "Qt has no platform 'nonsense'"),
    ],
)
def test_a_display_that_is_not_there_is_told_before_qt_aborts(environment: dict[str, str], expected: str) -> None:
    assert expected in refused(netdesigner(**environment))


@linux
def test_missing_libraries_are_named_with_their_debian_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {"libsurely-not-there.so.7": "libsurely7", "libc.so.6": "libc6", "libnor-this.so.1": "libnor1"}
    monkeypatch.setattr(display, "QT_LIBRARIES", packages)
    monkeypatch.setattr(display, "PACKAGES", packages)
    with pytest.raises(NetDesignerError) as caught:
        display.require_display({"QT_QPA_PLATFORM": "offscreen"})
    text = str(caught.value)
    assert "Qt needs libsurely-not-there.so.7, libnor-this.so.1, which this system lacks" in text
    assert "sudo apt install libsurely7 libnor1." in text
    assert "train" in text


def test_a_library_that_an_import_misses_is_named() -> None:
    error = display.missing_library(ImportError("libEGL.so.1: cannot open shared object file: No such file"))
    assert "apt install libegl1" in str(error)
    other = display.missing_library(ImportError("libodd.so.3: cannot open shared object file: No such file"))
    assert "Qt needs libodd.so.3, which this system lacks. " in str(other)
    assert display.missing_library(ImportError("No module named 'designer.nothing'")) is None


@linux
def test_platforms_that_need_no_display_are_let_through() -> None:
    display.require_display({"QT_QPA_PLATFORM": "offscreen"})
    display.require_display({"QT_QPA_PLATFORM": "vnc:size=800x600"})


@pytest.fixture
def x_display() -> Iterator[str]:
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("needs Xvfb")
    process = subprocess.Popen([server, "-displayfd", "1", "-noreset", "-nolisten", "tcp"], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    assert process.stdout is not None
    number = process.stdout.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait(20)


@linux
def test_a_display_that_answers_is_let_through_and_qt_opens_on_it(x_display: str) -> None:
    display.require_display({"DISPLAY": x_display})
    display.require_display({"DISPLAY": x_display, "QT_QPA_PLATFORM": "wayland;xcb"})
    code = "from PySide6.QtWidgets import QApplication; print(QApplication([]).platformName())"
    environment = {k: v for k, v in os.environ.items() if k != "QT_QPA_PLATFORM"} | {"DISPLAY": x_display}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "xcb\n"


@linux
def test_a_wayland_display_is_asked_too(tmp_path: Path) -> None:
    environment = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
    missing = display._absent(display.WAYLAND_LIBRARIES)
    with pytest.raises(NetDesignerError, match="libwayland" if missing else "'wayland-7' does not answer"):
        display.require_display(environment)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-7"))
        server.listen()
        if missing:
            with pytest.raises(NetDesignerError, match="apt install libwayland"):
                display.require_display(environment)
        else:
            display.require_display(environment)


def test_the_report_is_plain_json_for_any_graph() -> None:
    from designer.commands.check import report
    from designer.shapes import analyze, problems

    for graph in (Graph(), small(), broken(), edits.remove(small(), ["in"])):
        analysis = analyze(graph)
        found = report(analysis, problems(analysis))
        assert json.loads(msgspec.json.encode(found))["valid"] is (graph == small())
