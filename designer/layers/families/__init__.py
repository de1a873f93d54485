"""The catalogue: one file per family of layers, one class per layer."""

ORDER = (
    "io",
    "preprocess",
    "convolution",
    "linear",
    "normalization",
    "pooling",
    "activation",
    "arithmetic",
    "shape",
    "regularization",
    "control",
    "loss",
)
"""The palette's order of families (module names)."""
