"""What a layer is: one class with typed fields, a shape rule, costs, and the PyTorch code that does it.

A layer's fields are its properties, everywhere: in JSON, in the inspector's form, in defaults, bounds and docs.
Layers know nothing of the graph around them and never import torch; their code is text.
Shapes are tuples without the batch axis: (C, H, W) for pictures, (F,) for vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import msgspec

from designer.errors import Message, NetDesignerError, message
from designer.layers.saved import INPUTS, Saved

Shape = tuple[int, ...]

Category = Literal[
    "io", "preprocess", "convolution", "linear", "recurrent", "attention", "normalization", "pooling", "activation",
    "arithmetic", "math", "reduction", "logic", "shape", "quantization", "regularization", "control", "loss",
]  # fmt: skip

# ---- field types: bounds, title (the inspector's label) and description (its tooltip) live in msgspec.Meta

Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
# Not tuple[int, int]: msgspec 0.22 reads past its type table for a bounded int and a fixed-length tuple in one union.
Size = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
SizeFrom0 = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Axis = Annotated[int, msgspec.Meta(ge=-8, le=7)]
"""An axis of a shape, without the batch axis; negative ones count from the end."""
Pair = Size | Annotated[tuple[Size, ...], msgspec.Meta(min_length=2, max_length=2)]
"""One number for both directions, or (height, width)."""
PairFrom0 = SizeFrom0 | Annotated[tuple[SizeFrom0, ...], msgspec.Meta(min_length=2, max_length=2)]
"""As `Pair`, with 0 allowed."""
Triple = Size | Annotated[tuple[Size, ...], msgspec.Meta(min_length=3, max_length=3)]
"""One number for all directions, or (depth, height, width)."""
TripleFrom0 = SizeFrom0 | Annotated[tuple[SizeFrom0, ...], msgspec.Meta(min_length=3, max_length=3)]
"""As `Triple`, with 0 allowed."""


class ShapeError(NetDesignerError):
    """A layer cannot take these input shapes.

    The template may name its sources as {from0}, {from1}, ...: whoever knows the graph fills in the nodes' names.
    `port` is the input at fault. `data` carries facts for those who work out a fix, e.g. {"kernel": 5, "size": 3}.
    """

    def __init__(self, code: str, text: Message, *, port: int = 0, data: dict[str, Any] | None = None) -> None:
        self.code = code
        self.port = port
        self.data = data or {}
        Exception.__init__(self, text.template)
        self.message = text


class Note(NamedTuple):
    """Something worth pointing out that is no error (a rest that is dropped); templates as in `ShapeError`."""

    code: str
    text: Message
    data: Mapping[str, Any] = MappingProxyType({})


class Facts(NamedTuple):
    """What inference finds out about one node, for one sample and one repetition."""

    outputs: tuple[Shape, ...]
    parameters: int = 0
    """Trainable values."""
    tensors: int = 0
    """Trainable tensors."""
    multiply_adds: int = 0
    notes: tuple[Note, ...] = ()


class Costs(NamedTuple):
    """What one sample costs in operations, counted as NNC does (its Cost... figures)."""

    adds: int = 0
    multiplies: int = 0
    multiply_adds: int = 0
    divisions: int = 0
    exps: int = 0
    """Exponentials, logarithms and powers."""
    ifs: int = 0
    """Comparisons."""


class Training(NamedTuple):
    """How one tensor is trained, where it is not just as the recipe says."""

    rate: float = 1.0
    """Multiplies the recipe's learning rate; 0: the tensor is not trained."""
    decay: float | None = None
    """A weight decay of its own; None: the recipe's."""
    frozen: bool = False

    @property
    def fixed(self) -> bool:
        """Whether the tensor keeps its initial values."""
        return self.frozen or not self.rate


class Ports(NamedTuple):
    """The inputs of a layer: their names; `variadic` layers take more than are named and grow as they are wired.

    `optional` ones follow the named ones and may stay free; a later one is wired only if the earlier ones are.
    """

    names: tuple[str, ...] = ("input",)
    variadic: bool = False
    optional: tuple[str, ...] = ()


ONE_INPUT = Ports()
"""The ports of most layers."""


class Layer(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Base of all layers; the subclass's docstring is the documentation users read (first sentence: palette tooltip).

    A subclass sets the class variables it needs and implements `output`; weights, costs, notes and code have defaults
    for layers without any. All methods get one shape per connected input. Results are memoised: methods must be pure.
    """

    category: ClassVar[Category]
    title: ClassVar[str] = ""
    """What the palette shows; the class name if empty."""
    stem: ClassVar[str] = ""
    """How new nodes are called: conv -> conv1, conv2; the lower-case class name if empty."""
    aliases: ClassVar[tuple[str, ...]] = ()
    """Other names people search for, NNC's among them."""
    ports: ClassVar[Ports] = ONE_INPUT
    is_input: ClassVar[bool] = False
    is_loss: ClassVar[bool] = False
    is_metric: ClassVar[bool] = False
    """Judges a value as a loss does, but training only reports it."""
    is_end: ClassVar[bool] = False
    """Nothing can read it: losses, metrics, named outputs, comments."""
    is_frame: ClassVar[bool] = False
    keeps_shape: ClassVar[bool] = False
    """Output shape equals the (only) input's for every input: such a layer can be bypassed."""
    makes_values: ClassVar[bool] = False
    """Has no input, yet gives values (N, ...) in the network (a constant); `call` gets the batch size as its arg."""
    hidden_fields: ClassVar[frozenset[str]] = frozenset()
    """Fields the inspector does not show."""
    saves: ClassVar[Saved] = INPUTS
    """What torch keeps of it for the backward pass, where that is the same for all properties; see `saved`."""

    # ---- shapes and costs

    def output(self, *inputs: Shape) -> Shape:
        """The output shape for these input shapes. Raises ShapeError where they do not fit."""
        raise NotImplementedError(type(self).__name__)

    def outputs(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes of all output ports; most layers have one."""
        return (self.output(*inputs),)

    def weights(self, *inputs: Shape) -> dict[str, Shape]:
        """The module's parameters by their names in its state dict: {"weight": ..., "bias": ...}; frozen ones too."""
        return {}

    def training(self, *inputs: Shape) -> Mapping[str, Training]:
        """Of the tensors in `weights` those that are not trained just as the recipe says."""
        return {}

    def trained(self, *inputs: Shape) -> dict[str, Shape]:
        """The tensors in `weights` that are trained."""
        weights = self.weights(*inputs)
        if not weights or not (own := self.training(*inputs)):
            return weights
        return {name: shape for name, shape in weights.items() if name not in own or not own[name].fixed}

    def multiply_adds(self, *inputs: Shape) -> int:
        """Multiply-adds for one sample, as NNC's CostMultiplyAdd counts them (adding a bias is none)."""
        return 0

    def costs(self, *inputs: Shape) -> Costs:
        """All operations for one sample, for the statistics table; asked for only when it is shown."""
        return Costs(multiply_adds=self.multiply_adds(*inputs))

    def saved(self, *inputs: Shape) -> Saved:
        """What torch keeps of it for the backward pass, as long as a gradient flows through it."""
        return self.saves

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Tensors of the state dict that are not trained (BatchNorm's running mean), where NNC counts them."""
        return {}

    def parameters_nnc(self, *inputs: Shape) -> int:
        """Values as NNC's CostParameter counts them: all parameters, trained or frozen, and buffers."""
        return sum(map(numel, (*self.weights(*inputs).values(), *self.buffers(*inputs).values())))

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """What to point out about these shapes though nothing is wrong."""
        return ()

    def facts(self, inputs: tuple[Shape, ...]) -> Facts | ShapeError:
        """All of the above in one memoised call; a ShapeError is returned, not raised."""
        memo: dict[Any, Any] = self.__dict__
        found: Facts | ShapeError | None = memo.get(inputs)
        if found is None:
            found = memo[inputs] = self._facts(inputs)
        return found

    def _facts(self, inputs: tuple[Shape, ...]) -> Facts | ShapeError:
        try:
            outputs = self.outputs(*inputs)
            weights = self.trained(*inputs)
            count = sum(map(prod, weights.values()))
            return Facts(outputs, count, len(weights), self.multiply_adds(*inputs), tuple(self.notes(*inputs)))
        except ShapeError as error:
            return error

    # ---- frames: layers with a body drawn inside them

    def enter(self, *inputs: Shape) -> tuple[Shape, ...]:
        """The shapes at a frame's inner input ports. Raises ShapeError."""
        return inputs

    def leave(self, inputs: tuple[Shape, ...], leaving: tuple[Shape, ...]) -> tuple[Shape, ...]:
        """A frame's output shapes, from its inputs and what its body puts out. Raises ShapeError."""
        return leaving

    def runs(self, *inputs: Shape) -> int:
        """How often a frame's body runs for one sample."""
        return 1

    def copies(self, *inputs: Shape) -> int:
        """How many sets of weights a frame's body has."""
        return 1

    # ---- what people see

    def summary(self) -> str:
        """The properties that matter, as short as on the canvas: '3x3, 64, /2'. No words to translate."""
        return ""

    # ---- code; expressions may use the names torch, nn and F (torch.nn.functional)

    def module(self, *inputs: Shape) -> str | None:
        """The expression that builds the module, e.g. 'nn.Conv2d(3, 16, 3)'; None where the forward needs no module."""
        return None

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The forward expression for inputs of these shapes; `args` are names of tensors (N, ...).

        `module` is the attribute that holds the module ('self.conv1'), '' where `module()` gives None.
        """
        return f"{module}({', '.join(args)})"

    def helpers(self) -> tuple[str, ...]:
        """Names in `designer.layers.helpers.HELPERS` of what the code uses; dependencies first."""
        return ()

    def functions(self) -> Mapping[str, str]:
        """Source, by name, of functions that whoever drew the network wrote: nothing runs it without consent."""
        return {}

    def initialize(self, module: str, *inputs: Shape) -> Sequence[str]:
        """Statements that set initial weights other than PyTorch's own, e.g. 'nn.init.zeros_(self.conv1.bias)'."""
        return ()

    def set_up(self, module: str, *inputs: Shape) -> list[str]:
        """All statements that follow the module's construction: `initialize`, then what `training` asks for.

        A learning-rate multiplier and a weight decay become attributes of the parameter, `lr_scale` and `weight_decay`,
        from which the network's method `parameter_groups` makes the optimizer's groups.
        """
        statements = list(self.initialize(module, *inputs))
        own = self.training(*inputs)
        if not own:
            return statements
        fixed = [name for name, how in own.items() if how.fixed]
        if len(fixed) == len(self.weights(*inputs)):
            return [*statements, f"{module}.requires_grad_(False)"]
        statements += [f"{module}.{name}.requires_grad_(False)" for name in fixed]
        for name, how in own.items():
            if not how.fixed:
                statements += [f"{module}.{name}.lr_scale = {how.rate!r}"] if how.rate != 1 else []
                statements += [f"{module}.{name}.weight_decay = {how.decay!r}"] if how.decay is not None else []
        return statements


class Missing(Layer, frozen=True, kw_only=True):
    """A layer that is not installed here. It is kept as it is in the file and saved back unchanged."""

    category: ClassVar[Category] = "control"
    ports: ClassVar[Ports] = Ports((), variadic=True)

    kind: str = ""

    def output(self, *inputs: Shape) -> Shape:
        """No shape is known for a layer that is not there."""
        raise ShapeError("unknown-layer", message("There is no layer '{kind}' here. It is kept in the file as it is; "
                                                  "install the package it comes from, or delete the node.",
                                                  kind=self.kind))  # fmt: skip


class Invalid(Layer, frozen=True, kw_only=True):
    """Stands for a layer whose properties cannot be used; `error` says which and why."""

    category: ClassVar[Category] = "control"

    error: ShapeError

    def output(self, *inputs: Shape) -> Shape:
        """Raises the error about the property."""
        raise self.error


def numel(shape: Shape) -> int:
    """How many values a shape holds."""
    return prod(shape)


def show(shape: Shape) -> str:
    """A shape as people read it: 3x32x32; a scalar is 1."""
    return "x".join(map(str, shape)) or "1"


def pair(value: int | tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of a property that is one number or two."""
    return (value, value) if isinstance(value, int) else (value[0], value[1])


def show_pair(value: int | tuple[int, ...]) -> str:
    """3 -> '3x3', (3, 5) -> '3x5'."""
    height, width = pair(value)
    return f"{height}x{width}"


_KINDS = {
    1: ("needs-sequence", "{layer} needs a sequence (channels x length), but {from0} gives {shape}."),
    2: ("needs-picture", "{layer} needs a picture (channels x height x width), but {from0} gives {shape}."),
    3: ("needs-volume", "{layer} needs a volume (channels x depth x height x width), but {from0} gives {shape}."),
}


def spatial(inputs: Sequence[Shape], name: str, axes: int) -> Shape:
    """The first input as (C, ...) with that many more axes: a sequence, a picture or a volume.

    Raises:
        ShapeError: the input has another number of axes.
    """
    shape = inputs[0]
    if len(shape) != axes + 1:
        code, template = _KINDS[axes]
        raise ShapeError(code, message(template, layer=name, shape=show(shape)), data={"shape": shape})
    return shape


def picture(inputs: Sequence[Shape], name: str) -> tuple[int, int, int]:
    """The one input as (C, H, W).

    Raises:
        ShapeError: the input is no picture.
    """
    channels, height, width = spatial(inputs, name, 2)
    return channels, height, width


def no_picture(shape: Shape, name: str) -> ShapeError:
    """The error of a layer of that name about an input that is no picture."""
    code, template = _KINDS[2]
    return ShapeError(code, message(template, layer=name, shape=show(shape)), data={"shape": shape})


def axis_of(axis: int, shape: Shape) -> int:
    """The axis of a shape (no batch axis) that an `Axis` property means, counted from 0.

    Raises:
        ShapeError: the shape has too few axes.
    """
    found = axis + len(shape) if axis < 0 else axis
    if not 0 <= found < len(shape):
        raise ShapeError("axis", message("There is no axis {axis}: {from0} gives {shape}, whose axes are 0 to {last}.",
                                         axis=axis, shape=show(shape), last=len(shape) - 1),
                         data={"axis": axis, "axes": len(shape)})  # fmt: skip
    return found


def show_axis(axis: int) -> str:
    """An axis on the canvas; nothing for 0, which is the usual one."""
    return f"axis {axis}" if axis else ""
