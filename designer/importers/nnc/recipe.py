"""What a project says of training: data, batch size, epochs, optimizer and how its learning rate falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.graph import GraphError
from designer.graph.recipe import read
from designer.importers.nnc.project import Project, Section
from designer.shapes.problems import ADDED_UP

SETS = {"mnist": "mnist", "cifar10": "cifar10", "cifar100": "cifar100", "fashion": "fashion-mnist"}
"""What is in the name of a data set's file, and the set of ours that it is."""

SOLVERS: dict[str, tuple[str, dict[str, str]]] = {
    "Sgd": ("SGD", {}), "Momentum": ("Momentum", {"Momentum": "momentum"}),
    "Nesterov": ("Nesterov", {"Momentum": "momentum"}),
    "Adam": ("Adam", {"Beta1": "beta1", "Beta2": "beta2", "Epsilon": "eps"}),
    "AdamW": ("AdamW", {"Beta1": "beta1", "Beta2": "beta2", "Epsilon": "eps"}),
    "Adamax": ("Adamax", {"Beta1": "beta1", "Beta2": "beta2", "Epsilon": "eps"}),
    **dict.fromkeys(("AmsGrad", "AMSGRAD"), ("AMSGrad", {"Beta1": "beta1", "Beta2": "beta2", "Epsilon": "eps"})),
    "Adadelta": ("Adadelta", {"Decay": "rho", "Epsilon": "eps"}),
    "Adagrad": ("Adagrad", {"Epsilon": "eps"}),
    "RMSprop": ("RMSprop", {"Decay": "alpha", "Epsilon": "eps"}),
}  # fmt: skip
"""NNC's solvers: ours, and their parameters' names here."""
RATES = ("LearningRate", "Alpha")
"""What the learning rate is called among a solver's parameters."""
DESCENTS = ("SGD", "Momentum", "Nesterov")
"""Optimizers whose step is in proportion to the gradient; those of the others do not depend on its scale."""
SCHEDULE = ("LearningRateScheduler", "LearningRateMultiplier", "LearningRateUpdateInterval", "LearningRateSteps",
            "LearningRatePower", "LearningRateMaxIter")  # fmt: skip
WARMUP = ("LearningRateWarmupScheduler", "LearningRateWarmupLength", "LearningRateWarmupLengthUnit")
RANGE = ("RangeFrom", "RangeTo", "RangeUnit")
"""When an optimizer is at work; -1 is always."""


def recipe_of(project: Project, network: str) -> dict[str, Any]:
    """The recipe for a network, as far as ours can say it; the rest stays below 'nnc', by NNC's own names."""
    config = project.sections.get("Config", {})
    optimizer = _optimizer(project, network)
    recipe: dict[str, Any] = {
        "data": _data(project),
        "epochs": max(1, _whole(config, "MaxEpoch", 100)),
        "batch_size": max(1, _whole(config, "BatchSize", 64)),
    }
    kept: dict[str, Any] = {}
    if _is_usable(solver := _solver(optimizer)):
        recipe |= solver
    else:
        kept |= {name: value for name, value in optimizer.items() if name.startswith("Solver")}
    for part, names in ((_schedule(optimizer), SCHEDULE), (_warmup(optimizer), WARMUP), (_range(optimizer), RANGE)):
        if part is not None and _is_usable(part):
            recipe |= part
        else:
            kept |= {name: optimizer[name] for name in names if optimizer.get(name)}
    if (interval := _whole(optimizer, "UpdateInterval", 1)) > 1:
        recipe["accumulate"] = interval
        kept |= _added_up(recipe, interval)
    if optimizer.get("SolverName", "Adam") not in SOLVERS:
        kept["SolverName"] = optimizer["SolverName"]
    kept |= {f"Dataset {section.get('Name', '')}": section.get("URI", "") for section in _data_sets(project)}
    return recipe | ({"nnc": kept} if any(kept.values()) else {})


def _is_usable(part: dict[str, Any]) -> bool:
    """Whether our recipe takes these values."""
    try:
        read(part)
    except GraphError:
        return False
    return True


def _optimizer(project: Project, network: str) -> Section:
    sections = [s for name, s in project.sections.items() if name.startswith("Optimizer_") and "SolverName" in s]
    own = [section for section in sections if section.get("Optimizer_NetworkName") == network]
    return next(iter(own + sections), {})


def _data_sets(project: Project) -> list[Section]:
    return [section for name, section in project.sections.items() if name.startswith("Dataset_")]


def _data(project: Project) -> str:
    """The data set of ours that the project's files are, or the embedded one."""
    for section in _data_sets(project):
        uri = section.get("URI", "").replace("\\", "/").rsplit("/", 1)[-1].lower()
        if "4or9" not in uri:
            found = next((ours for part, ours in SETS.items() if part in uri), None)
            if found is not None:
                return found
    return "synthetic"


def _solver(section: Section) -> dict[str, Any]:
    name, names = SOLVERS.get(section.get("SolverName", "Adam"), ("Adam", {}))
    params: dict[str, float] = {}
    found: dict[str, Any] = {}
    for i in range(min(_whole(section, "SolverParameterNum", 0), 100)):
        key, value = section.get(f"SolverParameterName_{i}", ""), _real(section, f"SolverParameter_{i}", 0.0)
        if key in RATES:
            found["learning_rate"] = value
        elif key in names:
            params[names[key]] = value
    decay = _real(section, "WeightDecay", 0.0)
    return found | {"optimizer": {"name": name, "params": params}, "weight_decay": max(0.0, decay)}


def _schedule(section: Section) -> dict[str, Any] | None:
    """How the rate falls, which NNC does as nnabla.utils.learning_rate_scheduler; None where ours cannot say it."""
    factor, power = _real(section, "LearningRateMultiplier", 1.0), _real(section, "LearningRatePower", 1.0)
    every = max(1, _whole(section, "LearningRateUpdateInterval", 1))
    unit = _unit(section, "LearningRateUpdateIntervalUnit")
    if section.get("LearningRateMaxIter"):
        return None  # a schedule that ends before or after the training
    match section.get("LearningRateScheduler") or "Exponential":
        case "Cosine":
            return {"schedule": {"type": "cosine"}}
        case "Polynomial":
            return {"schedule": {"type": "polynomial", "power": power}} if power else {}
        case "Exponential":
            step = {"type": "step", "factor": factor, "every": every, "unit": unit}
            return {"schedule": step} if factor != 1 else {}
        case "Step":
            milestones = _milestones(section)
            several = {"type": "multi_step", "factor": factor, "milestones": milestones, "unit": unit}
            return {"schedule": several} if factor != 1 and milestones != [] else {}
    return None


def _milestones(section: Section) -> list[int] | None:
    """The steps of a Step schedule: '30,60,80', or one by one as older projects have them; None if unreadable."""
    count = min(_whole(section, "NumLearningRateStep", 0), 100)
    texts = [section.get(f"LearningRateStep_{i}", "") for i in range(count)]
    texts += section.get("LearningRateSteps", "").split(",")
    try:
        return [int(text) for text in texts if text.strip()]
    except ValueError:
        return None


def _warmup(section: Section) -> dict[str, Any] | None:
    """The rise of the rate at the beginning, which NNC has in epochs or iterations, too."""
    kind, length = section.get("LearningRateWarmupScheduler") or "None", _real(section, WARMUP[1], 0.0)
    if kind == "None" or (kind == "Linear" and not length):
        return {}
    if kind != "Linear" or not length.is_integer():
        return None
    return {"warmup": {"length": int(length), "unit": _unit(section, WARMUP[2])}}


def _range(section: Section) -> dict[str, Any] | None:
    return {} if all(section.get(name, "-1") in ("", "-1") for name in RANGE[:2]) else None


def _added_up(recipe: Mapping[str, Any], batches: int) -> dict[str, Any]:
    """The learning rate and weight decay that train as NNC does, which adds up the gradients we take the mean of.

    A step of k times the gradient is one of k times the rate. The weight decay joins the gradient once an update, so it
    counts k times less. (nnabla/utils/cli/train.py, which zeroes gradients at the first batch of an update.)
    """
    name, decay = recipe["optimizer"]["name"], recipe["weight_decay"]
    same: dict[str, float] = {}
    if name in DESCENTS and "learning_rate" in recipe:
        same["learning_rate"] = float(f"{recipe['learning_rate'] * batches:.12g}")
    if decay and name != "AdamW":  # whose decay does not join the gradient
        same["weight_decay"] = float(f"{decay / batches:.12g}")
    return {ADDED_UP: same} if same else {}


def _unit(section: Section, key: str) -> str:
    return "iteration" if section.get(key, "0") == "1" else "epoch"


def _whole(section: Section, key: str, default: int) -> int:
    return int(_real(section, key, default))


def _real(section: Section, key: str, default: float) -> float:
    try:
        value = float(section.get(key, "") or default)
    except ValueError:
        return default
    return value if abs(value) < 1e15 else default
