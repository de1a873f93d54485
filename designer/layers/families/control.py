"""Structure: frames that say how often what lies in them runs, delays in them, and nodes that use a block."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

from designer.errors import message
from designer.layers.base import Axis, Category, Layer, Ports, Shape, ShapeError, axis_of, show


class _Frame(Layer, frozen=True, kw_only=True):
    """What frames share: they may be folded to one node."""

    category: ClassVar[Category] = "control"
    is_frame: ClassVar[bool] = True
    hidden_fields: ClassVar[frozenset[str]] = frozenset({"folded"})

    folded: Annotated[bool, Meta(title="Folded", description="Drawn as one node instead of a frame.")] = False

    def output(self, *inputs: Shape) -> Shape:
        """The first input's shape; what really leaves depends on the body, see `leave`."""
        return inputs[0]


class Repeat(_Frame, frozen=True, kw_only=True):
    """Runs what is drawn in its frame several times in a row, each time with weights of its own or always the same.

    Each repetition feeds the next, so what leaves the frame must have the shape of what enters it, output by output;
    inputs beyond the outputs enter every repetition alike. Formulas inside may use i, the number of the repetition,
    counted from 0; then shapes may change from one repetition to the next.
    """

    stem: ClassVar[str] = "repeat"
    aliases: ClassVar[tuple[str, ...]] = ("RepeatStart", "RepeatEnd", "loop", "frame", "繰り返し")

    times: Annotated[
        int, Meta(ge=1, le=10_000, title="Times", description="How often the body runs, one after the other.")
    ] = 2
    shared: Annotated[
        bool, Meta(title="Shared weights", description="All repetitions use one set of weights instead of their own.")
    ] = False

    def leave(self, inputs: tuple[Shape, ...], leaving: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """What leaves, which must be what enters."""
        if len(leaving) > len(inputs):
            raise ShapeError("frame-shape", message(
                "{leaving} values leave this Repeat, but only {entering} enter it. Each repetition feeds the next, so "
                "there must be an input for every output.", leaving=len(leaving), entering=len(inputs)))  # fmt: skip
        for port, (entering, out) in enumerate(zip(inputs, leaving, strict=False)):
            if entering != out:
                values = {"entering": show(entering), "leaving": show(out)}
                text = message(
                    "A Repeat needs the same shape at its start and end: {entering} enters from {from0}, {leaving} "
                    "leaves. Each repetition feeds the next, so the body must keep the shape.", **values,
                ) if port == 0 else message(
                    "A Repeat needs the same shape at its start and end: {entering} enters at input {number}, "
                    "{leaving} leaves at that output.", number=port + 1, **values)  # fmt: skip
                raise ShapeError("frame-shape", text, port=port, data={"entering": entering, "leaving": out})
        return leaving

    def runs(self, *inputs: Shape) -> int:
        """`times`."""
        return self.times

    def copies(self, *inputs: Shape) -> int:
        """`times`, or one where the weights are shared."""
        return 1 if self.shared else self.times

    def summary(self) -> str:
        """The repetitions: x18."""
        return f"x{self.times}" + (", shared" if self.shared else "")


class Recurrent(_Frame, frozen=True, kw_only=True):
    """Runs what is drawn in its frame once for every step along an axis of its inputs, with one set of weights.

    The body sees one step at a time, without that axis; its outputs are put together again along the axis. A Delay
    inside carries a value from one step to the next. All inputs have the same number of steps.
    """

    stem: ClassVar[str] = "recurrent"
    aliases: ClassVar[tuple[str, ...]] = (
        "RecurrentInput", "RecurrentOutput", "loop over time", "scan", "RNN frame", "再帰",
    )  # fmt: skip

    axis: Annotated[Axis, Meta(title="Axis", description="The axis of the steps, without the batch axis.")] = 0
    backwards: Annotated[bool, Meta(title="Backwards", description="Runs from the last step to the first.")] = False

    def enter(self, *inputs: Shape) -> tuple[Shape, ...]:
        """Every input without the axis; a lone axis leaves (1,)."""
        lengths = [shape[axis_of(self.axis, shape)] for shape in inputs]
        for port, length in enumerate(lengths):
            if length != lengths[0]:
                raise ShapeError("steps", message(
                    "All inputs of a Recurrent frame have as many steps as the first: {first}, input {port}: {found}.",
                    first=lengths[0], port=port + 1, found=length), port=port)  # fmt: skip
        return tuple(self._without_axis(shape) for shape in inputs)

    def _without_axis(self, shape: Shape) -> Shape:
        axis = axis_of(self.axis, shape)
        return shape[:axis] + shape[axis + 1 :] or (1,)

    def leave(self, inputs: tuple[Shape, ...], leaving: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """Every output with the axis put in again."""
        steps = self.runs(*inputs)
        return tuple(self._with_axis(shape, steps) for shape in leaving)

    def _with_axis(self, shape: Shape, steps: int) -> Shape:
        axis = self.axis + len(shape) + 1 if self.axis < 0 else min(self.axis, len(shape))
        return (*shape[:axis], steps, *shape[axis:])

    def runs(self, *inputs: Shape) -> int:
        """The size of the axis; 1 where there is none, which `enter` says."""
        known = bool(inputs) and -len(inputs[0]) <= self.axis < len(inputs[0])
        return inputs[0][self.axis] if known else 1

    def summary(self) -> str:
        """'axis 1', and an arrow where it runs backwards."""
        return f"axis {self.axis}" + (" ←" if self.backwards else "")


class Delay(Layer, frozen=True, kw_only=True):
    """In a Recurrent frame, gives at every step what entered it at the step before: the wire that closes a loop.

    At the first step it gives the initial value. Its shape is that of what enters it.
    """

    category: ClassVar[Category] = "control"
    aliases: ClassVar[tuple[str, ...]] = ("previous step", "state", "memory", "遅延")

    shape: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=1_000_000)], ...],
        Meta(title="Shape", description="The shape of what enters it, without the batch axis.",
             min_length=1, max_length=8),
    ] = (1,)  # fmt: skip
    initial: Annotated[
        float, Meta(ge=-1e9, le=1e9, title="Initial value", description="What it gives at the first step.")
    ] = 0.0

    def output(self, *inputs: Shape) -> Shape:
        """The shape itself, which what enters must have."""
        if inputs and inputs[0] != self.shape:
            raise ShapeError("delay-shape", message(
                "This Delay is set to {shape}, but {entering} enters it.", shape=show(self.shape),
                entering=show(inputs[0])), data={"shape": inputs[0]})  # fmt: skip
        return self.shape

    def summary(self) -> str:
        """The shape, and the initial value where it is not 0."""
        return show(self.shape) + (f", {self.initial:.3g}" if self.initial else "")


class Block(Layer, frozen=True, kw_only=True):
    """Uses a block: a part of a network that has a name, is drawn once, and may stand in many places.

    Every use has weights of its own. The block's arguments may have other values in every place. Double-click opens
    the block's drawing.
    """

    category: ClassVar[Category] = "control"
    aliases: ClassVar[tuple[str, ...]] = ("Unit", "Import", "module", "sub-network", "subgraph", "ブロック", "ユニット")
    is_frame: ClassVar[bool] = True
    ports: ClassVar[Ports] = Ports()
    hidden_fields: ClassVar[frozenset[str]] = frozenset({"arguments"})

    block: Annotated[str, Meta(title="Block", description="The name of the block that is used here.")] = ""
    arguments: Annotated[
        dict[str, Any], Meta(title="Arguments", description="Values other than the block's own defaults.")
    ] = msgspec.field(default_factory=dict)

    def output(self, *inputs: Shape) -> Shape:
        """The first input's shape; what really leaves depends on the block."""
        return inputs[0] if inputs else ()

    def summary(self) -> str:
        """The block's name, and the arguments that are given: 'Fire, 16, 64'."""
        return ", ".join([self.block, *map(str, self.arguments.values())])
