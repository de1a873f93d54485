"""Attention: every step of a sequence takes what it needs from all steps; and the layers built of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, TypeVar

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Costs, Count, Layer, Ports, Shape, ShapeError, numel, show
from designer.layers.rates import OwnRates
from designer.layers.saved import BOTH, Saved
from designer.layers.sequences import attention_costs, check_heads, sequence, total

T = TypeVar("T")

Heads = Annotated[
    Count,
    Meta(title="Heads", description="How many attentions look in parallel, each at its own share of the features."),
]
Causal = Annotated[
    bool,
    Meta(title="Causal", description="Every step sees only itself and the steps before it, as in language models."),
]
Dropout = Annotated[
    float, Meta(ge=0, le=1, title="Dropout", description="Share of the values set to 0 while training.")
]


class MultiheadAttention(OwnRates, frozen=True, kw_only=True):
    """Multi-head attention: every step of the query takes a weighted mean of the values, by how well the keys fit.

    With the query alone it attends to itself; without values the keys serve as such. Every input is a sequence
    (time, features); keys and values have equally many steps (torch.nn.MultiheadAttention).
    """

    category: ClassVar[Category] = "attention"
    stem: ClassVar[str] = "attention"
    aliases: ClassVar[tuple[str, ...]] = (
        "self-attention",
        "multi-head cross-attention",
        "MHA",
        "アテンション",
        "注意機構",
    )
    ports: ClassVar[Ports] = Ports(("query",), optional=("key", "value"))

    num_heads: Heads = 4
    causal: Causal = False
    dropout: Annotated[
        float, Meta(ge=0, le=1, title="Dropout", description="Share of the weights of the mean set to 0 in training.")
    ] = 0.0
    bias: Annotated[bool, Meta(title="Bias", description="Adds trainable constants to all projections.")] = True

    def _sizes(self, inputs: tuple[Shape, ...]) -> tuple[int, int, int, int, int]:
        """Steps of query and keys; features of query, keys and values."""
        (steps, features), (memory, keys), (_, values) = _query_key_value(inputs)
        return steps, memory, features, keys, values

    def output(self, *inputs: Shape) -> Shape:
        """The query's shape."""
        for port in range(len(inputs)):
            sequence(inputs, "MultiheadAttention", port)
        _check_steps(inputs, self.causal)
        check_heads(inputs[0][1], self.num_heads)
        return inputs[0]

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The projections of query, keys and values (one tensor where their features are equal) and of the output."""
        _, _, features, keys, values = self._sizes(inputs)
        found: dict[str, Shape] = {"in_proj_weight": (3 * features, features)}
        if (keys, values) != (features, features):
            found = {
                "q_proj_weight": (features, features),
                "k_proj_weight": (features, keys),
                "v_proj_weight": (features, values),
            }
        found["out_proj.weight"] = (features, features)
        biases = {"in_proj_bias": (3 * features,), "out_proj.bias": (features,)}
        return {**found, **biases} if self.bias else found

    def saved(self, *inputs: Shape) -> Saved:
        """What enters, queries, keys, values, the weighted means, and a sum for each head and step (measured)."""
        steps, memory, features, keys, values = self._sizes(inputs)
        projected = 3 * steps * features + memory * (keys + values)
        weights = 3 * self.num_heads * steps * memory if self.dropout else self.num_heads * steps
        return Saved(inputs=False, inside=projected + weights, backward=3)

    def multiply_adds(self, *inputs: Shape) -> int:
        """The four projections, the scores and the weighted sums."""
        return self.costs(*inputs).multiply_adds

    def costs(self, *inputs: Shape) -> Costs:
        """Projections with their biases, and the attention of all heads."""
        steps, memory, features, keys, values = self._sizes(inputs)
        projections = Costs(
            adds=2 * (steps + memory) * features if self.bias else 0,
            multiply_adds=features * (2 * steps * features + memory * (keys + values)),
        )
        return total(projections, attention_costs(steps, memory, features, features, self.num_heads))

    def summary(self) -> str:
        """'8 heads' as a number, and whether it is causal: '8, causal'."""
        return f"{self.num_heads}, causal" if self.causal else str(self.num_heads)

    def module(self, *inputs: Shape) -> str:
        """nn.MultiheadAttention(64, 4, batch_first=True)."""
        _, _, features, keys, values = self._sizes(inputs)
        return code.construct(
            "nn.MultiheadAttention",
            features,
            self.num_heads,
            dropout=(self.dropout, 0.0),
            bias=(self.bias, True),
            kdim=(keys, features),
            vdim=(values, features),
            batch_first=(True, False),
        )

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's first result; the second would be the weights."""
        query, key, value = _query_key_value(args)
        mask = f", attn_mask=causal_mask({query}), is_causal=True" if self.causal else ""
        return f"{module}({query}, {key}, {value}{mask}, need_weights=False)[0]"

    def helpers(self) -> tuple[str, ...]:
        """The causal mask."""
        return ("causal_mask",) if self.causal else ()


class ScaledDotProductAttention(Layer, frozen=True, kw_only=True):
    """Attention without weights: softmax(query keys / sqrt(features)) values.

    Inputs are (time, features), or (heads, time, features); query and keys have the same features, keys and values
    the same steps. With the query alone it attends to itself; without values the keys serve as such.
    """

    category: ClassVar[Category] = "attention"
    stem: ClassVar[str] = "attend"
    aliases: ClassVar[tuple[str, ...]] = ("dot-product attention", "SDPA", "flash attention", "内積アテンション")
    ports: ClassVar[Ports] = Ports(("query",), optional=("key", "value"))
    saves: ClassVar[Saved] = BOTH

    causal: Causal = False
    dropout: Annotated[
        float, Meta(ge=0, le=1, title="Dropout", description="Share of the weights of the mean set to 0 in training.")
    ] = 0.0
    scale: Annotated[
        Annotated[float, Meta(ge=0, le=1000)] | None,
        Meta(title="Scale", description="Factor of the scores before the softmax; empty: 1 / sqrt(features)."),
    ] = None

    def output(self, *inputs: Shape) -> Shape:
        """The query's steps with the values' features."""
        for port, shape in enumerate(inputs):
            if len(shape) < 2 or shape[:-2] != inputs[0][:-2]:
                raise _no_match(inputs, port)
        query, key, value = _query_key_value(inputs)
        if key[-1] != query[-1]:
            raise _no_match(inputs, 1)
        _check_steps(inputs, self.causal)
        return (*query[:-1], value[-1])

    def multiply_adds(self, *inputs: Shape) -> int:
        """The scores and the weighted sums."""
        return self.costs(*inputs).multiply_adds

    def costs(self, *inputs: Shape) -> Costs:
        """One attention for each of the leading axes' places."""
        query, key, value = _query_key_value(inputs)
        heads = numel(query[:-2])
        return attention_costs(query[-2], key[-2], heads * query[-1], heads * value[-1], heads)

    def summary(self) -> str:
        """Whether it is causal."""
        return "causal" if self.causal else ""

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """F.scaled_dot_product_attention(x, x, x)."""
        options = f", dropout_p={self.dropout!r} if self.training else 0.0" if self.dropout else ""
        options += ", is_causal=True" if self.causal else ""
        options += f", scale={self.scale!r}" if self.scale is not None else ""
        return f"F.scaled_dot_product_attention({', '.join(_query_key_value(args))}{options})"


class _TransformerLayer(OwnRates, frozen=True, kw_only=True):
    """What encoder and decoder share: attention, then two linear layers, each within a normalized shortcut."""

    category: ClassVar[Category] = "attention"
    attentions: ClassVar[int]
    """How many there are; each has a normalization of its own."""

    nhead: Heads = 4
    dim_feedforward: Annotated[
        Count, Meta(title="Hidden features", description="Features between the two linear layers.")
    ] = 2048
    dropout: Dropout = 0.1
    activation: Annotated[
        Literal["relu", "gelu"], Meta(title="Activation", description="Between the two linear layers.")
    ] = "relu"
    norm_first: Annotated[
        bool,
        Meta(
            title="Normalize first",
            description="Normalizes what enters each part instead of what leaves it; deep networks train more easily.",
        ),
    ] = False
    layer_norm_eps: Annotated[
        float, Meta(ge=1e-12, le=1, title="Epsilon", description="Added to the variance in the normalizations.")
    ] = 1e-5
    bias: Annotated[
        bool, Meta(title="Bias", description="Trainable constants in projections, linear layers and normalizations.")
    ] = True

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The attentions' projections, linear1, linear2 and the normalizations."""
        features, hidden = inputs[0][1], self.dim_feedforward
        found: dict[str, Shape] = {}
        for name in ("self_attn", "multihead_attn")[: self.attentions]:
            found[f"{name}.in_proj_weight"], found[f"{name}.in_proj_bias"] = (3 * features, features), (3 * features,)
            found[f"{name}.out_proj.weight"], found[f"{name}.out_proj.bias"] = (features, features), (features,)
        found["linear1.weight"], found["linear1.bias"] = (hidden, features), (hidden,)
        found["linear2.weight"], found["linear2.bias"] = (features, hidden), (features,)
        for number in range(1, self.attentions + 2):
            found[f"norm{number}.weight"] = found[f"norm{number}.bias"] = (features,)
        return found if self.bias else {name: shape for name, shape in found.items() if not name.endswith("bias")}

    def saved(self, *inputs: Shape) -> Saved:
        """Three times the hidden features, a dozen tensors for each attention, and its weights (measured)."""
        steps, memory = inputs[0][0], inputs[-1][0]
        seen = steps * steps + (steps * memory if self.attentions > 1 else 0)
        weights = 3 * self.nhead * seen if self.dropout else 0
        inside = 3 * steps * self.dim_feedforward + (3.5 + 9 * self.attentions) * numel(inputs[0]) + weights
        return Saved(inputs=False, inside=inside, backward=4)

    def multiply_adds(self, *inputs: Shape) -> int:
        """Those of the attentions and of the two linear layers."""
        return self.costs(*inputs).multiply_adds

    def costs(self, *inputs: Shape) -> Costs:
        """Attentions, linear layers, shortcuts, and normalizations as NNC counts those of batches."""
        steps, features = inputs[0]
        parts = self.attentions + 1
        attention = MultiheadAttention(num_heads=self.nhead, bias=self.bias)
        memories = [(inputs[0],), inputs][: self.attentions]
        hidden = steps * self.dim_feedforward
        rest = Costs(
            adds=2 * parts * steps * features + (hidden + steps * features if self.bias else 0),
            multiplies=parts * steps * features,
            multiply_adds=2 * hidden * features,
            exps=hidden if self.activation == "gelu" else 0,
            ifs=hidden if self.activation == "relu" else 0,
        )
        return total(rest, *(attention.costs(*entering) for entering in memories))

    def _construct(self, name: str, features: int) -> str:
        return code.construct(
            name,
            features,
            self.nhead,
            dim_feedforward=(self.dim_feedforward, 2048),
            dropout=(self.dropout, 0.1),
            activation=(self.activation, "relu"),
            layer_norm_eps=(self.layer_norm_eps, 1e-5),
            batch_first=(True, False),
            norm_first=(self.norm_first, False),
            bias=(self.bias, True),
        )


class TransformerEncoderLayer(_TransformerLayer, frozen=True, kw_only=True):
    """One layer of a Transformer's encoder: self-attention, then two linear layers at every step, with shortcuts.

    Takes a sequence (time, features) and keeps its shape, so that a Repeat stacks it; causal, it is a layer of GPT
    (torch.nn.TransformerEncoderLayer).
    """

    title: ClassVar[str] = "TransformerEncoderLayer"
    stem: ClassVar[str] = "encoder"
    aliases: ClassVar[tuple[str, ...]] = ("transformer block", "BERT", "ViT", "GPT", "トランスフォーマー")
    attentions: ClassVar[int] = 1

    causal: Causal = False

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        _, features = sequence(inputs, "TransformerEncoderLayer")
        check_heads(features, self.nhead)
        return inputs[0]

    def summary(self) -> str:
        """Heads, hidden features, and whether it is causal: '8, 2048, causal'."""
        return f"{self.nhead}, {self.dim_feedforward}" + (", causal" if self.causal else "")

    def module(self, *inputs: Shape) -> str:
        """nn.TransformerEncoderLayer(64, 4, batch_first=True)."""
        return self._construct("nn.TransformerEncoderLayer", inputs[0][1])

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, with a mask where it is causal."""
        mask = f", src_mask=causal_mask({args[0]}), is_causal=True" if self.causal else ""
        return f"{module}({args[0]}{mask})"

    def helpers(self) -> tuple[str, ...]:
        """The causal mask."""
        return ("causal_mask",) if self.causal else ()


class TransformerDecoderLayer(_TransformerLayer, frozen=True, kw_only=True):
    """One layer of a Transformer's decoder: attention to itself, attention to the memory, then two linear layers.

    Both inputs are sequences (time, features) with equally many features; memory is what the encoder gives
    (torch.nn.TransformerDecoderLayer).
    """

    title: ClassVar[str] = "TransformerDecoderLayer"
    stem: ClassVar[str] = "decoder"
    aliases: ClassVar[tuple[str, ...]] = ("transformer decoder", "encoder-decoder attention")
    ports: ClassVar[Ports] = Ports(("tgt", "memory"))
    attentions: ClassVar[int] = 2

    causal: Annotated[
        bool, Meta(title="Causal", description="Every step sees only itself and the steps of tgt before it.")
    ] = True

    def output(self, *inputs: Shape) -> Shape:
        """The shape of tgt."""
        _, features = sequence(inputs, "TransformerDecoderLayer")
        _, found = sequence(inputs, "TransformerDecoderLayer", 1)
        if found != features:
            raise ShapeError("memory-features", message(
                "The memory must have as many features as what is decoded: {from0} gives {features}, {from1} gives "
                "{found}.", features=features, found=found), port=1,
                data={"features": features, "found": found})  # fmt: skip
        check_heads(features, self.nhead)
        return inputs[0]

    def summary(self) -> str:
        """Heads and hidden features: '8, 2048'."""
        return f"{self.nhead}, {self.dim_feedforward}"

    def module(self, *inputs: Shape) -> str:
        """nn.TransformerDecoderLayer(64, 4, batch_first=True)."""
        return self._construct("nn.TransformerDecoderLayer", inputs[0][1])

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The module's call, with a mask where it is causal."""
        mask = f", tgt_mask=causal_mask({args[0]}), tgt_is_causal=True" if self.causal else ""
        return f"{module}({args[0]}, {args[1]}{mask})"

    def helpers(self) -> tuple[str, ...]:
        """The causal mask."""
        return ("causal_mask",) if self.causal else ()


def _query_key_value(given: Sequence[T]) -> tuple[T, T, T]:
    """Query, key and value, each the one before it where it is not given."""
    query = given[0]
    key = given[1] if len(given) > 1 else query
    return query, key, given[2] if len(given) > 2 else key


def _check_steps(inputs: tuple[Shape, ...], causal: bool) -> None:
    """Keys and values must have equally many steps, and the query too where no step may look ahead."""
    query, key, value = _query_key_value(inputs)
    if key[-2] != value[-2]:
        raise ShapeError("attention-steps", message(
            "Keys and values must have equally many steps: {from1} gives {keys}, {from2} gives {values}.",
            keys=key[-2], values=value[-2]), port=2, data={"keys": key[-2], "values": value[-2]})  # fmt: skip
    if causal and query[-2] != key[-2]:
        raise ShapeError("attention-steps", message(
            "Causal attention needs as many keys as queries: {from0} gives {queries} steps, {from1} gives {keys}.",
            queries=query[-2], keys=key[-2]), port=1, data={"queries": query[-2], "keys": key[-2]})  # fmt: skip


def _no_match(inputs: tuple[Shape, ...], port: int) -> ShapeError:
    """The error of an attention without weights whose inputs are no sequences, or none that go together."""
    return ShapeError("attention-shapes", message(
        "ScaledDotProductAttention needs sequences (time x features, or heads x time x features) with the same heads, "
        "and queries and keys with the same features, but its inputs are {shapes}.",
        shapes=", ".join(map(show, inputs))), port=port)  # fmt: skip
