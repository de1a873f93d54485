"""The catalogue says what torch.optim has: names, defaults, arguments."""

import inspect

import pytest
import torch

from designer.graph.recipe import Optimizer
from designer.layers.fields import visible_fields
from designer.training.optimizers import OPTIMIZERS, OptimizerError, settings

NAMES = list(OPTIMIZERS)
LEFT_OUT = {"Optimizer", "LBFGS", "SparseAdam", "Muon"}


def signature(name: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(torch.optim, OPTIMIZERS[name].torch_name)).parameters)


def test_every_optimizer_of_torch_is_there_or_left_out_on_purpose() -> None:
    torchs = {name for name in vars(torch.optim) if inspect.isclass(getattr(torch.optim, name))}
    assert torchs - LEFT_OUT == {cls.torch_name for cls in OPTIMIZERS.values()}


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_torchs_own(name: str) -> None:
    theirs = signature(name)
    assert OPTIMIZERS[name].default_rate == theirs["lr"].default
    assert OPTIMIZERS[name].has_weight_decay == ("weight_decay" in theirs)
    for key, value in OPTIMIZERS[name]().arguments().items():
        if (name, key) not in {("Momentum", "momentum"), ("Nesterov", "momentum"), ("Nesterov", "nesterov")}:
            assert value == theirs[key].default, key


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_changes_results_is_missing(name: str) -> None:
    ways_to_compute = {"foreach", "fused", "capturable", "differentiable", "maximize"}
    general = {"params", "lr", "weight_decay", "decoupled_weight_decay", *ways_to_compute}
    by_another_name = {"momentum", "dampening", "nesterov"} if OPTIMIZERS[name].torch_name == "SGD" else set()
    assert set(signature(name)) - general - by_another_name <= set(OPTIMIZERS[name]().arguments())


@pytest.mark.parametrize("name", NAMES)
def test_torch_takes_the_arguments_and_steps(name: str) -> None:
    weight = torch.nn.Parameter(torch.ones(3, 2))
    optimizer = getattr(torch.optim, OPTIMIZERS[name].torch_name)([weight], lr=0.1, **OPTIMIZERS[name]().arguments())
    (weight**2).sum().backward()
    optimizer.step()
    assert (weight < 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_form_can_show_every_property(name: str) -> None:
    for field in visible_fields(OPTIMIZERS[name]):
        assert field.title and field.description
        if field.kind == "float":
            assert field.minimum is not None and field.maximum is not None
            assert field.minimum <= field.default <= field.maximum


def test_properties_are_read_and_checked() -> None:
    assert settings(Optimizer(name="Adam", params={"beta1": 0.5})).arguments()["betas"] == (0.5, 0.999)
    with pytest.raises(OptimizerError, match="no optimizer 'Adm'"):
        settings(Optimizer(name="Adm"))
    with pytest.raises(OptimizerError, match="Adam has no property 'momentum'"):
        settings(Optimizer(name="Adam", params={"momentum": 0.9}))
    with pytest.raises(OptimizerError, match=r"beta1"):
        settings(Optimizer(name="Adam", params={"beta1": 1.5}))
