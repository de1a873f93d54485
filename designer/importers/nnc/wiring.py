"""What NNC draws as layers and wires and PyTorch has as properties, before a network becomes a drawing.

A Parameter wired to the W of a convolution is the convolution's own weight, a WeightNormalization between the two its
`weight_norm`; an arithmetic layer whose second input is a constant is the layer with a number. What a wire stands in
for (the generator of an input that is wired) goes; weights under one name in several layers, which are not shared here,
stay named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec.structs import replace

from designer.importers.nnc.project import Network, RawLayer, RawLink

PINS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("Affine", "Convolution", "DepthwiseConvolution", "Deconvolution", "DepthwiseDeconvolution"),
                    ("W", "b")),
    **dict.fromkeys(("BinaryConnectAffine", "BinaryConnectConvolution", "BinaryWeightAffine",
                     "BinaryWeightConvolution"), ("W", "Wb", "b")),
    **dict.fromkeys(("BatchNormalization", "FusedBatchNormalization"), ("beta", "gamma", "mean", "var")),
    **dict.fromkeys(("LayerNormalization", "InstanceNormalization", "GroupNormalization"), ("beta", "gamma")),
    **dict.fromkeys(("Sub2", "Div2", "Pow2", "GreaterEqual", "Greater", "LessEqual", "Less", "BatchMatmul"), ("R",)),
    **dict.fromkeys(("SquaredError", "HuberLoss", "AbsoluteError", "EpsilonInsensitiveLoss", "BinaryCrossEntropy",
                     "SigmoidCrossEntropy", "CategoricalCrossEntropy", "SoftmaxCrossEntropy", "BinaryError",
                     "TopNError"), ("T",)),
    "DeformableConvolution": ("W", "Offset", "Mask", "b"), "AdaptiveSeparableConvolution": ("V", "H"), "Embed": ("W",),
    "PReLU": ("slope",), "Delay": ("Initial",), "KLMultinomial": ("q",), "ATan2": ("x",), "BroadcastTo": ("y",),
    "ClipGradByValue": ("min", "Max"), "MinMaxQuantize": ("r", "R", "l", "L"), "VATNoise": ("Buf",),
    "WeightNormalization": ("g",), "SpectralNorm": ("u",), "MeanSubtraction": ("mean", "t"),
    "LSTM": ("H.Initial", "C.Initial"),
}  # fmt: skip
"""The side connectors of NNC's layers, from pin 1 on."""
PORTS: Mapping[str, Mapping[int, int]] = {"DeformableConvolution": {2: 1, 3: 2}, "BroadcastTo": {0: 1, 1: 0}}
"""Pins that are another input here; all others come in the order of the pins."""
WITH_A_NUMBER = {
    "Sub2": "AddScalar", "Div2": "MulScalar", "Pow2": "PowScalar", "GreaterEqual": "GreaterEqualScalar",
    "Greater": "GreaterScalar", "LessEqual": "LessEqualScalar", "Less": "LessScalar",
}  # fmt: skip
"""Layers of two inputs, and the same with a number as the second."""
NORMS = ("WeightNormalization", "WeightStandardization", "SpectralNorm")
WEIGHT_NORM = "WeightNorm"
"""The property under which a layer finds what normalizes its weight."""
SCOPED = frozenset({
    "Affine", "Convolution", "DepthwiseConvolution", "Deconvolution", "DepthwiseDeconvolution", "Embed", "PReLU",
    "DeformableConvolution", "BinaryConnectAffine", "BinaryConnectConvolution", "BinaryWeightAffine",
    "BinaryWeightConvolution", "BatchNormalization", "FusedBatchNormalization", "LayerNormalization",
    "InstanceNormalization", "GroupNormalization", "MeanSubtraction", "LSTM", "Unit",
})  # fmt: skip
"""Layers with weights, which NNC shares among those of one ParameterScope."""


def prepared(network: Network) -> Network:
    """The network without what is a property here."""
    found = _weights_folded(_fused_apart(network))
    wired = {(link.target, link.pin) for link in found.links}
    scopes = Counter(_scope(layer) for layer in found.layers if layer.type in SCOPED)
    layers = tuple(_scoped(_with_number(_unwired(layer, wired), wired), scopes) for layer in found.layers)
    types = {layer.id: layer.type for layer in layers}
    return Network(found.name, layers, tuple(_ported(link, types) for link in found.links))


def _ported(link: RawLink, types: Mapping[str, str]) -> RawLink:
    port = PORTS.get(types[link.target], {}).get(link.pin, link.pin)
    return link if port == link.pin else replace(link, pin=port)


def _unwired(layer: RawLayer, wired: set[tuple[str, int]]) -> RawLayer:
    """The layer without the properties of inputs that are wired, which NNC does not look at then."""
    pins = [f"{name}." for pin, name in enumerate(PINS.get(layer.type, ()), 1) if (layer.id, pin) in wired]
    if not pins:
        return layer
    return replace(layer, properties={k: v for k, v in layer.properties.items() if not k.startswith(tuple(pins))})


def _with_number(layer: RawLayer, wired: set[tuple[str, int]]) -> RawLayer:
    """An arithmetic layer whose second input is a constant as the layer with a number."""
    given = layer.properties
    if layer.type not in WITH_A_NUMBER or (layer.id, 1) in wired or (layer.id, 0) not in wired:
        return layer
    if given.get("R.Generator", "Constant") != "Constant":
        return layer
    value = given.get("R.GeneratorMultiplier", "1.0")
    value = {"Sub2": f"-({value})", "Div2": f"1/({value})"}.get(layer.type, value)
    rest = {k: v for k, v in given.items() if not k.startswith("R.")}
    return replace(layer, type=WITH_A_NUMBER[layer.type], properties=rest | {"Value": value})


# ---- weights that are wired


def _weights_folded(network: Network) -> Network:
    """Layers with the Parameters that are wired to their W and b as weights of their own."""
    sources = {layer.id: layer for layer in network.layers if layer.type in (*NORMS, "Parameter")}
    if not sources:
        return network
    entering = {(link.target, link.pin): link for link in network.links}
    readers = Counter(link.source for link in network.links)
    given: dict[str, dict[str, str]] = {}
    gone: set[str] = set()
    by_id = {each.id: each for each in network.layers}
    for link in network.links:
        layer = by_id[link.target]
        pin = PINS.get(layer.type, ())[link.pin - 1 : link.pin]
        path = _path(link.source, sources, entering) if link.pin and pin in (("W",), ("b",)) else []
        if path and all(readers[each.id] == 1 for each in path) and (pin == ("W",) or len(path) == 1):
            given.setdefault(layer.id, {}).update(_as_properties(path, pin[0]))
            gone |= {each.id for each in path}
    layers = (replace(each, properties=each.properties | given.get(each.id, {})) for each in network.layers)
    links = (link for link in network.links if link.source not in gone and link.target not in gone)
    return Network(network.name, tuple(each for each in layers if each.id not in gone), tuple(links))


def _path(source: str, sources: Mapping[str, RawLayer], entering: Mapping[tuple[str, int], RawLink]) -> list[RawLayer]:
    """From a Parameter to a wire's end, with one normalization between them at most; empty where it is not so."""
    path: list[RawLayer] = []
    while source in sources and len(path) < 2:
        path.insert(0, sources[source])
        if path[0].type == "Parameter":
            return path
        if (source, 0) not in entering or (source, 1) in entering:
            break
        source = entering[source, 0].source
    return []


def _as_properties(path: list[RawLayer], pin: str) -> dict[str, str]:
    """What a Parameter and a normalization say, as properties of the layer whose weight they are."""
    start = path[0].properties
    found = {
        f"{pin}.Initializer": start.get("Initializer", "Normal"),
        f"{pin}.InitializerMultiplier": start.get("InitializerMultiplier", "0.01"),
        f"{pin}.LRateMultiplier": start.get("LRateMultiplier", "1.0"),
        f"{pin}.File": start.get("File", ""),
    }
    if len(path) > 1:
        found[WEIGHT_NORM] = path[1].type
        usual = {"Dim": "0", "Itr": "1", "ChannelAxis": "0", "Test": "False"}
        found |= {
            f"{path[1].type}.{name}": value for name, value in path[1].properties.items()
            if name in usual and value != usual[name]
        }  # fmt: skip
    return found


def _fused_apart(network: Network) -> Network:
    """FusedBatchNormalization as the two layers that it is."""
    fused = {layer.id: layer for layer in network.layers if layer.type == "FusedBatchNormalization"}
    if not fused:
        return network
    layers: list[RawLayer] = []
    links = [replace(link, source=f"{link.source}+") if link.source in fused else link for link in network.links]
    for layer in network.layers:
        if layer.id not in fused:
            layers.append(layer)
            continue
        given = dict(layer.properties)
        kind = {"relu": "ReLU"}.get(given.pop("Nonlinearity", "relu").lower(), "Unsupported")
        layers.append(replace(layer, type="BatchNormalization", properties=given))
        layers.append(RawLayer(f"{layer.id}+", kind, f"{layer.name}_{kind}", layer.x, layer.y + 48, {}))
        links.append(RawLink(layer.id, f"{layer.id}+", 0))
    return Network(network.name, tuple(layers), tuple(links))


# ---- weights of one name


def _scope(layer: RawLayer) -> tuple[str, str]:
    scope = layer.properties.get("ParameterScope", "").strip()
    return layer.type, layer.name if scope in ("", "*Name") else scope


def _scoped(layer: RawLayer, scopes: Mapping[tuple[str, str], int]) -> RawLayer:
    """The layer with its ParameterScope only where NNC shares its weights with another layer."""
    if layer.type not in SCOPED or ("ParameterScope" not in layer.properties and scopes[_scope(layer)] == 1):
        return layer
    rest = {name: value for name, value in layer.properties.items() if name != "ParameterScope"}
    shared = {"ParameterScope": _scope(layer)[1]} if scopes[_scope(layer)] > 1 else {}
    return replace(layer, properties=rest | shared)
