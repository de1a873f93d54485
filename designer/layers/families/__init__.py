"""The catalogue: one file per family of layers, one class per layer."""

ORDER = (
    "io",
    "preprocess",
    "convolution",
    "linear",
    "recurrent",
    "attention",
    "normalization",
    "pooling",
    "activation",
    "arithmetic",
    "math",
    "reduction",
    "logic",
    "shape",
    "quantization",
    "regularization",
    "control",
    "loss",
)
"""The palette's order of families; a family's layers lie in the module of its name, or in `NAME_*.py` beside it."""
