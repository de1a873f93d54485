"""Weights of every kind of layer, in nnabla's order of axes: outputs are those of its formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from nnp_files import Array, archive, function, network, variable

from designer.codegen.build import build
from designer.importers.nnc import graph_of, weights_of
from designer.importers.nnc.archive import unpack
from designer.importers.nnc.trained import of_archive

Tensors = Mapping[str, torch.Tensor]
Formula = Callable[[torch.Tensor, Tensors], torch.Tensor]
STEPS = "stride { dim: 2 dim: 2 } dilation { dim: 1 dim: 1 }"


def normalized(x: torch.Tensor, axes: tuple[int, ...], w: Tensors) -> torch.Tensor:
    """(x - mean) / sqrt(variance + eps) * gamma + beta."""
    mean, var = x.mean(axes, keepdim=True), x.var(axes, keepdim=True, unbiased=False)
    return (x - mean) / (var + 1e-5).sqrt() * w["gamma"] + w["beta"]


def in_groups(x: torch.Tensor, w: Tensors) -> torch.Tensor:
    plain = {"gamma": torch.ones(()), "beta": torch.zeros(())}
    groups = normalized(x.reshape(len(x), 2, -1), (2,), plain)
    return groups.reshape(x.shape) * w["gamma"] + w["beta"]


CASES: dict[str, tuple[tuple[int, ...], str, dict[str, tuple[int, ...]], Formula]] = {
    "Affine": (
        (3, 4), "affine_param { base_axis: 1 }", {"W": (12, 2, 5), "b": (2, 5)},
        lambda x, w: (x.flatten(1) @ w["W"].flatten(1)).reshape(-1, 2, 5) + w["b"],
    ),
    "Convolution": (
        (4, 6, 6), f"convolution_param {{ base_axis: 1 pad {{ dim: 1 dim: 0 }} {STEPS} group: 2 }}",
        {"W": (6, 2, 3, 3), "b": (6,)},
        lambda x, w: F.conv2d(x, w["W"], w["b"], stride=2, padding=(1, 0), groups=2),
    ),
    "DepthwiseConvolution": (
        (3, 6, 6), f"depthwise_convolution_param {{ base_axis: 1 pad {{ dim: 0 dim: 0 }} {STEPS} multiplier: 2 }}",
        {"W": (6, 3, 3), "b": (6,)},
        lambda x, w: F.conv2d(x, w["W"][:, None], w["b"], stride=2, groups=3),
    ),
    "Deconvolution": (
        (4, 3, 3), f"deconvolution_param {{ base_axis: 1 pad {{ dim: 1 dim: 1 }} {STEPS} group: 2 }}",
        {"W": (4, 3, 4, 4), "b": (6,)},
        lambda x, w: F.conv_transpose2d(x, w["W"], w["b"], stride=2, padding=1, groups=2),
    ),
    "DepthwiseDeconvolution": (
        (4, 3, 3), f"depthwise_deconvolution_param {{ base_axis: 1 pad {{ dim: 0 dim: 0 }} {STEPS} divisor: 1 }}",
        {"W": (4, 3, 3)}, lambda x, w: F.conv_transpose2d(x, w["W"][:, None], stride=2, groups=4),
    ),
    "PReLU": ((4, 3, 3), "prelu_param { base_axis: 1 }", {"slope": (4,)}, lambda x, w: F.prelu(x, w["slope"])),
    "LayerNormalization": (
        (4, 3, 3), "layer_normalization_param { batch_axis: 0 eps: 1e-5 }",
        {"beta": (1, 4, 3, 3), "gamma": (1, 4, 3, 3)}, lambda x, w: normalized(x, (1, 2, 3), w),
    ),
    "InstanceNormalization": (
        (4, 3, 3), "instance_normalization_param { channel_axis: 1 batch_axis: 0 eps: 1e-5 }",
        {"beta": (1, 4, 1, 1), "gamma": (1, 4, 1, 1)}, lambda x, w: normalized(x, (2, 3), w),
    ),
    "GroupNormalization": (
        (4, 3, 3), "group_normalization_param { num_groups: 2 channel_axis: 1 batch_axis: 0 eps: 1e-5 }",
        {"beta": (1, 4, 1, 1), "gamma": (1, 4, 1, 1)}, in_groups,
    ),
}  # fmt: skip
"""By function: the shape that enters, its arguments, the shapes of its parameters, and nnabla's formula."""


@pytest.mark.parametrize("type_", list(CASES))
def test_a_layers_weights_give_what_nnablas_formula_gives(type_: str) -> None:
    shape, arguments, sizes, formula = CASES[type_]
    rng = np.random.default_rng(1)
    found: dict[str, Array] = {f"it/f/{r}": rng.normal(size=size).astype(np.float32) for r, size in sizes.items()}
    text = network(
        "n", variable("x", (-1, *shape)),
        *(variable(name, values.shape, "Parameter") for name, values in found.items()),
        function(type_, "it", ["x", *found], arguments),
    )  # fmt: skip
    project = of_archive(unpack(archive(text, found), "n.nnp"), "n.nnp", "n")
    weights = weights_of(project)
    assert weights is not None
    assert weights.notes == []
    module = build(graph_of(project))
    module.load_state_dict({name: torch.from_numpy(values) for name, values in weights.tensors.items()})
    x = torch.from_numpy(rng.normal(size=(2, *shape)).astype(np.float32))
    wanted = formula(x, {name.rsplit("/", 1)[-1]: torch.from_numpy(values) for name, values in found.items()})
    torch.testing.assert_close(module.eval()(x), wanted, atol=1e-5, rtol=1e-5)
