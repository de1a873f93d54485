"""The line below the statistics: the memory of a training, the time of an epoch, and a button that measures it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from designer.app import theme
from designer.app.document import Document
from designer.app.i18n import render, tr
from designer.app.numbers import bytes_text
from designer.app.panels.jobs import Answer, Job
from designer.app.panels.run_status import duration
from designer.app.panels.words import Words
from designer.app.tips import tip
from designer.data.catalogue import find
from designer.errors import Message, NetDesignerError
from designer.graph import io
from designer.graph.recipe import Recipe
from designer.shapes.memory import Memory
from designer.training import estimates
from designer.training.estimates import Speed


class _Failed(msgspec.Struct):
    """What the probe says where it cannot measure."""

    error: Message


class Estimate(QWidget):
    """What a training by the recipe takes. Memory is worked out; time is what was measured here, scaled."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.setObjectName("estimate")
        self._document = document
        self._job: Job | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._recipe = Recipe()
        self.memory = Words("memoryEstimate", "text", small=False)
        self.time = Words("timeEstimate", "muted", small=False)
        self.measure = QToolButton()
        self.measure.setObjectName("measureSpeed")
        self.measure.setText(tr("Measure"))
        self.measure.setToolTip(tip(tr(
            "Trains this network for two seconds on random data, in a process of its own, and counts. Nothing is kept "
            "but the speed.")))  # fmt: skip
        self.measure.clicked.connect(self.start)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.GRID, theme.GRID, 2 * theme.GRID, theme.GRID)
        row.setSpacing(3 * theme.GRID)
        row.addWidget(self.memory, 3)
        row.addWidget(self.time, 2)
        row.addWidget(self.measure)

    def show_estimate(self, memory: Memory, recipe: Recipe, fault: str) -> None:
        """Show what a training of the document by this recipe takes."""
        self._recipe = recipe
        complete = estimates.is_complete(self._document.analysis) and not fault
        self.setVisible(bool(self._document.graph.nodes))
        self.measure.setEnabled(complete and self._job is None)
        if not complete:
            self.memory.say(fault or tr("What a training takes can be told once all shapes are known."), "muted")
            self.time.say("")
            return
        self.memory.say(tr("Training takes about {memory} at batch size {batch}", memory=bytes_text(memory.peak),
                           batch=f"{recipe.batch_size:,}"), "text")  # fmt: skip
        self.memory.setToolTip(tip(memory_text(memory, recipe)))
        if self._job is None:
            self._show_time()

    def _show_time(self) -> None:
        analysis, recipe = self._document.analysis, self._recipe
        network = estimates.cost(analysis)
        speed = estimates.best_speed(self._document.graph.name, network, recipe.device, recipe.batch_size)
        if speed is None:
            self.time.say(tr("How long an epoch takes is not known: nothing was measured on this device yet."), "muted")
            self.time.setToolTip("")
            return
        info = find(recipe.data)
        samples, validated = (10_000, 0) if info is None else info.divided(recipe.validation)
        seconds = estimates.seconds_per_epoch(speed, network, samples, validated)
        same = speed.network == self._document.graph.name and speed.cost == network
        source = tr("measured") if same else tr("roughly, from {network}", network=_named(speed))
        values = {"time": short_time(seconds), "source": source}
        text = tr("An epoch takes about {time} ({source})", **values) if info is not None else tr(
            "10,000 samples take about {time} ({source})", **values)  # fmt: skip
        self.time.say(text, "text" if same else "muted")
        self.time.setToolTip(tip(speed_text(speed)))

    # ---- measuring

    def start(self) -> None:
        """Measure the document's network."""
        if self._job is not None:
            return
        self._folder = tempfile.TemporaryDirectory(prefix="netdesigner-probe-")
        path = Path(self._folder.name) / "graph.json"
        try:
            io.save(self._document.graph, path)
        except NetDesignerError as error:
            self.time.say(render(error.message), "error")
            return
        self.measure.setEnabled(False)
        self.time.say(tr("Measuring..."), "muted")
        self._job = Job(self, "designer.training.probe", str(path))
        self._job.ended.connect(self._measured)

    def _measured(self, answer: Answer) -> None:
        self._job = None
        if self._folder is not None:
            self._folder.cleanup()
        self.measure.setEnabled(True)
        try:
            speed = msgspec.json.decode(answer.output, type=Speed)
        except msgspec.MsgspecError:
            self.time.say(_reason(answer), "error")
            return
        estimates.remember(speed)
        self._show_time()


def _reason(answer: Answer) -> str:
    try:
        return render(msgspec.json.decode(answer.output, type=_Failed).error)
    except msgspec.MsgspecError:
        return tr("The speed could not be measured: {reason}", reason=answer.last_words)


def memory_text(memory: Memory, recipe: Recipe) -> str:
    """What the memory is for, part by part."""
    return "\n".join((
        tr("Weights: {size}", size=bytes_text(memory.weights)),
        tr("Their gradients: {size}", size=bytes_text(memory.gradients)),
        tr("Kept by {optimizer}: {size}", optimizer=recipe.optimizer.name, size=bytes_text(memory.optimizer)),
        tr("Kept for the backward pass: {size}", size=bytes_text(memory.saved)),
        tr("At the peak besides: {size}", size=bytes_text(memory.workspace)),
        tr("Not in it: the data set, and what torch and the device's libraries take for themselves."),
    ))  # fmt: skip


def speed_text(speed: Speed) -> str:
    """What was measured, and how."""
    how = tr("in a training") if speed.source == "run" else tr("by a probe of two seconds")
    text = tr("{rate} samples/s of {network} on {device} with batch size {batch}, {how}.",
              rate=f"{speed.samples_per_second:,.0f}", network=_named(speed),
              device=speed.device_name or speed.device, batch=speed.batch_size, how=how)  # fmt: skip
    return f"{text}\n" + tr("For other networks it is scaled by their multiply-adds and by the values they move, which "
                            "may be wrong by a factor of two or three.")  # fmt: skip


def _named(speed: Speed) -> str:
    """What was measured, for people: 'untitled' would tell them nothing."""
    return tr("a network trained here before") if speed.network in ("", "untitled") else speed.network


def short_time(seconds: float) -> str:
    """'0.4 s' below ten seconds, else as the training shows it."""
    return tr("{seconds} s", seconds=f"{seconds:.2g}") if seconds < 10 else duration(seconds)
