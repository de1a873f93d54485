"""Which columns of the data a network reads, and whether the data has what it wants of them. No torch.

A data set has two columns: x, the pictures, and y, the number of each picture's class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from designer.errors import Message, message
from designer.layers.base import Shape, numel, show
from designer.layers.losses import Answer, Judge
from designer.shapes import Analysis
from designer.shapes.analysis import NodeFacts

PICTURES, LABELS = "x", "y"
COLUMNS = (PICTURES, LABELS)


class Wanted(NamedTuple):
    """What a node wants of a column."""

    column: str
    shape: Shape
    """Of one sample; () for the number of a class."""
    answer: Answer


class Misread(NamedTuple):
    """A node that reads what the data does not have."""

    node: str
    text: Message


def root_facts(analysis: Analysis) -> list[NodeFacts]:
    """What is known of the nodes of the root drawing, in its order."""
    return [facts for facts in analysis.walk() if facts.owner is None]


def wanted(facts: NodeFacts) -> Wanted | None:
    """What a loss or metric wants of the data; None for other layers, and where its target is wired or generated."""
    layer, inputs = facts.layer, facts.inputs or ()
    if not isinstance(layer, Judge) or not inputs or not layer.reads_data(inputs):
        return None
    return Wanted(layer.target, layer.target_shape(*inputs), layer.answer)


def read_by(layer: object) -> str | None:
    """The column that an Input reads; None for one that is fed with generated values."""
    return getattr(layer, "dataset", PICTURES) if getattr(layer, "generator", "none") == "none" else None


def misreads(analysis: Analysis, data: str, shape: Shape, classes: int) -> Iterator[Misread]:
    """What in a network asks for columns, or values in them, that the data set of that name does not have.

    `shape` is that of its pictures. Whether an Input of x has that shape is not asked here.
    """
    for facts in root_facts(analysis):
        want = wanted(facts)
        if want is not None:
            text = _missing(facts, want.column, data) or _misfit(facts, want, shape, classes)
        elif facts.layer.is_input and (column := read_by(facts.layer)) is not None:
            text = _missing(facts, column, data) or _odd_label(facts, column)
        else:
            continue
        if text is not None:
            yield Misread(facts.node.id, text)


def _missing(facts: NodeFacts, column: str, data: str) -> Message | None:
    if column in COLUMNS:
        return None
    return message("'{node}' reads the column '{column}', but '{data}' has only x, the pictures, and y, their classes.",
                   node=facts.node.label, column=column, data=data)  # fmt: skip


def _odd_label(facts: NodeFacts, column: str) -> Message | None:
    if column != LABELS or facts.output in (None, (1,)):
        return None
    return message("'{node}' reads the classes, y, which are one number for each picture, but its shape is {shape}. "
                   "Set it to 1.", node=facts.node.label, shape=show(facts.output or ()))  # fmt: skip


def _misfit(facts: NodeFacts, want: Wanted, shape: Shape, classes: int) -> Message | None:
    name = facts.node.label
    if want.column == PICTURES:
        return _unlike_pictures(name, want, shape)
    if want.answer == "classes" and want.shape:
        return message("'{node}' expects a class for each of {places} places, but the data has one for each picture. "
                       "Put a Flatten or a Linear in front.", node=name, places=show(want.shape))  # fmt: skip
    if want.answer != "classes" and numel(want.shape) != 1:
        return message("'{node}' compares {found} with y, which is one number for each picture. For classes, end the "
                       "network in SoftmaxCrossEntropy.", node=name, found=show(want.shape))  # fmt: skip
    if want.answer == "binary" and classes > 2:
        return message("'{node}' tells two classes apart, but the data has {classes}.", node=name, classes=classes)
    return None


def _unlike_pictures(name: str, want: Wanted, shape: Shape) -> Message | None:
    if want.answer == "classes":
        return message("'{node}' expects classes, but its target x is the pictures.", node=name)
    if want.shape in (shape, (numel(shape),)):
        return None
    return message("'{node}' compares {found} with the pictures, which are {shape}; the two must be equal.",
                   node=name, found=show(want.shape), shape=show(shape))  # fmt: skip


def clashes(wants: Sequence[tuple[str, Wanted]]) -> Message | None:
    """Whether nodes (by name) want a column in two ways, which it cannot be at once."""
    first: dict[str, tuple[str, Wanted]] = {}
    for name, want in wants:
        other, known = first.setdefault(want.column, (name, want))
        if known.shape != want.shape or (known.answer == "classes") != (want.answer == "classes"):
            return message("'{one}' and '{other}' read the column '{column}' as values of different kinds or shapes; a "
                           "column can be only one of them.", one=other, other=name, column=want.column)  # fmt: skip
    return None
