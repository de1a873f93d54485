"""The recipe's properties as fields of a form: what they are called, what they do, what they may be."""

from __future__ import annotations

from typing import Any, Final

from designer.errors import Message, message
from designer.graph.recipe import ByEpoch, Constant, Cosine, MultiStep, Polynomial, Schedule, Step
from designer.layers.fields import Field, Kind

UNITS: Final = (message("iteration").template, message("epoch").template)
"""The units of lengths, as recipes spell them; both words are collected for translation here."""


def _field(
    name: str, kind: Kind, default: Any, title: Message, description: Message,
    minimum: float | None = None, maximum: float | None = None, choices: tuple[str, ...] = (),
    length: tuple[int, int] = (0, 0),
) -> Field:  # fmt: skip
    return Field(name, kind, default, minimum, maximum, choices, False, title.template, description.template, length)


BATCHES: Final = (
    _field("batch_size", "int", 64, message("Batch size"),
           message("How many pictures the network sees at once. Its weights change after every batch, or after as many "
                   "as make an update."), 1, 1_000_000),
    _field("accumulate", "int", 1, message("Batches per update"),
           message("After so many batches the weights change once, by the mean of their gradients: like one batch that "
                   "is so many times larger, in the memory of one. Batch normalization still sees every batch alone. "
                   "An iteration stays one batch."), 1, 10_000),
)  # fmt: skip

TRAINING: Final = (
    _field("epochs", "int", 10, message("Epochs"), message("How often it sees every training picture."), 1, 1_000_000),
    _field("validation", "float", 0.1, message("Validation share"),
           message("Share of the training pictures kept apart to judge the network after every epoch. With 0 the test "
                   "pictures judge it, so the test accuracy is no longer that of unseen pictures."), 0, 0.9),
    _field("seed", "int", 0, message("Seed"),
           message("Where the random numbers begin: with the same seed a training repeats itself."), 0, 2**63 - 1),
)  # fmt: skip

RATES: Final = (
    _field("learning_rate", "float", 0.01, message("Learning rate"),
           message("How far a step goes. Too large: the loss jumps or becomes infinite. Too small: it hardly falls."),
           0, 1000),
    _field("weight_decay", "float", 0.0, message("Weight decay"),
           message("How strongly weights are pulled towards 0 (L2), which helps against overfitting."), 0, 1000),
)  # fmt: skip

FACTOR: Final = _field("factor", "float", 0.1, message("Multiply by"),
                       message("What the learning rate is multiplied by each time."), 1e-9, 1)  # fmt: skip
EVERY: Final = _field("every", "int", 10, message("Every"),
                      message("After how many iterations or epochs it is multiplied again."), 1, 10**9)  # fmt: skip
UNIT: Final = _field("unit", "choice", "epoch", message("counted in"),
                     message("An iteration is one batch, an epoch all training pictures."), choices=UNITS)  # fmt: skip
MILESTONES: Final = _field("milestones", "list", (5, 8), message("After"),
                           message("After how many iterations or epochs it is multiplied, such as 30, 60, 80."),
                           1, 10**9, length=(1, 100))  # fmt: skip
POWER: Final = _field("power", "float", 1.0, message("Power"),
                      message("The learning rate is multiplied by the share of the training that is left, to this "
                              "power: 1 falls evenly to 0, 2 faster at first, 0.5 slower."), 0, 100)  # fmt: skip
FINAL: Final = _field("final", "float", 0.0, message("Final rate"),
                      message("The learning rate at the end of the training."), 0, 1000)  # fmt: skip
WARMUP: Final = (
    _field("length", "int", 0, message("Warm-up"),
           message("The learning rate rises evenly from 0 over so many iterations or epochs; 0 is no warm-up."),
           0, 10**9),
    UNIT,
)  # fmt: skip

SCHEDULES: Final[dict[type[Schedule], tuple[Message, tuple[Field, ...]]]] = {
    Constant: (message("Constant"), ()),
    Step: (message("Multiply every N"), (FACTOR, EVERY, UNIT)),
    MultiStep: (message("Multiply at milestones"), (FACTOR, MILESTONES, UNIT)),
    ByEpoch: (message("Rates by epoch"), ()),
    Cosine: (message("Cosine"), (FINAL,)),
    Polynomial: (message("Polynomial"), (POWER,)),
}
"""The kinds of schedules, their names and properties; rates by epoch have a table of their own."""
