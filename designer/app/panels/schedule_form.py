"""How the learning rate decays: schedule, warm-up, lengths in iterations and epochs, and the resulting curve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer.app import theme
from designer.app.i18n import render, tr
from designer.app.panels.controls import ComboBox
from designer.app.panels.forms import FieldForm
from designer.app.panels.rate_plot import RatePlot
from designer.app.panels.rate_table import Rates, RateTable
from designer.app.panels.recipe_fields import SCHEDULES, WARMUP
from designer.app.panels.words import Words
from designer.errors import Message
from designer.graph.recipe import ByEpoch, MultiStep, Polynomial, Recipe, Schedule, Step, Unit, Warmup
from designer.training.schedules import convert

Edit = Callable[[str, str, Callable[[Recipe], Recipe]], Message | None]
"""Changes the recipe: a key (edits of one key merge into one undo step), what is changed in words, and the change.

Gives the reason where the change is refused."""


class ScheduleForm(QWidget):
    """The learning rate's decay and warm-up."""

    abandoned = Signal(str)
    """The key of the edits that are to be taken back."""
    finished = Signal()
    """What is entered next is another edit."""

    def __init__(self, edit: Edit, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = edit
        self._recipe = Recipe()
        self.kind = ComboBox()
        self.kind.setObjectName("recipe_schedule")
        self.kind.setAccessibleName(tr("Decay of the learning rate"))
        self.kind.setToolTip(tr("How the learning rate falls while the training goes on"))
        for cls, (title, _) in SCHEDULES.items():
            self.kind.addItem(render(title), cls)
        self.kind.activated.connect(self._choose)
        self._forms: dict[type[Schedule], FieldForm] = {}
        for cls, (_, fields) in SCHEDULES.items():
            if fields:
                self._forms[cls] = self._form(fields, "schedule", self._set_schedule)
        self.rates = RateTable()
        self.rates.ratesChanged.connect(self._set_rates)
        self.conversion = Words("scheduleConversion")
        self.warmup = self._form(WARMUP, "warmup", self._set_warmup)
        self.warmup_conversion = Words("warmupConversion")
        self.plot = RatePlot()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GRID)
        for widget in (self.kind, *self._forms.values(), self.rates, self.conversion, self.warmup,
                       self.warmup_conversion, self.plot):  # fmt: skip
            column.addWidget(widget)

    def _form(self, fields: Any, prefix: str, store: Callable[[str, Any], None]) -> FieldForm:
        form = FieldForm(fields)
        for field in form.fields:
            form.editor(field.name).setObjectName(f"recipe_{prefix}_{field.name}")
        form.valueChanged.connect(store)
        form.editingAbandoned.connect(lambda name: self.abandoned.emit(f"{prefix}.{name}"))
        form.editingFinished.connect(lambda _: self.finished.emit())
        return form

    # ---- what is shown

    def show_recipe(self, recipe: Recipe, per_epoch: int | None) -> None:
        """Show the recipe's schedule; `per_epoch` are the iterations of an epoch, None where they are not known."""
        self._recipe = recipe
        schedule = recipe.schedule
        self.kind.setCurrentIndex(self.kind.findData(type(schedule)))
        for cls, form in self._forms.items():
            form.setVisible(cls is type(schedule))
            if cls is type(schedule):
                form.set_values(msgspec.structs.asdict(schedule))
        self.rates.setVisible(isinstance(schedule, ByEpoch))
        if isinstance(schedule, ByEpoch):
            self.rates.show_rates(schedule.rates)
        self.warmup.set_values(msgspec.structs.asdict(recipe.warmup))
        late = _is_late(recipe, per_epoch)
        self.conversion.say(_schedule_words(recipe, per_epoch, late=late), "warning" if late else "muted")
        warmup = recipe.warmup
        self.warmup_conversion.say(_length_words(warmup.length, warmup.unit, per_epoch) if warmup.length else "")
        self.plot.show_recipe(recipe, per_epoch)

    # ---- what is entered

    def _choose(self, index: int) -> None:
        cls: type[Schedule] = self.kind.itemData(index)
        if cls is type(self._recipe.schedule):
            return
        rate = self._recipe.learning_rate
        chosen = ByEpoch(rates=((0, rate),)) if cls is ByEpoch else cls()
        self._edit("schedule", tr("decay of the learning rate"),
                   lambda recipe: msgspec.structs.replace(recipe, schedule=chosen))  # fmt: skip
        self.finished.emit()

    def _set_schedule(self, name: str, value: Any) -> None:
        form = self._forms[type(self._recipe.schedule)]
        refused = self._edit(
            f"schedule.{name}", tr("decay of the learning rate"),
            lambda recipe: msgspec.structs.replace(
                recipe, schedule=msgspec.structs.replace(recipe.schedule, **{name: value})
            ),
        )  # fmt: skip
        form.set_reason(name, render(refused) if refused else None)

    def _set_rates(self, rates: Rates) -> None:
        self._edit("schedule.rates", tr("learning rates by epoch"),
                   lambda recipe: msgspec.structs.replace(recipe, schedule=ByEpoch(rates=rates)))  # fmt: skip
        self.finished.emit()

    def _set_warmup(self, name: str, value: Any) -> None:
        refused = self._edit(
            f"warmup.{name}", tr("warm-up"),
            lambda recipe: msgspec.structs.replace(recipe, warmup=_warmup(recipe.warmup, name, value)),
        )  # fmt: skip
        self.warmup.set_reason(name, render(refused) if refused else None)


def _warmup(warmup: Warmup, name: str, value: Any) -> Warmup:
    return msgspec.structs.replace(warmup, **{name: value})


def number_in_words(count: float) -> str:
    """4,000 or 5.12."""
    return f"{count:,.2f}".rstrip("0").rstrip(".") if count < 1000 else f"{count:,.0f}"


def in_words(count: float, unit: Unit) -> str:
    """A length with its unit: 4,000 iterations; 5.12 epochs; 1 epoch."""
    number = number_in_words(count)
    if unit == "iteration":
        return tr("1 iteration") if number == "1" else tr("{count} iterations", count=number)
    return tr("1 epoch") if number == "1" else tr("{count} epochs", count=number)


def _both(count: int, unit: Unit, per_epoch: int | None) -> tuple[str, str]:
    other: Unit = "epoch" if unit == "iteration" else "iteration"
    return in_words(count, unit), in_words(convert(count, unit, per_epoch), other) if per_epoch else "?"


def _changes(schedule: Schedule, per_epoch: int | None) -> list[float]:
    """The epochs after which the rate changes by a step, or could; nothing where their lengths are not known."""
    if isinstance(schedule, ByEpoch):
        return [epoch for epoch, _ in schedule.rates]
    if not isinstance(schedule, Step | MultiStep):
        return []
    lengths = schedule.milestones if isinstance(schedule, MultiStep) else (schedule.every,)
    if schedule.unit == "epoch":
        return list(lengths)
    return [convert(length, schedule.unit, per_epoch) for length in lengths] if per_epoch else []


def _is_late(recipe: Recipe, per_epoch: int | None) -> bool:
    """Whether the training ends before a step of the rate, or at that very moment."""
    return any(epoch >= recipe.epochs for epoch in _changes(recipe.schedule, per_epoch))


def _schedule_words(recipe: Recipe, per_epoch: int | None, *, late: bool) -> str:
    schedule, end = recipe.schedule, in_words(recipe.epochs, "epoch")
    words = _length_of(recipe, per_epoch)
    changes = _changes(schedule, per_epoch)
    if late and not isinstance(schedule, ByEpoch) and min(changes) >= recipe.epochs:
        return tr("{words}: the training ends after {end}, so the rate never changes.", words=words, end=end)
    told = tr("The training ends after {end}; what comes later has no effect.", end=end) if late else ""
    return "\n".join(filter(None, (words, told)))


def _length_of(recipe: Recipe, per_epoch: int | None) -> str:
    """When the rate changes, in both units."""
    match recipe.schedule:
        case Step(every=every, unit=unit):
            return _every_words(every, unit, per_epoch)
        case MultiStep(milestones=milestones, unit=unit):
            return _after_words(sorted(milestones), unit, per_epoch)
        case Polynomial():
            given, other = _both(recipe.epochs, "epoch", per_epoch)
            return tr("falls to 0 over {given} = {other}", given=given, other=other)
    return ""


def _after_words(counts: list[int], unit: Unit, per_epoch: int | None) -> str:
    """after 30, 60 epochs = 11,730; 23,460 iterations."""
    *earlier, last = counts
    given, other = _both(last, unit, per_epoch)
    if earlier:
        given = "; ".join([*(number_in_words(count) for count in earlier), given])
        if per_epoch:
            other = "; ".join([*(number_in_words(convert(count, unit, per_epoch)) for count in earlier), other])
    return tr("after {given} = {other}", given=given, other=other)


def _every_words(count: int, unit: Unit, per_epoch: int | None) -> str:
    given, other = _both(count, unit, per_epoch)
    return tr("every {given} = {other}", given=given, other=other)


def _length_words(count: int, unit: Unit, per_epoch: int | None) -> str:
    given, other = _both(count, unit, per_epoch)
    return f"{given} = {other}"
