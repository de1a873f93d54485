"""The sample graphs that come with the app, held against the published numbers and against torchvision."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sample_builders

from designer.graph import Graph, io, recipe
from designer.samples import sample_paths, samples, samples_folder
from designer.layers.fields import fields
from designer.layers.registry import catalogue, layer_of
from designer.layout import arrange
from designer.shapes import analyze, problems
from designer.training import optimizers

BUILDERS = sample_builders.BUILDERS


@pytest.fixture(params=list(BUILDERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def graph(name: str) -> Graph:
    return io.load(samples_folder() / f"{name}.json")


def test_every_sample_is_found_with_words_for_the_start_page() -> None:
    assert [p.stem for p in sample_paths()] == list(BUILDERS)
    for sample in samples():
        assert sample.title != sample.path.stem
        assert str(sample.description)


def test_the_files_are_what_the_builders_make(name: str) -> None:
    made = io.dumps(BUILDERS[name]())
    assert (samples_folder() / f"{name}.json").read_bytes() == made, "run tests/graphs/sample_builders.py"


@pytest.mark.parametrize(
    ("name", "parameters", "tensors"),
    [
        ("cntk_basic", 116_906, 10),
        ("cntk_dropout", 116_906, 10),
        ("cntk_batchnorm", 117_290, 18),
        ("cntk_vgg9", 2_675_978, 18),
        ("cntk_resnet20", 272_474, 65),
        ("tf_cifar10", 1_068_298, 10),
        ("scratch_mnist", 433_890, 6),
        ("mini_resnet34", 1_334_618, 110),
        ("resnet34_repeat", 21_797_672, 110),
    ],
)
def test_parameters_and_tensors_are_the_published_ones(graph: Graph, parameters: int, tensors: int) -> None:
    assert analyze(graph).totals[:2] == (parameters, tensors)


def test_every_sample_is_valid(graph: Graph) -> None:
    """Warnings are fine: CNTK's pooling without padding drops a row and a column."""
    assert not [p for p in problems(analyze(graph)) if p.severity == "error"]


def test_every_property_is_one_the_layer_has(graph: Graph) -> None:
    for _, node in graph.walk():
        known = {field.name for field in fields(catalogue()[node.type])}
        assert set(node.params) <= known, node.id


def test_every_recipe_can_be_used_and_says_where_it_comes_from(graph: Graph) -> None:
    how = recipe.read(graph.recipe)
    optimizers.settings(how.optimizer)
    assert graph.recipe["reference"]
    assert how.epochs >= 10


def test_a_plain_train_needs_no_download_where_the_embedded_pictures_fit(graph: Graph) -> None:
    shape = next(layer.shape for _, node in graph.walk() if (layer := layer_of(node)).is_input)
    if tuple(shape) == (3, 32, 32):
        assert recipe.read(graph.recipe).data == "synthetic"


def test_cntk_rates_are_in_torchs_terms(graph: Graph, name: str) -> None:
    if name.startswith("cntk"):
        how = recipe.read(graph.recipe)
        assert how.schedule == recipe.ByEpoch(rates=((0, 0.001), (10, 0.0003), (20, 0.0001)))
        assert how.learning_rate == 0.001


def test_samples_are_laid_out(graph: Graph) -> None:
    assert {node.id: node.position for _, node in graph.walk()} == arrange(graph)


def test_cntk_pooling_goes_32_15_7_3() -> None:
    analysis = analyze(io.load(samples_folder() / "cntk_basic.json"))
    sizes = [analysis.facts(i).output for i in ("conv1", "pool1", "pool2", "pool3")]
    assert sizes == [(32, 32, 32), (32, 15, 15), (32, 7, 7), (64, 3, 3)]


def test_every_shortcut_of_the_long_networks_is_drawn() -> None:
    graph = io.load(samples_folder() / "mini_resnet34.json")
    adds = [node for node in graph.nodes if node.type == "Add"]
    assert len(adds) == 3 + 4 + 6 + 3
    trunk = [node.position[0] for node in graph.nodes if not node.id.startswith("short")]
    assert len(set(trunk)) == 1, "the main path stands in one line"


def test_resnet34_has_torchvisions_weights_and_shapes() -> None:
    torchvision = pytest.importorskip("torchvision")
    import torch

    with torch.device("meta"):
        reference = torchvision.models.resnet34()
    graph = io.load(samples_folder() / "resnet34_repeat.json")
    analysis = analyze(graph)
    assert analysis.totals[:2] == (
        sum(p.numel() for p in reference.parameters()),
        len(list(reference.parameters())),
    )
    names = {module: name for name, module in reference.named_modules()}
    outputs: dict[str, tuple[int, ...]] = {}
    multiply_adds = 0

    def note(module: torch.nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal multiply_adds
        outputs[names[module]] = tuple(out.shape[1:])
        if isinstance(module, torch.nn.Conv2d):
            multiply_adds += module.weight.numel() * out.shape[2] * out.shape[3]
        elif isinstance(module, torch.nn.Linear):
            multiply_adds += module.weight.numel()

    for module in names:
        module.register_forward_hook(note)
    reference.eval()(torch.empty(1, 3, 224, 224, device="meta"))
    ours = {
        "conv1": "conv1",
        "layer1": "stage2",
        "layer2": "stage3",
        "layer3": "stage4",
        "layer4": "stage5",
        "fc": "fc",
    }
    assert {n: analysis.facts(ours[n]).output for n in ours} == {n: outputs[n] for n in ours}

    weighted = sum(f.result.multiply_adds * f.repeat for f in analysis.walk() if f.node.type in ("Conv2d", "Linear"))
    assert weighted == multiply_adds == pytest.approx(3.66e9, rel=0.005)


def test_repeat_and_long_drawing_cost_the_same() -> None:
    """ResNet-34 with frames and the mini ResNet drawn long have blocks that correspond one to one."""
    long, short = (analyze(io.load(samples_folder() / f"{n}.json")) for n in ("mini_resnet34", "resnet34_repeat"))
    kinds = ("Conv2d", "BatchNorm", "ReLU", "Add")
    for kind in kinds:
        drawn = [sum(f.repeat for f in a.walk() if f.node.type == kind) for a in (long, short)]
        assert drawn[0] == drawn[1], kind


def test_the_learning_rate_only_ever_falls(graph: Graph) -> None:
    schedule = recipe.read(graph.recipe).schedule
    if isinstance(schedule, recipe.ByEpoch):
        assert all(a[0] < b[0] and a[1] > b[1] for a, b in pairwise(schedule.rates))


def test_resnet34_computes_what_torchvisions_does() -> None:
    torchvision = pytest.importorskip("torchvision")
    import torch

    import designer

    torch.manual_seed(0)
    reference = torchvision.models.resnet34().eval()
    ours = designer.build(io.load(samples_folder() / "resnet34_repeat.json")).eval()
    with torch.no_grad():
        for weight in reference.state_dict().values():
            if weight.is_floating_point() and weight.dim() == 1:  # batch norms that do something
                weight.copy_(torch.rand_like(weight) + 0.5)
        values = reference.state_dict().values()
        assert [v.shape for v in values] == [v.shape for v in ours.state_dict().values()], "blocks in the same order"
        ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
        pictures = torch.rand(2, 3, 64, 64)
        expected = reference(pictures)
        assert expected.isfinite().all() and expected.std() > 0.01
        torch.testing.assert_close(ours(pictures), expected)


def test_every_sample_gives_a_module_with_as_many_weights(graph: Graph) -> None:
    import designer

    module = designer.build(graph)
    weights = [p for p in module.parameters() if p.requires_grad]
    assert (sum(p.numel() for p in weights), len(weights)) == analyze(graph).totals[:2]
