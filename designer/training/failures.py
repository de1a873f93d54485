"""What went wrong in a training, and what to try: every exception as words for the user."""

from __future__ import annotations

import errno
from typing import NamedTuple

import torch

from designer.errors import Message, NetDesignerError, message
from designer.graph.recipe import Recipe
from designer.training.meter import NotFiniteError

_OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "cannot allocate memory")


class Failure(NamedTuple):
    """Words for the user."""

    text: Message
    advice: Message | None


def explain(error: BaseException, recipe: Recipe | None) -> Failure:
    """The words for an exception that ended a training with this recipe (None where it could not be read)."""
    if isinstance(error, NotFiniteError):
        return Failure(error.message, _calmer(recipe))
    if isinstance(error, NetDesignerError):
        return Failure(error.message, None)
    if is_out_of_memory(error):
        return _out_of_memory(error, recipe)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure(message("The disk is full: {reason}.", reason=str(error)),
                       message("Make room, then resume the run."))  # fmt: skip
    if isinstance(error, ImportError):
        return Failure(message("A part that the training needs cannot be imported: {reason}", reason=str(error)),
                       message("Install Net Designer anew; torch and torchvision must fit each other."))  # fmt: skip
    return _impossible_value(error) or Failure(
        message("The training failed with {kind}: {reason}", kind=type(error).__name__, reason=_first_line(error)),
        message("The whole error is in the run's log.txt."),
    )


def _impossible_value(error: BaseException) -> Failure | None:
    """Values that a loss or a table cannot take. CPUs say which, GPUs only that there are some."""
    if "should be between 0 and 1" in str(error):
        return Failure(message("A BCELoss got values that are not between 0 and 1."),
                       message("Put a Sigmoid in front of it, or use BCEWithLogitsLoss. Its target must lie between 0 "
                               "and 1, too."))  # fmt: skip
    if "device-side assert" in str(error):
        return Failure(message("A layer got a value that it cannot take: a class beyond the last one, or for a BCELoss "
                               "one that is not between 0 and 1."),
                       message("Train on the CPU once; the error then says which."))  # fmt: skip
    return None


def _calmer(recipe: Recipe | None) -> Message:
    if recipe is None or not recipe.learning_rate:
        return message("Try a lower learning rate.")
    return message("Try a learning rate of {rate} instead of {old}, a warm-up, or batch normalization.",
                   rate=f"{recipe.learning_rate / 10:g}", old=f"{recipe.learning_rate:g}")  # fmt: skip


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device had no memory left, in whichever words torch says so."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _OUT_OF_MEMORY)


def _out_of_memory(error: BaseException, recipe: Recipe | None) -> Failure:
    on_gpu = isinstance(error, torch.OutOfMemoryError) or "cuda" in str(error).lower() or "mps" in str(error).lower()
    where = message("The GPU's memory") if on_gpu else message("The memory")
    if recipe is None:
        return Failure(message("{memory} is full.", memory=where), message("Close other programs that use it."))
    smaller = max(1, recipe.batch_size // 2)
    return Failure(message("{memory} is too small for this network with batches of {batch}.", memory=where,
                           batch=recipe.batch_size),
                   message("Try a batch size of {batch} with {updates} batches per update, which trains much alike, or "
                           "a smaller network.", batch=smaller, updates=2 * recipe.accumulate))  # fmt: skip


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "-")
