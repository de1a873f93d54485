"""Recurrent layers: they read a sequence step by step and keep a state in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers import code
from designer.layers.base import Category, Costs, Count, Note, Shape
from designer.layers.rates import OwnRates
from designer.layers.saved import Saved
from designer.layers.sequences import sequence
from designer.layers.weights import GROUP, drawn

ENDS = ("ih", "hh")
"""How torch names the weights that input and state go through."""


class _Recurrent(OwnRates, frozen=True, kw_only=True):
    """What RNN, LSTM and GRU share; torch.nn has a class of the same name, whose weights hold all gates at once."""

    category: ClassVar[Category] = "recurrent"
    gates: ClassVar[int]
    """How many weighted sums make one new value of the state."""
    kept_states: ClassVar[int]
    """How many values torch keeps of every step for each value of the state."""

    hidden_size: Annotated[
        Count, Meta(title="Hidden size", description="How many values the state holds: the features that come out.")
    ] = 100
    num_layers: Annotated[
        int, Meta(ge=1, le=100, title="Layers", description="How many such layers read one another's output.")
    ] = 1
    bidirectional: Annotated[
        bool,
        Meta(
            title="Both directions",
            description="A second network reads backwards; the features of both come out side by side.",
        ),
    ] = False
    result: Annotated[
        Literal["sequence", "last"],
        Meta(
            title="Output",
            description="sequence: the state after every step, (time, features); last: the state after the whole "
            "sequence, (features); of the backward direction that is the one at the first step.",
        ),
    ] = "sequence"
    bias: Annotated[bool, Meta(title="Bias", description="Adds trainable constants to every sum.")] = True
    dropout: Annotated[
        float,
        Meta(ge=0, le=1, title="Dropout", description="Share of the values set to 0 between one layer and the next."),
    ] = 0.0
    weight_init: Annotated[
        Literal["default", "glorot_normal", "glorot_uniform"],
        Meta(
            title="Initial weights",
            description="default: PyTorch's own, uniform up to 1 / sqrt(hidden size); glorot: variance "
            "2 / (inputs + outputs) of each gate, whose inputs are the features and the state.",
            extra=GROUP,
        ),
    ] = "default"
    bias_init: Annotated[
        Annotated[float, Meta(ge=-1000, le=1000)] | None,
        Meta(
            title="Initial bias",
            description="Value that the bias of every gate starts with; empty: PyTorch's own, random.",
            extra=GROUP,
        ),
    ] = None

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def output(self, *inputs: Shape) -> Shape:
        """(time, features), or (features,) of the last step."""
        steps, _ = sequence(inputs, type(self).__name__)
        features = self.hidden_size * self._directions
        return (steps, features) if self.result == "sequence" else (features,)

    def saved(self, *inputs: Shape) -> Saved:
        """For every step, layer and direction what enters, the state, and what the gates came to (measured)."""
        steps, features = inputs[0]
        kept = sum(entering + self.kept_states * self.hidden_size for _, entering in self._parts(inputs))
        passing = self.kept_states // 3 * self.hidden_size / features
        return Saved(inputs=False, output=self.gates > 1, inside=steps * kept, backward=passing)

    def _parts(self, inputs: tuple[Shape, ...]) -> Iterator[tuple[str, int]]:
        """What the tensors' names end in, for each layer and direction, and the features that enter there."""
        for layer in range(self.num_layers):
            features = self.hidden_size * self._directions if layer else inputs[0][1]
            for direction in ("", "_reverse")[: self._directions]:
                yield f"l{layer}{direction}", features

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """weight_ih_l0 (gates x hidden, features), weight_hh_l0 (gates x hidden, hidden), their biases, and so on."""
        rows = self.gates * self.hidden_size
        found: dict[str, Shape] = {}
        for suffix, features in self._parts(inputs):
            found[f"weight_ih_{suffix}"] = (rows, features)
            found[f"weight_hh_{suffix}"] = (rows, self.hidden_size)
            if self.bias:
                found[f"bias_ih_{suffix}"] = found[f"bias_hh_{suffix}"] = (rows,)
        return found

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """Statements that set weights and biases where they are not PyTorch's own."""
        statements = []
        for suffix, features in self._parts(inputs):
            if self.weight_init != "default":
                kind = self.weight_init.removeprefix("glorot_")
                scale = sqrt((2 if kind == "normal" else 6) / (features + 2 * self.hidden_size))
                statements += [drawn(f"{module}.weight_{end}_{suffix}", kind, float(f"{scale:.6g}")) for end in ENDS]
            if self.bias and self.bias_init is not None:  # torch adds two biases where one would do
                statements.append(drawn(f"{module}.bias_ih_{suffix}", "constant", self.bias_init))
                statements.append(drawn(f"{module}.bias_hh_{suffix}", "constant", 0.0))
        return statements

    def multiply_adds(self, *inputs: Shape) -> int:
        """For every step, gate and value of the state, one for each feature and each value of the state before."""
        sums = inputs[0][0] * self.gates * self.hidden_size
        return sum(sums * (features + self.hidden_size) for _, features in self._parts(inputs))

    def costs(self, *inputs: Shape) -> Costs:
        """As NNC counts its LSTM: the weighted sums and one addition of a bias to each, nothing for the gates."""
        sums = inputs[0][0] * self._directions * self.gates * self.hidden_size * self.num_layers
        return Costs(adds=sums if self.bias else 0, multiply_adds=self.multiply_adds(*inputs))

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """Dropout that has no place to act."""
        if self.dropout and self.num_layers == 1:
            return (Note("dropout-unused", message(
                "The dropout does nothing: it acts between layers, and this {layer} has only one.",
                layer=type(self).__name__)),)  # fmt: skip
        return ()

    def summary(self) -> str:
        """'128, x2, ↔, last': hidden size, layers, both directions, output, where they are not the defaults."""
        parts = [str(self.hidden_size)]
        parts += [f"x{self.num_layers}"] if self.num_layers > 1 else []
        parts += ["↔"] if self.bidirectional else []
        parts += ["last"] if self.result == "last" else []
        return ", ".join(parts)

    def module(self, *inputs: Shape) -> str:
        """nn.LSTM(28, 100, batch_first=True)."""
        return code.construct(
            f"nn.{type(self).__name__}",
            inputs[0][1],
            self.hidden_size,
            **self._options(),
            bias=(self.bias, True),
            batch_first=(True, False),
            dropout=(self.dropout if self.num_layers > 1 else 0.0, 0.0),
            bidirectional=(self.bidirectional, False),
        )

    def _options(self) -> dict[str, tuple[object, object]]:
        return {"num_layers": (self.num_layers, 1)}

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The outputs of all steps, the last of them, or the final states (layers x directions, N, hidden) of both."""
        if self.result == "sequence":
            return f"{module}({args[0]})[0]"
        if not self.bidirectional:
            return f"{module}({args[0]})[0][:, -1]"
        return f"{module}({args[0]}){self._final_state()}[-2:].transpose(0, 1).flatten(1)"

    def _final_state(self) -> str:
        return "[1]"


class RNN(_Recurrent, frozen=True, kw_only=True):
    """Recurrent network (Elman's): the new state is tanh of a weighted sum of the input and the state before.

    Takes a sequence (time, features). It forgets within some ten steps; LSTM and GRU remember for longer.
    """

    aliases: ClassVar[tuple[str, ...]] = ("Elman network", "recurrent", "再帰型")
    gates: ClassVar[int] = 1
    kept_states: ClassVar[int] = 1

    nonlinearity: Annotated[
        Literal["tanh", "relu"], Meta(title="Activation", description="What the weighted sum goes through.")
    ] = "tanh"

    def _options(self) -> dict[str, tuple[object, object]]:
        return {**super()._options(), "nonlinearity": (self.nonlinearity, "tanh")}


class LSTM(_Recurrent, frozen=True, kw_only=True):
    """Long short-term memory: gates decide what a second state, the cell, forgets, takes in and shows.

    Takes a sequence (time, features) (torch.nn.LSTM). A picture 1 x time x features becomes one by a Reshape.
    """

    aliases: ClassVar[tuple[str, ...]] = ("long short-term memory", "recurrent", "長短期記憶")
    gates: ClassVar[int] = 4
    kept_states: ClassVar[int] = 16

    def _final_state(self) -> str:
        return "[1][0]"  # beside the cell


class GRU(_Recurrent, frozen=True, kw_only=True):
    """Gated recurrent unit: two gates decide how much of the state is kept; a smaller relative of LSTM.

    Takes a sequence (time, features) (torch.nn.GRU).
    """

    aliases: ClassVar[tuple[str, ...]] = ("gated recurrent unit", "recurrent", "ゲート付き再帰")
    gates: ClassVar[int] = 3
    kept_states: ClassVar[int] = 7
