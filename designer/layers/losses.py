"""What losses and metrics have in common: they end the network, and compare a value with a target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from designer.errors import message
from designer.layers.base import Axis, Category, Count, Layer, Note, Ports, Shape, ShapeError, axis_of, show
from designer.layers.saved import Saved

Answer = Literal["classes", "binary", "values", "none"]
"""What the target says: the number of the right class, 0 or 1 for every value, the values themselves, or nothing."""

Generator = Literal["none", "normal", "uniform", "constant"]
"""Where values come from that no data gives."""


class Judge(Layer, frozen=True, kw_only=True):
    """Base of losses and metrics. The input `target` may stay free: then the target is a column of the data."""

    category: ClassVar[Category] = "loss"
    ports: ClassVar[Ports] = Ports(optional=("target",))
    is_end: ClassVar[bool] = True
    answer: ClassVar[Answer] = "values"
    threshold: ClassVar[float] = 0.5
    """Of binary answers: from this value on the network says yes."""
    argument: ClassVar[str] = "output"
    """What the generated code calls the value that is judged."""

    target: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            title="Target",
            description="The column of the data that the input is compared with, as long as no node is wired to the "
            "target: y holds the answers, x the pictures themselves.",
        ),
    ] = "y"

    def generated_target(self, score: str) -> str | None:
        """The expression of a target that neither the data nor the network gives; None where one of them does."""
        return None

    def reads_data(self, inputs: Sequence[Shape]) -> bool:
        """Whether the target comes from the data."""
        return self.answer != "none" and len(inputs) < 2 and self.generated_target("") is None

    def target_shape(self, *inputs: Shape) -> Shape:
        """The shape of the data's target for one sample; () for the number of a class."""
        return inputs[0]

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape, as NNC counts it; the mean is taken over all values. Raises ShapeError."""
        if len(inputs) > 1 and inputs[1] != inputs[0]:
            raise ShapeError("target-shape", message(
                "What is compared must have one shape: {from0} gives {shape}, but the target, {from1}, gives {target}.",
                shape=show(inputs[0]), target=show(inputs[1])), port=1)  # fmt: skip
        return inputs[0]

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """The expression for the mean over a batch."""
        raise NotImplementedError(type(self).__name__)

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The mean over a batch; `args` are the input and the target. `inputs` has two shapes where both are wired."""
        target = args[1] if len(args) > 1 else ""
        if len(inputs) < 2:
            target = self.generated_target(args[0]) or target
        return self.term(args[0], target, inputs)

    def summary(self) -> str:
        """The target, where it is another than y."""
        return f"↔ {self.target}" if self.target != "y" else ""


class Loss(Judge, frozen=True, kw_only=True):
    """Base of what training minimises."""

    is_loss: ClassVar[bool] = True
    saves: ClassVar[Saved] = Saved(per_input=1)  # and the target

    weight: Annotated[
        float,
        Meta(ge=-1_000_000, le=1_000_000, title="Weight", description="The factor of this loss in the sum of all."),
    ] = 1.0

    def call(self, module: str, args: Sequence[str], inputs: tuple[Shape, ...]) -> str:
        """The mean over a batch times the weight."""
        term = Judge.call(self, module, args, inputs)
        return term if self.weight == 1 else f"{self.weight!r} * {term}"

    def summary(self) -> str:
        """The weight, where it is not 1, and the target, where it is another than y."""
        weight = f"×{self.weight:.3g}" if self.weight != 1 else ""
        return " ".join(filter(None, [weight, Judge.summary(self)]))


def generated_like(score: str, generator: Generator, scale: float) -> str:
    """The expression of values from nothing, in the shape and type of a tensor."""
    return {
        "none": score,
        "constant": f"torch.full_like({score}, {scale!r})",
        "normal": f"torch.randn_like({score}) * {scale!r}",
        "uniform": f"torch.empty_like({score}).uniform_({-abs(scale)!r}, {abs(scale)!r})",
    }[generator]


def check_share(generator: Generator, scale: float) -> None:
    """Raise ShapeError where generated targets are none that lie between 0 and 1, as F.binary_cross_entropy wants."""
    if generator in ("normal", "uniform") or (generator == "constant" and not 0 <= scale <= 1):
        field = "generator" if generator != "constant" else "generator_scale"
        raise ShapeError("bad-property", message(
            "Cross-entropy of probabilities takes targets from 0 to 1: generate a constant in that range."),
            data={"field": field})  # fmt: skip


class ElementLoss(Loss, frozen=True, kw_only=True):
    """Base of losses that compare value by value; `function` is torch's name for it."""

    function: ClassVar[str]

    generator: Annotated[
        Generator,
        Meta(
            title="Generated target",
            description="A target that is neither data nor wired: all values alike (constant), or random ones anew in "
            "every step, as the two sides of a GAN need them.",
        ),
    ] = "none"
    generator_scale: Annotated[
        float,
        Meta(
            ge=-1_000_000, le=1_000_000, title="Generated value",
            description="The constant, the standard deviation, or the largest absolute value of uniform ones.",
        ),
    ] = 1.0  # fmt: skip

    def generated_target(self, score: str) -> str | None:
        """torch.full_like(output, 1.0) and the like."""
        return None if self.generator == "none" else generated_like(score, self.generator, self.generator_scale)

    def options(self) -> dict[str, tuple[object, object]]:
        """Options of the function with their defaults."""
        return {}

    def term(self, score: str, target: str, inputs: tuple[Shape, ...]) -> str:
        """F.mse_loss(output, target)."""
        options = [f"{key}={value!r}" for key, (value, default) in self.options().items() if value != default]
        return f"{self.function}({', '.join([score, target, *options])})"


ClassAxis = Annotated[
    Axis,
    Meta(
        title="Axis",
        description="The axis with one value for every class: 0 for vectors and for pictures that say a class for each "
        "pixel.",
    ),
]


class ClassLoss(Loss, frozen=True, kw_only=True):
    """Base of losses that expect one value for every class along an axis."""

    answer: ClassVar[Answer] = "classes"
    saves: ClassVar[Saved] = Saved(inputs=False, per_input=1)  # the logarithms of the probabilities

    axis: ClassAxis = 0
    top_k: Annotated[
        Count,
        Meta(title="Top k", description="The top-k error that is reported: right is a picture whose class is among "
             "the k highest scores."),
    ] = 5  # fmt: skip

    def target_shape(self, *inputs: Shape) -> Shape:
        """The input's shape without the axis of the classes."""
        return without_classes(self.axis, inputs[0])

    def output(self, *inputs: Shape) -> Shape:
        """The input's shape with 1 in place of the classes."""
        return class_output(self.axis, inputs)

    def notes(self, *inputs: Shape) -> Sequence[Note]:
        """A class for every place is rarely meant where a Flatten was forgotten."""
        if len(inputs) > 1 or len(inputs[0]) == 1:
            return ()
        return [Note("needs-vector", message(
            "{from0} gives {shape}, so this learns a class for each of {places} places. For one class a picture, put a "
            "Flatten in front.", shape=show(inputs[0]), places=show(self.target_shape(*inputs))))]  # fmt: skip

    def summary(self) -> str:
        """'top 5', and all that is not as usual."""
        return f"top {self.top_k} {Loss.summary(self)}".rstrip()


def without_classes(axis: int, shape: Shape) -> Shape:
    """A shape without the axis of the classes."""
    axis = axis_of(axis, shape)
    return shape[:axis] + shape[axis + 1 :]


def class_output(axis: int, inputs: tuple[Shape, ...]) -> Shape:
    """What class losses put out: the input's shape with 1 in place of the classes.

    Raises:
        ShapeError: there is no such axis, or the wired target has a shape that says nothing about these classes.
    """
    shape, place = inputs[0], axis_of(axis, inputs[0])
    found = (*shape[:place], 1, *shape[place + 1 :])
    if len(inputs) > 1 and inputs[1] not in (shape, found, without_classes(axis, shape)):
        raise ShapeError("target-shape", message(
            "The target must be one number of a class ({index}) or one probability for each class ({shape}), but "
            "{from1} gives {target}.", index=show(found), shape=show(shape), target=show(inputs[1])),
            port=1)  # fmt: skip
    return found


def class_places(axis: int, score: str, target: str, inputs: tuple[Shape, ...]) -> tuple[str, str, bool]:
    """Scores with the classes in axis 1 as torch wants them, the target for them, and whether it is probabilities.

    Numbers of classes are (N, ...) without that axis; those that a network gives are floats.
    """
    axis = axis_of(axis, inputs[0])
    moved = "" if axis == 0 else f".movedim({axis + 1}, 1)"
    if len(inputs) < 2:
        return score + moved, target, False
    if inputs[1] == inputs[0]:
        return score + moved, target + moved, True
    flat = f".squeeze({axis + 1})" if len(inputs[1]) == len(inputs[0]) else ""
    return score + moved, f"{target}{flat}.long()", False


def log_probabilities(score: str, inputs: tuple[Shape, ...]) -> str:
    """The logarithms of probabilities with the classes in axis 1, as F.nll_loss takes them.

    For pictures its gradient is refused unless they are contiguous, which channels_last and moved axes are not.
    """
    logs = f"{score}.clamp(min=1e-12).log()"
    return f"{logs}.contiguous()" if len(inputs[0]) == 3 else logs
