"""Layers of NNC with tensors of several kinds: normalizations, recurrent layers, quantizers, embeddings."""

from __future__ import annotations

from designer.importers.nnc.layers import Converter, Made, Params
from designer.importers.nnc.values import Number, Properties, combined
from designer.importers.nnc.weights import initial, linear_fans, rate

_PLAIN = ("Normal", "Uniform", "Constant")


def factors(p: Properties, params: Params) -> None:
    """Add how a normalization's factors (gamma) and constants (beta) begin and are trained."""
    for tensor, field, start in (("gamma", "weight", 1), ("beta", "bias", 0)):
        rule = p.text(f"{tensor}.Initializer", "Constant") or "Constant"
        scale = p.number(f"{tensor}.InitializerMultiplier", str(start))
        if rule not in _PLAIN:
            p.give_back(f"{tensor}.Initializer")
        elif (rule, scale) != ("Constant", start):
            kind, value = ("weight_init", "weight_init_scale") if field == "weight" else ("bias_init_kind", "bias_init")
            params |= {kind: rule.lower(), value: scale}
        params |= rate(p, tensor, field)


def batch_norm(p: Properties) -> Made:
    """Batch normalization over the channels; NNC's decay rate is 1 - momentum."""
    if p.text("Axes", "0") not in ("0", ""):
        p.give_back("Axes")
    params: Params = {"eps": p.number("Epsilon", "0.0001")}
    decay = p.number("DecayRate", "0.9")
    params["momentum"] = combined("1 - {0}", decay) if isinstance(decay, str) else round(1 - decay, 12)
    if (batch_stat := p.flag("BatchStat", "True")) is not True:
        params["batch_stats"] = batch_stat
    factors(p, params)
    for tensor in ("mean", "var"):
        p.text(f"{tensor}.LRateMultiplier")  # running averages are never trained
        rule = p.text(f"{tensor}.Initializer", "Constant") or "Constant"
        if rule != "Constant" or p.number(f"{tensor}.InitializerMultiplier", "0.0") != 0:
            p.give_back(f"{tensor}.Initializer")
            p.give_back(f"{tensor}.InitializerMultiplier")
    return Made("BatchNorm", params)


def norm(type_: str, **fixed: object) -> Converter:
    """A normalization within each sample."""

    def convert(p: Properties) -> Made:
        params: Params = {"eps": p.number("Epsilon", "1e-5"), **fixed}
        if type_ == "GroupNorm":
            params["num_groups"] = p.number("NumGroups", "4")
        factors(p, params)
        return Made(type_, params)

    return convert


def normalize(p: Properties) -> Made:
    """NormNormalization; samples of a batch (axis -1) never see each other here."""
    axes = p.numbers("Axes", "-1,0,1,2")
    if -1 in axes:
        p.give_back("Axes")
    params: Params = {"p": p.number("P", "2"), "eps": p.number("Epsilon", "1e-12")}
    return Made("Normalize", params | {"axes": [axis for axis in axes if axis != -1]})


def embedding(p: Properties) -> Made:
    """A table of vectors, or of arrays."""
    shape = p.numbers("Shape", "32")
    params: Params = {"num_embeddings": p.number("NumClass", "100")}
    params["embedding_dim"] = shape[0] if len(shape) == 1 else shape
    return Made("Embedding", params | initial(p, "W", linear_fans(1), "Uniform"))


def slope(p: Properties) -> Made:
    """PReLU."""
    params: Params = {"init": p.number("slope.InitializerMultiplier", "0.25"), "axis": p.number("BaseAxis", "0")}
    params["init_kind"] = (p.text("slope.Initializer", "Constant") or "Constant").lower()
    if (shared := p.flag("Shared")) is not False:
        params["shared"] = shared
    return Made("PReLU", params | rate(p, "slope", "weight"))


def parameter(p: Properties) -> Made:
    """A tensor of its own."""
    rule = p.text("Initializer", "Normal") or "Normal"
    if rule not in _PLAIN:
        p.give_back("Initializer")
        rule = "Normal"
    params: Params = {"shape": p.numbers("Size", "1"), "initializer": rule.lower(),
                      "initializer_scale": p.number("InitializerMultiplier", "0.01")}  # fmt: skip
    factor = p.number("LRateMultiplier", "1.0")
    if factor == 0:
        params["weight_frozen"] = True
    elif factor != 1:
        params["weight_lr"] = factor
    return Made("Parameter", params)


def memory(p: Properties) -> Made:
    """WorkingMemory: values that are kept, but not trained."""
    params: Params = {"shape": p.numbers("Size", "1,28,28")}
    params["initializer"] = (p.text("Initializer", "Normal") or "Normal").lower()
    params["initializer_scale"] = p.number("InitializerMultiplier", "1.0")
    if p.number("LRateMultiplier", "0.0") != 0:
        p.give_back("LRateMultiplier")
    return Made("Buffer", params)


def delay(p: Properties) -> Made:
    """What the step before gave; data or random numbers as the first value are kept."""
    p.text("ID")
    params: Params = {"shape": p.numbers("Size", "1"), "initial": p.number("Initial.GeneratorMultiplier", "0.0")}
    p.text("Initial.Dataset")
    if (p.text("Initial.Generator", "Constant") or "Constant") != "Constant":
        p.give_back("Initial.Generator")
        p.give_back("Initial.Dataset")
    return Made("Delay", params)


_GATES = ("Affine", "IGate", "FGate", "OGate")


def lstm(p: Properties) -> Made:
    """LSTM, whose gates have one rule for their weights here."""
    for name in ("RecurrentGroupID", "InnerShape", "Length"):
        p.text(name)
    if p.text("Axis", "0") not in ("0", ""):
        p.give_back("Axis")
    size = p.numbers("Size", "100")
    if len(size) != 1:
        p.give_back("Size")
    params: Params = {"hidden_size": size[0]}
    for state in ("H.Initial", "C.Initial"):
        p.text(f"{state}.Dataset")
        for part, usual in (("Generator", "Constant"), ("GeneratorMultiplier", "0.0")):
            if p.text(f"{state}.{part}", usual) not in (usual, "0", ""):
                p.give_back(f"{state}.{part}")
    kinds = {"NormalAffineGlorot": "glorot_normal", "UniformAffineGlorot": "glorot_uniform"}
    if kind := kinds.get(_of_all(p, "W.Initializer", "NormalAffineGlorot")):
        params["weight_init"] = kind
    if _of_all(p, "W.InitializerMultiplier", "1.0") not in ("1.0", "1"):
        for gate in _GATES:
            p.give_back(f"{gate}.W.InitializerMultiplier")
    if _of_all(p, "b.Initializer", "Constant") == "Constant":
        start = _of_all(p, "b.InitializerMultiplier", "0.0")
        params["bias_init"] = Properties({"x": start}).number("x", "0.0")
    for tensor, field in (("W", "weight"), ("b", "bias")):
        factor = Properties({"x": _of_all(p, f"{tensor}.LRateMultiplier", "1.0")}).number("x", "1.0")
        params |= _own_rate(factor, field)
    return Made("LSTM", params)


def _of_all(p: Properties, name: str, default: str) -> str:
    """The value that all gates have; the default, with each kept as it is, where they differ."""
    values = {p.text(f"{gate}.{name}", default) or default for gate in _GATES}
    if len(values) == 1:
        return values.pop()
    for gate in _GATES:
        p.give_back(f"{gate}.{name}")
    return default


def _own_rate(factor: Number, field: str) -> Params:
    if factor == 0:
        return {f"{field}_frozen": True}
    return {} if factor == 1 else {f"{field}_lr": factor}


def min_max_quantize(p: Properties) -> Made:
    """Levels between two ends that are trained, averaged or those of the batch."""
    params: Params = {
        "decay": p.number("Decay", "0.999"), "eps": p.number("Epsilon", "0.01"),
        "low": p.number("r.InitializerMultiplier", "-6.0"), "high": p.number("R.InitializerMultiplier", "6.0"),
        "clip_gradient": p.flag("STEFineGrained", "True"),
    }  # fmt: skip
    follows, averages = p.flag("XMinMax"), p.flag("EMA")
    if follows is True:
        params["ends"] = "average" if averages is True else "batch"
    least, most = p.number("l.InitializerMultiplier", "0.0"), p.number("L.InitializerMultiplier", "255.0")
    params["levels"] = combined("{1} - {0} + 1", _whole(least), _whole(most))
    for tensor in ("r", "R", "l", "L"):
        if (p.text(f"{tensor}.Initializer", "Constant") or "Constant") != "Constant":
            p.give_back(f"{tensor}.Initializer")
    factor = p.number("r.LRateMultiplier", "1.0")
    if p.number("R.LRateMultiplier", "1.0") != factor:
        p.give_back("R.LRateMultiplier")
    for tensor in ("l", "L"):
        if p.number(f"{tensor}.LRateMultiplier", "0.0") != 0:
            p.give_back(f"{tensor}.LRateMultiplier")
    return Made("MinMaxQuantize", params | _own_rate(factor, "weight"))


def _whole(value: Number) -> Number:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def vat_noise(p: Properties) -> Made:
    """Noise in the direction that changes the output most; the buffer is the module's own."""
    for part in ("Dataset", "Generator", "GeneratorMultiplier"):
        p.text(f"Buf.{part}")
    return Made("VATNoise", {"eps": p.number("Epsilon", "0.0001"), "axis": p.number("BaseAxis", "0")})


def clip_by_value(p: Properties) -> Made:
    """ClipGradByValue; only constants as limits."""
    params: Params = {}
    for pin, field, default in (("min", "min", "-1.0"), ("Max", "max", "1.0")):
        params[field] = p.number(f"{pin}.GeneratorMultiplier", default)
        p.text(f"{pin}.Dataset")
        if (p.text(f"{pin}.Generator", "Constant") or "Constant") != "Constant":
            p.give_back(f"{pin}.Generator")
    return Made("ClipGradByValue", params)


def kl_divergence(p: Properties) -> Made:
    """KLMultinomial; its target cannot be generated."""
    params: Params = {"target": p.text("q.Dataset", "y") or "y", "axis": p.number("BaseAxis", "0")}
    if (p.text("q.Generator", "None") or "None") == "None":
        p.text("q.GeneratorMultiplier")
    else:
        p.give_back("q.Generator")
    return Made("KLDivLoss", params)


def note(type_: str) -> Converter:
    """What only NNC itself looks at, as a comment with all that it says."""

    def convert(p: Properties) -> Made:
        said = ", ".join(f"{name} = {p.text(name)}" for name in p.leftovers())
        return Made("Comment", {"text": f"NNC {type_}: {said}" if said else f"NNC {type_}"})

    return convert


def separable(p: Properties) -> Made:
    """AdaptiveSeparableConvolution, whose sizes are those of its inputs."""
    p.text("KernelShape")
    return Made("AdaptiveSeparableConv2d", {})
