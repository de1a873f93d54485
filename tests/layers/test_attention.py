"""Attention layers: shapes and weights against torch over random properties, numbers against written-out formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_reference import TORCH_ERRORS, agrees_with_torch, on_meta, written
from torch import Tensor, nn

from designer.layers import ShapeError, make
from designer.layers.base import Costs, Layer

some = settings(max_examples=25, deadline=None)
steps, features = st.integers(1, 5), st.integers(1, 4)
heads = st.integers(1, 3)


def optional(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=strategies)


def agrees(layer: Layer, *shapes: tuple[int, ...]) -> None:
    """As `agrees_with_torch`; some of torch's refusals are AssertionErrors."""
    if isinstance(layer.facts(shapes), ShapeError):
        with pytest.raises((*TORCH_ERRORS, AssertionError)):
            on_meta(layer, *shapes)
    else:
        agrees_with_torch(layer, *shapes)


# ---- shapes and weights


@some
@given(
    optional(num_heads=heads, bias=st.booleans(), dropout=st.sampled_from([0.0, 0.5])),
    st.tuples(steps, st.sampled_from([4, 6])),
    st.lists(st.tuples(steps, features), max_size=2),
)
def test_multihead_attention_agrees(properties: dict[str, Any], query: tuple[int, int], others: list[Any]) -> None:
    agrees(make("MultiheadAttention", properties), query, *others)


@some
@given(st.tuples(steps, st.just(4)), st.lists(st.tuples(steps, st.just(4)), max_size=2))
def test_causal_attention_agrees(query: tuple[int, int], others: list[Any]) -> None:
    layer = make("MultiheadAttention", {"causal": True, "num_heads": 2})
    sizes = {shape[0] for shape in (query, *others)}
    if len(sizes) == 1:
        agrees_with_torch(layer, query, *others)
    else:
        assert isinstance(layer.facts((query, *others)), ShapeError)


@some
@given(
    optional(causal=st.booleans(), dropout=st.sampled_from([0.0, 0.5]), scale=st.floats(0, 2)),
    st.lists(st.integers(1, 3), max_size=1),
    st.tuples(steps, features),
    st.integers(1, 4),
    st.integers(0, 2),
)
def test_scaled_dot_product_attention_agrees(
    properties: dict[str, Any], leading: list[int], query: tuple[int, int], values: int, others: int
) -> None:
    shapes = [(*leading, *query), (*leading, *query), (*leading, query[0], values)][: others + 1]
    agrees_with_torch(make("ScaledDotProductAttention", properties), *shapes)


@pytest.mark.parametrize(
    ("shapes", "code", "port"),
    [
        ([(5,)], "attention-shapes", 0),
        ([(2, 5, 4), (5, 4)], "attention-shapes", 1),
        ([(5, 4), (5, 3)], "attention-shapes", 1),
        ([(5, 4), (6, 4), (7, 4)], "attention-steps", 2),
    ],
)
def test_scaled_dot_product_attention_refuses_what_does_not_fit(shapes: list[Any], code: str, port: int) -> None:
    found = make("ScaledDotProductAttention", {}).facts(tuple(shapes))
    assert isinstance(found, ShapeError)
    assert (found.code, found.port) == (code, port)


TRANSFORMER = {
    "nhead": heads,
    "dim_feedforward": st.integers(1, 8),
    "dropout": st.sampled_from([0.0, 0.1]),
    "activation": st.sampled_from(["relu", "gelu"]),
    "norm_first": st.booleans(),
    "bias": st.booleans(),
    "causal": st.booleans(),
    "weight_frozen": st.booleans(),
}


@some
@given(optional(**TRANSFORMER), st.tuples(steps, st.sampled_from([4, 6])))
def test_encoder_layers_agree(properties: dict[str, Any], shape: tuple[int, int]) -> None:
    agrees(make("TransformerEncoderLayer", properties), shape)


@some
@given(optional(**TRANSFORMER), st.tuples(steps, st.sampled_from([4, 6])), st.tuples(steps, st.sampled_from([4, 6])))
def test_decoder_layers_agree(properties: dict[str, Any], tgt: tuple[int, int], memory: tuple[int, int]) -> None:
    agrees(make("TransformerDecoderLayer", properties), tgt, memory)


@pytest.mark.parametrize("kind", ["SinusoidalPositionalEncoding", "LearnedPositionalEncoding", "ClassToken"])
@some
@given(shape=st.tuples(steps, st.integers(1, 7)))
def test_layers_around_attention_agree(kind: str, shape: tuple[int, int]) -> None:
    agrees_with_torch(make(kind, {}), shape)


@some
@given(optional(reduction=st.integers(1, 9), activation=st.sampled_from(["ReLU", "SiLU"]),
                gate=st.sampled_from(["Sigmoid", "Hardsigmoid"])),
       st.tuples(st.integers(1, 9), features, features))  # fmt: skip
def test_squeeze_excitation_agrees(properties: dict[str, Any], shape: tuple[int, int, int]) -> None:
    agrees_with_torch(make("SqueezeExcitation", properties), shape)


@pytest.mark.parametrize(
    "kind", ["MultiheadAttention", "TransformerEncoderLayer", "SinusoidalPositionalEncoding", "ClassToken"]
)
@pytest.mark.parametrize("shape", [(5,), (3, 8, 8)])
def test_layers_for_sequences_refuse_everything_else(kind: str, shape: tuple[int, ...]) -> None:
    found = make(kind, {}).facts((shape,))
    assert isinstance(found, ShapeError)
    assert (found.code, found.data) == ("needs-sequence", {"shape": shape})


def test_errors_about_later_inputs_say_which() -> None:
    found = make("TransformerDecoderLayer", {}).facts(((5, 8), (3, 8, 8)))
    assert isinstance(found, ShapeError)
    assert (found.code, found.port) == ("needs-sequence", 1)
    assert str(found.message) == (
        "TransformerDecoderLayer needs a sequence (time x features) at its input 2 too, but 3x8x8 enters there."
    )
    found = make("TransformerDecoderLayer", {}).facts(((5, 8), (5, 4)))
    assert isinstance(found, ShapeError)
    assert (found.code, found.port) == ("memory-features", 1)
    found = make("MultiheadAttention", {"num_heads": 3}).facts(((5, 8),))
    assert isinstance(found, ShapeError)
    assert (found.code, found.data) == ("heads", {"heads": 3, "features": 8})


# ---- numbers


def attend(query: Tensor, key: Tensor, value: Tensor, *, causal: bool = False, scale: float | None = None) -> Tensor:
    """softmax(Q K^T scale) V, where no step sees a later one if causal."""
    scores = query @ key.transpose(-1, -2) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -math.inf)
    return scores.softmax(-1) @ value


def multihead(module: nn.MultiheadAttention, query: Tensor, memory: Tensor, *, causal: bool) -> Tensor:
    """Projections, attention of each head on its own share of the features, and the output's projection."""
    w_q, w_k, w_v = module.in_proj_weight.chunk(3)
    b_q, b_k, b_v = module.in_proj_bias.chunk(3)
    parts = [
        attend(q, k, v, causal=causal)
        for q, k, v in zip(
            *(
                (x @ w.T + b).chunk(module.num_heads, dim=-1)
                for x, w, b in ((query, w_q, b_q), (memory, w_k, b_k), (memory, w_v, b_v))
            ),
            strict=True,
        )
    ]
    return module.out_proj(torch.cat(parts, dim=-1))


def same(found: Tensor, expected: Tensor, *inputs: Tensor) -> None:
    """Equal values, types and gradients."""
    assert found.dtype == inputs[0].dtype
    torch.testing.assert_close(found, expected)
    factors = torch.randn_like(found)
    for x in inputs:
        gradients = [torch.autograd.grad((y * factors).sum(), x, retain_graph=True)[0] for y in (found, expected)]
        torch.testing.assert_close(*gradients)


def sequences(*shapes: tuple[int, ...]) -> list[Tensor]:
    return [torch.randn(2, *shape, dtype=torch.double, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_multihead_attention_computes_the_formula(causal: bool, training: bool) -> None:
    layer = make("MultiheadAttention", {"num_heads": 2, "causal": causal})
    module = written(layer, (5, 6), (5, 6)).double().train(training)
    query, memory = sequences((5, 6), (5, 6))
    same(module(query, memory), multihead(module.m, query, memory, causal=causal), query, memory)


def test_attention_with_the_query_alone_attends_to_itself() -> None:
    module = written(make("MultiheadAttention", {"num_heads": 2}), (5, 6)).double()
    (x,) = sequences((5, 6))
    same(module(x), multihead(module.m, x, x, causal=False), x)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("scale", [None, 0.5])
def test_scaled_dot_product_attention_computes_the_formula(causal: bool, scale: float | None) -> None:
    shapes = ((3, 5, 4), (3, 5, 4), (3, 5, 2))
    module = written(make("ScaledDotProductAttention", {"causal": causal, "scale": scale}), *shapes).double()
    inputs = sequences(*shapes)
    same(module(*inputs), attend(*inputs, causal=causal, scale=scale), *inputs)


def test_dropout_of_attention_ends_with_training() -> None:
    layer = make("ScaledDotProductAttention", {"dropout": 0.5})
    (x,) = sequences((5, 4))
    module = written(layer, (5, 4))
    assert not torch.equal(module.train()(x), module(x))
    torch.testing.assert_close(module.eval()(x), attend(x, x, x))


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("causal", [False, True])
def test_encoder_layers_compute_the_formula(causal: bool, norm_first: bool) -> None:
    layer = make("TransformerEncoderLayer", {
        "nhead": 2, "dim_feedforward": 7, "dropout": 0.0, "activation": "gelu", "causal": causal,
        "norm_first": norm_first})  # fmt: skip
    module = written(layer, (5, 6)).double()
    m, (x,) = module.m, sequences((5, 6))

    def feed(y: Tensor) -> Tensor:
        return m.linear2(nn.functional.gelu(m.linear1(y)))

    if norm_first:
        y = m.norm1(x)
        y = x + multihead(m.self_attn, y, y, causal=causal)
        expected = y + feed(m.norm2(y))
    else:
        y = m.norm1(x + multihead(m.self_attn, x, x, causal=causal))
        expected = m.norm2(y + feed(y))
    same(module.train()(x), expected, x)
    with torch.no_grad():  # torch takes another way then
        torch.testing.assert_close(module.eval()(x), expected)


def test_decoder_layers_compute_the_formula() -> None:
    layer = make("TransformerDecoderLayer", {"nhead": 2, "dim_feedforward": 7, "dropout": 0.0})
    module = written(layer, (5, 6), (4, 6)).double()
    m, (x, memory) = module.m, sequences((5, 6), (4, 6))
    y = m.norm1(x + multihead(m.self_attn, x, x, causal=True))
    y = m.norm2(y + multihead(m.multihead_attn, y, memory, causal=False))
    expected = m.norm3(y + m.linear2(m.linear1(y).relu()))
    same(module(x, memory), expected, x, memory)


@pytest.mark.parametrize("features", [1, 4, 7])
def test_sinusoidal_encoding_is_the_papers(features: int) -> None:
    module = written(make("SinusoidalPositionalEncoding", {"base": 100.0}), (6, features))
    x = torch.randn(2, 6, features, requires_grad=True)
    expected = torch.tensor([
        [(math.cos if i % 2 else math.sin)(t / 100 ** (2 * (i // 2) / features)) for i in range(features)]
        for t in range(6)
    ])  # fmt: skip
    same(module(x), x + expected, x)
    assert not module.state_dict()
    assert module(x.half()).dtype == torch.half


def test_trained_positions_and_tokens_are_added_where_they_belong() -> None:
    x = torch.randn(2, 5, 4, requires_grad=True)
    positions = written(make("LearnedPositionalEncoding", {"std": 0.5}), (5, 4))
    assert 0.2 < positions.m.position.std().item() < 0.8
    same(positions(x), x + positions.m.position, x)
    token = written(make("ClassToken", {}), (5, 4))
    nn.init.normal_(token.m.token)
    found = token(x)
    assert found.shape == (2, 6, 4)
    assert (found[:, 0] == token.m.token[0, 0]).all()
    same(found[:, 1:], x * 1, x)


@pytest.mark.parametrize(("activation", "gate"), [("ReLU", "Sigmoid"), ("SiLU", "Hardsigmoid")])
def test_squeeze_excitation_is_torchvisions(activation: str, gate: str) -> None:
    torchvision = pytest.importorskip("torchvision", reason="the reference is torchvision's own layer")
    layer = make("SqueezeExcitation", {"reduction": 4, "activation": activation, "gate": gate})
    module = written(layer, (8, 3, 5)).double()
    kinds = {"activation": getattr(nn, activation), "scale_activation": getattr(nn, gate)}
    reference = torchvision.ops.SqueezeExcitation(8, 2, **kinds).double()
    reference.load_state_dict(module.m.state_dict())
    (x,) = sequences((8, 3, 5))
    same(module(x), reference(x), x)


# ---- costs


def test_attention_counts_projections_scores_and_sums() -> None:
    layer = make("MultiheadAttention", {"num_heads": 4})
    steps, features = 16, 64
    assert layer.multiply_adds((steps, features)) == 4 * steps * features**2 + 2 * steps**2 * features
    apart = layer.multiply_adds((steps, features), (10, 32), (10, 48))
    assert apart == 2 * steps * features**2 + 10 * features * (32 + 48) + 2 * steps * 10 * features
    assert make("ScaledDotProductAttention", {}).costs((4, 16, 8)) == Costs(
        adds=4 * 16**2, multiplies=4 * 16**2, multiply_adds=2 * 4 * 16**2 * 8, divisions=4 * 16**2, exps=4 * 16**2
    )


def test_transformer_layers_count_their_parts() -> None:
    steps, features, hidden, memory = 16, 64, 128, 10
    attention = 4 * steps * features**2 + 2 * steps**2 * features
    linear = 2 * steps * features * hidden
    encoder = make("TransformerEncoderLayer", {"dim_feedforward": hidden})
    assert encoder.multiply_adds((steps, features)) == attention + linear
    decoder = make("TransformerDecoderLayer", {"dim_feedforward": hidden})
    cross = 2 * (steps + memory) * features**2 + 2 * steps * memory * features
    assert decoder.multiply_adds((steps, features), (memory, features)) == attention + cross + linear
    assert make("SqueezeExcitation", {}).multiply_adds((64, 8, 8)) == 2 * 64 * 4
