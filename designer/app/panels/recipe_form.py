"""The recipe as a form: every valid change is an undo step of the document, and nothing that is typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from designer.app import theme
from designer.app.document import Change, Document
from designer.app.i18n import render, tr
from designer.app.panels.controls import ComboBox
from designer.app.panels.data_choice import DataChoice
from designer.app.panels.device_choice import DeviceChoice
from designer.app.panels.forms import FieldForm
from designer.app.panels.rate_plot import show_rate
from designer.app.panels.recipe_fields import BATCHES, RATES, TRAINING
from designer.app.panels.schedule_form import ScheduleForm
from designer.app.panels.words import Words
from designer.app.tips import tip
from designer.errors import Message, NetDesignerError
from designer.graph import GraphError, edits
from designer.graph.recipe import Optimizer, Recipe, read, write
from designer.layers.fields import fields
from designer.training.optimizers import OPTIMIZERS, OptimizerError, settings
from designer.training.schedules import iterations_per_epoch, updates_per_epoch

_FAR_OFF = 8.0
"""A learning rate that is so many times larger or smaller than the optimizer's usual one is worth a word."""
_DESCENT = "SGD"
_FAR_OFF_DESCENT = 500.0
"""torch's 0.001 for plain descent is cautious: papers train residual networks from 0.1, small ones from 0.01."""


def read_leniently(raw: dict[str, Any]) -> tuple[Recipe, Message | None]:
    """The recipe with defaults for what cannot be used, and what was wrong."""
    try:
        return read(raw), None
    except GraphError as error:
        usable = {}
        for name in Recipe.__struct_fields__:
            if name in raw and _is_usable(name, raw[name]):
                usable[name] = raw[name]
        return read(usable), error.message


def _is_usable(name: str, value: Any) -> bool:
    try:
        read({name: value})
    except GraphError:
        return False
    return True


class RecipeForm(QScrollArea):
    """Data, training, optimizer and learning rate of the open document."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe")
        self.setAccessibleName(tr("Recipe of the training"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._document = document
        self._raw: dict[str, Any] | None = None
        self._recipe = Recipe()
        self.problem = Words("recipeProblem", "error")
        self.data = DataChoice(document)
        self.batches = self._form(BATCHES, self._set_field)
        self.updates = Words("updateWords")
        self.training = self._form(TRAINING, self._set_field)
        self.device = DeviceChoice()
        self.optimizer = OptimizerForm(self.edit)
        self.rates = self._form(RATES, self._set_field)
        self.usual_rate = QPushButton()
        self.schedule = ScheduleForm(self.edit)
        self._lay_out()
        self._connect()
        self.refresh()

    def _form(self, described: Any, store: Callable[[str, Any], None]) -> FieldForm:
        form = FieldForm(described)
        for field in form.fields:
            form.editor(field.name).setObjectName(f"recipe_{field.name}")
        form.valueChanged.connect(store)
        form.editingAbandoned.connect(self._abandon)
        form.editingFinished.connect(lambda _: self._document.end_merge())
        return form

    def _lay_out(self) -> None:
        self.usual_rate.setObjectName("usualRate")
        self.usual_rate.setFlat(True)
        self.usual_rate.setCursor(Qt.CursorShape.PointingHandCursor)
        self.usual_rate.setFont(theme.font(theme.SMALL_SIZE))
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(3 * theme.GRID, 2 * theme.GRID, 3 * theme.GRID, 3 * theme.GRID)
        column.setSpacing(theme.GRID)
        for title, widgets in (
            ("", (self.problem,)),
            (tr("Data"), (self.data,)),
            (tr("Training"), (self.batches, self.updates, self.training, _labelled(tr("Device"), self.device))),
            (tr("Optimizer"), (self.optimizer, self.rates, self.usual_rate)),
            (tr("Learning rate over time"), (self.schedule,)),
        ):
            if title:
                column.addWidget(_Heading(title))
            for widget in widgets:
                column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(self._inside)

    def _connect(self) -> None:
        self._document.changed.connect(self._document_changed)
        self.data.dataChosen.connect(self._set_data)
        self.data.sizesKnown.connect(self._show_schedule)
        self.device.deviceChosen.connect(self._set_device)
        self.optimizer.abandoned.connect(self._abandon)
        self.optimizer.finished.connect(self._document.end_merge)
        self.schedule.abandoned.connect(self._abandon)
        self.schedule.finished.connect(self._document.end_merge)
        self.usual_rate.clicked.connect(self._take_usual_rate)

    def minimumSizeHint(self) -> QSize:
        """As wide as its fields need: only their height is scrolled."""
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(self._inside.minimumSizeHint().width() + bar, super().minimumSizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the devices and look at the data when the form is first seen."""
        super().showEvent(event)
        self.device.ask()
        self.data.load()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the colour scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._raw is not None:
            self._show_usual_rate()

    # ---- what is shown

    @property
    def recipe(self) -> Recipe:
        """The document's recipe, with defaults for what cannot be used."""
        return self._recipe

    @property
    def per_epoch(self) -> int | None:
        """Iterations of an epoch; None as long as nobody knows how many pictures there are."""
        images = self.data.train_size
        if images is None:
            return None
        return iterations_per_epoch(images - round(images * self._recipe.validation), self._recipe.batch_size)

    def _document_changed(self, change: Change) -> None:
        if change.after.graph.recipe is not self._raw:
            self.refresh()
        self.data.check(change.after)

    def refresh(self) -> None:
        """Show the document's recipe."""
        self._raw = self._document.graph.recipe
        self._recipe, wrong = read_leniently(self._raw)
        recipe = self._recipe
        self.problem.say(
            tr("{reason} Defaults are shown for what cannot be used.", reason=render(wrong)) if wrong else ""
        )
        self.data.show_data(recipe.data)
        self.batches.set_values(msgspec.structs.asdict(recipe))
        self.training.set_values(msgspec.structs.asdict(recipe))
        self.device.show_device(recipe.device)
        self.optimizer.show_optimizer(recipe.optimizer)
        self.rates.set_values(msgspec.structs.asdict(recipe))
        settings_class = OPTIMIZERS.get(recipe.optimizer.name)
        has_decay = settings_class is None or settings_class.has_weight_decay
        self.rates.editor("weight_decay").setEnabled(has_decay)
        self._show_usual_rate()
        self._show_schedule()

    def _show_schedule(self) -> None:
        self.schedule.show_recipe(self._recipe, self.per_epoch)
        self.updates.say(_update_words(self._recipe, self.per_epoch))

    def _show_usual_rate(self) -> None:
        name, rate = self._recipe.optimizer.name, self._recipe.learning_rate
        chosen = OPTIMIZERS.get(name)
        usual = chosen.default_rate if chosen else rate
        factor = _FAR_OFF_DESCENT if chosen and chosen.torch_name == _DESCENT else _FAR_OFF
        far = rate <= 0 or not 1 / _FAR_OFF < rate / usual < factor
        self.usual_rate.setVisible(far)
        self.usual_rate.setStyleSheet(
            f"QPushButton {{ border: none; padding: 2px 0; text-align: left; color: {theme.palette().accent}; }}"
            "QPushButton:hover, QPushButton:focus { text-decoration: underline; }"
        )
        self.usual_rate.setText(tr("Use {rate}, usual for {optimizer}", rate=show_rate(usual), optimizer=name))
        self.usual_rate.setToolTip(tr("PyTorch's own learning rate for {optimizer}", optimizer=name))

    # ---- what is entered

    def edit(self, key: str, what: str, change: Callable[[Recipe], Recipe]) -> Message | None:
        """Change the document's recipe as one undo step; gives the reason where the change is refused."""
        raw = write(change(self._recipe), self._document.graph.recipe)
        try:
            settings(read(raw).optimizer)
        except NetDesignerError as error:
            return error.message
        self._document.edit(tr("Change {what}", what=what), lambda graph: edits.set_recipe(graph, raw), f"recipe.{key}")
        return None

    def _abandon(self, key: str) -> None:
        self._document.abandon(f"recipe.{key}")

    def _set_field(self, name: str, value: Any) -> None:
        form = next(form for form in (self.batches, self.training, self.rates) if name in form.values())
        title = next(field.title for field in form.fields if field.name == name)
        refused = self.edit(name, tr(title), lambda recipe: msgspec.structs.replace(recipe, **{name: value}))
        form.set_reason(name, render(refused) if refused else None)

    def _set_data(self, data: str) -> None:
        self.edit("data", tr("data"), lambda recipe: msgspec.structs.replace(recipe, data=data))
        self._document.end_merge()

    def _set_device(self, device: str) -> None:
        self.edit("device", tr("device"), lambda recipe: msgspec.structs.replace(recipe, device=device))
        self._document.end_merge()

    def _take_usual_rate(self) -> None:
        self._set_field("learning_rate", OPTIMIZERS[self._recipe.optimizer.name].default_rate)
        self._document.end_merge()


def _update_words(recipe: Recipe, per_epoch: int | None) -> str:
    """How many pictures make an update and how many updates an epoch, where that is not told by the batch size."""
    if recipe.accumulate == 1:
        return ""
    pictures = f"{recipe.accumulate * recipe.batch_size:,}"
    if per_epoch is None:
        return tr("{pictures} pictures per update", pictures=pictures)
    count = f"{updates_per_epoch(per_epoch, recipe.accumulate):,}"
    return tr("{pictures} pictures per update, {count} updates per epoch", pictures=pictures, count=count)


class OptimizerForm(QWidget):
    """The list of optimizers, and the properties of the chosen one."""

    abandoned = Signal(str)
    """The key of the edits that are to be taken back."""
    finished = Signal()
    """What is entered next is another edit."""

    def __init__(self, edit: Callable[[str, str, Callable[[Recipe], Recipe]], Message | None]) -> None:
        super().__init__()
        self._edit = edit
        self._optimizer: Optimizer | None = None
        self._form: FieldForm | None = None
        self.combo = ComboBox()
        self.combo.setObjectName("recipe_optimizer")
        self.combo.setAccessibleName(tr("Optimizer"))
        for name, cls in OPTIMIZERS.items():
            self.combo.addItem(name, name)
            self.combo.setItemData(self.combo.count() - 1, tip(tr(cls.__doc__ or "")), Qt.ItemDataRole.ToolTipRole)
        self.combo.activated.connect(self._choose)
        self.problem = Words("optimizerProblem", "error")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.GRID)
        self._column.addWidget(self.combo)
        self._column.addWidget(self.problem)

    def show_optimizer(self, optimizer: Optimizer) -> None:
        """Show the recipe's optimizer with its properties."""
        if self._optimizer is None or optimizer.name != self._optimizer.name:
            self._rebuild(optimizer.name)
        self._optimizer = optimizer
        if self._form is not None:
            self._form.set_values(optimizer.params)
        try:
            settings(optimizer)
            self.problem.say("")
        except OptimizerError as error:
            self.problem.say(render(error.message))

    def _rebuild(self, name: str) -> None:
        at = self.combo.findData(name)
        self.combo.setCurrentIndex(at)
        self.combo.setPlaceholderText(name)
        if self._form is not None:
            self._column.removeWidget(self._form)
            self._form.hide()
            self._form.deleteLater()
            self._form = None
        cls = OPTIMIZERS.get(name)
        self.combo.setToolTip(tip(tr(cls.__doc__ or "")) if cls else "")
        if cls is not None and fields(cls):
            self._form = FieldForm(fields(cls))
            for field in self._form.fields:
                self._form.editor(field.name).setObjectName(f"recipe_optimizer_{field.name}")
            self._form.valueChanged.connect(self._set)
            self._form.editingAbandoned.connect(lambda name: self.abandoned.emit(f"optimizer.{name}"))
            self._form.editingFinished.connect(lambda _: self.finished.emit())
            self._column.addWidget(self._form)
            self._form.show()

    def _choose(self, index: int) -> None:
        name = str(self.combo.itemData(index))
        if self._optimizer is None or name != self._optimizer.name:
            self._edit("optimizer", tr("optimizer"),
                       lambda recipe: msgspec.structs.replace(recipe, optimizer=Optimizer(name=name)))  # fmt: skip
            self.finished.emit()

    def _set(self, name: str, value: Any) -> None:
        refused = self._edit(
            f"optimizer.{name}", tr("{property} of the optimizer", property=name),
            lambda recipe: msgspec.structs.replace(
                recipe, optimizer=msgspec.structs.replace(
                    recipe.optimizer, params={**recipe.optimizer.params, name: value})),
        )  # fmt: skip
        if self._form is not None:
            self._form.set_reason(name, render(refused) if refused else None)


class _Heading(QLabel):
    """The title of a group."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setFont(theme.font(bold=True))
        self.setContentsMargins(0, 2 * theme.GRID, 0, 0)


def _labelled(text: str, widget: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4 * theme.GRID)
    label = QLabel(text)
    label.setBuddy(widget)
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return row
