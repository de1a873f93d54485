"""What layers on sequences share: their inputs are (time, features), and what attention costs."""

from __future__ import annotations

from collections.abc import Sequence

from designer.errors import message
from designer.layers.base import Costs, Shape, ShapeError, show


def sequence(inputs: Sequence[Shape], name: str, port: int = 0) -> tuple[int, int]:
    """The input at a port as (time, features).

    Raises:
        ShapeError: the input is no sequence.
    """
    shape = inputs[port]
    if len(shape) != 2:
        text = message("{layer} needs a sequence (time x features), but {from0} gives {shape}.",
                       layer=name, shape=show(shape)) if port == 0 else message(
            "{layer} needs a sequence (time x features) at its input {number} too, but {shape} enters there.",
            layer=name, number=port + 1, shape=show(shape))  # fmt: skip
        raise ShapeError("needs-sequence", text, port=port, data={"shape": shape})
    return shape[0], shape[1]


def check_heads(features: int, heads: int) -> None:
    """Raise ShapeError where the features cannot be shared evenly among the heads of an attention."""
    if features % heads:
        raise ShapeError("heads", message(
            "{heads} heads cannot share the features evenly: {from0} gives {features}. The number of heads must divide "
            "the features.", heads=heads, features=features), data={"heads": heads, "features": features})  # fmt: skip


def attention_costs(steps: int, memory: int, features: int, values: int, heads: int = 1) -> Costs:
    """Weighing `memory` steps for each of `steps`: scores, a softmax over them, and the weighted sums of the values.

    `features` and `values` count those of all heads together.
    """
    scores = heads * steps * memory
    return Costs(
        adds=scores,
        multiplies=scores,  # 1 / sqrt(features of a head)
        multiply_adds=steps * memory * (features + values),
        divisions=scores,
        exps=scores,
    )


def total(*costs: Costs) -> Costs:
    """The sum of several costs."""
    return Costs(*map(sum, zip(*costs, strict=True)))
