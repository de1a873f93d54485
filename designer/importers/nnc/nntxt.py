"""Reads .nntxt: networks of nnabla's functions and variables become networks of NNC's layers and links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from math import prod

from designer.errors import message
from designer.importers.errors import ForeignError
from designer.importers.nnc.functions import properties, without_batch
from designer.importers.nnc.project import Network, Project, RawLayer, RawLink, Section
from designer.importers.nnc.textproto import Message, parse
from designer.importers.nnc.values import whole

LOOPS = ("RepeatStart", "Delay")
"""Functions whose further inputs close a loop or begin it, and are no wires."""
PINS = {
    "Delay": "Initial", "KLMultinomial": "q", "ATan2": "x", "BroadcastTo": "y",
    **dict.fromkeys(("Sub2", "Div2", "Pow2", "GreaterEqual", "Greater", "LessEqual", "Less"), "R"),
    **dict.fromkeys(("SquaredError", "HuberLoss", "AbsoluteError", "EpsilonInsensitiveLoss", "BinaryCrossEntropy",
                     "SigmoidCrossEntropy", "CategoricalCrossEntropy", "SoftmaxCrossEntropy", "BinaryError",
                     "TopNError"), "T"),
}  # fmt: skip
"""What NNC calls the second input, where data or a generator may stand in for a wire."""
OWN: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Affine", "Convolution", "DepthwiseConvolution", "Deconvolution", "DepthwiseDeconvolution"),
                    ("W", "b")),
    **dict.fromkeys(("BinaryConnectAffine", "BinaryConnectConvolution"), ("W", "Wb", "b")),
    **dict.fromkeys(("BinaryWeightAffine", "BinaryWeightConvolution"), ("W", "Wb", "alpha", "b")),
    **dict.fromkeys(("BatchNormalization", "FusedBatchNormalization"), ("beta", "gamma", "mean", "var")),
    **dict.fromkeys(("LayerNormalization", "InstanceNormalization", "GroupNormalization"), ("beta", "gamma")),
    "DeformableConvolution": ("W", "Offset", "Mask", "b"), "Embed": ("W",), "PReLU": ("slope",),
    "MinMaxQuantize": ("r", "R", "l", "L"), "MeanSubtraction": ("mean", "t"), "WeightNormalization": ("g",),
    "SpectralNorm": ("u",),
}  # fmt: skip
"""What NNC calls a function's inputs after the first where they are its own parameters."""
MAX_RANK = 16


def read_text(text: str, where: str, name: str) -> tuple[Project, Message]:
    """The project in a .nntxt and the message it is made from; `where` names it in errors.

    Raises:
        ForeignError: it is no .nntxt; the text names the line or the function.
    """
    parsed = parse(text, where)
    found = {each.text("name"): each for each in parsed.messages("network")}
    if not any(network.messages("function") for network in found.values()):
        raise ForeignError(message("{where} holds no network with functions.", where=where))
    networks = {title: _Network(parsed, network, title, where).build() for title, network in found.items()}
    return Project(name, networks, dict(_sections(parsed, found))), parsed


class _Network:
    """One network: what is known of its variables, and the layers and links that come of them."""

    def __init__(self, parsed: Message, network: Message, name: str, where: str) -> None:
        self.name = name
        self.where = where
        self.functions = network.messages("function")
        self.variables = {each.text("name"): each for each in network.messages("variable")}
        self.times = {each.text("id"): each.text("times", "1") for each in network.messages("repeat_info")}
        self.data, self.generators, self.rates = _roles(parsed, name)
        self.produced = {
            output: (f"{i}", pin)
            for i, function in enumerate(self.functions)
            for pin, output in enumerate(function.texts("output"))
        }
        stored = {each.text("variable_name") for each in parsed.messages("parameter")}
        self.parameters = {
            title for title, each in self.variables.items() if each.text("type") == "Parameter" or title in stored
        } - set(self.produced)
        self.inputs: dict[str, str] = {}
        """The ids of layers that stand for variables which nothing produces."""
        self.layers: list[RawLayer] = []
        self.links: list[RawLink] = []

    def build(self) -> Network:
        """The network."""
        for i, function in enumerate(self.functions):
            self._add(f"{i}", function)
        return Network(self.name, tuple(self.layers), tuple(self.links))

    def _add(self, id_: str, function: Message) -> None:
        type_, title = function.text("type"), function.text("name")
        if not type_ or not function.texts("output"):
            raise ForeignError(message("{where}, line {line}: this function has no type or no output.",
                                       where=self.where, line=function.line))  # fmt: skip
        inputs = function.texts("input")
        roles = dict(zip(inputs[1:], OWN.get(type_, ()), strict=False))
        tensors = {role: each for each, role in roles.items() if each in self.parameters}
        found = self._own_properties(function, type_, inputs, tensors)
        if type_ in LOOPS:
            inputs, further = inputs[:1], inputs[1:]
            found |= self._instead(type_, further)
        for pin, each in enumerate(inputs):
            if each not in tensors.values():
                found |= self._link(id_, type_, pin, each)
        if type_ == "RepeatStart":
            repeat = function.message("repeat_param").text("repeat_id")
            found = {"Times": self.times.get(repeat, "1"), "Shared": str(self._is_shared(repeat))}
        self.layers.append(RawLayer(id_, type_, title.rsplit("/", 1)[-1], 0.0, 0.0, found, tensors))

    def _own_properties(
        self, function: Message, type_: str, inputs: list[str], tensors: Mapping[str, str]
    ) -> dict[str, str]:
        arguments = next((function.message(key) for key in function if key.endswith("_param")), None)
        shapes = {role: self._shape(each, function) for role, each in tensors.items()}
        rank = len(self._shape(inputs[0], function)) or None if inputs else None
        if type_ in ("RepeatStart", "RepeatEnd", "RecurrentInput", "RecurrentOutput", "Delay"):
            recurrent = function.message("recurrent_param")
            axis = recurrent.text("axis")
            found = {"Axis": without_batch(axis)} if axis else {}
            if type_ == "Delay":
                output = self._shape(function.texts("output")[0], function)
                found["Size"] = ",".join(map(str, output[1:])) or "1"
            if type_ == "RecurrentInput":
                found["ID"] = recurrent.text("repeat_id")
        else:
            found = properties(type_, arguments, rank, shapes)
        if tensors:
            found["ParameterScope"] = _scope(next(iter(tensors.values())))
        for role, each in tensors.items():
            found |= self._training(role, each)
        return found

    def _training(self, role: str, variable: str) -> dict[str, str]:
        """How a parameter begins and is trained."""
        found = {}
        start = self.variables[variable].message("initializer") if variable in self.variables else Message(0)
        if start.text("type"):
            found = {f"{role}.Initializer": start.text("type"),
                     f"{role}.InitializerMultiplier": start.text("multiplier", "0")}  # fmt: skip
        if variable in self.rates:
            found[f"{role}.LRateMultiplier"] = self.rates[variable]
        return found

    def _link(self, id_: str, type_: str, pin: int, variable: str) -> dict[str, str]:
        """Wire a variable to an input; properties where data or a generator stand in for the wire."""
        if variable in self.produced:
            source, source_pin = self.produced[variable]
        elif pin == 1 and type_ in PINS and self._readers[variable] == 1:
            return self._instead(type_, [variable])
        else:
            source, source_pin = self._input(variable), 0
        self.links.append(RawLink(source, id_, pin, source_pin))
        return {}

    def _instead(self, type_: str, variables: Iterable[str]) -> dict[str, str]:
        """The properties for an input that is not wired."""
        found = {}
        for variable in variables:
            pin = PINS.get(type_)
            if pin is not None and variable not in self.produced:
                kind, scale = self.generators.get(variable, ("None", "1.0"))
                found = {f"{pin}.Dataset": self.data.get(variable, "y"), f"{pin}.Generator": kind,
                         f"{pin}.GeneratorMultiplier": scale}  # fmt: skip
        return found

    def _input(self, variable: str) -> str:
        """The layer that stands for a variable which nothing produces."""
        if variable in self.inputs:
            return self.inputs[variable]
        id_ = self.inputs[variable] = f"i{len(self.inputs)}"
        shape, title = self._shape(variable, None), variable.rsplit("/", 1)[-1]
        if variable in self.parameters:
            size = shape[1:] if len(shape) > 1 and shape[0] == 1 else shape  # one for all samples
            found = {_OF_PARAMETER.get(name, name): value for name, value in self._training("weight", variable).items()}
            found["Size"] = ",".join(map(str, size or (1,)))
            self.layers.append(RawLayer(id_, "Parameter", title, 0.0, 0.0, found, {"weight": variable}))
        else:
            kind, scale = self.generators.get(variable, ("None", "1.0"))
            found = {"Size": ",".join(map(str, shape[1:] or (1,))), "Dataset": self.data.get(variable, "x"),
                     "Generator": kind, "GeneratorMultiplier": scale}  # fmt: skip
            self.layers.append(RawLayer(id_, "Input", title, 0.0, 0.0, found))
        return id_

    def _is_shared(self, repeat: str) -> bool:
        """Whether all repetitions use the same parameters: those of each have its number in their names."""
        inside = [each for each in self.functions if repeat in each.texts("repeat_id")]
        used = [name for each in inside for name in each.texts("input") if name in self.parameters]
        return bool(used) and not any(f"{{{repeat}}}" in name for name in used)

    @cached_property
    def _readers(self) -> Counter[str]:
        """How many functions read each variable."""
        return Counter(each for function in self.functions for each in function.texts("input"))

    def _shape(self, variable: str, function: Message | None) -> tuple[int, ...]:
        """A variable's shape, batch included; empty where the text does not give it."""
        known = self.variables.get(variable)
        shape = tuple(known.message("shape").whole("dim")) if known is not None else ()
        if len(shape) > MAX_RANK or any(size < -1 or size > 1 << 40 for size in shape) or prod(shape) > 1 << 50:
            line = known.line if known is not None else (function.line if function is not None else 0)
            raise ForeignError(message("{where}, line {line}: the variable '{name}' has the shape {shape}, which "
                                       "cannot be.", where=self.where, line=line, name=variable,
                                       shape="x".join(map(str, shape[:MAX_RANK]))))  # fmt: skip
        return shape


_OF_PARAMETER = {
    "weight.Initializer": "Initializer", "weight.InitializerMultiplier": "InitializerMultiplier",
    "weight.LRateMultiplier": "LRateMultiplier",
}  # fmt: skip


def _scope(parameter: str) -> str:
    """The scope of a parameter: 'conv1/conv/W' -> 'conv1'."""
    return "/".join(parameter.split("/")[:-2]) or parameter


def _roles(parsed: Message, network: str) -> tuple[dict[str, str], dict[str, tuple[str, str]], dict[str, str]]:
    """By variable of a network: the column of its data, its generator with the multiplier, its learning rate."""
    data: dict[str, str] = {}
    generators: dict[str, tuple[str, str]] = {}
    rates: dict[str, str] = {}
    for kind in ("executor", "monitor", "optimizer"):
        for user in parsed.messages(kind):
            if user.text("network_name") != network:
                continue
            data |= {each.text("variable_name"): each.text("data_name") for each in user.messages("data_variable")}
            generators |= {
                each.text("variable_name"): (each.text("type", "None"), each.text("multiplier", "0"))
                for each in user.messages("generator_variable")
            }
            if kind == "optimizer":
                rates |= {
                    each.text("variable_name"): each.text("learning_rate_multiplier", "0")
                    for each in user.messages("parameter_variable")
                }
    return data, generators, rates


def _sections(parsed: Message, networks: Mapping[str, Message]) -> Iterable[tuple[str, Section]]:
    """What a .sdcproj says of training, made of what a .nntxt says of it."""
    training = parsed.message("training_config")
    optimizers, sets = parsed.messages("optimizer"), parsed.messages("dataset")
    trained = networks.get(optimizers[0].text("network_name")) if optimizers else None
    size = next((each.text("batch_size") for each in [*sets, *([trained] if trained else [])]
                 if each.text("batch_size", "0") != "0"), "64")  # fmt: skip
    total = (whole(training.text("max_epoch")) or 0) * (whole(training.text("iter_per_epoch")) or 0)
    yield "Config", {"MaxEpoch": training.text("max_epoch", "100"), "BatchSize": size}
    for i, each in enumerate(sets):
        yield f"Dataset_{i}", {"Name": each.text("name"), "URI": each.text("uri")}
    for i, each in enumerate(optimizers):
        yield f"Optimizer_{i}", _optimizer(each, str(total or ""))


def _optimizer(optimizer: Message, total: str) -> dict[str, str]:
    solver = optimizer.message("solver")
    found = {
        "Optimizer_NetworkName": optimizer.text("network_name"), "SolverName": solver.text("type", "Adam"),
        "WeightDecay": solver.text("weight_decay", "0"), "UpdateInterval": optimizer.text("update_interval", "1"),
    } | _schedule(solver, total)  # fmt: skip
    arguments = next((solver.message(key) for key in solver if key.endswith("_param") and "scheduler" not in key),
                     Message(solver.line))  # fmt: skip
    names = {"lr": "LearningRate", "alpha": "Alpha", "eps": "Epsilon"}
    for i, name in enumerate(arguments):
        found[f"SolverParameterName_{i}"] = names.get(name, name.capitalize())
        found[f"SolverParameter_{i}"] = arguments.text(name)
    return found | {"SolverParameterNum": str(len(arguments))}


def _schedule(solver: Message, total: str) -> dict[str, str]:
    """How the learning rate falls over `total` iterations; nnabla counts everything in iterations."""
    kind = solver.text("lr_scheduler_type") or "Exponential"
    exponential, steps = solver.message("exponential_scheduler_param"), solver.message("step_scheduler_param")
    over = solver.message("polynomial_scheduler_param" if kind == "Polynomial" else "cosine_scheduler_param")
    factor = steps.text("gamma") if kind == "Step" else exponential.text("gamma") or solver.text("lr_decay", "1")
    end = over.text("max_iter")
    return {
        "LearningRateScheduler": kind, "LearningRateMultiplier": factor, "LearningRateUpdateIntervalUnit": "1",
        "LearningRateUpdateInterval": exponential.text("iter_interval") or solver.text("lr_decay_interval", "1"),
        "LearningRateSteps": ",".join(steps.texts("iter_steps")), "LearningRatePower": over.text("power", "1"),
        "LearningRateMaxIter": end if total and end not in ("", total) else "",
        "LearningRateWarmupScheduler": solver.text("lr_warmup_scheduler_type"), "LearningRateWarmupLengthUnit": "1",
        "LearningRateWarmupLength": solver.message("linear_warmup_scheduler_param").text("warmup_iter"),
    }  # fmt: skip
