"""Initial weights and learning-rate multipliers of NNC's layers in the terms of `designer.layers.weights`.

NNC's rules for the spread of initial weights are those of nnabla.initializer (calc_normal_std_glorot and its like):
with n inputs, m outputs and a kernel of k values, glorot has the variance 2 / (k n + m), he forward 2 / (k n), he
backward 2 / (k m). PyTorch's differ for kernels, so these become a plain spread with a formula.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from designer.importers.nnc.values import Number, Properties, combined, is_number


class Fans(NamedTuple):
    """What the rules divide by, as formulas without their sign."""

    inputs: str
    """Inputs times the kernel's values."""
    outputs: str
    outputs_of_kernel: str
    """Outputs times the kernel's values."""


def conv_fans(sizes: list[Number], outputs: Number) -> Fans:
    """The fans of a convolution."""
    kernel = combined(" * ".join(f"{{{i}}}" for i in range(len(sizes))), *sizes)
    return Fans(f"{_bare(kernel)} * in.channels", _bare(outputs), f"{_bare(kernel)} * {_bare(outputs)}")


def linear_fans(outputs: Number) -> Fans:
    """The fans of a fully connected layer."""
    return Fans("in.size", _bare(outputs), _bare(outputs))


def _bare(value: Number) -> str:
    text = str(value)
    return f"({text[1:]})" if text.startswith("=") else text


def initial(p: Properties, tensor: str, fans: Fans, default: str) -> dict[str, Any]:
    """The rule of a weight's initial values and its learning rate."""
    params = _rule(p.text(f"{tensor}.Initializer", default) or default,
                   p.number(f"{tensor}.InitializerMultiplier", "1.0"), fans)  # fmt: skip
    return params | rate(p, tensor, "weight")


def _rule(rule: str, scale: Number, fans: Fans) -> dict[str, Any]:
    if rule in ("Normal", "Uniform", "Constant"):
        return {"weight_init": rule.lower(), "weight_init_scale": scale}
    kind = "uniform" if rule.startswith("Uniform") else "normal"
    divisors = {"Glorot": f"({fans.inputs} + {fans.outputs})", "HeForward": f"({fans.inputs})"}
    fan = divisors.get(_suffix(rule), f"({fans.outputs_of_kernel})")
    if (
        fans.inputs == "in.size" and scale == 1 and _suffix(rule) in ("Glorot", "HeForward")
    ):  # PyTorch has the same rule
        return {"weight_init": f"{'glorot' if _suffix(rule) == 'Glorot' else 'he'}_{kind}"}
    factor = "" if scale == 1 else f"{_bare(scale)} * "
    return {"weight_init": kind, "weight_init_scale": f"={factor}sqrt({6 if kind == 'uniform' else 2} / {fan})"}


def _suffix(rule: str) -> str:
    return next((end for end in ("Glorot", "HeForward", "HeBackward") if rule.endswith(end)), "")


def bias(p: Properties) -> dict[str, Any]:
    """Whether there is a bias, its initial value and its learning rate."""
    with_bias = p.flag("WithBias", "True")
    rule = p.text("b.Initializer", "Constant") or "Constant"
    start = p.number("b.InitializerMultiplier", "0.0")
    rates = rate(p, "b", "bias")
    if with_bias is False:
        return {"bias": False}
    params: dict[str, Any] = {} if with_bias is True else {"bias": with_bias}
    params["bias_init"] = float(start) if is_number(start) else start
    if rule != "Constant":
        params["bias_init_kind"] = rule.lower()
    return params | rates


def rate(p: Properties, tensor: str, field: str) -> dict[str, Any]:
    """A tensor's learning rate; NNC's multiplier 0 keeps it as it is."""
    factor = p.number(f"{tensor}.LRateMultiplier", "1.0")
    if factor == 0:
        return {f"{field}_frozen": True}
    return {} if factor == 1 else {f"{field}_lr": factor}
