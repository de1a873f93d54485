"""The training loop: epochs of seeded batches, validation, checkpoints, and events about all of it.

What is random in an epoch comes from the recipe's seed: the order of the pictures from the seed and the epoch's number,
the rest from torch's generators, whose states every checkpoint holds. So a training that was cut off and goes on from a
checkpoint does, on the CPU, exactly what it would have done anyway.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from designer.errors import message
from designer.training import checkpoints, schedules
from designer.training.checkpoints import Progress
from designer.training.control import Control, Stopped
from designer.training.events import Epoch, Event
from designer.training.measuring import Score, score
from designer.training.meter import Meter, NotFiniteError
from designer.training.pictures import Pictures
from designer.training.runs import Run
from designer.training.schedules import Part
from designer.training.setup import Setup

CHECKPOINT_S = 2.0
"""Epochs shorter than this share a checkpoint."""


class Engine:
    """Trains one run from where it is to its last epoch."""

    def __init__(self, run: Run, setup: Setup, control: Control, emit: Callable[[Event], None]) -> None:
        self.run = run
        self.setup = setup
        self.progress = Progress()
        self._control = control
        self._emit = emit
        self._meter = Meter(setup.iterations_per_epoch, setup.recipe.epochs)
        self._best: dict[str, Tensor] | None = None
        """The best weights, as long as they are not saved."""
        self._saved_at = float("-inf")
        self._rate = -1.0
        self._parameters = list(setup.network.module.parameters())
        """For zeroing their gradients, which takes the optimizer 0.2 ms of every step."""
        self._since = time.perf_counter()

    def resume(self) -> None:
        """Go back to the run's last checkpoint. Raises CheckpointError."""
        self.progress = checkpoints.load_resume(self.run.resume_point, self.setup.network.module, self.setup.optimizer)

    def train(self) -> None:
        """Train the epochs that are left.

        Raises:
            Stopped: it was asked for; everything is saved.
            NotFiniteError: the training diverged; the last checkpoint is from before.
        """
        self._since = time.perf_counter() - self.progress.seconds
        try:
            while self.progress.epoch < self.setup.recipe.epochs:
                self.run_epoch()
        except Stopped:
            self.progress.seconds = time.perf_counter() - self._since
            self.save()
            raise
        self.save()

    def test(self) -> Score:
        """The score of the best weights on the test pictures; they are in the network afterwards."""
        path = self.run.checkpoints / "best.safetensors"
        if path.exists():
            checkpoints.load_weights(self.setup.network.module, path)
        return self._score(self.setup.test)

    def save(self) -> None:
        """Write all checkpoints now: the best weights, the latest, and what going on needs. Raises CheckpointError."""
        self._flush()
        self._save_resume()
        checkpoints.save_weights(self.setup.network.module, self.run.checkpoints / "last.safetensors")

    def _save_resume(self) -> None:
        if self._best is not None:  # first: the counters in the resume file speak of it
            checkpoints.save_tensors(self._best, self.run.checkpoints / "best.safetensors")
            self._best = None
        checkpoints.save_resume(self.run.resume_point, self.setup.network.module, self.setup.optimizer, self.progress,
                                gradients=not self._part_of_update().begins)  # fmt: skip
        self._saved_at = time.perf_counter()

    # ---- one epoch

    def run_epoch(self) -> None:
        """Train what is left of the running epoch, validate, and save if it is time. Raises as `train` does."""
        self.setup.network.module.train()
        begun = time.perf_counter()
        images = self._meter.images
        self._meter.start()
        for x, y in self._batches_left():
            self._step(x, y)
            self._after_step()
        self._flush()
        trained = time.perf_counter()
        validation = self._score(self.setup.validation)
        ended = time.perf_counter()
        self._meter.validation_s = ended - trained
        self.progress.seconds = ended - self._since
        speed = (self._meter.images - images) / max(trained - begun, 1e-9)
        self._end_epoch(validation, ended - begun, speed)

    def _batches_left(self) -> Iterator[tuple[Tensor, Tensor]]:
        """The batches of the running epoch that were not trained on yet."""
        setup, progress = self.setup, self.progress
        size = setup.recipe.batch_size
        done = progress.iteration - progress.epoch * setup.iterations_per_epoch
        order = epoch_order(len(setup.train), setup.recipe.seed, progress.epoch)
        return setup.train.batches(size, order[done * size : setup.iterations_per_epoch * size])

    def _step(self, x: Tensor, y: Tensor) -> None:
        setup, progress = self.setup, self.progress
        rate = schedules.learning_rate(setup.recipe, progress.iteration, setup.iterations_per_epoch)
        if rate != self._rate:
            for group in setup.optimizer.param_groups:
                group["lr"] = rate * group.get("lr_scale", 1.0)
            self._rate = rate
        outputs = setup.network.run(x, y)
        loss = setup.network.loss(outputs, x, y)
        part = self._part_of_update()
        if part.begins:
            for parameter in self._parameters:
                parameter.grad = None
        torch.autograd.backward(loss if part.share == 1.0 else loss * part.share)
        if part.ends:
            setup.optimizer.step()
        with torch.no_grad():
            wrong = setup.network.errors(outputs, x, y, loss)
        progress.iteration += 1
        progress.images += len(y)
        self._meter.add(loss.detach(), wrong, len(y), rate)

    def _part_of_update(self) -> Part:
        """The place of the next batch in its update."""
        setup = self.setup
        return schedules.part_of_update(
            setup.recipe, self.progress.iteration, setup.iterations_per_epoch, len(setup.train)
        )

    def _after_step(self) -> None:
        if self._meter.is_due():
            self._flush()
        self._control.check()
        if self._control.wants_save():
            self.save()

    def _flush(self) -> None:
        """Read what the meter has noted, count it and tell it."""
        packet = self._meter.read(self.progress.iteration)
        if packet is not None:
            steps, loss_sum, wrong = packet
            self.progress.loss_sum += loss_sum
            self.progress.wrong += wrong
            self._emit(steps)

    def _score(self, data: Pictures) -> Score:
        # Without gradients a batch needs less than half of the memory.
        return score(self.setup.network, data, 2 * self.setup.recipe.batch_size, self._control.check)

    def _end_epoch(self, validation: Score, seconds: float, images_per_second: float) -> None:
        progress = self.progress
        if not math.isfinite(validation.loss):
            text = message("The validation loss became {value} after epoch {epoch}: the training has diverged.",
                           value=str(validation.loss), epoch=progress.epoch + 1)  # fmt: skip
            raise NotFiniteError(text)
        training_loss, training_error = progress.loss_sum / progress.images, progress.wrong / progress.images
        rate = schedules.learning_rate(self.setup.recipe, progress.iteration - 1, self.setup.iterations_per_epoch)
        progress.epoch += 1
        progress.loss_sum, progress.wrong, progress.images = 0.0, 0.0, 0
        best = (progress.best_error, progress.best_loss)
        if not progress.best_epoch or (validation.error, validation.loss) < best:
            progress.best_error, progress.best_loss = validation.error, validation.loss
            progress.best_epoch = progress.epoch
            self._best = checkpoints.plain(self.setup.network.module)
        if time.perf_counter() - self._saved_at > CHECKPOINT_S:
            self._save_resume()
        self._emit(Epoch(
            epoch=progress.epoch, iteration=progress.iteration, training_loss=training_loss,
            training_error=training_error, validation_loss=validation.loss, validation_error=validation.error,
            learning_rate=rate, seconds=round(seconds, 3), best_error=progress.best_error,
            best_epoch=progress.best_epoch, images_per_second=round(images_per_second, 2),
        ))  # fmt: skip


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """The order in which an epoch takes the pictures: the same for the same seed and epoch, whatever came before."""
    generator = torch.Generator()
    generator.manual_seed((seed * 1_000_003 + epoch) % 2**63)
    return torch.randperm(images, generator=generator)
