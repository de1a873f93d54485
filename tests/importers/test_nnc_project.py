"""Projects of Neural Network Console: loops, units, expressions, what is kept, and damaged files."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nnc_reference import project_text

from designer.cli import main
from designer.graph.io import dumps, load, loads
from designer.graph.model import Graph
from designer.graph.recipe import Constant, Cosine, MultiStep, Polynomial, Schedule, read
from designer.importers import open_source
from designer.importers.errors import ForeignError
from designer.importers.nnc import graph_of
from designer.importers.nnc.project import parse
from designer.importers.nnc.values import Properties
from designer.shapes import analyze, problems

INPUT = ("Input", "Input", {"Size": "3,8,8"})


def imported(text: str, network: str | None = None) -> Graph:
    graph = graph_of(parse(text, "test.sdcproj", "test"), network)
    assert loads(dumps(graph)) == graph  # what is imported can be saved
    return graph


def chain(*layers: tuple[str, str, dict[str, str]], more: str = "") -> Graph:
    names = [name for _, name, _ in (INPUT, *layers)]
    links = [(a, b, 0) for a, b in pairwise(names)]
    return imported(project_text([INPUT, *layers], links, more=more))


def params(graph: Graph, name: str) -> dict[str, Any]:
    return next(node.params for _, node in graph.walk() if node.name == name)


def errors(graph: Graph) -> list[str]:
    return [p.code for p in problems(analyze(graph)) if p.severity == "error"]


def test_a_missing_property_takes_the_palettes_default() -> None:
    graph = chain(("Convolution", "c", {}), ("MaxPooling", "p", {}), ("Affine", "a", {}))
    assert [analyze(graph).facts(i).output for i in ("c", "p", "a")] == [(16, 8, 8), (16, 4, 4), (100,)]
    assert params(graph, "c")["bias_init"] == 0
    assert params(graph, "a")["weight_init"] == "glorot_normal"


@pytest.mark.parametrize(
    ("mode", "kernel", "stride", "size"),
    [("same", "3,3", "1,1", 8), ("valid", "3,3", "1,1", 6), ("full", "3,3", "1,1", 10), ("same", "5,5", "2,2", 4),
     ("same", "2,2", "1,1", 9), ("valid", "4,4", "2,2", 3)],
)  # fmt: skip
def test_border_modes_become_padding(mode: str, kernel: str, stride: str, size: int) -> None:
    graph = chain(("Convolution", "c", {"BorderMode": mode, "KernelShape": kernel, "Strides": stride, "OutMaps": "2"}))
    assert analyze(graph).facts("c").output == (2, size, size)


def test_initial_weights_have_nncs_spread() -> None:
    """calc_normal_std_glorot of nnabla.initializer: sqrt(2 / (kernel * inputs + outputs))."""
    graph = chain(("Convolution", "c", {"OutMaps": "5", "W.InitializerMultiplier": "2.0"}))
    layer = analyze(graph).facts("c").layer
    assert (layer.weight_init, layer.weight_init_scale) == ("normal", pytest.approx(2 * (2 / (9 * 3 + 5)) ** 0.5))  # type: ignore[attr-defined]


def test_a_learning_rate_of_zero_freezes() -> None:
    given_ = {"W.LRateMultiplier": "0.0", "b.LRateMultiplier": "0.5"}
    assert params(chain(("Affine", "a", given_)), "a")["weight_frozen"] is True
    assert params(chain(("Affine", "a", given_)), "a")["bias_lr"] == 0.5


def test_what_cannot_be_expressed_is_kept_and_named() -> None:
    graph = chain(
        ("Convolution", "c", {"W.File": "weights.h5"}), ("NmsDetection2d", "n", {"Thresh": "0.5"}),
        ("MulScalar", "m", {"Value": "Input"}),
    )  # fmt: skip
    assert params(graph, "c")["nnc.W.File"] == "weights.h5"
    assert params(graph, "m")["nnc.Value"] == "Input"
    named = {(p.node, p.code) for p in problems(analyze(graph))}
    assert {("c", "unknown-property"), ("m", "unknown-property"), ("n", "unknown-layer")} <= named
    assert next(n for n in graph.nodes if n.name == "n").type == "nnc:NmsDetection2d"


def loop(times: str = "3") -> list[tuple[str, str, dict[str, str]]]:
    return [
        INPUT,
        ("RepeatStart", "start", {"Times": times}),
        ("Tanh", "t", {}),
        ("RepeatEnd", "end", {}),
        ("Sigmoid", "s", {}),
    ]


def test_a_repeat_becomes_a_frame_around_what_lies_between() -> None:
    links = [("Input", "start", 0), ("start", "t", 0), ("t", "end", 0), ("end", "s", 0)]
    graph = imported(project_text(loop(), links))
    frame = next(node for node in graph.nodes if node.type == "Repeat")
    assert (frame.name, frame.params["times"]) == ("start", 3)
    assert frame.body is not None
    assert [node.name for node in frame.body.nodes] == ["t"]
    assert errors(graph) == []


def test_loops_nest_and_take_values_from_outside() -> None:
    layers = [
        INPUT, ("RepeatStart", "outer", {"Times": "2"}), ("RepeatStart", "inner", {"Times": "3"}), ("Add2", "a", {}),
        ("RepeatEnd", "e1", {}), ("RepeatEnd", "e2", {}), ("Sigmoid", "s", {}),
    ]  # fmt: skip
    links = [("Input", "outer", 0), ("outer", "inner", 0), ("inner", "a", 0), ("Input", "a", 0), ("a", "e1", 0),
             ("e1", "e2", 0), ("e2", "s", 0)]  # fmt: skip
    graph = imported(project_text(layers, links))
    assert errors(graph) == []
    assert analyze(graph).facts("a").repeat == 6


def test_a_delay_takes_the_size_of_what_enters_it() -> None:
    layers = [
        ("Input", "x", {"Size": "5,8"}), ("RecurrentInput", "in", {}), ("Delay", "d", {"Size": "*Input"}),
        ("Concatenate", "k", {}), ("Affine", "a", {"OutShape": "6"}), ("RecurrentOutput", "out", {}),
    ]  # fmt: skip
    links = [("x", "in", 0), ("in", "k", 0), ("d", "k", 0), ("k", "a", 0), ("a", "d", 0), ("a", "out", 0)]
    graph = imported(project_text(layers, links))
    assert params(graph, "d") == {"shape": [6], "initial": 0.0}
    assert errors(graph) == []
    unknown = imported(project_text([*layers[:2], layers[2], layers[5]], [("x", "in", 0), ("in", "out", 0)]))
    assert params(unknown, "d")["nnc.Size"] == "*Input"


def test_a_loop_without_an_end_is_named() -> None:
    with pytest.raises(ForeignError, match="the RepeatStart 'start' has no RepeatEnd"):
        imported(project_text(loop()[:3], [("Input", "start", 0), ("start", "t", 0)]))


def test_units_become_blocks_with_their_arguments() -> None:
    head = "[Global]\nNumNetwork=2\nNetwork_0=Main\nNetwork_1=Fire\n"
    fire = project_text(
        [("Input", "x", {"Size": "1,4,4"}), ("Argument", "Maps", {"Value": "2"}),
         ("Convolution", "c", {"OutMaps": "*Maps"}), ("Convolution", "d", {"OutMaps": "Input[0]*2"})],
        [("x", "c", 0), ("c", "d", 0)], "Fire_")  # fmt: skip
    text = project_text(
        [INPUT, ("Unit", "u", {"Network": "Fire", "Maps": "5"}), ("Unit", "v", {"Network": "Fire"})],
        [("Input", "u", 0), ("u", "v", 0)], "Main_")  # fmt: skip
    graph = imported(head + text + fire)
    assert list(graph.blocks) == ["Fire"]
    assert params(graph, "u") == {"block": "Fire", "arguments": {"Maps": 5}}
    assert [analyze(graph).facts(i).output for i in ("u", "v")] == [(10, 8, 8), (4, 8, 8)]
    alone = imported(head + text + fire, "Fire")
    assert alone.variables == {"Maps": 2}
    with pytest.raises(ForeignError, match="no network 'Nothing' in test; there are: Main, Fire"):
        imported(head + text + fire, "Nothing")


def test_the_recipe_is_what_the_optimizer_says() -> None:
    more = (
        "[Config]\nMaxEpoch=12\nBatchSize=32\n[Optimizer_0]\nOptimizer_NetworkName=Main\nSolverName=Nesterov\n"
        "SolverParameterNum=2\nSolverParameterName_0=LearningRate\nSolverParameter_0=0.05\nSolverParameterName_1=Momentum\n"
        "SolverParameter_1=0.8\nWeightDecay=0.0005\nLearningRateMultiplier=0.1\nLearningRateUpdateInterval=60\n"
        "LearningRateUpdateIntervalUnit=1\n[Dataset_0]\nName=Training\nURI=C:\\data\\mnist_training.csv\n"
    )
    recipe = chain(("Affine", "a", {}), more=more).recipe
    assert recipe | {"nnc": None} == {
        "data": "mnist", "epochs": 12, "batch_size": 32, "learning_rate": 0.05, "weight_decay": 0.0005,
        "optimizer": {"name": "Nesterov", "params": {"momentum": 0.8}},
        "schedule": {"type": "step", "factor": 0.1, "every": 60, "unit": "iteration"}, "nnc": None,
    }  # fmt: skip
    from designer.training.optimizers import settings

    assert settings(read(recipe).optimizer)


def optimizer(**settings: object) -> str:
    """The section of an optimizer with Nesterov's momentum, a rate of 0.1 and a decay of 0.0001."""
    every: dict[str, object] = {
        "Optimizer_NetworkName": "Main", "SolverName": "Nesterov", "SolverParameterNum": 1, "WeightDecay": 0.0001,
        "SolverParameterName_0": "LearningRate", "SolverParameter_0": 0.1, **settings,
    }  # fmt: skip
    return "\n".join(["[Optimizer_0]", *(f"{key}={value}" for key, value in every.items())]) + "\n"


def test_a_learning_rate_that_nothing_can_train_with_is_kept_and_named() -> None:
    recipe = chain(("Affine", "a", {}), more=optimizer(SolverParameter_0=-0.1)).recipe
    assert read(recipe).learning_rate > 0
    assert recipe["nnc"]["SolverParameter_0"] == "-0.1"


@pytest.mark.parametrize(
    ("settings", "schedule"),
    [
        ({"LearningRateScheduler": "Polynomial", "LearningRatePower": 0.5}, Polynomial(power=0.5)),
        ({"LearningRateScheduler": "Polynomial"}, Polynomial(power=1)),
        ({"LearningRateScheduler": "Polynomial", "LearningRatePower": 0}, Constant()),
        ({"LearningRateScheduler": "Step", "LearningRateSteps": "30,60,80", "LearningRateMultiplier": 0.1},
         MultiStep(factor=0.1, milestones=(30, 60, 80), unit="epoch")),
        ({"LearningRateScheduler": "Step", "LearningRateSteps": "4000", "LearningRateMultiplier": 0.5,
          "LearningRateUpdateIntervalUnit": 1}, MultiStep(factor=0.5, milestones=(4000,), unit="iteration")),
        ({"LearningRateScheduler": "Step", "NumLearningRateStep": 2, "LearningRateStep_0": 3, "LearningRateStep_1": 5,
          "LearningRateMultiplier": 0.5}, MultiStep(factor=0.5, milestones=(3, 5), unit="epoch")),
        ({"LearningRateScheduler": "Step", "LearningRateSteps": "", "LearningRateMultiplier": 0.1}, Constant()),
        ({"LearningRateScheduler": "Cosine"}, Cosine()),
    ],
)  # fmt: skip
def test_every_schedule_of_nnc_has_ours(settings: dict[str, object], schedule: Schedule) -> None:
    recipe = chain(("Affine", "a", {}), more=optimizer(**settings)).recipe
    assert "nnc" not in recipe
    assert read(recipe).schedule == schedule


@pytest.mark.parametrize(("unit", "expected"), [(0, "epoch"), (1, "iteration")])
def test_nncs_linear_warm_up_is_ours(unit: int, expected: str) -> None:
    warm = {
        "LearningRateWarmupScheduler": "Linear",
        "LearningRateWarmupLength": 5,
        "LearningRateWarmupLengthUnit": unit,
    }
    recipe = chain(("Affine", "a", {}), more=optimizer(**warm)).recipe
    assert (recipe["warmup"], "nnc" in recipe) == ({"length": 5, "unit": expected}, False)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"LearningRateScheduler": "Custom"}, "LearningRateScheduler = Custom"),
        ({"LearningRateScheduler": "Exponential", "LearningRateMultiplier": 1.5}, "LearningRateMultiplier = 1.5"),
        ({"LearningRateScheduler": "Step", "LearningRateMultiplier": 0.1, "LearningRateSteps": "0,5"}, "0,5"),
        ({"LearningRateScheduler": "Step", "LearningRateMultiplier": 0.1, "LearningRateSteps": "many"}, "many"),
        ({"LearningRateScheduler": "Polynomial", "LearningRatePower": -1}, "LearningRatePower = -1"),
        ({"LearningRateWarmupScheduler": "Linear", "LearningRateWarmupLength": 0.5}, "LearningRateWarmupLength = 0.5"),
        ({"RangeFrom": 3, "RangeTo": 5, "RangeUnit": 0}, "RangeFrom = 3, RangeTo = 5"),
    ],
)
def test_what_the_recipe_cannot_say_is_kept_and_named(settings: dict[str, object], named: str) -> None:
    graph = chain(("Affine", "a", {}), more=optimizer(**settings))
    assert read(graph.recipe).schedule == Constant()
    assert any(p.code == "recipe" and named in str(p.text) for p in problems(analyze(graph)))


def test_updates_of_several_batches_are_taken_over_and_how_to_train_as_nnc_is_offered() -> None:
    """NNC adds the gradients up: four times the rate, with a decay a fourth as large, does the same with their mean."""
    graph = chain(("Affine", "a", {}), more=optimizer(UpdateInterval=4))
    assert {key: graph.recipe[key] for key in ("accumulate", "learning_rate", "weight_decay")} == {
        "accumulate": 4, "learning_rate": 0.1, "weight_decay": 0.0001,
    }  # fmt: skip
    (problem,) = [p for p in problems(analyze(graph)) if p.code == "recipe"]
    assert "4 batches" in str(problem.text) and "learning_rate = 0.4, weight_decay = 2.5e-05" in str(problem.text)
    mended = problem.fixes[0].apply(graph)
    assert (mended.recipe["learning_rate"], mended.recipe["weight_decay"]) == (0.4, 2.5e-05)
    assert not [p for p in problems(analyze(mended)) if p.code == "recipe"]


def test_an_optimizer_that_scales_gradients_itself_trains_alike_with_a_mean() -> None:
    adam = chain(("Affine", "a", {}), more=optimizer(UpdateInterval=4, SolverName="Adam", WeightDecay=0))
    assert adam.recipe["accumulate"] == 4 and "nnc" not in adam.recipe


GOOD = project_text([INPUT, ("Tanh", "t", {})], [("Input", "t", 0)])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no network"),
        ("nonsense", "line 1: expected 'Name=Value'"),
        (GOOD.replace("Type=Tanh\n", ""), "line 14: this section has no 'Type'"),
        (GOOD.replace("NumProperty=2", "NumProperty=many"), "'NumProperty' must be a number, but it is 'many'"),
        (GOOD[: GOOD.index("[Link_0]")], "NumLink 1, but the file holds 0. Was it cut off"),
        (GOOD.replace("DestLayerID=1", "DestLayerID=7"), "leads to the layer 7, which is not there"),
        (GOOD + "[Layer_0]\n", "the section \\[Layer_0\\] is there twice"),
    ],
)
def test_a_damaged_file_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(ForeignError, match=reason):
        imported(text)


def test_layers_in_a_circle_are_named() -> None:
    text = project_text([INPUT, ("Tanh", "t", {}), ("Tanh", "u", {})], [("t", "u", 0), ("u", "t", 0)])
    with pytest.raises(ForeignError, match="form a cycle: t, u"):
        imported(text)


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_no_damage_gives_a_traceback(noise: bytes, place: int) -> None:
    data = GOOD.encode()[:place] + noise + GOOD.encode()[place:]
    try:
        text = data.decode()
        analyze(graph_of(parse(text, "x", "x")))
    except (ForeignError, UnicodeDecodeError):
        pass


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("0.5", 0.5), ("-1e-3", -0.001), ("*Maps", "=Maps"), ("Input[0]/Ratio", "=in[0]/Ratio"),
     ("*Input[1]*2", "=in[1]*2"), ("Input[1]*Input[2]", "=in[1]*in[2]"), ("r*2+1", "=r*2+1"), ("*A * *B", "=A * B")],
)  # fmt: skip
def test_expressions_become_formulas(text: str, value: object) -> None:
    assert Properties({"p": text}).number("p", "0") == value


def test_the_command_says_what_it_wrote_and_what_is_not_expressed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "net.sdcproj", tmp_path / "net.json"
    more = "[Config]\nMaxEpoch=12\nBatchSize=32\n" + optimizer(UpdateInterval=2, LearningRateScheduler="Custom")
    source.write_text(GOOD + more, encoding="utf-8")
    assert main(["import", str(source), "-o", str(target)]) == 0
    told = capsys.readouterr()
    assert told.out == (
        f"{target}: Main, 2 nodes; 12 epochs in batches of 32, 2 per update, Nesterov; "
        "2 things kept but not expressed, which `netdesigner check` names\n"
    )
    assert "LearningRateScheduler = Custom" in told.err and "learning_rate = 0.2" in told.err


def test_the_command_writes_a_graph_and_refuses_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "net.sdcproj", tmp_path / "net.json"
    source.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert main(["import", str(source), "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"{target}: Main, 2 nodes; 100 epochs in batches of 64, Adam\n"
    assert [node.name for node in load(target).nodes] == ["Input", "t"]
    assert main(["check", str(target)]) == 0
    capsys.readouterr()
    assert main(["import", str(tmp_path / "none.sdcproj"), "-o", str(target)]) == 2
    assert "cannot be read: No such file" in capsys.readouterr().err
    other = tmp_path / "net.keras"
    assert main(["import", str(other), "-o", str(target)]) == 2
    assert "files that can: .sdcproj" in capsys.readouterr().err
    assert open_source(source).main == "Main"
