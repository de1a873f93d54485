"""What a project says of training: data, batch size, epochs, optimizer and how its learning rate falls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from designer.importers.nnc.project import Project

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


def recipe_of(project: Project, network: str) -> dict[str, Any]:
    """The recipe for a network, as far as ours can say it; the rest stays below 'nnc', by NNC's own names."""
    config = project.sections.get("Config", {})
    optimizer = _optimizer(project, network)
    recipe: dict[str, Any] = {
        "data": _data(project),
        "epochs": max(1, _whole(config, "MaxEpoch", 100)),
        "batch_size": max(1, _whole(config, "BatchSize", 64)),
    }
    recipe |= _solver(optimizer) | _schedule(optimizer)
    kept = {key: value for key, value in optimizer.items() if key in _KEPT and value not in _EXPRESSED}
    if optimizer.get("SolverName", "Adam") not in SOLVERS:
        kept["SolverName"] = optimizer["SolverName"]
    kept |= {f"Dataset {section.get('Name', '')}": section.get("URI", "") for section in _data_sets(project)}
    return recipe | ({"nnc": kept} if any(kept.values()) else {})


_EXPRESSED = ("", "1", "None", "Exponential", "Cosine")
"""Values that the recipe has, or that change nothing."""
_KEPT = ("UpdateInterval", "LearningRateScheduler", "LearningRateWarmupScheduler", "LearningRateSteps")


def _optimizer(project: Project, network: str) -> Mapping[str, str]:
    sections = [s for name, s in project.sections.items() if name.startswith("Optimizer_") and "SolverName" in s]
    own = [section for section in sections if section.get("Optimizer_NetworkName") == network]
    return next(iter(own + sections), {})


def _data_sets(project: Project) -> list[Mapping[str, str]]:
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


def _solver(section: Mapping[str, str]) -> dict[str, Any]:
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


def _schedule(section: Mapping[str, str]) -> dict[str, Any]:
    """NNC multiplies the rate every so many epochs or iterations (exponential), or follows a cosine."""
    scheduler = section.get("LearningRateScheduler", "Exponential")
    if scheduler == "Cosine":
        return {"schedule": {"type": "cosine"}}
    factor = _real(section, "LearningRateMultiplier", 1.0)
    if scheduler != "Exponential" or not 0 < factor < 1:
        return {}
    every = max(1, _whole(section, "LearningRateUpdateInterval", 1))
    unit = "iteration" if section.get("LearningRateUpdateIntervalUnit", "0") == "1" else "epoch"
    return {"schedule": {"type": "step", "factor": factor, "every": every, "unit": unit}}


def _whole(section: Mapping[str, str], key: str, default: int) -> int:
    return int(_real(section, key, default))


def _real(section: Mapping[str, str], key: str, default: float) -> float:
    try:
        value = float(section.get(key, "") or default)
    except ValueError:
        return default
    return value if abs(value) < 1e15 else default
